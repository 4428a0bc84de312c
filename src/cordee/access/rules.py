"""The rules of the decision, in the order in which they are asked.

A rule gives an answer or None, "not mine to say". Refusals that hide come before those that may
be told, so that what is hidden is refused as what is absent, whatever else is missing. A rule
that changes gets a new version with its date; the old one stays, until the day before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cordee.access.codes import Code
from cordee.access.facts import (
    DEPOSITED,
    EVERY_CATEGORY,
    MANAGEMENT,
    Confidentiality,
    Level,
    Power,
    Relation,
    RelationKind,
    Request,
)
from cordee.access.matrix import Right, State
from cordee.access.purposes import CLAIMED_BY, Kind, Purpose
from cordee.access.social import is_social, opens_type
from cordee.access.ties import care_ties, refused_care, tells_of_patient

_BEGINNING: Final = datetime(2020, 1, 1, tzinfo=UTC)
_AROUND: Final = {
    Kind.REPRESENTATIVE: RelationKind.REPRESENTATIVE,
    Kind.CARER: RelationKind.CARER,
}
_SEES_RESTRICTED: Final = frozenset(
    {RelationKind.TEAM, RelationKind.ATTENDING, RelationKind.CONSULTATION, RelationKind.GLASS}
)
_PERMITS: Final = {
    RelationKind.ATTENDING: Code.AS_ATTENDING,
    RelationKind.TEAM: Code.AS_TEAM,
    RelationKind.CONSULTATION: Code.AS_CONSULTATION,
    RelationKind.CIRCLE: Code.AS_CIRCLE,
    RelationKind.EMERGENCY: Code.AS_EMERGENCY,
    RelationKind.GLASS: Code.AS_GLASS,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule says; `told` when existence is the actor's to know."""

    permitted: bool
    code: Code
    told: bool = False
    offers_glass: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule under the name that the trace keeps, in force from `since` until before `until`."""

    id: str
    check: Callable[[Request], Answer | None]
    version: int = 1
    since: datetime = _BEGINNING
    until: datetime | None = None

    def in_force(self, at: datetime) -> bool:
        """Whether it counts at a moment."""
        return self.since <= at and (self.until is None or at < self.until)


def scope_is_held(request: Request) -> Answer | None:
    """403: the token lacks the right, which says nothing of what exists. Source: SMART 2.2."""
    return None if request.in_scope else Answer(False, Code.SCOPE_MISSING, told=True)


def purpose_is_open(request: Request) -> Answer | None:
    """Each kind of actor has its purposes; an administrative one opens management papers alone.

    Source: RGPD article 5 (purpose limitation); CSP L.1110-4.
    """
    if request.purpose not in CLAIMED_BY[request.actor.kind]:
        return _refuse(Code.PURPOSE_REFUSED)
    by_person = request.actor.kind is Kind.PROFESSIONAL
    if by_person and request.purpose is Purpose.ADMINISTRATION:
        document = request.document
        if document is not None and document.category != MANAGEMENT:
            return _refuse(Code.PURPOSE_REFUSED)
    return None


def delegation_lives(request: Request) -> Answer | None:
    """Who acts by delegation needs one in course. Source: A2.7."""
    delegation = request.actor.delegation
    if delegation is None or delegation.lives(request.at):
        return None
    return _refuse(Code.DELEGATION_ENDED)


def record_is_not_written(request: Request) -> Answer | None:
    """Persons write documents, not records: identity has its own door. Source: A1."""
    if request.actor.kind is Kind.SYSTEM or request.document is not None:
        return None
    return _refuse(Code.RECORD_NOT_WRITTEN) if request.right is Right.WRITE else None


def announcement_comes_first(request: Request) -> Answer | None:
    """A deferred result is hidden from the patient and those around them. Source: A3.7."""
    if request.actor.kind not in {Kind.PATIENT, *_AROUND} or request.document is None:
        return None
    return _refuse(Code.DEFERRED) if request.document.is_deferred(request.at) else None


def minor_keeps_secret(request: Request) -> Answer | None:
    """Care kept secret is hidden from parents, and from carers. Source: A3.6, CSP L.1111-5."""
    if request.actor.kind not in _AROUND or request.document is None:
        return None
    return _refuse(Code.MINOR_SECRET) if request.document.secret else None


def patient_reads(request: Request) -> Answer | None:
    """The patient reads all the rest of their record, masked or not. Source: CSP L.1111-7."""
    if request.actor.kind is not Kind.PATIENT or not _holds(request, RelationKind.SELF):
        return None
    return Answer(True, Code.AS_PATIENT) if request.right is Right.READ else None


def patient_deposits(request: Request) -> Answer | None:
    """The patient deposits documents of their own category. Source: A3 Réel, S23."""
    if request.actor.kind is not Kind.PATIENT or not _holds(request, RelationKind.SELF):
        return None
    document = request.document
    if request.right is Right.WRITE and document is not None and document.category == DEPOSITED:
        return Answer(True, Code.AS_DEPOSITOR)
    return None


def masking_holds_around(request: Request) -> Answer | None:
    """Masked from those around, but from who masks for the patient. Source: A3.5."""
    if request.actor.kind not in _AROUND or request.document is None:
        return None
    if not request.document.masked or _around(request, Power.MASK):
        return None
    return _refuse(Code.MASKED)


def representative_reads(request: Request) -> Answer | None:
    """A representative reads the categories that they were given. Source: A3.3."""
    if request.actor.kind is not Kind.REPRESENTATIVE or request.right is not Right.READ:
        return None
    return Answer(True, Code.AS_REPRESENTATIVE) if _around(request, Power.READ) else None


def carer_reads(request: Request) -> Answer | None:
    """A carer reads what they were given, and nothing restricted. Source: A3.3."""
    if request.actor.kind is not Kind.CARER or request.right is not Right.READ:
        return None
    if not _around(request, Power.READ):
        return None
    if request.document and request.document.confidentiality is not Confidentiality.NORMAL:
        return _refuse(Code.CONFIDENTIAL)
    return Answer(True, Code.AS_CARER)


def family_deposits(request: Request) -> Answer | None:
    """Representatives and carers deposit where they were given that. Source: A3.3."""
    if request.actor.kind not in _AROUND or request.right is not Right.WRITE:
        return None
    if request.document is None or request.document.category != DEPOSITED:
        return None
    return Answer(True, Code.AS_DEPOSITOR) if _around(request, Power.DEPOSIT) else None


def system_exchanges(request: Request) -> Answer | None:
    """A system does what its token carries, but reads nothing masked or opposed.

    Source: A3 Réel, S24 (opposition is above all habilitation); A3.5.
    """
    if request.actor.kind is not Kind.SYSTEM:
        return None
    if request.right is Right.READ:
        if request.document is not None and request.document.masked:
            return _refuse(Code.MASKED)
        if request.consent.opposes_sharing:
            return _refuse(Code.SHARING_OPPOSED)
    return Answer(True, Code.AS_SYSTEM)


def author_reads(request: Request) -> Answer | None:
    """An author always reads their own, masked or opposed as it may be. Source: A3.5."""
    document = request.document
    if not _by_professional(request) or document is None or request.right is not Right.READ:
        return None
    if not document.author or document.author != request.actor.acting_practitioner:
        return None
    return Answer(True, Code.AS_AUTHOR)


def masking_holds(request: Request) -> Answer | None:
    """Masked from every professional, but from the médecin traitant where so set. Source: A3.5."""
    if not _by_professional(request) or request.document is None or not request.document.masked:
        return None
    if request.consent.attending_sees_masked and _holds(request, RelationKind.ATTENDING):
        return None
    return _refuse(Code.MASKED)


def blocked_stays_out(request: Request) -> Answer | None:
    """Whom the patient blocked stays out; the médecin traitant cannot be blocked. Source: S69."""
    if not _by_professional(request) or _holds(request, RelationKind.ATTENDING):
        return None
    actor = request.actor
    known = {actor.practitioner, actor.acting_practitioner, actor.structure} - {""}
    if known & request.consent.blocked:
        return _refuse_care(request, Code.BLOCKED)
    return None


def care_relation_is_open(request: Request) -> Answer | None:
    """Without an open care relation, no; the reason says why none is. Source: A3.3, S22-S24."""
    if not _by_professional(request) or care_ties(request):
        return None
    return _refuse_care(request, refused_care(request))


def confidentiality_holds(request: Request) -> Answer | None:
    """R is for the team, V for whoever attends the patient and the structure it was written in.

    A broken glass opens both; delegation does not open V. Source: A3.5, JDV_J08; the meaning
    of R and V is our own reading, decision 0030.
    """
    document = request.document
    if not _by_professional(request) or document is None:
        return None
    ties = care_ties(request)
    match document.confidentiality:
        case Confidentiality.NORMAL:
            return None
        case Confidentiality.RESTRICTED:
            sees = bool(ties & _SEES_RESTRICTED)
        case Confidentiality.VERY_RESTRICTED:
            here = bool(document.structure) and document.structure == request.actor.structure
            sees = request.actor.delegation is None and (
                bool(ties & {RelationKind.ATTENDING, RelationKind.GLASS})
                or (here and RelationKind.TEAM in ties)
            )
    return None if sees else _refuse(Code.CONFIDENTIAL)


def matrix_opens(request: Request) -> Answer | None:
    """The cell of profession, document and right must be open. Source: A3.1, S22-S25; B7.7."""
    document = request.document
    if not _by_professional(request) or document is None:
        return None
    if request.matrix is None:
        return _refuse(Code.MATRIX_CLOSED)
    profession = request.actor.acting_profession
    if document.kind and is_social(profession):
        is_open = opens_type(profession, document.kind)
        return None if is_open else _refuse(Code.MATRIX_CLOSED)
    cell = request.matrix.cell(profession, document.type, document.category, request.right)
    if cell is None or cell.state is State.CLOSED:
        return _refuse(Code.MATRIX_CLOSED)
    return None if cell.state is State.OPEN else _refuse(Code.MATRIX_TO_COMPLETE)


def care_relation_permits(request: Request) -> Answer | None:
    """What no rule has refused, an open care relation permits. Source: A3 Flux."""
    if not _by_professional(request):
        return None
    ties = care_ties(request)
    return next((Answer(True, code) for kind, code in _PERMITS.items() if kind in ties), None)


def two_factors_for_dmp(request: Request) -> Answer | None:
    """403 with step-up: professionals open the class of the DMP with two factors. Source: A2.2."""
    document = request.document
    if not _by_professional(request) or document is None or not document.in_dmp:
        return None
    if request.actor.level >= Level.TWO_FACTORS:
        return None
    return Answer(False, Code.LEVEL_MISSING, told=True)


RULES: Final = tuple(
    Rule(check.__name__.replace("_", "-"), check)
    for check in (
        scope_is_held, purpose_is_open, delegation_lives, record_is_not_written,
        announcement_comes_first, minor_keeps_secret, patient_reads, patient_deposits,
        masking_holds_around, representative_reads, carer_reads, family_deposits,
        system_exchanges, author_reads, masking_holds, blocked_stays_out, care_relation_is_open,
        confidentiality_holds, matrix_opens, care_relation_permits,
    )
)  # fmt: skip
GATES: Final = (Rule("two-factors-for-dmp", two_factors_for_dmp),)


def _by_professional(request: Request) -> bool:
    return request.actor.kind is Kind.PROFESSIONAL


def _holds(request: Request, kind: RelationKind) -> bool:
    return any(one.kind is kind and one.lives(request.at) for one in request.relations)


def _around(request: Request, power: Power) -> bool:
    kind = _AROUND[request.actor.kind]
    return any(
        one.kind is kind and one.lives(request.at) and power in one.powers and _covers(one, request)
        for one in request.relations
    )


def _covers(relation: Relation, request: Request) -> bool:
    if request.document is None:
        return True
    part = request.document.part or request.document.category
    return bool(relation.categories & {EVERY_CATEGORY, part})


def _refuse(code: Code) -> Answer:
    return Answer(False, code)


def _refuse_care(request: Request, code: Code) -> Answer:
    """A refusal of the record itself: told to who found the patient and may break the glass."""
    told = tells_of_patient(request)
    opposed = request.consent.opposes_emergency or code is Code.BLOCKED
    return Answer(False, code, told=told, offers_glass=told and not opposed)
