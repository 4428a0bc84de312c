"""The engine: letters, indexes, episodes, offers, what is sent again. One transaction a step.

Any number of processes may run it on one base: rows are locked, and what another one has in hand is
left to it. It keeps nothing between turns.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import orjson

from cordee.care.overflow import eligibility, episodes, register, saturation, telling
from cordee.care.overflow.conventions import Convention
from cordee.care.overflow.eligibility import Quota, Waiting
from cordee.care.overflow.episodes import Episode, State
from cordee.care.overflow.ports import Floor, Letter, Standing, Wires
from cordee.care.overflow.protocol import Act, Message, Neighbour, Origin
from cordee.care.overflow.reciprocity import Work, balance, last_months
from cordee.care.overflow.running import EPISODE, Episodes, Run, told_episode
from cordee.care.overflow.saturation import Colour, Load, Thresholds, Watch
from cordee.care.overflow.transfers import NOBODY, RESEND, Actor, Transfer, Transfers, read_transfer
from cordee.runtime.clock import PARIS, now
from cordee.runtime.database import Connection, Database
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.overflow")
MOST: Final = 2000
LETTERS: Final = 200
_REFUSED: Final[Mapping[tuple[object, str], Act]] = {
    (Origin.OFFERED, Message.OFFER.value): Act.TAKE_HERE,
    (Origin.GRANTED, Message.GRANT.value): Act.ASK_BACK,
}
"""What the origin does when the neighbour could not read this letter."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often: the index is taken each ten seconds, what is awaited sent again after thirty."""

    watch: timedelta = saturation.EVERY
    resend: timedelta = RESEND
    thresholds: Thresholds = field(default_factory=Thresholds)
    clock: Callable[[], datetime] = now


class Engine:
    """Overflow for the centres of this installation."""

    def __init__(
        self, database: Database, floor: Floor, transport: Wires, centres: Sequence[str],
        rhythm: Rhythm | None = None,
    ) -> None:  # fmt: skip
        """Nothing runs before `turn`."""
        self.database, self.floor, self._wires = database, floor, transport
        self.centres = sorted(centres)
        self.rhythm = rhythm or Rhythm()
        self.transfers = Transfers(floor, transport, resend=self.rhythm.resend)
        self.episodes = Episodes(transport, resend=self.rhythm.resend)

    async def turn(self) -> bool:
        """Does what is due at each centre; whether letters came."""
        came, at = False, self.rhythm.clock()
        async with self.database.write.acquire() as connection:
            since = at - self.rhythm.watch
            busy = await connection.fetch(QUERIES["busy"], self.centres, since)
        for centre in [row["centre"] for row in busy]:
            came = await self._letters(centre) or came
            async with self._alone(centre) as connection:
                await self.observe(connection, centre, self.rhythm.clock())
            await self._episodes(centre)
            await self._follow(centre)
        async with self.database.transaction() as connection:
            await self.transfers.again(connection, self.centres, self.rhythm.clock())
        return came

    def _alone(self, centre: str) -> AbstractAsyncContextManager[Connection]:
        """A transaction in which nobody else works for a centre."""
        return alone(self.database, centre)

    async def _letters(self, centre: str) -> bool:
        """Acts on the next letters, all in one transaction with taking them."""
        async with self._alone(centre) as connection:
            letters = await self._wires.collect(connection, centre, LETTERS)
            for one in letters:
                await self.receive(connection, one, self.rhythm.clock())
        return bool(letters)

    async def receive(self, connection: Connection, said: Letter, at: datetime) -> None:
        """Acts on one letter, whichever adapter brought it, however often."""
        if said.kind == EPISODE:
            await self._hear(connection, said, at)
            return
        if said.transfer is None:
            return
        one = await self.transfers.held(connection, said.transfer, said.recipient)
        message = Message(said.kind)
        if one is None and message is Message.OFFER:
            await self._consider(connection, said, at)
        elif one is not None and one.peer == said.sender:
            if message is Message.DONE:
                await self.transfers.hear(connection, one, said.detail)
            await self.transfers.take(connection, one, message, at)
        elif one is None and message in (Message.WITHDRAW, Message.RECALL):
            begun = await self.transfers.begin(connection, _begun(said), at)
            if begun is not None:
                await self.transfers.take(connection, begun, message, at)

    async def refused(self, connection: Connection, said: Letter, at: datetime) -> None:
        """Acts on a letter of ours that its recipient could not take, by steps that are proven.

        A proposal is over. An offer is withdrawn: the call never left. A right that was given is
        asked back, as by a person: an earlier copy may have been taken, so that only the neighbour
        can say that it does not have it. All else waits for its delay.
        """
        if said.kind == EPISODE:
            run = await self.episodes.held(connection, said.episode, said.sender)
            if run is not None and run.is_origin and run.episode.state is State.PROPOSED:
                wanted = replace(run.episode, state=State.REFUSED, ended_by=run.other)
                await self.episodes.become(connection, run, wanted, at)
            return
        one = said.transfer and await self.transfers.held(connection, said.transfer, said.sender)
        act = _REFUSED.get((one.state, said.kind)) if one else None
        if one and act is not None:
            await self.transfers.take(connection, one, act, at)

    async def _hear(self, connection: Connection, said: Letter, at: datetime) -> None:
        run = await self.episodes.held(connection, said.episode, said.recipient)
        told = State(said.detail["state"])
        if run is None and said.detail["neighbour"] == said.recipient:
            episode = told_episode(said)
            if not await self._is_agreed(connection, episode):
                return
            run = await self.episodes.begin(connection, episode, said.recipient, at, NOBODY)
        if run is None or run.other != said.sender:
            return
        await self.episodes.hear(connection, run, told, said.detail["ended_by"], at)
        if told is State.PROPOSED and run.episode.automatic and not run.is_origin:
            current = await self.episodes.held(connection, said.episode, said.recipient)
            if current is not None and current.episode.state is State.PROPOSED:
                wanted = replace(current.episode, state=State.ACCEPTED)
                await self.episodes.become(connection, current, wanted, at)

    async def _is_agreed(self, connection: Connection, episode: Episode) -> bool:
        """Whether the convention that a proposal names is signed here, automatic where it says."""
        for entry in await register.entries(connection, episode.neighbour):
            one = entry.convention
            if (one.id, one.version) == (episode.convention, episode.version):
                ends = {one.first, one.second} == {episode.origin, episode.neighbour}
                return one.is_signed and ends and (one.is_automatic or not episode.automatic)
        return False

    async def _consider(self, connection: Connection, said: Letter, at: datetime) -> None:
        """Answers an offer: by the convention, the quota's own stop, and the hop count."""
        run = await self.episodes.held(connection, said.episode, said.recipient)
        if run is None or run.is_origin or run.other != said.sender:
            return  # its proposal is still on its way: the offer comes again
        begun = await self.transfers.begin(connection, _begun(said), at)
        if begun is None:
            return
        convention = await self._convention(connection, run.episode)
        call = replace(begun.call, hops=int(said.detail["hops"]))
        fits = convention is not None and (
            eligibility.refusal(call, convention.terms, by_voice=begun.by_voice) is None
        )
        watch = await self.watch(connection, said.recipient)
        is_full = watch is not None and convention is not None and (
            watch.index >= convention.terms.stop or watch.colour is not Colour.GREEN
        )  # fmt: skip
        runs = run.episode.state in (State.ACCEPTED, State.ACTIVE)
        accepts = fits and runs and (begun.by_voice or not is_full)
        act = Act.ACCEPT_IT if accepts else Act.REFUSE_IT
        await self.transfers.take(connection, begun, act, at)

    async def observe(self, connection: Connection, centre: str, at: datetime) -> Watch | None:
        """Takes the index of a centre when ten seconds are over; None when it was not yet due."""
        row = await connection.fetchrow(QUERIES["watch"], centre)
        if row is not None and at - row["at"] < self.rhythm.watch:
            return None
        load = await self.floor.load(connection, centre)
        level = saturation.index(load)
        if row is None:
            watch = saturation.begin(level, at, self.rhythm.thresholds)
        else:
            watch = saturation.observe(read_watch(row), level, at, self.rhythm.thresholds)
        await connection.execute(
            QUERIES["keep_watch"], centre, int(watch.colour), watch.since, watch.index,
            None if watch.pending is None else int(watch.pending), watch.pending_since,
            orjson.dumps(load).decode(), at,
        )  # fmt: skip
        before = (read_watch(row), row["at"]) if row is not None else (None, None)
        if telling.is_due(*before, watch, at):
            await telling.tell(connection, self._wires, centre, (watch, load), at)
        return watch

    async def watch(self, connection: Connection, centre: str) -> Watch | None:
        """The watch over a centre as last kept; one elsewhere while what it told is fresh."""
        rows = await connection.fetch(QUERIES["watches"], [centre])
        if not rows:
            told = await connection.fetch(QUERIES["far_watches"], [centre])
            fresh = self.rhythm.clock() - telling.FRESH
            rows = [row for row in told if row["heard"] >= fresh]
        return read_watch(rows[0]) if rows else None

    async def _episodes(self, centre: str) -> None:
        """Expires, offers, closes, tells again; proposes where both ends agreed to be asked so."""
        async with self._alone(centre) as connection:
            at = self.rhythm.clock()
            await self._propose_alone(connection, centre, at)
            rows = await connection.fetch(QUERIES["running_episodes"], [centre], MOST)
            for row in rows:
                run = await self.episodes.held(connection, row["id"], centre)
                if run is not None:
                    await self._advance(connection, run, at)

    async def _advance(self, connection: Connection, run: Run, at: datetime) -> None:
        current = run.episode
        if run.is_origin:
            current = episodes.elapse(current, at)
            if current.state is State.ENDING:
                key = (UUID(current.id), run.centre)
                running = await connection.fetchval(QUERIES["running_of"], *key)
                current = episodes.settle(current, int(running or 0))
        if current.state is not run.episode.state:
            await self.episodes.become(connection, run, current, at)
            return
        await self.episodes.tell_again(connection, run, at)
        if run.is_origin and episodes.moves(current):
            await self._offer(connection, run, at)

    async def _offer(self, connection: Connection, run: Run, at: datetime) -> None:
        """Offers what the quota allows now, those first who have waited longest."""
        convention = await self._convention(connection, run.episode)
        if convention is None:
            return
        opened = run.opened or at
        presented = await self.floor.presented(connection, run.centre, opened)
        key = UUID(run.episode.id)
        await connection.execute(QUERIES["counted"], key, run.centre, presented)
        theirs = await self.watch(connection, run.other)
        quota = Quota(
            presented,
            int(await connection.fetchval(QUERIES["moved_of"], key, run.centre) or 0),
            theirs.index if theirs else 0.0,
            is_open=convention.stands(at) and (theirs is None or theirs.colour is Colour.GREEN),
        )
        if quota.left(convention.terms) == 0:
            return
        tried = {str(row["call"]) for row in
                 await connection.fetch(QUERIES["calls_tried"], run.centre, key)}  # fmt: skip
        queue = await self.floor.waiting(connection, run.centre)
        for call in eligibility.choose(queue, convention.terms, quota, tried=tried):
            await self.offer(connection, run, call, at)

    async def offer(
        self, connection: Connection, run: Run, call: Waiting, at: datetime,
        *, by_voice: bool = False,
    ) -> None:  # fmt: skip
        """Offers one call to the neighbour of an episode; nothing when it is under way already."""
        one = Transfer(
            uuid4(), run.centre, "origin", run.other, UUID(run.episode.id), call, Origin.NONE,
            by_voice,
        )  # fmt: skip
        begun = await self.transfers.begin(connection, one, at)
        if begun is not None:
            await self.transfers.take(connection, begun, Act.OFFER_IT, at)

    async def _follow(self, centre: str) -> None:
        """Tells the machine what people of a centre did with calls that are under way."""
        async with self._alone(centre) as connection:
            rows = await connection.fetch(QUERIES["running_transfers"], centre, MOST)
            calls = [row["call"] for row in rows]
            known = await self.floor.standing(connection, centre, calls) if calls else {}
            for row in rows:
                if row["call"] not in known or not _acts(read_transfer(row), known[row["call"]]):
                    continue
                one = await self.transfers.held(connection, row["id"], centre)
                if one is not None:
                    for act in _acts(one, known[row["call"]]):
                        one = await self.transfers.take(connection, one, act, self.rhythm.clock())
            await self._give_up(connection, rows)

    async def _give_up(self, connection: Connection, rows: Sequence[Any]) -> None:
        """Withdraws offers of episodes that end: those calls never left."""
        for row in rows:
            if row["state"] != Origin.OFFERED.value:
                continue
            run = await self.episodes.held(connection, row["episode"], row["centre"])
            one = await self.transfers.held(connection, row["id"], row["centre"])
            if run is not None and one is not None and not episodes.moves(run.episode):
                await self.transfers.take(connection, one, Act.TAKE_HERE, self.rhythm.clock())

    async def _propose_alone(self, connection: Connection, centre: str, at: datetime) -> None:
        """Proposes an episode where the colour is held and both ends agreed to it beforehand."""
        mine = await self.watch(connection, centre)
        if mine is None or mine.colour is Colour.GREEN:
            return
        for one in await register.standing(connection, centre, at):
            theirs = await self.watch(connection, one.other(centre))
            if not one.is_automatic or mine.index < one.terms.start or not _is_free(theirs, one):
                continue
            closed = await connection.fetchval(QUERIES["last_closed"], centre, one.other(centre))
            if episodes.may_repeat(closed, at) and not await self._owes(connection, one, at):
                await self.propose(connection, centre, one, at)

    async def _owes(self, connection: Connection, one: Convention, at: datetime) -> bool:
        """Whether the balance of hours is beyond its cap: then nothing opens by itself."""
        months = last_months(at.astimezone(PARIS).date(), 6)
        since = datetime.combine(months[0], time(), PARIS)
        rows = await connection.fetch(QUERIES["works"], one.first, since)
        works = [Work(r["origin"], r["neighbour"], r["at"], r["seconds"]) for r in rows]
        return balance(works, (one.first, one.second), months, one.terms.cap_hours).is_over

    async def propose(
        self, connection: Connection, centre: str, convention: Convention, at: datetime,
        by: Actor | None = None,
    ) -> Run | None:  # fmt: skip
        """Proposes an episode to the other end; None when one runs between the two already.

        Without a person it is automatic: the other end accepts where it agreed to beforehand.
        """
        episode = Episode(
            str(uuid4()), centre, convention.other(centre), convention.id, convention.version,
            State.PROPOSED, at, automatic=by is None,
        )  # fmt: skip
        return await self.episodes.begin(connection, episode, centre, at, by or NOBODY)

    async def _convention(self, connection: Connection, episode: Episode) -> Convention | None:
        for entry in await register.entries(connection, episode.origin):
            one = entry.convention
            if (one.id, one.version) == (episode.convention, episode.version):
                return one
        return None


@asynccontextmanager
async def alone(database: Database, centre: str) -> AsyncIterator[Connection]:
    """A transaction in which nobody else works for a centre: engines and people take turns."""
    async with database.transaction() as connection:
        await connection.execute(QUERIES["take_turn"], centre)
        yield connection


def read_watch(row: Any) -> Watch:
    """The watch over a centre, of its row."""
    pending = None if row["pending"] is None else Colour(row["pending"])
    return Watch(Colour(row["colour"]), row["since"], row["level"], pending, row["pending_since"])


def read_load(row: Any) -> Load:
    """What a centre was doing when its index was taken."""
    return Load(**orjson.loads(row["told"]))


def _is_free(theirs: Watch | None, convention: Convention) -> bool:
    return theirs is not None and (
        theirs.colour is Colour.GREEN and theirs.index < convention.terms.stop
    )


def _begun(said: Letter) -> Transfer:
    """The neighbour's end of a transfer that a letter speaks of."""
    if said.transfer is None or said.call is None or said.since is None:
        raise ValueError("a letter of a transfer names its call, and since when it waits")
    detail = said.detail
    call = Waiting(
        str(said.call), said.since, detail.get("priority", ""), detail.get("motive", ""), 1
    )
    return Transfer(
        said.transfer, said.recipient, "neighbour", said.sender, said.episode, call,
        Neighbour.NONE, bool(detail.get("by_voice")),
    )  # fmt: skip


def _acts(one: Transfer, standing: Standing) -> Sequence[Act]:
    """What people did, as acts of the machine."""
    if one.is_origin:
        gone = standing is not Standing.WAITING and one.state in (Origin.OFFERED, Origin.FORCED)
        return (Act.TAKE_HERE,) if gone else ()
    if one.state is Neighbour.HELD and standing is Standing.ANSWERED:
        return (Act.ANSWER,)
    if standing is Standing.FINISHED and one.state in (Neighbour.HELD, Neighbour.ANSWERED):
        return (Act.ANSWER, Act.FINISH)
    return ()
