"""The stay of a resident: entry, kind, room, absence for leisure, exit; as an Encounter. B7.1.

Shape: TDDUI `tddui-encounter-sejour` (line 2, in progress). Its class is ours, so that no reader of
stays in hospital takes it for one of them. Decision 0070.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from cordee.care.store import Also, Resource, Store, Write
from cordee.care.workflow.forms import Forms
from cordee.care.workflow.tasks import BASE, party
from cordee.identity.principal import Principal
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied, Conflict, Issue, NotFound, ResourceInvalid

KIND: Final = BASE + "sejour-residence"
CLASS: Final = BASE + "classe-sejour"
EXIT: Final = BASE + "sortie-residence"
IDENTIFIERS: Final = BASE + "identifiant/sejour"
KINDS: Final[Mapping[str, str]] = {
    "permanent": "Hébergement permanent",
    "temporaire": "Hébergement temporaire",
    "jour": "Accueil de jour",
}
EXITS: Final[Mapping[str, str]] = {
    "domicile": "Retour au domicile",
    "etablissement": "Autre établissement",
    "hopital": "Hospitalisation sans retour prévu",
    "fin": "Fin de l’accueil prévu",
    "deces": "Décès",
    "autre": "Autre motif",
}
ROOM, UNIT = "ro", "wa"
MOST: Final = 500
_OPEN: Final = frozenset({"in-progress", "onleave"})
_OLDEST: Final = date(1950, 1, 1)
_LONGEST: Final = 100
_PLACES: Final = "http://terminology.hl7.org/CodeSystem/location-physical-type"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is said of a stay when it begins; `day` is None where it is no day."""

    kind: str
    day: date | None
    room: str = ""
    unit: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay as it is read; days in ISO, "" where nothing is said."""

    key: str
    patient: str
    home: str
    kind: str
    start: str
    end: str
    room: str
    unit: str
    origin: str
    exit: str
    words: str
    is_away: bool
    is_open: bool
    version: int
    resource: Resource


class Stays:
    """The stays of residents of one installation."""

    def __init__(self, database: Database, store: Store) -> None:
        """`store` reads and writes through the guard."""
        self._store = store
        self._forms = Forms(database)

    async def enter(
        self, principal: Principal, patient: str, number: str, entry: Entry, now: datetime
    ) -> str:
        """The id of a new stay in the principal's structure; the same form gives the same.

        Raises `ResourceInvalid`, `NotFound` for who is not seen, `Conflict` where a stay runs.
        """
        _check(entry, now)
        if not principal.structure.startswith("Organization/"):
            raise AccessDenied("Seule une structure note l’entrée d’un résident.")
        known = await self._forms.task(number)
        if known:
            return known
        await self._store.read(principal, "Patient", patient)
        if any(one.is_open for one in await self.of_patient(principal, patient)):
            raise Conflict("Un séjour est déjà en cours ici : notez d’abord sa sortie.")
        made = Write(encounter(principal, patient, number, entry))

        async def write(also: Also) -> str:
            return (await self._store.write(principal, [made], also))[0].id

        return await self._forms.once(number, write)

    async def of_patient(self, principal: Principal, patient: str) -> list[Stay]:
        """The stays of a person in the principal's structure, the newest first."""
        if not principal.structure:
            return []
        query = f"patient=Patient/{patient}&service-provider={principal.structure}&{_KINDS}"
        rows = await self._store.search(principal, "Encounter", f"{query}&_sort=-date&_count=50")
        return [read_stay(one) for one in rows]

    async def one(self, principal: Principal, patient: str, key: str) -> Stay:
        """A stay of a person in the principal's structure; raises `NotFound`."""
        found = await self._store.read(principal, "Encounter", key)
        stay = read_stay(found)
        if not stay.kind or stay.patient != f"Patient/{patient}":
            raise NotFound("there is no such stay")
        if stay.home != principal.structure:
            raise AccessDenied("Ce séjour est tenu par une autre structure.")
        return stay

    async def change(self, principal: Principal, stay: Stay, after: Mapping[str, Any]) -> None:
        """Writes a stay that runs; raises `VersionConflict`, `Conflict` for one that is over."""
        if not stay.is_open:
            raise Conflict("Ce séjour est terminé.")
        made = {name: value for name, value in after.items() if name != "meta"}
        await self._store.write(principal, [Write(made, "PUT", stay.version)])


def encounter(principal: Principal, patient: str, number: str, entry: Entry) -> dict[str, Any]:
    """The Encounter of a stay that begins."""
    day = entry.day.isoformat() if entry.day else ""
    label = KINDS[entry.kind]
    made: dict[str, Any] = {
        "resourceType": "Encounter",
        "identifier": [{"system": IDENTIFIERS, "value": number}],
        "status": "in-progress",
        "class": {"system": CLASS, "code": "ESMS", "display": "Séjour médico-social"},
        "type": [
            {"coding": [{"system": KIND, "code": entry.kind, "display": label}], "text": label}
        ],
        "subject": {"reference": f"Patient/{patient}"},
        "period": {"start": day},
        "serviceProvider": {"reference": principal.structure},
    }
    places = _places(entry.room, entry.unit, day)
    if places:
        made["location"] = places
    if entry.origin.strip():
        made["hospitalization"] = {"admitSource": {"text": entry.origin.strip()[:_LONGEST]}}
    return made


def moved(stay: Stay, room: str, unit: str, day: date) -> dict[str, Any]:
    """The stay in another room from a day on; the former ones stay with their end."""
    former = [
        dict(one) | {"status": "completed", "period": {**one.get("period", {}), "end": str(day)}}
        if one.get("status") == "active"
        else one
        for one in stay.resource.get("location", ())
    ]
    if not room.strip() and not unit.strip():
        raise ResourceInvalid([Issue("error", "invalid", "Donnez la chambre.", ("room",))])
    return dict(stay.resource) | {"location": [*former, *_places(room, unit, str(day))]}


def absent(stay: Stay, *, is_away: bool) -> dict[str, Any]:
    """The stay of who leaves for leisure, or is back."""
    return dict(stay.resource) | {"status": "onleave" if is_away else "in-progress"}


def left(stay: Stay, code: str, day: date | None, words: str, now: datetime) -> dict[str, Any]:
    """The stay that ends on a day; raises `ResourceInvalid` with each problem."""
    problems: list[tuple[str, str]] = []
    if code not in EXITS:
        problems.append(("exit", "Choisissez le motif de la sortie."))
    elif code == "autre" and not words.strip():
        problems.append(("words", "Dites pourquoi la personne est sortie."))
    if day is None or not stay.start <= day.isoformat() <= _today(now).isoformat():
        problems.append(("end", "La sortie est un jour passé, après l’entrée."))
    if problems or day is None:
        raise ResourceInvalid([Issue("error", "invalid", text, (key,)) for key, text in problems])
    said: dict[str, Any] = {"coding": [{"system": EXIT, "code": code, "display": EXITS[code]}]}
    said["text"] = words.strip()[:_LONGEST] or EXITS[code]
    places = [
        dict(one) | {"status": "completed", "period": {**one.get("period", {}), "end": str(day)}}
        for one in stay.resource.get("location", ())
    ]
    made = dict(stay.resource) | {
        "status": "finished",
        "period": {**stay.resource.get("period", {}), "end": day.isoformat()},
        "hospitalization": {
            **stay.resource.get("hospitalization", {}), "dischargeDisposition": said,
        },
    }  # fmt: skip
    return made | ({"location": places} if places else {})


def read_stay(found: Resource) -> Stay:
    """A stay of its Encounter; `kind` is "" for another Encounter."""
    codings = [c for one in found.get("type", ()) for c in one.get("coding", ())]
    code = next((str(c.get("code", "")) for c in codings if c.get("system") == KIND), "")
    period, status = found.get("period") or {}, str(found.get("status", ""))
    inside = found.get("hospitalization") or {}
    leaving: Mapping[str, Any] = inside.get("dischargeDisposition") or {}
    exits = [str(c.get("code", "")) for c in leaving.get("coding", ()) if c.get("system") == EXIT]
    return Stay(
        str(found.get("id", "")), party(found, "subject"), party(found, "serviceProvider"), code,
        str(period.get("start", ""))[:10], str(period.get("end", ""))[:10],
        _place(found, ROOM), _place(found, UNIT),
        str((inside.get("admitSource") or {}).get("text", "")),
        next(iter(exits), ""), str(leaving.get("text", "")), status == "onleave",
        status in _OPEN and bool(code), int((found.get("meta") or {}).get("versionId", 1)), found,
    )  # fmt: skip


def stays_of(rows: Sequence[Resource], home: str) -> list[Stay]:
    """The stays in a home among Encounters, the newest first; none of another home."""
    found = [read_stay(one) for one in rows if one.get("resourceType") == "Encounter"]
    mine = [one for one in found if one.kind and one.home == home]
    return sorted(mine, key=lambda one: (one.is_open, one.start), reverse=True)


_KINDS: Final = "type=" + ",".join(f"{KIND}|{one}" for one in KINDS)
OF_HOME: Final = f"{_KINDS}&_sort=-date&_count={MOST}&_include=Encounter:patient"
"""Criteria of the stays of a home with who stays; the home is to be said beside."""


def _check(entry: Entry, now: datetime) -> None:
    problems: list[tuple[str, str]] = []
    if entry.kind not in KINDS:
        problems.append(("kind", "Choisissez la sorte de séjour."))
    if entry.day is None or not _OLDEST <= entry.day <= _today(now):
        problems.append(("day", "Donnez le jour de l’entrée, aujourd’hui ou avant."))
    if problems:
        raise ResourceInvalid([Issue("error", "invalid", text, (key,)) for key, text in problems])


def _places(room: str, unit: str, day: str) -> list[dict[str, Any]]:
    said = ((ROOM, room.strip()[:_LONGEST]), (UNIT, unit.strip()[:_LONGEST]))
    return [
        {
            "location": {"display": text}, "status": "active", "period": {"start": day},
            "physicalType": {"coding": [{"system": _PLACES, "code": code}]},
        }
        for code, text in said
        if text
    ]  # fmt: skip


def _place(found: Resource, code: str) -> str:
    """The last place of a sort that was said."""
    last = ""
    for one in found.get("location", ()):
        codings = (one.get("physicalType") or {}).get("coding", ())
        if any(c.get("code") == code for c in codings):
            last = str((one.get("location") or {}).get("display", ""))
    return last


def _today(now: datetime) -> date:
    return now.astimezone(PARIS).date()
