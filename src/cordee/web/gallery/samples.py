"""Invented values that show each component in each of its states."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from cordee.care.record.circle import Member
from cordee.runtime.french import PARIS
from cordee.web.charts import pressure_bars, spark
from cordee.web.persons import Person
from cordee.web.record.result_views import Cell, Column, PressureChart, Row, Table
from cordee.web.record.view_models import (
    AllergyRow,
    AllergyView,
    EventRow,
    ProblemRow,
    TreatmentRow,
)
from cordee.web.record.words import ALLERGY_TITLES
from cordee.web.workflow.moving import FieldView, MoveView
from cordee.web.workflow.telling import DueView, StageRow

PERSON = Person(
    patient_id="exemple",
    birth_name="MORVAN",
    first_name="Yvonne",
    all_first_names="Yvonne Marie",
    born_label="Née le",
    born="04/04/1939",
    age="87 ans",
    sex="Féminin",
    used_name="LEFORT",
    birth_place="Vesoul (70550)",
    matricule="2 39 04 70 550 000 33",
    matricule_reason="",
    status="qualifiee",
    status_word="Identité qualifiée",
    is_deceased=False,
    death="",
    town="Saulx",
)
NEAR = replace(
    PERSON,
    all_first_names="Yvonne Anne",
    birth_place="Lure (70310)",
    used_name="",
    matricule="",
    matricule_reason="identité provisoire",
    status="provisoire",
    status_word="Identité provisoire",
    is_homonym=True,
)
DECEASED = replace(
    NEAR,
    birth_name="ROLLAND",
    first_name="Émile",
    all_first_names="Émile",
    born_label="Né le",
    born="17/06/1935",
    age="",
    sex="Masculin",
    is_deceased=True,
    death="décédé le 02/11/2026, à 91 ans",
    is_homonym=False,
)
STATUSES = tuple(
    replace(PERSON, status=status, status_word=word)
    for status, word in (
        ("provisoire", "Identité provisoire"),
        ("recuperee", "Identité récupérée"),
        ("validee", "Identité validée"),
        ("qualifiee", "Identité qualifiée"),
        ("douteuse", "Identité provisoire, douteuse"),
    )
)
_SUMMARIES = {
    "known": "pénicillines (œdème)",
    "none": "dit le 09/11/2026 par Dr Sauvage",
}
ALLERGIES = tuple(
    AllergyView(str(title), word, sign, _SUMMARIES.get(str(title), ""), (), 0)
    for title, (word, sign) in ALLERGY_TITLES.items()
)
ENTRIES = replace(
    ALLERGIES[0],
    entries=(
        AllergyRow("Pénicillines", "œdème, sévère", "risque élevé", "critical", "12/03/2011"),
        AllergyRow("Latex", "urticaire", "risque faible", "", "2015"),
    ),
    past=1,
)
PROBLEMS = (
    ProblemRow("Fibrillation auriculaire", "", "03/2019", "en cours", False),
    ProblemRow("Fracture du poignet", "", "2012 à 06/2012", "résolu", True),
)
TREATMENTS = (
    TreatmentRow(
        "Apixaban",
        ("DOSE 5 mg, 2 fois par jour",),
        "",
        "14/05/2026",
        "",
        "Dr Le Goff",
        "en cours",
        True,
    ),
    TreatmentRow(
        "Zopiclone",
        ("DOSE 3,75 mg, au coucher",),
        "",
        "02/01/2026",
        "01/06/2026",
        "",
        "arrêté",
        False,
    ),
)
EVENTS = (
    EventRow(
        "e1", "2026-11-24T05:40", "24/11", "5 h 40", "2026", "Passage aux urgences",
        ("Chute", "CH de Belmont"), "en cours", "encounter", "", "24/11/2026", "CH de Belmont",
    ),
    EventRow(
        "e2", "2025-10-18", "18/10", "", "2025", "Lettre de liaison",
        ("CHU d’Aubrey",), "", "document", "PDF", "18/10/2025", "CHU d’Aubrey",
    ),
)  # fmt: skip
MEMBERS = (
    Member("Dr Anne Le Goff", "médecin traitant, MSP des Quatre-Vents", "", False),
    Member("Marc Lefort", "fils", "06 00 00 00 00", True),
)
_START = datetime(2026, 5, 14, 8, tzinfo=PARIS)


def results_table() -> Table:
    """Three analyses: normal, to look at, critical."""
    columns = (Column("02/09", "", "2 septembre 2026"), Column("24/11", "", "24 novembre 2026"))
    return Table(
        "Reins et ions",
        columns,
        (
            _row("Sodium", ("140", "138"), "mmol/L", ("135", "145"), ("dans la référence", "")),
            _row("Créatinine", ("101", "118"), "µmol/L", ("45", "84"), ("↑ au-dessus", "caution")),
            _row(
                "Potassium", ("4,6", "6,1"), "mmol/L", ("3.5", "5.1"), ("↑↑ critique", "critical")
            ),
        ),
    )


def pressure_chart() -> PressureChart:
    """Three pressures over the fixed scale."""
    values = [(Decimal(128), Decimal(72), "juin"), (Decimal(134), Decimal(74), "12/11")]
    bars = pressure_bars([*values, (Decimal(162), Decimal(88), "24/11")])
    return PressureChart(bars, "162/88", "Tension artérielle, en mmHg : de 128/72 à 162/88.")


def _row(
    name: str, texts: tuple[str, str], unit: str, bounds: tuple[str, str], reading: tuple[str, str]
) -> Row:
    low, high = (Decimal(bound) for bound in bounds)
    points = [
        (_START + timedelta(days=60 * index), Decimal(text.replace(",", ".")))
        for index, text in enumerate(texts)
    ]
    return Row(
        name=name,
        cells=(None if name == "Sodium" else Cell(texts[0]), Cell(texts[1])),
        unit=unit,
        spark=spark(points, low, high),
        reference=f"{bounds[0]} à {bounds[1]}".replace(".", ","),
        population="",
        reading=reading[0],
        level=reading[1],
        late="",
        is_provisional=name == "Sodium",
    )


DUE = DueView("Répondre à la demande", "18 h 00", "")
LATE = DueView("Première évaluation", "20/11 09 h 30", "critical")
CHOICE = FieldView("geste-exemple", "Gravité", "select", "2", (("1", "1"), ("2", "2")))
MOVES = (
    MoveView("accept", "Accepter", (), grave=False, is_open=False),
    MoveView(
        "refuse", "Refuser", (FieldView("refuse-motif", "Motif", "words"),),
        grave=True, is_open=False,
    ),
)  # fmt: skip
STORY = (
    StageRow("Qualifiée", "2026-11-22T09:10", "22/11/2026", "9 h 10", "Hélène Costa, DAC A", ""),
    StageRow("Reçue", "2026-11-21T18:02", "21/11/2026", "18 h 02", "Dr Anne Le Goff, MSP", ""),
)
