"""The region's own steering: objectives, calls, compliance."""
