"""Who may open the pages of assessments, and what their addresses name."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final

from starlette.requests import Request

from cordee.care.assessments.desk import Assessment, Assessments
from cordee.care.record.ports import RecordRows
from cordee.runtime.errors import AccessDenied, NotFound
from cordee.web.guarding import reader
from cordee.web.ports import Account
from cordee.web.record.routes import values_around

_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")


def assessments_of(request: Request) -> Assessments:
    """The service of assessments; raises `NotFound` where there is none."""
    desk: Assessments | None = request.app.state.ports.assessments
    if desk is None:
        raise NotFound("nothing is assessed here")
    return desk


def assessor(request: Request) -> Account:
    """The account, when it may assess people; raises `AccessDenied` for others."""
    account = reader(request)
    if account.is_patient or not (account.principal.structure or account.principal.practitioner):
        raise AccessDenied("only professionals assess people here")
    return account


def key_of(request: Request) -> str:
    """The assessment that the address names; raises `NotFound` when it can be none."""
    key = request.path_params["number"]
    if not _ID.fullmatch(key):
        raise NotFound("there is nothing at this address")
    return key


async def opened(request: Request) -> tuple[RecordRows, dict[str, Any], Assessment]:
    """The record, what a page shows around, and the assessment; raises a 404."""
    account, desk, key = assessor(request), assessments_of(request), key_of(request)
    patient = request.path_params["patient_id"]
    (rows, values), found = await asyncio.gather(
        values_around(request, "parcours"), desk.one(account.principal, patient, key)
    )
    return rows, values, found
