"""Which pages a person may go to: the map of the site. RGAA 12.3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from cordee.population.callers import (
    BOARDS,
    CATALOGUE,
    COHORTS,
    FIGURES,
    INDICATORS,
    QUALITY,
    REGISTER,
    VERSIONS,
)
from cordee.web.language import gettext as _
from cordee.web.ports import Account
from cordee.web.relatives.people import is_around, is_citizen
from cordee.web.rendering import may


@dataclass(frozen=True, slots=True)
class Place:
    """One page: its name, its address, and the right that opens it where not all of a part have it.

    Rights are those of `population.callers`.
    """

    name: str
    href: str
    right: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Pages that go together, for whom `opens` says."""

    name: str
    opens: Callable[[Account], bool]
    places: tuple[Place, ...]


def _having(function: str) -> Callable[[Account], bool]:
    return lambda account: function in getattr(account.principal, "functions", ())


POPULATION: Final = (
    Place(_("Indicateurs et cartes"), "/population", INDICATORS),
    Place(_("Taille d’une cohorte"), "/population/cohorte", COHORTS),
    Place(_("Catalogue des données"), "/population/catalogue", CATALOGUE),
    Place(_("Validation du catalogue"), "/population/catalogue/validation", CATALOGUE),
    Place(_("Qualité des sources"), "/population/qualite", QUALITY),
    Place(_("Tickets aux sources"), "/population/qualite/tickets", QUALITY),
    Place(_("Données ouvertes"), "/population/ailleurs", FIGURES),
    Place(_("Alignement des territoires"), "/population/alignement", BOARDS),
    Place(_("Versions citables"), "/population/versions", VERSIONS),
    Place(_("Propositions d’implantation"), "/population/implantations", VERSIONS),
    Place(_("Registre des questions"), "/population/registre", REGISTER),
    Place(_("Rôles de l’entrepôt"), "/population/roles", CATALOGUE),
)
"""The pages of population health and of its warehouse."""
PARTS: Final = (
    Part(
        _("Soigner"),
        lambda account: account.sees_records,
        (
            Place(_("Rechercher un patient"), "/"),
            Place(_("Rechercher une identité, créer un dossier"), "/identites/recherche"),
            Place(_("Demandes à traiter, et celles que j’ai faites"), "/demandes"),
            Place(_("Ressources de la région"), "/ressources"),
            Place(_("File active d’un dispositif d’appui"), "/file-active"),
            Place(_("CPTS de la région"), "/cpts"),
            Place(_("Sans médecin traitant"), "/sans-medecin-traitant"),
            Place(_("Soins non programmés"), "/soins-non-programmes"),
            Place(_("Mes créneaux de soins non programmés"), "/mes-creneaux"),
            Place(_("Place de marché : ce que la régulation me propose"), "/place-de-marche"),
            Place(_("Personnes fragiles suivies en commun"), "/personnes-fragiles"),
            Place(_("Protocoles pluriprofessionnels"), "/protocoles"),
            Place(_("Cellules de crise"), "/crise"),
            Place(_("Prévention"), "/prevention"),
            Place(_("Campagnes de prévention : mes patients à inviter"), "/campagnes"),
            Place(_("Kits de campagnes"), "/campagnes/kits"),
            Place(_("Groupes à risque : mes patients"), "/groupes-a-risque"),
            Place(_("Offres"), "/offres"),
            Place(_("Formations"), "/formations"),
            Place(_("Activité de la coordination"), "/activite"),
            Place(_("Mes actions dans les plans personnalisés"), "/mes-actions"),
            Place(_("Soins du jour"), "/soins-du-jour"),
            Place(_("Nomenclature des plans"), "/nomenclature-des-plans"),
            Place(_("Mes invitations dans un cercle"), "/mes-invitations"),
            Place(_("Résidents de ma structure"), "/residents"),
            Place(_("Évènements des résidents"), "/residents/evenements"),
            Place(_("DUI actifs de ma structure"), "/residents/dui-actifs"),
            Place(_("DUI actifs de mon groupe"), "/dui-actifs-groupes"),
            Place(_("Projets personnalisés des résidents"), "/residents/projets"),
            Place(_("Transmissions de mon équipe"), "/transmissions"),
            Place(_("Dossiers usagers reçus (TDDUI)"), "/residents/reprises"),
            Place(_("Épidémies"), "/epidemies"),
            Place(_("Écran de nuit"), "/nuit"),
            Place(_("En attente de réseau"), "/hors-ligne/attente"),
            Place(_("Envois aux urgences de ma structure"), "/envois"),
            Place(_("Urgences : attendus et présents"), "/urgences"),
            Place(_("Urgences : mur, sans noms"), "/urgences/mur"),
            Place(_("Lits et tension des urgences"), "/urgences/capacites"),
            Place(_("Déclarer les lits de mon établissement"), "/urgences/capacites/declarer"),
            Place(_("Urgences : résumés de passage (RPU)"), "/urgences/rpu"),
            Place(_("Sorties d’hospitalisation de mon établissement"), "/sorties"),
            Place(_("Sorties forcées de la semaine"), "/sorties/forcees"),
            Place(_("Indicateurs des sorties"), "/sorties/indicateurs"),
            Place(_("Relais à domicile que l’on me demande"), "/relais-domicile"),
            Place(_("Dépôts au DMP à réparer"), "/depots-dmp"),
            Place(_("Mon agenda"), "/agenda"),
            Place(_("Lire mon agenda ailleurs"), "/agenda/liens"),
            Place(_("Messagerie"), "/messagerie"),
            Place(_("Nouveau fil sans patient"), "/messagerie/nouveau"),
            Place(_("Mon absence et mon remplaçant"), "/messagerie/absence"),
            Place(_("Mes invitations"), "/mes-invitations"),
            Place(_("Cercles actifs à imprimer"), "/cercles-actifs"),
            Place(_("Matrice d’habilitation"), "/matrice"),
        ),
    ),
    Part(
        _("Réguler"),
        _having("regulation"),
        (
            Place(_("Plateau de régulation"), "/regulation"),
            Place(_("Rendez-vous à trouver"), "/regulation/osnp"),
            Place(_("Rendez-vous en ville, chiffres"), "/regulation/osnp/chiffres"),
            Place(_("Place de marché de mon centre"), "/regulation/place-de-marche"),
            Place(_("Équité entre effecteurs"), "/regulation/equite"),
            Place(_("Saisir une fiche papier"), "/regulation/papier"),
            Place(_("Fiche papier de régulation"), "/regulation/papier/fiche"),
            Place(_("Tableau de bord d’un SAMU"), "/regulation/tableau"),
            Place(_("Délestage"), "/regulation/delestage"),
            Place(_("Moyens demandés entre centres"), "/regulation/demandes"),
            Place(_("Conventions de délestage"), "/regulation/conventions"),
            Place(_("Nuits mutualisées"), "/regulation/mutualisation"),
            Place(_("Simulateur de délestage"), "/regulation/simulation"),
            Place(_("Formation : une nuit d’appels inventés"), "/regulation/formation"),
        ),
    ),
    Part(
        _("Être prévenu"),
        lambda _account: True,
        (
            Place(_("Évènements reçus"), "/evenements-recus"),
            Place(_("À prévenir par téléphone"), "/a-prevenir"),
            Place(_("Ce dont je suis prévenu"), "/abonnements"),
        ),
    ),
    Part(
        _("Mon dossier"),
        lambda account: account.is_patient,
        (
            Place(_("Qui a vu mon dossier"), "/mes-acces"),
            Place(_("Mes choix"), "/mes-choix"),
            Place(_("Cacher un document"), "/mes-choix/documents"),
            Place(_("Mon plan"), "/mon-plan"),
            Place(_("Mon cercle de soins"), "/mon-cercle"),
            Place(_("Mon agenda"), "/mon-agenda"),
            Place(_("Lire mon agenda ailleurs"), "/agenda/liens"),
            Place(_("Mes rendez-vous de prévention"), "/mes-rendez-vous-de-prevention"),
            Place(_("Mes droits"), "/mes-droits"),
        ),
    ),
    Part(_("Mes proches"), is_citizen, (Place(_("Mes proches"), "/mes-proches"),)),
    Part(
        _("Les personnes que j’accompagne"),
        is_around,
        (Place(_("J’ai reçu un code"), "/invitation"),),
    ),
    Part(
        _("Identitovigilance"),
        _having("identity"),
        (
            Place(_("À traiter"), "/identites"),
            Place(_("Rechercher, créer"), "/identites/recherche"),
            Place(_("Indicateurs d’identité"), "/identites/indicateurs"),
        ),
    ),
    Part(
        _("HospiConnect"),
        _having("agents"),
        (Place(_("Les agents de ma structure"), "/hospiconnect"),),
    ),
    Part(
        _("Protection des données"),
        _having("dpo"),
        (
            Place(_("Accès à relire"), "/protection"),
            Place(_("Alertes"), "/protection/alertes"),
            Place(_("Incidents"), "/protection/incidents"),
            Place(_("Demandes des personnes"), "/protection/demandes"),
            Place(_("Conservation"), "/protection/conservation"),
            Place(_("Registre des traitements"), "/protection/registre"),
            Place(_("Matrice d’habilitation"), "/matrice"),
        ),
    ),
    Part(
        _("Pilotage"),
        lambda account: _having("steering")(account) or _having("dpo")(account),
        (
            Place(_("Indicateurs des documents"), "/pilotage/documents"),
            Place(_("Indicateurs d’usage"), "/pilotage/usage"),
        ),
    ),
    Part(_("Santé de la population"), lambda account: may(account, CATALOGUE), POPULATION),
    Part(
        _("Campagnes de prévention"),
        _having("steering"),
        (
            Place(_("Campagnes de prévention"), "/campagnes"),
            Place(_("Nouvelle campagne"), "/campagnes/nouvelle"),
            Place(_("Groupes à risque, en nombres"), "/groupes-a-risque"),
        ),
    ),
    Part(
        _("Mon établissement, en nombres"),
        lambda account: account.sees_records and not account.is_patient,
        (Place(_("Mon établissement et ses pairs"), "/population/etablissement"),),
    ),
    Part(
        _("Coordination, en nombres"),
        _having("steering"),
        (
            Place(_("Activité de la coordination"), "/activite"),
            Place(_("Sans médecin traitant, en nombres"), "/sans-medecin-traitant"),
            Place(_("Délestages passés"), "/regulation/delestage"),
            Place(_("Conventions de délestage"), "/regulation/conventions"),
            Place(_("Simulateur de délestage"), "/regulation/simulation"),
            Place(_("Épidémies"), "/epidemies"),
            Place(_("Situations de crise des CPTS"), "/crise"),
            Place(_("DUI actifs par groupe"), "/dui-actifs-groupes"),
        ),
    ),
    Part(
        _("Suivi des notifications"),
        lambda account: _having("steering")(account) or _having("administrator")(account),
        (Place(_("Délai des notifications"), "/latence"),),
    ),
    Part(
        _("Administration"),
        _having("administrator"),
        (
            Place(_("Matrice d’habilitation"), "/matrice"),
            Place(_("Hub Santé"), "/administration/hub"),
            Place(_("SAS : éditeurs de créneaux"), "/administration/sas"),
        ),
    ),
    Part(
        _("Mon compte"),
        lambda account: bool(account.visitor),
        (Place(_("Ma sécurité"), "/securite"), Place(_("Verrouiller"), "/verrou")),
    ),
    Part(
        _("Partout"),
        lambda _account: True,
        (
            Place(_("Accueil"), "/"),
            Place(_("Applications que j’ai autorisées"), "/applications"),
            Place(_("Raccourcis"), "/raccourcis"),
            Place(_("Plan du site"), "/plan"),
            Place(_("Accessibilité"), "/accessibilite"),
        ),
    ),
)


def parts_of(account: Account) -> tuple[Part, ...]:
    """The parts that open to this person, with what opens in them."""
    return tuple(
        replace(one, places=open_of(account, one.places)) for one in PARTS if one.opens(account)
    )


def open_of(account: Account, places: tuple[Place, ...]) -> tuple[Place, ...]:
    """Those of some places that open to this person."""
    return tuple(one for one in places if not one.right or may(account, one.right))
