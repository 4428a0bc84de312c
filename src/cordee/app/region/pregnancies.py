"""Pregnancies under way: visits to the midwife, blood tests, the booked maternity."""

from __future__ import annotations

from typing import Final

from cordee.app.region.chart import Chart, link
from cordee.app.region.coding import CIM10, Json, concept
from cordee.app.region.conditions import add_problem
from cordee.app.region.coordination import add_circle
from cordee.app.region.encounters import Contact, add_contact
from cordee.app.region.labs import add_panel
from cordee.app.region.members import staff
from cordee.app.region.people import Person
from cordee.app.region.sites import site
from cordee.app.region.treatments import Course, add_prescription

PREGNANCY: Final[Json] = concept(
    CIM10, "Z34.9", "Surveillance d’une grossesse normale, sans précision"
)
YOUNGEST, OLDEST, RISK = 20, 41, 0.055
MIDWIVES: Final = {"A": "sage-femme-aubrey", "C": "sage-femme-corvigny"}
EARLIEST, LATEST = 60, 265
A_MONTH: Final = 30


def add_pregnancy(chart: Chart, who: Person, age: int) -> None:
    """A pregnancy under way, for one woman of that age in eighteen."""
    rng = chart.rng
    if not (chart.female and YOUNGEST <= age <= OLDEST and rng.random() < RISK):
        return
    days = EARLIEST + int(rng.random() * (LATEST - EARLIEST))
    problem = add_problem(chart, PREGNANCY, chart.today - days + 35, precise=True)
    add_prescription(chart, Course("fer", chart.today - 20, reason=link(problem)))
    practice = site(MIDWIVES.get(who.home.county, "sage-femme-corvigny"))
    midwife = staff(practice.identity)[0]
    for ago in range(4, days - 40, A_MONTH):
        day = chart.today - ago
        add_contact(chart, Contact("sage-femme", day, chart.minute(), 30, practice, midwife))
    levels = {"hemoglobin": rng.gauss(11.6, 0.7), "platelets": rng.gauss(220, 30)}
    add_panel(chart, chart.today - 9, levels)
    add_circle(chart, chart.today - days + 40, practice, [(midwife.link, "sage-femme")])
