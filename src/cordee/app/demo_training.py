"""A night of training at the SAMU A of the demonstration: begun, handled in part, over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from cordee.app.demo_work import account
from cordee.app.regulation import regulation
from cordee.app.training import training
from cordee.app.wiring import Parts
from cordee.care.regulation.centres import Centre
from cordee.care.regulation.deciding import Decision
from cordee.care.regulation.motives import YES
from cordee.care.regulation.states import Move
from cordee.care.training.night import HOURS, Told, night_of
from cordee.care.training.nights import FASTEST, Asked
from cordee.care.training.playing import Player
from cordee.care.training.scenarios import FALSE_CALL
from cordee.runtime import clock

_TRAINER: Final = "dr.roy"
_TAKER: Final = "karim.saidi"
_ASKED: Final = Asked(seed=15, total=24, speed=FASTEST)
_NIGHT: Final = uuid5(NAMESPACE_URL, "training/night")
_AGO: Final = timedelta(minutes=12)
_WHOLE: Final = "UPDATE training_night SET elapsed = $2 WHERE id = $1"
_PLACED: Final = frozenset({"urgences", "tele-avc"})


async def begin_training(parts: Parts) -> None:
    """Plays a night of 24 calls, of which ten were handled, some not as expected; once."""
    floor, nights = regulation(parts), training(parts).nights
    roy, karim = account(_TRAINER), account(_TAKER)
    centre = await floor.desk.centres.of(roy)
    if await nights.nights(roy, centre):
        return
    communes = await floor.desk.all_communes()
    await nights.start(roy, centre, (_NIGHT, _ASKED), clock.now() - _AGO, communes)
    for person in (roy, karim):
        await nights.join(person, centre, _NIGHT, clock.now())
    async with parts.database.write.acquire() as connection:
        await connection.execute(_WHOLE, _NIGHT, HOURS * 3600)
    player = Player(parts.database, floor.desk)
    while await player.turn(clock.now()):
        pass
    apart = await floor.desk.centres.seat(roy, centre)
    if apart is None:
        raise LookupError("nobody sits in the night of the demonstration")
    for told in night_of(_ASKED.seed, _ASKED.total, sorted(communes.items()))[:10]:
        await _handle(parts, apart, told)
    await nights.end(roy, centre, _NIGHT, clock.now())


async def _handle(parts: Parts, apart: Centre, told: Told) -> None:
    """One call taken and decided; each fourth is sorted too low, its flags not noted."""
    floor, at = regulation(parts), clock.now()
    roy, karim = account(_TRAINER), account(_TAKER)
    key = await floor.desk.answer(karim, apart, uuid5(_NIGHT, str(told.n)), at)
    case, _stamps = await floor.desk.case(karim, apart, key)
    is_wrong = told.n % 4 == 0
    full = replace(
        case, motive=told.motive, commune=told.commune,
        priority="P3" if is_wrong else told.priority,
        told=replace(
            case.told, said=told.says, age=told.age,
            answers={} if is_wrong else dict.fromkeys(told.flags, YES),
        ),
    )  # fmt: skip
    if told.decision == FALSE_CALL:
        await floor.desk.save(karim, full, at, Move.FALSE_CALL)
        return
    kept = await floor.desk.save(karim, full, at, Move.QUALIFY, Move.FORWARD)
    code = "conseil" if is_wrong or told.decision in _PLACED else told.decision
    words = "Si cela change ou inquiète, rappeler le 15."
    await floor.deciding.decide(roy, kept, Decision(code, words), at)
