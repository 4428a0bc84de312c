"""Usual analyses by LOINC code: the short French name, and the group it is read in."""

from __future__ import annotations

from dataclasses import dataclass

VITAL, OTHER = "Constantes", "Autres mesures"
SYSTOLIC, DIASTOLIC, PRESSURE = "8480-6", "8462-4", "85354-9"

_TABLE = """
Constantes|85354-9|Tension artérielle
Constantes|8867-4|Fréquence cardiaque
Constantes|2708-6 59408-5|Saturation en oxygène
Constantes|8310-5 8331-1|Température
Constantes|9279-1|Fréquence respiratoire
Constantes|29463-7 3141-9|Poids
Constantes|8302-2|Taille
Constantes|39156-5|Indice de masse corporelle
Constantes|72514-3|Douleur
Constantes|9269-2|Score de Glasgow
Reins et ions|33914-3 62238-1 98979-8 50210-4 88294-4 69405-9|Clairance (CKD‑EPI)
Reins et ions|14682-9 2160-0 38483-4|Créatinine
Reins et ions|2823-3 6298-4|Potassium
Reins et ions|2951-2 2947-0|Sodium
Reins et ions|2075-0 2069-3|Chlore
Reins et ions|22664-7 3094-0 6299-2|Urée
Reins et ions|1963-8 2028-9 20565-8|Bicarbonates
Reins et ions|2000-8 17861-6 49765-1|Calcium
Reins et ions|2601-3 19123-9|Magnésium
Reins et ions|14933-6 3084-1|Acide urique
Reins et ions|14959-1 9318-7|Albuminurie / créatininurie
Sang|718-7|Hémoglobine
Sang|4544-3 20570-8|Hématocrite
Sang|789-8|Hématies
Sang|787-2 30428-7|Volume globulaire moyen
Sang|6690-2|Leucocytes
Sang|751-8 26499-4|Polynucléaires neutrophiles
Sang|731-0 26474-7|Lymphocytes
Sang|777-3|Plaquettes
Sang|2276-4|Ferritine
Coagulation|6301-6 34714-6|INR
Coagulation|5902-2 5894-1|Taux de prothrombine
Coagulation|48065-7 48066-5 7799-0|D-dimères
Sucre et graisses|4548-4 17856-6 59261-8|HbA1c
Sucre et graisses|14749-6 2345-7 2339-0 14771-0 1558-6|Glycémie
Sucre et graisses|14647-2 2093-3|Cholestérol total
Sucre et graisses|14646-4 2085-9|Cholestérol HDL
Sucre et graisses|22748-8 18262-6 13457-7 2089-1|Cholestérol LDL
Sucre et graisses|14927-8 2571-8|Triglycérides
Foie|1742-6|ALAT (TGP)
Foie|1920-8|ASAT (TGO)
Foie|2324-2|Gamma-GT
Foie|6768-6|Phosphatases alcalines
Foie|14631-6 1975-2|Bilirubine totale
Foie|1751-7|Albumine
Foie|2885-2|Protéines totales
Inflammation|1988-5|CRP
Inflammation|33959-8|Procalcitonine
Inflammation|4537-7 30341-2|Vitesse de sédimentation
Thyroïde et hormones|3016-3 11580-8|TSH
Thyroïde et hormones|14920-3 3024-7|T4 libre
Cœur|33762-6 83107-3|NT-proBNP
Cœur|30934-4 42637-9|BNP
Cœur|89579-7 6598-7 67151-1 10839-9|Troponine
Autres analyses|1989-3 62292-8|Vitamine D
Autres analyses|2857-1|PSA
Autres analyses|2132-9 14685-2|Vitamine B12
Autres analyses|14732-2 2284-8|Folates
"""


@dataclass(frozen=True, slots=True)
class Analysis:
    """One analysis: its name, its group, its rank on the page."""

    name: str
    group: str
    rank: int


def _read() -> dict[str, Analysis]:
    known: dict[str, Analysis] = {}
    for rank, line in enumerate(_TABLE.strip().splitlines()):
        group, loinc, name = line.split("|")
        for code in loinc.split():
            known[code] = Analysis(name, group, rank)
    return known


ANALYSES = _read()
GROUPS = tuple(dict.fromkeys(a.group for a in ANALYSES.values()))
LABORATORY_OTHER = "Autres analyses"


def group_rank(group: str) -> int:
    """Place of a group on the page; unknown groups come last."""
    return GROUPS.index(group) if group in GROUPS else len(GROUPS)
