"""Broken glasses as their patient reads them: the reason that was written, and the DPO's word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cordee.access.contesting import Around
from cordee.access.registers.grants import Reviewed
from cordee.runtime import french
from cordee.web.language import gettext as _

_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Exceptional:
    """One broken glass: motive, and what became of it."""

    key: str
    motive: str
    outcome: str
    note: str
    is_reviewed: bool
    day: str


class Exceptionals:
    """The broken glasses of one record, found by who acted and when."""

    def __init__(self, around: Around, now: datetime) -> None:
        """`now` tells whether a review is late."""
        self._glasses = around.glasses
        self._now = now
        self._told: set[str] = set()

    def is_first(self, key: str) -> bool:
        """Whether a glass is told for the first time on this page."""
        is_new = key not in self._told
        self._told.add(key)
        return is_new

    def of(self, agent: str, at: datetime) -> Exceptional | None:
        """The glass under which somebody acted at a moment."""
        for one in self._glasses:
            grant = one.kept.grant
            # The trail is written a moment before or after what it tells.
            if grant.breaker.agent == agent and grant.opened - _MOMENT <= at < grant.last:
                return self._words(one)
        return None

    @property
    def waiting(self) -> tuple[Exceptional, ...]:
        """Those that the DPO has not reviewed yet."""
        found = (self._words(one) for one in self._glasses)
        return tuple(one for one in found if not one.is_reviewed)

    def _words(self, one: Reviewed) -> Exceptional:
        grant = one.kept.grant
        if grant.reviewed is None:
            due = grant.review_due.astimezone(french.PARIS)
            values = {"day": french.short_date(due), "hour": french.clock(due)}
            outcome = (
                _("Le délégué à la protection des données aurait dû répondre le %(day)s, %(hour)s.")
                if grant.is_late(self._now)
                else _("Le délégué à la protection des données vérifie, réponse avant le "
                       "%(day)s, %(hour)s.")
            ) % values  # fmt: skip
        elif grant.justified:
            outcome = _("Le délégué à la protection des données l’a jugé justifié.")
        else:
            outcome = _("Le délégué à la protection des données l’a jugé non justifié.")
        day = french.short_date(grant.opened.astimezone(french.PARIS))
        return Exceptional(
            str(one.kept.id), grant.motive, outcome, one.note, grant.reviewed is not None, day
        )
