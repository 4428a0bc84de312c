"""The one door to patient data: who may do what, said as a scope for the kernel.

A system sees what its token carries; a person sees the patients to whom they are tied, themselves
or by their structure, without what the decision keeps from such a tie (decision 0030). What a scope
stands on is asked of the database anew each second: what is closed or withdrawn ends then.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cordee.access.acting import keep_acting
from cordee.access.classes import MatrixClasses, no_classes
from cordee.access.facts import Level
from cordee.access.labels import hidden_labels, kind_of
from cordee.access.mandates.scoping import read_opening, read_self
from cordee.access.purposes import Kind
from cordee.access.social import closed_letters, is_social, narrowed
from cordee.access.tying import read_ties
from cordee.fhir.indexing.document_types import DOCUMENT_TYPES
from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.store.scope import DELETED, Limit, Scope, Ties
from cordee.identity.principal import DPO, REGULATION, Principal
from cordee.identity.smart.scopes import kept, parsed_scopes
from cordee.runtime.clock import now, today
from cordee.runtime.database import Connection, Database

_SECONDS: Final = 1.0
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Known:
    scope: Scope
    until: float


class Guard:
    """Turns principals into scopes."""

    def __init__(self, keys: KeyMaker, database: Database) -> None:
        """`keys` hashes entities as the index does."""
        self._keys = keys
        self._database = database
        self._matrix = MatrixClasses()
        self._known: dict[Principal, _Known] = {}

    async def scope(self, principal: Principal) -> Scope:
        """What this principal may see and do; at most a second old."""
        known = self._known.get(principal)
        if known is not None and known.until > time.monotonic():
            return known.scope
        async with self._database.write.acquire() as connection:
            scope = await self._scope(connection, principal)
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[principal] = _Known(scope, time.monotonic() + _SECONDS)
        return scope

    def forget(self, agent: str = "") -> None:
        """Asks anew for somebody, or for all: this process has just changed what they may see."""
        for one in [one for one in self._known if not agent or one.user == agent]:
            del self._known[one]
        self._matrix.forget()

    async def _scope(self, connection: Connection, principal: Principal) -> Scope:
        rights, limits = _rights(principal)
        kind = kind_of(principal)
        actors: tuple[int, ...] | None = None
        ties: Ties | None = None
        stepped: frozenset[str] = frozenset()
        only: Mapping[str, str] = {}
        if kind is Kind.PROFESSIONAL:
            weak = principal.level < Level.TWO_FACTORS
            classes = (
                no_classes()
                if weak
                else await self._matrix.opened(connection, principal.profession, now())
            )
            actors, ties = await read_ties(connection, self._keys, principal, classes, now())
            stepped = frozenset(DOCUMENT_TYPES) if weak else stepped
            only = closed_letters(principal.profession)
            if is_social(principal.profession):
                rights, limits = narrowed(principal, rights, limits)
        elif kind is Kind.PATIENT:
            actors = await read_self(connection, self._keys, principal, now())
        elif kind is not Kind.SYSTEM:
            opening = await read_opening(connection, self._keys, principal, now())
            actors, ties, only = opening.actors, opening.ties, opening.letters
        return Scope(
            agent=principal.user,
            actors=actors,
            rights=rights,
            hidden=DELETED | hidden_labels(kind, today()),
            limits=limits,
            ties=ties,
            acting=await keep_acting(connection, self._keys, principal),
            stepped=stepped,
            only={**only, "AuditEvent": _events(principal), **_closed(principal)},
            keeps=_keeps(principal),
        )


def _closed(principal: Principal) -> Mapping[str, str]:
    """Types that persons reach by handlers of their own alone: subscriptions (0048), slots (0069).

    Slots of unscheduled care are told to the SAS and to the CPTS that offers them.
    """
    if principal.is_system:
        return {}
    slots = "rs" if REGULATION in principal.functions else ""
    return {"Subscription": "", "Slot": slots, "Schedule": slots}


def _keeps(principal: Principal) -> frozenset[str] | None:
    """Whom a document names that this person may change; None for a system. Decision 0044."""
    if principal.is_system:
        return None
    return frozenset({principal.practitioner, principal.structure} - {""})


def _events(principal: Principal) -> str:
    """The letters that anybody has on the trail: nobody changes or removes a line of it.

    A patient reads who saw their record on its own page, a professional nothing.
    """
    if principal.is_system:
        return "crus"  # u: under an id of its own, once
    return "rs" if DPO in principal.functions else ""


def _rights(principal: Principal) -> tuple[dict[str, str], tuple[Limit, ...]]:
    """What the scopes of the token give: whole types, and some resources only."""
    rights: dict[str, str] = {}
    limits: list[Limit] = []
    for one in parsed_scopes(principal.scopes):
        patient = principal.patient if one.context == "patient" else ""
        if one.criteria or one.context == "patient":
            if patient or one.context != "patient":
                limits.append(Limit(one.type, kept(one), patient, one.criteria))
            continue
        rights[one.type] = rights.get(one.type, "") + one.letters
    return rights, tuple(limits)
