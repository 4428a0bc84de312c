"""An indicator to one SELECT over facts: cells of area, sex and age, with cases and people; pure.

The same text but for names and dates runs on every engine. Codes and units were checked when the
definition was read; areas and persons are never part of the text.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import Final

from cordee.population.indicators.criteria import Combined, Criterion, Event, PersonFact, Span
from cordee.population.indicators.definition import Indicator
from cordee.population.views.dialects import Dialect
from cordee.runtime.errors import InvalidRequest

BAND: Final = 5
OLDEST_BAND: Final = 95
"""Ages are counted in bands of five years; the last one is open."""
_PEOPLE: Final = """
SELECT person, commune, sex, doctor, structure, source, age,
  CAST(least({oldest}, age - age % {band}) AS INTEGER) AS band
FROM (
  SELECT person, commune, sex, doctor, structure, source, CAST(floor(({months}
    - CAST(substring(birth, 1, 4) AS INTEGER) * 12
    - CAST(substring(concat(birth, '-06'), 6, 2) AS INTEGER)) / 12.0) AS INTEGER) AS age
  FROM person
  WHERE (died IS NULL OR died > {day}) AND length(birth) >= 4{source}
    AND substring(birth, 1, 7) <= {month}
) living WHERE age >= 0
"""


def period(indicator: Indicator, day: date) -> tuple[date, date]:
    """The first and the last day of the period that ends on a day."""
    return back(day, indicator.period) + timedelta(days=1), day


def back(day: date, span: Span) -> date:
    """The day that lies a span before another."""
    months = day.year * 12 + day.month - 1 - span.months
    year, month = divmod(months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last)) - timedelta(days=span.days)


class Compiler:
    """Compiles indicators as of a day, for one engine."""

    def __init__(self, indicator: Indicator, day: date, dialect: Dialect, source: str = "") -> None:
        """`day` is the last day of the period; `source` whose people count, all where empty."""
        self._source = source
        self._indicator = indicator
        self._day = day
        self._dialect = dialect

    def cells(self) -> str:
        """commune, sex, band, cases, people; for `events`: events followed, events."""
        if self._indicator.measure == "events":
            return self._with(self._followed())
        if self._indicator.measure == "rate":
            counted = self._rate()
        else:
            counted = (
                "SELECT e.commune, e.sex, e.band, count(n.person) AS cases, count(*) AS people"
                f" FROM eligible e LEFT JOIN ({self._persons(self._indicator.numerator)}) n"
                " ON n.person = e.person GROUP BY e.commune, e.sex, e.band"
            )
        return self._with(counted)

    def cases(self, columns: str = "e.person") -> str:
        """The persons of the denominator who are cases, by columns of `eligible`."""
        numerator = self._persons(self._indicator.numerator)
        return self._with(
            f"SELECT {columns} FROM eligible e JOIN ({numerator}) n ON n.person = e.person"
        )

    def weeks(self) -> str:
        """commune, week (its Monday), events: those of the numerator in the period."""
        return self._with(
            "SELECT e.commune, CAST(date_trunc('week', v.day) AS DATE) AS week, count(*) AS events"
            f" FROM ({self._events()}) v JOIN eligible e ON e.person = v.person"
            " GROUP BY e.commune, CAST(date_trunc('week', v.day) AS DATE)"
        )

    def places(self) -> str:
        """place, cases, people: by structure, for the persons of the denominator seen there.

        Events count where they took place; for `events`, people are the events that are followed.
        """
        if self._indicator.measure == "events":
            return self._with(
                "SELECT s.place, CAST(sum(s.followed) AS BIGINT) AS cases, count(*) AS people"
                f" FROM ({self._stays()}) s JOIN eligible e ON e.person = s.person"
                " WHERE s.place IS NOT NULL GROUP BY s.place"
            )
        if self._indicator.measure == "rate":
            counted = (
                f"SELECT person, place, count(*) AS n FROM ({self._events()}) v"
                " GROUP BY person, place"
            )
            here = "n.person = s.person AND n.place = s.place"
        else:
            counted = f"SELECT person, 1 AS n FROM ({self._persons(self._indicator.numerator)}) v"
            here = "n.person = s.person"
        seen = self._where(Event("encounter"))
        return self._with(
            "SELECT s.place, CAST(coalesce(sum(n.n), 0) AS BIGINT) AS cases, count(*) AS people"
            f" FROM (SELECT DISTINCT person, place FROM encounter WHERE {seen}) s"
            f" JOIN eligible e ON e.person = s.person LEFT JOIN ({counted}) n ON {here}"
            " WHERE s.place IS NOT NULL GROUP BY s.place"
        )

    def _with(self, counted: str) -> str:
        told = self._indicator
        asked = (
            [] if told.denominator is None else [f"person IN ({self._persons(told.denominator)})"]
        )
        if told.exclusions is not None:
            asked.append(f"person NOT IN ({self._persons(told.exclusions)})")
        where = f" WHERE {' AND '.join(asked)}" if asked else ""
        people = _PEOPLE.format(
            oldest=OLDEST_BAND, band=BAND, day=self._date(self._day),
            months=self._day.year * 12 + self._day.month,
            month=self._dialect.text(f"{self._day:%Y-%m}"), source=self._of_source(),
        )  # fmt: skip
        return f"WITH people AS ({people}), eligible AS (SELECT * FROM people{where}) {counted}"

    def _of_source(self) -> str:
        """People whom a source knows, alone or with others."""
        if not self._source:
            return ""
        return f" AND concat('+', source, '+') LIKE {self._dialect.text(f'%+{self._source}+%')}"

    def _rate(self) -> str:
        events = f"SELECT person, count(*) AS n FROM ({self._events()}) v GROUP BY person"
        return (
            "SELECT e.commune, e.sex, e.band, CAST(coalesce(sum(n.n), 0) AS BIGINT) AS cases,"
            f" count(*) AS people FROM eligible e LEFT JOIN ({events}) n"
            " ON n.person = e.person GROUP BY e.commune, e.sex, e.band"
        )

    def _followed(self) -> str:
        return (
            "SELECT e.commune, e.sex, e.band, CAST(sum(s.followed) AS BIGINT) AS cases,"
            f" count(*) AS people FROM ({self._stays()}) s JOIN eligible e ON e.person = s.person"
            " GROUP BY e.commune, e.sex, e.band"
        )

    def _stays(self) -> str:
        """The events of the numerator, each with whether another follows it in time."""
        told, days = self._indicator, self._indicator.followed_days
        following = told.followed or Event("")
        later = self._where(following, ends=date.max)
        return (
            "SELECT v.person, v.place, CAST(max(CASE WHEN f.person IS NULL THEN 0 ELSE 1 END)"
            f" AS BIGINT) AS followed FROM ({self._events('until')}) v"
            f" LEFT JOIN (SELECT person, day FROM {following.kind} WHERE {later}) f"
            " ON f.person = v.person AND f.day > v.day AND f.day >= v.until"
            f" AND datediff({self._unit()}, v.until, f.day) <= {days}"
            " GROUP BY v.person, v.place, v.day, v.until"
        )

    def _unit(self) -> str:
        return "'day'" if self._dialect.name == "duckdb" else "DAY"

    def _events(self, more: str = "") -> str:
        event = self._indicator.numerator
        if not isinstance(event, Event):
            raise InvalidRequest("events are counted of one kind")
        columns = (
            f"person, place, day, coalesce({more}, day) AS {more}" if more else "person, place, day"
        )
        return f"SELECT {columns} FROM {event.kind} WHERE {self._where(event)}"

    def _persons(self, asked: Criterion) -> str:
        """The persons who fulfil a criterion, one column."""
        if isinstance(asked, Combined):
            return self._combined(asked)
        if isinstance(asked, PersonFact):
            return self._fact(asked)
        having = f" HAVING count(DISTINCT day) >= {asked.times}" if asked.times > 1 else ""
        return f"SELECT person FROM {asked.kind} WHERE {self._where(asked)} GROUP BY person{having}"

    def _combined(self, asked: Combined) -> str:
        parts = [f"SELECT person FROM ({self._persons(one)}) q" for one in asked.parts]
        if asked.how == "none":
            return "SELECT person FROM people EXCEPT " + " EXCEPT ".join(parts)
        return (" UNION " if asked.how == "any" else " INTERSECT ").join(parts)

    def _fact(self, asked: PersonFact) -> str:
        where = [f"age BETWEEN {asked.youngest} AND {asked.oldest}"]
        if asked.sex:
            where.append(f"sex = {self._dialect.text(asked.sex)}")
        if asked.doctor is not None:
            where.append(f"doctor IS {'NOT ' if asked.doctor else ''}NULL")
        if asked.far:
            where.append(
                f"commune IN (SELECT commune FROM access WHERE service ="
                f" {self._dialect.text(asked.far)} AND minutes > {asked.minutes!r})"
            )
        return f"SELECT person FROM people WHERE {' AND '.join(where)}"

    def _where(self, event: Event, ends: date | None = None) -> str:
        where = []
        if ends is None:
            where.append(f"day <= {self._date(self._day)}")
        if not event.is_ever:
            start = back(self._day, event.span or self._indicator.period) + timedelta(days=1)
            where.append(f"day >= {self._date(start)}")
        if event.lasting:
            where.append(f"(until IS NULL OR until > {self._date(self._day)})")
        where += [self._begins(name, codes) for name, codes in
                  (("code", event.codes), ("detail", event.detail)) if codes]  # fmt: skip
        where += [f"unit = {self._dialect.text(event.unit)}"] if event.unit else []
        bounds = ((">=", event.at_least), ("<", event.below))
        where += [f"value {sign} {bound!r}" for sign, bound in bounds if bound is not None]
        return " AND ".join(where) or "TRUE"

    def _begins(self, column: str, codes: tuple[str, ...]) -> str:
        told = (f"{column} LIKE {self._dialect.text(one + '%')}" for one in codes)
        return f"({' OR '.join(told)})"

    def _date(self, day: date) -> str:
        return f"DATE {self._dialect.text(day.isoformat())}"
