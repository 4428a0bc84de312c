"""Quality of sources: values counted by hand, and nobody under eleven in what is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.population.engine.duck import DuckEngine
from cordee.population.indicators.computing import Computing
from cordee.population.quality.lines import FEW, FINE, WATCH, Line, Report
from cordee.population.quality.measuring import told
from cordee.population.quality.rules import read, shipped
from cordee.population.quality.shelf import Reports
from cordee.runtime.errors import InvalidRequest
from facts import event, person, write

DAY = date(2026, 7, 10)


def measure(folder: Path, people: list[dict], events: list[dict]) -> dict[tuple[str, ...], Line]:
    computing = Computing(DuckEngine(), write(folder, people, events))
    found = computing.quality(shipped(), DAY)
    assert found.day == DAY
    return {(one.source, one.kind, one.check): one for one in found.lines}


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], Line]:
    """A hundred people of a source, twenty-five of another; five are of both."""
    people = [
        person(f"a{at}", commune=None if at < 30 else "96001", doctor=None if at < 5 else "m",
               source="cordee+am" if at < 5 else "cordee",
               died=date(2026, 1, 1) if at >= 88 else None)
        for at in range(100)
    ]  # fmt: skip
    people += [person(f"b{at}", source="am", commune=None) for at in range(20)]
    value = {"unit": "%", "value": 6.0}
    events = [
        # 24 persons with a value that cannot be, one of them twice; 100 with one that can.
        *(event("result", f"a{at}", "4548-4", "2026-05-01", **value) for at in range(100)),
        *(event("result", f"a{at}", "4548-4", "2026-05-02", unit="%", value=60.0)
          for at in (*range(24), 0)),
        # 12 after their death, 11 in the time to come, 3 before their birth.
        *(event("act", f"a{at}", "X", "2026-02-01") for at in range(100)),
        *(event("act", f"a{at}", "X", "2026-07-11") for at in range(20, 31)),
        *(event("act", f"a{at}", "X", "1960-05-31") for at in range(3)),
        *(event("act", f"a{at}", "X", "1960-06-01") for at in range(50, 70)),
        # A source whose last month with eleven persons is long ago.
        *(event("act", f"b{at}", None, "2026-01-15", source="am") for at in range(20)),
        *(event("act", f"b{at}", "X", "2026-06-15", source="am") for at in range(10)),
        # Even flow, then a month that falls to a third.
        *(event("vaccine", f"a{at}", "J07", f"2025-{month:02}-10")
          for month in range(6, 13) for at in range(90)),
        *(event("vaccine", f"a{at}", "J07", f"2026-{month:02}-10")
          for month in range(1, 6) for at in range(90)),
        *(event("vaccine", f"a{at}", "J07", "2026-06-10") for at in range(30)),
    ]  # fmt: skip
    return measure(tmp_path_factory.mktemp("facts"), people, events)


@pytest.mark.requirement("G1.4")
@pytest.mark.parametrize(
    ("key", "state", "people", "failing"),
    [
        (("cordee", "person", "commune"), WATCH, 100, 30),
        (("cordee", "person", "naissance"), FEW, 100, None),  # 10 of 100 is over 5 %: not told
        (("cordee", "person", "medecin"), FEW, 100, None),
        (("am", "person", "commune"), WATCH, 20, 20),  # all 25
        (("cordee", "result", "hba1c-pourcent"), WATCH, 100, 20),
        (("cordee", "result", "hba1c-unite"), FEW, 100, None),
        (("cordee", "act", "apres-deces"), FEW, None, None),  # 12 people: too few to say
        (("cordee", "act", "futur"), WATCH, 100, 10),
        (("cordee", "act", "avant-naissance"), FEW, 100, None),
        (("am", "act", "code"), FEW, None, None),
    ],
)
def test_each_check_is_counted_by_hand(
    lines: dict[tuple[str, ...], Line], key: tuple[str, ...], state: str, people: int | None,
    failing: int | None,
) -> None:  # fmt: skip
    one = lines[key]
    assert (one.state, one.people, one.failing) == (state, people, failing)


@pytest.mark.requirement("G1.4")
def test_the_last_month_that_may_be_told_and_how_even_it_came(
    lines: dict[tuple[str, ...], Line],
) -> None:
    late = lines["am", "act", "timeliness"]
    assert (late.month, late.value, late.state) == ("2026-01", 160.0, WATCH)  # 31 January on
    fresh = lines["cordee", "vaccine", "timeliness"]
    assert (fresh.month, fresh.value, fresh.state) == ("2026-06", 10.0, FINE)
    drift = lines["cordee", "vaccine", "drift"]
    assert (drift.month, drift.people, drift.value, drift.state) == ("2026-06", 30, 0.33, WATCH)
    assert ("cordee", "act", "drift") not in lines  # too few months to say


def test_a_kind_without_rows_has_no_line(lines: dict[tuple[str, ...], Line]) -> None:
    assert not [key for key in lines if key[1] == "dispensation"]


@pytest.mark.requirement("G1.4")
@given(people=st.integers(0, 400), failing=st.integers(0, 400))
def test_nothing_of_fewer_than_eleven_is_told(people: int, failing: int) -> None:
    """Who knows how many people there are still cannot tell 0 from 10, nor all from all but ten."""
    failing = min(failing, people)
    said = told(people, failing, 0.05)
    _state, whole, some, nearly = said
    assert whole is None or 20 <= whole <= people
    assert some is None or (nearly and some == whole) or 10 <= some <= failing
    alike = {n for n in range(people + 1) if told(people, n, 0.05) == said}
    few, nearly_all = set(range(min(people, 10) + 1)), set(range(max(0, people - 10), people + 1))
    assert not alike & few or few <= alike
    assert not alike & nearly_all or nearly_all <= alike


HEAD = """
[settings.completeness]
value = 0.05
date = "2026"
origin = "x"
[settings.plausibility]
value = 0.05
date = "2026"
origin = "x"
[settings.late]
value = 5
date = "2026"
origin = "x"
[settings.drift]
value = 1.5
date = "2026"
origin = "x"
"""
CHECK = '[[check]]\nid = "a"\nkind = "act"\nwhat = "filled"\nfield = "code"\nlabel = "x"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "settings.completeness.value: missing"),
        ("[", "no TOML"),
        (HEAD.replace("value = 5", "value = 0"), "settings.late.value"),
        (HEAD + "[other]\n", "rules.other"),
        (HEAD + CHECK.replace('"act"', '"x"'), "check[0].kind: x is none of"),
        (HEAD + CHECK.replace('"filled"', '"x"'), "check[0].what: x is none of"),
        (HEAD + CHECK.replace('"code"', '"x"'), "check[0].field: x is no column"),
        (HEAD + CHECK.replace('label = "x"', ""), "check[0].label: missing"),
        (HEAD + CHECK + "low = 1\n", "check[0].low: not known"),
        (HEAD + CHECK + CHECK, "check a: told twice"),
        (
            HEAD
            + CHECK.replace("filled", "bounds").replace(
                'field = "code"', 'codes = []\nunit = ""\nlow = 2\nhigh = 1\norigin = ""'
            ),
            "check[0].low",
        ),
        (
            HEAD
            + CHECK.replace('"act"', '"person"')
            .replace('"filled"', '"future"')
            .replace('field = "code"\n', ""),
            "check[0].what: future is asked of events",
        ),
    ],
)
def test_rules_that_cannot_be_are_refused_with_their_place(text: str, said: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        read(text)
    assert said in error.value.message


def test_a_day_is_measured_once(tmp_path: Path) -> None:
    """A second measure of the day would be one difference more."""
    kept = Reports(tmp_path / "quality")
    assert kept.newest() is None
    line = Line("cordee", "act", "completeness", "code", WATCH, 100, 20)
    kept.keep(Report(DAY, "1", (line,)))
    kept.keep(Report(DAY, "1", ()))
    assert kept.newest() == Report(DAY, "1", (line,))
    assert line.share == 0.2
