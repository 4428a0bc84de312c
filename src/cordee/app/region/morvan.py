"""Mme Yvonne Morvan, 87, at Les Tilleuls: the record that the first scenario opens."""

from __future__ import annotations

from typing import Final

from cordee.app.region.chart import Chart, link
from cordee.app.region.coding import HL7, Json, bare
from cordee.app.region.members import member
from cordee.app.region.moments import day_text, moment_text
from cordee.app.region.sites import site
from cordee.app.region.stories import Paper, Pill, Story, Visit

TILLEULS: Final = "ehpad-les-tilleuls"
EMERGENCY_LETTER: Final = (
    "Cher confrère,\n\nMme Yvonne Morvan, 87 ans, est passée aux urgences de Belmont de 02:55 à "
    "05:40 après une chute avec choc à la tête, sous apixaban.\n"
    "Glasgow 15, plaie du front suturée, tension 148/82 mmHg. Scanner cérébral sans saignement. "
    "Clairance 38 mL/min, hémoglobine 12,1 g/dL.\n"
    "Retour à l’EHPAD à 05:40. Surveillance neurologique toutes les 4 heures pendant 24 heures.\n"
    "La dose d’apixaban est à revoir au vu de la clairance.\n\nDr Yacine Benali"
)
DIRECTIVES: Final = (
    "Je ne souhaite pas de réanimation ni d’acharnement. Je souhaite rester aux Tilleuls, avec ma "
    "fenêtre sur le jardin. Ma personne de confiance est mon fils Marc Lefort."
)

MORVAN: Final = Story(
    problems=(
        ("fibrillation", 6.4),
        ("hta", 21),
        ("renale", 3.6),
        ("osteoporose", 9),
        ("gonarthrose", 12),
        ("insomnie", 5),
        ("chutes", 0.36),
        ("F06.7 Trouble cognitif léger", 2.3),
        ("surdite", 7),
    ),
    episodes=(
        ("S00.8 Lésion traumatique superficielle du front", 2, 10),
        ("N39.0 Infection des voies urinaires, siège non précisé", 250, 8),
        ("S52.5 Fracture de l’extrémité inférieure du radius", 1290, 60),
    ),
    allergies=(("penicillines", 15), ("latex", 8)),
    pills=(
        Pill("apixaban", 640, None, "DOSE 2,5 mg matin et soir"),
        Pill("bisoprolol", 900),
        Pill("amlodipine", 1500),
        Pill("paracetamol", 400),
        Pill("zopiclone", 760, None, "DOSE 3,75 mg le soir, à réduire avant le 30/11"),
        Pill("cholecalciferol", 1300),
        Pill("macrogol", 200),
        Pill("apixaban-5", 2300, 640),
        Pill("ramipril", 3000, 700),
        Pill("fosfomycine", 250, 249),
    ),
    panels=(
        (560, {"creatinine": 88, "egfr": 55, "potassium": 4.3, "sodium": 139, "hemoglobin": 12.8}),
        (380, {"creatinine": 90, "egfr": 53, "potassium": 4.4, "hemoglobin": 12.7}),
        (
            194,
            {
                "creatinine": 92,
                "egfr": 52,
                "potassium": 4.4,
                "sodium": 140,
                "hemoglobin": 12.6,
                "hba1c": 5.9,
            },
        ),
        (83, {"creatinine": 101, "egfr": 46, "potassium": 4.6, "hemoglobin": 12.4}),
        (
            2,
            {
                "creatinine": 118,
                "egfr": 38,
                "potassium": 4.9,
                "sodium": 138,
                "hemoglobin": 12.1,
                "platelets": 214,
                "inr": 1.2,
                "crp": 4,
            },
            195,
        ),
    ),
    pressures=(
        (170, 138, 78),
        (140, 142, 80),
        (110, 136, 74),
        (80, 144, 82),
        (45, 140, 76),
        (10, 134, 74),
        (2, 162, 88),
        (1, 148, 82),
    ),
    signs=(
        ("weight", 190, 58.4),
        ("weight", 95, 57.1),
        ("weight", 12, 56.2),
        ("falls", 145, 1),
        ("falls", 83, 1),
        ("falls", 2, 2),
        ("pain", 2, 3),
        ("pulse", 2, 72),
        ("temperature", 2, 36.8),
        ("saturation", 2, 96),
    ),
    visits=(
        Visit("regulation", 2, 130, 2, "samu-a", "karim-saidi", "Chute, choc à la tête, apixaban"),
        Visit(
            "regulation", 2, 132, 14, "samu-b", "pauline-aubry", "Délestage de A, convention A–B"
        ),
        Visit("urgences", 2, 175, 165, "ch-belmont", "yacine-benali", "Chute, choc à la tête"),
        Visit("ehpad", 10, 1035, 25, "msp-quatre-vents", "anne-le-goff"),
        Visit("ehpad", 52, 1035, 20, "msp-quatre-vents", "anne-le-goff"),
        Visit("ehpad", 110, 1035, 20, "msp-quatre-vents", "anne-le-goff"),
        Visit("coordination", 35, 840, 45, "dac-a", "helene-costa", "Concertation, plan version 4"),
        Visit(
            "officine", 60, 900, 20, "pharmacie-tran", "linh-tran", "Bilan partagé de médication"
        ),
        Visit("soins", 83, 450, 15, "idel-samira", "samira-haddad", "Prise de sang"),
        Visit("kine", 5, 600, 30, "kine-issy", "julien-perrin", "Marche avec déambulateur"),
        Visit("kine", 3, 600, 30, "kine-issy", "julien-perrin", "Marche avec déambulateur"),
        Visit("specialiste", 420, 600, 30, "chu-aubrey", "odile-sauvage", "Suivi de fibrillation"),
    ),
    papers=(
        Paper(
            "urgences",
            2,
            "Lettre des urgences de Belmont",
            EMERGENCY_LETTER,
            "yacine-benali",
            "ch-belmont",
            minute=340,
        ),
        Paper(
            "imagerie",
            2,
            "Scanner cérébral",
            "Scanner cérébral sans injection : pas de saignement, pas de fracture. Atrophie d’âge.",
            None,
            "ch-belmont",
            minute=235,
        ),
        Paper(
            "liaison",
            2,
            "Fiche de liaison d’urgence des Tilleuls",
            "Chute à 02:05, consciente, plaie du front. Prothèse dentaire et lunettes emportées.",
            "nadia-benhamou",
            TILLEULS,
            minute=140,
        ),
        Paper("directives", 614, "Directives anticipées", DIRECTIVES, "anne-le-goff", TILLEULS),
        Paper(
            "plan",
            35,
            "Plan personnalisé, version 4",
            "Marcher 40 m avec le déambulateur, sans chute. Moins de médicaments qui font tomber.",
            "helene-costa",
            "dac-a",
        ),
        Paper(
            "consultation",
            420,
            "Consultation de cardiologie",
            "Fibrillation permanente, fréquence contrôlée. Apixaban 2,5 mg matin et soir.",
            "odile-sauvage",
            "chu-aubrey-cardiologie",
        ),
        Paper(
            "synthese",
            110,
            "Volet de synthèse médicale",
            "Fibrillation atriale sous apixaban, insuffisance rénale, chutes. Allergies connues.",
            "anne-le-goff",
            "msp-quatre-vents",
        ),
        Paper(
            "psychiatrie",
            300,
            "Entretien avec la psychologue",
            "Tristesse après le décès de son mari. Entretien de soutien mensuel.",
            "sarah-cohen-roche",
            "msp-quatre-vents",
            "R",
        ),
    ),
    vaccines=(("grippe", 38), ("covid", 38), ("grippe", 395), ("pneumocoque", 900), ("zona", 700)),
    circle=(
        "dac-a",
        640,
        (
            ("anne-le-goff", "médecin traitant"),
            ("claire-weber", "infirmière"),
            ("helene-costa", "coordinatrice, référente du plan"),
            ("linh-tran", "pharmacienne"),
            ("julien-perrin", "masseur-kinésithérapeute"),
            ("samira-haddad", "infirmière libérale"),
            ("+1", "fils, personne de confiance"),
        ),
    ),
    support=(("dac-a", 640),),
    requests=(
        (9, "Visite d’ergothérapie de la chambre", "@dac-a"),
        (20, "Bilan partagé de médication", "linh-tran"),
        (60, "Kinésithérapie, 18 séances", "julien-perrin"),
    ),
    booked=((2, "anne-le-goff", "Visite aux Tilleuls"), (4, "julien-perrin", "Kinésithérapie")),
    flags=(("Anticoagulant : tout choc à la tête se signale", 640), ("Risque de chute", 130)),
)
WISH: Final = (
    "Rester aux Tilleuls avec ma fenêtre sur le jardin, et marcher jusqu’à la salle à manger."
)


def add_morvan_plan(chart: Chart) -> None:
    """Her goals, her plan, and what the circle wrote to each other."""
    team = next(entry for entry in chart.entries if entry["resourceType"] == "CareTeam")
    goals = [
        _goal(chart, "Marcher 40 m avec le déambulateur, sans chute", 23, "not-achieved"),
        _goal(chart, "Moins de médicaments qui font tomber", 8, "in-progress"),
    ]
    chart.add(
        {
            "resourceType": "CarePlan",
            "id": chart.number("l"),
            "status": "active",
            "intent": "plan",
            "title": "Plan personnalisé, version 4",
            "description": WISH,
            "subject": chart.subject,
            "period": {"start": day_text(chart.today - 35)},
            "created": moment_text(chart.today - 35, 900),
            "author": member("helene-costa").link,
            "careTeam": [link(team)],
            "goal": [link(goal) for goal in goals],
            "activity": [
                _activity("Kinésithérapie, 2 séances par semaine", "julien-perrin", "in-progress"),
                _activity("Visite d’ergothérapie de la chambre", "helene-costa", "scheduled"),
                _activity("Chaussures fermées à chaque lever", "claire-weber", "in-progress"),
                _activity("Réduire le zopiclone", "anne-le-goff", "scheduled"),
                _activity("Bilan partagé de médication", "linh-tran", "not-started"),
            ],
            "note": [{"text": "En cas d’alerte : IDE d’astreinte, Dr Le Goff, SAMU."}],
        }
    )
    _say(
        chart,
        "claire-weber",
        372,
        "Mme Morvan dort, pupilles égales, tension 148/82 mmHg. Faut-il donner l’apixaban de 8 h ?",
    )
    _say(
        chart,
        "anne-le-goff",
        476,
        "Oui, même dose. Clairance à 38 : je revois la dose ce soir.",
    )


def _goal(chart: Chart, text: str, ahead: int, achieved: str) -> Json:
    return chart.add(
        {
            "resourceType": "Goal",
            "id": chart.number("b"),
            "lifecycleStatus": "active",
            "achievementStatus": bare(HL7 + "goal-achievement", achieved),
            "description": {"text": text},
            "subject": chart.subject,
            "startDate": day_text(chart.today - 35),
            "target": [{"dueDate": day_text(chart.today + ahead)}],
        }
    )


def _activity(text: str, performer: str, status: str) -> Json:
    return {
        "detail": {
            "status": status,
            "description": text,
            "performer": [member(performer).link],
        }
    }


def _say(chart: Chart, sender: str, minute: int, text: str) -> None:
    chart.add(
        {
            "resourceType": "Communication",
            "id": chart.number("n"),
            "status": "completed",
            "subject": chart.subject,
            "sent": moment_text(chart.today - 2, minute),
            "sender": member(sender).link,
            "recipient": [site(TILLEULS).link, member("anne-le-goff").link],
            "payload": [{"contentString": text}],
        }
    )
