"""The quality of each source, measured over the facts: one pass a kind; what is told is safe.

Counted are persons, not rows: a check fails for who has at least one row that fails. Numbers are
told by tens downwards, nothing of fewer than 22 persons, nor how many fewer than 11 are, nor all
but fewer than 11; a state follows what is told. Rule: G1.4, decision 0115.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from statsmodels.stats.rates import confint_poisson_2indep

from cordee.population.disclosure.cells import K
from cordee.population.engine.port import Engine
from cordee.population.facts.kinds import KINDS, PERSON
from cordee.population.quality.lines import FEW, FINE, WATCH, Line, Report
from cordee.population.quality.rules import (
    DRIFT,
    LATE,
    TIMELINESS,
    Check,
    QualityRules,
)
from cordee.population.views.dialects import Dialect

_TEN: Final = 10
_LEAST_MONTHS: Final = 6


def measured(
    engine: Engine, rules: QualityRules, day: date, sources: Sequence[str], kinds: Sequence[str]
) -> Report:
    """The report of a day; the engine has the tables of facts, `kinds` those that have rows."""
    lines: list[Line] = []
    for kind in (PERSON, *KINDS):
        if kind in kinds:
            lines += _checked(engine, rules, day, kind, sources)
            lines += [] if kind == PERSON else _flow(engine, rules, day, kind)
    return Report(day, rules.version, tuple(sorted(lines, key=_place)))


def told(people: int, failing: int, limit: float) -> tuple[str, int | None, int | None, bool]:
    """State, people, failing, nearly all: what may be told of two counts of persons.

    Of fewer than twice 11 nothing is: "fewer than 11" and "all but fewer than 11" would overlap.
    """
    if people < 2 * K:
        return FEW, None, None, False
    whole = _tens(people)
    if failing < K:
        return (FINE if _TEN / whole <= limit else FEW), whole, None, False
    if people - failing < K:
        return WATCH, whole, whole, True
    some = _tens(failing)
    return (WATCH if some / whole > limit else FINE), whole, some, False


def _tens(count: int) -> int:
    return count // _TEN * _TEN


def _place(line: Line) -> tuple[Any, ...]:
    return line.source, (PERSON, *KINDS).index(line.kind), line.dimension, line.check


def _checked(
    engine: Engine, rules: QualityRules, day: date, kind: str, sources: Sequence[str]
) -> list[Line]:
    checks = rules.of(kind)
    columns = ", ".join(
        f"count(DISTINCT CASE WHEN {scope} THEN e.person END),"
        f" count(DISTINCT CASE WHEN {scope} AND ({fails}) THEN e.person END)"
        for scope, fails in (_sql(one, day, engine.dialect) for one in checks)
    )
    if not checks:
        return []
    rows: list[tuple[Any, ...]] = []
    if kind == PERSON:
        for name in sources:
            known = engine.dialect.text(f"%+{name}+%")
            where = f"WHERE concat('+', e.source, '+') LIKE {known}"
            found = engine.run(f"SELECT {columns} FROM person e {where}").rows
            rows += [(name, *row) for row in found]
    else:
        rows += engine.run(
            f"SELECT e.source, {columns} FROM {kind} e LEFT JOIN person p ON p.person = e.person"
            " GROUP BY e.source"
        ).rows
    lines = []
    for source, *counts in rows:
        for at, one in enumerate(checks):
            people, failing = counts[2 * at], counts[2 * at + 1]
            if people:
                limit = rules.settings[one.dimension].value
                state, whole, some, nearly = told(people, failing, limit)
                lines.append(Line(source, kind, one.dimension, one.id, state, whole, some, nearly))
    return lines


def _sql(check: Check, day: date, dialect: Dialect) -> tuple[str, str]:
    """Which rows a check is about, and which of them fail."""
    moment = f"DATE {dialect.text(day.isoformat())}"
    if check.what == "filled":
        scope = f"e.{check.given} IS NOT NULL" if check.given else "TRUE"
        return scope, f"e.{check.field} IS NULL"
    if check.what in {"bounds", "units"}:
        codes = ", ".join(map(dialect.text, check.codes))
        if check.what == "units":
            units = ", ".join(map(dialect.text, check.units))
            return f"e.code IN ({codes})", f"e.unit IS NULL OR e.unit NOT IN ({units})"
        scope = (
            f"e.code IN ({codes}) AND e.unit = {dialect.text(check.unit)} AND e.value IS NOT NULL"
        )
        return scope, f"e.value < {check.low!r} OR e.value > {check.high!r}"
    month = "date_trunc('month', e.day)"
    birth = "CAST(concat(substring(concat(p.birth, '-01'), 1, 7), '-01') AS DATE)"
    return {
        "future": ("e.day IS NOT NULL", f"e.day > {moment}"),
        "before-birth": ("e.day IS NOT NULL AND length(p.birth) >= 4", f"{month} < {birth}"),
        "after-death": ("e.day IS NOT NULL AND p.died IS NOT NULL", "e.day > p.died"),
        "ends-before": ("e.day IS NOT NULL AND e.until IS NOT NULL", "e.until < e.day"),
    }[check.what]


def _flow(engine: Engine, rules: QualityRules, day: date, kind: str) -> list[Line]:
    """How late and how even a kind comes: persons by month, of months of 11 persons or more."""
    last = day.replace(day=1) - timedelta(days=1)
    found = engine.run(
        "SELECT source, CAST(date_trunc('month', day) AS DATE) AS month, count(DISTINCT person)"
        f" FROM {kind} WHERE day IS NOT NULL"
        f" AND day <= DATE {engine.dialect.text(last.isoformat())}"
        " GROUP BY source, CAST(date_trunc('month', day) AS DATE)"
    )
    months: dict[str, dict[date, int]] = {}
    for source, month, people in found.rows:
        if people >= K:
            months.setdefault(source, {})[month] = _tens(people)
    return [
        line
        for source, told_of in months.items()
        for line in (_late(rules, day, (source, kind), told_of),
                     _drift(rules, (source, kind), told_of))
        if line is not None
    ]  # fmt: skip


def _late(
    rules: QualityRules, day: date, whose: tuple[str, str], months: Mapping[date, int]
) -> Line:
    newest = max(months)
    days = (day - _following(newest)).days + 1
    state = WATCH if days > rules.settings[LATE].value else FINE
    return Line(*whose, TIMELINESS, TIMELINESS, state, months[newest], value=float(days),
                month=f"{newest:%Y-%m}")  # fmt: skip


def _drift(rules: QualityRules, whose: tuple[str, str], months: Mapping[date, int]) -> Line | None:
    """The newest month beside the mean of the twelve before it; None where fewer than six are."""
    newest = max(months)
    start = newest.replace(year=newest.year - 1)
    before = [n for month, n in months.items() if start <= month < newest]
    if len(before) < _LEAST_MONTHS:
        return None
    now, past = months[newest], sum(before)
    ratio = now / (past / len(before))
    low, high = confint_poisson_2indep(now, 1.0, past, float(len(before)), method="score")
    limit = rules.settings[DRIFT].value
    drifts = (ratio > limit and low > 1) or (ratio < 1 / limit and high < 1)
    return Line(*whose, DRIFT, DRIFT, WATCH if drifts else FINE, now, value=round(ratio, 2),
                month=f"{newest:%Y-%m}")  # fmt: skip


def _following(month: date) -> date:
    """The first day of the month after."""
    return (month + timedelta(days=32)).replace(day=1)
