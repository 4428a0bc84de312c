"""Results in words: tables by group, the newest at the right, each value with its unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from cordee.care.record.analyses import OTHER
from cordee.care.record.results import Point, Reading, Reference, Series, days_of
from cordee.runtime import french
from cordee.web.charts import FEWEST_POINTS, Bar, Spark, pressure_bars, spark
from cordee.web.language import gettext as _
from cordee.web.record.words import COMPARATORS, READINGS

SPARK_POINTS = 12
PRESSURE_POINTS = 5
MOST_DECIMALS = 5  # recorded precision is kept up to here
NO_BREAK = french.NO_BREAK


@dataclass(frozen=True, slots=True)
class Column:
    """One day of a table; `year` is empty for the current year."""

    label: str
    year: str
    full: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a row. `full` holds the recorded digits of a value that was shortened."""

    text: str
    count: int = 1
    full: str = ""
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One analysis: its values by column, unit, reference, reading."""

    name: str
    cells: tuple[Cell | None, ...]
    unit: str
    spark: Spark | None
    reference: str
    population: str
    reading: str
    level: str
    late: str  # "5,9 % le 14/05/2026" when the newest value is not in the last column
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class Table:
    """One group of analyses over the same days."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    is_vital: bool = False

    @property
    def has_sparks(self) -> bool:
        """Whether any row has enough values for a line; else the column is left out."""
        return any(row.spark for row in self.rows)

    @property
    def has_readings(self) -> bool:
        """Whether any row has something to say beside its values."""
        return any(row.reading or row.late or row.is_provisional for row in self.rows)

    @property
    def has_references(self) -> bool:
        """Whether any row can be read against a reference; else the columns are left out."""
        return any(row.reference or row.level for row in self.rows)


@dataclass(frozen=True, slots=True)
class PressureChart:
    """Blood pressures over time, the last one in large."""

    bars: tuple[Bar, ...]
    last: str
    spoken: str


@dataclass(frozen=True, slots=True)
class ResultsView:
    """Tables, and what the page does not show of them."""

    tables: tuple[Table, ...]
    hidden: int = 0
    abnormal: int = 0
    pressure: PressureChart | None = None


def all_results(series: Sequence[Series], today: date, *, days: int = 6) -> ResultsView:
    """Every series, by group, over the last days of each group."""
    groups = dict.fromkeys(one.group for one in series)
    tables = tuple(
        _table(name, [s for s in series if s.group == name], today, days=days) for name in groups
    )
    return ResultsView(tables, pressure=_pressure(series, today), abnormal=_abnormal(series))


def last_results(
    series: Sequence[Series], today: date, *, days: int = 3, rows: int = 14
) -> ResultsView:
    """Give the analyses of the last days and those out of their reference; says what it hides."""
    laboratory = [s for s in series if not s.is_vital and s.group != OTHER]
    measured = [one for one in laboratory if one.last.value is not None]
    shown_days = set(days_of(measured or laboratory)[-days:])

    def weight(one: Series) -> tuple[int, int]:
        level = READINGS[one.last.reading][1]
        is_recent = any(point.moment.date() in shown_days for point in one.points)
        return {"critical": 0, "caution": 1}.get(level, 3 - is_recent), -int(
            one.last.moment.timestamp()
        )

    kept = sorted(laboratory, key=weight)[:rows]
    chosen = [one for one in laboratory if one in kept]
    table = _table("", chosen, today, days=days)
    return ResultsView(
        (table,) if chosen else (), len(laboratory) - len(chosen), _abnormal(laboratory)
    )


def vital_signs(series: Sequence[Series], today: date, *, days: int = 3) -> ResultsView:
    """Vital signs over their last days, with the chart of blood pressures."""
    vitals = [one for one in series if one.is_vital]
    tables = (_table("", vitals, today, days=days),) if vitals else ()
    return ResultsView(tables, pressure=_pressure(vitals, today), abnormal=_abnormal(vitals))


def value_words(point: Point) -> str:
    """Give a value as recorded: `6,1`, `134/74`, `inférieur à 5`, or the words of a finding."""
    if point.value is None:
        return point.text
    if point.second is None:
        text = _short_number(point.value, 2)
    else:
        text = f"{_short_number(point.value, 0)}/{_short_number(point.second, 0)}"
    sign = COMPARATORS.get(point.comparator, "≈" if _is_shortened(point) else "")
    return f"{sign}{NO_BREAK}{text}" if sign else text


def full_words(point: Point) -> str:
    """Write all recorded digits of a value that the table shortens; empty when it does not."""
    parts = [part for part in (point.value, point.second) if part is not None]
    return "/".join(french.number(part) for part in parts) if _is_shortened(point) else ""


def reference_words(reference: Reference) -> str:
    """`3,5 à 5,1`, `≥ 60`, `≤ 5`, or the text of the laboratory; empty when not given."""
    if reference.low is not None and reference.high is not None:
        low, high = french.number(reference.low), french.number(reference.high)
        return (_("%(low)s à %(high)s") % {"low": low, "high": high}).replace(" ", NO_BREAK)
    if reference.low is not None:
        return f"≥{NO_BREAK}{french.number(reference.low)}"
    if reference.high is not None:
        return f"≤{NO_BREAK}{french.number(reference.high)}"
    return reference.text


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _is_shortened(point: Point) -> bool:
    parts = (point.value, point.second)
    return any(part is not None and _decimals(part) > MOST_DECIMALS for part in parts)


def _short_number(value: Decimal, places: int) -> str:
    """Cut the digits that no laboratory measures: a program wrote them, not an instrument."""
    is_long = _decimals(value) > MOST_DECIMALS
    return french.number(value.quantize(Decimal(1).scaleb(-places)) if is_long else value)


def _abnormal(series: Sequence[Series]) -> int:
    return sum(bool(READINGS[one.last.reading][1]) for one in series)


def _table(name: str, series: Sequence[Series], today: date, *, days: int) -> Table:
    measured = [one for one in series if one.last.value is not None]
    shown = days_of(measured or series)[-days:]
    columns = tuple(
        Column(
            french.day_month(day),
            "" if day.year == today.year else str(day.year),
            french.long_date(day),
        )
        for day in shown
    )
    return Table(
        name,
        columns,
        tuple(_row(one, shown) for one in series),
        all(one.is_vital for one in series),
    )


def _row(series: Series, days: Sequence[date]) -> Row:
    last = series.last
    word, level = READINGS[last.reading]
    unit = french.unit(series.unit)
    is_late = not days or last.moment.date() != days[-1]
    late = _("%(value)s le %(day)s") % {
        "value": f"{value_words(last)}{NO_BREAK}{unit}".rstrip(NO_BREAK),
        "day": french.short_date(last.moment.date()),
    }
    return Row(
        name=series.name,
        cells=tuple(_cell(series, day) for day in days),
        unit=unit,
        spark=_spark(series),
        reference=reference_words(series.reference),
        population=series.reference.population,
        reading=word if last.reading is not Reading.UNKNOWN or level else _unread(series),
        level=level,
        late=late if is_late else "",
        is_provisional=last.is_provisional,
    )


def _unread(series: Series) -> str:
    has_reference = bool(reference_words(series.reference))
    is_plain = series.last.value is None or has_reference or series.is_vital
    return "" if is_plain else READINGS[Reading.UNKNOWN][0]


def _cell(series: Series, day: date) -> Cell | None:
    points = [point for point in series.points if point.moment.date() == day]
    if not points:
        return None
    last = points[-1]
    return Cell(value_words(last), len(points), full_words(last), last.value is None)


def _short_day(day: date, today: date) -> str:
    return french.day_month(day) if day.year == today.year else day.strftime("%d/%m/%y")


def _spark(series: Series) -> Spark | None:
    points: list[tuple] = [
        (point.moment, point.value)
        for point in series.points
        if point.value is not None and point.second is None and not point.comparator
    ]
    return spark(points[-SPARK_POINTS:], series.reference.low, series.reference.high)


def _pressure(series: Sequence[Series], today: date) -> PressureChart | None:
    pairs: list[tuple[Decimal, Decimal, Point]] = [
        (point.value, point.second, point)
        for one in series
        for point in one.points
        if point.value is not None and point.second is not None
    ][-PRESSURE_POINTS:]
    if len(pairs) < FEWEST_POINTS:
        return None
    bars = pressure_bars(
        [(high, low, _short_day(p.moment.date(), today)) for high, low, p in pairs]
    )
    first, last = pairs[0][2], pairs[-1][2]
    spoken = _("Tension artérielle, en mmHg : %(first)s le %(start)s, %(last)s le %(end)s.") % {
        "first": value_words(first),
        "start": french.long_date(first.moment.date()),
        "last": value_words(last),
        "end": french.long_date(last.moment.date()),
    }
    return PressureChart(bars, value_words(last), spoken)
