"""Organizations, Locations, HealthcareServices, Practitioners and their roles, as FHIR."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from cordee.app.region.accounts import EDUCATOR, SOCIAL
from cordee.app.region.coding import (
    CATEGORIES,
    COMMUNES,
    DEMO,
    FINESS,
    FR_CORE,
    FR_IDENTIFIERS,
    IDNPS,
    IDNST,
    PROFESSIONS,
    RPPS,
    SOCIAL_PROFESSIONS,
    Json,
    bare,
    concept,
    reference,
)
from cordee.app.region.kinds import KINDS
from cordee.app.region.members import Member, member, members
from cordee.app.region.registers import rpps
from cordee.app.region.sites import Site, site, sites
from cordee.app.region.territory import Commune, groupings

PROFILES: Final = FR_CORE + "StructureDefinition/"
KIND_CODES: Final = DEMO + "CodeSystem/structure-kind"
JOBS: Final = DEMO + "CodeSystem/job"
SERVICES: Final = DEMO + "CodeSystem/service"
LOCAL_PROFESSIONS: Final = frozenset({"ARM", "OSNP", "ADM"})
COVERED: Final = ("A", "B", "C", "D")
HEALTH_PROJECT: Final = (
    "Projet de santé : accès à un médecin traitant, soins non programmés, parcours de la personne "
    "âgée, prévention, réponse aux crises sanitaires."
)
ROUND_THE_CLOCK: Final = frozenset({"samu", "ch", "chu", "ehpad"})
PROFESSION_LABELS: Final = {
    "10": "Médecin",
    "21": "Pharmacien",
    "35": "Aide-soignant",
    "40": "Chirurgien-dentiste",
    "50": "Sage-femme",
    "60": "Infirmier",
    "70": "Masseur-kinésithérapeute",
    "93": "Psychologue",
}
SOCIAL_LABELS: Final = {SOCIAL: "Assistant de service social", EDUCATOR: "Educateur spécialisé"}

_OF_COUNTY: Final = frozenset(
    {"coordination", "had", "ssiad", "idel", "kine", "saad", "psad", "transport", "pharmacie"}
)
"""Services that cover the département of their structure."""

# id | structure | code | name
_SERVICES: Final = """
urgences-aubrey|chu-aubrey-urgences|urgences|Urgences d’Aubrey
urgences-belmont|ch-belmont-urgences|urgences|Urgences de Belmont
urgences-corvigny|clinique-corvigny-urgences|urgences|Urgences de Corvigny
urgences-darnois|ch-darnois-urgences|urgences|Urgences de Darnois
smur-aubrey|samu-a|smur|SMUR d’Aubrey
smur-belmont|samu-b|smur|SMUR de Belmont
smur-corvigny|samu-c|smur|SMUR de Corvigny
smur-darnois|samu-d|smur|SMUR de Darnois
sas-a|samu-a|sas|Service d’accès aux soins A
sas-b|samu-b|sas|Service d’accès aux soins B
sas-c|samu-c|sas|Service d’accès aux soins C
sas-d|samu-d|sas|Service d’accès aux soins D
unv-aubrey|chu-aubrey-neurologie|unv|Unité neurovasculaire d’Aubrey, thrombectomie
unv-darnois|ch-darnois-neurologie|unv|Unité neurovasculaire de Darnois
maternite-3-aubrey|chu-aubrey-maternite|maternite-3|Maternité de niveau 3 d’Aubrey
maternite-1-corvigny|clinique-corvigny-maternite|maternite-1|Maternité de niveau 1 de Corvigny
neonatologie-aubrey|chu-aubrey-neonatologie|neonatologie|Réanimation néonatale d’Aubrey
avis-dermatologie|chu-aubrey-dermatologie|tele-expertise|Télé-expertise de dermatologie
avis-neurologie|chu-aubrey-neurologie|tele-expertise|Télé-expertise de neurologie
avis-psychiatrie|chu-aubrey-psychiatrie|tele-expertise|Télé-expertise et télé-psychiatrie
hospitalisation-domicile-belmont|had-belmont|had|HAD de Belmont
hospitalisation-domicile-aubrey|had-aubrey|had|HAD d’Aubrey
soins-domicile-saulx|ssiad-saulx|ssiad|SSIAD des Rives de Saulx
soins-non-programmes-saulx|msp-quatre-vents|soins-non-programmes|Créneaux SAS des Quatre-Vents
ecole-diabete|msp-quatre-vents|etp|École du diabète, éducation thérapeutique
psychiatrie-belmont|cmp-belmont|cmp|CMP enfants et adolescents de Belmont
psychiatrie-aubrey|cmp-aubrey|cmp|CMP d’Aubrey
bus-depistage|cpts-b-sud|depistage|Bus de dépistage, trois arrêts
chimiotherapie-corvigny|clinique-corvigny-chimiotherapie|chimiotherapie|Chimiothérapie de Corvigny
oncologie-aubrey|chu-aubrey-oncologie|rcp|RCP digestive d’Aubrey
soins-readaptation-montrevaux|smr-montrevaux|smr|SMR de Montrevaux
repit-tilleuls|ehpad-les-tilleuls|repit|Accueil de répit des Tilleuls
repit-hortensias|ehpad-les-hortensias|repit|Accueil de répit des Hortensias
hebergement-tilleuls|ehpad-les-tilleuls|ehpad|Hébergement aux Tilleuls
hebergement-clos-belmont|ehpad-le-clos-belmont|ehpad|Hébergement au Clos de Belmont
hebergement-glycines|ehpad-les-glycines|ehpad|Hébergement aux Glycines
communaute-b-sud|cpts-b-sud|cpts|CPTS B-Sud
communaute-b-nord|cpts-b-nord|cpts|CPTS B-Nord
communaute-a-nord|cpts-a-nord|cpts|CPTS A-Nord
coordination-a|dac-a|coordination|Appui à la coordination, A
coordination-b|dac-b|coordination|Appui à la coordination, B
coordination-c|dac-c|coordination|Appui à la coordination, C
coordination-d|dac-d|coordination|Appui à la coordination, D
soins-infirmiers-saulx|idel-saulx|idel|Cabinet infirmier de Saulx
soins-infirmiers-vezon|idel-samira|idel|Cabinet infirmier Haddad
kinesitherapie-issy|kine-issy|kine|Cabinet de kinésithérapie Perrin
materiel-soluval|soluval|psad|Soluval, matériel à domicile
transport-saulx|ambulances-saulx|transport|Ambulances de Saulx
officine-tran|pharmacie-tran|pharmacie|Pharmacie Tran
officine-belmont|pharmacie-belmont|pharmacie|Pharmacie du Lion
officine-cathedrale|pharmacie-cathedrale|pharmacie|Pharmacie de la Cathédrale
officine-corvigny|pharmacie-corvigny|pharmacie|Pharmacie des Halles
officine-darnois|pharmacie-darnois|pharmacie|Pharmacie du Théâtre
"""


def structure_resources() -> Iterator[Json]:
    """All resources of the directory; what a resource refers to comes before it."""
    for place in sites().values():
        yield _organization(place)
    for place in sites().values():
        yield _location(place)
    for county in COVERED:
        yield _area(county)
    yield from _towns()
    for line in _SERVICES.strip().splitlines():
        yield _service(line.split("|"))
    for who in members().values():
        yield _practitioner(who)
    for who in members().values():
        for rank, structure in enumerate(who.structures):
            yield _role(who, rank, structure)


def address(town: Commune, line: str) -> Json:
    """A French postal address in a commune of the region, with its commune code."""
    return {
        "extension": [
            {
                "url": PROFILES + "fr-core-address-insee-code",
                "valueCoding": {"system": COMMUNES, "code": town.code},
            }
        ],
        "use": "home",
        "line": [line],
        "city": town.name,
        "district": town.county,
        "postalCode": town.postal_code,
        "country": "FRA",
    }


def _organization(place: Site) -> Json:
    label, category = KINDS[place.kind]
    types = [concept(KIND_CODES, place.kind, label)]
    organization: Json = {
        "resourceType": "Organization",
        "id": place.identity,
        "meta": {"profile": [PROFILES + "fr-core-organization"]},
        "active": True,
        "type": types,
        "name": place.name,
        "telecom": _telecom(place),
        "address": [address(place.commune, _street(place)) | {"use": "work"}],
    }
    if place.finess:
        types.append(bare(CATEGORIES, str(category)))
        organization["identifier"] = [
            _identifier("FINEG", FINESS, place.finess),
            _identifier("IDNST", IDNST, "1" + place.finess),
        ]
    if place.parent:
        organization["partOf"] = site(place.parent).link
    return organization


def _location(place: Site) -> Json:
    return {
        "resourceType": "Location",
        "id": place.identity,
        "status": "active",
        "name": place.name,
        "mode": "instance",
        "type": [concept(KIND_CODES, place.kind, KINDS[place.kind][0])],
        "address": address(place.commune, _street(place)) | {"use": "work"},
        "position": {
            "longitude": place.commune.longitude,
            "latitude": place.commune.latitude,
        },
        "managingOrganization": place.link,
    }


def _area(county: str) -> Json:
    """A whole département, as the area that a service covers."""
    return {
        "resourceType": "Location",
        "id": f"departement-{county.lower()}",
        "status": "active",
        "name": f"Département {county}",
        "mode": "instance",
        "address": {"use": "work", "district": county, "country": "FRA"},
    }


def _towns() -> Iterator[Json]:
    """The communes that each CPTS covers: those of the EPCI that it works in."""
    places = [place for place in sites().values() if place.kind == "cpts"]
    for number in dict.fromkeys(place.commune.grouping for place in places):
        yield from map(_town, groupings()[number].communes)


def _town(town: Commune) -> Json:
    """A whole commune, as an area that a service covers."""
    return {
        "resourceType": "Location",
        "id": f"commune-{town.code}",
        "status": "active",
        "name": town.name,
        "mode": "instance",
        "address": {key: value for key, value in address(town, "").items() if key != "line"},
    }  # fmt: skip


def _service(row: Sequence[str]) -> Json:
    identity, structure, code, name = row
    place = site(structure)
    service: Json = {
        "resourceType": "HealthcareService",
        "id": identity,
        "active": True,
        "providedBy": place.link,
        "type": [concept(SERVICES, code, name)],
        "location": [reference("Location", place.identity, place.name)],
        "name": name,
        "telecom": _telecom(place)[:1],
    }
    if code in _OF_COUNTY:
        county = place.commune.county
        area = reference("Location", f"departement-{county.lower()}", f"Département {county}")
        service["coverageArea"] = [area]
    if code == "cpts":
        towns = groupings()[place.commune.grouping].communes
        service["coverageArea"] = [
            reference("Location", f"commune-{one.code}", one.name) for one in towns
        ]
        service["extraDetails"] = HEALTH_PROJECT
    if place.kind in ROUND_THE_CLOCK or code in {"urgences", "smur", "sas", "unv"}:
        service["availableTime"] = [
            {"daysOfWeek": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "allDay": True}
        ]
    return service


def _practitioner(who: Member) -> Json:
    practitioner: Json = {
        "resourceType": "Practitioner",
        "id": who.identity,
        "meta": {"profile": [PROFILES + "fr-core-practitioner"]},
        "active": True,
        "name": [{"use": "official", "text": who.name, "family": who.family, "given": [who.given]}],
        "qualification": [{"code": _profession(who)}],
    }
    if who.prefix:
        practitioner["name"][0]["prefix"] = [who.prefix]
    if who.profession not in LOCAL_PROFESSIONS:
        number = rpps(who.number)
        practitioner["identifier"] = [
            _identifier("IDNPS", IDNPS, "8" + number),
            _identifier("RPPS", RPPS, number),
        ]
    return practitioner


def _role(who: Member, rank: int, structure: str) -> Json:
    place = site(structure)
    return {
        "resourceType": "PractitionerRole",
        "id": f"{who.identity}-{rank + 1}",
        "meta": {"profile": [PROFILES + "fr-core-practitioner-role"]},
        "active": True,
        "practitioner": who.link,
        "organization": place.link,
        "code": [_profession(who), concept(JOBS, _slug(who.job), who.job)],
        "location": [reference("Location", place.identity, place.name)],
        "telecom": [
            {
                "system": "email",
                "value": f"{who.identity}@{place.identity}.mssante.example",
                "use": "work",
            }
        ],
    }


def _profession(who: Member) -> Json:
    if who.profession in LOCAL_PROFESSIONS:
        return concept(JOBS, who.profession, who.job)
    if who.profession in SOCIAL_LABELS:
        return concept(SOCIAL_PROFESSIONS, who.profession, SOCIAL_LABELS[who.profession])
    return concept(PROFESSIONS, who.profession, PROFESSION_LABELS[who.profession])


def _identifier(code: str, system: str, value: str) -> Json:
    return {
        "use": "official",
        "type": {"coding": [{"system": FR_IDENTIFIERS, "code": code}]},
        "system": system,
        "value": value,
    }


def _telecom(place: Site) -> list[Json]:
    number = sum(map(ord, place.identity)) % 10_000
    return [
        {"system": "phone", "value": f"03 53 01 {number // 100:02d} {number % 100:02d}"},
        {"system": "email", "value": f"contact@{place.identity}.mssante.example", "use": "work"},
    ]


def _street(place: Site) -> str:
    streets = ("rue du Moulin", "avenue de la Gare", "place de la Mairie", "chemin des Vignes")
    number = sum(map(ord, place.identity))
    return f"{number % 97 + 1} {streets[number % len(streets)]}"


def _slug(label: str) -> str:
    return "-".join(label.replace("’", " ").split())


def lead(identity: str) -> Json:
    """Reference to a professional of the region by id."""
    return member(identity).link
