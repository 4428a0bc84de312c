"""What coordination teams have done in the demonstration, by the doors of everybody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import structlog

from cordee.app.accounts import principal_of
from cordee.app.dac import assessments, caseload, concertations
from cordee.app.region.accounts import DEMO_ACCOUNTS
from cordee.app.requests import requests
from cordee.app.slots import slots
from cordee.app.store import system
from cordee.app.wiring import Parts
from cordee.care.assessments.answers import digest
from cordee.care.assessments.desk import Assessments, Saved
from cordee.care.concertations.meetings import Meeting
from cordee.care.requests.desk import Asking
from cordee.care.slots.publishing import Offer
from cordee.care.workflow.tasks import Wanted
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.errors import ProductError

AGENT: Final = "demo"
YVONNE, ODETTE, LINA = "yvonne-morvan", "odette-lemoine", "lina-ferhat"
_TOLD: Final = {"person-informed": True, "attending-informed": True}
_VARIABLES: Final = (
    "coherence", "orientation", "toilette", "habillage", "alimentation", "elimination",
    "transferts", "interieur",
)  # fmt: skip
_MORVAN: Final = {
    **dict(zip(_VARIABLES, "AABBABAA", strict=True)), "exterieur": "C", "communication": "B",
    "memoire": "oui", "reperes": "non", "comptes": "oui", "aigu": "non", "comportement": "non",
    "poids": "56.2", "taille": "158", "poids-avant": "58.4", "mange-moins": "oui",
    "maladie": "non", "chutes-annee": "3", "chute-sol": "oui", "chute-peur": "oui",
    "anticoagulant": "oui", "triste": "non", "envie": "non", "sommeil": "oui", "mort": "non",
    "habite": "ehpad", "a-aidant": "oui", "aidant-temps": "parfois", "aidant-tension": "jamais",
    "aidant-sante": "parfois", "aidant-seul": "parfois", "aidant-tenir": "jamais",
    "medicaments": "7", "oublis": "non", "pilulier": "oui", "somnifere": "oui",
}  # fmt: skip
_GRID: Final = ("aidant", "actes", "maladies", "retours", "suivi")
# Who answered what: the machine, whom it was asked of, the move that answers, and why.
_ANSWERED: Final = (
    ("facility-request", "had-aubrey", "had", Wanted("accept", {"place-from": "2026-12-01"})),
    ("facility-request", "smr-montrevaux", "smr", Wanted("refuse", reason="Pas de place")),
    ("orientation", "ssiad-saulx", "ssiad", Wanted("accept", {"start-on": "2026-12-01"})),
    ("orientation", "saad-saulx", "saad", Wanted("refuse", reason="Hors secteur")),
)


async def begin_coordination(parts: Parts) -> None:
    """Makes what the demonstration shows of coordination, once; what may not be made is left."""
    for make in (_assess, _answer, _share, _meet, _search, _offer):
        try:
            parts.guard.forget()
            await make(parts)
        except ProductError as error:
            structlog.get_logger().warning(
                "demo_coordination_left", slug=error.slug, step=make.__name__
            )


async def _assess(parts: Parts) -> None:
    """One assessment that is finished, one that somebody has begun, one spotting."""
    desk = assessments(parts.database, parts.kernel, parts.guard, parts.settings)
    whole, grid = "bilan-multidimensionnel", "reperage-dix-criteres"
    await _filled(desk, "helene.costa", (YVONNE, whole), _MORVAN, ends=True)
    begun = {one: _MORVAN[one] for one in _VARIABLES}
    await _filled(desk, "dr.legoff", (ODETTE, whole), begun, ends=False)
    await _filled(desk, "dr.legoff", (ODETTE, grid), dict.fromkeys(_GRID, "oui"), ends=True)


async def _filled(
    desk: Assessments, user: str, of: tuple[str, str], answers: dict[str, str], *, ends: bool
) -> None:
    patient, code = of
    who, at = _account(user), clock.now()
    key = await desk.begin(who, patient, code, _number("assessment", patient, code), at)
    present = await desk.one(who, patient, key)
    if not present.is_open or present.answers:
        return
    parts = present.form.parts
    base = digest(parts, present.answers)
    present = await desk.save(who, present, Saved(parts, answers, base), at)
    if ends:
        await desk.finish(who, present, at, None)


async def _answer(parts: Parts) -> None:
    """Resources that have answered: what they announce and what they do are both seen."""
    desk = requests(parts.database, parts.kernel, parts.guard)
    for machine, owner, kind, wanted in _ANSWERED:
        facts: dict[str, Any] = {"kind": kind}
        if machine == "orientation":
            facts["person-agrees"] = "oui"
        number = _number("answered", owner, kind)
        if await desk.is_sent(number):
            continue
        asking = Asking(machine, number, (f"Organization/{owner}",), facts, "Retour à domicile.")
        task = await desk.ask(_account("dr.legoff"), ODETTE, asking)
        await desk.move(system(AGENT), task, wanted)


async def _share(parts: Parts) -> None:
    """Files that the team of DAC A has shared out."""
    desk = caseload(parts.database, parts.kernel, parts.guard)
    helene, at = _account("helene.costa"), clock.now()
    for file in await desk.files(helene):
        if file.coordinator:
            continue
        mine = file.patient["id"] == YVONNE
        to = "Practitioner/helene-costa" if mine else "Practitioner/sonia-marek"
        await desk.give(helene, [file.key], to, "partage de la semaine", at)


async def _meet(parts: Parts) -> None:
    """A concertation to come about Mme Morvan."""
    desk = concertations(parts.database, parts.kernel, parts.guard)
    start = _afternoon(clock.now() + timedelta(days=3))
    people = {"Practitioner/anne-le-goff": "Dr Anne Le Goff"}
    meeting = Meeting(
        start, 30, "Chutes à répétition sous anticoagulant",
        "Traitement du soir, passage de l’ergothérapeute, surveillance de la nuit.", people,
        video="https://visio.example/cordee-demo",
    )  # fmt: skip
    number = _number("meeting", YVONNE)
    await desk.invite(_account("helene.costa"), YVONNE, number, meeting, clock.now())


async def _search(parts: Parts) -> None:
    """A search for an attending physician that the CPTS has begun."""
    desk = requests(parts.database, parts.kernel, parts.guard)
    number, nora = _number("attending", LINA), _account("nora.belkacem")
    if await desk.is_sent(number):
        return
    facts = {"priority": "fragilite", "person-agrees": "oui"}
    words = "Dix-sept ans, vit chez ses parents ; son médecin a pris sa retraite."
    owners = ("Organization/cpts-b-sud",)
    asking = Asking("attending-request", number, owners, facts, words)
    task = await desk.ask(nora, LINA, asking)
    await desk.move(nora, task, Wanted("propose"))


async def _offer(parts: Parts) -> None:
    """Slots of unscheduled care of two physicians of CPTS B-Sud, and one that is booked."""
    desk, nora, today = slots(parts), _account("nora.belkacem"), clock.now().astimezone(clock.PARIS)
    community = (await desk.communities(nora))[0]
    days = frozenset(range(5))
    for member, hour in (("bernard-roux", 9), ("anne-le-goff", 11)):
        starts = (today + timedelta(days=1)).replace(hour=hour, minute=0, second=0, microsecond=0)
        offer = Offer(starts, 15, 2, days, (today + timedelta(days=9)).date())
        who, number = f"Practitioner/{member}", _number("slots", member)
        await desk.publish(nora, community, who, offer, number)
    found = await desk.between(nora, [community], today, today + timedelta(days=9))
    free = next(one for one in found if one.status == "free")
    number = _number("booked", ODETTE)
    await desk.book(_account("dr.legoff"), ODETTE, free.id, "fièvre depuis hier", number)


def _afternoon(moment: datetime) -> datetime:
    return moment.astimezone(clock.PARIS).replace(hour=14, minute=30, second=0, microsecond=0)


def _number(*parts: str) -> str:
    return str(uuid5(NAMESPACE_URL, "/".join(("coordination", *parts))))


def _account(user: str) -> Principal:
    return principal_of(next(one for one in DEMO_ACCOUNTS if one.user == user))
