"""The work that waits in the demonstration, asked by its people through the doors of everybody."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import structlog

from cordee.app.accounts import principal_of
from cordee.app.region.accounts import DEMO_ACCOUNTS
from cordee.app.requests import requests
from cordee.app.wiring import Parts
from cordee.care.requests.desk import Asking
from cordee.care.workflow.tasks import Wanted
from cordee.identity.principal import Principal
from cordee.runtime.errors import ProductError


@dataclass(frozen=True, slots=True)
class _Case:
    """Who asks whom for whom, and what was done with it since: (account, move)."""

    asker: str
    patient: str
    machine: str
    owners: tuple[str, ...]
    facts: dict[str, Any]
    text: str
    moves: tuple[tuple[str, Wanted], ...] = field(default=())


_TOLD: Final = {"person-informed": True, "attending-informed": True}
CASES: Final = (
    _Case(
        "dr.legoff", "yvonne-morvan", "dac-request", ("Organization/dac-a",),
        {"asker": "traitant", "motive": "chutes", "urgency": "48h", **_TOLD},
        "Troisième chute en quatre mois, sous anticoagulant. Demande un passage d’ergothérapeute "
        "et un point sur le somnifère avec la pharmacienne.",
    ),
    _Case(
        "dr.legoff", "odette-lemoine", "dac-request", ("Organization/dac-a",),
        {"asker": "traitant", "motive": "aidant", "urgency": "week", **_TOLD},
        "Le fils qui l’aide chaque jour n’en peut plus et cherche un répit.",
        (("helene.costa", Wanted("qualify")),),
    ),
    _Case(
        "marion.girard", "yann-kerbrat", "dac-request", ("Organization/dac-b",),
        {"asker": "hopital", "motive": "sortie", "urgency": "week", **_TOLD},
        "Sortie prévue en fin de semaine vers le département B : plaie à suivre, vit seul.",
    ),
    _Case(
        "marion.girard", "yann-kerbrat", "facility-request",
        ("Organization/had-belmont", "Organization/smr-montrevaux"),
        {"kind": "had"},
        "Insuffisance cardiaque et plaie de jambe : pansements complexes chaque jour.",
    ),
)  # fmt: skip


async def begin_work(parts: Parts) -> None:
    """Makes the requests of the demonstration once; one that its people may not make is left."""
    desk = requests(parts.database, parts.kernel, parts.guard)
    for case in CASES:
        number = str(uuid5(NAMESPACE_URL, f"{case.asker}/{case.patient}/{case.machine}"))
        asking = Asking(case.machine, number, case.owners, case.facts, case.text)
        try:
            if await desk.is_sent(number):
                continue
            task = await desk.ask(account(case.asker), case.patient, asking)
            for user, wanted in case.moves:
                parts.guard.forget(user)
                await desk.move(account(user), task, wanted)
        except ProductError as error:
            structlog.get_logger().warning("demo_request_left", slug=error.slug)


def account(user: str) -> Principal:
    """An account of the demonstration, as a caller."""
    return principal_of(next(one for one in DEMO_ACCOUNTS if one.user == user))
