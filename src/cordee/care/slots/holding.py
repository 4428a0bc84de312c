"""Who holds slots that are taken: of unscheduled care as of a day of vaccination."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cordee.care.store import Resource, Store
from cordee.care.workflow.tasks import party
from cordee.identity.principal import Principal

_PAGE = 500


async def held(
    door: Store, principal: Principal, taken: Sequence[str]
) -> Iterator[tuple[str, Resource, Resource]]:
    """The id of each slot, its Appointment and its Patient, as far as the reader may see who it is.

    `taken` are ids of slots, 500 at most.
    """
    if not taken:
        return iter(())
    query = (
        f"slot={','.join(f'Slot/{one}' for one in taken)}&status=booked,fulfilled,noshow"
        f"&_count={_PAGE}&_include=Appointment:patient"
    )
    rows = await door.search(principal, "Appointment", query)
    patients = {f"Patient/{one['id']}": one for one in rows if one["resourceType"] == "Patient"}
    return (
        (str(slot.get("reference", "")).removeprefix("Slot/"), one, patients[patient_of(one)])
        for one in rows
        if one["resourceType"] == "Appointment" and patient_of(one) in patients
        for slot in one.get("slot", ())
    )


def patient_of(appointment: Resource) -> str:
    """The patient of an Appointment, as a reference; "" for none."""
    actors = [party(one, "actor") for one in appointment.get("participant", ())]
    return next((one for one in actors if one.startswith("Patient/")), "")
