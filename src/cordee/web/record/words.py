"""French words of the codes that a record holds."""

from __future__ import annotations

from cordee.care.record.clinical import AllergyTitle
from cordee.care.record.results import Reading
from cordee.web.language import gettext as _

ALLERGY_TITLES = {
    AllergyTitle.KNOWN: (_("Allergies connues"), "!"),
    AllergyTitle.NONE: (_("Aucune allergie connue"), "○"),
    AllergyTitle.UNRECORDED: (_("Allergies non renseignées"), "?"),
    AllergyTitle.UNAVAILABLE: (_("Allergies non disponibles"), "×"),
}
READINGS = {
    Reading.NORMAL: (_("dans la référence"), ""),
    Reading.HIGH: (_("↑ au-dessus"), "caution"),
    Reading.LOW: (_("↓ au-dessous"), "caution"),
    Reading.CRITICAL_HIGH: (_("↑↑ critique"), "critical"),
    Reading.CRITICAL_LOW: (_("↓↓ critique"), "critical"),
    Reading.ABNORMAL: (_("! anormal"), "caution"),
    Reading.CRITICAL: (_("!! critique"), "critical"),
    Reading.UNKNOWN: (_("sans référence"), ""),
}
COMPARATORS = {
    "<": _("inférieur à"),
    "<=": "≤",
    ">": _("supérieur à"),
    ">=": "≥",
}
CLINICAL = {
    "active": _("en cours"),
    "recurrence": _("récidive"),
    "relapse": _("rechute"),
    "inactive": _("inactif"),
    "remission": _("en rémission"),
    "resolved": _("résolu"),
}
VERIFICATION = {
    "unconfirmed": _("non confirmé"),
    "provisional": _("provisoire"),
    "differential": _("à confirmer"),
}
CRITICALITY = {"high": _("risque élevé"), "low": _("risque faible")}
SEVERITY = {"severe": _("sévère"), "moderate": _("modérée"), "mild": _("légère")}
CATEGORY = {
    "food": _("aliment"),
    "medication": _("médicament"),
    "environment": _("environnement"),
    "biologic": _("produit biologique"),
}
TREATMENT_STATUS = {
    "active": _("en cours"),
    "on-hold": _("suspendu"),
    "draft": _("en préparation"),
    "intended": _("prévu"),
    "unknown": _("état non connu"),
    "completed": _("terminé"),
    "stopped": _("arrêté"),
}
PLAN_STATUS = {
    "active": _("en cours"),
    "on-hold": _("à réviser"),
    "draft": _("en préparation"),
}
ENCOUNTER_CLASSES = {
    "AMB": _("Consultation"),
    "EMER": _("Passage aux urgences"),
    "IMP": _("Hospitalisation"),
    "ACUTE": _("Hospitalisation"),
    "NONAC": _("Hospitalisation"),
    "SS": _("Hospitalisation de jour"),
    "HH": _("Visite à domicile"),
    "VR": _("Téléconsultation"),
    "OBSENC": _("Surveillance hospitalière"),
    "PRENC": _("Préadmission"),
    "FLD": _("Intervention sur place"),
}
ENCOUNTER_STATUS = {
    "planned": _("prévu"),
    "arrived": _("arrivé"),
    "triaged": _("trié"),
    "in-progress": _("en cours"),
    "onleave": _("en permission"),
}
DOCUMENT_STATUS = {
    "preliminary": _("provisoire"),
    "partial": _("partiel"),
    "registered": _("en attente"),
    "amended": _("modifié"),
    "corrected": _("corrigé"),
    "appended": _("complété"),
}
MEDIA = {
    "application/pdf": "PDF",
    "text/plain": _("texte"),
    "text/html": _("texte"),
    "application/xml": "CDA",
    "text/xml": "CDA",
    "application/dicom": _("images"),
}
RISKS = {"anticoagulant": _("Anticoagulant"), "insuline": _("Insuline")}
ROUTES = {
    "26643006": _("voie orale"),
    "34206005": _("voie sous-cutanée"),
    "47625008": _("voie intraveineuse"),
}
PERIODS = {
    "h": (_("heure"), _("heures")),
    "d": (_("jour"), _("jours")),
    "wk": (_("semaine"), _("semaines")),
    "mo": (_("mois"), _("mois")),
}
MOMENTS = {
    "MORN": _("le matin"),
    "NOON": _("le midi"),
    "AFT": _("l’après-midi"),
    "EVE": _("le soir"),
    "NIGHT": _("la nuit"),
    "HS": _("au coucher"),
    "WAKE": _("au réveil"),
    "C": _("aux repas"),
    "CM": _("au petit-déjeuner"),
    "CD": _("au déjeuner"),
    "CV": _("au dîner"),
    "AC": _("avant les repas"),
    "PC": _("après les repas"),
    "ACM": _("avant le petit-déjeuner"),
    "PCM": _("après le petit-déjeuner"),
}
