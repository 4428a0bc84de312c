"""The structures of the fictional region: those of the scenarios by hand, the others by rule."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cordee.app.region.coding import Json, reference
from cordee.app.region.kinds import KINDS
from cordee.app.region.registers import finess
from cordee.app.region.territory import Commune, commune, groupings


@dataclass(frozen=True, slots=True)
class Site:
    """A structure: logical id of its Organization, kind, name, commune, parent's id."""

    identity: str
    kind: str
    name: str
    commune: Commune
    finess: str
    parent: str | None

    @property
    def link(self) -> Json:
        """Reference to its Organization."""
        return reference("Organization", self.identity, self.name)


# identity | kind | name | commune | parent
_NAMED: Final = """
ars|ars|Agence régionale de santé de la région de démonstration|Aubrey|
grades|grades|GRADeS Cordée|Aubrey|
mon-espace|portail|Mon espace, portail des patients et des proches|Aubrey|grades
cpam|cpam|CPAM de la région de démonstration|Aubrey|
ght-aubrey|chu|GHT d’Aubrey|Aubrey|
chu-aubrey|chu|CHU d’Aubrey|Aubrey|ght-aubrey
chu-aubrey-urgences|service|Urgences du CHU d’Aubrey|Aubrey|chu-aubrey
chu-aubrey-cardiologie|service|Cardiologie du CHU d’Aubrey|Aubrey|chu-aubrey
chu-aubrey-dermatologie|service|Dermatologie du CHU d’Aubrey|Aubrey|chu-aubrey
chu-aubrey-neurologie|service|Neurologie et UNV du CHU d’Aubrey|Aubrey|chu-aubrey
chu-aubrey-psychiatrie|service|Psychiatrie du CHU d’Aubrey|Aubrey|chu-aubrey
chu-aubrey-maternite|service|Maternité de niveau 3 du CHU d’Aubrey|Aubrey|chu-aubrey
chu-aubrey-neonatologie|service|Réanimation néonatale du CHU d’Aubrey|Aubrey|chu-aubrey
chu-aubrey-oncologie|service|Oncologie digestive du CHU d’Aubrey|Aubrey|chu-aubrey
ch-belmont|ch|CH de Belmont|Belmont|
ch-belmont-urgences|service|Urgences du CH de Belmont|Belmont|ch-belmont
ch-belmont-medecine|service|Médecine polyvalente du CH de Belmont|Belmont|ch-belmont
ch-belmont-chirurgie|service|Chirurgie digestive du CH de Belmont|Belmont|ch-belmont
clinique-corvigny|clinique|Clinique de Corvigny|Corvigny|
clinique-corvigny-urgences|service|Urgences de Corvigny|Corvigny|clinique-corvigny
clinique-corvigny-maternite|service|Maternité de niveau 1 de Corvigny|Corvigny|clinique-corvigny
clinique-corvigny-chimiotherapie|service|Chimiothérapie de Corvigny|Corvigny|clinique-corvigny
ch-darnois|ch|CH de Darnois|Darnois|
ch-darnois-urgences|service|Urgences du CH de Darnois|Darnois|ch-darnois
ch-darnois-neurologie|service|Unité neurovasculaire du CH de Darnois|Darnois|ch-darnois
ch-loue|ch|CH de Loue-le-Château|Loue-le-Château|ght-aubrey
smr-montrevaux|smr|SMR de Montrevaux|Montrevaux|
had-belmont|had|HAD de Belmont|Belmont|
had-aubrey|had|HAD d’Aubrey|Aubrey|
ssiad-saulx|ssiad|SSIAD des Rives de Saulx|Saulx|
saad-saulx|saad|SAAD Rives de Saulx|Saulx|
soluval|psad|Soluval|Belmont|
ambulances-saulx|transport|Ambulances de Saulx|Saulx|
pmi-corvigny|pmi|PMI de Corvigny|Corvigny|
pmi-aubrey|pmi|PMI d’Aubrey|Aubrey|
cmp-belmont|cmp|CMP enfants et adolescents de Belmont|Belmont|
cmp-aubrey|cmp|CMP d’Aubrey|Aubrey|
samu-a|samu|SAMU A|Aubrey|chu-aubrey
samu-b|samu|SAMU B|Belmont|ch-belmont
samu-c|samu|SAMU C|Corvigny|
samu-d|samu|SAMU D|Darnois|ch-darnois
dac-a|dac|DAC A|Aubrey|
dac-b|dac|DAC B|Belmont|
dac-c|dac|DAC C|Corvigny|
dac-d|dac|DAC D|Darnois|
cpts-a-nord|cpts|CPTS A-Nord|Aubrey|
cpts-a-sud|cpts|CPTS A-Sud|Ouchelles|
cpts-b-nord|cpts|CPTS B-Nord|Belmont|
cpts-b-sud|cpts|CPTS B-Sud|Saulx|
cpts-c|cpts|CPTS C|Corvigny|
cpts-d|cpts|CPTS D|Darnois|
msp-quatre-vents|msp|MSP des Quatre-Vents|Saulx|
cabinet-roux|cabinet|Cabinet du Dr Roux|Montrevaux|
idel-samira|idel|Cabinet infirmier Haddad|Vezon-le-Vieux|
idel-saulx|idel|Cabinet infirmier de Saulx|Saulx|
sage-femme-corvigny|sage-femme|Cabinet de sage-femme Maurin|Corvigny|
sage-femme-aubrey|sage-femme|Cabinet de sages-femmes d’Aubrey|Aubrey|
kine-issy|kine|Cabinet de kinésithérapie Perrin|Issy-la-Plaine|
bio-loue|laboratoire|Laboratoire Bio-Loue|Aubrey|
bio-brenne|laboratoire|Laboratoire Bio-Brenne|Belmont|
bio-orlenne|laboratoire|Laboratoire de l’Orlenne|Corvigny|
bio-thoire|laboratoire|Laboratoire Bio-Thoire|Darnois|
ehpad-les-tilleuls|ehpad|EHPAD Les Tilleuls|Issy-la-Plaine|
ehpad-les-aubiers|ehpad|EHPAD Les Aubiers|Aubrey|
ehpad-la-roseraie|ehpad|EHPAD La Roseraie|Loue-le-Château|
ehpad-le-clos-belmont|ehpad|EHPAD Le Clos de Belmont|Belmont|
ehpad-les-glycines|ehpad|EHPAD Les Glycines|Montrevaux|
ehpad-les-hortensias|ehpad|EHPAD Les Hortensias|Mirevaux|
ehpad-du-lavoir|ehpad|EHPAD du Lavoir|Corvigny|
ehpad-les-cedres|ehpad|EHPAD Les Cèdres|Vezon|
ehpad-orlenne|ehpad|EHPAD des Bords d’Orlenne|Orlenne-les-Bains|
ehpad-les-sapins|ehpad|EHPAD Les Sapins|Thoire|
ehpad-saint-vernin|ehpad|EHPAD Saint-Vernin|Nance|
ehpad-du-parc|ehpad|EHPAD du Parc|Darnois|
pharmacie-tran|pharmacie|Pharmacie Tran|Saulx|
pharmacie-issy|pharmacie|Pharmacie de la Plaine|Issy-la-Plaine|
pharmacie-cathedrale|pharmacie|Pharmacie de la Cathédrale|Aubrey|
pharmacie-gare-aubrey|pharmacie|Pharmacie de la Gare|Aubrey|
pharmacie-loue|pharmacie|Pharmacie du Château|Loue-le-Château|
pharmacie-belmont|pharmacie|Pharmacie du Lion|Belmont|
pharmacie-montrevaux|pharmacie|Pharmacie de Montrevaux|Montrevaux|
pharmacie-corvigny|pharmacie|Pharmacie des Halles|Corvigny|
pharmacie-vezon|pharmacie|Pharmacie de Vezon|Vezon|
pharmacie-darnois|pharmacie|Pharmacie du Théâtre|Darnois|
pharmacie-nance|pharmacie|Pharmacie de Nance|Nance|
pharmacie-thoire|pharmacie|Pharmacie des Sapins|Thoire|
"""

PRACTICE_MSP, PRACTICE_CABINET = "Maison de santé", "Cabinet médical"
QUATRE_VENTS: Final = "Quatre-Vents"
PASSERELLE: Final = "chrs-la-passerelle"
VOWELS: Final = "AEÉIOU"


@lru_cache(maxsize=1)
def sites() -> dict[str, Site]:
    """All structures by the id of their Organization, parents before children."""
    every: dict[str, Site] = {}
    for line in _NAMED.strip().splitlines():
        identity, kind, name, town, parent = line.split("|")
        _add(every, (identity, kind, name, parent or None), commune(town))
    for grouping in groupings():
        seat = grouping.communes[0]
        of = _of(seat.name)
        if grouping.name != QUATRE_VENTS:
            kind = "cabinet" if grouping.number % 2 else "msp"
            label = PRACTICE_CABINET if grouping.number % 2 else PRACTICE_MSP
            _add(every, (f"cabinet-{grouping.number:02d}", kind, f"{label} {of}", None), seat)
        _add(every, (f"idel-{grouping.number:02d}", "idel", f"Cabinet infirmier {of}", None), seat)
    _add(every, (PASSERELLE, "ahi", "CHRS La Passerelle", None), commune("Aubrey"))
    return every


def site(identity: str) -> Site:
    """The structure with that Organization id; KeyError when the region has none."""
    return sites()[identity]


def practice(grouping: int) -> Site:
    """The group of general practitioners of an EPCI."""
    if groupings()[grouping].name == QUATRE_VENTS:
        return site("msp-quatre-vents")
    return site(f"cabinet-{grouping:02d}")


def _of(town: str) -> str:
    return f"d’{town}" if town[0] in VOWELS else f"de {town}"


def _add(every: dict[str, Site], facts: tuple[str, str, str, str | None], town: Commune) -> None:
    identity, kind, name, parent = facts
    category = KINDS[kind][1]
    number = finess(town.county, len(every) + 101) if category else ""
    every[identity] = Site(identity, kind, name, town, number, parent)
