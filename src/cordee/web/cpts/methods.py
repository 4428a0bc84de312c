"""How each indicator of the dossier of a CPTS is counted, from what, and what it does not say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cordee.web.language import gettext as _

_DIRECTORY: Final = _("Annuaire de la région")
_FOLLOWED: Final = _("Suivi des recherches de médecin traitant")
_SLOTS: Final = _("Créneaux publiés sur la plateforme")
_BOARD: Final = _("Tableau de prévention de la CPTS")
_DAYS: Final = _("Journées de vaccination ouvertes sur la plateforme")
_CRISES: Final = _("Cellules de crise de la CPTS")
_OFFERS: Final = _("Offres de la CPTS")
_TRAININGS: Final = _("Calendrier des formations de la CPTS")
_OUTSIDE: Final = _("Ce qui est fait hors de la plateforme n’est pas compté.")
_TOLD: Final = _("Déclaré par les membres, non vérifié.")

METHODS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "membres": (
        _("Membres"), _("Personnes qui ont un exercice actif dans la CPTS."), _DIRECTORY,
        _("État du jour de l’édition, quelle que soit l’année ; 200 au plus."),
    ),
    "membres-soins": (
        _("Membres de profession de santé"),
        _("Parmi les membres, ceux dont l’exercice porte une profession de santé (TRE_G15)."),
        _DIRECTORY, _("État du jour de l’édition, quelle que soit l’année."),
    ),
    "mt-demandes": (
        _("Recherches de médecin traitant reçues"),
        _("Recherches reçues par la CPTS dans l’année ; une personne compte à chaque recherche."),
        _FOLLOWED, _OUTSIDE,
    ),
    "mt-trouve": (
        _("Médecin trouvé"), _("Parmi elles, celles où un médecin a accepté."), _FOLLOWED,
        _("L’état est celui du jour de l’édition."),
    ),
    "mt-attente": (
        _("Encore en recherche"), _("Parmi elles, celles qui ne sont pas closes."), _FOLLOWED,
        _("L’état est celui du jour de l’édition."),
    ),
    "mt-autre": (
        _("Closes autrement"), _("Parmi elles, celles closes sans médecin."), _FOLLOWED,
        _("Le motif n’est pas distingué."),
    ),
    "mt-delai": (
        _("Délai médian jusqu’au médecin"),
        _("De la réception à l’état « trouvé », médiane des recherches trouvées, temps réel."),
        _FOLLOWED, _("Les recherches encore en cours n’y sont pas."),
    ),
    "snp-publies": (
        _("Créneaux de soins non programmés publiés"),
        _("Créneaux commencés dans l’année, libres ou pris ; un créneau retiré ne compte pas."),
        _SLOTS, _OUTSIDE,
    ),
    "snp-pris": (
        _("Créneaux pris"), _("Créneaux réservés pour un patient."), _SLOTS, _OUTSIDE,
    ),
    "snp-venus": (
        _("Patients venus"), _("Créneaux pris dont la suite notée est « venu »."), _SLOTS,
        _("Dépend de la saisie de la suite."),
    ),
    "snp-absents": (
        _("Patients absents"), _("Créneaux pris dont la suite notée est « absent »."), _SLOTS,
        _("Dépend de la saisie de la suite."),
    ),
    "snp-sans-suite": (
        _("Sans suite notée"), _("Créneaux pris dont la suite n’a pas été notée."), _SLOTS, "",
    ),
    "snp-remplissage": (
        _("Taux de remplissage"), _("Créneaux pris rapportés aux créneaux publiés."), _SLOTS,
        _("Non dit quand le nombre de créneaux pris ne l’est pas."),
    ),
    "prevention-actions": (
        _("Actions de prévention menées"),
        _("Actions dont les dates touchent l’année, sauf celles abandonnées."), _BOARD, _TOLD,
    ),
    "prevention-vises": (
        _("Personnes visées"), _("Somme des actions terminées commencées dans l’année."), _BOARD,
        _TOLD,
    ),
    "prevention-venus": (
        _("Personnes venues"), _("Somme des actions terminées commencées dans l’année."), _BOARD,
        _("Déclaré ; une personne venue à deux actions compte deux fois."),
    ),
    "vaccination-journees": (
        _("Journées de vaccination"), _("Journées commencées dans l’année."), _DAYS, _OUTSIDE,
    ),
    "vaccination-places": (
        _("Places ouvertes"), _("Places des journées de l’année, tous vaccinateurs ensemble."),
        _DAYS, _("Places offertes, non vaccinations faites."),
    ),
    "crises": (
        _("Cellules de crise ouvertes"), _("Cellules ouvertes dans l’année."), _CRISES,
        _("Un exercice compte comme une crise."),
    ),
    "crises-jours": (
        _("Situations partagées à l’ARS"), _("Jours partagés, une fois par jour et par crise."),
        _CRISES, "",
    ),
    "offres": (_("Offres publiées"), _("Offres publiées dans l’année."), _OFFERS, _OUTSIDE),
    "offres-pourvues": (
        _("Offres pourvues"), _("Offres closes comme pourvues dans l’année."), _OFFERS,
        _("Dit par qui clôt l’offre."),
    ),
    "formations": (
        _("Formations tenues"), _("Sessions de l’année, sauf annulées."), _TRAININGS, _OUTSIDE,
    ),
    "formations-inscrits": (
        _("Inscriptions de professionnels"), _("Inscriptions aux sessions de l’année."),
        _TRAININGS, _("Inscrits, non présents."),
    ),
}  # fmt: skip
PARTS: Final[Sequence[tuple[str, Sequence[str]]]] = (
    (_("La communauté"), ("membres", "membres-soins")),
    (
        _("Accès à un médecin traitant"),
        ("mt-demandes", "mt-trouve", "mt-attente", "mt-autre", "mt-delai"),
    ),
    (
        _("Soins non programmés"),
        (
            "snp-publies", "snp-pris", "snp-venus", "snp-absents", "snp-sans-suite",
            "snp-remplissage",
        ),
    ),
    (
        _("Prévention"),
        (
            "prevention-actions", "prevention-vises", "prevention-venus", "vaccination-journees",
            "vaccination-places",
        ),
    ),
    (_("Crise sanitaire"), ("crises", "crises-jours")),
    (
        _("Attractivité et formation"),
        ("offres", "offres-pourvues", "formations", "formations-inscrits"),
    ),
)  # fmt: skip
