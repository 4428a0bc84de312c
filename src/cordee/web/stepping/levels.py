"""The level that a page needs; who has shown less is led to confirm and back."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from cordee.runtime.errors import TooWeak
from cordee.web.guarding import signed_in

TWO: Final = 2
"""Two factors: documents of the DMP class (since 1 January 2026, requirement A2.2)."""


def needs_level(request: Request, level: int = TWO) -> None:
    """Accept a session that has shown so many factors; raises `TooWeak` for less."""
    if signed_in(request).principal.level < level:
        raise TooWeak("this page needs two factors")
