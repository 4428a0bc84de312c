"""Care circles and the episodes of support that coordinators open."""

from __future__ import annotations

from typing import Final

from cordee.app.region.chart import Chart
from cordee.app.region.coding import DEMO, HL7, Json, bare, concept
from cordee.app.region.members import member, staff
from cordee.app.region.moments import day_text
from cordee.app.region.people import Person
from cordee.app.region.sites import Site, site
from cordee.care.circle.vocabulary import ROLES
from cordee.fhir.indexing.spans import CIRCLE_PROFILE

CIRCLE_ROLES: Final = DEMO + "CodeSystem/role-cercle"
_ROLES: Final = (
    ("médecin traitant", "attending"), ("coordina", "coordinator"), ("infirmi", "nurse"),
    ("pharmaci", "pharmacist"), ("kinési", "physiotherapist"), ("sage-femme", "midwife"),
    ("confiance", "trusted"), ("épouse", "carer"), ("fils", "carer"), ("fille", "carer"),
    ("mère", "representative"), ("médecin", "physician"), ("réadaptation", "team"),
)  # fmt: skip
CATEGORY: Final[list[Json]] = [
    concept(DEMO + "CodeSystem/cercle", "cercle-de-soins", "Cercle de soins")
]
SUPPORT: Final[list[Json]] = [
    concept(HL7 + "episodeofcare-type", "cacp", "Community-based aged care", "Appui du DAC")
]


def add_circle(
    chart: Chart, day: int, manager: Site | None, members: list[tuple[Json, str]]
) -> Json:
    """A care circle from a day on: who manages it, who is in it and as what."""
    start = day_text(day)
    team: Json = {
        "resourceType": "CareTeam",
        "id": chart.number("t"),
        "status": "active",
        "category": CATEGORY,
        "name": "Cercle de soins",
        "subject": chart.subject,
        "period": {"start": start},
        "participant": [
            {"role": [{"text": role}], "member": who, "period": {"start": start}}
            for who, role in members
        ],
    }
    if manager:
        team["managingOrganization"] = [manager.link]
    return chart.add(team)


def make_national(team: Json) -> Json:
    """The one circle of care of a person, on the national profile."""
    team["meta"] = {"profile": [CIRCLE_PROFILE]}
    team["identifier"] = [{"system": DEMO + "cercle", "value": team["id"]}]
    for one in team["participant"]:
        text = one["role"][0]["text"]
        code = next((code for words, code in _ROLES if words in text), "other")
        one["role"] = [ROLES[code].concept | {"text": text}]
        kind, _, key = one["member"]["reference"].partition("/")
        if kind == "Practitioner" and (places := member(key).structures):
            one["onBehalfOf"] = site(places[0]).link
    return team


def add_care_team(chart: Chart, who: Person) -> Json:
    """The circle of a person with many illnesses or who lives in an EHPAD."""
    members: list[tuple[Json, str]] = []
    if chart.doctor:
        members.append((chart.doctor.link, "médecin traitant"))
    if who.residence:
        members += [(nurse.link, nurse.job) for nurse in staff(who.residence.identity)[:2]]
        manager = who.residence
    else:
        nurses = staff(f"idel-{who.home.grouping:02d}")
        members.append((nurses[0].link, "infirmière libérale"))
        manager = chart.practice
    return add_circle(chart, chart.day_within(20, 700), manager, members)


def add_dac_episode(chart: Chart, who: Person) -> Json:
    """Support by the DAC of the county where the person lives."""
    dac = site("dac-" + who.home.county.lower())
    return add_episode(chart, dac, chart.day_within(10, 240))


def add_episode(chart: Chart, dac: Site, day: int) -> Json:
    """An active episode of support by a DAC since a day."""
    return chart.add(
        {
            "resourceType": "EpisodeOfCare",
            "id": chart.number("k"),
            "status": "active",
            "type": SUPPORT,
            "patient": chart.subject,
            "managingOrganization": dac.link,
            "period": {"start": day_text(day)},
            "careManager": staff(dac.identity)[0].link,
        }
    )


def add_flag(chart: Chart, label: str, day: int) -> Json:
    """A warning shown on top of the record."""
    return chart.add(
        {
            "resourceType": "Flag",
            "id": chart.number("f"),
            "status": "active",
            "category": [bare(HL7 + "flag-category", "clinical")],
            "code": {"text": label},
            "subject": chart.subject,
            "period": {"start": day_text(day)},
        }
    )
