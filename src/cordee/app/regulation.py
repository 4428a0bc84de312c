"""The floor of regulation bound to the kernel: its trail, its keys, what decisions set off."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final
from uuid import uuid5

from cordee.access.acting import keep_acting
from cordee.app.requests import requests
from cordee.app.store import KernelStore, system
from cordee.care.regulation.cases import Case
from cordee.care.regulation.deciding import Deciding, Decision
from cordee.care.regulation.desk import Desk
from cordee.care.regulation.lines import Lines
from cordee.care.regulation.motives import label_of
from cordee.care.regulation.osnp import Osnp
from cordee.care.regulation.sealing import Box
from cordee.care.regulation.service import Regulation
from cordee.care.requests.desk import Asking
from cordee.care.store import Also, Resource, Write
from cordee.care.workflow.forms import Forms
from cordee.fhir.indexing.keys import KeyMaker
from cordee.identity.principal import Principal
from cordee.runtime.clock import instant, now
from cordee.runtime.database import Connection
from cordee.runtime.errors import NotFound, RuleBroken
from cordee.runtime.keys import secret

if TYPE_CHECKING:
    from cordee.app.wiring import Parts

KEY: Final = "regulation.key"
AGENT: Final = "regulation"
_CLOSED: Final = (
    "Le dossier de cette personne n’est pas ouvert à votre fonction : cherchez-la d’abord."
)
_ACT: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_READ: Final = """
INSERT INTO audit (acting, actor, action, type, pats, detail)
VALUES ($1, $2, 'R', 103, $3::int8[], $4)
"""


def box_of(parts: Parts) -> Box:
    """What seals the floor of this installation."""
    ring = parts.kernel.repository.ring
    if ring is None:
        raise LookupError("the ring of data keys is not open")
    return Box(ring, secret(parts.settings.keys, KEY))


def regulation(parts: Parts) -> Regulation:
    """The floor of this process."""
    box = box_of(parts)
    trail = FloorTrail(parts.kernel.keys)
    desk = Desk(parts.database, box, trail)
    deciding = Deciding(parts.database, box, KernelEffects(parts))
    osnp, lines = Osnp(parts.database, box, trail), Lines(parts.database, box)
    return Regulation(desk, deciding, osnp, parts.database, box, lines)


class FloorTrail:
    """See `care.regulation.desk.Trail`."""

    def __init__(self, keys: KeyMaker) -> None:
        """`keys` hashes patients as the index does."""
        self._keys = keys

    async def note(
        self, connection: Connection, principal: Principal, patients: Collection[str], detail: str
    ) -> None:
        """One line, in the transaction of the reading."""
        acting = await keep_acting(connection, self._keys, principal)
        keys = [self._keys(f"Patient/{one}") for one in sorted(patients)]
        await connection.execute(_READ, acting, principal.user, keys, detail)


class KernelEffects:
    """See `care.regulation.deciding.Effects`."""

    def __init__(self, parts: Parts) -> None:
        """All is judged by the guard for the physician who decides, before anything is written."""
        self._store = KernelStore(parts.kernel, parts.guard)
        self._requests = requests(parts.database, parts.kernel, parts.guard)
        self._forms = Forms(parts.database)

    async def apply(self, principal: Principal, case: Case, decision: Decision) -> None:
        """The person is expected where they are sent; a DAC is asked."""
        if not case.told.patient:
            return
        if not decision.place and decision.code != "dac":
            return
        try:
            patient = await self._store.read(principal, "Patient", case.told.patient)
        except NotFound:
            raise RuleBroken(_CLOSED, expression=("decision",)) from None
        if decision.code == "dac":
            await self._ask(principal, case, decision, patient)
        else:
            await self._expect(principal, case, decision)

    async def _expect(self, principal: Principal, case: Case, decision: Decision) -> None:
        """Pressed twice, or again after a conflict, the person is expected there once.

        An exceptional access lets nobody into the circle: the floor writes it, an emergency
        department alone, for a person whose record this physician sees now. Decision 0076.
        """

        async def write(also: Also) -> str:
            made = [Write(_expected(case, decision, principal))]
            return (await self._store.write(system(AGENT), made, also))[0].id

        await self._forms.once(str(uuid5(case.id, f"expected/{decision.place}")), write)

    async def _ask(
        self, principal: Principal, case: Case, decision: Decision, patient: Resource
    ) -> None:
        offers = await self._requests.offers(principal, "dac-request", patient)
        if not offers:
            raise RuleBroken("Aucun DAC ne reçoit de demande ici.", expression=("decision",))
        first = next((one for one in offers if one.is_near), offers[0])
        facts = {
            "asker": "sas", "motive": "autre", "urgency": "48h", "person-informed": True,
            "attending-informed": False,
        }  # fmt: skip
        number = str(uuid5(case.id, f"dac/{decision.words}"))
        asking = Asking("dac-request", number, (first.owner,), facts, decision.words)
        await self._requests.ask(principal, case.told.patient, asking)


def _expected(case: Case, decision: Decision, principal: Principal) -> dict[str, object]:
    """The Encounter that makes a person expected: the board of that department shows it."""
    return {
        "resourceType": "Encounter",
        "status": "planned",
        "class": {"system": _ACT, "code": "EMER", "display": "emergency"},
        "subject": {"reference": f"Patient/{case.told.patient}"},
        "period": {"start": instant(now())},
        "serviceProvider": {"reference": decision.place},
        "hospitalization": {"origin": {"reference": principal.structure, "display": "SAMU"}},
        "reasonCode": [{"text": label_of(case.motive)}],
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{case.id}"}],
    }
