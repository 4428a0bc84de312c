"""The records of the people whom the scenarios name."""

from __future__ import annotations

from datetime import date
from typing import Final

from cordee.app.region.cast import cast
from cordee.app.region.chance import dice
from cordee.app.region.chart import Chart
from cordee.app.region.coding import Json
from cordee.app.region.morvan import MORVAN, add_morvan_plan
from cordee.app.region.named_emergency import EMERGENCY_STORIES
from cordee.app.region.named_list import LIST_STORIES
from cordee.app.region.named_scenarios import SCENARIO_STORIES
from cordee.app.region.named_women import WOMEN_STORIES
from cordee.app.region.patients import patient_resource, relative_resource
from cordee.app.region.sites import practice, site
from cordee.app.region.stories import Story, tell

SEED: Final = 0
STORIES: Final[dict[str, Story]] = {
    "yvonne-morvan": MORVAN,
    **SCENARIO_STORIES,
    **WOMEN_STORIES,
    **LIST_STORIES,
    **EMERGENCY_STORIES,
}
# patient: given name, surname, code and label of the bond of each relative
RELATIVES: Final[dict[str, tuple[tuple[str, str, str, str], ...]]] = {
    "yvonne-morvan": (("Marc", "Lefort", "SON", "Fils"),),
    "yann-kerbrat": (
        ("Marc", "Kerbrat", "SON", "Fils"),
        ("Solange", "Riou", "NBOR", "Voisine"),
    ),
    "lina-ferhat": (("Tarik", "Ferhat", "FTH", "Père"), ("Nadia", "Ferhat", "MTH", "Mère")),
    "ines-ferreira": (("Bruno", "Lopes", "SPS", "Conjoint"),),
    "theo-adam": (("Julie", "Adam", "MTH", "Mère"),),
    "eva-colin": (("Sarah", "Colin", "MTH", "Mère"),),
    "manuel-diaz": (("Carmen", "Diaz", "SPS", "Conjoint"),),
    "odette-lemoine": (("Patrick", "Gay", "SON", "Fils"),),
    "josette-hubert": (("Martine", "Rey", "DAU", "Fille"),),
}
# Where someone without physician is known.
KNOWN_BY: Final = {"lina-ferhat": "cpts-b-sud", "monsieur-x": "clinique-corvigny"}


def named_people() -> int:
    """How many people the scenarios name."""
    return len(cast())


def persona_history(index: int, today: date) -> list[Json]:
    """All resources about the named person of that index, the Patient first."""
    who = cast()[index]
    patient = patient_resource(who)
    if who.identity in KNOWN_BY:
        patient["managingOrganization"] = site(KNOWN_BY[who.identity]).link
    chart = Chart(
        patient, who.born.toordinal(), today.toordinal(), dice(SEED, f"named:{who.identity}")
    )
    chart.doctor = who.doctor
    chart.practice = practice(who.home.grouping)
    chart.laboratory = who.laboratory
    for rank, (given, family, code, label) in enumerate(RELATIVES.get(who.identity, ()), start=1):
        chart.add(relative_resource(who, (given, family), (code, label), rank))
    story = STORIES.get(who.identity)
    if story:
        tell(chart, story)
    if who.identity == "yvonne-morvan":
        add_morvan_plan(chart)
    return chart.entries
