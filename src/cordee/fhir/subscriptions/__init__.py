"""Changes matched to topics and delivered."""
