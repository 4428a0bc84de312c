"""What a home does in the demonstration: treatments to compare, an outbreak that runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import structlog

from cordee.app.demo_work import account
from cordee.app.passages import reconciliations
from cordee.app.store import KernelStore
from cordee.app.wiring import Parts
from cordee.care.homes.events import Events, Happened
from cordee.care.homes.outbreaks import Counts, Declared, Outbreaks
from cordee.runtime import clock
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import ProductError

NURSE: Final = "claire.weber"
PATIENT: Final = "yvonne-morvan"
_TYPED: Final = (
    "Bisoprolol 2,5 mg ; 2,5 mg le matin\nAmlodipine 10 mg ; 1 gélule le matin\n"
    "Apixaban 2,5 mg ; 1 matin et soir\nMacrogol 4000 10 g ; 1 sachet le matin\n"
    "Paracétamol 1 g ; 3 fois par jour"
)

_HAPPENED: Final = (
    (3, "chute", "Tombée du lit, choc à la tête. Médecin de garde appelé, envoi aux "
     "urgences. Barrière remise avec son accord."),
    (9, "refus", "Refuse le petit-déjeuner et la toilette, dit être fatiguée."),
)  # fmt: skip


async def begin_homes(parts: Parts) -> None:
    """Makes what the home shows, once; what may not be made is left."""
    for make in (_compare, _declare, _note):
        try:
            parts.guard.forget(NURSE)
            await make(parts)
        except ProductError as error:
            structlog.get_logger().warning("demo_home_left", slug=error.slug)


async def _compare(parts: Parts) -> None:
    claire = account(NURSE)
    desk = reconciliations(parts.database, parts.kernel, parts.guard)
    if await desk.of_patient(claire, PATIENT):
        return
    left = clock.instant(clock.now() - timedelta(days=3))
    key = await desk.start(claire, PATIENT, str(uuid5(NAMESPACE_URL, f"retour/{PATIENT}")), left)
    await desk.note_typed(claire, await desk.one(claire, PATIENT, key), _TYPED)


async def _declare(parts: Parts) -> None:
    claire, now = account(NURSE), clock.now()
    desk = Outbreaks(parts.database)
    if await desk.all(claire):
        return
    began = now.astimezone(PARIS).date() - timedelta(days=4)
    wanted = Declared(uuid5(NAMESPACE_URL, "epidemie"), "gea", began, 78, ("diarrhee", "fievre"))
    key = await desk.declare(claire, "EHPAD Les Tilleuls", wanted, now - timedelta(days=3))
    for days, counts in ((4, Counts(2)), (3, Counts(5, 0, 0, 1)), (1, Counts(3, 1, 0, 2))):
        day = began + timedelta(days=4 - days)
        await desk.tell(claire, key, day, counts, now - timedelta(days=min(days, 3)))


async def _note(parts: Parts) -> None:
    claire, now = account(NURSE), clock.now()
    desk = Events(parts.database, KernelStore(parts.kernel, parts.guard))
    for days, kind, words in _HAPPENED:
        number = str(uuid5(NAMESPACE_URL, f"{kind}/{PATIENT}"))
        await desk.note(
            claire, PATIENT, number, Happened(kind, now - timedelta(days=days), words), now
        )
