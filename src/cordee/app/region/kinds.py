"""Kinds of structures, with their FINESS category where there is one."""

from __future__ import annotations

from typing import Final

# kind: (French label, FINESS category or None)
KINDS: Final[dict[str, tuple[str, str | None]]] = {
    "ahi": ("Accueil, hébergement et insertion", "214"),
    "ars": ("Agence régionale de santé", None),
    "cabinet": ("Cabinet médical", None),
    "ch": ("Centre hospitalier", "355"),
    "chu": ("Centre hospitalier universitaire", "101"),
    "clinique": ("Clinique", "365"),
    "cmp": ("Centre médico-psychologique", "156"),
    "cpam": ("Caisse primaire d’assurance maladie", None),
    "cpts": ("Communauté professionnelle territoriale de santé", "604"),
    "dac": ("Dispositif d’appui à la coordination", None),
    "ehpad": ("EHPAD", "500"),
    "grades": ("Groupement régional d’appui au développement de l’e-santé", None),
    "had": ("Hospitalisation à domicile", "127"),
    "idel": ("Cabinet d’infirmières libérales", None),
    "kine": ("Cabinet de kinésithérapie", None),
    "laboratoire": ("Laboratoire de biologie médicale", "611"),
    "msp": ("Maison de santé pluriprofessionnelle", "603"),
    "pharmacie": ("Pharmacie d’officine", "620"),
    "pmi": ("Protection maternelle et infantile", "223"),
    "portail": ("Espace des patients", None),
    "psad": ("Prestataire de santé à domicile", None),
    "saad": ("Service d’aide à domicile", "460"),
    "sage-femme": ("Cabinet de sage-femme", None),
    "samu": ("SAMU, centre 15 et service d’accès aux soins", None),
    "service": ("Service hospitalier", None),
    "smr": ("Soins médicaux et de réadaptation", "109"),
    "ssiad": ("Service de soins infirmiers à domicile", "354"),
    "transport": ("Transport sanitaire", None),
}
