"""Complementary suppression: figures are hidden until no smallest group can be pinned below k.

The rule. Let a class be the smallest set of people that the asked figures can speak of. For the
cases, and for the people who are no cases, each class of v < k must be able to be v + k or more in
some table that fits every published figure. It follows that no set of people whatever - no
difference, no union, no overlap of areas - can be shown to hold fewer than k: if it could, each of
its classes could.

Where everybody knows how many people a class has (`Table.people_known`), a class of fewer than
v + k must be able to be all of them. Then the same follows for every set that has one class of k
people or more in it.

Hiding more never makes a protected class open again, so that one pass is enough; but for changes
in time, where a class that could only be empty was let be: those are gone through until none moves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cordee.population.disclosure.system import (
    Goal,
    Reduced,
    System,
    cheapest,
    empty,
    reduced,
    unreached,
)


def protect(systems: Sequence[System], hidden: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """The figures to hide: booleans, at least those of `hidden`.

    `costs`: the loss if a figure moves by one person (floats, one a figure).
    """
    found = hidden.copy()
    before = -1
    while before != found.sum():
        before = found.sum()
        for system in systems:
            _run(system, found, costs)
        if not any(system.or_none for system in systems):
            break
    return found


def _run(system: System, hidden: np.ndarray, costs: np.ndarray) -> None:
    """Hides in place; earlier figures, the last rows of a system, cannot be hidden."""
    more = (0, system.rows.shape[0] - hidden.size)
    padded, prices = np.pad(hidden, more), np.pad(costs, more)
    _lift_figures(system, padded, prices)
    _lift_classes(system, padded, prices)
    hidden |= padded[: hidden.size]


def open_classes(system: System, hidden: np.ndarray) -> int:
    """How many groups an attacker can pin, once `hidden` is kept back: the audit, 0 if safe."""
    small = reduced(system, hidden)
    left = _left(system, small)
    nothing = np.zeros(small.rows.size, dtype=bool)
    return sum(
        cheapest(small, Goal(np.array([at]), int(small.needs[at])), np.zeros(nothing.size), nothing)
        is None
        for at in left.tolist()
    )


def _left(system: System, small: Reduced) -> np.ndarray:
    left = unreached(small)
    if system.or_none and left.size:
        left = np.setdiff1d(left, empty(small, left))
    return left


def _lift_classes(system: System, hidden: np.ndarray, costs: np.ndarray) -> None:
    small = reduced(system, hidden)
    left = _left(system, small)
    members = np.array([np.flatnonzero(small.kind == at)[0] for at in left.tolist()], np.int64)
    wanted = small.needs[left]
    order = np.argsort(small.counts[left], kind="stable")
    for at in order.tolist():
        group = np.array([small.kind[members[at]]])
        if _hide(system, small, Goal(group, int(wanted[at])), (hidden, costs)):
            small = reduced(system, hidden)


def _lift_figures(system: System, hidden: np.ndarray, costs: np.ndarray) -> None:
    """Figures that are sensitive as a whole: dominated ones, and changes that isolate somebody."""
    for row, need in system.lifts:
        small = reduced(system, hidden)
        groups = np.unique(small.kind[system.rows[row]])
        if small.matrix[:, groups].getnnz(axis=0).all():
            most = min(need, small.limits[groups].sum())
            _hide(system, small, Goal(groups, int(most)), (hidden, costs))


def _hide(system: System, small: Reduced, goal: Goal, state: tuple[np.ndarray, np.ndarray]) -> bool:
    """Hides in place what one goal asks for, and says whether that was anything.

    Where the solver finds nothing, all figures over the goal are hidden.
    """
    hidden, costs = state
    if small.counts[goal.groups].sum() >= goal.need or not goal.groups.size:
        return False
    free = ~system.fixed[small.rows]
    moved = cheapest(small, goal, costs[small.rows], free)
    if moved is None:
        touching = small.matrix[:, goal.groups].getnnz(axis=1) > 0
        moved = touching & free
    hidden[small.rows[moved]] = True
    return bool(moved.any())
