"""What people at a centre see of overflow and do about it: each act checked again here. C2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

import orjson

from cordee.care.overflow import episodes, protocol, reciprocity, register
from cordee.care.overflow.conventions import P0, Convention, Terms
from cordee.care.overflow.eligibility import REASONS, Waiting, refusal
from cordee.care.overflow.engine import Engine, alone, read_load, read_watch
from cordee.care.overflow.ports import Floor
from cordee.care.overflow.protocol import Act, Neighbour, Origin
from cordee.care.overflow.quality import Quality, compare
from cordee.care.overflow.reciprocity import Balance, Work
from cordee.care.overflow.running import Run, read_run
from cordee.care.overflow.saturation import Load, Part, Watch, parts
from cordee.care.overflow.transfers import Actor, Transfer, read_transfer
from cordee.identity.principal import REGULATION, STEERING, Principal
from cordee.runtime.clock import PARIS, now
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import AccessDenied, NotFound, RuleBroken
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.overflow")
MOST: Final = 500
PAST: Final = 50
MOST_BY_VOICE: Final = 50
MONTHS: Final = 6
_PHYSICIAN: Final = "10"
_LEFT: Final = frozenset({Origin.AWAY, Origin.DONE})
_CALLS_LESS: Final = frozenset({Origin.NONE, Origin.REFUSED, Origin.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Gauge:
    """A centre as its index shows it: the colour that is held, the load, the formula worked out."""

    centre: str
    watch: Watch
    load: Load
    at: datetime
    heard: datetime | None = None
    """When it came, from a centre of another installation."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """The terms of the index."""
        return parts(self.load)


@dataclass(frozen=True, slots=True)
class Counts:
    """What an episode has moved, as one end knows it."""

    moved: int = 0
    answered: int = 0
    finished: int = 0
    returned: int = 0
    in_doubt: int = 0


@dataclass(frozen=True, slots=True)
class Board:
    """All that the live page shows."""

    centre: str
    gauges: Mapping[str, Gauge]
    running: Sequence[Run]
    past: Sequence[Run]
    transfers: Sequence[Transfer]
    conventions: Sequence[Convention]
    waiting: Sequence[Waiting] = ()

    @property
    def untold(self) -> Sequence[str]:
        """The neighbours whose index is not known at all."""
        others = {one.other(self.centre) for one in self.conventions}
        return sorted(others - self.gauges.keys())

    def counts(self, run: Run) -> Counts:
        """The counts of one of the episodes that run."""
        return count([one for one in self.transfers if str(one.episode) == run.episode.id])


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the legal trace."""

    transfer: UUID | None
    what: str
    at: datetime
    by: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Dossier:
    """An episode at one end, with its transfers and its trace."""

    run: Run
    transfers: Sequence[Transfer]
    trace: Sequence[Line]
    quality: Quality = field(default_factory=Quality)

    @property
    def counts(self) -> Counts:
        """What it has moved."""
        return count(self.transfers)

    @property
    def minutes_of_answer(self) -> Sequence[float]:
        """For each answered call, minutes from its moving to its answer at the neighbour."""
        return [
            (one.answered - one.moved).total_seconds() / 60
            for one in self.transfers
            if one.answered and one.moved
        ]


class OverflowDesk:
    """Overflow, for the people of the centres of one installation."""

    def __init__(self, database: Database, engine: Engine, floor: Floor) -> None:
        """`engine` takes the steps; the desk says who may ask for them."""
        self._database, self._engine, self._floor = database, engine, floor

    async def board(self, principal: Principal, at: datetime) -> Board:
        """The live page of a centre: indexes, episodes, transfers that are not over."""
        centre = centre_of(principal)
        async with self._database.steady.acquire() as connection:
            known = await register.standing(connection, centre, at)
            centres = [centre, *(one.other(centre) for one in known)]
            watches = await connection.fetch(QUERIES["watches"], centres)
            told = await connection.fetch(QUERIES["far_watches"], centres)
            runs = await connection.fetch(QUERIES["episodes_of"], centre, PAST)
            found = [read_run(row) for row in runs]
            running = [one for one in found if one.episode.state not in episodes.OVER]
            keys = [UUID(one.episode.id) for one in running]
            rows = await connection.fetch(QUERIES["transfers_of_all"], keys, centre, MOST)
            hands = any(one.is_origin and episodes.moves(one.episode) for one in running)
            waiting = await self._floor.waiting(connection, centre) if hands else []
        gauges = {
            row["centre"]: Gauge(row["centre"], read_watch(row), read_load(row), row["at"])
            for row in watches
        }
        for row in told:
            far = Gauge(row["centre"], read_watch(row), read_load(row), row["at"], row["heard"])
            gauges.setdefault(far.centre, far)
        past = [one for one in found if one not in running]
        transfers = [read_transfer(row) for row in rows]
        may = [one for one in waiting if refusal(one, Terms(), by_voice=True) is None][
            :MOST_BY_VOICE
        ]
        return Board(centre, gauges, running, past, transfers, known, may)

    async def propose(self, principal: Principal, convention: str, at: datetime) -> None:
        """Proposes an episode by hand; raises `RuleBroken` where no convention allows it."""
        centre, by = centre_of(principal), _actor(principal)
        async with alone(self._database, centre) as connection:
            known = await register.standing(connection, centre, at)
            one = next((c for c in known if c.id == convention), None)
            if one is None:
                raise RuleBroken("Aucune convention signée ne vaut à cette heure avec ce centre.")
            if trigger_of(principal) not in one.terms.triggers:
                raise AccessDenied("La convention ne vous donne pas la proposition.")
            if await self._engine.propose(connection, centre, one, at, by) is None:
                raise RuleBroken("Un délestage court déjà entre les deux centres.")

    async def answer(
        self, principal: Principal, episode: str, *, accepts: bool, at: datetime
    ) -> None:
        """Accepts or refuses what a neighbour proposes."""
        centre = centre_of(principal)
        async with alone(self._database, centre) as connection:
            run = await self._run(connection, episode, centre)
            if run.is_origin:
                raise RuleBroken("C’est à l’autre centre de répondre.")
            wanted = episodes.answer(run.episode, accepts=accepts, at=at)
            await self._engine.episodes.become(connection, run, wanted, at, _actor(principal))

    async def stop(self, principal: Principal, episode: str, at: datetime) -> None:
        """The kill switch of one end."""
        centre = centre_of(principal)
        async with alone(self._database, centre) as connection:
            run = await self._run(connection, episode, centre)
            wanted = episodes.stop(run.episode, centre)
            await self._engine.episodes.become(connection, run, wanted, at, _actor(principal))

    async def act(self, principal: Principal, transfer: str, act: Act, at: datetime) -> None:
        """Asks a call back, takes it back by voice, hands it back; `RuleBroken` when late."""
        centre = centre_of(principal)
        async with alone(self._database, centre) as connection:
            one = await self._engine.transfers.held(connection, _key(transfer), centre)
            if one is None:
                raise NotFound("there is no such transfer")
            if act not in (Act.ASK_BACK, Act.TAKE_BACK, Act.GIVE_BACK):
                raise RuleBroken("Ce geste n’est pas possible ici.")
            if not protocol.may(one.state, act):
                raise RuleBroken("Ce n’est plus possible : l’appel a changé d’état, relisez.")
            await self._engine.transfers.take(connection, one, act, at, by=_actor(principal))

    async def hand_back(self, principal: Principal, episode: str, at: datetime) -> int:
        """Hands back all calls of an episode that nobody here has answered; how many."""
        centre, by = centre_of(principal), _actor(principal)
        async with alone(self._database, centre) as connection:
            run = await self._run(connection, episode, centre)
            key, count_ = UUID(run.episode.id), 0
            for row in await connection.fetch(QUERIES["transfers_of"], key, centre, MOST):
                one = await self._engine.transfers.held(connection, row["id"], centre)
                if one is not None and one.state is Neighbour.HELD:
                    after = await self._engine.transfers.take(
                        connection, one, Act.GIVE_BACK, at, by=by
                    )
                    count_ += after.state is Neighbour.RETURNING
        return count_

    async def by_voice(self, principal: Principal, episode: str, call: str, at: datetime) -> None:
        """Offers one call that both regulators have spoken about, a P0 too; a physician's act."""
        centre = centre_of(principal)
        if principal.profession != _PHYSICIAN:
            raise AccessDenied("Un médecin régulateur seul confie un appel de vive voix.")
        async with alone(self._database, centre) as connection:
            run = await self._run(connection, episode, centre)
            if not run.is_origin or not episodes.moves(run.episode):
                raise RuleBroken("Le délestage n’est pas actif.")
            waiting = await self._floor.waiting(connection, centre)
            one = next((w for w in waiting if w.id == call), None)
            if one is None:
                raise NotFound("there is no such call")
            why = refusal(one, Terms(), by_voice=True)
            if why is not None:
                raise RuleBroken(REASONS[why])
            await self._engine.offer(connection, run, one, at, by_voice=True)

    async def dossier(self, principal: Principal, episode: str) -> Dossier:
        """An episode with its legal trace; steering reads the origin's end of all of them."""
        async with self._database.steady.acquire() as connection:
            key = _key(episode)
            if STEERING in principal.functions:
                row = await connection.fetchrow(QUERIES["origin_of"], key)
            else:
                row = await connection.fetchrow(QUERIES["end_of"], key, centre_of(principal))
            if row is None:
                raise NotFound("there is no such episode")
            run = read_run(row)
            transfers = await connection.fetch(QUERIES["transfers_of"], key, run.centre, MOST)
            entries = await connection.fetch(QUERIES["entries"], key, run.centre, 0, MOST * 10)
            found = [read_transfer(one) for one in transfers]
            quality = await self._quality(connection, run, found) if run.is_origin else Quality()
        trace = [
            Line(r["transfer"], r["what"], r["at"], r["done_name"], orjson.loads(r["detail"]))
            for r in entries
        ]
        return Dossier(run, found, trace, quality)

    async def _quality(
        self, connection: Connection, run: Run, transfers: Sequence[Transfer]
    ) -> Quality:
        """What the origin knows of who was moved and who stayed."""
        if run.opened is None:
            return Quality()
        gone = {UUID(one.call.id): one for one in transfers if one.state in _LEFT}
        period = (run.opened, run.closed or now())
        calls = await self._floor.followed(connection, run.centre, period, gone)
        moved = [
            replace(one, seconds=_seconds(gone[one.call])) for one in calls if one.call in gone
        ]
        return compare(moved, [one for one in calls if one.call not in gone])

    async def closed(self, principal: Principal) -> list[Run]:
        """The episodes that have ended: a centre's own, all of them for steering; at most 50."""
        async with self._database.steady.acquire() as connection:
            if STEERING in principal.functions:
                rows = await connection.fetch(QUERIES["closed_of_all"], PAST)
            else:
                rows = await connection.fetch(QUERIES["episodes_of"], centre_of(principal), PAST)
        return [run for row in rows if (run := read_run(row)).episode.state in episodes.OVER]

    async def balance(self, convention: Convention, today: date) -> Balance:
        """The hours that the two ends of a convention owe each other, over six months."""
        months = reciprocity.last_months(today, MONTHS)
        since = datetime.combine(months[0], time(), PARIS)
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["works"], convention.first, since)
        works = [Work(r["origin"], r["neighbour"], r["at"], r["seconds"]) for r in rows]
        ends = (convention.first, convention.second)
        return reciprocity.balance(works, ends, months, convention.terms.cap_hours)

    async def _run(self, connection: Connection, episode: str, centre: str) -> Run:
        run = await self._engine.episodes.held(connection, _key(episode), centre)
        if run is None:
            raise NotFound("there is no such episode")
        return replace(run)


def _seconds(one: Transfer) -> float | None:
    """The whole wait of a moved call, from its ringing at home to its answer."""
    return (one.answered - one.call.since).total_seconds() if one.answered else None


def count(transfers: Sequence[Transfer]) -> Counts:
    """What transfers came to."""
    real = [one for one in transfers if one.state not in _CALLS_LESS and one.moved]
    returned = {Origin.BACK, Neighbour.RETURNED, Neighbour.RETURNING}
    return Counts(
        len(real),
        sum(one.answered is not None or one.state is Origin.DONE for one in real),
        sum(one.state in (Origin.DONE, Neighbour.FINISHED, Neighbour.FINISHING) for one in real),
        sum(one.state in returned for one in real),
        sum(one.state in protocol.IN_DOUBT for one in real),
    )


def centre_of(principal: Principal) -> str:
    """The centre at which somebody regulates; raises `NotFound` for all others."""
    if REGULATION not in principal.functions:
        raise NotFound("there is no overflow here")
    return principal.structure.removeprefix("Organization/")


def trigger_of(principal: Principal) -> str:
    """What somebody is to a convention: physician, call-taker or manager."""
    if principal.profession == _PHYSICIAN:
        return "regulateur"
    return "arm" if principal.role == "ARM" else "cadre"


def is_vital(one: Transfer) -> bool:
    """Whether a transfer moves a P0."""
    return one.call.priority == P0


def _actor(principal: Principal) -> Actor:
    return Actor(principal.user, principal.name)


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound("there is no such thing") from error
