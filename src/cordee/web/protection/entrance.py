"""Who may enter the workbench of the DPO, and what its addresses name."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request

from cordee.governance.desk import Governance
from cordee.identity.principal import DPO, Principal
from cordee.runtime.errors import AccessDenied
from cordee.runtime.french import PARIS
from cordee.web.guarding import signed_in

_DIGITS = 9


def dpo(request: Request) -> Principal:
    """Give the signed-in DPO; raises `AccessDenied` for anybody else."""
    principal: Principal = signed_in(request).principal
    if DPO not in getattr(principal, "functions", ()):
        raise AccessDenied("this page is for the DPO")
    return principal


def governance_of(request: Request) -> Governance:
    """Give the services of this screen; 404 where it has none."""
    governance: Governance | None = request.app.state.ports.governance
    if governance is None:
        raise HTTPException(404)
    return governance


def key_of(request: Request) -> UUID:
    """Give the number that the address names; 404 for what is none."""
    try:
        return UUID(request.path_params["key"])
    except ValueError as error:
        raise HTTPException(404) from error


def now_of(request: Request) -> Any:
    """Give the moment that this screen takes for the present."""
    return request.app.state.settings.clock()


def place_of(request: Request) -> int:
    """Give how many rows of a list were shown before; 0 for what is no number."""
    text = request.query_params.get("apres", "")
    return int(text) if text.isdecimal() and len(text) <= _DIGITS else 0


def moment_of(text: str) -> datetime | None:
    """Give a local day and hour as a browser sends it; None for what is none."""
    try:
        typed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return typed.replace(tzinfo=PARIS) if typed.tzinfo is None else typed
