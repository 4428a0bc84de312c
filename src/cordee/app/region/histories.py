"""The history of one person: what age and illnesses make happen over the years."""

from __future__ import annotations

from datetime import date
from typing import Final

from cordee.app.region.chance import dice
from cordee.app.region.chart import Chart, link
from cordee.app.region.closure import close_record
from cordee.app.region.coding import Json
from cordee.app.region.conditions import SHORT_ILLNESSES, add_episode, add_problem
from cordee.app.region.diseases import Disease, risks
from cordee.app.region.events import add_events
from cordee.app.region.follow_up import add_follow_up
from cordee.app.region.members import generalists
from cordee.app.region.moments import day_text, years_before
from cordee.app.region.names import given_names
from cordee.app.region.patients import patient_resource, relative_resource
from cordee.app.region.people import Person, person
from cordee.app.region.prevention import (
    COMMON,
    LONGEST_MEMORY,
    add_allergy,
    add_child_calendar,
    add_no_allergy,
    add_vaccine,
)
from cordee.app.region.sites import practice
from cordee.app.region.treatments import Course, add_prescription

ADULT, SENIOR = 18, 65
FRAILTY_LEAST, FRAILTY_SPREAD = 0.45, 1.1
ALLERGY_RISK, ASKED = 0.17, 0.25
RELATIVE_RISK: Final = ((75, 0.7), (60, 0.25), (18, 0.06), (0, 1.0))
DEATH_RISK: Final = ((90, 0.16), (80, 0.055), (65, 0.014), (30, 0.0015), (0, 0.0002))
DEATHS_WITHIN: Final = 900
STOPPED: Final = 0.25
FLU_CAMPAIGN: Final = (10, 20)


def person_history(seed: int, index: int, today: date) -> list[Json]:
    """All resources about the generated person of that index, the Patient first."""
    who = person(seed, index, today)
    rng = dice(seed, f"history:{index}")
    patient = patient_resource(who)
    chart = Chart(patient, who.born.toordinal(), today.toordinal(), rng)
    age = chart.age(chart.today)
    if rng.random() < _risk(DEATH_RISK, age):
        chart.today -= 1 + int(rng.random() * DEATHS_WITHIN)
        chart.today = max(chart.today, chart.born + 2)
        patient["deceasedDateTime"] = day_text(chart.today)
        age = chart.age(chart.today)
    chart.doctor = who.doctor
    doctors = generalists(who.home.grouping)
    chart.practice = practice(who.home.grouping) if doctors else None
    chart.laboratory = who.laboratory
    _add_relative(chart, who, age)
    illnesses = _add_illnesses(chart, age)
    _add_allergies(chart, age)
    _add_vaccines(chart, age)
    add_follow_up(chart, illnesses)
    add_events(chart, who, illnesses)
    if "deceasedDateTime" in patient:
        close_record(chart)
    return chart.entries


def _add_illnesses(chart: Chart, age: int) -> list[Disease]:
    rng = chart.rng
    frailty = FRAILTY_LEAST + FRAILTY_SPREAD * rng.random()
    illnesses = [
        disease for disease, risk in risks(age, chart.female) if rng.random() < risk * frailty
    ]
    for disease in illnesses:
        years = 0.2 + rng.random() * min(disease.longest, max(1, age * 0.6))
        onset = min(chart.today, max(chart.born + 30, years_before(chart.today, years)))
        problem = add_problem(chart, disease.code, onset)
        reason = link(problem)
        for drug in disease.drugs:
            start = chart.day_within(10, max(11, min(chart.today - onset, 1400)))
            add_prescription(chart, Course(drug, start, reason=reason))
        if disease.drugs and rng.random() < STOPPED:
            start = max(chart.born, onset)
            end = min(chart.today, start + 60 + int(rng.random() * 400))
            add_prescription(chart, Course(disease.drugs[0], start, end, reason=reason))
    for _ in range(1 + int(rng.random() * 2.4)):
        _add_short_illness(chart)
    return illnesses


def _add_short_illness(chart: Chart) -> None:
    onset = chart.day_within(3, 1500)
    age = chart.age(onset)
    code, days, drug, youngest, oldest = SHORT_ILLNESSES[
        int(chart.rng.random() * len(SHORT_ILLNESSES))
    ]
    if not youngest <= age <= oldest or (drug == "fosfomycine" and not chart.female):
        return
    episode = add_episode(chart, code, onset, days)
    if drug:
        end = min(chart.today, onset + min(days, 7))
        add_prescription(chart, Course(drug, onset, end, reason=link(episode)))


def _add_allergies(chart: Chart, age: int) -> None:
    rng = chart.rng
    if rng.random() < ALLERGY_RISK:
        add_allergy(chart, COMMON.draw(rng), years_before(chart.today, rng.random() * age * 0.8))
    elif rng.random() < ASKED:
        add_no_allergy(chart, chart.day_within(5, 1200))


def _add_vaccines(chart: Chart, age: int) -> None:
    rng = chart.rng
    if age < LONGEST_MEMORY:
        add_child_calendar(chart)
        return
    if age >= SENIOR:
        year = date.fromordinal(chart.today).year
        for past in range(3):
            day = date(year - past, *FLU_CAMPAIGN).toordinal() + int(rng.random() * 45)
            if day <= chart.today and rng.random() < 1 / 2:
                add_vaccine(chart, "grippe", day)
    if rng.random() < 1 / 2:
        add_vaccine(chart, "covid", chart.day_within(30, 900))
    if rng.random() < 1 / 3:
        add_vaccine(chart, "dtp", chart.day_within(60, 4000))


def _add_relative(chart: Chart, who: Person, age: int) -> None:
    rng = chart.rng
    if rng.random() >= _risk(RELATIVE_RISK, age):
        return
    female = rng.random() < 1 / 2
    if age < ADULT:
        bond, year = ("MTH", "Mère") if female else ("FTH", "Père"), who.born.year - 30
    elif age < SENIOR:
        bond, year = ("SPS", "Conjoint"), who.born.year
        female = not who.female
    else:
        bond, year = ("DAU", "Fille") if female else ("SON", "Fils"), who.born.year + 28
    given = given_names(rng, female, year)[0]
    chart.add(relative_resource(who, (given, who.used_family or who.family), bond))


def _risk(table: tuple[tuple[int, float], ...], age: int) -> float:
    for years, risk in table:
        if age >= years:
            return risk
    return 0.0
