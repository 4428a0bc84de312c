"""What an application asks for, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cordee.identity.smart.scopes import DataScope, parse
from cordee.web.language import gettext as _

_NOUNS = {
    "*": _("tout le dossier"),
    "Patient": _("l’identité"),
    "Observation": _("les résultats et les mesures"),
    "Condition": _("les problèmes de santé"),
    "AllergyIntolerance": _("les allergies"),
    "MedicationRequest": _("les prescriptions"),
    "MedicationStatement": _("les traitements"),
    "Immunization": _("les vaccinations"),
    "Procedure": _("les actes"),
    "Encounter": _("les venues et les séjours"),
    "DocumentReference": _("les documents"),
    "DiagnosticReport": _("les comptes rendus d’examens"),
    "CareTeam": _("le cercle de soins"),
    "CarePlan": _("les plans de soins"),
    "Appointment": _("les rendez-vous"),
    "Practitioner": _("les professionnels"),
    "Organization": _("les structures"),
}
_PLAIN = {
    "openid": _("Savoir qui vous êtes"),
    "fhirUser": _("Savoir qui vous êtes"),
    "profile": _("Savoir qui vous êtes"),
    "offline_access": _("Continuer quand vous n’êtes plus connecté, 90 jours au plus"),
    "online_access": _("Continuer tant que votre session est ouverte"),
}


def permissions(scopes: Sequence[str]) -> list[str]:
    """Give one sentence for each thing that the scopes open, each once."""
    found = [_sentence(one) for one in scopes]
    return list(dict.fromkeys(one for one in found if one))


def opens_data(scopes: Iterable[str]) -> bool:
    """Whether the scopes open anything of a record."""
    return any(isinstance(parse(one), DataScope) for one in scopes)


def _sentence(text: str) -> str:
    scope = parse(text)
    if isinstance(scope, str):
        return _PLAIN.get(scope, "")
    noun = _NOUNS.get(scope.type) or _("les ressources « %s »") % scope.type
    values = {"verb": _verb(scope.letters), "what": noun}
    if scope.context == "patient":
        sentence = _("%(verb)s %(what)s de ce patient") % values
    else:
        sentence = _("%(verb)s %(what)s de tous les patients que vous pouvez ouvrir") % values
    if scope.criteria:
        words = ", ".join(value.rpartition("|")[2] for _name, value in scope.criteria)
        sentence += _(" (seulement : %s)") % words
    return sentence


def _verb(letters: str) -> str:
    reads, writes = set(letters) & set("rs"), set(letters) & set("cud")
    if reads and writes:
        return _("Lire et modifier")
    return _("Modifier") if writes else _("Lire")
