"""The rules of the queues: bands of waiting, order, ageing, calls that were missed. C1.1, C1.6."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cordee.runtime import french

PRIORITIES: Final = ("P0", "P1", "P2", "P3")
P0: Final = "P0"
_HOUR: Final = 3600
_RANKS: Final = {"P0": 0, "": 1, "P1": 2, "P2": 3, "P3": 4}
"""A call of which nothing is known yet stands behind a P0 only."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A number that a floor joins to a call: an interpreter has a language."""

    name: str
    number: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Telephony:
    """The switchboard of a centre; addresses are SIP ones.

    `kind` is "" (none), "sip" or "simulated"; `posts` are telephones by name; `trunk` is how a
    number is dialled, `sip:{number}@host:port`; `notice` announces the recording, `bridge` mixes;
    `hourly` are the calls an hour of a simulated one.
    """

    kind: str = ""
    host: str = "127.0.0.1"
    port: int = 5060
    trunk: str = ""
    notice: str = ""
    bridge: str = ""
    posts: Mapping[str, str] = field(default_factory=dict[str, str])
    contacts: Sequence[Contact] = ()
    hourly: int = 12


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a centre may set: seconds of the bands, minutes before a case ages, by priority."""

    bands: tuple[int, int, int] = (30, 60, 120)
    ageing: tuple[int, int, int, int] = (2, 10, 30, 120)
    recordings_days: int = 365
    target_share: int = 90
    telephony: Telephony = field(default_factory=Telephony)

    def limit(self, priority: str) -> timedelta:
        """How long a case may wait for a physician; one without a priority as a P1."""
        return timedelta(minutes=self.ageing[int((priority or "P1")[1])])


@dataclass(frozen=True, slots=True)
class Band:
    """How long somebody has waited, in words and as a level."""

    seconds: int
    words: str
    level: str = ""

    @property
    def clock(self) -> str:
        """Minutes and seconds; hours and minutes from one hour on."""
        if self.seconds >= _HOUR:
            return self.about
        return f"{self.seconds // 60:02d}:{self.seconds % 60:02d}"

    @property
    def about(self) -> str:
        """The wait in whole minutes: `34 min`, `9 h 55`."""
        minutes = self.seconds // 60
        if self.seconds < _HOUR:
            return f"{minutes}{french.NO_BREAK}min"
        return f"{minutes // 60}{french.NO_BREAK}h{french.NO_BREAK}{minutes % 60:02d}"


def band(since: datetime, at: datetime, parameters: Parameters) -> Band:
    """The band of a wait: said in words, not by the colour alone."""
    waited = max(0, int((at - since).total_seconds()))
    first, second, third = parameters.bands
    if waited >= third:
        return Band(waited, f"plus de {third} s", "critical")
    if waited >= second:
        return Band(waited, f"plus de {second} s", "caution")
    if waited >= first:
        return Band(waited, f"plus de {first} s")
    return Band(waited, f"moins de {first} s")


def order(priority: str, since: datetime) -> tuple[int, datetime]:
    """The key by which calls and cases are sorted: priority, then wait."""
    return _RANKS[priority], since


def is_ageing(priority: str, since: datetime | None, at: datetime, parameters: Parameters) -> bool:
    """Whether a case waits for a physician for longer than its priority allows."""
    return since is not None and at - since > parameters.limit(priority)


@dataclass(frozen=True, slots=True)
class Missed:
    """Calls of one number that nobody took, as one line: the ids, the first one and the last."""

    ids: tuple[str, ...]
    first: datetime
    last: datetime


def grouped(abandoned: Iterable[tuple[bytes, str, datetime]]) -> list[Missed]:
    """One line for each number that was missed, the longest wait first; of digest, id, since."""
    by_number: dict[bytes, list[tuple[datetime, str]]] = {}
    for digest, key, since in abandoned:
        by_number.setdefault(digest, []).append((since, key))
    found = [_missed(sorted(calls)) for calls in by_number.values()]
    return sorted(found, key=lambda one: one.first)


def _missed(calls: Sequence[tuple[datetime, str]]) -> Missed:
    return Missed(tuple(key for _since, key in calls), calls[0][0], calls[-1][0])


def case_number(hub: str, department: str, at: datetime, last: int) -> str:
    """The national number of a case: client, `DRFR15`, département, year, day of year, rank."""
    return f"{hub}.DRFR15{department}{at:%y}{at:%j}{last:05d}"


def plain_name(text: str) -> str:
    """A name as it is looked for: capitals, no accents, one space between words."""
    bare = "".join(
        one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one)
    )
    words = "".join(one if one.isalnum() else " " for one in bare.upper()).split()
    return " ".join(words)
