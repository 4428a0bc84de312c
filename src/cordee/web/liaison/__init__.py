"""The shared liaison book on the screen: write, read, filter."""
