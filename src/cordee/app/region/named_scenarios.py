"""Jeanne, M. Kerbrat, M. Diaz, Ali, Rosa and others: what their scenarios begin with."""

from __future__ import annotations

from typing import Final

from cordee.app.region.stories import Paper, Pill, Story, Visit

JEANNE: Final = Story(
    problems=(("diabete2", 8.2), ("hta", 11), ("obesite", 14), ("cholesterol", 6)),
    allergies=(("iode", 4),),
    pills=(
        Pill("metformine", 2900),
        Pill("ramipril", 2400),
        Pill("spironolactone", 120),
        Pill("atorvastatine", 2000),
        Pill("gliclazide", 1500, 300),
        Pill("dapagliflozine", 300),
    ),
    panels=(
        (1460, {"hba1c": 6.9, "glucose": 1.31, "creatinine": 64, "egfr": 95}),
        (1100, {"hba1c": 7.2, "glucose": 1.38}),
        (910, {"hba1c-ifcc": 57, "glucose": 1.42}),
        (720, {"hba1c": 7.5, "ldl": 1.42, "hdl": 0.48}),
        (540, {"hba1c-ifcc": 60, "creatinine": 66, "egfr": 91}),
        (350, {"hba1c": 7.8, "glucose": 1.55, "potassium": 4.6}),
        (170, {"hba1c": 7.9, "creatinine": 69, "egfr": 86, "potassium": 4.9}),
        (4, {"hba1c-ifcc": 65, "glucose": 1.61, "creatinine": 71, "egfr": 83}),
        (1, {"potassium": 6.1, "sodium": 137, "creatinine": 78, "egfr": 75}),
    ),
    pressures=((350, 146, 86), (170, 142, 84), (40, 138, 82)),
    signs=(
        ("weight", 900, 88.2),
        ("weight", 350, 90.1),
        ("weight", 40, 89.0),
        ("height", 900, 164),
        ("bmi", 40, 33.1),
    ),
    visits=(
        Visit("consultation", 350, 560, 20, "msp-quatre-vents", "anne-le-goff"),
        Visit("consultation", 170, 560, 20, "msp-quatre-vents", "anne-le-goff"),
        Visit("consultation", 40, 560, 20, "msp-quatre-vents", "anne-le-goff"),
        Visit("soins", 1, 555, 15, "idel-samira", "samira-haddad", "Glycémie et pied"),
        Visit("officine", 20, 1080, 10, "pharmacie-cathedrale"),
    ),
    papers=(
        Paper(
            "consultation",
            200,
            "Fond d’œil annuel",
            "Pas de rétinopathie diabétique. Contrôle dans un an.",
        ),
        Paper(
            "synthese",
            170,
            "Volet de synthèse médicale",
            "Diabète de type 2, hypertension, obésité. Objectif d’HbA1c : 7 %.",
            "anne-le-goff",
            "msp-quatre-vents",
        ),
        Paper(
            "psychiatrie",
            420,
            "Entretien avec la psychologue",
            "Document que Mme Bertin a choisi de cacher.",
            "sarah-cohen-roche",
            "msp-quatre-vents",
            "R",
        ),
    ),
    vaccines=(("grippe", 30), ("covid", 400), ("dtp", 2300)),
    circle=(
        "msp-quatre-vents",
        300,
        (
            ("anne-le-goff", "médecin traitant"),
            ("samira-haddad", "infirmière"),
            ("linh-tran", "pharmacienne"),
        ),
    ),
    requests=((4, "Biologie de contrôle : potassium", "@bio-loue"),),
    booked=((7, "anne-le-goff", "HbA1c : revoir l’objectif"),),
    flags=(("Potassium critique à confirmer", 1),),
)

KERBRAT: Final = Story(
    problems=(
        ("insuffisance-cardiaque", 3.1),
        ("hta", 18),
        ("fibrillation", 4),
        ("L97 Ulcère du membre inférieur, non classé ailleurs", 0.15),
        ("diabete2", 12),
    ),
    no_allergy=13,
    pills=(
        Pill("bisoprolol", 13, None, "DOSE 2,5 mg le matin"),
        Pill("bisoprolol", 800, 13, "DOSE 5 mg le matin"),
        Pill("furosemide", 13, None, "DOSE 80 mg le matin"),
        Pill("furosemide", 900, 13, "DOSE 40 mg le matin"),
        Pill("dapagliflozine", 4),
        Pill("apixaban-5", 1200),
        Pill("metformine", 2000),
        Pill("ramipril", 1100),
        Pill("atorvastatine", 1900),
    ),
    panels=(
        (400, {"nt-probnp": 980, "creatinine": 96, "egfr": 66, "potassium": 4.4}),
        (150, {"nt-probnp": 1240, "creatinine": 104, "egfr": 60, "potassium": 4.5}),
        (13, {"nt-probnp": 4820, "creatinine": 126, "egfr": 47, "potassium": 4.9, "crp": 18}),
        (5, {"nt-probnp": 2150, "creatinine": 118, "egfr": 51, "potassium": 4.4}),
    ),
    pressures=((13, 158, 92), (5, 126, 72)),
    signs=(
        ("weight", 150, 73.0),
        ("weight", 13, 79.4),
        ("weight", 7, 75.1),
        ("weight", 1, 72.6),
        ("wound", 13, 12.4),
        ("wound", 2, 12.6),
        ("pulse", 13, 48),
        ("saturation", 13, 91),
    ),
    visits=(
        Visit("regulation", 13, 380, 15, "samu-b", "pauline-aubry", "Dyspnée aiguë"),
        Visit("urgences", 13, 430, 240, "chu-aubrey", "mathieu-klein", "Dyspnée aiguë"),
        Visit(
            "sejour",
            13,
            670,
            0,
            "chu-aubrey",
            "odile-sauvage",
            "Insuffisance cardiaque et plaie de jambe",
            True,
        ),
        Visit("consultation", 60, 600, 20, "msp-quatre-vents", "anne-le-goff"),
        Visit("soins", 20, 480, 20, "idel-saulx", "anais-petit", "Pansement de jambe"),
    ),
    papers=(
        Paper(
            "courrier",
            60,
            "Courrier au cardiologue",
            "Essoufflement qui augmente, prise de 2 kg en un mois. Merci de votre avis.",
            "anne-le-goff",
            "msp-quatre-vents",
        ),
        Paper(
            "imagerie",
            12,
            "Échographie cardiaque",
            "Fraction d’éjection 35 %. Fuite mitrale modérée.",
            "odile-sauvage",
            "chu-aubrey-cardiologie",
        ),
    ),
    vaccines=(("grippe", 25), ("pneumocoque", 700)),
    circle=(
        "dac-b",
        9,
        (
            ("anne-le-goff", "médecin traitant"),
            ("samira-haddad", "infirmière à domicile"),
            ("marion-girard", "infirmière de coordination de sortie"),
            ("paul-rey", "coordinateur de parcours"),
            ("helene-costa", "coordinatrice jusqu’à la sortie"),
            ("linh-tran", "pharmacienne"),
            ("@had-belmont", "hospitalisation à domicile"),
            ("+1", "fils, aidant"),
        ),
    ),
    support=(("dac-a", 13), ("dac-b", 1)),
    requests=(
        (4, "Hospitalisation à domicile", "@had-belmont"),
        (4, "Soins médicaux et de réadaptation", "@smr-montrevaux"),
        (2, "Télésuivi du poids, seuil de 2 kg en 3 jours", "@had-belmont"),
        (1, "Ambulance assise pour la sortie", "@ambulances-saulx"),
    ),
    booked=((12, "anne-le-goff", "Visite à 7 jours de la sortie"),),
)

DIAZ: Final = Story(
    problems=(("hta", 9), ("cholesterol", 7), ("avc", 0.28), ("tabac", 40)),
    no_allergy=102,
    pills=(
        Pill("ramipril", 2100),
        Pill("amlodipine", 700),
        Pill("atorvastatine", 102),
        Pill("aspirine", 100),
    ),
    panels=(
        (600, {"ldl": 1.71, "hdl": 0.41, "glucose": 1.02}),
        (102, {"inr": 1.0, "hemoglobin": 14.9, "platelets": 241, "creatinine": 84, "egfr": 86}),
        (30, {"ldl": 0.78, "hdl": 0.43}),
    ),
    pressures=((600, 152, 90), (102, 178, 98), (20, 134, 80)),
    visits=(
        Visit("regulation", 102, 1184, 9, "samu-a", "karim-saidi", "Signes d’AVC, début 19:42"),
        Visit("urgences", 102, 1224, 90, "ch-belmont", "yacine-benali", "Signes d’AVC"),
        Visit("avis", 102, 1250, 20, "chu-aubrey", "louis-vernier", "Télé-AVC"),
        Visit("sejour", 102, 1340, 12 * 1440, "chu-aubrey", "louis-vernier", "AVC, thrombectomie"),
        Visit("sejour", 90, 660, 45 * 1440, "smr-montrevaux", None, "Réadaptation"),
        Visit("consultation", 20, 600, 20, "msp-quatre-vents", "anne-le-goff"),
    ),
    papers=(
        Paper(
            "sortie",
            90,
            "Lettre de liaison, unité neurovasculaire",
            "AVC sylvien gauche, thrombolyse puis thrombectomie. NIHSS 14 puis 4 à la sortie.",
            "louis-vernier",
            "chu-aubrey-neurologie",
        ),
    ),
    vaccines=(("grippe", 28),),
    circle=(
        "msp-quatre-vents",
        45,
        (
            ("anne-le-goff", "médecin traitant"),
            ("samira-haddad", "infirmière"),
            ("@smr-montrevaux", "réadaptation"),
            ("+1", "épouse"),
        ),
    ),
    requests=((3, "Avis de neurologie", "louis-vernier"),),
    booked=((2, "anne-le-goff", "Concertation à distance"),),
)

CASTEL: Final = Story(
    problems=(("R19.5 Test immunologique positif, dépistage du cancer du côlon", 0.09), ("hta", 6)),
    pills=(Pill("candesartan", 1500),),
    panels=((33, {"fit": 96}), (20, {"hemoglobin": 12.4, "ferritin": 17, "platelets": 310})),
    pressures=((90, 138, 82),),
    visits=(Visit("consultation", 90, 600, 20),),
    papers=(
        Paper(
            "courrier",
            32,
            "Résultat du dépistage du cancer colorectal",
            "Le test est positif. Une coloscopie est à faire sous 30 jours.",
        ),
    ),
    requests=((32, "Coloscopie après dépistage positif", "@ch-belmont"),),
    flags=(("Dépistage positif sans suite", 2),),
)

PETITJEAN: Final = Story(
    problems=(("diabete2", 19), ("G25.0 Tremblement essentiel", 12), ("hta", 15)),
    pills=(
        Pill("insuline-glargine", 12, None, "DOSE 22 U le soir, 3 boîtes"),
        Pill("insuline-aspart", 400),
        Pill("ramipril", 2000),
    ),
    panels=((200, {"hba1c": 7.9}), (20, {"hba1c": 7.6, "glucose": 1.44})),
    visits=(
        Visit("consultation", 12, 600, 20, "msp-quatre-vents", "anne-le-goff"),
        Visit("officine", 11, 1010, 10, "pharmacie-tran", "linh-tran", "Une boîte délivrée sur 3"),
    ),
    papers=(
        Paper(
            "ordonnance",
            12,
            "Ordonnance d’insuline",
            "Insuline glargine 100 U/mL, DOSE 22 U le soir, 3 boîtes. Écriture tremblée connue.",
            "anne-le-goff",
            "msp-quatre-vents",
        ),
    ),
)

ALI: Final = Story(
    problems=(("asthme", 20), ("lombalgie", 5)),
    pills=(Pill("formoterol", 800), Pill("salbutamol", 800)),
    panels=((140, {"hemoglobin": 15.1, "platelets": 228, "ldl": 1.2}),),
    visits=(
        Visit("urgences", 210, 1320, 140, "ch-belmont", "yacine-benali", "Crise d’asthme"),
        Visit("consultation", 60, 600, 20),
    ),
    flags=(("Refuse l’usage secondaire de ses données", 90),),
)

SCENARIO_STORIES: Final[dict[str, Story]] = {
    "jeanne-bertin": JEANNE,
    "yann-kerbrat": KERBRAT,
    "manuel-diaz": DIAZ,
    "andre-castel": CASTEL,
    "gaston-petitjean": PETITJEAN,
    "ali-mansouri": ALI,
}
