"""The professionals of the region: those of the scenarios by hand, the others by rule."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cordee.app.region.chance import dice
from cordee.app.region.coding import Json, reference
from cordee.app.region.names import given_names, surname
from cordee.app.region.sites import practice, sites
from cordee.app.region.territory import groupings

DOCTOR, PHARMACIST, MIDWIFE, NURSE, PHYSIO = "10", "21", "50", "60", "70"
GENERALISTS: Final = 3
PAIR: Final = 2
SEED: Final = 20_261_124
GENERAL_MEDICINE: Final = "médecin généraliste"


@dataclass(frozen=True, slots=True)
class Member:
    """A professional: id of the Practitioner, names, profession code, job, structures' ids."""

    identity: str
    prefix: str
    given: str
    family: str
    profession: str
    job: str
    structures: tuple[str, ...]
    number: int

    @property
    def name(self) -> str:
        """Name as people say it, `Dr Anne Le Goff`."""
        return " ".join(part for part in (self.prefix, self.given, self.family) if part)

    @property
    def link(self) -> Json:
        """Reference to the Practitioner."""
        return reference("Practitioner", self.identity, self.name)


# identity | prefix | given | family | profession | job | structures
_NAMED: Final = """
anne-le-goff|Dr|Anne|Le Goff|10|médecin généraliste|msp-quatre-vents cpts-b-sud
bernard-roux|Dr|Bernard|Roux|10|médecin généraliste|cabinet-roux cpts-b-sud
samira-haddad||Samira|Haddad|60|infirmière libérale|idel-samira
nadia-benhamou||Nadia|Benhamou|35|aide-soignante de nuit|ehpad-les-tilleuls
claire-weber||Claire|Weber|60|infirmière d’EHPAD|ehpad-les-tilleuls
remi-jourdain|Dr|Rémi|Jourdain|10|médecin coordonnateur|ehpad-les-tilleuls
linh-tran||Linh|Tran|21|pharmacienne titulaire|pharmacie-tran
aurelie-maurin||Aurélie|Maurin|50|sage-femme libérale|sage-femme-corvigny
yacine-benali|Dr|Yacine|Benali|10|médecin urgentiste|ch-belmont ch-belmont-urgences
paul-simon|Dr|Paul|Simon|10|médecin urgentiste|ch-belmont ch-belmont-urgences
laure-petit||Laure|Petit|60|infirmière d’accueil et d’orientation|ch-belmont ch-belmont-urgences
karim-saidi||Karim|Saïdi|ARM|assistant de régulation médicale|samu-a
sofia-roy|Dr|Sofia|Roy|10|médecin régulateur|samu-a
ines-lambert||Inès|Lambert|OSNP|opératrice de soins non programmés|samu-a
eric-marchand|Pr|Éric|Marchand|10|dermatologue|chu-aubrey chu-aubrey-dermatologie
odile-sauvage|Dr|Odile|Sauvage|10|cardiologue|chu-aubrey chu-aubrey-cardiologie
louis-vernier|Dr|Louis|Vernier|10|neurologue|chu-aubrey chu-aubrey-neurologie
agnes-collet|Dr|Agnès|Collet|10|psychiatre|chu-aubrey chu-aubrey-psychiatrie
jean-prost|Dr|Jean|Prost|10|obstétricien|chu-aubrey chu-aubrey-maternite
lise-faivre|Dr|Lise|Faivre|10|oncologue|chu-aubrey chu-aubrey-oncologie
marion-girard||Marion|Girard|60|infirmière de coordination de sortie|chu-aubrey
thomas-roy||Thomas|Roy|ADM|agent des admissions|chu-aubrey
nadege-colas||Nadège|Colas|ADM|identitovigilante|chu-aubrey
elise-vasseur||Élise|Vasseur|ADM|architecte du système d’information|ght-aubrey chu-aubrey
helene-costa||Hélène|Costa|60|coordinatrice de parcours|dac-a
paul-rey||Paul|Rey|60|coordinateur de parcours|dac-b
zoe-marmier||Zoé|Marmier|60|coordinatrice de parcours|dac-c
ivan-petrovic||Ivan|Petrović|60|coordinateur de parcours|dac-d
julien-perrin||Julien|Perrin|70|masseur-kinésithérapeute|kine-issy
luc-ferry-morel||Luc|Ferry-Morel|60|infirmier|clinique-corvigny
clara-michaud|Dr|Clara|Michaud|10|obstétricienne|clinique-corvigny clinique-corvigny-maternite
denis-castel|Dr|Denis|Castel|10|médecin urgentiste|clinique-corvigny clinique-corvigny-urgences
eva-bouvier|Dr|Éva|Bouvier|10|neurologue|ch-darnois ch-darnois-neurologie
mathieu-klein|Dr|Mathieu|Klein|10|médecin urgentiste|chu-aubrey chu-aubrey-urgences
hugo-thevenin|Dr|Hugo|Thévenin|10|médecin urgentiste|ch-darnois ch-darnois-urgences
lea-humbert|Dr|Léa|Humbert|10|gériatre|ch-belmont ch-belmont-medecine
anais-petit||Anaïs|Petit|60|infirmière libérale|idel-saulx
sarah-cohen-roche||Sarah|Cohen-Roche|93|psychologue|msp-quatre-vents
marc-delmas||Marc|Delmas|40|chirurgien-dentiste|msp-quatre-vents
brigitte-rouanet|Dr|Brigitte|Rouanet|10|biologiste|bio-loue
alain-ravier|Dr|Alain|Ravier|10|biologiste|bio-brenne
rose-calvet|Dr|Rose|Calvet|10|biologiste|bio-orlenne
guy-tissot|Dr|Guy|Tissot|10|biologiste|bio-thoire
pauline-aubry|Dr|Pauline|Aubry|10|médecin régulateur|samu-b
omar-larbi|Dr|Omar|Larbi|10|médecin régulateur|samu-c
sylvie-prat|Dr|Sylvie|Prat|10|médecin régulateur|samu-d
sonia-marek||Sonia|Marek|60|coordinatrice de parcours|dac-a
remi-lacroix||Rémi|Lacroix|60|coordinateur de parcours|dac-b
nora-belkacem||Nora|Belkacem|ADM|coordinatrice de CPTS|cpts-b-sud
lea-fontaine||Léa|Fontaine|41|assistante de service social|ehpad-les-tilleuls
salome-brun||Salomé|Brun|51|éducatrice spécialisée|chrs-la-passerelle
"""

# kind of structure: (profession, job, how many more there)
_STAFF: Final = {
    "msp": (DOCTOR, GENERAL_MEDICINE, GENERALISTS),
    "cabinet": (DOCTOR, GENERAL_MEDICINE, GENERALISTS),
    "idel": (NURSE, "infirmière libérale", PAIR),
    "ehpad": (NURSE, "infirmière d’EHPAD", PAIR),
    "pharmacie": (PHARMACIST, "pharmacien", 1),
    "service": (DOCTOR, "praticien hospitalier", PAIR),
    "ch": (DOCTOR, "praticien hospitalier", PAIR),
    "smr": (DOCTOR, "médecin de réadaptation", 1),
    "had": (DOCTOR, "médecin praticien d’HAD", 1),
    "sage-femme": (MIDWIFE, "sage-femme libérale", 1),
}
_ALONE: Final = frozenset({"cabinet-roux", "pharmacie-tran"})


@lru_cache(maxsize=1)
def members() -> dict[str, Member]:
    """All professionals by the id of their Practitioner."""
    every: dict[str, Member] = {}
    for number, line in enumerate(_NAMED.strip().splitlines()):
        identity, prefix, given, family, profession, job, structures = line.split("|")
        every[identity] = Member(
            identity, prefix, given, family, profession, job, tuple(structures.split()), number + 1
        )
    for place in sites().values():
        if place.kind in _STAFF and place.identity not in _ALONE:
            _hire(every, place.identity, _STAFF[place.kind])
    return every


def member(identity: str) -> Member:
    """The professional with that Practitioner id; KeyError when the region has none."""
    return members()[identity]


@lru_cache(maxsize=512)
def staff(structure: str) -> tuple[Member, ...]:
    """The professionals who work at a structure."""
    return tuple(who for who in members().values() if structure in who.structures)


@lru_cache(maxsize=64)
def generalists(grouping: int) -> tuple[Member, ...]:
    """The general practitioners of an EPCI."""
    place = practice(grouping).identity
    doctors = [who for who in staff(place) if who.job == GENERAL_MEDICINE]
    if groupings()[grouping].name == "Sud-Brenne":
        doctors.append(member("bernard-roux"))
    return tuple(doctors)


def _hire(every: dict[str, Member], structure: str, post: tuple[str, str, int]) -> None:
    profession, job, count = post
    for rank in range(count):
        rng = dice(SEED, f"{structure}:{rank}")
        female = rng.random() < 1 / 2
        given = given_names(rng, female, 1966 + int(rng.random() * 30))[0]
        prefix = "Dr" if profession == DOCTOR else ""
        number = len(every) + 1
        every[f"pro-{number:04d}"] = Member(
            f"pro-{number:04d}",
            prefix,
            given,
            surname(rng),
            profession,
            job,
            (structure,),
            number,
        )
