"""The reasons of decisions: a machine code and one French sentence each. Rule: A3.2."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Code(StrEnum):
    """Why; those of permits begin with `as-`."""

    AS_PATIENT = "as-patient"
    AS_REPRESENTATIVE = "as-representative"
    AS_CARER = "as-carer"
    AS_DEPOSITOR = "as-depositor"
    AS_SYSTEM = "as-system"
    AS_AUTHOR = "as-author"
    AS_ATTENDING = "as-attending"
    AS_TEAM = "as-team"
    AS_CONSULTATION = "as-consultation"
    AS_CIRCLE = "as-circle"
    AS_GLASS = "as-glass"
    AS_EMERGENCY = "as-emergency"
    SCOPE_MISSING = "scope-missing"
    LEVEL_MISSING = "level-missing"
    PURPOSE_REFUSED = "purpose-refused"
    DELEGATION_ENDED = "delegation-ended"
    RECORD_NOT_WRITTEN = "record-not-written"
    DEFERRED = "deferred"
    MINOR_SECRET = "minor-secret"  # noqa: S105 -- a code, no password
    MASKED = "masked"
    BLOCKED = "blocked"
    SHARING_OPPOSED = "sharing-opposed"
    EMERGENCY_OPPOSED = "emergency-opposed"
    NOT_INFORMED = "not-informed"
    NO_RELATION = "no-relation"
    CONFIDENTIAL = "confidential"
    MATRIX_CLOSED = "matrix-closed"
    MATRIX_TO_COMPLETE = "matrix-to-complete"
    DEFAULT = "default"


SENTENCES: Final[dict[Code, str]] = {
    Code.AS_PATIENT: "C’est votre dossier.",
    Code.AS_REPRESENTATIVE: "Vous représentez cette personne, dans les limites qui ont été fixées.",
    Code.AS_CARER: "Cette personne vous a ouvert cette partie de son dossier.",
    Code.AS_DEPOSITOR: "Vous déposez un document dans ce dossier.",
    Code.AS_SYSTEM: "Ce logiciel est autorisé à échanger ces données.",
    Code.AS_AUTHOR: "Vous êtes l’auteur de ce document.",
    Code.AS_ATTENDING: "Vous êtes le médecin traitant de cette personne.",
    Code.AS_TEAM: "Vous faites partie de l’équipe de soins de cette personne.",
    Code.AS_CONSULTATION: "Cette personne a consenti à cet accès pour cette consultation.",
    Code.AS_CIRCLE: "Vous faites partie du cercle de soins de cette personne.",
    Code.AS_GLASS: "Vous avez ouvert ce dossier en bris de glace ; cette personne en est prévenue.",
    Code.AS_EMERGENCY: "Vous prenez en charge cette personne en urgence.",
    Code.SCOPE_MISSING: "Cette application n’a pas reçu le droit de faire cela.",
    Code.LEVEL_MISSING: "Cet accès demande une authentification à deux facteurs.",
    Code.PURPOSE_REFUSED: "Ce motif d’accès n’ouvre pas ces données.",
    Code.DELEGATION_ENDED: "La délégation au nom de laquelle vous agissez n’est pas en cours.",
    Code.RECORD_NOT_WRITTEN: "Seuls des documents s’écrivent dans un dossier.",
    Code.DEFERRED: "Ce résultat sera visible après son annonce par un professionnel.",
    Code.MINOR_SECRET: "Cette personne mineure a demandé le secret sur ces soins.",
    Code.MASKED: "Cette personne a masqué ce document.",
    Code.BLOCKED: "Cette personne vous a fermé l’accès à son dossier.",
    Code.SHARING_OPPOSED: "Cette personne s’est opposée au partage de ses données.",
    Code.EMERGENCY_OPPOSED: "Cette personne s’est opposée à l’accès à son dossier en urgence.",
    Code.NOT_INFORMED: "Cette personne n’a pas encore été informée de votre accès.",
    Code.NO_RELATION: "Aucune relation de soins ne vous lie à cette personne.",
    Code.CONFIDENTIAL: "La confidentialité de ce document le réserve à moins de personnes.",
    Code.MATRIX_CLOSED: "Votre profession n’est pas habilitée pour ce type de document.",
    Code.MATRIX_TO_COMPLETE: "L’habilitation de votre profession pour ce type reste à compléter.",
    Code.DEFAULT: "Aucune règle n’ouvre cet accès.",
}
