"""The accounts of the demonstration: personas, roles of the warehouse, the administrator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cordee.identity.principal import (
    ADMINISTRATOR,
    AGENTS,
    ANALYST,
    COMMITTEE,
    DATA_MANAGER,
    DPO,
    IDENTITY,
    REGULATION,
    STEERING,
    TRAINING,
    WAREHOUSE,
)
from cordee.identity.principal import EMERGENCY as EMERGENCY_ROLE

TOWN, HOSPITAL, HOMES = "Ville", "Hôpital", "Médico-social"
EMERGENCY, COORDINATION = "Urgences et régulation", "Coordination"
PEOPLE, REGION = "Patients et proches", "Région"
GROUPS: Final = (TOWN, HOMES, EMERGENCY, HOSPITAL, COORDINATION, PEOPLE, REGION)
DOCTOR, PHARMACIST, AIDE, MIDWIFE, NURSE = "10", "21", "35", "50", "60"
SOCIAL, EDUCATOR = "41", "51"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account to sign in with: who it is, where they work, what to try with it.

    `structure_id` is an Organization of the region, never empty: people without a workplace belong
    to the portal `mon-espace`, which is in nobody's circle. `patient_id` is the only record that a
    patient or a relative may see; `related_person_id` says by which bond. `functions` are those of
    `identity.principal`.
    """

    user: str
    name: str
    role: str
    profession: str
    structure_id: str
    practitioner_id: str | None
    persona: str
    sentence: str
    group: str
    patient_id: str | None = None
    related_person_id: str | None = None
    functions: tuple[str, ...] = ()


_ARM: Final = "assistante de régulation médicale"
_FLOORS: Final = (
    ("karim.saidi", "Karim Saïdi", "assistant de régulation médicale", "ARM", "samu-a",
     "karim-saidi", "P6", "Retrouver les personnes pour qui le SAMU A a été appelé."),
    ("dr.roy", "Dr Sofia Roy", "médecin régulateur", DOCTOR, "samu-a", "sofia-roy", "P7",
     "Lire l’essentiel d’un dossier pendant l’appel."),
    ("dr.aubry", "Dr Pauline Aubry", "médecin régulateur", DOCTOR, "samu-b", "pauline-aubry", "P7",
     "Réguler au SAMU B, et pour le SAMU A qui déborde."),
    ("ines.lambert", "Inès Lambert", "opératrice de soins non programmés", "OSNP", "samu-a",
     "ines-lambert", "P7", "Chercher le médecin traitant d’un appelant."),
    ("lucie.ferrand", "Lucie Ferrand", _ARM, "ARM", "samu-b", None, "P6",
     "Prendre les appels du SAMU B, et ceux que le SAMU A lui confie."),
    ("yanis.moreau", "Yanis Moreau", "assistant de régulation médicale", "ARM", "samu-c", None,
     "P6", "Prendre les appels du SAMU C."),
    ("chloe.marchal", "Chloé Marchal", _ARM, "ARM", "samu-d", None, "P6",
     "Prendre les appels du SAMU D."),
)  # fmt: skip
"""Who stands on the floors of the four SAMU."""
_TRAINERS: Final = {"dr.roy": (TRAINING,)}
_OF_WAREHOUSE: Final = tuple(
    DemoAccount(user, name, role, "ADM", "grades", None, "P14", words, REGION, functions=(own,))
    for user, name, role, own, words in (
        ("helene.vasseur", "Hélène Vasseur", "responsable de l’entrepôt de données", WAREHOUSE,
         "Voir qui fait quoi dans l’entrepôt, et relire le registre."),
        ("rachid.amrani", "Rachid Amrani", "data manager de l’entrepôt", DATA_MANAGER,
         "Dire à une source ce qui manque dans ses données."),
        ("lucie.caron", "Lucie Caron", "analyste de l’entrepôt", ANALYST,
         "Lire une carte, demander la taille d’une cohorte."),
        ("pierre.lemaire", "Pierre Lemaire", "comité scientifique et éthique", COMMITTEE,
         "Lire le catalogue et ce qui a été demandé."),
    )
)  # fmt: skip
DEMO_ACCOUNTS: Final[tuple[DemoAccount, ...]] = (
    DemoAccount(
        "dr.legoff",
        "Dr Anne Le Goff",
        "médecin traitant",
        DOCTOR,
        "msp-quatre-vents",
        "anne-le-goff",
        "P1",
        "Lire la nuit de Mme Morvan et le potassium de Mme Bertin.",
        TOWN,
    ),
    DemoAccount(
        "dr.roux",
        "Dr Bernard Roux",
        "médecin généraliste",
        DOCTOR,
        "cabinet-roux",
        "bernard-roux",
        "P1",
        "Voir la patientèle qu’il laisse en partant à la retraite.",
        TOWN,
    ),
    DemoAccount(
        "samira.haddad",
        "Samira Haddad",
        "infirmière libérale",
        NURSE,
        "idel-samira",
        "samira-haddad",
        "P2",
        "Suivre la plaie de M. Kerbrat et préparer sa sortie.",
        TOWN,
    ),
    DemoAccount(
        "linh.tran",
        "Linh Tran",
        "pharmacienne",
        PHARMACIST,
        "pharmacie-tran",
        "linh-tran",
        "P10",
        "Comparer les traitements de Mme Lemoine et de Mme Morvan.",
        TOWN,
    ),
    DemoAccount(
        "aurelie.maurin",
        "Aurélie Maurin",
        "sage-femme libérale",
        MIDWIFE,
        "sage-femme-corvigny",
        "aurelie-maurin",
        "P11",
        "Ouvrir la grossesse d’Inès Ferreira et sa partie réservée.",
        TOWN,
    ),
    DemoAccount(
        "claire.weber",
        "Claire Weber",
        "infirmière d’EHPAD",
        NURSE,
        "ehpad-les-tilleuls",
        "claire-weber",
        "P3",
        "Revoir le traitement de Mme Morvan à son retour des urgences.",
        HOMES,
    ),
    DemoAccount(
        "nadia.benhamou",
        "Nadia Benhamou",
        "aide-soignante de nuit",
        AIDE,
        "ehpad-les-tilleuls",
        "nadia-benhamou",
        "P3",
        "Trouver la fiche d’une résidente la nuit.",
        HOMES,
    ),
    DemoAccount(
        "lea.fontaine",
        "Léa Fontaine",
        "assistante de service social",
        SOCIAL,
        "ehpad-les-tilleuls",
        "lea-fontaine",
        "P3",
        "Préparer la venue de la famille sans rien lire de la santé de Mme Morvan.",
        HOMES,
    ),
    DemoAccount(
        "salome.brun",
        "Salomé Brun",
        "éducatrice spécialisée",
        EDUCATOR,
        "chrs-la-passerelle",
        "salome-brun",
        "",
        "Ouvrir un dossier léger, sous le nom que la personne choisit.",
        HOMES,
    ),
    DemoAccount(
        "dr.benali",
        "Dr Yacine Benali",
        "médecin urgentiste",
        DOCTOR,
        "ch-belmont",
        "yacine-benali",
        "P4",
        "Connaître en une minute les personnes présentes aux urgences de Belmont.",
        EMERGENCY,
        functions=(EMERGENCY_ROLE,),
    ),
    *(
        DemoAccount(*told, EMERGENCY, functions=(REGULATION, *_TRAINERS.get(told[0], ())))
        for told in _FLOORS
    ),
    DemoAccount(
        "pr.marchand",
        "Pr Éric Marchand",
        "dermatologue, télé-expert",
        DOCTOR,
        "chu-aubrey",
        "eric-marchand",
        "P8",
        "Relire l’avis rendu pour M. Roche.",
        HOSPITAL,
    ),
    DemoAccount(
        "marion.girard",
        "Marion Girard",
        "infirmière de coordination de sortie",
        NURSE,
        "chu-aubrey",
        "marion-girard",
        "P9",
        "Préparer la sortie de M. Kerbrat vers le département B.",
        HOSPITAL,
    ),
    DemoAccount(
        "sophie.mercier",
        "Sophie Mercier",
        "cellule d’identitovigilance",
        "ADM",
        "chu-aubrey",
        None,
        "",
        "Traiter les doublons et proposer une fusion.",
        HOSPITAL,
        functions=(IDENTITY,),
    ),
    DemoAccount(
        "thomas.andre",
        "Thomas André",
        "référent identitovigilance",
        "ADM",
        "chu-aubrey",
        None,
        "",
        "Valider ou refuser la fusion qu’un autre propose.",
        HOSPITAL,
        functions=(IDENTITY,),
    ),
    DemoAccount(
        "elise.vasseur",
        "Élise Vasseur",
        "architecte du système d’information",
        "ADM",
        "chu-aubrey",
        "elise-vasseur",
        "P15",
        "Essayer l’API FHIR et lire la déclaration de conformité.",
        HOSPITAL,
        functions=(AGENTS,),
    ),
    DemoAccount(
        "helene.costa",
        "Hélène Costa",
        "coordinatrice de parcours, DAC A",
        NURSE,
        "dac-a",
        "helene-costa",
        "P5",
        "Suivre le plan de Mme Morvan et passer M. Kerbrat au DAC B.",
        COORDINATION,
    ),
    DemoAccount(
        "paul.rey",
        "Paul Rey",
        "coordinateur de parcours, DAC B",
        NURSE,
        "dac-b",
        "paul-rey",
        "P5",
        "Reprendre le parcours de M. Kerbrat et celui de Mme Faure.",
        COORDINATION,
    ),
    DemoAccount(
        "nora.belkacem",
        "Nora Belkacem",
        "coordinatrice de CPTS",
        "ADM",
        "cpts-b-sud",
        "nora-belkacem",
        "P5",
        "Trouver un médecin traitant à Lina Ferhat.",
        COORDINATION,
    ),
    DemoAccount(
        "jeanne.bertin",
        "Jeanne Bertin",
        "patient",
        "",
        "mon-espace",
        None,
        "P12",
        "Lire ses résultats et l’histoire de son HbA1c.",
        PEOPLE,
        "jeanne-bertin",
    ),
    DemoAccount(
        "marc.lefort",
        "Marc Lefort",
        "proche",
        "",
        "mon-espace",
        None,
        "P13",
        "Voir les passages de sa mère, Mme Morvan.",
        PEOPLE,
        "yvonne-morvan",
        "yvonne-morvan-p1",
    ),
    DemoAccount(
        "julie.adam",
        "Julie Adam",
        "représentant légal",
        "",
        "mon-espace",
        None,
        "P13",
        "Ouvrir le carnet de santé de son fils Théo, six ans.",
        PEOPLE,
        "theo-adam",
        "theo-adam-p1",
    ),
    DemoAccount(
        "lucie.bertin",
        "Lucie Bertin",
        "proche",
        "",
        "mon-espace",
        None,
        "P13",
        "Accepter le code que lui donne sa mère, Mme Bertin.",
        PEOPLE,
    ),
    DemoAccount(
        "julie.perret",
        "Julie Perret",
        "analyste, santé populationnelle",
        "ADM",
        "ars",
        None,
        "P14",
        "Lire des nombres, jamais des noms.",
        REGION,
        functions=(STEERING,),
    ),
    DemoAccount(
        "vincent.aubert",
        "Vincent Aubert",
        "responsable de programme",
        "ADM",
        "ars",
        None,
        "P16",
        "Lire ce que la version sait faire et ce qui manque.",
        REGION,
        functions=(STEERING,),
    ),
    DemoAccount(
        "olivier.deschamps",
        "Olivier Deschamps",
        "délégué à la protection des données",
        "ADM",
        "grades",
        None,
        "P17",
        "Relire qui a ouvert quel dossier, et pourquoi.",
        REGION,
        functions=(DPO,),
    ),
    *_OF_WAREHOUSE,
    DemoAccount(
        "admin",
        "Administration de la démonstration",
        "administrateur",
        "ADM",
        "grades",
        None,
        "",
        "Gérer les comptes et l’état de la plateforme.",
        REGION,
        functions=(ADMINISTRATOR,),
    ),
)
