"""A release: the asked figures of a table, with what must be kept back kept back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cordee.population.disclosure.cells import Key, Lattice, Rules, Table
from cordee.population.disclosure.evidence import Evidence, evidence
from cordee.population.disclosure.noise import noise
from cordee.population.disclosure.protection import open_classes
from cordee.population.disclosure.released import Hidden, Merged, Outcome, Released, Shown
from cordee.population.disclosure.rows import Rows, rows
from cordee.population.disclosure.versions import check_known, earlier, footprint
from cordee.runtime.errors import InvalidRequest


def release(
    table: Table, lattice: Lattice, rules: Rules, before: Sequence[Released] = ()
) -> Released:
    """The release of a table, safe by itself and beside the releases handed in `before`.

    Raises `InvalidRequest` for an area that is not known, or a dimension that the table lacks.
    """
    stand, found = _prepared(table, lattice, rules, before)
    hidden = found.hidden
    hidden = found.solved(rules.k)
    figures = _figures(table, rules, (stand, found), hidden)
    return Released(table.stamp, rules.k, figures, *_named(stand, lattice), noise=rules.noise)


def audit(
    table: Table, lattice: Lattice, released: Released, before: Sequence[Released] = ()
) -> int:
    """How many groups could be pinned in a release of a table; 0 unless something is wrong.

    It asks the same question as `release`, of the figures that are really shown.
    """
    rules = Rules(k=released.k)
    keys = [key for key, got in released.figures.items() if not isinstance(got, Merged)]
    prints = [footprint(key, _communes(released, key), lattice) for key in keys]
    found = evidence(table, rules, prints, earlier(table.stamp, before, rules))
    hidden = np.array([isinstance(released.figures[key], Hidden) for key in keys])
    systems = [*found.systems, *found.over_time(hidden, rules.k)]
    return sum(
        open_classes(each, np.pad(hidden, (0, each.rows.shape[0] - hidden.size)))
        for each in systems
    )


def _communes(released: Released, key: Key) -> frozenset[str]:
    return frozenset(released.areas[key.level][key.area])


def _prepared(
    table: Table, lattice: Lattice, rules: Rules, before: Sequence[Released]
) -> tuple[Rows, Evidence]:
    if not table.cells:
        raise InvalidRequest("A table without cells says nothing.")
    stand = rows(table, lattice, rules, before)
    prints = [footprint(key, own, lattice) for key, own in stand.communes.items()]
    past = earlier(table.stamp, before, rules)
    check_known(past, table, lattice)
    return stand, evidence(table, rules, prints, past)


def _figures(
    table: Table, rules: Rules, what: tuple[Rows, Evidence], hidden: np.ndarray
) -> dict[Key, Outcome]:
    stand, found = what
    new = found.over.rows[: hidden.size]
    n, d = new @ found.over.n, new @ found.over.d
    keys = np.array([cell.record_keys for cell in table.cells], dtype=object)
    figures: dict[Key, Outcome] = {}
    for at, key in enumerate(stand.communes):
        shown = Shown(int(n[at]), int(d[at]) if table.with_people else None)
        if rules.noise and not hidden[at]:
            members = np.flatnonzero(new[at][found.over.classes])
            shown = _noisy(shown, keys[members].sum(axis=0), rules)
        figures[key] = Hidden(rules.k) if hidden[at] or shown.n < rules.k else shown
    return figures | {key: Merged(row.area) for key, row in stand.into.items()}


def _noisy(shown: Shown, keys: np.ndarray, rules: Rules) -> Shown:
    """Cases and other people with the noise of their own record keys."""
    n = max(0, shown.n + noise(int(keys[0]), rules.noise, rules.secret))
    if shown.d is None:
        return Shown(n)
    others = shown.d - shown.n + noise(int(keys[1]), rules.noise, rules.secret)
    return Shown(n, n + max(0, others))


def _named(
    stand: Rows, lattice: Lattice
) -> tuple[Mapping[str, dict[str, tuple[str, ...]]], Mapping[str, dict[str, tuple[str, ...]]]]:
    """The communes of every area and the values of every label that the release names."""
    areas: dict[str, dict[str, tuple[str, ...]]] = {}
    labels: dict[str, dict[str, tuple[str, ...]]] = {}
    for key, communes in stand.communes.items():
        areas.setdefault(key.level, {})[key.area] = tuple(sorted(communes))
    for key in (*stand.communes, *stand.into):
        own = lattice.communes(key.level, key.area) if not key.area.startswith("+") else ()
        areas.setdefault(key.level, {}).setdefault(key.area, tuple(sorted(own)))
        for name, label in key.bands:
            labels.setdefault(name, {})[label] = tuple(sorted(lattice.values(name, label)))
    return areas, labels
