"""What leaves: for each asked figure its counts, the merged group that holds it, or nothing.

A hidden figure says nothing of why: whether it is small itself or protects another one would
be information. It is never shown as zero (G2.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from cordee.population.disclosure.cells import K, Key, Stamp
from cordee.runtime.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Shown:
    """Counts that may be read by anybody: `n` cases among `d` people (None: no denominator)."""

    n: int
    d: int | None = None

    @property
    def rate(self) -> float | None:
        """Cases for one person, from the shown counts and from nothing else."""
        return self.n / self.d if self.d else None


@dataclass(frozen=True, slots=True)
class Hidden:
    """A figure that is kept back."""

    k: int = K

    @property
    def text(self) -> str:
        """The words that stand in place of the figure."""
        return f"moins de {self.k}, ou masqué pour protéger un autre chiffre"


@dataclass(frozen=True, slots=True)
class Merged:
    """The area is shown with its neighbours: `group` is the code of an area of `Released`."""

    group: str


Outcome = Shown | Hidden | Merged


@dataclass(frozen=True, slots=True)
class Released:
    """One release: all that anybody may know of a table.

    `figures` holds one outcome for each asked key, and one for each merged group (an area whose
    code begins with "+"). `areas[level][code]` are the communes of each area that is named,
    `labels[dimension][label]` the values: later releases are judged against them.
    """

    stamp: Stamp
    k: int
    figures: Mapping[Key, Outcome]
    areas: Mapping[str, Mapping[str, tuple[str, ...]]]
    labels: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    noise: int = 0

    def shown(self) -> dict[Key, Shown]:
        """The figures that carry counts."""
        return {key: got for key, got in self.figures.items() if isinstance(got, Shown)}

    def group_of(self, key: Key) -> tuple[str, ...]:
        """The communes over which the figure of a key stands, its merged group included."""
        got = self.figures[key]
        return self.areas[key.level][got.group if isinstance(got, Merged) else key.area]

    def resolved(self, key: Key) -> Shown | Hidden:
        """The figure of a key, read from its merged group where there is one."""
        got = self.figures[key]
        if isinstance(got, Merged):
            got = self.figures[Key(key.level, got.group, key.bands)]
        return got if isinstance(got, Shown) else Hidden(self.k)

    def to_json(self) -> dict[str, Any]:
        """A value of plain JSON types, for snapshots and the ledger of releases."""
        return {
            "stamp": asdict(self.stamp),
            "k": self.k,
            "noise": self.noise,
            "areas": {level: dict(codes) for level, codes in self.areas.items()},
            "labels": {name: dict(labels) for name, labels in self.labels.items()},
            "figures": [[*_plain(key), _outcome(got)] for key, got in self.figures.items()],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Released:
        """The release that `to_json` wrote; raises `InvalidRequest` for anything else."""
        try:
            figures = {
                Key(level, area, tuple((name, label) for name, label in bands)): _read(
                    got, int(value["k"])
                )
                for level, area, bands, got in value["figures"]
            }
            return cls(
                Stamp(**value["stamp"]),
                int(value["k"]),
                figures,
                _tuples(value["areas"]),
                _tuples(value["labels"]),
                int(value["noise"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidRequest(f"This is no release of figures: {error}.") from error


def _tuples(value: Mapping[str, Any]) -> dict[str, dict[str, tuple[str, ...]]]:
    return {
        outer: {code: tuple(members) for code, members in inner.items()}
        for outer, inner in value.items()
    }


def _plain(key: Key) -> list[Any]:
    return [key.level, key.area, [list(pair) for pair in key.bands]]


def _outcome(got: Outcome) -> Any:
    if isinstance(got, Shown):
        return {"n": got.n, "d": got.d}
    return {"group": got.group} if isinstance(got, Merged) else None


def _read(got: Any, k: int) -> Outcome:
    if got is None:
        return Hidden(k)
    if "group" in got:
        return Merged(got["group"])
    return Shown(int(got["n"]), None if got["d"] is None else int(got["d"]))
