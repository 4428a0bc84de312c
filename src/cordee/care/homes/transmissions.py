"""Transmissions ciblées of a home: target, data, action, result; followed until closed. B7.1.

One writing is a Communication. The one that opens a target is `in-progress` until another closes
it; what follows names it (`partOf`) and never changes what was written. Decision 0070.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from cordee.care.documents.tile import moment_of
from cordee.care.homes.living import need_home
from cordee.care.homes.stays import Stays
from cordee.care.plans.plan import name_of
from cordee.care.store import Also, Resource, Store, Write
from cordee.care.workflow.forms import Forms
from cordee.care.workflow.tasks import BASE, party
from cordee.identity.principal import Principal
from cordee.runtime.clock import PARIS, instant
from cordee.runtime.database import Database
from cordee.runtime.errors import Conflict, Issue, NotFound, ResourceInvalid, VersionConflict

CATEGORY: Final = BASE + "transmission"
TARGET: Final = BASE + "cible-transmission"
PART: Final = "https://cordee.example/fhir/StructureDefinition/transmission-part"
OPENS, FOLLOWS = "cible", "suite"
TARGETS: Final[Mapping[str, str]] = {
    "douleur": "Douleur",
    "alimentation": "Alimentation, hydratation",
    "elimination": "Élimination",
    "sommeil": "Sommeil",
    "peau": "Peau, plaie",
    "mobilite": "Mobilité, chute",
    "comportement": "Comportement, humeur",
    "respiration": "Respiration",
    "fievre": "Température, infection",
    "traitement": "Traitement",
    "famille": "Famille, lien social",
    "autre": "Autre cible",
}
PARTS: Final[Mapping[str, str]] = {"D": "Données", "A": "Action", "R": "Résultat"}
SHIFTS: Final[Mapping[str, tuple[str, time, time]]] = {
    "matin": ("Matin, 6 h à 14 h", time(6), time(14)),
    "soir": ("Après-midi, 14 h à 21 h", time(14), time(21)),
    "nuit": ("Nuit, 21 h à 6 h", time(21), time(6)),
}
LONGEST: Final = 1500
MOST: Final = 300
_LABELS: Final = (
    "https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/"
    "TRE-A07-StatutVisibiliteDocument"
)
_HIDDEN: Final = ("INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX")
_WITH: Final = "&_include=Communication:sender:Practitioner"
_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody writes: a target that begins, or `follows` (the id of one that is open)."""

    target: str
    parts: Mapping[str, str]
    label: str = ""
    follows: str = ""
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Transmission:
    """One writing as it is read; `root` is the id of the one that opened its target."""

    key: str
    root: str
    patient: str
    target: str
    label: str
    parts: tuple[tuple[str, str], ...]
    at: str
    author: str
    is_open: bool
    closes: bool


class Transmissions:
    """The transmissions of one installation."""

    def __init__(self, database: Database, store: Store) -> None:
        """`store` reads and writes through the guard."""
        self._store = store
        self._stays = Stays(database, store)
        self._forms = Forms(database)

    async def write(
        self, principal: Principal, patient: str, number: str, said: Said, at: datetime
    ) -> str:
        """The id of what is written of a resident by their home; the same form gives the same.

        Raises `ResourceInvalid`, `AccessDenied` for another home, `Conflict` for a target that
        somebody closed meanwhile.
        """
        known = await self._forms.task(number)
        if known:
            return known
        check(said)
        _person, stay = await need_home(self._store, self._stays, principal, patient)
        stays = f"Encounter/{stay.key}" if stay is not None and stay.is_open else ""
        for attempt in range(_ATTEMPTS):
            try:
                return await self._written(principal, patient, number, said, (at, stays))
            except VersionConflict:  # somebody follows the same target
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError

    async def of_patient(
        self, principal: Principal, patient: str, most: int = MOST
    ) -> list[Transmission]:
        """What was written of a resident, the newest first."""
        query = f"patient=Patient/{patient}&category={_CATEGORIES}&_sort=-sent&_count={most}{_WITH}"
        return transmissions_of(await self._store.search(principal, "Communication", query))

    async def of_home(
        self, principal: Principal, bounds: tuple[datetime, datetime]
    ) -> tuple[list[Transmission], list[Resource]]:
        """What was written of all residents between two moments, with Patients; at most 300."""
        if not principal.structure:
            return [], []
        query = (
            f"recipient={principal.structure}&category={_CATEGORIES}"
            f"&sent=ge{instant(bounds[0])}&sent=lt{instant(bounds[1])}&_sort=-sent&_count={MOST}"
            f"{_WITH}&_include=Communication:patient"
        )
        return _split(await self._store.search(principal, "Communication", query))

    async def open_of_home(self, principal: Principal) -> tuple[list[Transmission], list[Resource]]:
        """The targets that nobody has closed, with their Patients; at most 300."""
        if not principal.structure:
            return [], []
        query = (
            f"recipient={principal.structure}&category={CATEGORY}|{OPENS}&status=in-progress"
            f"&_sort=-sent&_count={MOST}{_WITH}&_include=Communication:patient"
        )
        return _split(await self._store.search(principal, "Communication", query))

    async def _written(
        self,
        principal: Principal,
        patient: str,
        number: str,
        said: Said,
        when: tuple[datetime, str],
    ) -> str:
        writes = [Write(communication(principal, patient, said, when))]
        if said.follows:
            root = await self._store.read(principal, "Communication", said.follows)
            writes = _following(root, principal, patient, said, when)

        async def write(also: Also) -> str:
            return (await self._store.write(principal, writes, also))[0].id

        return await self._forms.once(number, write)


def check(said: Said) -> None:
    """Returns when something can be written; raises `ResourceInvalid` with each problem."""
    problems: list[tuple[str, str]] = []
    if not said.follows and said.target not in TARGETS:
        problems.append(("target", "Choisissez la cible."))
    if said.target == "autre" and not said.follows and not said.label.strip():
        problems.append(("label", "Nommez la cible."))
    if not any(text.strip() for text in said.parts.values()):
        problems.append(("D", "Écrivez ce que vous voyez, ou ce que vous faites."))
    problems += [
        (code, f"{PARTS[code]} : {LONGEST} caractères au plus.")
        for code, text in said.parts.items()
        if code in PARTS and len(text) > LONGEST
    ]
    if problems:
        raise ResourceInvalid([Issue("error", "invalid", text, (key,)) for key, text in problems])


def communication(
    principal: Principal, patient: str, said: Said, when: tuple[datetime, str]
) -> dict[str, Any]:
    """The Communication of a writing that opens a target; `when` is the moment and the stay."""
    at, stay = when
    text = said.label.strip()[:100] or TARGETS.get(said.target, "")
    made: dict[str, Any] = {
        "resourceType": "Communication",
        "meta": {"security": [{"system": _LABELS, "code": code} for code in _HIDDEN]},
        "status": "completed" if said.closes else "in-progress",
        "category": [{"coding": [{"system": CATEGORY, "code": OPENS, "display": "Cible"}]}],
        "topic": {"coding": [{"system": TARGET, "code": said.target}], "text": text},
        "subject": {"reference": f"Patient/{patient}"},
        "sent": instant(at),
        "recipient": [{"reference": principal.structure}],
        "sender": {"reference": principal.practitioner or principal.structure},
        "payload": [
            {
                "extension": [{"url": PART, "valueCode": code}],
                "contentString": said.parts[code].strip(),
            }
            for code in PARTS
            if said.parts.get(code, "").strip()
        ],
    }
    if stay:
        made["encounter"] = {"reference": stay}
    return made


def transmissions_of(rows: Sequence[Resource]) -> list[Transmission]:
    """The writings among what was read, in its order; that which opens a target says its state."""
    names = {
        f"{one['resourceType']}/{one['id']}": name_of(one)
        for one in rows
        if one["resourceType"] == "Practitioner"
    }
    found = [one for one in rows if one["resourceType"] == "Communication"]
    return [_read(one, names) for one in found if _category(one)]


def bounds_of(day: date, shift: str) -> tuple[datetime, datetime]:
    """When a shift of a day begins and ends; the whole day from 6 h where none is said."""
    _label, start, end = SHIFTS.get(shift, ("", time(6), time(6)))
    last = day if end > start else day + timedelta(days=1)
    return datetime.combine(day, start, PARIS), datetime.combine(last, end, PARIS)


def shift_of(now: datetime) -> tuple[date, str]:
    """The day and the shift of a moment: at 3 h it is the night of the day before."""
    here = now.astimezone(PARIS)
    day = here.date() - timedelta(days=1) if here.time() < time(6) else here.date()
    for code in SHIFTS:
        start, end = bounds_of(day, code)
        if start <= here < end:
            return day, code
    return day, "nuit"


def _following(
    root: Resource, principal: Principal, patient: str, said: Said, when: tuple[datetime, str]
) -> list[Write]:
    """What follows a target, and the target that it closes; raises `NotFound`, `Conflict`."""
    if _category(root) != OPENS or party(root, "subject") != f"Patient/{patient}":
        raise NotFound("there is no such target")
    if root.get("status") != "in-progress":
        raise Conflict("Cette cible est close : ouvrez-en une autre.")
    made = communication(principal, patient, said, when) | {
        "status": "completed",
        "category": [{"coding": [{"system": CATEGORY, "code": FOLLOWS, "display": "Suite"}]}],
        "topic": root.get("topic", {}),
        "partOf": [{"reference": f"Communication/{root['id']}"}],
    }
    if not said.closes:
        return [Write(made)]
    made["statusReason"] = {"text": "Cible close"}
    closed = {**root, "status": "completed"}
    closed["meta"] = {"security": (root.get("meta") or {}).get("security", [])}
    return [Write(made), Write(closed, "PUT", int(root["meta"]["versionId"]))]


def _split(rows: Sequence[Resource]) -> tuple[list[Transmission], list[Resource]]:
    return transmissions_of(rows), [one for one in rows if one["resourceType"] == "Patient"]


def _read(one: Resource, names: Mapping[str, str]) -> Transmission:
    topic: Mapping[str, Any] = one.get("topic") or {}
    codes = [str(c.get("code", "")) for c in topic.get("coding", ()) if c.get("system") == TARGET]
    target = next(iter(codes), "autre")
    parts: list[tuple[str, str]] = []
    for each in one.get("payload", ()):
        told = [str(e.get("valueCode", "")) for e in each.get("extension", ()) if e["url"] == PART]
        parts.append((next(iter(told), "D"), str(each.get("contentString", ""))))
    above: Mapping[str, Any] = next(iter(one.get("partOf", ())), {})
    root = str(above.get("reference", "")).partition("/")[2]
    return Transmission(
        str(one["id"]), root or str(one["id"]), party(one, "subject"), target,
        str(topic.get("text", "")) or TARGETS.get(target, ""), tuple(parts),
        str(one.get("sent", "")), names.get(party(one, "sender"), ""),
        not root and one.get("status") == "in-progress",
        bool(root) and bool(one.get("statusReason")),
    )  # fmt: skip


def _category(one: Resource) -> str:
    codings = [c for part in one.get("category", ()) for c in part.get("coding", ())]
    return next((str(c.get("code", "")) for c in codings if c.get("system") == CATEGORY), "")


def sent_at(one: Transmission) -> datetime | None:
    """When it was written."""
    return moment_of(one.at)


_CATEGORIES: Final = f"{CATEGORY}|{OPENS},{CATEGORY}|{FOLLOWS}"
