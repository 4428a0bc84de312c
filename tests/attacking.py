"""A program that attacks releases of figures, with what was published and nothing else.

It shares no code with the product: it reads the JSON of releases, knows which communes make up
which area, and tries to show that some set of people holds fewer than k. It knows five ways:
differences and unions of published sets, exact elimination in whole numbers, bounds by linear
programming over whole numbers, changes between versions under the suppositions that people only joined or only left,
and direct differences of the same figure over time.
"""

from __future__ import annotations

import itertools
import json
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
    releases: Sequence[dict[str, Any]],
    atoms: Sequence[dict[str, str]],
    people: Sequence[int] | None = None,
    k: int = 11,
) -> list[Find]:
    """Everything that can be shown of the last release beside the ones that went before.

    `people`: how many live in each atom, where the attacker could look it up.
    """
    same = [r for r in releases if r["stamp"] == releases[-1]["stamp"]]
    others = [r for r in releases if r["stamp"] != releases[-1]["stamp"]]
    found: list[Find] = []
    for quantity in ("cases", "others"):
        now = [e for r in same for e in equations(r, atoms)[quantity]]
        found += still(now, people or [10**9] * len(atoms), k)
        for stamp in {json.dumps(r["stamp"]) for r in others}:
            one_time = [r for r in others if json.dumps(r["stamp"]) == stamp]
            then = [e for r in one_time for e in equations(r, atoms)[quantity]]
            found += moving(now, then, people or [10**9] * len(atoms), k)
    return found


def still(known: Sequence[Equation], people: Sequence[int], k: int) -> list[Find]:
    """One moment: differences, unions, elimination and bounds.

    What is shown of groups that have fewer than k people each counts as nothing found, unless one
    of them is shown not to be all of its people.
    """
    if not known:
        return []
    matrix = _matrix(known, len(people))
    kinds = {tuple(column): at for at, column in enumerate(matrix.T.astype(bool).tolist())}
    sizes = np.zeros(matrix.shape[1])
    group = [kinds.get(tuple(at in e.atoms for e in known)) for at in range(len(people))]
    for at, kind in enumerate(group):
        if kind is not None:
            sizes[kind] += people[at]
    values = [e.value for e in known]
    found = [
        Find(one.way, frozenset(group[at] for at in one.groups), one.value)
        for one in _differences(known, k)
    ]
    for groups, value in _eliminated(matrix, values):
        if 0 <= value < k:
            found.append(Find("elimination", frozenset(groups), value))
    found = [one for one in found if any(sizes[at] >= k for at in one.groups)]
    for at, value in _bounded(matrix, values, range(matrix.shape[1]), k, sizes):
        found.append(Find("bounds", frozenset((at,)), value))
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
    matrix: np.ndarray,
    values: Sequence[int],
    wanted: Sequence[int],
    k: int,
    sizes: np.ndarray | None = None,
) -> list[tuple[int, int]]:
    """Groups that no fitting table raises to k (or to all of their people), with the most they
    can be."""
    sizes = np.full(matrix.shape[1], 1e9) if sizes is None else sizes
    goal = np.minimum(sizes, k)
    limits = np.column_stack([np.zeros(sizes.size), sizes])
    seen = np.zeros(matrix.shape[1])
    found = []
    for group in wanted:
        if seen[group] >= goal[group] - 1e-6:
            continue
        cost = np.zeros(matrix.shape[1])
        cost[group] = -1
        cost[seen < goal] -= 1e-6
        got = linprog(cost, A_eq=matrix, b_eq=values, bounds=limits, method="highs")
        if got.status == 3:
            continue
        if got.status != 0:
            return []
        table = got.x
        if np.abs(table - np.rint(table)).max() > 1e-6:  # people come in whole numbers
            exact = milp(
                np.where(np.arange(cost.size) == group, -1.0, 0.0),
                integrality=np.ones(cost.size),
                bounds=(0, sizes),
                constraints=(matrix, values, values),
            )
            if exact.x is None:
                continue
            table = np.rint(exact.x)
        seen = np.maximum(seen, table)
        if table[group] < goal[group] - 1e-4:
            found.append((group, int(table[group] + 1e-4)))
    return found


def moving(
    now: Sequence[Equation], then: Sequence[Equation], people: Sequence[int], k: int
) -> list[Find]:
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
        found += _joined(larger, smaller, people, k)
    return found


def _joined(
    larger: Sequence[Equation], smaller: Sequence[Equation], people: Sequence[int], k: int
) -> list[Find]:
    """Supposes that each group of `larger` is the one of `smaller` and those who joined."""
    every = [*larger, *smaller]
    columns = _matrix(every, len(people))
    most = [
        max(
            p
            for at, p in enumerate(people)
            if all((at in e.atoms) == bool(x) for e, x in zip(every, column, strict=True))
        )
        for column in columns.T
    ]
    upper, lower = columns[: len(larger)], columns[len(larger) :]
    matrix = np.block([[upper, upper], [lower, np.zeros_like(lower)]])
    values = [e.value for e in (*larger, *smaller)]
    size = columns.shape[1]
    change = range(size, 2 * size)
    found = _bounded(matrix, values, change, k)
    return [
        Find("joined", frozenset((at - size,)), top)
        for at, top in found
        if 1 <= top < min(k, most[at - size])
    ]
