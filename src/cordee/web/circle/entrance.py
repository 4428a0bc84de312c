"""Who may open the pages of circles, and what their addresses and forms name."""

from __future__ import annotations

import re
from datetime import datetime, time
from uuid import UUID

from starlette.requests import Request

from cordee.care.circle.desk import CircleDesk
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import AccessDenied, NotFound, RuleBroken
from cordee.web.guarding import reader
from cordee.web.ports import Account

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
REFERENCE = re.compile(r"(?:Practitioner|Organization|RelatedPerson)/[A-Za-z0-9.-]{1,64}")


def desk_of(request: Request) -> CircleDesk:
    """Give the services of circles; raises `NotFound` where there are none."""
    desk: CircleDesk | None = request.app.state.ports.circle
    if desk is None:
        raise NotFound("there are no circles here")
    return desk


def professional(request: Request) -> Account:
    """Give the account of a professional; raises `AccessDenied` for others."""
    account = reader(request)
    if account.is_patient:
        raise AccessDenied("only professionals change a circle of care")
    return account


def patient_of(request: Request) -> str:
    """Give the patient of the address; raises `NotFound` for what cannot be one."""
    patient = request.path_params["patient_id"]
    if not _ID.fullmatch(patient):
        raise NotFound("there is nothing at this address")
    return patient


def number_of(text: str) -> UUID:
    """Give the number of an invitation; raises `NotFound` for what is none."""
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound("there is no such invitation") from error


def day_start(text: str) -> datetime | None:
    """Give the first moment of a day of a date field; raises `RuleBroken` for what is no day."""
    return _moment(text, time())


def day_end(text: str) -> datetime | None:
    """Give the last moment of a day of a date field: an end counts with its day."""
    return _moment(text, time(23, 59, 59))


def _moment(text: str, hour: time) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.combine(datetime.fromisoformat(text).date(), hour, PARIS)
    except ValueError as error:
        raise RuleBroken("Donnez une date, par exemple 24/11/2026.") from error
