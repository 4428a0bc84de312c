"""One evening played: calls ring, wait, are answered, move by the rules that decide for real.

Discrete events on SimPy. Each caller's time on the line is drawn when they ring, so that the same
seed gives the same callers with overflow and without: what differs is the overflow alone.
"""

from __future__ import annotations

import heapq
import random
from bisect import insort
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import simpy

from cordee.care.overflow import episodes, saturation
from cordee.care.overflow.conventions import Convention
from cordee.care.overflow.eligibility import Quota, Waiting, choose
from cordee.care.overflow.episodes import Episode, State
from cordee.care.overflow.saturation import Colour, Load, Watch
from cordee.care.simulation.hypotheses import Centre, Hypotheses

_DAY: Final = datetime(2026, 7, 18, tzinfo=UTC)
_SPREAD: Final = 0.5
_TICK: Final = saturation.EVERY.total_seconds()
_WITH_VEHICLE: Final = 0.25
P0_SHARE: Final = 0.05


@dataclass(slots=True)
class Ring:
    """One call: when it rang (hours of the day), how long it takes, where it is from and went."""

    home: str
    at: float
    seconds: float
    needs_vehicle: bool
    is_p0: bool
    waited: float = -1.0
    moved_to: str = ""


@dataclass(slots=True)
class Outcome:
    """What an evening came to: the calls, the worst index of each centre, the vehicles' waiting."""

    rings: list[Ring]
    worst: dict[str, float]
    vehicle_waits: dict[str, list[float]]
    episodes: int = 0


@dataclass(slots=True)
class _Room:
    """A centre while it is played: who waits, who is on a call, how full it is."""

    centre: Centre
    waiting: list[tuple[float, int]] = field(default_factory=list)
    busy: int = 0
    p0: int = 0
    watch: Watch | None = None
    vehicles: list[float] = field(default_factory=list)


@dataclass(slots=True)
class _Opened:
    """An episode while it is played."""

    convention: Convention
    episode: Episode
    presented: int
    moved: int = 0


class Evening:
    """One evening of one seed, with overflow or without."""

    def __init__(self, asked: Hypotheses, seed: int, *, with_overflow: bool) -> None:
        """Draws the calls; nothing is played before `play`."""
        self._asked, self._with = asked, with_overflow
        self._env = simpy.Environment(initial_time=asked.begins * 3600.0)
        self._rooms = {one.id: _Room(one, vehicles=[0.0] * one.effectors) for one in asked.centres}
        self._rings: list[Ring] = []
        for number, one in enumerate(asked.centres):
            chance = random.Random(f"{asked.seed}/{seed}/{number}")  # noqa: S311 - to be replayed
            self._rings += _rings(one, asked, chance)
        self._waits: dict[str, list[float]] = {one.id: [] for one in asked.centres}
        self._worst = dict.fromkeys(self._rooms, 0.0)
        self._opened: dict[str, _Opened] = {}
        self._count = 0
        self._ids: dict[str, int] = {}

    def play(self) -> Outcome:
        """Plays until the last call of the evening is answered."""
        for number, ring in enumerate(self._rings):
            self._later(ring.at * 3600.0 - self._env.now, lambda n=number: self._arrive(n))
        if self._with:
            self._later(_TICK, self._look)
        self._env.run(until=(self._asked.ends + 2) * 3600.0)
        return Outcome(self._rings, self._worst, self._waits, self._count)

    def _later(self, delay: float, act: Callable[[], None]) -> None:
        timeout = self._env.timeout(max(0.0, delay))
        callbacks: list[Any] | None = timeout.callbacks
        if callbacks is not None:
            callbacks.append(lambda _event: act())

    def _arrive(self, number: int) -> None:
        ring = self._rings[number]
        for one in self._opened.values():
            if one.episode.origin == ring.home:
                one.presented += 1
        self._queue(ring.home, number)

    def _queue(self, where: str, number: int) -> None:
        room = self._rooms[where]
        insort(room.waiting, (self._rings[number].at, number))
        self._serve(room)

    def _serve(self, room: _Room) -> None:
        seats = room.centre.at_work(self._env.now / 3600.0)
        while room.waiting and room.busy < seats:
            _at, number = room.waiting.pop(0)
            ring = self._rings[number]
            ring.waited = self._env.now - ring.at * 3600.0
            room.busy += 1
            room.p0 += ring.is_p0
            self._later(ring.seconds, lambda r=ring: self._finish(room, r))

    def _finish(self, room: _Room, ring: Ring) -> None:
        room.busy -= 1
        room.p0 -= ring.is_p0
        if ring.needs_vehicle:  # of its own territory, whoever regulated it
            home = self._rooms[ring.home]
            free = heapq.heappop(home.vehicles)
            leaves = max(free, self._env.now)
            self._waits[ring.home].append(leaves - self._env.now)
            heapq.heappush(home.vehicles, leaves + home.centre.vehicle_minutes * 60.0)
        self._serve(room)

    def _look(self) -> None:
        """Each ten seconds: indexes, colours, proposals, offers, ends."""
        at = self._moment()
        for room in self._rooms.values():
            self._serve(room)
            level = saturation.index(self._load(room))
            rules = self._asked.thresholds
            known = room.watch
            room.watch = (
                saturation.begin(level, at, rules)
                if known is None
                else saturation.observe(known, level, at, rules)
            )
            self._worst[room.centre.id] = max(self._worst[room.centre.id], level)
        for convention in self._asked.conventions:
            self._decide(convention, at)
        self._later(_TICK, self._look)

    def _load(self, room: _Room) -> Load:
        waiting = room.waiting
        count = len(waiting)
        longest = self._env.now - waiting[count // 10][0] * 3600.0 if count else 0.0
        seats = room.centre.at_work(self._env.now / 3600.0)
        return Load(count, longest, seats, room.busy, room.p0)

    def _decide(self, convention: Convention, at: datetime) -> None:
        origin, neighbour = self._rooms[convention.first], self._rooms[convention.second]
        opened = self._opened.get(convention.second)
        mine, theirs = origin.watch, neighbour.watch
        if mine is None or theirs is None:
            return
        if opened is None:
            if mine.colour is not Colour.GREEN and mine.index >= convention.terms.start:
                self._propose(convention, at)
            return
        if mine.colour is Colour.GREEN and opened.episode.state is State.ACTIVE:
            opened.episode = episodes.settle(episodes.stop(opened.episode, convention.first), 0)
            del self._opened[convention.second]
            return
        if episodes.moves(opened.episode):
            self._offer(opened, theirs)

    def _propose(self, convention: Convention, at: datetime) -> None:
        episode = Episode(
            str(self._count), convention.first, convention.second, convention.id,
            convention.version, State.PROPOSED, at, automatic=True,
        )  # fmt: skip
        self._count += 1
        waiting = len(self._rooms[convention.first].waiting)
        self._opened[convention.second] = _Opened(convention, episode, waiting)
        self._later(self._asked.answer_seconds, lambda: self._answer(convention.second))

    def _answer(self, neighbour: str) -> None:
        opened, watch = self._opened[neighbour], self._rooms[neighbour].watch
        accepts = watch is not None and watch.index < opened.convention.terms.stop
        answered = episodes.answer(opened.episode, accepts=accepts, at=self._moment())
        if accepts:
            opened.episode = episodes.join(answered, State.ACTIVE)
        else:
            del self._opened[neighbour]

    def _offer(self, opened: _Opened, theirs: Watch) -> None:
        convention, origin = opened.convention, self._rooms[opened.convention.first]
        quota = Quota(
            opened.presented, opened.moved, theirs.index, is_open=theirs.colour is Colour.GREEN
        )
        if not origin.waiting or quota.left(convention.terms) == 0:
            return
        queue = [
            Waiting(str(n), _DAY + timedelta(hours=at), hops=1 if self._rings[n].moved_to else 0)
            for at, n in origin.waiting[: quota.left(convention.terms) + 1]
        ]
        for call in choose(queue, convention.terms, quota):
            number = int(call.id)
            origin.waiting.remove((self._rings[number].at, number))
            self._rings[number].moved_to = convention.second
            opened.moved += 1
            self._queue(convention.second, number)

    def _moment(self) -> datetime:
        return _DAY + timedelta(seconds=self._env.now)


def _rings(centre: Centre, asked: Hypotheses, chance: random.Random) -> deque[Ring]:
    """The calls of a centre: a Poisson stream whose rate follows the hour, by thinning."""
    most = max(centre.peak, centre.rate(asked.begins), centre.rate(asked.ends)) * 1.01
    made: deque[Ring] = deque()
    at = float(asked.begins)
    while True:
        at += chance.expovariate(most)
        if at >= asked.ends:
            return made
        keep, kind = chance.random(), chance.random()
        seconds = chance.lognormvariate(0.0, _SPREAD) * centre.seconds / 1.1331
        if keep * most <= centre.rate(at):
            made.append(Ring(centre.id, at, seconds, kind < _WITH_VEHICLE, kind < P0_SHARE))


def play(asked: Hypotheses, seed: int) -> tuple[Outcome, Outcome]:
    """The same evening without overflow and with it."""
    without = Evening(asked, seed, with_overflow=False).play()
    return without, Evening(replace(asked), seed, with_overflow=True).play()
