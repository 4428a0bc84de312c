"""Documents that prove an identity: which ones have a high level of confidence, and when.

Rules: RNIV 1 and its 2024 exceptions (minors, direct admission to a nursing home, children in
care); A1.3: kind, date and controlling user are kept, the scan only with a date of purge.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from cordee.runtime.errors import RuleBroken

LONGEST_SCAN: Final = timedelta(days=5 * 366)


class ProofKind(StrEnum):
    """A document, by its code in fr-core-cs-mode-validation-identity."""

    PASSPORT = "PA"
    IDENTITY_CARD = "CN"
    RESIDENCE_PERMIT = "CS"
    ELECTRONIC_IDENTITY = "IE"
    BIRTH_CERTIFICATE = "AN"
    FAMILY_BOOK = "LE"
    CERTIFICATE_AND_VITALE_CARD = "AC"
    MINOR_CIRCULATION_DOCUMENT = "DC"
    DRIVING_LICENCE = "PC"
    MILITARY_CARD = "CM"
    CIRCULATION_BOOK = "CC"
    EUROPEAN_CARD = "CE"
    TRUSTED_THIRD_PARTY = "TC"


class ProofSituation(StrEnum):
    """The situations in which other documents prove an identity."""

    ORDINARY = "ordinary"
    MINOR = "minor"
    NURSING_HOME_ADMISSION = "nursing-home"
    CHILD_IN_CARE = "child-in-care"


LABELS: Final = {
    ProofKind.PASSPORT: "Passeport",
    ProofKind.IDENTITY_CARD: "Carte nationale d’identité",
    ProofKind.RESIDENCE_PERMIT: "Titre de séjour",
    ProofKind.ELECTRONIC_IDENTITY: "Identification électronique eIDAS",
    ProofKind.BIRTH_CERTIFICATE: "Extrait d’acte de naissance",
    ProofKind.FAMILY_BOOK: "Livret de famille",
    ProofKind.CERTIFICATE_AND_VITALE_CARD: "Acte de naissance et carte Vitale avec photo",
    ProofKind.MINOR_CIRCULATION_DOCUMENT: "Document de circulation pour étranger mineur",
    ProofKind.DRIVING_LICENCE: "Permis de conduire",
    ProofKind.MILITARY_CARD: "Carte militaire",
    ProofKind.CIRCULATION_BOOK: "Carnet de circulation",
    ProofKind.EUROPEAN_CARD: "Carte européenne",
    ProofKind.TRUSTED_THIRD_PARTY: "Tiers de confiance",
}
HIGH_CONFIDENCE: Final = frozenset(
    {
        ProofKind.PASSPORT,
        ProofKind.IDENTITY_CARD,
        ProofKind.RESIDENCE_PERMIT,
        ProofKind.ELECTRONIC_IDENTITY,
    }
)
_CIVIL_STATUS: Final = frozenset({ProofKind.BIRTH_CERTIFICATE, ProofKind.FAMILY_BOOK})
_BY_SITUATION: Final = {
    ProofSituation.ORDINARY: frozenset[ProofKind](),
    ProofSituation.MINOR: _CIVIL_STATUS | {ProofKind.MINOR_CIRCULATION_DOCUMENT},
    ProofSituation.NURSING_HOME_ADMISSION: _CIVIL_STATUS | {ProofKind.CERTIFICATE_AND_VITALE_CARD},
    ProofSituation.CHILD_IN_CARE: _CIVIL_STATUS,
}


@dataclass(frozen=True, slots=True)
class Scan:
    """Where the picture of a document is kept, and the day on which it is destroyed."""

    reference: str
    purge_on: date


@dataclass(frozen=True, slots=True)
class Proof:
    """A document that was seen: what, when, by whom; without picture unless there must be one.

    `parent_document` is the parent's own document, for a minor; `has_vitale_photo` says that
    a Vitale card with a photo was seen too.
    """

    kind: ProofKind
    checked_on: date
    checked_by: str
    situation: ProofSituation = ProofSituation.ORDINARY
    parent_document: ProofKind | None = None
    has_vitale_photo: bool = False
    scan: Scan | None = None


def accepted_proof(proof: Proof, *, today: date) -> Proof:
    """The same proof, once it is known to prove an identity.

    Raises `RuleBroken` for a document without a high level of confidence in its situation, a
    missing user, a date to come, or a picture whose purge is past or too far.
    """
    if not proof.checked_by:
        raise RuleBroken("Le contrôle d’une pièce d’identité porte le nom de qui l’a fait.")
    if proof.checked_on > today:
        raise RuleBroken("La date du contrôle de la pièce d’identité est dans le futur.")
    if proof.kind not in HIGH_CONFIDENCE:
        _check_situation(proof)
    if proof.scan:
        _check_scan(proof.scan, proof.checked_on)
    return proof


def proof_choices(situation: ProofSituation) -> tuple[ProofKind, ...]:
    """The documents that prove an identity in a situation, in the order of the screen."""
    kinds = HIGH_CONFIDENCE | _BY_SITUATION[situation]
    return tuple(kind for kind in ProofKind if kind in kinds)


def _check_situation(proof: Proof) -> None:
    if proof.kind not in _BY_SITUATION[proof.situation]:
        raise RuleBroken(
            f"« {LABELS[proof.kind]} » n’est pas un document à haut niveau de confiance dans "
            "cette situation ; demandez un passeport, une carte d’identité ou un titre de séjour."
        )
    by_parent = proof.situation is ProofSituation.MINOR and proof.kind in _CIVIL_STATUS
    if by_parent and proof.parent_document not in HIGH_CONFIDENCE:
        raise RuleBroken(
            "Pour un mineur, le livret de famille ou l’extrait d’acte de naissance se contrôle "
            "avec une pièce d’identité d’un parent."
        )
    if proof.situation is ProofSituation.NURSING_HOME_ADMISSION and not proof.has_vitale_photo:
        raise RuleBroken(
            "À l’entrée directe en EHPAD, le livret de famille ou l’extrait d’acte de naissance "
            "se contrôle avec une carte Vitale portant une photo."
        )


def _check_scan(scan: Scan, checked_on: date) -> None:
    if not scan.reference:
        raise RuleBroken("L’image de la pièce d’identité n’est pas désignée.")
    if scan.purge_on <= checked_on:
        raise RuleBroken("La date de purge de l’image doit suivre la date du contrôle.")
    if scan.purge_on > checked_on + LONGEST_SCAN:
        raise RuleBroken("L’image d’une pièce d’identité se garde cinq ans au plus.")
