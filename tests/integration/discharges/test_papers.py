"""What a discharge gives on paper: the letter as CDA and PDF, the summary for the person."""

from __future__ import annotations

import re

import pytest

from cordee.app.notifications import make_spreading
from cordee.app.store import system
from cordee.care.discharges.letter import Letter, Parties, cda
from cordee.care.documents.cda import Narrative, read_cda
from cordee.care.workflow.checklists import checks_of
from cordee.runtime import clock
from trusted import Screen
from warded import KERBRAT, Ward, planned, ward_of


@pytest.fixture
async def ward(bare_screen: Screen) -> Ward:
    made = await ward_of(bare_screen)
    await made.stay()
    return made


@pytest.mark.requirement("B5.8")
async def test_the_letter_is_deposited_once_as_cda_ticks_its_line_and_prints(ward: Ward) -> None:
    nurse = await ward.screen.person("marion.girard")
    here = await planned(ward, nurse)
    form = (await nurse.get(f"{here}/lettre")).text
    number = re.search(r'name="numero" value="([^"]+)"', form)
    assert number
    assert "Insuffisance cardiaque" in form
    sent = {"numero": number[1], "motif": "Insuffisance cardiaque", "synthese": "Perte de 7 kg"}
    refused = await nurse.post(f"{here}/lettre", **sent)
    assert refused.status_code == 422
    assert "Dites ce qu’il faut faire ensuite." in refused.text
    assert "Perte de 7 kg" in refused.text
    whole = sent | {"suites": "Poids chaque jour,\nbiologie à 7 jours", "alertes": "Appeler le 15"}
    assert (await nurse.post(f"{here}/lettre", **whole)).status_code == 303
    await ward.read()
    found = await ward.store.search(
        system("test"), "DocumentReference", f"patient=Patient/{KERBRAT}&type=11490-0"
    )
    assert len(found) == 1
    (task,) = await ward.tasks("discharge")
    assert checks_of(task)["letter"].status == "done"
    spreading = make_spreading(ward.screen.platform.parts)
    while await spreading.spread_due():
        pass
    told = await ward.screen.rows(
        "SELECT n.rule FROM event e JOIN notification n ON n.event = e.n WHERE e.kind = 'letter'"
    )
    assert "attending" in {row["rule"] for row in told}
    text = await nurse.text(here)
    assert "Envois de la lettre" in text
    assert "Médecin traitant émise" in text
    paper = await nurse.get(f"{here}/lettre.pdf")
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF-")


def test_the_cda_says_what_was_written_and_no_matricule_that_is_not_qualified() -> None:
    letter = Letter("Chute à domicile", "Rien\x01 de cassé", ("Apixaban",), "", "Revoir", "")
    patient = {
        "resourceType": "Patient", "name": [{"family": "Exemple", "given": ["Camille"]}],
        "birthDate": "1980-02-29", "gender": "female",
    }  # fmt: skip
    made = cda(letter, Parties(patient, {}, {"name": "CHU"}, "urn:oid:2.25.1", clock.now()))
    read = read_cda(made)
    assert isinstance(read, Narrative)
    assert [one.title for one in read.sections] == [
        "Motif de l’hospitalisation", "Synthèse du séjour", "Traitement à la sortie",
        "Suites à donner",
    ]  # fmt: skip
    assert read.sections[1].lines == ("Rien de cassé",)
    assert b'nullFlavor="MSK"' in made


@pytest.mark.requirement("B5.10")
async def test_the_summary_is_plain_and_its_code_carries_nothing_of_the_person(
    ward: Ward,
) -> None:
    nurse = await ward.screen.person("marion.girard")
    here = await planned(ward, nurse)
    text = await nurse.text(f"{here}/resume")
    assert "Vous rentrez chez vous." in text
    assert "Appelez le 15 si" in text
    assert "Prenez rendez-vous avec votre médecin cette semaine." in text
    assert "Une infirmière vient chez vous." not in text  # nothing is promised that is not settled
    paper = await nurse.get(f"{here}/resume.pdf")
    assert paper.content.startswith(b"%PDF-")
    assert paper.content.count(b"/Type /Page\n") <= 1
    stranger = await ward.screen.person("linh.tran")
    for end in ("lettre", "lettre.pdf", "resume", "resume.pdf"):
        assert (await stranger.get(f"{here}/{end}")).status_code in {403, 404}, end
