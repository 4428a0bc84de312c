"""Histories told as tables: what a scenario needs a person's record to hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cordee.app.region.chart import Chart
from cordee.app.region.coding import CIM10, Json, concept
from cordee.app.region.conditions import add_episode, add_problem
from cordee.app.region.coordination import add_circle, add_flag, make_national
from cordee.app.region.coordination import add_episode as add_support
from cordee.app.region.diseases import DISEASES
from cordee.app.region.documents import Letter, add_letter
from cordee.app.region.encounters import Contact, add_appointment, add_contact, add_request
from cordee.app.region.labs import add_panel
from cordee.app.region.members import member
from cordee.app.region.moments import years_before
from cordee.app.region.prevention import add_allergy, add_no_allergy, add_vaccine
from cordee.app.region.sites import site
from cordee.app.region.treatments import Course, add_prescription
from cordee.app.region.vitals import add_pressure, add_sign

NIGHT_LENGTH: Final = 165


@dataclass(frozen=True, slots=True)
class Visit:
    """A contact of a story, days ago: kind, minute, length, structure, professional, reason."""

    kind: str
    ago: int
    minute: int = 600
    length: int = 20
    site: str | None = None
    member: str | None = None
    reason: str | None = None
    running: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """A document of a story, days ago: kind, title, text, author, custodian, confidentiality."""

    kind: str
    ago: int
    title: str
    text: str
    author: str | None = None
    site: str | None = None
    level: str = "N"
    minute: int | None = None


Panel = tuple[int, Mapping[str, float]] | tuple[int, Mapping[str, float], int]


@dataclass(frozen=True, slots=True)
class Pill:
    """A treatment of a story: drug, days since it began and ended, dosage when it is its own."""

    drug: str
    began: int
    ended: int | None = None
    dosage: str | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """The record of a named person, in days (or years) before today."""

    problems: tuple[tuple[str, float], ...] = ()
    episodes: tuple[tuple[str, int, int], ...] = ()
    allergies: tuple[tuple[str, int], ...] = ()
    no_allergy: int | None = None
    pills: tuple[Pill, ...] = ()
    panels: tuple[Panel, ...] = ()  # days ago, values, minute of the day where it matters
    pressures: tuple[tuple[int, int, int], ...] = ()
    signs: tuple[tuple[str, int, float], ...] = ()
    visits: tuple[Visit, ...] = ()
    papers: tuple[Paper, ...] = ()
    vaccines: tuple[tuple[str, int], ...] = ()
    circle: tuple[str, int, tuple[tuple[str, str], ...]] | None = None
    support: tuple[tuple[str, int], ...] = ()
    requests: tuple[tuple[int, str, str | None], ...] = ()
    booked: tuple[tuple[int, str, str], ...] = ()
    flags: tuple[tuple[str, int], ...] = ()


def tell(chart: Chart, story: Story) -> None:
    """Writes a story into a record."""
    _tell_health(chart, story)
    _tell_measures(chart, story)
    for visit in story.visits:
        add_contact(chart, _contact(chart.today, visit))
    for paper in story.papers:
        _add_paper(chart, paper)
    _tell_coordination(chart, story)


def illness(text: str) -> Json:
    """The concept of a problem: a key of the disease table, or `code label`."""
    if text in DISEASES:
        return DISEASES[text].code
    code, label = text.split(" ", 1)
    return concept(CIM10, code, label)


def _tell_health(chart: Chart, story: Story) -> None:
    for text, years in story.problems:
        add_problem(chart, illness(text), years_before(chart.today, years), precise=years < 1)
    for text, ago, days in story.episodes:
        add_episode(chart, illness(text), chart.today - ago, days)
    for substance, years in story.allergies:
        add_allergy(chart, substance, years_before(chart.today, years))
    if story.no_allergy is not None:
        add_no_allergy(chart, chart.today - story.no_allergy)
    for pill in story.pills:
        end = None if pill.ended is None else chart.today - pill.ended
        add_prescription(chart, Course(pill.drug, chart.today - pill.began, end, pill.dosage))
    for vaccine, ago in story.vaccines:
        add_vaccine(chart, vaccine, chart.today - ago)


def _tell_measures(chart: Chart, story: Story) -> None:
    for ago, values, *minute in story.panels:
        add_panel(chart, chart.today - ago, values, *minute)
    for ago, systolic, diastolic in story.pressures:
        add_pressure(chart, chart.today - ago, (systolic, diastolic))
    for sign, ago, value in story.signs:
        add_sign(chart, sign, chart.today - ago, value)


def _tell_coordination(chart: Chart, story: Story) -> None:
    if story.circle:
        manager, ago, roles = story.circle
        members = [(_link(chart, identity), role) for identity, role in roles]
        make_national(add_circle(chart, chart.today - ago, site(manager), members))
    for dac, ago in story.support:
        add_support(chart, site(dac), chart.today - ago)
    for ago, label, performer in story.requests:
        whom = _link(chart, performer) if performer else None
        add_request(chart, chart.today - ago, label, whom)
    for ahead, identity, label in story.booked:
        add_appointment(chart, chart.today + ahead, member(identity), label)
    for label, ago in story.flags:
        add_flag(chart, label, chart.today - ago)


def _link(chart: Chart, identity: str) -> Json:
    """A professional, a structure (`@id`) or a relative of the patient (`+1`)."""
    if identity.startswith("@"):
        return site(identity[1:]).link
    if identity.startswith("+"):
        return {"reference": f"RelatedPerson/{chart.identity}-p{identity[1:]}"}
    return member(identity).link


def _contact(today: int, visit: Visit) -> Contact:
    return Contact(
        visit.kind,
        today - visit.ago,
        visit.minute,
        visit.length,
        site(visit.site) if visit.site else None,
        member(visit.member) if visit.member else None,
        {"text": visit.reason} if visit.reason else None,
        visit.running,
    )


def _add_paper(chart: Chart, paper: Paper) -> Json:
    letter = Letter(
        paper.kind,
        chart.today - paper.ago,
        paper.title,
        paper.text,
        member(paper.author).link if paper.author else None,
        site(paper.site).link if paper.site else None,
        paper.level,
        paper.minute,
    )
    return add_letter(chart, letter)
