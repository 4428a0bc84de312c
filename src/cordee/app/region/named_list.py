"""Patients on the lists of Dr Le Goff and Dr Roux that the screens show by name."""

from __future__ import annotations

from typing import Final

from cordee.app.region.stories import Paper, Pill, Story, Visit

MSP, LE_GOFF = "msp-quatre-vents", "anne-le-goff"
ROUX_PLACE, ROUX = "cabinet-roux", "bernard-roux"


def _seen(*days: int) -> tuple[Visit, ...]:
    return tuple(Visit("consultation", day, 600, 20, MSP, LE_GOFF) for day in days)


def _seen_by_roux(*days: int) -> tuple[Visit, ...]:
    return tuple(Visit("consultation", day, 600, 20, ROUX_PLACE, ROUX) for day in days)


LIST_STORIES: Final[dict[str, Story]] = {
    "paul-nguyen": Story(
        problems=(("thyroide", 3),),
        pills=(Pill("levothyroxine", 900, None, "DOSE 50 µg le matin à jeun"),),
        panels=((400, {"tsh": 4.9}), (100, {"tsh": 5.5}), (1, {"tsh": 5.8})),
        visits=_seen(100, 20),
    ),
    "lucien-roche": Story(
        problems=(("L82 Kératose séborrhéique", 0.05), ("hta", 9), ("prostate", 6)),
        pills=(Pill("ramipril", 2000), Pill("tamsulosine", 1500)),
        panels=((200, {"psa": 2.1, "creatinine": 88, "egfr": 78}),),
        visits=(
            *_seen(200, 3),
            Visit("avis", 1, 1064, 10, "chu-aubrey", "eric-marchand", "Lésion du dos"),
        ),
        papers=(
            Paper(
                "consultation",
                1,
                "Avis de dermatologie",
                "Kératose bénigne, pas de geste. Réponse en 3 h 20.",
                "eric-marchand",
                "chu-aubrey-dermatologie",
            ),
        ),
        requests=((1, "Avis de dermatologie", "eric-marchand"),),
    ),
    "denise-garnier": Story(
        problems=(("insuffisance-cardiaque", 2), ("hta", 20), ("gonarthrose", 8)),
        pills=(Pill("furosemide", 300), Pill("bisoprolol", 700), Pill("ramipril", 1500)),
        panels=((100, {"nt-probnp": 1320, "creatinine": 84}), (8, {"nt-probnp": 2480, "crp": 6})),
        signs=(("weight", 7, 73.2), ("weight", 4, 73.5), ("weight", 1, 74.6)),
        visits=(
            *_seen(100),
            Visit("sejour", 14, 900, 7 * 1440, "chu-aubrey", "odile-sauvage", "Décompensation"),
        ),
        papers=(
            Paper(
                "sortie",
                7,
                "Lettre de liaison, cardiologie",
                "Décompensation cardiaque. Visite du médecin traitant à 7 jours demandée.",
                "odile-sauvage",
                "chu-aubrey-cardiologie",
            ),
        ),
        requests=((7, "Visite à 7 jours de la sortie", LE_GOFF),),
    ),
    "simone-faure": Story(
        problems=(("alzheimer", 2), ("chutes", 0.8), ("denutrition", 0.4)),
        pills=(Pill("donepezil", 600), Pill("cholecalciferol", 500)),
        signs=(("weight", 200, 52.0), ("weight", 20, 47.8)),
        visits=(*_seen(90), Visit("coordination", 6, 840, 40, "dac-b", "paul-rey")),
        papers=(
            Paper(
                "plan",
                6,
                "Plan personnalisé proposé",
                "Portage de repas, SSIAD, bilan de mémoire. À valider par le médecin traitant.",
                "paul-rey",
                "dac-b",
            ),
        ),
        circle=(
            "dac-b",
            60,
            ((LE_GOFF, "médecin traitant"), ("paul-rey", "coordinateur de parcours")),
        ),
        support=(("dac-b", 60),),
    ),
    "theo-adam": Story(
        episodes=(("H66.9 Otite moyenne, sans précision", 120, 8),),
        signs=(("weight", 60, 21.4), ("height", 60, 117)),
        visits=_seen(120, 60),
        vaccines=(("hexavalent", 2390), ("ror", 2080), ("dtp", 200)),
        requests=((2, "Question de la PMI : calendrier vaccinal", LE_GOFF),),
    ),
    "odette-lemoine": Story(
        problems=(("insuffisance-cardiaque", 4), ("fibrillation", 6), ("renale", 5)),
        allergies=(("sulfamides", 30),),
        pills=(
            Pill("apixaban", 800),
            Pill("furosemide", 10, None, "DOSE 60 mg le matin"),
            Pill("bisoprolol", 900),
        ),
        panels=((12, {"creatinine": 121, "egfr": 36, "potassium": 4.8}),),
        visits=(
            *_seen(40),
            Visit("sejour", 18, 700, 8 * 1440, "ch-belmont", "lea-humbert", "Dyspnée"),
            Visit("officine", 2, 1020, 15, "pharmacie-tran", "linh-tran", "Deux différences"),
        ),
        papers=(
            Paper(
                "ordonnance",
                10,
                "Ordonnance de sortie",
                "Furosémide DOSE 60 mg le matin. Deux différences avec le traitement habituel.",
                "lea-humbert",
                "ch-belmont",
            ),
        ),
    ),
    "lea-vidal": Story(
        problems=(("depression", 0.7), ("anxiete", 2)),
        pills=(Pill("escitalopram", 200),),
        visits=(
            *_seen(200, 30, 2),
            Visit("avis", 2, 660, 15, "chu-aubrey", "agnes-collet", "Adaptation du traitement"),
        ),
        papers=(
            Paper(
                "psychiatrie",
                2,
                "Demande d’avis de psychiatrie",
                "Avis à compléter : traitements déjà essayés.",
                LE_GOFF,
                MSP,
                "R",
            ),
        ),
        requests=((2, "Avis de psychiatrie", "agnes-collet"),),
    ),
    "roger-grandot": Story(
        problems=(("bpco", 12), ("coronaire", 8), ("tabac", 50)),
        pills=(Pill("tiotropium", 900), Pill("aspirine", 2500), Pill("atorvastatine", 2500)),
        panels=((90, {"ldl": 0.71, "hdl": 0.44}),),
        visits=_seen_by_roux(300, 160, 40),
        vaccines=(("grippe", 30), ("pneumocoque", 900)),
    ),
    "colette-roussel": Story(
        problems=(("diabete2", 11), ("hta", 16)),
        no_allergy=700,
        pills=(Pill("metformine", 2500), Pill("ramipril", 2500)),
        panels=((300, {"hba1c": 7.1}), (60, {"hba1c": 7.4, "creatinine": 70, "egfr": 78})),
        visits=_seen_by_roux(240, 60),
    ),
    "michel-favard": Story(
        problems=(("goutte", 5), ("alcool", 9)),
        pills=(Pill("allopurinol", 1200),),
        panels=((150, {"creatinine": 92, "egfr": 81}),),
        visits=_seen_by_roux(150, 20),
        papers=(
            Paper(
                "synthese",
                20,
                "Synthèse avant changement de médecin",
                "Le Dr Roux part à la retraite. Synthèse remise au patient.",
                ROUX,
                ROUX_PLACE,
            ),
        ),
    ),
}
