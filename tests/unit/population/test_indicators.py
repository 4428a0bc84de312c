"""Indicators against values counted by hand, at the edges of what they ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from cordee.population.engine.duck import DuckEngine
from cordee.population.indicators.computing import Cell, Computing
from cordee.population.indicators.definition import indicator, read, shipped
from cordee.runtime.errors import InvalidRequest, NotFound
from facts import event, person, write

DAY = date(2026, 6, 30)
D, R = "dispensation", "result"
PERSONS = [
    person("told"),  # a diagnosis that lasts
    person("healed"),  # a diagnosis that has ended
    person("three"),  # three dispensations on three days
    person("two"),  # three dispensations on two days
    person("old-three"),  # three dispensations, one of them before the period
    person("high"),  # HbA1c of 6.5 % exactly
    person("low"),  # 6.4 %
    person("other-unit"),  # 48 mmol/mol
    person("wrong-unit"),  # 48 of no unit
    person("past"),  # 7 %, more than two years ago
    person("dead", died=date(2026, 6, 30)),
    person("dies-later", died=date(2026, 7, 1)),
    person("child", birth="2026-06"),
    person("unborn", birth="2026-07"),
    person("man", sex="male", birth="1961-07", commune="96002", doctor=None),
    person("turned-65", birth="1961-06", doctor=None),
    person("mother", birth="1996-01"),
]
EVENTS = [
    event("diagnosis", "told", "E11.9", "2001-01-01"),
    event("diagnosis", "healed", "E10.1", "2001-01-01", until="2020-01-01"),
    event("diagnosis", "dead", "E11.9", "2001-01-01"),
    event("diagnosis", "dies-later", "E14", "2026-06-30"),
    *(event(D, "three", "A10BA02", day) for day in ("2025-07-01", "2025-12-01", "2026-06-30")),
    *(event(D, "two", "A10BA02", day) for day in ("2026-01-01", "2026-01-01", "2026-02-01")),
    *(event(D, "old-three", "A10AB", day) for day in ("2025-06-30", "2026-01-01", "2026-02-01")),
    event(R, "high", "4548-4", "2026-01-01", value=6.5, unit="%"),
    event(R, "low", "4548-4", "2026-01-01", value=6.4, unit="%"),
    event(R, "other-unit", "59261-8", "2024-07-01", value=48.0, unit="mmol/mol"),
    event(R, "wrong-unit", "4548-4", "2026-01-01", value=48.0),
    event(R, "past", "4548-4", "2024-06-30", value=7.0, unit="%"),
    event(R, "told", "4548-4", "2025-09-01", value=7.0, unit="%"),
    event(R, "told", "4548-4", "2026-03-01", value=7.2, unit="%"),
    event(R, "three", "4548-4", "2026-03-01", value=7.2, unit="%"),
    event(R, "told", "14682-9", "2026-03-01", value=70.0, unit="umol/L"),
    event(R, "told", "14959-1", "2026-03-01", value=12.0, unit="mg/g"),
    event(R, "three", "14682-9", "2026-03-01", value=70.0, unit="umol/L"),
    event("act", "told", "BGQP002", "2024-07-01"),
    event("act", "three", "BGQP002", "2024-06-30"),
    event("act", "high", "POD", "2026-06-01"),
    event("act", "other-unit", "NZFA002", "2026-05-01"),
    event("act", "man", "NZFA002", "2026-05-01"),
    event("encounter", "told", "IMP", "2026-01-01", until="2026-01-05", detail="E11.5", place="chu"),
    event("encounter", "told", "IMP", "2026-02-04", until="2026-02-06", detail="I50.0", place="chu"),
    event("encounter", "told", "IMP", "2026-05-01", until="2026-05-02", detail="I10", place="ch"),
    event("encounter", "man", "IMP", "2026-01-01", until="2026-01-10", detail="J44.9", place="ch"),
    event("encounter", "man", "IMP", "2026-02-10", until="2026-02-12", detail="K35", place="ch"),
    event("encounter", "child", "IMP", "2026-06-20", until="2026-06-22", detail="J45.9", place="ch"),
    event("encounter", "turned-65", "EMER", "2026-04-01", detail="W19", place="chu"),
    event("encounter", "turned-65", "EMER", "2026-04-02", detail="W01", place="chu"),
    event("encounter", "man", "EMER", "2026-04-01", detail="W19", place="chu"),
    event("encounter", "mother", "EMER", "2026-04-01", detail="X84.1", place="chu"),
    event("encounter", "mother", "EMER", "2025-06-30", detail="X70", place="chu"),
    event("vaccine", "turned-65", "J07BB02", "2025-11-01"),
    event("vaccine", "man", "J07BB02", "2025-11-01"),
    event(R, "low", "29771-3", "2024-07-01", value=2.0, unit="ug/g"),
    event(R, "past", "27396-1", "2024-06-30", value=2.0, unit="ug/g"),
    event("diagnosis", "two", "C18.2", "2010-01-01"),
    event(R, "two", "29771-3", "2026-01-01", value=2.0, unit="ug/g"),
    event("act", "low", "QEQK004", "2025-01-01"),
    event("act", "man", "QEQK004", "2025-01-01"),
    event("diagnosis", "mother", "Z34.9", "2026-01-15"),
    event("act", "mother", "EPP", "2026-02-15"),
    event("request", "told", None, "2026-01-01"),
    event("request", "man", None, "2026-01-01"),
    event("followup", "told", "cacp", "2026-01-16"),
    event("followup", "man", "cacp", "2026-01-17"),
]  # fmt: skip
# The living on 30 June 2026: 15 (one died that day, one is not born). Diabetic: told, three, high,
# other-unit, dies-later; their neighbours at each edge are not.
GOLDEN = {
    "diabete": (5, 15),
    "diabete-hba1c": (1, 5),
    "diabete-fond-oeil": (1, 5),
    "diabete-pieds": (1, 5),
    "diabete-rein": (1, 5),
    "diabete-sejours": (1, 5),
    "diabete-amputations": (1, 5),
    "insuffisance-cardiaque": (1, 15),
    "bpco": (0, 15),
    "avc": (0, 15),
    "chutes": (2, 12),
    "suicide": (1, 14),
    "entretien-prenatal": (1, 1),
    "vaccin-grippe": (1, 12),
    "depistage-colorectal": (1, 12),
    "depistage-sein": (1, 12),
    "sans-medecin-traitant": (2, 14),
    "urgences": (4, 15),
    "hospitalisations-evitables": (4, 14),
    "readmission-30-jours": (1, 6),
    "delai-dac": (1, 2),
    "distance-urgences": (1, 15),
}
WAYS = [
    ("96001", "médecine d’urgence", 30.0),
    ("96002", "médecine d’urgence", 30.1),
    ("96001", "autre", 99.0),
]


@pytest.fixture(scope="module")
def computing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Computing]:
    engine = DuckEngine()
    facts = write(tmp_path_factory.mktemp("facts"), PERSONS, EVENTS)
    yield Computing(engine, facts, WAYS)
    engine.close()


def whole(cells: list[Cell]) -> tuple[int, int]:
    return sum(one.cases for one in cells), sum(one.people for one in cells)


@pytest.mark.requirement("G2.3", "G1.8")
@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_counts_are_those_made_by_hand(computing: Computing, name: str) -> None:
    assert whole(computing.cells(indicator(name), DAY)) == GOLDEN[name]


def test_every_shipped_indicator_is_counted_by_hand() -> None:
    assert set(shipped()) == set(GOLDEN)
    for one in shipped().values():
        assert one.source
        assert all(told.date and told.source for told in one.parameters)


def test_cells_tell_where_of_which_sex_and_age(computing: Computing) -> None:
    cells = computing.cells(indicator("sans-medecin-traitant"), DAY)
    assert Cell("96002", "male", 60, 1, 1) in cells
    assert Cell("96001", "female", 65, 1, 12) in cells


def test_a_hospital_is_counted_apart(computing: Computing) -> None:
    rows = computing.places(indicator("readmission-30-jours"), DAY).rows
    assert sorted(rows) == [("ch", 0, 4), ("chu", 1, 2)]


@pytest.mark.requirement("G2.8")
def test_events_are_counted_by_week(computing: Computing) -> None:
    rows = computing.weeks(indicator("urgences"), DAY).rows
    assert sorted(rows) == [("96001", date(2026, 3, 30), 3), ("96002", date(2026, 3, 30), 1)]


HEAD = 'id = "x"\nversion = "1"\ntitle = "X"\ntheme = "T"\nmeasure = "share"\nperiod = "P12M"\nsource = "S"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "numerator: missing"),
        ("numerator = { event = 'x' }", "numerator.event: x is none of"),
        ("numerator = { event = 'act', codes = [\"A'\"] }", "numerator.codes"),
        ("numerator = { event = 'act', unit = \"'\" }", "numerator.unit"),
        ("numerator = { event = 'act', at_least = '$no' }", "there is no parameter no"),
        ("numerator = { event = 'act', within = '12' }", "numerator.within"),
        ("numerator = { event = 'act', times = 0 }", "numerator.times"),
        ("numerator = { event = 'act', other = 1 }", "numerator.other: not known"),
        ("numerator = { any = [] }", "numerator.any"),
        ("numerator = { any = [{}] }", "numerator.any[0]"),
        ("numerator = { age = [5, 1] }", "numerator.age"),
        ("numerator = { sex = 'x' }", "numerator.sex"),
        ("numerator = { far = 'urgence' }", "numerator.far"),
        ("numerator = { minutes = 30 }", "numerator.far"),
        ("numerator = { far = 'x;', minutes = 30 }", "numerator.far"),
        ("numerator = { event = 'act' }\nother = 1", "other: not known"),
        ("numerator = { event = 'act' }\nfollowed = { event = 'act', days = 3 }", "followed"),
        ("numerator = { event = 'act' }\n[parameters.a]\nvalue = 1", "parameters.a.date"),
        ("numerator = [", "no TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        read(HEAD + text)
    assert said in error.value.message


def test_an_unknown_indicator_is_not_found() -> None:
    with pytest.raises(NotFound):
        indicator("none")


def test_results_are_kept_until_the_facts_change(tmp_path: Path) -> None:
    facts = write(tmp_path, PERSONS[:3], EVENTS)
    one = Computing(DuckEngine(), facts)
    before = one.cells(indicator("diabete"), DAY)
    assert whole(before) == (2, 3)
    write(tmp_path / "other", PERSONS[:1], EVENTS)
    (tmp_path / "2").symlink_to("other/1")
    (tmp_path / "current").unlink()
    (tmp_path / "current").symlink_to("2")
    assert whole(one.cells(indicator("diabete"), DAY)) == (1, 1)
