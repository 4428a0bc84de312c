"""Who may open the pages of discharges, and what their addresses name."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from cordee.care.discharges.desk import DischargeDesk
from cordee.care.discharges.planner import Planned
from cordee.care.workflow.tasks import party
from cordee.runtime.errors import NotFound
from cordee.web.requests.entrance import asker, number_of

FORM: Final = "numero"


def desk_of(request: Request) -> DischargeDesk:
    """The services of discharges; raises `NotFound` where there are none."""
    desk: DischargeDesk | None = request.app.state.ports.discharges
    if desk is None:
        raise NotFound("nobody is discharged here")
    return desk


async def planned_of(request: Request) -> Planned:
    """The discharge that the address names, of the person that it names; raises `NotFound`."""
    account = asker(request)
    found = await desk_of(request).planners.one(account.principal, number_of(request))
    if party(found.task, "for") != f"Patient/{request.path_params['patient_id']}":
        raise NotFound("there is nothing at this address")
    return found


def here(planned: Planned) -> str:
    """The address of a discharge."""
    patient = party(planned.task, "for").removeprefix("Patient/")
    return f"/patients/{patient}/sorties/{planned.number}"
