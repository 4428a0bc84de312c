"""A program that attacks releases of figures, with what was published and nothing else.

It shares no code with the product: it reads the JSON of releases, knows which communes make up
which area, and tries to show that some set of people holds fewer than k. It knows five ways:
differences and unions of published sets, exact elimination in whole numbers, bounds by linear
programming over whole numbers, changes between versions under the suppositions that people only joined or only left,
and direct differences of the same figure over time.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linprog, milp


@dataclass(frozen=True)
class Find:
    """One thing recovered: by what way, over which groups, and what was proven (at most)."""

    way: str
    groups: frozenset[int]
    value: int


@dataclass(frozen=True)
class Equation:
    atoms: frozenset[int]
    value: int


def equations(
    release: dict[str, Any], atoms: Sequence[dict[str, str]]
) -> dict[str, list[Equation]]:
    """What a release says of the cases, of the others and of all people."""
    found: dict[str, list[Equation]] = {"cases": [], "others": []}
    for level, area, bands, got in release["figures"]:
        if not got or "n" not in got:
            continue
        communes = set(release["areas"][level][area])
        wanted = {name: set(release["labels"][name][label]) for name, label in bands}
        inside = frozenset(
            at
            for at, atom in enumerate(atoms)
            if atom["commune"] in communes and all(atom[name] in v for name, v in wanted.items())
        )
        found["cases"].append(Equation(inside, got["n"]))
        if got["d"] is not None:
            found["others"].append(Equation(inside, got["d"] - got["n"]))
    return found


def attack(
    releases: Sequence[dict[str, Any]], atoms: Sequence[dict[str, str]], k: int = 11
) -> list[Find]:
    """Everything that can be shown of the last release beside the ones that went before."""
    last = equations(releases[-1], atoms)
    same = [r for r in releases if r["stamp"] == releases[-1]["stamp"]]
    others = [r for r in releases if r["stamp"] != releases[-1]["stamp"]]
    found: list[Find] = []
    for quantity, mine in last.items():
        now = [e for r in same for e in equations(r, atoms)[quantity]]
        found += still(now, len(atoms), k)
        for release in others:
            then = equations(release, atoms)[quantity]
            found += moving(mine, then, len(atoms), k)
    return found


def still(known: Sequence[Equation], count: int, k: int) -> list[Find]:
    """One moment: differences, unions, elimination and bounds."""
    if not known:
        return []
    found = _differences(known, k)
    matrix = _matrix(known, count)
    values = [e.value for e in known]
    for groups, value in _eliminated(matrix, values):
        if 0 <= value < k:
            found.append(Find("elimination", frozenset(groups), value))
    for group, value in _bounded(matrix, values, range(matrix.shape[1]), k):
        found.append(Find("bounds", frozenset((group,)), value))
    return found


def _differences(known: Sequence[Equation], k: int) -> list[Find]:
    """Sets inside sets, and unions of two that do not meet beside a third."""
    sums = [("difference", e) for e in known]
    if len(known) <= 60:
        sums += [
            ("union", Equation(a.atoms | b.atoms, a.value + b.value))
            for a, b in itertools.combinations(known, 2)
            if not a.atoms & b.atoms
        ]
    found = []
    for way, e in sums:
        for one in known:
            for larger, smaller in ((e, one), (one, e)):
                if smaller.atoms < larger.atoms and larger.value - smaller.value < k:
                    rest = larger.atoms - smaller.atoms
                    found.append(Find(way, rest, larger.value - smaller.value))
    return found


def _matrix(known: Sequence[Equation], count: int) -> np.ndarray:
    """Equations over groups of atoms that stand in the same equations; atoms in none left out."""
    columns = dict.fromkeys(tuple(at in e.atoms for e in known) for at in range(count))
    matrix = np.array([column for column in columns if any(column)], dtype=int).T
    return matrix.reshape(len(known), -1)


def _eliminated(matrix: np.ndarray, values: Sequence[int]) -> list[tuple[list[int], int]]:
    """Sets of groups whose sum follows exactly, from reduced rows, their sums and differences."""
    rows = _reduced(np.column_stack([matrix, values]).astype(object))
    tried = list(rows)
    if len(rows) <= 16:
        for a, b in itertools.combinations(rows, 2):
            tried += [a + b, a - b]
    found = []
    for row in tried:
        inside = np.flatnonzero(row[:-1])
        kinds = set(row[inside])
        if len(kinds) == 1 and not row[-1] % (by := kinds.pop()):
            found.append((inside.tolist(), int(row[-1] // by)))
    return found


def _reduced(rows: np.ndarray) -> np.ndarray:
    """Gauss-Jordan in whole numbers of any length, so that nothing is rounded."""
    done = 0
    for column in range(rows.shape[1] - 1):
        below = np.flatnonzero(rows[done:, column])
        if not below.size:
            continue
        pivot = done + int(below[0])
        rows[[done, pivot]] = rows[[pivot, done]]
        for r in np.flatnonzero(rows[:, column]).tolist():
            if r != done:
                mixed = rows[r] * rows[done, column] - rows[done] * rows[r, column]
                rows[r] = mixed // (math.gcd(*mixed) or 1)
        done += 1
    return rows[:done]


def _bounded(
    matrix: np.ndarray, values: Sequence[int], wanted: Sequence[int], k: int
) -> list[tuple[int, int]]:
    """Groups that no fitting table raises to k, with the most they can be."""
    seen = np.zeros(matrix.shape[1])
    found = []
    for group in wanted:
        if seen[group] >= k - 1e-6:
            continue
        cost = np.zeros(matrix.shape[1])
        cost[group] = -1
        cost[seen < k] -= 1e-6
        got = linprog(cost, A_eq=matrix, b_eq=values, method="highs")
        if got.status == 3:
            continue
        if got.status != 0:
            return []
        table = got.x
        if np.abs(table - np.rint(table)).max() > 1e-6:  # people come in whole numbers
            exact = milp(
                np.where(np.arange(cost.size) == group, -1.0, 0.0),
                integrality=np.ones(cost.size),
                constraints=(matrix, values, values),
            )
            if exact.x is None:
                continue
            table = np.rint(exact.x)
        seen = np.maximum(seen, table)
        if table[group] < k - 1e-4:
            found.append((group, int(table[group] + 1e-4)))
    return found


def moving(now: Sequence[Equation], then: Sequence[Equation], count: int, k: int) -> list[Find]:
    """Two moments: the same figure that moved a little, then who joined or left, by bounds."""
    found = []
    before = {e.atoms: e.value for e in then}
    for e in now:
        change = abs(e.value - before.get(e.atoms, e.value))
        if 0 < change < k:
            found.append(Find("version", e.atoms, change))
    if not now or not then:
        return found
    for larger, smaller in ((now, then), (then, now)):
        found += _joined(larger, smaller, count, k)
    return found


def _joined(
    larger: Sequence[Equation], smaller: Sequence[Equation], count: int, k: int
) -> list[Find]:
    """Supposes that each group of `larger` is the one of `smaller` and those who joined."""
    columns = _matrix([*larger, *smaller], count)
    upper, lower = columns[: len(larger)], columns[len(larger) :]
    matrix = np.block([[upper, upper], [lower, np.zeros_like(lower)]])
    values = [e.value for e in (*larger, *smaller)]
    size = columns.shape[1]
    change = range(size, 2 * size)
    found = _bounded(matrix, values, change, k)
    return [Find("joined", frozenset((at - size,)), top) for at, top in found if top >= 1]
