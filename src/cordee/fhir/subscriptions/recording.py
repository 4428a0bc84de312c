"""The reader of the journal: each write to the events of the subscriptions that it concerns.

The events of a turn and how far the journal was read are one transaction: whichever process has the
turn, and whenever it dies, a write is an event of a subscription exactly once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

import structlog

from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.journal import Change
from cordee.fhir.store.listening import Listener
from cordee.fhir.store.repository import METHODS
from cordee.fhir.store.scope import Scope
from cordee.fhir.store.tailing import Changed, Tail, Turn, contents
from cordee.fhir.subscriptions.asking import Question, answers
from cordee.fhir.subscriptions.checking import context_of
from cordee.fhir.subscriptions.definition import NATIONAL
from cordee.fhir.subscriptions.keeping import QUERIES, Row, kept, wake
from cordee.fhir.subscriptions.matching import Matcher
from cordee.fhir.subscriptions.national import subject_identifiers
from cordee.runtime.database import AWAY, Connection, is_outage
from cordee.runtime.errors import ProductError

CONSUMER: Final = "subscriptions"
_SCOPE: Final = Scope("abonnements", None, {"*": "rs"})
"""What criteria are compiled under; nothing is read by it, and nothing sent."""
_PAGE: Final = 500
_IDLE_SECONDS: Final = 1.0
_BREATH: Final = 100
_log = structlog.get_logger()
Hit = tuple[str, int]
"""A subscription and the place of a change in the turn."""


class Recorder:
    """One process's reader; of several, one at a time has the turn."""

    def __init__(self, kernel: Kernel, listener: Listener | None = None) -> None:
        """`listener` says when the journal has moved; without it, it is looked at each second."""
        self._kernel = kernel
        self._listener = listener
        self._tail = Tail(kernel.database, CONSUMER)
        self._kind = type_number("Subscription")
        self._matcher: Matcher | None = None
        self._upto = -1
        self._fingerprint = ""

    async def begin(self) -> None:
        """Makes the mark at the present end of the journal, where there is none yet."""
        await self._tail.begin()

    async def run(self) -> None:
        """Records until cancelled; a database that is away is waited for."""
        while True:
            # Taken before the journal is read: what is published meanwhile ends the wait at once.
            numbers = self._listener.numbers() if self._listener else None
            try:
                while await self.step():
                    pass
            except AWAY as error:
                if not is_outage(error):
                    _log.exception("subscriptions_not_matched", kind=type(error).__name__)
                self._matcher = None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_IDLE_SECONDS):
                    await (anext(numbers) if numbers else asyncio.sleep(_IDLE_SECONDS))

    async def step(self) -> int:
        """One turn: how many changes were dealt with, 0 when there are none or another is at it."""
        async with self._tail.turn(_PAGE) as turn:
            if turn is None or not turn.changes:
                return 0
            matcher = await self._current(turn)
            hits, changed = await self._hits(matcher, turn)
            if hits:
                await _record(turn.connection, hits, changed)
                await wake(turn.connection)
        self._upto = turn.changes[-1].n
        return len(turn.changes)

    async def _current(self, turn: Turn) -> Matcher:
        """All subscriptions as they stand: those that changed since are read again."""
        connection, changes = turn.connection, turn.changes
        fingerprint = self._kernel.registry.fingerprint
        known = self._matcher
        if known is None or self._upto + 1 != changes[0].n or self._fingerprint != fingerprint:
            context = context_of(self._kernel, _SCOPE)
            known = self._matcher = Matcher(context, self._kernel.extractor)
            self._fingerprint = fingerprint
            for row in await connection.fetch(QUERIES["standing"]):
                await _put(known, row)
            return known
        moved = [one for one in changes if one.type == self._kind]
        if moved:
            ids = {one.id for one in await contents(connection, moved)}
            rows = {row["id"]: row for row in await connection.fetch(QUERIES["some"], list(ids))}
            for key in ids:
                if key in rows and rows[key]["status"] != "off":
                    await _put(known, rows[key])
                else:
                    known.drop(key)
        return known

    async def _hits(self, matcher: Matcher, turn: Turn) -> tuple[list[Hit], Sequence[Changed]]:
        """Pairs of subscription and change, in the order of the journal."""
        numbers = {type_number(kind) for kind in matcher.types}
        wanted: list[Change] = [one for one in turn.changes if one.type in numbers]
        if not wanted:
            return [], ()
        changed = await contents(turn.connection, wanted)
        hits: list[Hit] = []
        questions: list[tuple[int, Question]] = []
        for place, one in enumerate(changed):
            found, pending = matcher.match(one)
            hits += [(key, place) for key in found]
            questions += [(place, Question(one.change.rid, each)) for each in pending]
            if place % _BREATH == 0:
                await asyncio.sleep(0)
        if questions:
            context = context_of(self._kernel, _SCOPE)
            asked = [question for _, question in questions]
            told = await answers(self._kernel.database, context, asked)
            hits += [
                (rule.subscriber, place)
                for place, one in questions
                if (id(one.pending.group), one.rid) in told
                for rule in one.pending.rules
            ]
        return sorted(dict.fromkeys(hits), key=lambda hit: hit[1]), changed


async def _put(matcher: Matcher, row: Row) -> None:
    try:
        one = kept(row)
        subject = subject_identifiers(one.resource) if row["form"] == NATIONAL else ()
        await matcher.put(one.id, one.definition, row["made"], subject)
    except ProductError as error:
        # What it asks for is not known here any more: a search parameter was given up.
        matcher.drop(row["id"])
        _log.warning("subscription_not_matched", subscription=row["id"], reason=error.slug)
    except Exception as error:  # one that cannot be read stops none of the others
        if is_outage(error):
            raise
        matcher.drop(row["id"])
        _log.exception("subscription_not_read", subscription=row["id"])


async def _record(connection: Connection, hits: Sequence[Hit], changed: Sequence[Changed]) -> None:
    methods = [_method(one) for one in changed]
    await connection.execute(
        QUERIES["record"],
        [key for key, _ in hits],
        [place + 1 for _, place in hits],
        [one.change.type for one in changed],
        [one.id for one in changed],
        [one.change.version for one in changed],
        methods,
        [one.change.updated for one in changed],
    )


def _method(one: Changed) -> int:
    """How the write is told: the first version is a creation, whatever the verb."""
    if one.now is None:
        return METHODS.index("DELETE")
    return METHODS.index("POST" if one.before is None else "PUT")
