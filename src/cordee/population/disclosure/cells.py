"""What disclosure control is given: counts of the smallest groups, areas and bands, and the rules.

A level of areas is one partition of the communes; levels need not nest (an EPCI may straddle
two départements), so nothing here supposes a tree. A dimension (sex, age, quintile) is split in
bands whose labels may overlap too ("65 et plus" beside "75 et plus").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cordee.runtime.errors import InvalidRequest

K: Final = 11
"""The smallest number of people a published figure may stand for (requirements G1.6, G2.1)."""


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """One asked figure: an area of a level, and the bands of the dimensions that are fixed.

    `bands` holds pairs (dimension, label) in the order of the dimensions' names; a dimension that
    is not named is summed over.
    """

    level: str
    area: str
    bands: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """The counts of one smallest group: one commune, one value of each dimension.

    `n` cases among `d` people (`d` is None where no denominator is published). `structures` are
    the cases brought by each structure, for dominance. `record_keys` is the sum of the record
    keys of the cases and of the people (see `noise`), for the noise mode.
    """

    commune: str
    values: tuple[tuple[str, str], ...]
    n: int
    d: int | None = None
    structures: tuple[tuple[str, int], ...] = ()
    record_keys: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Lattice:
    """Areas and bands, each as the atoms that it is made of.

    `areas[level][code]` are communes; `labels[dimension][label]` are values of the cells. A label
    that is not listed stands for the value of the same name. `neighbours[level][code]` are the
    areas that touch, `parents[level][code]` the département that comes first when areas merge.
    """

    areas: Mapping[str, Mapping[str, frozenset[str]]]
    labels: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    neighbours: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    parents: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def communes(self, level: str, code: str) -> frozenset[str]:
        """The communes of an area; raises `InvalidRequest` for an area that is not known."""
        try:
            return self.areas[level][code]
        except KeyError:
            raise InvalidRequest(f"Territoire inconnu : {level} {code}.") from None

    def values(self, dimension: str, label: str) -> frozenset[str]:
        """The values of the cells that a label stands for."""
        return self.labels.get(dimension, {}).get(label, frozenset((label,)))


@dataclass(frozen=True, slots=True)
class Stamp:
    """What was counted and when, so that two releases can be compared.

    `subject` names the counted people (indicator and its version), `version` the load of the
    data: equal subject, period and version mean the same people. `start` and `end` are ISO dates,
    equal for a stock on one day.
    """

    subject: str
    version: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Table:
    """The counts of all smallest groups, and the figures that are asked of them.

    `people_known`: anybody can look up how many people each smallest group has, as in a census.
    """

    cells: tuple[Cell, ...]
    asked: tuple[Key, ...]
    stamp: Stamp
    people_known: bool = False

    def __post_init__(self) -> None:
        """Raises `InvalidRequest` for counts that cannot be."""
        if any(cell.n < 0 or (cell.d is not None and cell.d < cell.n) for cell in self.cells):
            raise InvalidRequest("A cell has more cases than people, or a negative count.")
        if len({cell.d is None for cell in self.cells}) > 1:
            raise InvalidRequest("Some cells have a denominator and some have none.")
        if len({tuple(name for name, _ in cell.values) for cell in self.cells}) > 1:
            raise InvalidRequest("All cells carry the same dimensions, in the same order.")

    @property
    def with_people(self) -> bool:
        """Whether denominators are published beside the cases."""
        return bool(self.cells) and self.cells[0].d is not None


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a release; the defaults are those of the requirements.

    `dominant`: a figure of which one structure brings more than this share is kept back.
    `p_percent`: one is kept back too if the second structure could guess the first one's part to
    within this share (p% rule; Hundepool et al., Statistical Disclosure Control, 2012, 4.2.2).
    `turnover_days`: the net change between two dates that are nearer than this is held to be a
    group of people. `merge`: levels whose small areas join their neighbours. `noise`: half-width
    of the noise on what is shown, 0 for none. `secret`: the key of that noise.
    """

    k: int = K
    dominant: float = 0.85
    p_percent: float = 0.10
    turnover_days: int = 180
    merge: tuple[str, ...] = ()
    noise: int = 0
    secret: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        """Raises `InvalidRequest` for rules that protect nobody."""
        if self.k < 2:  # noqa: PLR2004
            raise InvalidRequest("The threshold k is at least 2.")
        if self.noise and len(self.secret) != 16:  # noqa: PLR2004
            raise InvalidRequest("The noise needs a secret of 16 bytes.")
