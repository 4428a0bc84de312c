"""An evening at the emergency department of Belmont in the demonstration, and the region's beds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import structlog

from cordee.app.demo_work import account
from cordee.app.emergency import emergency_rooms
from cordee.app.store import KernelStore, system
from cordee.app.wiring import Parts
from cordee.care.emergency.capacity import Capacities
from cordee.care.emergency.desk import Stay
from cordee.care.store import Write
from cordee.care.workflow.tasks import Wanted
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.clock import instant
from cordee.runtime.errors import ProductError

DOCTOR, NAME, AGENT = "dr.benali", "Dr Yacine Benali", "demo"
_ACT: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_BEDS: Final[dict[str, tuple[str, dict[str, tuple[int, int]]]]] = {
    "ch-belmont": ("tense", {"box": (12, 3), "sauv": (2, 1), "uhcd": (8, 1), "medecine": (60, 2),
                             "chirurgie": (40, 4), "soins-continus": (6, 0)}),
    "chu-aubrey": ("full", {"box": (24, 1), "sauv": (4, 0), "uhcd": (16, 0), "medecine": (220, 6),
                            "geriatrie": (40, 1), "reanimation": (30, 2), "pediatrie": (30, 8)}),
    "ch-darnois": ("normal", {"box": (8, 5), "sauv": (1, 1), "medecine": (45, 7)}),
}  # fmt: skip
_EVENING: Final = {
    "Dyspnée aiguë": ("4", "Déch. 1", ("take",)),
    "Douleur abdominale": ("3", "Box 4", ("take", "await")),
    "Entorse de cheville": ("2", "Box 2", ("take",)),
    "Chute à domicile": ("2", "Box 7", ("take", "await", "receive")),
    "Fièvre": ("2", "", ()),
    "Renouvellement d’ordonnance": ("1", "", ()),
    "Confusion": ("2", "Box 9", ("take", "decide")),
}
"""By motive: CCMU, box, and what was done."""
_MORE: Final[dict[str, dict[str, Any]]] = {
    "await": {"awaited": "Scanner, avis du chirurgien"},
    "decide": {
        "diagnosis": "Infection urinaire", "orientation": "facility", "transport": "ambulance",
        "advice": "Antibiotique 7 jours, revoir si fièvre", "destination": "EHPAD",
    },
}  # fmt: skip


async def begin_emergency(parts: Parts) -> None:
    """Makes the evening, once: who has somebody on the board keeps it."""
    rooms = emergency_rooms(parts.database, parts.kernel, parts.guard)
    doctor, now = account(DOCTOR), clock.now()
    if any(one.standing.box for one in await rooms.stays.board(doctor)):
        return
    await _beds(rooms.capacities, now)
    await _announce(parts, doctor)
    parts.guard.forget(DOCTOR)
    for stay in await rooms.stays.board(doctor):
        evening = _EVENING.get(stay.standing.motive)
        if evening is not None and not stay.standing.is_expected:
            try:
                await _play(parts, doctor, stay.standing.key, evening)
            except ProductError as error:
                structlog.get_logger().warning("demo_emergency_left", slug=error.slug)


async def _announce(parts: Parts, doctor: Principal) -> None:
    """Somebody whom the SAMU sends, in twenty minutes."""
    store, platform = KernelStore(parts.kernel, parts.guard), system(AGENT)
    found = await store.search(platform, "Patient", "family=hamel&_count=1")
    if not found:
        return
    body = {
        "resourceType": "Encounter",
        "status": "planned",
        "class": {"system": _ACT, "code": "EMER", "display": "urgences"},
        "subject": {"reference": f"Patient/{found[0]['id']}"},
        "period": {"start": instant(clock.now() + timedelta(minutes=20))},
        "reasonCode": [{"text": "Signes d’AVC, début il y a une heure"}],
        "hospitalization": {"origin": {"reference": "Organization/samu-b", "display": "SAMU B"}},
        "serviceProvider": {"reference": doctor.structure},
    }
    await store.write(platform, [Write(body)])


async def _beds(capacities: Capacities, now: Any) -> None:
    for key, (tension, units) in _BEDS.items():
        place = f"Organization/{key}"
        said = Principal(AGENT, AGENT, "system", place, "", ("system/*.cruds",))
        await capacities.declare(said, units, tension, now)


async def _play(
    parts: Parts, doctor: Principal, key: str, evening: tuple[str, str, tuple[str, ...]]
) -> None:
    ccmu, box, moves = evening
    desk = emergency_rooms(parts.database, parts.kernel, parts.guard).stays

    async def now() -> Stay:
        return await desk.one(doctor, key)

    await desk.place(doctor, await now(), box, ccmu)
    for move in moves:
        facts = dict(_MORE.get(move, {}))
        if move == "decide":
            facts["departure"] = instant(clock.now() + timedelta(minutes=40))
        await desk.move(doctor, await now(), Wanted(move, facts), NAME)
