"""News of daily life that a home writes for the family, and what a relative reads. Rule: B7.7.

The parts of a mandate that begin with `famille-` open no resource: this page reads for who holds
it, a few fields that say nothing of health, once the guard has opened the Patient to them. Each
reading is traced under their name. Decision 0074.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from cordee.access.mandates.parts import FAMILY_AGENDA, FAMILY_EVENTS, FAMILY_NEWS
from cordee.care.agenda.interventions import OPEN_SORTS, SORTS, Intervention, read_intervention
from cordee.care.homes.events import read_event
from cordee.care.store import Also, Resource, Store, Write
from cordee.care.workflow.forms import Forms
from cordee.care.workflow.tasks import BASE, party
from cordee.identity.principal import Principal
from cordee.runtime.clock import PARIS, instant
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied, NotFound, RuleBroken

AGENT: Final = "families"
KIND: Final = BASE + "nouvelles"
DAYS, AHEAD, MOST = 31, 31, 100
LONGEST: Final = 600
TOLD_EVENTS: Final[Mapping[str, str]] = {
    "chute": "Une chute",
    "fugue": "Sortie sans que l’équipe le sache",
}
"""Events of a home that are told to the family, in words of their own: never what was written."""
STAYS: Final[Mapping[str, str]] = {
    "EMER": "Passage aux urgences", "IMP": "Séjour à l’hôpital", "ACUTE": "Séjour à l’hôpital",
    "NONAC": "Séjour à l’hôpital",
}  # fmt: skip
_KEPT: Final = frozenset(
    {"R", "V", "MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX"}
)
_HAPPENED: Final = frozenset({"arrived", "triaged", "in-progress", "onleave", "finished"})


class Glances(Protocol):
    """The trail of what is read for a relative."""

    async def trace(self, principal: Principal, patients: Sequence[str], detail: str) -> None:
        """A line of reading about people, under the name of who reads."""
        ...


@dataclass(frozen=True, slots=True)
class News:
    """One piece of news: its id and version, when, who wrote it (a reference), its words."""

    id: str
    version: int
    at: str
    author: str
    words: str


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment of the agenda: `label` says what where it is no care, "" where it is."""

    starts: datetime
    ends: datetime
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Event:
    """One event: what, since when, until when ("" while it runs), where."""

    label: str
    since: str
    until: str
    is_stay: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What a relative reads; None for a part that the resident did not open."""

    patient: Resource
    agenda: Sequence[Moment] | None
    news: Sequence[News] | None
    events: Sequence[Event] | None


class Families:
    """The news of homes and the pages of relatives of one installation."""

    def __init__(
        self, database: Database, store: Store, glances: Glances, platform: Principal
    ) -> None:
        """`platform` reads for a relative, what a part opens and no more."""
        self._store = store
        self._forms = Forms(database)
        self._glances = glances
        self._platform = platform

    async def write(
        self, principal: Principal, patient: str, number: str, words: str, now: datetime
    ) -> None:
        """Keeps a piece of news that the home of a resident writes; the same form is one.

        Raises `NotFound`, `AccessDenied` for another structure, `RuleBroken`.
        """
        text = words.strip()
        if not text or len(text) > LONGEST:
            raise RuleBroken(f"Écrivez la nouvelle, en {LONGEST} caractères au plus.")
        person = await self._store.read(principal, "Patient", patient)
        _need_home(principal, person)
        made = Write(_communication(principal, patient, text, now))

        async def write(also: Also) -> str:
            return (await self._store.write(principal, [made], also))[0].id

        await self._forms.once(number, write)

    async def written(self, principal: Principal, patient: str) -> list[News]:
        """What was written for the family, for who may read it, the newest first; at most 100."""
        return _news(await self._store.search(principal, "Communication", _criteria(patient)))

    async def withdraw(self, principal: Principal, patient: str, key: str) -> None:
        """Takes back a piece of news at once; raises `NotFound`, `AccessDenied`."""
        person = await self._store.read(principal, "Patient", patient)
        _need_home(principal, person)
        found = await self._store.read(principal, "Communication", key)
        if party(found, "subject") != f"Patient/{patient}" or not _is_news(found):
            raise NotFound("there is no such news")
        put = Write({**found, "status": "entered-in-error"}, "PUT", int(found["meta"]["versionId"]))
        await self._store.write(principal, [put])

    async def told(
        self, principal: Principal, patient: str, parts: frozenset[str], now: datetime
    ) -> Told:
        """What somebody reads who acts under a mandate with these parts.

        Raises `NotFound` where the guard does not open the Patient to them.
        """
        person = await self._store.read(principal, "Patient", patient)
        agenda, news, events = await asyncio.gather(
            self._agenda(patient, now) if FAMILY_AGENDA in parts else _nothing(),
            self._news(patient, now) if FAMILY_NEWS in parts else _nothing(),
            self._events(person, now) if FAMILY_EVENTS in parts else _nothing(),
        )
        opened = sorted(one for one in parts if one in {FAMILY_AGENDA, FAMILY_NEWS, FAMILY_EVENTS})
        detail = f"family read {' '.join(opened)}"
        await self._glances.trace(principal, [f"Patient/{patient}"], detail)
        return Told(person, agenda, news, events)

    async def _agenda(self, patient: str, now: datetime) -> list[Moment]:
        day = now.astimezone(PARIS).replace(hour=0, minute=0, second=0, microsecond=0)
        query = (
            f"patient=Patient/{patient}&date=ge{instant(day)}"
            f"&date=lt{instant(day + timedelta(days=AHEAD))}"
            f"&status=booked,pending,arrived,checked-in&_sort=date&_count={MOST}"
        )
        rows = await self._store.search(self._platform, "Appointment", query)
        found = [read_intervention(one, {}) for one in rows if _is_open(one)]
        return [_moment(one) for one in found if one is not None]

    async def _news(self, patient: str, now: datetime) -> list[News]:
        since = f"&sent=ge{instant(now - timedelta(days=DAYS))}"
        query = _criteria(patient) + since
        return _news(await self._store.search(self._platform, "Communication", query))

    async def _events(self, person: Resource, now: datetime) -> list[Event]:
        since = instant(now - timedelta(days=DAYS))
        query = f"patient=Patient/{person['id']}&date=ge{since}&_sort=-date&_count={MOST}"
        rows = await self._store.search(self._platform, "Encounter", query)
        home = party(person, "managingOrganization")
        read = [_event(one, home) for one in rows if _is_open(one)]
        return [one for one in read if one is not None]


async def _nothing() -> None:
    return None


def _need_home(principal: Principal, person: Resource) -> None:
    home = principal.structure
    if not home or party(person, "managingOrganization") != home:
        raise AccessDenied("Seule la structure où la personne réside écrit à sa famille.")


def _criteria(patient: str) -> str:
    return (
        f"subject=Patient/{patient}&category={KIND}|famille&status=completed"
        f"&_sort=-sent&_count={MOST}"
    )


def _communication(principal: Principal, patient: str, words: str, now: datetime) -> dict[str, Any]:
    coding = {"system": KIND, "code": "famille", "display": "Nouvelles pour la famille"}
    made: dict[str, Any] = {
        "resourceType": "Communication",
        "status": "completed",
        "category": [{"coding": [coding], "text": coding["display"]}],
        "subject": {"reference": f"Patient/{patient}"},
        "sent": instant(now),
        "payload": [{"contentString": words}],
    }
    if principal.practitioner.startswith("Practitioner/"):
        made["sender"] = {"reference": principal.practitioner, "display": principal.name}
    return made


def _is_news(one: Resource) -> bool:
    codings = [c for kind in one.get("category", ()) for c in kind.get("coding", ())]
    return any(c.get("system") == KIND for c in codings)


def _news(rows: Sequence[Resource]) -> list[News]:
    return [
        News(
            str(one["id"]), int(one["meta"]["versionId"]), str(one.get("sent", "")),
            str((one.get("sender") or {}).get("display", "")),
            "\n".join(str(part.get("contentString", "")) for part in one.get("payload", ())),
        )
        for one in rows
        if one["resourceType"] == "Communication" and _is_news(one) and _is_open(one)
    ]  # fmt: skip


def _is_open(one: Resource) -> bool:
    """Nothing that bears a label of confidentiality or of masking is told."""
    labels = {str(tag.get("code", "")) for tag in (one.get("meta") or {}).get("security", ())}
    return not labels & _KEPT


def _moment(one: Intervention) -> Moment:
    is_said = one.sort in OPEN_SORTS
    label = SORTS[one.sort].label if is_said else ""
    return Moment(one.starts, one.ends, label, one.words if is_said else "")


def _event(one: Resource, home: str) -> Event | None:
    period = one.get("period") or {}
    since, until = str(period.get("start", "")), str(period.get("end", ""))
    if one.get("status") not in _HAPPENED or not since:
        return None
    kind, _, _ = read_event(one)
    if kind in TOLD_EVENTS:
        return Event(TOLD_EVENTS[kind], since, "", is_stay=False)
    code = str((one.get("class") or {}).get("code", ""))
    if kind or code not in STAYS or party(one, "serviceProvider") == home:
        return None
    return Event(STAYS[code], since, until, is_stay=True)
