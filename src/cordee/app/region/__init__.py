"""The fictional region of the demonstration: places, structures, people, histories."""
