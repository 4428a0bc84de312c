"""Medicines of the region: ATC class, French label and usual dosage."""

from __future__ import annotations

from typing import Final

from cordee.app.region.coding import ATC, Json, concept

# key | ATC | label | usual dosage
_ROWS: Final = """
acenocoumarol|B01AA07|Acénocoumarol 4 mg, comprimé|DOSE 2 mg le soir, selon INR
alendronate|M05BA04|Acide alendronique 70 mg, comprimé|DOSE 70 mg une fois par semaine, à jeun
allopurinol|M04AA01|Allopurinol 200 mg, comprimé|DOSE 200 mg après le repas du soir
amlodipine|C08CA01|Amlodipine 5 mg, gélule|DOSE 5 mg le matin
amoxicilline|J01CA04|Amoxicilline 1 g, comprimé|DOSE 1 g matin et soir pendant 6 jours
apixaban|B01AF02|Apixaban 2,5 mg, comprimé|DOSE 2,5 mg matin et soir
apixaban-5|B01AF02|Apixaban 5 mg, comprimé|DOSE 5 mg matin et soir
aspirine|B01AC06|Acétylsalicylate de lysine 75 mg, sachet|DOSE 75 mg le midi
atorvastatine|C10AA05|Atorvastatine 20 mg, comprimé|DOSE 20 mg le soir
bisoprolol|C07AB07|Bisoprolol 2,5 mg, comprimé|DOSE 2,5 mg le matin
calcium-d3|A12AX|Carbonate de calcium 500 mg et vitamine D3|DOSE 1 comprimé le soir
candesartan|C09CA06|Candésartan 8 mg, comprimé|DOSE 8 mg le matin
cholecalciferol|A11CC05|Colécalciférol 50 000 UI, ampoule|DOSE 50 000 UI une fois par mois
dapagliflozine|A10BK01|Dapagliflozine 10 mg, comprimé|DOSE 10 mg le matin
desogestrel|G03AC09|Désogestrel 75 µg, comprimé|DOSE 75 µg chaque jour à heure fixe
donepezil|N06DA02|Donépézil 10 mg, comprimé|DOSE 10 mg le soir
duloxetine|N06AX21|Duloxétine 60 mg, gélule|DOSE 60 mg le matin
escitalopram|N06AB10|Escitalopram 10 mg, comprimé|DOSE 10 mg le matin
fer|B03AA07|Sulfate ferreux 80 mg, comprimé|DOSE 80 mg le matin à jeun
formoterol|R03AK08|Béclométasone et formotérol 100/6, inhalation|DOSE 2 bouffées matin et soir
fosfomycine|J01XX01|Fosfomycine 3 g, sachet|DOSE 3 g en une prise
furosemide|C03CA01|Furosémide 40 mg, comprimé|DOSE 40 mg le matin
gliclazide|A10BB09|Gliclazide 60 mg LM, comprimé|DOSE 60 mg le matin
hydrochlorothiazide|C03AA03|Hydrochlorothiazide 12,5 mg, comprimé|DOSE 12,5 mg le matin
ibuprofene|M01AE01|Ibuprofène 400 mg, comprimé|DOSE 400 mg jusqu’à 3 fois par jour, 3 jours
insuline-aspart|A10AB05|Insuline asparte 100 U/mL, stylo|DOSE 6 U avant chaque repas
insuline-glargine|A10AE04|Insuline glargine 100 U/mL, stylo|DOSE 18 U le soir
lamotrigine|N03AX09|Lamotrigine 100 mg, comprimé|DOSE 100 mg matin et soir
latanoprost|S01EE01|Latanoprost 50 µg/mL, collyre|DOSE 1 goutte dans chaque œil le soir
levodopa|N04BA02|Lévodopa et bensérazide 100/25, gélule|DOSE 100 mg 3 fois par jour
levothyroxine|H03AA01|Lévothyroxine 75 µg, comprimé|DOSE 75 µg le matin à jeun
macrogol|A06AD15|Macrogol 4000 10 g, sachet|DOSE 1 sachet le matin
metformine|A10BA02|Metformine 1 000 mg, comprimé|DOSE 1 000 mg matin et soir
methotrexate|L04AX03|Méthotrexate 10 mg, comprimé|DOSE 10 mg une fois par semaine, le lundi
mirtazapine|N06AX11|Mirtazapine 15 mg, comprimé|DOSE 15 mg le soir
omeprazole|A02BC01|Oméprazole 20 mg, gélule|DOSE 20 mg le matin
paracetamol|N02BE01|Paracétamol 1 g, comprimé|DOSE 1 g si douleur, 3 fois par jour au plus
pravastatine|C10AA03|Pravastatine 20 mg, comprimé|DOSE 20 mg le soir
prednisone|H02AB07|Prednisone 20 mg, comprimé|DOSE 40 mg le matin pendant 5 jours
ramipril|C09AA05|Ramipril 5 mg, comprimé|DOSE 5 mg le matin
salbutamol|R03AC02|Salbutamol 100 µg, inhalation|DOSE 1 à 2 bouffées si gêne
semaglutide|A10BJ06|Sémaglutide 1 mg, stylo|DOSE 1 mg une fois par semaine
sertraline|N06AB06|Sertraline 50 mg, gélule|DOSE 50 mg le matin
spironolactone|C03DA01|Spironolactone 25 mg, comprimé|DOSE 25 mg le matin
sumatriptan|N02CC01|Sumatriptan 50 mg, comprimé|DOSE 50 mg au début de la crise
tamoxifene|L02BA01|Tamoxifène 20 mg, comprimé|DOSE 20 mg le matin
tamsulosine|G04CA02|Tamsulosine 0,4 mg LP, gélule|DOSE 0,4 mg après le petit déjeuner
tiotropium|R03BB04|Tiotropium 2,5 µg, inhalation|DOSE 2 bouffées le matin
tramadol|N02AX02|Tramadol 50 mg, gélule|DOSE 50 mg matin et soir, 5 jours
zopiclone|N05CF01|Zopiclone 3,75 mg, comprimé|DOSE 3,75 mg le soir
"""


def _drug(row: str) -> tuple[str, Json, str]:
    key, atc, label, dosage = row.split("|")
    return key, concept(ATC, atc, label), dosage


DRUGS: Final[dict[str, tuple[Json, str]]] = {
    key: (code, dosage) for key, code, dosage in map(_drug, _ROWS.strip().splitlines())
}
