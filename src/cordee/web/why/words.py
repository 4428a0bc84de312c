"""French words of the facts behind a decision."""

from __future__ import annotations

from cordee.access.codes import Code
from cordee.access.facts import Confidentiality, Level, RelationKind, Request
from cordee.access.matrix import catalogue
from cordee.care.record.ports import RecordRows
from cordee.runtime import french
from cordee.web.language import gettext as _

RELATIONS = {
    RelationKind.TEAM: _("équipe de soins"),
    RelationKind.ATTENDING: _("médecin traitant"),
    RelationKind.CIRCLE: _("cercle de soins"),
    RelationKind.CONSULTATION: _("accord pour une consultation"),
    RelationKind.EMERGENCY: _("urgence"),
    RelationKind.GLASS: _("accès exceptionnel"),
    RelationKind.SELF: _("la personne elle-même"),
    RelationKind.REPRESENTATIVE: _("représentant légal"),
    RelationKind.CARER: _("proche"),
}
CONFIDENTIALITY = {
    Confidentiality.NORMAL: _("normale"),
    Confidentiality.RESTRICTED: _("restreinte"),
    Confidentiality.VERY_RESTRICTED: _("très restreinte"),
}
OF_OTHERS = {
    Code.AS_PATIENT: _("C’est votre dossier."),
    Code.AS_REPRESENTATIVE: _("Cette personne vous représente."),
    Code.AS_CARER: _("Vous avez ouvert votre dossier à cette personne."),
    Code.AS_SYSTEM: _("Ce logiciel est autorisé à échanger ces données."),
    Code.AS_AUTHOR: _("Cette personne est l’auteur du document."),
    Code.AS_ATTENDING: _("C’est votre médecin traitant."),
    Code.AS_TEAM: _("Cette personne fait partie de votre équipe de soins."),
    Code.AS_CONSULTATION: _("Vous avez donné votre accord pour cette consultation."),
    Code.AS_CIRCLE: _("Cette personne fait partie de votre cercle de soins."),
    Code.AS_GLASS: _("Accès exceptionnel, hors de votre cercle de soins."),
    Code.AS_EMERGENCY: _("Cette personne vous prend en charge en urgence."),
    Code.BLOCKED: _("Vous avez fermé votre dossier à cette personne."),
    Code.SHARING_OPPOSED: _("Vous vous êtes opposé au partage de vos données."),
    Code.NO_RELATION: _("Aucune relation de soins ne liait cette personne à vous à ce moment."),
}
"""The sentence of a decision on somebody else, as the patient reads it."""


def of_others(code: Code) -> str:
    """The sentence of a decision about somebody else's access to one's own record."""
    return OF_OTHERS.get(code, _("Aucune règle n’ouvrait cet accès à ce moment."))


def facts_of(request: Request, rows: RecordRows) -> tuple[tuple[str, str], ...]:
    """The facts that a decision was made on, as pairs of a name and a value."""
    actor, document = request.actor, request.document
    ties = ", ".join(
        _("%(kind)s depuis le %(day)s")
        % {
            "kind": RELATIONS[one.kind],
            "day": french.short_date(one.start.astimezone(french.PARIS)),
        }
        for one in request.relations
        if one.lives(request.at)
    )
    profession = catalogue().professions.get(actor.acting_profession, "")
    found = [
        (_("Lien avec la personne"), ties or _("aucun")),
        (_("Profession"), profession or _("non habilitée")),
        (_("Structure"), rows.names.get(actor.structure, "")),
        (_("Authentification"), _two_factors(actor.level)),
    ]
    if document is not None:
        kinds = catalogue()
        kind = kinds.documents.get(document.type) or kinds.categories.get(document.category, "")
        found += [
            (_("Type de document"), kind or _("type inconnu de la matrice")),
            (_("Confidentialité"), CONFIDENTIALITY[document.confidentiality]),
        ]
    return tuple((name, value) for name, value in found if value)


def _two_factors(level: Level) -> str:
    return _("deux facteurs") if level >= Level.TWO_FACTORS else _("un facteur")
