"""What homes tell families in the demonstration, a session with the cart, a light file."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import structlog

from cordee.app.agendas import agenda_desk
from cordee.app.carts import carts
from cordee.app.demo_work import account
from cordee.app.families import families
from cordee.app.wiring import Parts
from cordee.care.agenda.interventions import Planned
from cordee.care.carts.consents import PERSON, Heard
from cordee.care.carts.sessions import Wished
from cordee.identity.ins.traits import Sex
from cordee.identity.patients.light import LightFiles, Received
from cordee.runtime import clock
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import ProductError

NURSE, EDUCATOR, PATIENT = "claire.weber", "salome.brun", "yvonne-morvan"
_NEWS: Final = (
    (2, "Atelier pâtisserie cet après-midi : sa tarte aux pommes a eu du succès."),
    (5, "Sortie au jardin avec sa voisine de chambre, elles ont chanté."),
)
_OUTINGS: Final = ((2, 14, "animation", "Loto avec les bénévoles"),
                   (4, 10, "sortie", "Marché d’Issy, retour à midi"))  # fmt: skip


async def begin_families(parts: Parts) -> None:
    """Makes it once; what may not be made is left."""
    for make in (_tell, _plan, _prepare, _receive):
        try:
            parts.guard.forget(NURSE)
            await make(parts)
        except ProductError as error:
            structlog.get_logger().warning("demo_families_left", slug=error.slug)


async def _tell(parts: Parts) -> None:
    claire, now = account(NURSE), clock.now()
    desk = families(parts.database, parts.kernel, parts.guard)
    if await desk.written(claire, PATIENT):
        return
    for days, words in _NEWS:
        number = _number(f"nouvelles/{days}")
        await desk.write(claire, PATIENT, number, words, now - timedelta(days=days))


async def _plan(parts: Parts) -> None:
    claire, desk = account(NURSE), agenda_desk(parts)
    today = clock.now().astimezone(PARIS).replace(minute=0, second=0, microsecond=0)
    for days, hour, sort, words in _OUTINGS:
        at = (today + timedelta(days=days)).replace(hour=hour)
        planned = Planned(sort, words, "", "Équipe d’animation", at, 90)
        await desk.plan(claire, PATIENT, planned, _number(f"sortie/{days}"))


async def _prepare(parts: Parts) -> None:
    claire, now = account(NURSE), clock.now()
    desk = carts(parts.database, parts.kernel, parts.guard)
    found = await desk.of_patient(claire, PATIENT, now)
    if found.consents:
        return
    heard = Heard(
        PERSON, "oui", "oral", "durable", "oui", now - timedelta(hours=3),
        "Si cela m’évite la route, oui.",
    )  # fmt: skip
    await desk.hear(claire, PATIENT, _number("accord"), heard, now)
    agreed = (await desk.of_patient(claire, PATIENT, now)).consents[0]
    expert = next((one for one, _ in found.experts if one.startswith("Organization/")), "")
    wished = Wished(
        "tele-expertise", now + timedelta(days=1), 20, agreed.id, expert,
        "Plaie de la jambe qui n’avance plus : avis sur le pansement.",
    )  # fmt: skip
    await desk.prepare(claire, PATIENT, _number("chariot"), wished, now)


async def _receive(parts: Parts) -> None:
    salome = account(EDUCATOR)
    async with parts.database.write.acquire() as connection:
        made = "SELECT EXISTS (SELECT FROM identity_step WHERE how = 'light')"
        if await connection.fetchval(made):
            return
    await LightFiles(parts.kernel).create(salome, Received("Momo", Sex.MALE, 34))


def _number(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"families/{name}"))
