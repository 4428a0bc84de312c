"""The four statuses of an identity, its attributes, and the only ways from one to another.

Rules: RNIV 1, EXI SI 07 (statuses: INSi asked or not, proof seen or not) and the attributes
homonyme, douteux and fictif; A1.2 and A1.4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from cordee.identity.ins.matricule import Ins
from cordee.identity.ins.proofs import Proof, ProofKind, accepted_proof
from cordee.identity.ins.traits import LABELS, StrictTraits, differences
from cordee.runtime.errors import RuleBroken


class Status(StrEnum):
    """What is known of an identity: the INSi was asked (RECUP), a proof was seen (VALI), both."""

    PROV = "PROV"
    RECUP = "RECUP"
    VALI = "VALI"
    QUAL = "QUAL"


class Attribute(StrEnum):
    """What is said of an identity besides its status."""

    HOMONYM = "homonyme"
    DOUBTFUL = "douteux"
    FICTIVE = "fictif"


class RetrievalMethod(StrEnum):
    """How the INSi was asked, by the code in fr-core-cs-method-collection."""

    TRAITS = "INSI"
    VITALE_CARD = "CV"


STATUS_LABELS: Final = {
    Status.PROV: "Identité provisoire",
    Status.RECUP: "Identité récupérée",
    Status.VALI: "Identité validée",
    Status.QUAL: "Identité qualifiée",
}
# From, to: what the step asks for is in `_check_step`. Any status falls to PROV on doubt.
LEGAL: Final = frozenset(
    {
        (Status.PROV, Status.RECUP),
        (Status.PROV, Status.VALI),
        (Status.RECUP, Status.QUAL),
        (Status.VALI, Status.QUAL),
        (Status.PROV, Status.QUAL),
        *((status, Status.PROV) for status in Status),
    }
)
UNTRUSTED: Final = frozenset({Attribute.DOUBTFUL, Attribute.FICTIVE})
_WITH_INS: Final = (Status.RECUP, Status.QUAL)
_WITH_PROOF: Final = (Status.VALI, Status.QUAL)


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What the INSi answered with code 00: one person, with the matricules held before."""

    ins: Ins
    traits: StrictTraits
    on: date
    method: RetrievalMethod = RetrievalMethod.TRAITS
    former: tuple[Ins, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity of one patient: traits, status, attributes, INS, and how each was had.

    Raises `RuleBroken` when the parts contradict each other: an INS without INSi, a status of
    trust for a doubtful or a fictive identity.
    """

    traits: StrictTraits
    status: Status = Status.PROV
    attributes: frozenset[Attribute] = frozenset()
    ins: Ins | None = None
    former: tuple[Ins, ...] = ()
    retrieved_on: date | None = None
    method: RetrievalMethod | None = None
    proof_kind: ProofKind | None = None
    proved_on: date | None = None

    def __post_init__(self) -> None:
        """Refuse an identity that no legal step leads to."""
        if (self.ins is not None) != (self.status in _WITH_INS):
            raise RuleBroken(
                "Le matricule INS accompagne l’identité récupérée ou qualifiée, et elle seule."
            )
        if self.is_untrusted and self.status is not Status.PROV:
            raise RuleBroken(
                "Une identité douteuse ou fictive reste provisoire ; levez d’abord l’attribut."
            )
        if self.status in _WITH_INS and not self.traits.is_complete:
            raise RuleBroken("Les cinq traits stricts sont nécessaires à une identité avec INS.")

    @property
    def is_untrusted(self) -> bool:
        """Doubtful or fictive."""
        return bool(self.attributes & UNTRUSTED)

    @property
    def may_send_matricule(self) -> bool:
        """True only for a qualified identity that is neither doubtful nor fictive (A1.5)."""
        return self.status is Status.QUAL and not self.is_untrusted

    @property
    def banner(self) -> str:
        """The sentence of the red banner of a homonym, on every screen; empty without it."""
        if Attribute.HOMONYM not in self.attributes:
            return ""
        return "Homonyme : vérifiez tous les traits d’identité avant d’agir sur ce dossier."


def check_insi_call(identity: Identity) -> None:
    """Return nothing when the INSi may be asked about this identity.

    Raises `RuleBroken` for a doubtful or a fictive identity (A1.4).
    """
    if identity.is_untrusted:
        raise RuleBroken(
            "Le téléservice INSi ne s’interroge pas pour une identité douteuse ou fictive ; "
            "levez d’abord l’attribut."
        )


def with_retrieval(
    identity: Identity, answer: Retrieval, *, accepted: frozenset[str] = frozenset()
) -> Identity:
    """The identity once the INSi has answered 00: PROV to RECUP, VALI to QUAL.

    The traits become those of the INSi; each trait that differs must be in `accepted`, read
    and agreed by the user. Raises `RuleBroken` otherwise, or for an illegal step.
    """
    after = Status.QUAL if identity.status is Status.VALI else Status.RECUP
    _check_step(identity, after, answer=answer, proof=None)
    _check_accepted(identity.traits, answer.traits, accepted)
    return _retrieved(identity, answer, after)


def with_proof(identity: Identity, proof: Proof, *, today: date) -> Identity:
    """The identity once a document of high confidence was seen: PROV to VALI, RECUP to QUAL.

    Raises `RuleBroken` for a document that proves nothing, or for an illegal step.
    """
    after = Status.QUAL if identity.status is Status.RECUP else Status.VALI
    _check_step(identity, after, answer=None, proof=proof)
    return _proved(identity, accepted_proof(proof, today=today), after)


def with_retrieval_and_proof(
    identity: Identity,
    answer: Retrieval,
    proof: Proof,
    *,
    today: date,
    accepted: frozenset[str] = frozenset(),
) -> Identity:
    """The identity qualified in one act: INSi 00 and proof, PROV straight to QUAL.

    Raises `RuleBroken` as the two steps do.
    """
    _check_step(identity, Status.QUAL, answer=answer, proof=proof)
    _check_accepted(identity.traits, answer.traits, accepted)
    proved = accepted_proof(proof, today=today)
    return _proved(_retrieved(identity, answer, Status.RECUP), proved, Status.QUAL)


def moved(identity: Identity, after: Status, *, on_doubt: bool = False) -> Identity:
    """The identity in the status asked for by name, which only the fall to PROV can be.

    Raises `RuleBroken` for every other status: it takes an answer of the INSi or a proof.
    """
    if after is Status.PROV and on_doubt:
        return fallen(identity)
    _check_step(identity, after, answer=None, proof=None)
    raise RuleBroken("Cette étape demande une réponse de l’INSi ou une pièce d’identité.")


def fallen(identity: Identity) -> Identity:
    """The identity back to PROV on doubt: traits kept, INS and proof gone from it."""
    return Identity(traits=identity.traits, attributes=identity.attributes)


def with_attribute(identity: Identity, attribute: Attribute) -> Identity:
    """The identity with one more attribute; a doubtful or a fictive one falls to PROV."""
    attributes = identity.attributes | {attribute}
    if attribute in UNTRUSTED:
        return Identity(traits=identity.traits, attributes=attributes)
    return replace(identity, attributes=attributes)


def without_attribute(identity: Identity, attribute: Attribute) -> Identity:
    """The identity without an attribute; its status stays."""
    return replace(identity, attributes=identity.attributes - {attribute})


def _check_step(
    identity: Identity, after: Status, *, answer: Retrieval | None, proof: Proof | None
) -> None:
    before = identity.status
    if (before, after) not in LEGAL or before is after:
        raise RuleBroken(
            f"Le passage de « {STATUS_LABELS[before]} » à « {STATUS_LABELS[after]} » "
            "n’est pas prévu."
        )
    if identity.is_untrusted and after in _WITH_INS:
        check_insi_call(identity)
    if identity.is_untrusted and after is Status.VALI:
        raise RuleBroken("Une identité douteuse ou fictive ne peut pas être validée.")
    if after in _WITH_INS and before not in _WITH_INS and answer is None:
        raise RuleBroken(
            f"« {STATUS_LABELS[after]} » demande que l’INSi ait répondu une seule identité (00)."
        )
    if after in _WITH_PROOF and before not in _WITH_PROOF and proof is None:
        raise RuleBroken(
            f"« {STATUS_LABELS[after]} » demande une pièce à haut niveau de confiance."
        )


def _check_accepted(ours: StrictTraits, theirs: StrictTraits, accepted: frozenset[str]) -> None:
    open_fields = [one.field for one in differences(ours, theirs) if one.field not in accepted]
    if open_fields:
        names = ", ".join(LABELS[field] for field in open_fields)
        raise RuleBroken(
            f"La réponse de l’INSi diffère de l’identité enregistrée ({names}) : comparez, puis "
            "acceptez chaque différence ou renoncez."
        )


def _retrieved(identity: Identity, answer: Retrieval, after: Status) -> Identity:
    return replace(
        identity,
        traits=answer.traits,
        status=after,
        ins=answer.ins,
        former=answer.former,
        retrieved_on=answer.on,
        method=answer.method,
    )


def _proved(identity: Identity, proof: Proof, after: Status) -> Identity:
    return replace(identity, status=after, proof_kind=proof.kind, proved_on=proof.checked_on)
