"""The fictional region of the demonstration: places, structures, people, histories."""

from cordee.app.region.generator import region_resources

__all__ = ["region_resources"]
