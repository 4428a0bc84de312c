"""What the register says of regulation: centres, Hub, overflow, slots, training."""

from __future__ import annotations

from typing import Final

_MISSION: Final = "Mission d’intérêt public (RGPD art. 6.1.e, 9.2.h ; CSP L.6311-1, R.6311-1)"
PROCESSINGS: Final = (
    (
        (
            "Régulation des appels des SAMU-centres 15",
            "Recevoir un appel, décider d’une réponse et la suivre, prouver les heures",
            _MISSION, "Appelants, patients, agents de la régulation",
            "Numéro, ce qui est dit, lieu, motif, décision, moyens, heures et auteurs ; le texte"
            " est chiffré, les enregistrements sont au standard",
            "Régulation du centre ; le centre voisin pour les appels qui lui sont remis",
        ),
        (
            "regulation", "regulation-people", "regulation-calls", "regulation-stamps",
            "regulation-requests", "regulation-texts", "regulation-acts", "recordings",
        ),
    ),
    (
        (
            "Échanges et délestage entre SAMU", "Qu’un appel soit pris là où quelqu’un est libre",
            _MISSION, "Appelants, patients, régulateurs",
            "Messages du Hub Santé (chiffrés), appels remis, épisodes, qui a régulé sous quelle"
            " convention ou quel tableau de garde",
            "Régulation des deux centres",
        ),
        (
            "hub", "hub-dead", "hub-cases", "overflow", "overflow-letters", "overflow-parcels",
            "overflow-conventions", "pooling", "simulations",
        ),
    ),
    (
        (
            "Créneaux de soins non programmés (SAS)",
            "Orienter vers un effecteur de ville, et savoir si l’orientation convenait",
            "Mission d’intérêt public (RGPD art. 6.1.e, 9.2.h ; CSP L.6311-3)",
            "Appelants, effecteurs, régulateurs et opérateurs",
            "Créneau, lieu, effecteur, état, mot de l’effecteur ; messages des éditeurs",
            "Régulation du centre ; l’effecteur pour ce qui lui est adressé",
        ),
        ("slot-holds", "sas", "sas-accounts", "sas-messages"),
    ),
    (
        (
            "Formation de la régulation", "Apprendre sur des appels inventés",
            "Mission d’intérêt public (RGPD art. 6.1.e ; CSP R.6311-1)", "Agents de la régulation",
            "Appels inventés, qui s’est assis, ce qui fut décidé : aucune donnée de patient",
            "L’agent pour ses résultats, le formateur",
        ),
        ("training", "training-cases"),
    ),
)  # fmt: skip
"""Name, purpose, basis, people, data and readers of each processing, and its classes of data."""
