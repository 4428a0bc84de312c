"""People whom the emergency screens name."""

from __future__ import annotations

from typing import Final

from cordee.app.region.stories import Paper, Pill, Story, Visit

BELMONT, BENALI, SIMON = "ch-belmont", "yacine-benali", "paul-simon"


def _waiting(minute: int, reason: str, doctor: str | None = None) -> Visit:
    return Visit("urgences", 0, minute, 0, BELMONT, doctor, reason, True)


EMERGENCY_STORIES: Final[dict[str, Story]] = {
    "monsieur-x": Story(
        visits=(
            Visit(
                "urgences",
                0,
                20,
                0,
                "clinique-corvigny",
                "denis-castel",
                "Trouvé sur la voie publique, identité inconnue",
                True,
            ),
        ),
        signs=(("temperature", 0, 35.9), ("pulse", 0, 104)),
    ),
    "bernard-hamel": Story(
        problems=(("hta", 14), ("cholesterol", 10)),
        pills=(Pill("amlodipine", 2000), Pill("atorvastatine", 1800)),
        pressures=((0, 182, 101),),
        visits=(
            Visit("regulation", 0, 8, 6, "samu-a", "karim-saidi", "Signes d’AVC, début 01:42"),
            Visit("regulation", 0, 16, 10, "samu-b", "pauline-aubry", "Alerte télé-AVC"),
        ),
    ),
    "guy-lambert": Story(
        problems=(("insuffisance-cardiaque", 2), ("bpco", 9)),
        pills=(Pill("furosemide", 500), Pill("tiotropium", 1200)),
        panels=((0, {"nt-probnp": 5230, "creatinine": 131, "egfr": 50, "potassium": 4.7}),),
        visits=(_waiting(10, "Dyspnée aiguë", BENALI),),
    ),
    "rose-pelletier": Story(
        problems=(("osteoporose", 8), ("chutes", 1)),
        pills=(Pill("calcium-d3", 900),),
        visits=(_waiting(5, "Chute à domicile", SIMON),),
        requests=((0, "Retour à domicile avec HAD", "@had-belmont"),),
    ),
    "sofiane-amrani": Story(
        episodes=(("S93.4 Entorse et foulure de la cheville", 0, 21),),
        visits=(_waiting(53, "Entorse de cheville", SIMON),),
    ),
    "eva-colin": Story(
        signs=(("temperature", 0, 39.4), ("weight", 0, 23.1)),
        visits=(_waiting(50, "Fièvre"),),
        vaccines=(("hexavalent", 2600), ("ror", 2350)),
    ),
    "alain-brun": Story(
        problems=(("hta", 4),),
        pills=(Pill("candesartan", 900),),
        visits=(_waiting(60, "Renouvellement d’ordonnance"),),
    ),
    "josette-hubert": Story(
        problems=(("demence", 4), ("hta", 25)),
        pills=(Pill("amlodipine", 2500),),
        panels=((0, {"sodium": 128, "creatinine": 88, "egfr": 51, "crp": 32}),),
        visits=(_waiting(2, "Confusion", SIMON),),
        papers=(
            Paper(
                "liaison",
                0,
                "Fiche de liaison d’urgence",
                "Confusion depuis hier soir. Lunettes et appareil auditif emportés.",
                None,
                "ehpad-le-clos-belmont",
            ),
        ),
    ),
}
