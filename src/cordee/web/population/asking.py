"""The desk asked for who has signed in."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from cordee.runtime.errors import NotFound
from cordee.web.guarding import signed_in
from cordee.web.population.port import Population


async def ask(request: Request, what: str, *told: Any) -> Any:
    """What a method of the desk answers; raises `NotFound` where there is none."""
    desk: Population | None = request.app.state.ports.population
    if desk is None:
        raise NotFound("there is no population health here")
    return await desk.ask(what, signed_in(request).principal, *told)
