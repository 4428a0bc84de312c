"""Conventions between two centres as data: what moves, when, by whom, how much. Rule: C2.2."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time
from typing import Any, Final

from cordee.runtime.clock import PARIS
from cordee.runtime.errors import Issue, ResourceInvalid

UNANSWERED: Final = ""
"""The priority of a call that nobody has answered yet."""
P0: Final = "P0"
PRIORITIES: Final = (UNANSWERED, "P1", "P2", "P3")
"""What a convention may name: never P0, which no convention moves."""
TRIGGERS: Final[Mapping[str, str]] = {
    "regulateur": "Médecin régulateur",
    "arm": "Assistant de régulation médicale",
    "cadre": "Cadre de santé du SAMU",
}
DAYS: Final = 7
MOST_SHARE: Final = 50
HIGHEST_CAP: Final = 2000
_INDEX: Final = "Donnez un indice entre 0 et 1, par exemple 0,60."


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of some weekdays (Monday is 0); over midnight where it ends before it begins."""

    days: tuple[int, ...]
    begins: time
    ends: time

    def holds(self, at: datetime) -> bool:
        """Whether a moment lies within, in the hours of Paris."""
        local = at.astimezone(PARIS)
        hour, day = local.time().replace(tzinfo=None), local.weekday()
        if self.begins < self.ends:
            return day in self.days and self.begins <= hour < self.ends
        evening = day in self.days and hour >= self.begins
        return evening or ((day - 1) % DAYS in self.days and hour < self.ends)


ALWAYS: Final = Window(tuple(range(DAYS)), time(0), time(0))


@dataclass(frozen=True, slots=True)
class Terms:
    """What two centres agree on. The same terms bind both ways.

    `share` is the most that may be moved, in percent of the calls that are not P0; `start` the
    index from which the saturated centre may propose, `stop` that from which the neighbour takes
    no more; `cap_hours` the balance of hours beyond which both must meet. `motives` are beginnings
    of codes of the Hub (`M02`), none for all. `automatic` are the centres that accept without
    being asked: an episode opens by itself only when both are there.
    """

    share: int = 20
    start: float = 0.60
    stop: float = 0.60
    priorities: frozenset[str] = frozenset({UNANSWERED, "P2", "P3"})
    motives: tuple[str, ...] = ()
    hours: tuple[Window, ...] = (ALWAYS,)
    triggers: frozenset[str] = frozenset({"regulateur", "cadre"})
    automatic: frozenset[str] = frozenset()
    cap_hours: int = 40
    from_day: date | None = None
    to_day: date | None = None


@dataclass(frozen=True, slots=True)
class Convention:
    """One version of the terms between two centres, and who has signed it."""

    id: str
    version: int
    first: str
    second: str
    terms: Terms
    signed: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_signed(self) -> bool:
        """Whether both ends have signed this version."""
        return self.first in self.signed and self.second in self.signed

    def other(self, centre: str) -> str:
        """The centre at the other end; raises `ValueError` for one that is no party."""
        if centre not in (self.first, self.second):
            raise ValueError("this centre is no party to the convention")
        return self.second if centre == self.first else self.first

    def stands(self, at: datetime) -> bool:
        """Whether it can be called upon at a moment: signed by both, within its days and hours."""
        day, terms = at.astimezone(PARIS).date(), self.terms
        begun = terms.from_day is None or terms.from_day <= day
        over = terms.to_day is not None and day > terms.to_day
        return self.is_signed and begun and not over and any(w.holds(at) for w in terms.hours)

    @property
    def is_automatic(self) -> bool:
        """Whether both ends allow an episode without a person who asks. Rule: C2.3."""
        return {self.first, self.second} <= self.terms.automatic


def check(terms: Terms, ends: Collection[str]) -> None:
    """Returns when terms can be proposed; raises `ResourceInvalid` with each problem."""
    begins, ends_on = terms.from_day or date.min, terms.to_day or date.max
    rules = (
        ("share", 1 <= terms.share <= MOST_SHARE, f"Donnez une part de 1 à {MOST_SHARE} %."),
        ("start", 0 < terms.start <= 1, _INDEX),
        ("stop", 0 < terms.stop <= 1, _INDEX),
        ("priorities", _among(terms.priorities, PRIORITIES), "Choisissez les appels concernés."),
        ("hours", _has_days(terms.hours), "Donnez au moins un jour et ses heures."),
        ("triggers", _among(terms.triggers, TRIGGERS), "Dites qui peut proposer le délestage."),
        ("automatic", terms.automatic <= set(ends), "Seul un signataire accepte à l’avance."),
        ("cap_hours", 1 <= terms.cap_hours <= HIGHEST_CAP, f"Donnez de 1 à {HIGHEST_CAP} heures."),
        ("to_day", begins <= ends_on, "La fin vient après le début."),
    )
    wrong = [(where, text) for where, is_right, text in rules if not is_right]
    if wrong:
        raise ResourceInvalid([Issue("error", "invalid", text, (where,)) for where, text in wrong])


def as_data(terms: Terms) -> dict[str, Any]:
    """Terms as JSON: what is stored, signed and sent."""
    made = asdict(terms)
    made |= {name: sorted(made[name]) for name in ("priorities", "triggers", "automatic")}
    made["motives"] = list(terms.motives)
    made["hours"] = [
        {"days": list(w.days), "begins": w.begins.isoformat(), "ends": w.ends.isoformat()}
        for w in terms.hours
    ]
    for name in ("from_day", "to_day"):
        made[name] = made[name].isoformat() if made[name] else None
    return made


def from_data(said: Mapping[str, Any]) -> Terms:
    """Terms of their JSON; raises `KeyError` or `ValueError` when it is none."""
    return Terms(
        share=int(said["share"]), start=float(said["start"]), stop=float(said["stop"]),
        priorities=frozenset(said["priorities"]), motives=tuple(said["motives"]),
        hours=tuple(_window(one) for one in said["hours"]),
        triggers=frozenset(said["triggers"]), automatic=frozenset(said["automatic"]),
        cap_hours=int(said["cap_hours"]), from_day=_day(said["from_day"]),
        to_day=_day(said["to_day"]),
    )  # fmt: skip


def in_force(known: Sequence[Convention], origin: str, at: datetime) -> list[Convention]:
    """The conventions that a centre can call upon at a moment, by their id: the newest signed."""
    newest: dict[str, Convention] = {}
    for one in known:
        if one.is_signed and origin in (one.first, one.second):
            kept = newest.get(one.id)
            newest[one.id] = one if kept is None or one.version > kept.version else kept
    return [newest[key] for key in sorted(newest) if newest[key].stands(at)]


def _among(chosen: Collection[str], known: Collection[str]) -> bool:
    return bool(chosen) and all(one in known for one in chosen)


def _has_days(windows: Collection[Window]) -> bool:
    return bool(windows) and all(one.days for one in windows)


def _window(said: Mapping[str, Any]) -> Window:
    return Window(
        tuple(said["days"]), time.fromisoformat(said["begins"]), time.fromisoformat(said["ends"])
    )


def _day(said: str | None) -> date | None:
    return date.fromisoformat(said) if said else None
