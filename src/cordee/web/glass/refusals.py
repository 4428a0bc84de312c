"""A record that is closed: 404 as if absent, or 403 with its reason for who may know of it."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cordee.care.record.traits import read_traits
from cordee.web.guarding import reader
from cordee.web.persons import Person, describe
from cordee.web.rendering import page

TEMPLATE = "glass/templates/refusal.html"


async def refusal(request: Request, patient: str) -> Response:
    """Give the 403 page of a record that its reader found by an identity search.

    Raises a 404 for everybody else.
    """
    trust = request.app.state.ports.trust
    account = reader(request)
    if trust is None:
        raise HTTPException(404)
    refused = await trust.glasses.refused(
        account.principal, patient, request.app.state.settings.clock()
    )
    if refused is None:
        raise HTTPException(404)
    await trust.glasses.trace_refusal(account.principal, patient, refused.explained.decision)
    return page(
        request,
        TEMPLATE,
        status=403,
        person=person_of(request, refused.patient),
        decision=refused.explained.decision,
    )


def person_of(request: Request, patient: dict[str, object]) -> Person:
    """Give the identity traits of a Patient in words."""
    return describe(read_traits(patient), request.app.state.settings.clock().date())
