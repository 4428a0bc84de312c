"""Sessions with the cart of a home: prepared on a consent, begun, done or not and why. Rule: B7.5.

The platform writes the consent and the session, once it has read for who asks that they work in
the home of the person; nobody else makes a session or begins one. What is withdrawn stops, in the
same transaction, the sessions to come and what was asked for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import NAMESPACE_URL, uuid5

from cordee.access.social import opens_type
from cordee.care.agenda.interventions import Planned, new_appointments
from cordee.care.carts import consents
from cordee.care.carts.consents import Agreed, Heard, Representative, is_of, read_consent
from cordee.care.liaison.notes import EVERYBODY, Note, resource_of
from cordee.care.requests.desk import Asking, Requests
from cordee.care.requests.offers import Offer
from cordee.care.store import Also, Resource, Store, Write
from cordee.care.workflow.desk import Workflow
from cordee.care.workflow.forms import Forms
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import (
    MACHINE,
    Asked,
    Wanted,
    facts_of,
    moved_task,
    new_task,
    party,
    state_of,
)
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.clock import instant
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied, NotFound, RuleBroken

AGENT: Final = "carts"
CODE: Final = "remote-session"
KINDS: Final = machines()[CODE].facts["kind"].choices
NO_CONSENT: Final = (
    "Sans consentement en vigueur de la personne ou de son représentant, la session ne se fait pas."
)
_MOST: Final = 100
_RUNNING: Final = frozenset({"planned", "running"})
_ASKED: Final = "orientation"
_WITHDRAWN: Final = "Le consentement a été retiré."
NOT_HELD: Final = "La session n’a pas eu lieu."


class Glances(Protocol):
    """The trail of what the platform does for somebody."""

    async def trace(self, principal: Principal, patients: Sequence[str], detail: str) -> None:
        """A line about people, under the name of who asks."""
        ...


@dataclass(frozen=True, slots=True)
class Wished:
    """A session to prepare: what, when, how long, on which consent, with which doctor."""

    kind: str
    at: datetime | None
    minutes: int
    consent: str
    expert: str
    motive: str


@dataclass(frozen=True, slots=True)
class Cart:
    """What the page of a cart shows: consents, sessions, who decides, who can be asked."""

    patient: Resource
    consents: Sequence[Agreed]
    sessions: Sequence[Resource]
    representatives: Sequence[Representative]
    experts: Sequence[tuple[str, str]]


class Carts:
    """The carts of homes of one installation."""

    def __init__(
        self, database: Database, store: Store, asking: Requests, glances: Glances,
        platform: Principal,
    ) -> None:  # fmt: skip
        """`store` goes through the guard; `platform` writes what a home may not write itself."""
        self._store = store
        self._asking = asking
        self._glances = glances
        self._platform = platform
        self._forms = Forms(database)
        self._workflow = Workflow(database, store)

    async def of_patient(self, principal: Principal, patient: str, now: datetime) -> Cart:
        """What stands for a resident; raises `NotFound`, `AccessDenied` for another structure."""
        person = await self._home(principal, patient)
        agreed, tasks, related, offers = await asyncio.gather(
            self._store.search(
                principal, "Consent",
                f"patient=Patient/{patient}&category={consents.CATEGORY}|{consents.ACT}"
                f"&_sort=-date&_count={_MOST}",
            ),
            self._store.search(
                principal, "Task",
                f"patient=Patient/{patient}&code={MACHINE}|{CODE}&_sort=-authored-on"
                f"&_count={_MOST}",
            ),
            self._related(principal, patient),
            self._asking.offers(principal, _ASKED, person),
        )  # fmt: skip
        found = [read_consent(one) for one in agreed if is_of(one, patient, principal.structure)]
        return Cart(
            person, found, tasks, consents.representatives(related, now), _experts(person, offers)
        )

    async def hear(
        self, principal: Principal, patient: str, number: str, heard: Heard, now: datetime
    ) -> None:
        """Keeps a consent or a refusal; the same form is one.

        Raises `ResourceInvalid` with what is wrong, and as `of_patient`.
        """
        await self._home(principal, patient)
        known = consents.representatives(await self._related(principal, patient), now)
        consents.check(heard, known, now)
        made = [Write(consents.consent(principal, patient, heard, known))]
        await self._write_once(number, made)
        await self._glances.trace(principal, [f"Patient/{patient}"], "cart consent heard")

    async def withdraw(
        self, principal: Principal, patient: str, key: str, words: str, now: datetime
    ) -> int:
        """Ends a consent at once, with the sessions to come on it; how many were stopped.

        Raises `NotFound`, `RuleBroken` for one that does not stand.
        """
        await self._home(principal, patient)
        found = await self._consent(principal, patient, key)
        if found.get("status") != consents.ACTIVE:
            raise RuleBroken("Ce consentement n’est plus en vigueur.")
        tasks = await self._store.search(
            self._platform, "Task",
            f"patient=Patient/{patient}&code={MACHINE}|{CODE},{MACHINE}|{_ASKED}&_count={_MOST}",
        )  # fmt: skip
        stopped = [
            one for one in tasks
            if facts_of(one).get("consent") == f"Consent/{key}" and state_of(one) in _RUNNING
        ]  # fmt: skip
        told = {"retire": instant(now), "retire-par": principal.name, "retire-mots": words.strip()}
        after = consents.with_told(found, told, status=consents.WITHDRAWN)
        writes = [Write(after, "PUT", _version(found))]
        writes += await self._stopping(stopped, tasks)
        await self._store.write(self._platform, writes)
        await self._glances.trace(principal, [f"Patient/{patient}"], "cart consent withdrawn")
        return len(stopped)

    async def prepare(
        self, principal: Principal, patient: str, number: str, wished: Wished, now: datetime
    ) -> str:
        """The id of the session prepared, with its place in the agenda and what is asked for it.

        Raises `RuleBroken` without a consent that stands then, or for what is missing.
        """
        person = await self._home(principal, patient)
        if known := await self._forms.task(number):
            return known
        _check(wished, now)
        at = wished.at or now
        if not wished.consent:
            raise RuleBroken(NO_CONSENT)
        found = await self._consent(principal, patient, wished.consent)
        agreed = read_consent(found)
        if not agreed.holds(now) or not agreed.holds(at) or agreed.used:
            raise RuleBroken(NO_CONSENT)
        name = await self._expert(principal, person, wished)
        visit = Planned(
            "teleconsultation", wished.motive, "", name, at, wished.minutes
        )  # fmt: skip
        place, asked = (f"urn:uuid:{uuid5(NAMESPACE_URL, f'{number}/{one}')}" for one in "ar")
        appointment = new_appointments(f"Patient/{patient}", visit, number)[0]
        task = new_task(
            Asked(
                CODE,
                f"Patient/{patient}",
                principal.structure,
                principal.structure,
                text=wished.motive,
                facts={
                    "kind": wished.kind,
                    "when": instant(at),
                    "consent": f"Consent/{agreed.id}",
                    "appointment": place,
                    "request": asked,
                    "expert": name,
                    "prepared-by": principal.name,
                },
            ),
            clock.now(),
        )
        request = new_task(
            Asked(
                _ASKED, f"Patient/{patient}", wished.expert, principal.structure,
                text=wished.motive, facts={"kind": "tele-expertise", "person-agrees": "oui"},
            ),
            clock.now(),
        )  # fmt: skip
        writes = [Write(task), Write(appointment, key=place), Write(request, key=asked)]
        used = {"utilise": instant(now)} if agreed.reach == "acte" else {}
        # Written again as it is: whoever withdraws it at this moment is seen.
        writes.append(Write(consents.with_told(found, used), "PUT", agreed.version))
        made = await self._write_once(number, writes)
        await self._glances.trace(principal, [f"Patient/{patient}"], "cart session prepared")
        return made

    async def one(self, principal: Principal, patient: str, number: str) -> Resource:
        """A session of this person; raises `NotFound`, and as `of_patient`."""
        await self._home(principal, patient)
        task = await self._store.read(principal, "Task", number)
        if party(task, "for") != f"Patient/{patient}" or CODE not in str(task.get("code", "")):
            raise NotFound("there is no such session")
        return task

    async def begin(
        self, principal: Principal, patient: str, number: str, wanted: Wanted, now: datetime
    ) -> None:
        """Begins a session once all is checked; raises `RuleBroken` where the consent fell."""
        task = await self.one(principal, patient, number)
        _, _, key = str(facts_of(task).get("consent", "")).partition("/")
        if not read_consent(await self._consent(principal, patient, key)).holds(now):
            raise RuleBroken(NO_CONSENT)
        for name in ("devices", "documents"):
            if wanted.facts.get(name) is not True:
                raise RuleBroken(machines()[CODE].facts[name].missing)
        told = Wanted("begin", {**wanted.facts, "begun-by": principal.name})
        await self._workflow.move(self._platform, number, told, if_match=_version(task))
        await self._glances.trace(principal, [f"Patient/{patient}"], "cart session begun")

    async def finish(
        self, principal: Principal, patient: str, number: str, words: str, now: datetime
    ) -> None:
        """The session was held: its report becomes a note of the liaison book, in one lot."""
        task = await self.one(principal, patient, number)
        if not words.strip():
            raise RuleBroken(machines()[CODE].facts["report"].missing)
        note = resource_of(principal, patient, Note("transmission", words, EVERYBODY, False), now)
        place = f"urn:uuid:{uuid5(NAMESPACE_URL, f'{number}/report')}"
        moved = moved_task(task, machines()[CODE], Wanted("finish", {"report": place}), clock.now())
        lot = [Write(moved, "PUT", _version(task)), Write(note, key=place)]
        await self._store.write(principal, lot)
        if held := await self._visit(task, status="fulfilled"):
            await self._store.write(self._platform, held)

    async def fail(self, principal: Principal, patient: str, number: str, reason: str) -> None:
        """The session was not held, and why, with its place and what was asked for it.

        Raises what the machine refuses, `AccessDenied` for the session of another home.
        """
        task = await self.one(principal, patient, number)
        if party(task, "owner") != principal.structure:
            raise AccessDenied(
                "Seule la structure qui a préparé la session dit ce qu’elle devient."
            )
        moved = moved_task(task, machines()[CODE], Wanted("fail", reason=reason), clock.now())
        writes = [Write(moved, "PUT", _version(task))]
        writes += await self._around(task, await self._asked(task), NOT_HELD)
        await self._store.write(self._platform, writes)
        await self._glances.trace(principal, [f"Patient/{patient}"], "cart session not held")

    async def _home(self, principal: Principal, patient: str) -> Resource:
        person = await self._store.read(principal, "Patient", patient)
        home = principal.structure
        if not home or party(person, "managingOrganization") != home:
            raise AccessDenied("Seule la structure où la personne réside prépare ses sessions.")
        if not opens_type(principal.profession, "Consent"):
            raise AccessDenied("Votre profession n’ouvre pas les soins à distance.")
        return person

    async def _related(self, principal: Principal, patient: str) -> list[Resource]:
        query = f"patient=Patient/{patient}&active=true&_count={_MOST}"
        return await self._store.search(principal, "RelatedPerson", query)

    async def _consent(self, principal: Principal, patient: str, key: str) -> Resource:
        found = await self._store.read(principal, "Consent", key)
        if not is_of(found, patient, principal.structure):
            raise NotFound("there is no such consent")
        return found

    async def _expert(self, principal: Principal, person: Resource, wished: Wished) -> str:
        """The name of who is asked: the médecin traitant, or a service that gives such advice."""
        offers = await self._asking.offers(principal, _ASKED, person)
        known = dict(_experts(person, offers))
        if wished.expert not in known:
            raise RuleBroken("Choisissez le médecin traitant, ou un service de la liste.")
        if not wished.expert.startswith("Practitioner/"):
            facts = {"kind": "tele-expertise", "person-agrees": "oui"}
            await self._asking.need_offered(principal, Asking(_ASKED, "", (wished.expert,), facts))
        return known[wished.expert]

    async def _stopping(
        self, stopped: Sequence[Resource], tasks: Sequence[Resource]
    ) -> list[Write]:
        """What ends with a consent: sessions, their places in the agenda, what was asked."""
        known = {f"Task/{one['id']}": one for one in tasks}
        writes: list[Write] = []
        for one in stopped:
            writes.append(_moved(one, CODE, "stop", _WITHDRAWN))
            request = known.get(str(facts_of(one).get("request", "")))
            writes += await self._around(one, request, _WITHDRAWN)
        return writes

    async def _asked(self, task: Resource) -> Resource | None:
        """What was asked of a doctor for a session, None for nothing."""
        _, _, key = str(facts_of(task).get("request", "")).partition("/")
        return await self._store.read(self._platform, "Task", key) if key else None

    async def _around(self, task: Resource, request: Resource | None, why: str) -> list[Write]:
        """What ends with a session: what was asked for it and waits, its place in the agenda."""
        writes: list[Write] = []
        if request is not None and state_of(request) in {"sent", "accepted"}:
            writes.append(_moved(request, _ASKED, "withdraw", why))
        ended = {"status": "cancelled", "cancelationReason": {"text": why}}
        return writes + await self._visit(task, **ended)

    async def _visit(self, task: Resource, **becomes: Any) -> list[Write]:
        """What a session's place in the agenda becomes; nothing where it is booked no more."""
        _, _, key = str(facts_of(task).get("appointment", "")).partition("/")
        visit = await self._store.read(self._platform, "Appointment", key)
        if visit.get("status") != "booked":
            return []
        body: dict[str, Any] = {k: v for k, v in visit.items() if k != "meta"}
        return [Write(body | becomes, "PUT", _version(visit))]

    async def _write_once(self, number: str, writes: Sequence[Write]) -> str:
        async def write(also: Also) -> str:
            return (await self._store.write(self._platform, writes, also))[0].id

        return await self._forms.once(number, write)


def _check(wished: Wished, now: datetime) -> None:
    if wished.kind not in KINDS:
        raise RuleBroken("Dites ce qui est prévu.")
    if wished.at is None or wished.at < now - timedelta(minutes=5):
        raise RuleBroken("Donnez un jour et une heure à venir.")
    if not 5 <= wished.minutes <= 120:  # noqa: PLR2004 -- minutes of a session
        raise RuleBroken("Une session dure de 5 à 120 minutes.")
    if not wished.motive.strip():
        raise RuleBroken("Dites pourquoi cette session est demandée.")


def _experts(person: Resource, offers: Sequence[Offer]) -> list[tuple[str, str]]:
    """Who can be asked: the médecin traitant of the file, services that give advice."""
    doctors = [
        (str(one["reference"]), str(one.get("display", "")) or "Médecin traitant")
        for one in person.get("generalPractitioner", ())
        if str(one.get("reference", "")).startswith("Practitioner/")
    ]
    services = [(one.owner, one.name) for one in offers if one.kind == "tele-expertise"]
    return list(dict.fromkeys([*doctors, *services]))


def _moved(task: Resource, machine: str, move: str, why: str) -> Write:
    wanted = Wanted(move, reason=why)
    body = moved_task(task, machines()[machine], wanted, clock.now())
    return Write(body, "PUT", _version(task))


def _version(resource: Resource) -> int:
    return int(resource["meta"]["versionId"])
