"""The agenda of the demonstration: a week of visits, with what a coordinator would look at."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import structlog

from cordee.app.accounts import principal_of
from cordee.app.agendas import agenda_desk
from cordee.app.region.accounts import DEMO_ACCOUNTS
from cordee.app.wiring import Parts
from cordee.care.agenda.interventions import Planned
from cordee.runtime import clock
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import ProductError

_DAYS: Final = frozenset(range(7))
_NURSE: Final = ("Practitioner/samira-haddad", "Samira Haddad")
# who plans, for whom, sort, words, who comes, days from now, hour, minutes, days of the week
_WEEK: Final = (
    ("dr.legoff", "odette-lemoine", "soins", "Insuline et pansement", _NURSE, 0, "07:45", 30,
     _DAYS),
    ("dr.legoff", "odette-lemoine", "aide", "Toilette", ("", "Aide du Vallon"), 0, "08:00", 60,
     frozenset({0, 2, 4})),
    ("dr.legoff", "odette-lemoine", "kine", "Marche", ("", "Cabinet de kinésithérapie"), 0, "11:00",
     30, frozenset({1, 3})),
    ("dr.legoff", "odette-lemoine", "transport", "Vers la radiologie", ("", "Ambulances Roy"), 2,
     "13:30", 40, frozenset[int]()),
    ("dr.legoff", "odette-lemoine", "transport", "Vers la consultation", ("", "Taxi Blanc"), 2,
     "15:30", 40, frozenset[int]()),
    ("dr.legoff", "odette-lemoine", "consultation", "Suivi",
     ("Practitioner/anne-le-goff", "Dr Le Goff"), 3, "16:00", 20, frozenset[int]()),
    ("dr.legoff", "jeanne-bertin", "consultation", "Point sur le diabète",
     ("Practitioner/anne-le-goff", "Dr Le Goff"), 3, "16:10", 20, frozenset[int]()),
    ("dr.legoff", "jeanne-bertin", "soins", "Prise de sang", _NURSE, 1, "07:30", 15,
     frozenset[int]()),
)  # fmt: skip


async def begin_agenda(parts: Parts) -> None:
    """Plans the week of the demonstration once; what its people may not plan is left."""
    desk = agenda_desk(parts)
    today = clock.today()
    for user, patient, sort, words, (actor, name), ahead, hour, minutes, days in _WEEK:
        account = next(one for one in DEMO_ACCOUNTS if one.user == user)
        first = today + timedelta(days=ahead)
        planned = Planned(
            sort, words, actor, name, datetime.combine(first, time.fromisoformat(hour), PARIS),
            minutes, days, first + timedelta(days=13) if days else None,
        )  # fmt: skip
        number = str(uuid5(NAMESPACE_URL, f"agenda/{patient}/{sort}/{words}"))
        try:
            await desk.plan(principal_of(account), patient, planned, number)
        except ProductError as error:
            structlog.get_logger().warning("demo_visit_left", slug=error.slug)
