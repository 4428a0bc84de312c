"""Episodes as rows: told between the two ends until both say the same, opened, ended, closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from cordee.care.overflow import episodes
from cordee.care.overflow.episodes import OVER, Episode, State
from cordee.care.overflow.ports import Letter, Transport
from cordee.care.overflow.transfers import NOBODY, RESEND, Actor
from cordee.runtime.database import Connection
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.overflow")
EPISODE: Final = "episode"
"""The kind of a letter that tells the state of an episode."""


@dataclass(frozen=True, slots=True)
class Run:
    """One end of an episode, with what the other end was last heard to say."""

    episode: Episode
    centre: str
    heard: str
    opened: datetime | None
    closed: datetime | None
    presented: int
    due: datetime | None

    @property
    def is_origin(self) -> bool:
        """Whether this is the end that hands calls over."""
        return self.centre == self.episode.origin

    @property
    def other(self) -> str:
        """The centre at the other end."""
        return self.episode.neighbour if self.is_origin else self.episode.origin


class Episodes:
    """The episodes of the centres of this installation."""

    def __init__(self, transport: Transport, *, resend: timedelta = RESEND) -> None:
        """`transport` carries what one end tells the other."""
        self._transport, self.resend = transport, resend

    async def held(self, connection: Connection, episode: UUID, centre: str) -> Run | None:
        """One end of an episode, locked; None when it is not here."""
        row = await connection.fetchrow(QUERIES["episode"], episode, centre)
        return None if row is None else read_run(row)

    async def begin(
        self, connection: Connection, episode: Episode, centre: str, at: datetime, by: Actor
    ) -> Run | None:
        """A new episode at one end, told to the other; None when one runs between the two."""
        row = await connection.fetchrow(
            QUERIES["open_episode"], UUID(episode.id), centre, episode.origin, episode.neighbour,
            episode.convention, episode.version, episode.state.value, episode.proposed_at,
            episode.automatic, at + self.resend,
        )  # fmt: skip
        if row is None:
            return None
        run = read_run(row)
        await self._note(connection, run, episode.state, at, by)
        if run.is_origin:
            await self._transport.send(connection, [tell(run, episode)])
        return run

    async def become(
        self, connection: Connection, run: Run, wanted: Episode, at: datetime, by: Actor = NOBODY
    ) -> None:
        """Keeps and tells a further state; tells it again until the other end says the same."""
        is_agreed = run.heard == wanted.state.value
        is_new = wanted.state is not run.episode.state
        due = None if is_agreed else at + self.resend
        await connection.execute(
            QUERIES["step_episode"], UUID(wanted.id), run.centre, wanted.state.value, run.heard,
            wanted.ended_by, due, at,
        )  # fmt: skip
        if is_new:
            await self._note(connection, run, wanted.state, at, by)
        if not is_agreed:
            await self._transport.send(connection, [tell(run, wanted)])

    async def hear(
        self, connection: Connection, run: Run, told: State, ended_by: str, at: datetime
    ) -> None:
        """Takes in what the other end says; the origin makes an accepted episode active."""
        current = episodes.elapse(run.episode, at) if run.is_origin else run.episode
        joined = episodes.join(current, told, ended_by)
        if run.is_origin and joined.state is State.ACCEPTED:
            joined = episodes.join(joined, State.ACTIVE)
        await self.become(connection, replace(run, heard=told.value), joined, at)

    async def tell_again(self, connection: Connection, run: Run, at: datetime) -> None:
        """Tells a state again that the other end has not been heard to share."""
        if run.due is not None and run.due <= at:
            await connection.execute(
                QUERIES["told_again"], UUID(run.episode.id), run.centre, at + self.resend
            )
            await self._transport.send(connection, [tell(run, run.episode)])

    async def _note(
        self, connection: Connection, run: Run, state: State, at: datetime, by: Actor
    ) -> None:
        one = run.episode
        detail = {"convention": one.convention, "version": one.version, "to": state.value}
        await connection.execute(
            QUERIES["enter"], run.centre, UUID(one.id), None, "episode", at, by.user, by.name,
            orjson.dumps(detail).decode(),
        )  # fmt: skip


def tell(run: Run, episode: Episode) -> Letter:
    """The letter that tells the other end where an episode stands."""
    detail = {
        "state": episode.state.value, "ended_by": episode.ended_by, "origin": episode.origin,
        "neighbour": episode.neighbour, "convention": episode.convention,
        "version": episode.version, "proposed_at": episode.proposed_at.isoformat(),
        "automatic": episode.automatic,
    }  # fmt: skip
    return Letter(run.centre, run.other, EPISODE, UUID(episode.id), detail=detail)


def told_episode(said: Letter) -> Episode:
    """The episode that a letter proposes; raises `KeyError` or `ValueError` when it does not."""
    detail = said.detail
    return Episode(
        str(said.episode), detail["origin"], detail["neighbour"], detail["convention"],
        int(detail["version"]), State.PROPOSED, datetime.fromisoformat(detail["proposed_at"]),
        bool(detail["automatic"]),
    )  # fmt: skip


def read_run(row: Mapping[str, Any]) -> Run:
    """One end of an episode of its row."""
    episode = Episode(
        str(row["id"]), row["origin"], row["neighbour"], row["convention"], row["version"],
        State(row["state"]), row["proposed_at"], row["automatic"], row["ended_by"],
    )  # fmt: skip
    return Run(
        episode, row["centre"], row["heard"], row["opened"], row["closed"], row["presented"],
        row["due"],
    )  # fmt: skip


def is_over(run: Run) -> bool:
    """Whether an episode has ended at this end."""
    return run.episode.state in OVER
