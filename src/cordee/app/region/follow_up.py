"""Years of follow-up: blood tests that drift with the illnesses, vital signs, weights."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

from cordee.app.region.chart import Chart
from cordee.app.region.diseases import Disease
from cordee.app.region.labs import add_panel, clearance
from cordee.app.region.vitals import add_pressure, add_sign

PANELS: Final[dict[str, tuple[str, ...]]] = {
    "renal": ("creatinine", "egfr", "potassium", "sodium"),
    "blood": ("hemoglobin", "platelets"),
    "diabetes": ("hba1c", "glucose"),
    "lipid": ("ldl", "hdl"),
    "thyroid": ("tsh",),
    "cardiac": ("nt-probnp",),
    "iron": ("ferritin",),
    "inflammation": ("crp",),
}
# Mean and spread of healthy adults, women first where it matters.
USUAL: Final = {
    "potassium": (4.3, 0.3),
    "sodium": (140.0, 2.0),
    "platelets": (250.0, 45.0),
    "hba1c": (5.5, 0.25),
    "glucose": (0.92, 0.07),
    "ldl": (1.28, 0.25),
    "hdl": (0.55, 0.12),
    "tsh": (2.0, 0.8),
    "nt-probnp": (110.0, 60.0),
    "ferritin": (90.0, 40.0),
    "crp": (3.0, 2.0),
}
# Illness: what it moves, by how much, with what spread.
SHIFTS: Final[dict[str, tuple[tuple[str, float, float], ...]]] = {
    "diabete2": (("hba1c", 1.7, 0.7), ("glucose", 0.5, 0.2)),
    "diabete1": (("hba1c", 2.1, 0.7), ("glucose", 0.6, 0.3)),
    "renale": (("creatinine", 48.0, 18.0), ("potassium", 0.3, 0.2), ("hemoglobin", -0.9, 0.4)),
    "insuffisance-cardiaque": (("nt-probnp", 1500.0, 800.0), ("creatinine", 14.0, 9.0)),
    "thyroide": (("tsh", 1.6, 1.3),),
    "anemie": (("hemoglobin", -1.9, 0.6), ("ferritin", -74.0, 5.0)),
    "polyarthrite": (("crp", 14.0, 9.0),),
    "cholesterol": (("ldl", 0.2, 0.2),),
}
FLOORS: Final = {
    "crp": 1.0,
    "ferritin": 5.0,
    "hdl": 0.25,
    "ldl": 0.5,
    "nt-probnp": 20.0,
    "hba1c": 4.6,
    "tsh": 0.1,
    "creatinine": 32.0,
    "hemoglobin": 6.5,
}
CHECK_UP_FROM, CHECK_UP_RISK = 35, 0.6
MOST_TESTS: Final = 5
WOBBLE: Final = 0.04
CHILD: Final = 18
THIN_FROM: Final = 80


def add_follow_up(chart: Chart, illnesses: Sequence[Disease]) -> None:
    """Blood tests and vital signs of someone with these illnesses."""
    age = chart.age(chart.today)
    panels = dict.fromkeys(panel for disease in illnesses for panel in disease.panels)
    if panels:
        _add_tests(chart, tuple(panels), illnesses)
    elif age >= CHECK_UP_FROM and chart.rng.random() < CHECK_UP_RISK:
        _add_tests(chart, ("blood", "lipid"), illnesses)
    if age < CHILD:
        _add_growth(chart, age)
    else:
        _add_signs(chart, {disease.key for disease in illnesses}, age)


def _add_tests(chart: Chart, panels: tuple[str, ...], illnesses: Sequence[Disease]) -> None:
    rng = chart.rng
    base = _levels(chart, panels, illnesses)
    count = 1 + int(rng.random() * MOST_TESTS) if illnesses else 1
    spacing = 130 + int(rng.random() * 200)
    last = int(rng.random() * spacing)
    drift = 0.012 * rng.random() * len(illnesses)
    for past in range(count - 1, -1, -1):
        day = chart.today - last - past * spacing
        if day > chart.born:
            add_panel(chart, day, _values(chart, base, day, drift * past))


def _levels(
    chart: Chart, panels: tuple[str, ...], illnesses: Sequence[Disease]
) -> dict[str, float]:
    rng = chart.rng
    levels: dict[str, float] = {}
    for panel in panels:
        for key in PANELS[panel]:
            levels[key] = _usual(rng, key, chart.female)
    for disease in illnesses:
        for key, shift, spread in SHIFTS.get(disease.key, ()):
            if key in levels:
                levels[key] += rng.gauss(shift, spread)
    return levels


def _usual(rng: Random, key: str, female: bool) -> float:
    if key == "creatinine":
        return rng.gauss(66.0, 8.0) if female else rng.gauss(82.0, 9.0)
    if key == "hemoglobin":
        return rng.gauss(13.5, 0.8) if female else rng.gauss(14.8, 0.9)
    if key == "egfr":
        return 0.0
    return rng.gauss(*USUAL[key])


def _values(chart: Chart, base: dict[str, float], day: int, drift: float) -> dict[str, float]:
    """The levels of a day: a little noise, the past a little better than now."""
    rng = chart.rng
    values = {}
    for key, level in base.items():
        if key == "egfr":
            values[key] = float(clearance(values["creatinine"], chart.age(day), chart.female))
            continue
        past = 1 - drift if key in ("creatinine", "hba1c", "nt-probnp") else 1
        noise = WOBBLE / 4 if key == "sodium" else WOBBLE
        values[key] = max(FLOORS.get(key, 0.0), level * past * (1 + rng.gauss(0, noise)))
    return values


def _add_growth(chart: Chart, age: int) -> None:
    months = age * 12 + 6
    day = chart.day_within(5, 300)
    add_sign(chart, "weight", day, round(3.6 + months * 0.265 + chart.rng.gauss(0, 1) ** 2, 1))
    add_sign(chart, "height", day, round(52 + months**0.85 * 1.02 + chart.rng.gauss(0, 2)))


def _add_signs(chart: Chart, keys: set[str], age: int) -> None:
    rng = chart.rng
    pressed = "hta" in keys
    count = 1 + int(rng.random() * (3 if keys else 1))
    weight = rng.gauss(66 if chart.female else 79, 10) + (22 if "obesite" in keys else 0)
    weight = max(42.0, weight - (age >= THIN_FROM) * 6)
    for past in range(count - 1, -1, -1):
        day = chart.day_within(3 + past * 160, 120 + past * 160)
        systolic = round(rng.gauss(138 if pressed else 124, 10))
        add_pressure(chart, day, (systolic, round(systolic * 0.56 + rng.gauss(2, 4))))
        if past % 2 == 0:
            add_sign(chart, "weight", day, round(weight + rng.gauss(0, 1.2), 1))
