"""The labels of visibility on stored resources: a new version with other codes of meta.security.

Every statement leaves out at once what a label hides; the codes are those of JDV_J08. See 0030.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import msgspec

from cordee.access.registers.statements import Shown
from cordee.fhir.interactions.drafting import prepare
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.draft import Method
from cordee.fhir.store.repository import version_of
from cordee.fhir.store.scope import Trace
from cordee.runtime.database import Connection
from cordee.runtime.errors import NotFound
from cordee.runtime.queries import load_queries

SYSTEM: Final = (
    "https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/"
    "TRE-A07-StatutVisibiliteDocument"
)
CODES: Final = {
    Shown.MASKED: "MASQUE_PS",
    Shown.DEFERRED: "INVISIBLE_PATIENT",
    Shown.SECRET: "INVISIBLE_REPRESENTANTS_LEGAUX",
}
_QUERIES = load_queries("cordee.access.registers")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Change:
    """What is set or taken off, of which resource of which patient (bare id), by whom."""

    patient: str
    reference: str
    what: Shown
    holds: bool
    agent: str
    acting: int | None = None


async def relabel(
    kernel: Kernel, connection: Connection, change: Change, *, alone: bool = False
) -> tuple[str, ...]:
    """References of the resources that were labelled: a report takes its results with it.

    `alone` leaves the results as they are.

    Raises `NotFound` when the resource is not of this patient.
    """
    done = [change.reference]
    resource = await _one(kernel, connection, change, change.reference)
    if resource is None:
        raise NotFound("there is no such element in this record")
    for one in resource.get("result", ()) if not alone else ():
        reference = str(one.get("reference", ""))
        if await _one(kernel, connection, change, reference) is not None:
            done.append(reference)
    return tuple(done)


async def _one(
    kernel: Kernel, connection: Connection, change: Change, reference: str
) -> dict[str, Any] | None:
    kind, _, number = reference.partition("/")
    patient = kernel.keys(f"Patient/{change.patient}")
    try:
        rank = type_number(kind)
    except KeyError:
        return None
    row = await connection.fetchrow(_QUERIES["one_resource"], rank, number, patient)
    if row is None or kind == "Patient":
        return None
    version = version_of(kind, row["id"], row)
    resource: dict[str, Any] = _DECODER.decode(version.json())
    if not _changed(resource, CODES[change.what], holds=change.holds):
        return resource
    prepared = prepare(
        kernel, _ENCODER.encode(resource), kind, number, method=Method.PUT,
        expected=version.version,
    )  # fmt: skip
    verb = "hidden" if change.holds else "shown"
    trace = Trace(
        change.agent, "U", rank, (patient,), f"visibility {verb} {change.what}", change.acting
    )
    await kernel.repository.write([prepared.draft], traces=[trace], connection=connection)
    return resource


def _changed(resource: dict[str, Any], code: str, *, holds: bool) -> bool:
    meta = resource.setdefault("meta", {})
    known: Collection[dict[str, Any]] = meta.get("security", [])
    bears = any(one.get("code") == code for one in known)
    if bears == holds:
        return False
    kept = [one for one in known if one.get("code") != code]
    security = [*kept, {"system": SYSTEM, "code": code}] if holds else kept
    if security:
        meta["security"] = security
    else:
        meta.pop("security", None)
    return True
