"""Releases over time: what an earlier one tells when the new one is put beside it.

Two releases are compared if they count the same subject. With the same period and version they
speak of the same people, whatever the filters, the bands and the areas: the earlier figures join
the equations of the new one. Otherwise the difference of the two is a group of people if one
period contains the other (events of the year to date, a corrected load), or if their ends are
near enough that hardly anybody came and went (`Rules.turnover_days`).

For such pairs the attacker supposes that people only joined, or that they only left: no class may
then be shown to have changed by 1 to k - 1. Where both happened that supposition is refuted by the
figures; then a figure that moved by 1 to k - 1 is kept back by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from cordee.population.disclosure.cells import Key, Lattice, Rules, Stamp, Table
from cordee.population.disclosure.incidence import Footprint
from cordee.population.disclosure.released import Released, Shown
from cordee.population.disclosure.system import System, fitting
from cordee.runtime.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Earlier:
    """The figures of the releases of one stamp: footprints, and what was shown of them."""

    same: bool
    footprints: tuple[Footprint, ...]
    shown: tuple[Shown, ...]


def related(new: Stamp, old: Stamp, rules: Rules) -> bool:
    """Whether the difference of two releases is a group of people."""
    if new.subject != old.subject:
        return False
    contains = (new.start <= old.start and old.end <= new.end) or (
        old.start <= new.start and new.end <= old.end
    )
    apart = abs((date.fromisoformat(new.end) - date.fromisoformat(old.end)).days)
    return contains or apart < rules.turnover_days


def earlier(stamp: Stamp, releases: Sequence[Released], rules: Rules) -> tuple[Earlier, ...]:
    """What earlier releases tell of the people of `stamp`; those of one stamp are read as one."""
    found: dict[Stamp, dict[Footprint, Shown]] = {}
    for release in releases:
        if related(stamp, release.stamp, rules):
            known = found.setdefault(release.stamp, {})
            known.update((_footprint(key, release), one) for key, one in release.shown().items())
    return tuple(
        Earlier(one == stamp, tuple(known), tuple(known.values())) for one, known in found.items()
    )


def _footprint(key: Key, release: Released) -> Footprint:
    return Footprint(
        frozenset(release.areas[key.level][key.area]),
        tuple(
            (name, frozenset(release.labels.get(name, {}).get(label, (label,))))
            for name, label in key.bands
        ),
    )


def check_known(past: Sequence[Earlier], table: Table, lattice: Lattice) -> None:
    """Raises `InvalidRequest` if an earlier figure speaks of areas or bands nobody knows now.

    Without them the two releases could not be put side by side.
    """
    communes = {cell.commune for cell in table.cells}
    communes |= {c for codes in lattice.areas.values() for own in codes.values() for c in own}
    values = {pair for cell in table.cells for pair in cell.values}
    values |= {(n, v) for n, of in lattice.labels.items() for own in of.values() for v in own}
    for each in past:
        for one in each.footprints:
            strange = one.communes - communes
            strange |= {v for name, own in one.values for v in own if (name, v) not in values}
            if strange:
                raise InvalidRequest(
                    f"An earlier release speaks of {min(strange)}: the table must carry it."
                )


def footprint(key: Key, communes: frozenset[str], lattice: Lattice) -> Footprint:
    """The footprint of a figure that is asked now."""
    bands = tuple((name, lattice.values(name, label)) for name, label in key.bands)
    return Footprint(communes, bands)


@dataclass(frozen=True, slots=True)
class Pair:
    """One quantity in two releases over the same classes.

    `new`: the figures of the new release (figures x classes) with `fixed` and the real `counts`.
    `old`: the figures of the earlier one, with the `values` that were shown.
    """

    new: np.ndarray
    fixed: np.ndarray
    counts: np.ndarray
    old: np.ndarray
    values: np.ndarray
    limits: np.ndarray | None = None
    """The most that each class can be, where everybody knows it."""


def changes(pair: Pair, hidden: np.ndarray, k: int) -> list[System]:
    """The systems of what joined and of what left, as far as what is shown allows for each.

    `hidden`: booleans over the figures of the new release, those that are kept back already. A
    supposition that the figures refute is no system; it may come back when more is hidden.
    """
    size = pair.counts.size
    kept = pair.fixed | ~np.pad(hidden, (0, pair.fixed.size - hidden.size))
    values = np.concatenate([pair.new @ pair.counts, pair.values])
    fixed = np.concatenate([pair.fixed, np.ones(pair.values.size, dtype=bool)])
    wanted = np.full(size, k) if pair.limits is None else np.minimum(pair.limits, k)
    needs = np.concatenate([np.zeros_like(wanted), wanted]).astype(np.int64)
    found = []
    for joined in (True, False):
        known = np.concatenate([kept, np.ones(pair.values.size, dtype=bool)])
        rows = _stacked(pair, joined=joined)
        table = fitting(rows[known], values[known])
        if table is not None:
            found.append(System(rows, table, fixed, needs, or_none=True))
    return found


def _stacked(pair: Pair, *, joined: bool) -> np.ndarray:
    """Rows over the smaller table, then the change; the larger table is the sum of both."""
    new = pair.new if joined else np.zeros_like(pair.new)
    old = np.zeros_like(pair.old) if joined else pair.old
    return np.block([[pair.new, new], [pair.old, old]])


def moved(pair: Pair, k: int) -> np.ndarray:
    """Booleans over the new figures: those of the earlier release that moved by 1 to k - 1."""
    now = pair.new @ pair.counts
    known = {row.tobytes(): int(value) for row, value in zip(pair.old, pair.values, strict=True)}
    before = [known.get(row.tobytes()) for row in pair.new]
    return np.array(
        [old is not None and 0 < abs(old - new) < k for old, new in zip(before, now, strict=True)],
        dtype=bool,
    )
