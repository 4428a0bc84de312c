"""Long-term illnesses: CIM-10 code, how common at each age, treatments, blood tests."""

# ruff: noqa: E501 - tables, one row a line

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cordee.app.region.coding import CIM10, Json, concept

ANCHOR_YEARS: Final = 20
OLDEST: Final = 105
PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class Disease:
    """An illness of the region."""

    key: str
    code: Json
    percents: tuple[float, ...]
    women: float
    men: float
    longest: int
    drugs: tuple[str, ...]
    panels: tuple[str, ...]


# key | CIM-10 | label | percent at 0, 20, 40, 60, 80, 100 | women | men | years | drugs | panels
_ROWS: Final = """
hta|I10|Hypertension essentielle (primitive)|0 .4 9 36 62 66|1|1|22|ramipril amlodipine|renal
diabete2|E11.9|Diabète sucré de type 2, sans complication|0 .1 3 12 19 13|.85|1.2|18|metformine gliclazide|diabetes renal
diabete1|E10.9|Diabète sucré de type 1, sans complication|.1 .5 .5 .4 .2 .1|1|1|25|insuline-glargine insuline-aspart|diabetes renal
cholesterol|E78.5|Hyperlipidémie, sans précision|0 .3 8 26 31 15|.9|1.1|15|atorvastatine|lipid
coronaire|I25.1|Cardiopathie artérioscléreuse|0 0 .8 6 17 18|.6|1.5|12|aspirine bisoprolol|lipid
fibrillation|I48.9|Fibrillation et flutter auriculaires, sans précision|0 0 .4 4 18 24|.9|1.1|9|apixaban-5 bisoprolol|renal blood
insuffisance-cardiaque|I50.0|Insuffisance cardiaque congestive|0 0 .3 2 12 24|.9|1.1|7|furosemide bisoprolol|cardiac renal
renale|N18.3|Maladie rénale chronique, stade 3|0 .1 1 5 18 28|1|1|10||renal blood
bpco|J44.9|Maladie pulmonaire obstructive chronique, sans précision|0 0 2 8 12 9|.75|1.3|14|tiotropium salbutamol|
asthme|J45.9|Asthme, sans précision|5 9 6 5 4 3|1.1|.9|25|formoterol salbutamol|
alzheimer|G30.9|Maladie d’Alzheimer, sans précision|0 0 0 .4 9 26|1.2|.8|6|donepezil|
demence|F03|Démence, sans précision|0 0 0 .2 4 13|1.1|.9|5||
parkinson|G20|Maladie de Parkinson|0 0 0 .5 2.5 2|.9|1.2|9|levodopa|
depression|F32.9|Épisode dépressif, sans précision|.1 4 7 8 8 6|1.35|.65|8|sertraline|
anxiete|F41.1|Anxiété généralisée|.3 4 6 6 5 4|1.3|.7|10|escitalopram|
insomnie|F51.0|Insomnie non organique|0 2 5 9 12 12|1.2|.8|9|zopiclone|
thyroide|E03.9|Hypothyroïdie, sans précision|.1 1 4 7 10 10|1.7|.35|16|levothyroxine|thyroid
gonarthrose|M17.9|Gonarthrose, sans précision|0 0 2 16 32 34|1.15|.85|13|paracetamol|
osteoporose|M81.0|Ostéoporose post-ménopausique|0 0 .1 9 26 32|1.8|.1|10|alendronate calcium-d3|
lombalgie|M54.5|Lombalgie basse|0 5 12 13 9 5|1|1|10|paracetamol|
migraine|G43.9|Migraine, sans précision|1.5 9 11 6 2 1|1.5|.5|18|sumatriptan|
reflux|K21.9|Reflux gastro-œsophagien sans œsophagite|.4 4 9 14 16 14|1|1|10|omeprazole|
obesite|E66.9|Obésité, sans précision|3 9 16 19 13 4|1|1|15||
goutte|M10.9|Goutte, sans précision|0 0 .6 3 5 4|.4|1.6|10|allopurinol|renal
prostate|N40|Hyperplasie de la prostate|0 0 1 18 38 36|0|1|10|tamsulosine|
cancer-sein|C50.9|Tumeur maligne du sein, sans précision|0 0 1 4 5 4|1.9|.02|9|tamoxifene|blood
cancer-prostate|C61|Tumeur maligne de la prostate|0 0 .1 4 11 10|0|1|8||blood
cancer-colon|C18.9|Tumeur maligne du côlon, sans précision|0 0 .2 1.2 3 3|.9|1.1|6||blood
cataracte|H25.9|Cataracte sénile, sans précision|0 0 0 9 38 45|1.1|.9|6||
glaucome|H40.9|Glaucome, sans précision|0 0 .6 3 8 9|1|1|10|latanoprost|
surdite|H91.9|Perte de l’audition, sans précision|.2 .4 1 6 26 42|.9|1.1|9||
anemie|D50.9|Anémie par carence en fer, sans précision|.6 3 4 3 6 9|1.5|.6|4|fer|iron blood
epilepsie|G40.9|Épilepsie, sans précision|.6 .8 .8 .8 1.1 1|1|1|20|lamotrigine|
avc|I63.9|Infarctus cérébral, sans précision|0 .05 .4 2.5 8 9|.9|1.1|7|aspirine atorvastatine|lipid
veineuse|I87.2|Insuffisance veineuse (chronique) (périphérique)|0 .5 4 9 14 16|1.5|.6|12||
polyarthrite|M06.9|Polyarthrite rhumatoïde, sans précision|.05 .2 .6 1 1.2 .8|1.5|.5|14|methotrexate|inflammation blood
eczema|L20.9|Dermite atopique, sans précision|11 5 2 1 .7 .5|1|1|10||
rhinite|J30.4|Rhinite allergique, sans précision|5 15 13 8 3 1|1|1|15||
chutes|R29.6|Chutes à répétition, non classées ailleurs|0 0 0 .6 10 28|1.1|.9|3||
denutrition|E44.0|Malnutrition protéino-énergétique modérée|.1 .1 .2 .6 5 12|1|1|2||blood
tabac|F17.2|Dépendance au tabac|0 14 16 11 3 .5|.9|1.15|20||
alcool|F10.2|Dépendance à l’alcool|0 .8 3 4 1.4 .2|.45|1.5|12||
apnee|G47.3|Apnée du sommeil|.2 .5 3 8 7 3|.65|1.4|10||
"""


def _disease(row: str) -> Disease:
    key, code, label, percents, women, men, years, drugs, panels = row.split("|")
    return Disease(
        key,
        concept(CIM10, code, label),
        tuple(map(float, percents.split())),
        float(women),
        float(men),
        int(years),
        tuple(drugs.split()),
        tuple(panels.split()),
    )


DISEASES: Final = {found.key: found for found in map(_disease, _ROWS.strip().splitlines())}


@lru_cache(maxsize=256)
def risks(age: int, female: bool) -> tuple[tuple[Disease, float], ...]:
    """The illnesses that someone of that age and sex may have, with their probability."""
    band, past = divmod(min(age, OLDEST - 6), ANCHOR_YEARS)
    found = []
    for disease in DISEASES.values():
        low, high = disease.percents[band], disease.percents[min(band + 1, 5)]
        percent = low + (high - low) * past / ANCHOR_YEARS
        risk = percent * (disease.women if female else disease.men) / PERCENT
        if risk > 0:
            found.append((disease, risk))
    return tuple(found)
