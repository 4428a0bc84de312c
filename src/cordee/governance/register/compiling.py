"""The register of processing and the outline of the impact assessment, from what is really on.

A flow that is off is told as off: nobody has to guess. What the software cannot know (the
controller, the measures of the hosting) is left to be filled in, and said so. Rule: A6.4; articles
30 and 35 of the RGPD.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from cordee.access.glasses import need
from cordee.governance.register import notifying, urgent
from cordee.governance.retention.classes import DataClass
from cordee.governance.retention.keeping import rules
from cordee.identity.principal import DPO, Principal
from cordee.runtime.database import Database
from cordee.runtime.queries import load_queries
from cordee.runtime.settings import Settings

_QUERIES = load_queries("cordee.governance.register")
_KINDS: Final = {
    "psc": "Pro Santé Connect", "hospital": "établissement", "citizen": "portail citoyen",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Flow:
    """A way by which data comes in or goes out, and whether it is on."""

    name: str
    is_on: bool
    to: str
    what: str


@dataclass(frozen=True, slots=True)
class Processing:
    """One processing of the register: article 30."""

    name: str
    purpose: str
    basis: str
    people: str
    data: str
    readers: str
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Risk:
    """A feared event of the impact assessment, and what stands against it here."""

    event: str
    impact: str
    measures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Register:
    """All of it, as of now."""

    flows: tuple[Flow, ...]
    processings: tuple[Processing, ...]
    risks: tuple[Risk, ...]
    host: str
    is_demo: bool


class Compiling:
    """The register of one installation."""

    def __init__(self, database: Database, settings: Settings) -> None:
        """`settings` are those that the process runs with."""
        self._database = database
        self._settings = settings

    async def compile(self, principal: Principal) -> Register:
        """The register as of now; raises `AccessDenied` but for the DPO."""
        need(principal, DPO)
        async with self._database.write.acquire() as connection:
            found = {
                name: await connection.fetch(_QUERIES[name])
                for name in ("providers", "applications", "provisioning", "facts")
            }
            kept = await rules(connection)
        facts = found["facts"][0]
        return Register(
            _flows(found, facts, self._settings),
            (
                *_processings(kept),
                *_of_trust(kept, facts, self._settings),
                Processing(*notifying.PROCESSING, _kept(kept, *notifying.CLASSES)),
                *(Processing(*told, _kept(kept, *codes)) for told, codes in urgent.PROCESSINGS),
            ),
            _risks(facts),
            self._settings.base_url or f"http://{self._settings.host}:{self._settings.port}",
            self._settings.demo,
        )


def _flows(
    found: Mapping[str, Sequence[Any]], facts: Mapping[str, Any], settings: Settings
) -> tuple[Flow, ...]:
    flows = [
        Flow(
            f"Connexion par {row['label']}",
            True,
            urlsplit(row["issuer"]).hostname or "",
            f"Identité du professionnel ou de la personne ({_KINDS.get(row['kind'], row['kind'])})",
        )
        for row in found["providers"]
    ] or [Flow("Connexion par un fournisseur d’identité", False, "", "Comptes locaux seulement")]
    flows += [
        Flow(f"Application {row['name']}", True, row["name"], f"Portées : {row['scopes']}")
        for row in found["applications"]
    ] or [Flow("Applications SMART on FHIR", False, "", "Aucune application n’est approuvée")]
    flows += [
        Flow(f"Annuaire des agents {row['label']}", True, row["structure"], "Agents (SCIM)")
        for row in found["provisioning"]
    ] or [Flow("Annuaire des agents (SCIM)", False, "", "Aucun jeton en cours")]
    insi = urlsplit(settings.insi.url).hostname or ""
    flows.append(Flow("Téléservice INSi", bool(insi), insi, "Traits d’identité, matricule INS"))
    flows.append(
        Flow("Journal vers un dépôt ATNA (syslog)", facts["syslog"], "", "Lignes du journal")
    )
    flows.append(Flow("Images de pièces d’identité", facts["scans"], "", "Image, jusqu’à sa purge"))
    told = (Flow(*one) for one in notifying.flows(settings))
    return (*flows, *_subscriber_flows(facts), *told, *_document_flows(settings))


def _subscriber_flows(facts: Mapping[str, Any]) -> tuple[Flow, ...]:
    hooks, mails = facts["subscribers"], facts["mail_subscribers"]
    links = facts["agenda_links"]
    what = "Ce que l’abonné a le droit de voir à l’instant de l’envoi : référence ou ressource"
    return (
        Flow("Abonnements d’applications", hooks > 0, f"{hooks} en cours" if hooks else "", what),
        Flow("Abonnements par courriel", mails > 0, f"{mails} en cours" if mails else "",
             "Qu’il y a du nouveau, sans donnée de santé sauf adresse déclarée sûre"),
        Flow("Liens d’agenda (iCalendar)", links > 0, f"{links} ouverts" if links else "",
             "Des heures et « Rendez-vous » : ni nom, ni soin, ni lieu"),
    )  # fmt: skip


def _document_flows(settings: Settings) -> tuple[Flow, ...]:
    what = "Documents, identité qualifiée et matricule INS du patient, auteur"
    to = urlsplit(settings.dmp.url).hostname or ""
    if settings.demo:
        dmp = Flow("DMP (Mon espace santé)", False, "émulateur, dans ce processus", what)
    else:
        dmp = Flow("DMP (Mon espace santé)", bool(to), to, what)
    scanner = settings.scanner
    return (
        dmp,
        Flow(
            "Antivirus des documents déposés (clamd)", scanner is not None,
            (scanner.path or scanner.host) if scanner else "", "Contenu, avant d’être gardé",
        ),
    )  # fmt: skip


def _kept(kept: Mapping[str, DataClass], *codes: str) -> tuple[str, ...]:
    told = (kept[code] for code in codes)
    return tuple(f"{one.label} : {one.days} jour{'s' if one.days > 1 else ''}" for one in told)


def _processings(kept: Mapping[str, DataClass]) -> tuple[Processing, ...]:
    return (
        Processing(
            "Partage du dossier de santé entre professionnels", "Coordination des soins",
            "Mission d’intérêt public (RGPD art. 6.1.e, 9.2.h ; CSP L.1110-4, L.1110-12)",
            "Patients, proches, professionnels", "Identité, INS, données de santé, documents",
            "Équipe de soins, cercle de soins, patient, proches désignés, urgences tracées",
            _kept(kept, "records"),
        ),
        Processing(
            "Identitovigilance", "Une seule identité juste par personne",
            "Obligation légale (CSP L.1111-8-1, RNIV)", "Patients",
            "Traits d’identité, matricule INS, pièce présentée",
            "Cellule d’identitovigilance, accueil", _kept(kept, "identity-scans",
                                                          "identity-searches"),
        ),
        Processing(
            "Comptes et connexions", "Savoir qui agit, avec quel niveau de preuve",
            "Obligation légale (CSP L.1470-1 et suivants) et sécurité (RGPD art. 32)",
            "Professionnels, patients, agents", "Identité, RPPS, situations d’exercice, sessions",
            "Administration, structure d’exercice", _kept(kept, "sessions", "account-events",
                                                          "sign-in-attempts"),
        ),
        Processing(
            "Journal des accès", "Prouver qui a vu ou changé quoi",
            "Obligation légale (CSP R.1110-1 et suivants) et sécurité (RGPD art. 32)",
            "Professionnels, patients", "Qui, quand, en quelle qualité, sur quel dossier",
            "Le patient pour son dossier, le délégué à la protection des données",
            _kept(kept, "trail"),
        ),
        Processing(
            "Droits des personnes", "Répondre dans le mois", "Loi (RGPD art. 12 à 22)",
            "Patients", "Demande, preuve d’identité, réponse",
            "Le patient, le délégué à la protection des données", _kept(kept, "notices"),
        ),
    )  # fmt: skip


def _of_trust(
    kept: Mapping[str, DataClass], facts: Mapping[str, Any], settings: Settings
) -> tuple[Processing, ...]:
    dmp = "Mon espace santé (DMP)" if settings.dmp.url and not settings.demo else ""
    return (
        Processing(
            "Documents de santé" + (" et alimentation du DMP" if dmp else ""),
            "Tenir, partager" + (" et déposer au DMP" if dmp else "") + " les documents du patient",
            "Mission d’intérêt public et obligation légale (RGPD art. 6.1.c, 6.1.e, 9.2.h ;"
            " CSP L.1111-15)" if dmp else
            "Mission d’intérêt public (RGPD art. 6.1.e, 9.2.h ; CSP L.1110-4)",
            "Patients, professionnels auteurs ou lecteurs",
            "Documents, auteur, structure, remplacements, retraits et motifs, ouvertures",
            "Équipe de soins selon la matrice, patient, proches désignés" + (dmp and f", {dmp}"),
            _kept(kept, "documents", "document-openings",
                  *(("dmp-answers", "dmp-deposits") if dmp or facts["deposits"] else ())),
        ),
        Processing(
            "Mandats de proches et de représentants",
            "Laisser une personne désignée voir ou agir, dans ce qui lui est ouvert",
            "Choix du patient ou représentation légale (CSP L.1111-6, L.1111-2 ; Code civil"
            " art. 371-1, 425 et suivants)",
            "Patients, aidants, personnes de confiance, représentants légaux",
            "Nom, lien, qualité, nature et date du justificatif, parties ouvertes, durées",
            "Patient, personne mandatée, cellule d’identitovigilance pour les représentants",
            _kept(kept, "mandates", "invitations"),
        ),
        Processing(
            "Cercle de soins", "Dire qui partage un dossier, depuis quand, avec quel accord",
            "Information et non-opposition ou consentement (CSP L.1110-4, L.1110-12, D.1110-3-1)",
            "Patients, proches, professionnels",
            "Membres, rôles, durées, motif d’ouverture, réponses de la personne, invitations",
            "Membres du cercle, équipe de soins, patient", _kept(kept, "circles"),
        ),
        Processing(
            "Messagerie entre professionnels", "Se parler d’un patient sans sortir de son dossier",
            "Mission d’intérêt public (RGPD art. 6.1.e, 9.2.h ; CSP L.1110-4)",
            "Patients, professionnels", "Messages, pièces jointes, accusés de remise et de lecture",
            "Membres du fil, tant qu’ils sont liés au patient", _kept(kept, "messages"),
        ),
        Processing(
            "Comptes des citoyens", "Ouvrir à chacun un espace qui est le sien",
            "Droit d’accès de la personne (RGPD art. 15 ; CSP L.1111-7)",
            "Patients, proches, représentants légaux",
            "Identifiant, nom, facteurs de connexion" + (
                ", identité pivot du fournisseur" if facts["citizen_providers"] else ""
            ) + ", sessions",
            "La personne", _kept(kept, "invitations", "sessions", "account-events"),
        ),
        Processing(
            "Chiffrement des dossiers", "Rendre illisible ce qui serait copié de la base",
            "Sécurité du traitement (RGPD art. 32)", "Patients",
            "Clés enveloppées ; la clé qui les ouvre est hors de la base (CORDEE_KEYS)",
            "Exploitant : aucun professionnel, aucun patient", _kept(kept, "sealing-keys"),
        ),
        Processing(
            "Abonnements aux évènements", "Prévenir à temps ceux qui prennent en charge",
            "Mission d’intérêt public (RGPD art. 6.1.e, 9.2.h ; CSP L.1110-4, L.1110-12)",
            "Patients, professionnels et applications abonnés",
            "Abonné, adresse, critères, référence de ce qui a changé, envois et échecs",
            "L’abonné, dans la limite de ses droits à l’instant de l’envoi",
            _kept(kept, "subscription-events"),
        ),
        Processing(
            "Cellules de crise des CPTS", "Tenir une crise ensemble, la dire en nombres à l’ARS",
            "Mission d’intérêt public (RGPD art. 6.1.e ; CSP L.1434-12)", "Professionnels",
            "Rôles, téléphones, appels, stocks, nombres par jour : aucune donnée de patient",
            "Membres de la CPTS ; les nombres partagés, à l’ARS", _kept(kept, "crises"),
        ),
        Processing(
            "Offres, formations et prévention des CPTS", "Faire venir et former des confrères",
            "Mission d’intérêt public (RGPD art. 6.1.e ; CSP L.1434-12)", "Professionnels",
            "Offres, réponses et coordonnées, inscriptions : aucune donnée de patient",
            "Professionnels ; réponses et inscrits, à qui publie et à la CPTS",
            _kept(kept, "cpts-boards"),
        ),
        Processing(
            "Place de marché des soins non programmés", "Trouver un médecin quand nul n’est libre",
            "Mission d’intérêt public (RGPD art. 6.1.e ; CSP L.6311-3)", "Médecins volontaires",
            "Accords, commune, rayon, heures, réponses : aucune donnée de patient",
            "Le volontaire ; la régulation du centre", _kept(kept, "market", "market-consents"),
        ),
    )  # fmt: skip


def _risks(facts: Mapping[str, Any]) -> tuple[Risk, ...]:
    trail = "journal scellé par blocs, que l’application ne peut ni changer ni effacer"
    keys = "clés d’accès (WebAuthn) utilisées" if facts["passkeys"] else "deux facteurs possibles"
    return (
        Risk(
            "Accès illégitime à un dossier", "Important : secret médical rompu",
            ("décision d’accès par relation de soins, matrice et choix du patient", trail, keys,
             *(("dossiers chiffrés, clés hors de la base",) if facts["sealed"] else ()),
             "proche ou représentant : un mandat, ses parties et ses dates, rejoués à chaque accès",
             "bris de glace relu en 72 h, alertes d’usage, portée d’un incident en 1 min"),
        ),
        Risk(
            "Modification non désirée", "Maximal : erreur de soins",
            ("chaque version gardée", "identité à deux personnes pour réunir deux dossiers", trail),
        ),
        Risk(
            "Disparition de données", "Important : perte de chance",
            ("sauvegarde et restauration (cordee backup, cordee restore)",
             "destruction par règle seulement, avec preuve"),
        ),
    )  # fmt: skip
