"""Breaking the glass: a state machine without a clock.

    open --four hours, or closed early--> ended --review--> justified | not justified
    open --review "not justified"--> not justified (ends at once)

Rule: A3.4: listed roles, motive and category, four hours, refused on opposition to emergency
access, reviewed by the DPO within 72 hours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cordee.access.facts import GLASS_ROLES, Relation, RelationKind
from cordee.runtime.errors import AccessDenied, RuleBroken

LONGEST: Final = timedelta(hours=4)
REVIEW_WITHIN: Final = timedelta(hours=72)
SHORTEST_MOTIVE: Final = 20


class Category(StrEnum):
    """Why the glass is broken, beside the motive in words."""

    VITAL = "vital"
    UNCONSCIOUS = "unconscious"
    REGULATION = "regulation"
    PSYCHIATRIC = "psychiatric"
    OTHER = "other"


class State(StrEnum):
    """Of a grant, at a moment."""

    OPEN = "open"
    ENDED = "ended"
    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not-justified"


@dataclass(frozen=True, slots=True)
class Breaker:
    """Who breaks it, and for which patient."""

    agent: str
    role: str
    practitioner: str
    structure: str
    patient: str
    by_delegation: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """A glass that was broken."""

    breaker: Breaker
    category: Category
    motive: str
    opened: datetime
    ends: datetime
    closed: datetime | None = None
    reviewed: datetime | None = None
    justified: bool = False

    @property
    def review_due(self) -> datetime:
        """When the DPO must have said whether it was justified."""
        return self.opened + REVIEW_WITHIN

    @property
    def last(self) -> datetime:
        """When it ends, or has ended."""
        ends = [self.ends, *([self.closed] if self.closed else [])]
        if self.reviewed is not None and not self.justified:
            ends.append(self.reviewed)
        return min(ends)

    def state(self, at: datetime) -> State:
        """Where it stands at a moment. A justified one that still runs is open."""
        if self.reviewed is not None and self.reviewed <= at:
            if not self.justified:
                return State.NOT_JUSTIFIED
            return State.OPEN if at < self.last else State.JUSTIFIED
        return State.OPEN if self.opened <= at < self.last else State.ENDED

    def is_late(self, at: datetime) -> bool:
        """Whether the review should have been done by then."""
        return self.review_due < (self.reviewed or at)

    def relation(self) -> Relation:
        """The relation that it makes for the decision."""
        return Relation(RelationKind.GLASS, self.opened, self.last)


def break_glass(
    breaker: Breaker, category: str, motive: str, *, opposed: bool, at: datetime
) -> Grant:
    """A new grant of four hours.

    Raises `AccessDenied` for a role that is not listed, who acts by delegation, or where the
    patient opposed emergency access; `RuleBroken` without a category or a motive in words.
    """
    if breaker.role not in GLASS_ROLES or breaker.by_delegation:
        raise AccessDenied("Votre rôle ne permet pas le bris de glace.")
    if opposed:
        raise AccessDenied("Cette personne s’est opposée à l’accès à son dossier en urgence.")
    if category not in set(Category):
        raise RuleBroken("Choisissez la catégorie du motif.")
    words = " ".join(motive.split())
    if len(words) < SHORTEST_MOTIVE:
        raise RuleBroken(f"Écrivez le motif, en {SHORTEST_MOTIVE} caractères au moins.")
    return Grant(breaker, Category(category), words, at, at + LONGEST)


def close(grant: Grant, at: datetime) -> Grant:
    """The grant, ended before its time; raises `RuleBroken` when it is not open."""
    if grant.state(at) is not State.OPEN:
        raise RuleBroken("Ce bris de glace est déjà terminé.")
    return replace(grant, closed=at)


def review(grant: Grant, reviewer: str, *, justified: bool, at: datetime) -> Grant:
    """The grant, reviewed; raises `RuleBroken` a second time or by whoever broke the glass."""
    if grant.reviewed is not None:
        raise RuleBroken("Ce bris de glace a déjà été examiné.")
    if reviewer == grant.breaker.agent:
        raise RuleBroken("Personne n’examine son propre bris de glace.")
    return replace(grant, reviewed=at, justified=justified)
