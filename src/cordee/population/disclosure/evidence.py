"""All that an attacker could hold of a release: its own figures, and those that went before.

Two quantities are guarded: the cases, and the people who are no cases (where denominators are
published). People at large are their sum, so that they are guarded with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cordee.population.disclosure.cells import Rules, Table
from cordee.population.disclosure.incidence import Footprint, Incidence, distinct_columns, incidence
from cordee.population.disclosure.protection import protect
from cordee.population.disclosure.released import Shown
from cordee.population.disclosure.sensitivity import margin, needs, small
from cordee.population.disclosure.system import System
from cordee.population.disclosure.versions import Earlier, Pair, changes, moved


@dataclass(frozen=True, slots=True)
class Evidence:
    """`systems` and `pairs` to be solved, `hidden`: figures that are sensitive by themselves.

    The first rows of each system are the figures of the release, in their order.
    """

    over: Incidence
    hidden: np.ndarray
    systems: tuple[System, ...]
    pairs: tuple[Pair, ...]
    costs: np.ndarray

    def solved(self, k: int) -> np.ndarray:
        """The figures to hide (booleans).

        What is hidden may let a supposition about changes stand that was refuted before, so that
        these are made anew until nothing more is hidden.
        """
        hidden = protect(self.systems, self.hidden, self.costs)
        while self.pairs:
            more = protect(self.over_time(hidden, k), hidden, self.costs)
            if np.array_equal(more, hidden):
                break
            hidden = more
        return hidden

    def over_time(self, hidden: np.ndarray, k: int) -> list[System]:
        """The systems of changes, while `hidden` is kept back."""
        return [each for pair in self.pairs for each in changes(pair, hidden, k)]


def evidence(
    table: Table, rules: Rules, footprints: Sequence[Footprint], past: Sequence[Earlier]
) -> Evidence:
    """The evidence of a release with figures over `footprints`, beside the releases of `past`."""
    every = [*footprints, *(each for one in past for each in one.footprints)]
    over = incidence(table, every)
    new = over.rows[: len(footprints)]
    n, d = new @ over.n, new @ over.d
    hidden = small(n, d if table.with_people else None, rules.k)
    lifts = _dominated(table, rules, over, new)
    hidden[[row for row, _ in lifts]] = True
    limits = over.d if table.people_known and table.with_people else None
    wanted = np.maximum(needs(over.n, rules.k), _margins(table, rules, over))
    quantities = [_Quantity(over.n, wanted, tuple(lifts), limits, cases=True)]
    if table.with_people:
        people = over.d - over.n
        quantities.append(_Quantity(people, needs(people, rules.k), (), limits, cases=False))
    systems, pairs = [], []
    for each in quantities:
        system, more = _systems(each, rules, over, (len(footprints), past))
        systems.append(system)
        pairs += more
        hidden[[row for row, _ in system.lifts]] = True
    return Evidence(over, hidden, tuple(systems), tuple(pairs), np.sqrt(n + rules.k))


@dataclass(frozen=True, slots=True)
class _Quantity:
    counts: np.ndarray
    needs: np.ndarray
    lifts: tuple[tuple[int, int], ...]
    limits: np.ndarray | None
    cases: bool

    def of(self, shown: Shown) -> int:
        return shown.n if self.cases else (shown.d or 0) - shown.n


def _systems(
    what: _Quantity, rules: Rules, over: Incidence, where: tuple[int, Sequence[Earlier]]
) -> tuple[System, list[Pair]]:
    """The system of one quantity, and what it is compared with in earlier releases."""
    size, past = where
    at, same, others = size, [np.arange(size)], []
    for each in past:
        positions = np.arange(at, at + len(each.footprints))
        at += len(each.footprints)
        if each.same:
            same.append(positions)
        elif what.cases or all(one.d is not None for one in each.shown):
            others.append((each, positions))
    rows = over.rows[np.concatenate(same)]
    known = {row.tobytes() for row in rows[size:]}
    fixed = np.array([at >= size or row.tobytes() in known for at, row in enumerate(rows)])
    lifts, pairs = dict(what.lifts), []
    for each, positions in others:
        values = np.array([what.of(one) for one in each.shown], dtype=np.int64)
        pair = Pair(rows, fixed, what.counts, over.rows[positions], values, what.limits)
        pairs.append(pair)
        for row in np.flatnonzero(moved(pair, rules.k) & ~fixed).tolist():
            need = int(rows[row] @ what.counts) + rules.k
            lifts[row] = max(need, lifts.get(row, 0))
    wanted = _attainable(what, rows[size:], rules.k)
    return System(rows, what.counts, fixed, wanted, tuple(lifts.items()), what.limits), pairs


def _attainable(what: _Quantity, earlier: np.ndarray, k: int) -> np.ndarray:
    """The needs, as far as earlier figures leave room for them, and never less than k.

    A class inside an earlier figure of 12 can be no more than 12, whatever is hidden now.
    """
    first, kind = distinct_columns(earlier)
    room = np.bincount(kind, weights=what.counts, minlength=first.size)[kind].astype(np.int64)
    short = earlier.any(axis=0) & (room >= k) & (room < what.needs)
    return np.where(short, room, what.needs)


def _dominated(
    table: Table, rules: Rules, over: Incidence, new: np.ndarray
) -> list[tuple[int, int]]:
    """Figures that one structure dominates, with what each must be able to reach."""
    parts = _parts(table, over)
    if not any(parts):
        return []
    found = []
    for at, row in enumerate(new):
        total: dict[str, int] = {}
        for kind in np.flatnonzero(row).tolist():
            for structure, count in parts[kind].items():
                total[structure] = total.get(structure, 0) + count
        n = int(over.n[row].sum())
        if more := margin(total, n, rules):
            found.append((at, n + more))
    return found


def _margins(table: Table, rules: Rules, over: Incidence) -> np.ndarray:
    """What each dominated class must be able to reach, 0 for the others."""
    found = np.zeros(over.n.size, dtype=np.int64)
    for kind, parts in enumerate(_parts(table, over)):
        n = int(over.n[kind])
        if more := margin(parts, n, rules):
            found[kind] = n + more
    return found


def _parts(table: Table, over: Incidence) -> list[dict[str, int]]:
    """The cases that each structure brings to each class."""
    found: list[dict[str, int]] = [{} for _ in range(over.n.size)]
    for cell, kind in zip(table.cells, over.classes.tolist(), strict=True):
        for structure, count in cell.structures:
            found[kind][structure] = found[kind].get(structure, 0) + count
    return found
