"""The web application bound to its ports."""

from __future__ import annotations

from cordee.app.asgi import Application
from cordee.app.wiring import Parts


def make_screen(parts: Parts) -> Application | None:
    """The web application of this process."""
    del parts
    return None
