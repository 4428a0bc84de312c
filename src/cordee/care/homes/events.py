"""What happens to a resident: a fall, somebody who leaves, a refusal; as an Encounter. Rule: B7.1.

Shape: TDDUI `tddui-encounter-evenement` (line 2, in progress). Its kinds are ours: the guide names
none of them. Decision 0067.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cordee.care.homes.living import need_home
from cordee.care.homes.stays import Stays
from cordee.care.store import Also, Resource, Store, Write
from cordee.care.workflow.forms import Forms
from cordee.care.workflow.tasks import BASE
from cordee.identity.principal import Principal
from cordee.runtime.clock import instant
from cordee.runtime.database import Database
from cordee.runtime.errors import Issue, ResourceInvalid

KIND: Final = BASE + "evenement-residence"
IDENTIFIERS: Final = "https://identifiant-medicosocial-evenement.esante.gouv.fr"
KINDS: Final[Mapping[str, str]] = {
    "chute": "Chute",
    "fugue": "Sortie à l’insu de l’équipe",
    "fausse-route": "Fausse route",
    "medicament": "Erreur de médicament",
    "comportement": "Agitation, agressivité",
    "refus": "Refus de soins ou de repas",
    "plaie": "Plaie ou rougeur découverte",
    "autre": "Autre évènement",
}
DAYS: Final = 90
MOST: Final = 500
LONGEST: Final = 2000
_BACK: Final = timedelta(days=31)
_ACT: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


@dataclass(frozen=True, slots=True)
class Happened:
    """What happened: the code of its kind, when, in which words."""

    kind: str
    at: datetime | None
    words: str


class Events:
    """The events of residents of one installation."""

    def __init__(self, database: Database, store: Store) -> None:
        """`store` reads and writes through the guard."""
        self._store = store
        self._stays = Stays(database, store)
        self._forms = Forms(database)

    async def note(
        self, principal: Principal, patient: str, number: str, happened: Happened, now: datetime
    ) -> str:
        """The id of an event that the home of a resident notes; the same form gives the same.

        Raises `NotFound`, `AccessDenied` for another structure, `ResourceInvalid`.
        """
        check(happened, now)
        _person, stay = await need_home(self._store, self._stays, principal, patient)
        event = encounter(principal, patient, number, happened)
        if stay is not None and stay.is_open:
            event["partOf"] = {"reference": f"Encounter/{stay.key}"}
        made = Write(event)

        async def write(also: Also) -> str:
            return (await self._store.write(principal, [made], also))[0].id

        return await self._forms.once(number, write)

    async def of_patient(self, principal: Principal, patient: str) -> list[Resource]:
        """The events of a resident, the newest first; at most 500."""
        kinds = ",".join(f"{KIND}|{one}" for one in KINDS)
        query = f"patient=Patient/{patient}&type={kinds}&_sort=-date&_count={MOST}"
        return await self._store.search(principal, "Encounter", query)

    async def of_home(self, principal: Principal, now: datetime) -> list[Resource]:
        """The events of all residents in ninety days with their Patients; at most 500."""
        if not principal.structure:
            return []
        kinds = ",".join(f"{KIND}|{one}" for one in KINDS)
        query = (
            f"service-provider={principal.structure}&type={kinds}"
            f"&date=ge{instant(now - timedelta(days=DAYS))}&_sort=-date&_count={MOST}"
            "&_include=Encounter:patient"
        )
        return await self._store.search(principal, "Encounter", query)


def check(happened: Happened, now: datetime) -> None:
    """Returns when an event can be noted; raises `ResourceInvalid` with each problem."""
    problems: list[tuple[str, str]] = []
    if happened.kind not in KINDS:
        problems.append(("kind", "Dites ce qui est arrivé."))
    if happened.at is None or not now - _BACK <= happened.at <= now + timedelta(minutes=5):
        problems.append(("at", "Donnez le jour et l’heure, dans les 31 derniers jours."))
    if not happened.words.strip() or len(happened.words) > LONGEST:
        problems.append(("words", f"Racontez, en {LONGEST} caractères au plus."))
    if problems:
        raise ResourceInvalid([Issue("error", "invalid", text, (key,)) for key, text in problems])


def encounter(
    principal: Principal, patient: str, number: str, happened: Happened
) -> dict[str, Any]:
    """The Encounter of an event, which the home holds."""
    at = instant(happened.at) if happened.at else ""
    label = KINDS[happened.kind]
    made: dict[str, Any] = {
        "resourceType": "Encounter",
        "identifier": [{"system": IDENTIFIERS, "value": number}],
        "status": "finished",
        "class": {"system": _ACT, "code": "AMB", "display": "dans la structure"},
        "type": [
            {"coding": [{"system": KIND, "code": happened.kind, "display": label}], "text": label}
        ],
        "subject": {"reference": f"Patient/{patient}"},
        "period": {"start": at, "end": at},
        "reasonCode": [{"text": happened.words.strip()}],
        "serviceProvider": {"reference": principal.structure},
    }
    if principal.practitioner.startswith("Practitioner/"):
        made["participant"] = [{"individual": {"reference": principal.practitioner}}]
    return made


def read_event(found: Resource) -> tuple[str, str, str]:
    """The kind, the moment and the words of an event."""
    codings = [c for one in found.get("type", ()) for c in one.get("coding", ())]
    kind = next((str(c.get("code", "")) for c in codings if c.get("system") == KIND), "")
    words = next((str(one.get("text", "")) for one in found.get("reasonCode", ())), "")
    return kind, str((found.get("period") or {}).get("start", "")), words
