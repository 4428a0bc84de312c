"""Lina, Inès, the two Marie Martin and Rosa: what their scenarios begin with."""

from __future__ import annotations

from typing import Final

from cordee.app.region.stories import Paper, Pill, Story, Visit

LINA: Final = Story(
    problems=(("insomnie", 0.4), ("asthme", 9)),
    allergies=(("graminees", 6),),
    pills=(Pill("salbutamol", 500),),
    pressures=((190, 112, 68),),
    signs=(("weight", 190, 54.0), ("height", 190, 166)),
    visits=(
        Visit("consultation", 190, 980, 20, "msp-quatre-vents", None, "Certificat de sport"),
        Visit("psychologue", 25, 1020, 45, "msp-quatre-vents", "sarah-cohen-roche"),
        Visit("urgences", 150, 1290, 200, "ch-belmont", "yacine-benali", "Malaise au lycée"),
    ),
    papers=(
        Paper(
            "urgences",
            150,
            "Passage aux urgences de Belmont",
            "Malaise sans gravité. Examen et électrocardiogramme normaux.",
            "yacine-benali",
            "ch-belmont",
        ),
        Paper(
            "psychiatrie",
            25,
            "Entretien avec la psychologue",
            "Troubles du sommeil depuis la rentrée. À cacher à ses parents, dit Lina.",
            "sarah-cohen-roche",
            "msp-quatre-vents",
            "V",
        ),
    ),
    vaccines=(("hpv", 1500), ("dtp", 2100), ("meningocoque", 300)),
    requests=((20, "Première consultation au CMP", "@cmp-belmont"),),
    flags=(("Sans médecin traitant", 200),),
)

INES: Final = Story(
    problems=(("O30.0 Grossesse multiple : jumeaux", 0.55), ("anemie", 0.2)),
    no_allergy=150,
    pills=(Pill("fer", 70), Pill("cholecalciferol", 60), Pill("desogestrel", 900, 260)),
    panels=(
        (205, {"beta-hcg": 48200}),
        (180, {"hemoglobin": 12.1, "platelets": 245, "tsh": 1.4}),
        (90, {"hemoglobin": 10.9, "ferritin": 14, "glucose": 0.84}),
        (20, {"hemoglobin": 10.6, "platelets": 210, "creatinine": 48, "egfr": 125}),
    ),
    pressures=((180, 112, 64), (120, 110, 62), (60, 116, 70), (12, 122, 74)),
    signs=(("weight", 180, 61.0), ("weight", 90, 66.2), ("weight", 12, 72.8), ("height", 180, 163)),
    visits=(
        Visit("sage-femme", 180, 600, 40, "sage-femme-corvigny", "aurelie-maurin"),
        Visit("sage-femme", 120, 600, 30, "sage-femme-corvigny", "aurelie-maurin"),
        Visit("sage-femme", 60, 600, 30, "sage-femme-corvigny", "aurelie-maurin"),
        Visit("sage-femme", 12, 600, 30, "sage-femme-corvigny", "aurelie-maurin"),
        Visit("specialiste", 100, 660, 30, "clinique-corvigny", "clara-michaud", "Échographie"),
        Visit("avis", 40, 840, 15, "chu-aubrey", "jean-prost", "Grossesse gémellaire"),
    ),
    papers=(
        Paper(
            "imagerie",
            195,
            "Échographie du premier trimestre",
            "Grossesse gémellaire, deux chorions. Terme prévu noté au dossier.",
            "clara-michaud",
            "clinique-corvigny",
        ),
        Paper(
            "consultation",
            170,
            "Entretien prénatal précoce",
            "Besoins : logement, lien avec la PMI. Orientation proposée.",
            "aurelie-maurin",
            "sage-femme-corvigny",
        ),
        Paper(
            "consultation",
            170,
            "Entretien prénatal précoce, partie réservée",
            "Dit subir des violences. Ne pas en parler devant le conjoint. Numéro d’appui remis.",
            "aurelie-maurin",
            "sage-femme-corvigny",
            "V",
        ),
    ),
    vaccines=(("grippe", 24),),
    circle=(
        "sage-femme-corvigny",
        180,
        (
            ("aurelie-maurin", "sage-femme"),
            ("clara-michaud", "obstétricienne"),
            ("@pmi-corvigny", "protection maternelle et infantile"),
            ("zoe-marmier", "coordinatrice de parcours"),
        ),
    ),
    support=(("dac-c", 160),),
    requests=((40, "Avis de la maternité de niveau 3", "@chu-aubrey-maternite"),),
    booked=((9, "aurelie-maurin", "Consultation du 8e mois"),),
    flags=(("Grossesse gémellaire, risque A2", 160),),
)

MARIE_A: Final = Story(
    problems=(("hta", 7), ("thyroide", 12)),
    no_allergy=630,
    pills=(Pill("levothyroxine", 2000), Pill("amlodipine", 1600)),
    panels=(
        (390, {"tsh": 2.4, "creatinine": 66, "egfr": 92}),
        (30, {"tsh": 3.1, "creatinine": 68, "egfr": 89, "potassium": 4.2}),
    ),
    pressures=((200, 136, 80),),
    visits=(
        Visit("consultation", 200, 600, 20),
        Visit("sejour", 629, 480, 2 * 1440, "chu-aubrey", None, "Cholécystectomie"),
    ),
    papers=(
        Paper(
            "operatoire",
            628,
            "Compte rendu opératoire",
            "Cholécystectomie par cœlioscopie, sans incident. Groupe sanguin A+ au dossier.",
            None,
            "chu-aubrey",
        ),
    ),
    flags=(("Homonyme : même nom, même date de naissance, née à Vesoul", 30),),
)

MARIE_B: Final = Story(
    problems=(("migraine", 20), ("cholesterol", 5), ("diabete2", 3)),
    allergies=(("ains", 9),),
    pills=(Pill("sumatriptan", 1200), Pill("atorvastatine", 1100), Pill("metformine", 800)),
    panels=(
        (300, {"hba1c": 6.8, "ldl": 1.3}),
        (26, {"hba1c": 7.0, "ldl": 1.22, "creatinine": 72, "egfr": 82}),
    ),
    visits=(
        Visit("consultation", 120, 600, 20),
        Visit(
            "urgences",
            1,
            1400,
            0,
            "ch-belmont",
            "yacine-benali",
            "Douleur abdominale",
            True,
        ),
    ),
    flags=(("Homonyme : même nom, même date de naissance, née à Lure", 30),),
)

ROSA: Final = Story(
    problems=(("cancer-sein", 4), ("osteoporose", 3), ("hta", 9)),
    allergies=(("penicillines", 22),),
    pills=(Pill("tamoxifene", 1300), Pill("alendronate", 700), Pill("amlodipine", 2000)),
    panels=((180, {"hemoglobin": 12.9, "platelets": 231}), (40, {"hemoglobin": 13.0, "crp": 2})),
    visits=(
        Visit("specialiste", 180, 600, 30, "chu-aubrey", "lise-faivre", "Surveillance"),
        Visit("consultation", 40, 600, 20),
    ),
    papers=(
        Paper(
            "consultation",
            180,
            "Consultation d’oncologie",
            "Rémission à quatre ans. Mammographie annuelle.",
            "lise-faivre",
            "chu-aubrey-oncologie",
        ),
    ),
    flags=(("Refuse l’entrepôt de données et l’usage secondaire", 90),),
)

WOMEN_STORIES: Final[dict[str, Story]] = {
    "lina-ferhat": LINA,
    "ines-ferreira": INES,
    "marie-martin-a": MARIE_A,
    "marie-martin-b": MARIE_B,
    "rosa-pereira": ROSA,
}
