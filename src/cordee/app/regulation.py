"""The floor of regulation bound to the kernel: its trail, its keys, what decisions set off."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final
from uuid import uuid5

from cordee.access.acting import keep_acting
from cordee.app.afar import afar_of
from cordee.app.overflow_strip import OverflowStrip
from cordee.app.regulation_records import By, lot_of
from cordee.app.requests import requests
from cordee.app.store import KernelStore, system
from cordee.care.overflow.pooling import Rosters
from cordee.care.regulation.asking import Requests
from cordee.care.regulation.cases import Case
from cordee.care.regulation.deciding import Around, Deciding, Decision
from cordee.care.regulation.desk import Desk
from cordee.care.regulation.lines import Lines
from cordee.care.regulation.osnp import Osnp
from cordee.care.regulation.pooling import Pooled
from cordee.care.regulation.professional import ProfessionalCalls
from cordee.care.regulation.safety import SafetyNet
from cordee.care.regulation.sealing import Box
from cordee.care.regulation.service import Regulation
from cordee.care.regulation.territory import Territories
from cordee.care.requests.desk import Asking
from cordee.care.store import Also, Placed, Resource
from cordee.care.workflow.forms import Forms
from cordee.fhir.indexing.keys import KeyMaker
from cordee.identity.principal import Principal
from cordee.runtime.database import Connection
from cordee.runtime.errors import Deleted, NotFound, RuleBroken
from cordee.runtime.keys import secret

if TYPE_CHECKING:
    from cordee.app.wiring import Parts

KEY: Final = "regulation.key"
AGENT: Final = "regulation"
_CLOSED: Final = (
    "Le dossier de cette personne n’est pas ouvert à votre fonction : cherchez-la d’abord."
)
_LINE: Final = """
INSERT INTO audit (acting, actor, action, type, pats, detail)
VALUES ($1, $2, $3, 103, $4::int8[], $5)
"""
_TOLD: Final = "identity search, told in a call by a professional"


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
    pool = Rosters(parts.database)
    afar = afar_of(parts, box)
    deciding = Deciding(parts.database, box, KernelEffects(parts), Around(pool, afar))
    osnp, lines = Osnp(parts.database, box, trail), Lines(parts.database, box)
    return Regulation(
        desk, deciding, osnp, Territories(parts.database), Requests(parts.database, box, afar),
        parts.database, box, lines, SafetyNet(parts.database, box), OverflowStrip(parts.database),
        Pooled(parts.database, pool),
    )  # fmt: skip


def professional_calls(parts: Parts) -> ProfessionalCalls:
    """Calls to the SAMU from a record."""
    store = KernelStore(parts.kernel, parts.guard)
    return ProfessionalCalls(parts.database, store, regulation(parts).desk)


class FloorTrail:
    """See `care.regulation.desk.Trail`."""

    def __init__(self, keys: KeyMaker) -> None:
        """`keys` hashes patients as the index does."""
        self._keys = keys

    async def note(
        self, connection: Connection, principal: Principal, patients: Collection[str], detail: str
    ) -> None:
        """One line, in the transaction of the reading."""
        await self._line(connection, principal, b"R", patients, detail)

    async def identified(self, connection: Connection, principal: Principal, patient: str) -> None:
        """One line, by which the identity may be opened under the rule of emergency."""
        await self._line(connection, principal, b"E", [patient], _TOLD)

    async def _line(
        self, connection: Connection, principal: Principal, action: bytes,
        patients: Collection[str], detail: str,
    ) -> None:  # fmt: skip
        acting = await keep_acting(connection, self._keys, principal)
        keys = [self._keys(f"Patient/{one}") for one in sorted(patients)]
        await connection.execute(_LINE, acting, principal.user, action, keys, detail)


class KernelEffects:
    """See `care.regulation.deciding.Effects`."""

    def __init__(self, parts: Parts) -> None:
        """All is judged by the guard for the physician who decides, before anything is written."""
        self._store = KernelStore(parts.kernel, parts.guard)
        self._requests = requests(parts.database, parts.kernel, parts.guard)
        self._forms = Forms(parts.database)

    async def apply(self, principal: Principal, case: Case, decision: Decision) -> None:
        """The person is expected where they are sent; a DAC is asked; the record has the decision.

        Who has no record, or one that this physician does not see, is advised all the same.
        """
        if not case.told.patient:
            return
        try:
            patient = await self._store.read(principal, "Patient", case.told.patient)
        except NotFound:
            if decision.place or decision.code == "dac":
                raise RuleBroken(_CLOSED, expression=("decision",)) from None
            return
        if decision.code == "dac":
            await self._ask(principal, case, decision, patient)
        await self._keep(principal, case, decision)

    async def _keep(self, principal: Principal, case: Case, decision: Decision) -> None:
        """Pressed twice, or again after a conflict, a decision is kept and awaited once.

        An exceptional access lets nobody into the circle: the floor writes it, for a person whose
        record this physician sees now. Decision 0076.
        """
        what = f"expected/{decision.place}" if decision.place else "telephone"
        first = str(uuid5(case.id, what))
        said = f"decision/{decision.code}/{decision.place}/{decision.words}"
        known = await self._forms.task(first)
        who = await self._named(principal.practitioner, principal.name)
        where = await self._named(principal.structure, "SAMU")
        made = lot_of(case, decision, By(who, where), known)

        async def write(also: Also) -> str:
            if known:
                return (await self._store.write(system(AGENT), made, also))[0].id

            async def begin(begun: Also) -> str:
                async def both(connection: Connection, placed: Sequence[Placed]) -> None:
                    await also(connection, placed)
                    await begun(connection, placed)

                return (await self._store.write(system(AGENT), made, both))[0].id

            return await self._forms.once(first, begin)

        await self._forms.once(str(uuid5(case.id, said)), write)

    async def _named(self, reference: str, name: str) -> Resource:
        """Somebody as resources refer to them: by name alone where the base holds them not."""
        kind, _, key = reference.partition("/")
        if not key:
            return {"display": name}
        try:
            await self._store.read(system(AGENT), kind, key)
        except (NotFound, Deleted):
            return {"display": name}
        return {"reference": reference, "display": name}

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
