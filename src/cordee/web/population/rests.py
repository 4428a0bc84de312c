"""What a figure rests on: sources with their people and day, and how far they overlap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from cordee.runtime.french import number
from cordee.web.language import gettext as _
from cordee.web.population import words

WIDTH: Final = 600.0
_EDGE: Final = 1.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A source: its name, whether it is read here, the parts of the people that it knows."""

    label: str
    is_used: bool
    parts: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Overlap:
    """All people on one line, those of two sources between them; a bar for each source."""

    rows: tuple[Bar, ...]
    said: str
    width: float = WIDTH


def source_lines(sources: Any) -> list[tuple[str, str, str]]:
    """Each source, or several together, with its people and the day it was taken in."""
    return [
        (words.source(name), number(count), _day(sources.dates, name))
        for name, count in sorted(sources.counts.items())
    ]


def overlap(sources: Any) -> Overlap:
    """How far sources overlap: people whom one knows alone, and whom several know."""
    alone = sorted({part for name in sources.counts for part in name.split("+")})
    order = sorted(sources.counts, key=lambda name: _place(name, alone))
    whole = sum(sources.counts.values()) or 1
    spans, start = {}, 0.0
    for name in order:
        width = (WIDTH - 2 * _EDGE) * sources.counts[name] / whole
        spans[name] = (round(_EDGE + start, 1), round(width, 1))
        start += width
    rows = tuple(
        Bar(
            words.source(one), one == sources.used,
            tuple(spans[name] for name in order if one in name.split("+")),
        )
        for one in alone
    )  # fmt: skip
    shared = sum(count for name, count in sources.counts.items() if "+" in name)
    said = (
        _("%(n)s personnes sont dans plusieurs sources.") % {"n": number(shared)}
        if shared
        else _("Aucune personne n’est appariée d’une source à l’autre.")
    )
    return Overlap(rows, said)


def _place(name: str, alone: list[str]) -> float:
    """People whom several sources know lie between those of each."""
    places = [alone.index(one) for one in name.split("+")]
    return sum(places) / len(places)


def _day(dates: Any, name: str) -> str:
    """The day of a source; of several together, the oldest."""
    told = [dates[one] for one in name.split("+") if one in dates]
    return words.day(min(told)) if told else ""
