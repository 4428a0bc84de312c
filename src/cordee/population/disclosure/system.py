"""The linear system an attacker holds, and how far it lets a class move (LP with HiGHS).

Unknowns are the counts of the classes: whole numbers, not negative. Each published figure is one
equation. `reachable` looks for tables that fit every equation and in which classes are larger
than they really are; such a table is a proof that nobody can know better, and it is checked in
whole numbers, so that nothing rests on the tolerances of the solver.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import sparse
from scipy.optimize import linprog, milp

from cordee.population.disclosure.incidence import distinct_columns

_SECONDS: Final = 2.0
_ROUNDED: Final = 1e-6


@dataclass(frozen=True, slots=True)
class System:
    """Figures over classes, with a table that fits them.

    `rows`: booleans (figures x classes). `counts`: a table that fits (the real one). `fixed`:
    figures that were published earlier and cannot be hidden. `needs`: what each class has to be
    able to reach, 0 for none. `lifts`: the same for whole figures, by position. `limits`: the most
    that each class can be, where everybody knows it. `or_none`: a class that cannot be anything
    but 0 is let be (nobody is in it; used for changes in time).
    """

    rows: np.ndarray
    counts: np.ndarray
    fixed: np.ndarray
    needs: np.ndarray
    lifts: tuple[tuple[int, int], ...] = ()
    limits: np.ndarray | None = None
    or_none: bool = False


@dataclass(frozen=True, slots=True)
class Reduced:
    """A system of the published figures only: classes they do not tell apart are one group."""

    rows: np.ndarray
    """Positions of the published figures."""
    matrix: sparse.csr_matrix
    counts: np.ndarray
    needs: np.ndarray
    kind: np.ndarray
    """The group of each class."""
    limits: np.ndarray
    """The most that each group can be (floats, inf where it is not known)."""

    @property
    def values(self) -> np.ndarray:
        """What was published."""
        return (self.matrix @ self.counts).astype(np.int64)


def reduced(system: System, hidden: np.ndarray) -> Reduced:
    """The system without its hidden figures.

    A group needs what the neediest of its classes needs, since all of the group may be in that one
    class. Groups that stand in no figure are unbounded and need nothing.
    """
    rows = np.flatnonzero(system.fixed | ~hidden)
    matrix = system.rows[rows]
    first, kind = distinct_columns(matrix)
    counts = np.bincount(kind, weights=system.counts, minlength=len(first)).astype(np.int64)
    needs = np.zeros(len(first), dtype=np.int64)
    np.maximum.at(needs, kind, system.needs)
    columns = matrix[:, first]
    needs[~columns.any(axis=0)] = 0
    limits = np.full(len(first), np.inf)
    if system.limits is not None:
        limits = np.bincount(kind, weights=system.limits, minlength=len(first))
        needs = np.minimum(needs, limits).astype(np.int64)
    return Reduced(rows, sparse.csr_matrix(columns.astype(float)), counts, needs, kind, limits)


def unreached(system: Reduced) -> np.ndarray:
    """Positions of the groups for which no fitting table was found at once; few or none are safe.

    Each program raises many groups together, as far as they need; what it raises is proven.
    """
    open_ = np.flatnonzero(system.counts < system.needs)
    while open_.size:
        table = _raised(system, open_, system.needs[open_])
        if table is None:
            break
        left = open_[table[open_] < system.needs[open_]]
        if left.size == open_.size:
            break
        open_ = left
    return open_


def empty(system: Reduced, groups: np.ndarray) -> np.ndarray:
    """Those of `groups` that every fitting table leaves at nothing."""
    while groups.size:
        best = _raised(system, groups, np.ones(groups.size, dtype=np.int64), whole=False)
        if best is None:
            break
        found = best[groups] > _ROUNDED
        if not found.any():
            break
        groups = groups[~found]
    return groups


def _raised(
    system: Reduced, groups: np.ndarray, needs: np.ndarray, *, whole: bool = True
) -> np.ndarray | None:
    """A fitting table that raises as many of `groups` as it can; None if none is found."""
    size, more = system.counts.size, groups.size
    picks = sparse.csr_matrix((np.ones(more), (np.arange(more), groups)), shape=(more, size))
    cost = np.concatenate([np.zeros(size), -np.ones(more)])
    below = sparse.hstack([-picks, sparse.identity(more)], format="csr")
    equal = sparse.hstack(
        [system.matrix, sparse.csr_matrix((system.values.size, more))], format="csr"
    )
    high = np.concatenate([system.limits, needs])
    found = linprog(
        cost,
        A_ub=below,
        b_ub=np.zeros(more),
        A_eq=equal,
        b_eq=system.values,
        bounds=np.column_stack([np.zeros(size + more), high]),
        method="highs",
    ).x
    if found is None or not whole:
        return None if found is None else found[:size]
    table = np.rint(found[:size]).astype(np.int64)
    if not np.array_equal(system.matrix @ table, system.values):
        fits = [(equal, system.values, system.values), (below, -np.inf, 0)]
        found = milp(
            cost,
            integrality=np.concatenate([np.ones(size), np.zeros(more)]),
            bounds=(0, high),
            constraints=fits,
            options={"time_limit": _SECONDS, "mip_rel_gap": 0.2},
        ).x
        if found is None:
            return None
        table = np.rint(found[:size]).astype(np.int64)
    return table if np.array_equal(system.matrix @ table, system.values) else None


def fitting(rows: np.ndarray, values: np.ndarray) -> np.ndarray | None:
    """Any table of whole numbers that fits figures over classes; None if there is none."""
    first, kind = distinct_columns(rows)
    matrix = sparse.csr_matrix(rows[:, first].astype(float))
    zeros = np.zeros(first.size)
    found = linprog(zeros, A_eq=matrix, b_eq=values, method="highs").x
    if found is not None and not np.array_equal(matrix @ np.rint(found), values):
        limit = {"time_limit": _SECONDS}
        fits = (matrix, values, values)
        found = milp(zeros, integrality=zeros + 1, constraints=fits, options=limit).x
    if found is None:
        return None
    table = np.zeros(kind.size, dtype=np.int64)
    table[first] = np.rint(found)
    return table


@dataclass(frozen=True, slots=True)
class Goal:
    """Groups whose sum is to reach `need`."""

    groups: np.ndarray
    need: int


def cheapest(system: Reduced, goal: Goal, costs: np.ndarray, free: np.ndarray) -> np.ndarray | None:
    """Published figures to hide so that a goal is reached: booleans over `system.rows`.

    `costs`: what it costs to move each published figure by one; `free`: which may be hidden.
    The program of Fischetti and Salazar-González for one cell (Management Science 47-7, 2001),
    relaxed: the sum of costs of the moves is least. None: not even hiding all of them is enough.
    """
    for whole in (False, True):
        found = _least(system, goal, costs, free, whole=whole)
        if found is None:
            return None
        table = np.rint(found[: system.counts.size]).astype(np.int64)
        exact = whole or np.abs(found[: system.counts.size] - table).max() < _ROUNDED
        moved = np.not_equal(system.matrix @ table, system.values)
        if exact and table[goal.groups].sum() >= goal.need and not (moved & ~free).any():
            return moved
    return None


def _least(
    system: Reduced, goal: Goal, costs: np.ndarray, free: np.ndarray, *, whole: bool = False
) -> np.ndarray | None:
    rows, size = system.values.size, system.counts.size
    at = np.flatnonzero(free)
    slack = sparse.csr_matrix((np.ones(at.size), (at, np.arange(at.size))), shape=(rows, at.size))
    cost = np.concatenate([np.zeros(size), costs[at], costs[at]])
    equal = sparse.hstack([system.matrix, slack, -slack], format="csr")
    picks = np.zeros(cost.size)
    picks[goal.groups] = 1
    high = np.concatenate([system.limits, np.full(2 * at.size, np.inf)])
    if not whole:
        got = linprog(
            cost,
            A_ub=-picks[None, :],
            b_ub=[-goal.need],
            A_eq=equal,
            b_eq=system.values,
            bounds=np.column_stack([np.zeros(cost.size), high]),
            method="highs",
        )
        return got.x
    got = milp(
        cost,
        integrality=np.concatenate([np.ones(size), np.zeros(2 * at.size)]),
        bounds=(0, high),
        constraints=[
            (equal, system.values, system.values),
            (picks[None, :], goal.need, np.inf),
        ],
        options={"time_limit": _SECONDS},
    )
    return got.x
