"""Which pages a person may go to: the map of the site. RGAA 12.3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cordee.web.language import gettext as _
from cordee.web.ports import Account
from cordee.web.relatives.people import is_around, is_citizen


@dataclass(frozen=True, slots=True)
class Place:
    """One page: its name and its address."""

    name: str
    href: str


@dataclass(frozen=True, slots=True)
class Part:
    """Pages that go together, for whom `opens` says."""

    name: str
    opens: Callable[[Account], bool]
    places: tuple[Place, ...]


def _having(function: str) -> Callable[[Account], bool]:
    return lambda account: function in getattr(account.principal, "functions", ())


PARTS: Final = (
    Part(
        _("Soigner"),
        lambda account: account.sees_records,
        (
            Place(_("Rechercher un patient"), "/"),
            Place(_("Rechercher une identité, créer un dossier"), "/identites/recherche"),
            Place(_("Demandes à traiter, et celles que j’ai faites"), "/demandes"),
            Place(_("Mes invitations dans un cercle"), "/mes-invitations"),
            Place(_("Envois aux urgences de ma structure"), "/envois"),
            Place(_("Urgences : attendus et présents"), "/urgences"),
            Place(_("Urgences : résumés de passage (RPU)"), "/urgences/rpu"),
            Place(_("Dépôts au DMP à réparer"), "/depots-dmp"),
            Place(_("Messagerie"), "/messagerie"),
            Place(_("Nouveau fil sans patient"), "/messagerie/nouveau"),
            Place(_("Mon absence et mon remplaçant"), "/messagerie/absence"),
            Place(_("Mes invitations"), "/mes-invitations"),
            Place(_("Cercles actifs à imprimer"), "/cercles-actifs"),
            Place(_("Matrice d’habilitation"), "/matrice"),
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
            Place(_("Mon cercle de soins"), "/mon-cercle"),
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
        (Place(_("Indicateurs des documents"), "/pilotage/documents"),),
    ),
    Part(
        _("Suivi des notifications"),
        lambda account: _having("steering")(account) or _having("administrator")(account),
        (Place(_("Délai des notifications"), "/latence"),),
    ),
    Part(
        _("Administration"),
        _having("administrator"),
        (Place(_("Matrice d’habilitation"), "/matrice"),),
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
    """The parts that open to this person."""
    return tuple(one for one in PARTS if one.opens(account))
