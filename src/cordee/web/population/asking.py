"""The desk asked for who has signed in."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from cordee.runtime.errors import NotFound
from cordee.web.guarding import signed_in
from cordee.web.population.port import Population


async def ask(request: Request, what: str, *told: Any) -> Any:
    """What a method of the desk answers; raises `NotFound` where there is none."""
    return await _desk(request).ask(what, signed_in(request).principal, *told)


async def drawn(request: Request, specification: str) -> str:
    """The SVG of a chart; raises `NotFound` where there is no population health."""
    return await _desk(request).draw(specification)


def _desk(request: Request) -> Population:
    desk: Population | None = request.app.state.ports.population
    if desk is None:
        raise NotFound("there is no population health here")
    return desk
