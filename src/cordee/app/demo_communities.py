"""What a CPTS does in the demonstration: a plan of crisis, a cell that runs, one that is over."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import structlog

from cordee.app.communities import crises, offers, prevention, trainings, vaccination
from cordee.app.demo_work import account
from cordee.app.wiring import Parts
from cordee.care.attractivity import offers as offering
from cordee.care.attractivity import trainings as training
from cordee.care.crisis.cells import CALL, DAY, Crises
from cordee.care.crisis.plan import Call, Holder, Line, Plan
from cordee.care.crisis.situation import COUNTED, content_of
from cordee.care.prevention.actions import Told
from cordee.care.prevention.days import Wish
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import ProductError

LEADER: Final = "nora.belkacem"
CPTS: Final = "Organization/cpts-b-sud"
_NORA, _GOFF, _ROUX = (
    "Practitioner/nora-belkacem", "Practitioner/anne-le-goff", "Practitioner/bernard-roux",
)  # fmt: skip
_ACTIONS: Final = (
    ("Grippe : vaccination à la halle", "vaccination", "65 ans et plus, maladies chroniques",
     "Halle du marché, Saulx", "Infirmières et pharmaciens de la CPTS", -10, 30, 150, None,
     "running"),
    ("Équilibre et chutes, atelier en six séances", "chutes", "75 ans et plus vivant seules",
     "Salle des fêtes de Saulx", "Kinésithérapeutes, CCAS", 20, 65, 24, None, "prepared"),
    ("Dépistage du cancer colorectal, relance", "depistage", "50 à 74 ans sans test depuis 2 ans",
     "Pharmacies", "Pharmaciens, médecins traitants", -200, -140, 400, 268, "done"),
)  # fmt: skip
_OFFERS: Final = (
    ("installation", "Médecin généraliste", "Saulx",
     "Cabinet prêt dans la maison de santé, secrétariat partagé, deux confrères."),
    ("remplacement", "Infirmière, infirmier", "Saulx",
     "Deux semaines en tournée, véhicule fourni, logement possible."),
)  # fmt: skip
_LEARNT: Final = (
    "Les visites du matin ont tenu. Deux appels sur cinq sans réponse le premier soir : numéros "
    "vérifiés et plan mis à jour. Prévoir un second véhicule climatisé."
)


async def begin_communities(parts: Parts) -> None:
    """Makes what a CPTS shows, once; what may not be made is left."""
    for make in (_crisis, _prevention, _boards):
        try:
            parts.guard.forget(LEADER)
            await make(parts)
        except ProductError as error:
            structlog.get_logger().warning("demo_community_left", slug=error.slug)


async def _crisis(parts: Parts) -> None:
    nora, desk, now = account(LEADER), crises(parts), clock.now()
    if (await desk.plan(CPTS))[0]:
        return
    await desk.keep(nora, CPTS, _plan(await _names(desk, nora)), 0, now - timedelta(days=120))
    over = await _open(desk, nora, "canicule", now - timedelta(days=110))
    await _tell(desk, nora, over, now - timedelta(days=109))
    cell, _leads = await desk.one(nora, over)
    await desk.close(nora, cell, _LEARNT, now - timedelta(days=104))
    present = await _open(desk, nora, "epidemie", now - timedelta(days=2))
    await _tell(desk, nora, present, now - timedelta(days=1))


async def _prevention(parts: Parts) -> None:
    nora, now = account(LEADER), clock.now()
    board, days = prevention(parts), vaccination(parts)
    if (await board.all(nora))[1]:
        return
    today = now.astimezone(PARIS).date()
    for title, theme, target, where, who, first, last, planned, reached, state in _ACTIONS:
        starts, ends = today + timedelta(days=first), today + timedelta(days=last)
        told = Told(theme, title, target, where, starts, ends, who, planned, reached, state)
        number = str(uuid5(NAMESPACE_URL, f"prevention/{title}"))
        await board.add(nora, CPTS, told, number, now)
    number = str(uuid5(NAMESPACE_URL, f"prevention/{_ACTIONS[0][0]}"))
    at = datetime.combine(today + timedelta(days=6), time(9), PARIS)
    wish = Wish(at, 10, 12, (_GOFF, _ROUX), "Halle du marché, Saulx")
    action = await board.one(nora, number)
    await days.open(nora, action, wish, str(uuid5(NAMESPACE_URL, "journee")))


async def _boards(parts: Parts) -> None:
    nora, now = account(LEADER), clock.now()
    today = now.astimezone(PARIS).date()
    board, calendar = offers(parts), trainings(parts)
    if (await board.all(nora, today))[1]:
        return
    for kind, profession, commune, words in _OFFERS:
        first, expires = today + timedelta(days=30), today + timedelta(days=60)
        told = offering.Told(
            kind, profession, commune, first, None, words, "Nora Belkacem, 02 00 00 12 01",
            expires,
        )  # fmt: skip
        await board.post(nora, CPTS, told, str(uuid5(NAMESPACE_URL, f"offre/{words}")), now)
    evening = datetime.combine(today + timedelta(days=17), time(19, 30), PARIS)
    session = training.Told(
        "Plaies chroniques : du pansement à la télé-expertise",
        "Cas de la CPTS, matériel, quand demander un avis.", "Salle des fêtes de Saulx", evening,
        evening + timedelta(hours=2), 20,
    )  # fmt: skip
    number = str(uuid5(NAMESPACE_URL, "formation/plaies"))
    await calendar.post(nora, CPTS, session, number, now)
    await calendar.register(account("dr.legoff"), number, now)


async def _names(desk: Crises, nora: Principal) -> dict[str, str]:
    return {key: one.name for key, one in (await desk.membership.members(nora, CPTS)).items()}


def _plan(names: dict[str, str]) -> Plan:
    def holder(role: str, who: str, substitute: str) -> Holder:
        return Holder(
            role, who, names[who], "02 00 00 12 01", substitute, names[substitute],
            "02 00 00 12 02",
        )  # fmt: skip

    return Plan(
        (
            holder("pilote", _GOFF, _ROUX), holder("soins", _ROUX, _GOFF),
            holder("materiel", _NORA, _ROUX), holder("lien", _NORA, _GOFF),
        ),
        (
            Call("SAMU A, régulation", "02 00 00 15 15"),
            Call("Mairie de Saulx, astreinte", "02 00 00 30 10"),
            Call("HAD de Belmont, cadre de garde", "02 00 00 40 20"),
            Call("Pharmacie de garde", "02 00 00 50 30"),
        ),
        (
            Line("Masques FFP2", 1200, "masques", 2000, "Pharmacie du Port, Saulx"),
            Line("Vaccins contre la grippe", 340, "doses", 100, "Pharmacie du Port, Saulx"),
            Line("Places de soins à domicile", 6, "places", 2, "SSIAD de Saulx"),
            Line("Véhicules", 3, "voitures", 2, "MSP des Quatre-Vents"),
        ),
        ((_GOFF, names[_GOFF]), (_ROUX, names[_ROUX])),
    )  # fmt: skip


async def _open(desk: Crises, nora: Principal, kind: str, at: datetime) -> str:
    return await desk.open(nora, CPTS, kind, str(uuid5(NAMESPACE_URL, f"crise/{kind}")), at)


async def _tell(desk: Crises, nora: Principal, number: str, at: datetime) -> None:
    """A day with the numbers of two members, two calls, shared with the agency."""
    day = at.astimezone(PARIS).date().isoformat()
    for who, counts in ((_GOFF, (34, 3, 9, 2, 1, 0)), (_ROUX, (21, 1, 4, 0, 0, 0))):
        numbers = dict(zip(COUNTED, counts, strict=True))
        cell, _leads = await desk.one(nora, number)
        await desk.tell(nora, cell, (DAY, f"{day}|{who}", content_of(numbers, "")), 0, at)
    for key, reached in (("0", True), ("1", False)):
        cell, _leads = await desk.one(nora, number)
        await desk.tell(nora, cell, (CALL, key, {"reached": reached}), 0, at)
    cell, _leads = await desk.one(nora, number)
    await desk.share(nora, cell, day, at)
