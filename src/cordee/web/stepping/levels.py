"""The level that a page needs; who has shown less is led to confirm and back."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from cordee.runtime.errors import LevelNeeded
from cordee.web.guarding import signed_in

TWO: Final = 2
"""Two factors: documents of the DMP class (since 1 January 2026, requirement A2.2)."""


def needs_level(request: Request, level: int = TWO) -> None:
    """Accept a session that has shown so many factors; raises `LevelNeeded` for less."""
    account = signed_in(request)
    if account.principal.level < level:
        is_broken = account.visitor is not None and account.visitor.broken is not None
        raise LevelNeeded("this page needs two factors", is_possible=not is_broken)
