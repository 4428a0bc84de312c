"""The scores of the forms that come with the platform; each rule against its public source."""

from __future__ import annotations

import pytest

from cordee.care.assessments.aggir import gir, rank
from cordee.care.assessments.answers import items_of, read_answers, read_typed
from cordee.care.assessments.forms import FormBroken, load_forms, read_form_file
from cordee.care.assessments.questionnaires import questionnaire
from cordee.care.assessments.scores import enabled, scores

FORMS = load_forms()
WHOLE, GRID = FORMS["bilan-multidimensionnel"], FORMS["reperage-dix-criteres"]


@pytest.mark.requirement("B4.4")
@pytest.mark.parametrize(
    ("modalities", "expected"),
    [  # sums made by hand from the groups of CASF annexe 2-2
        ("CCCCCCCC", (1, 1)),  # A: 4440
        ("CCAAACCB", (3, 2)),  # A: 3200+100+800+32 = 4132
        ("CCBBBCCC", (2, 2)),  # A: 3200+16+16+20+100+800+200 = 4352
        ("BCAACACA", (4, 2)),  # B: 320+1200+60+800 = 2380
        ("AAAAAACC", (12, 5)),  # C: 1400, D: 2200, E: 1000, F: 700, G: 600: all short; H: 2000
        ("AACCAAAA", (9, 3)),  # E: 800; F: 1000
        ("AABBBAAA", (11, 4)),  # F: 300; G: 600; H: 6000
        ("AABAAAAA", (12, 5)),  # H: 2000
        ("AAAAAAAB", (13, 6)),  # H: 1000
        ("AAAAAAAA", (13, 6)),
    ],
)
def test_the_gir_is_that_of_the_public_algorithm(
    modalities: str, expected: tuple[int, int]
) -> None:
    assert (rank(modalities), gir(modalities)) == expected


def test_other_letters_and_numbers_are_refused() -> None:
    for wrong in ("", "AAAAAAA", "AAAAAAAD"):
        with pytest.raises(ValueError, match="eight"):
            gir(wrong)


@pytest.mark.requirement("B4.4")
def test_a_score_is_not_told_while_an_answer_is_missing() -> None:
    answers = dict.fromkeys(WHOLE.scores[0].items, "A")
    whole = {one.code: one for one in scores(WHOLE, answers, 80)}
    assert (whole["gir"].value, whole["gir"].missing) == (6, 0)
    assert "CASF" in whole["gir"].rule

    del answers["toilette"]
    part = {one.code: one for one in scores(WHOLE, answers, 80)}
    assert (part["gir"].value, part["gir"].missing) == (None, 1)


@pytest.mark.requirement("B4.4")
@pytest.mark.parametrize(
    ("answers", "age", "expected"),
    [
        ({"poids": "50", "taille": "160", "mange-moins": "oui"}, 80, 2),  # IMC 19,5
        ({"poids": "54", "taille": "160", "mange-moins": "oui"}, 80, 1),  # IMC 21,1
        ({"poids": "54", "taille": "160", "mange-moins": "oui"}, 50, 0),
        ({"poids": "54", "taille": "160", "mange-moins": "non"}, 80, 0),
        ({"poids": "70", "poids-avant": "78", "maladie": "oui"}, 80, 1),  # 10,3 %
        ({"poids": "70", "poids-avant": "83", "maladie": "oui"}, 80, 2),  # 15,7 %
        ({"poids": "70", "maladie": "oui"}, 80, None),
        ({"poids": "50", "taille": "160"}, 80, None),
        ({"poids": "50", "taille": "160", "mange-moins": "oui"}, None, None),
    ],
)
def test_undernutrition_follows_the_criteria_of_the_has(
    answers: dict[str, str], age: int | None, expected: int | None
) -> None:
    found = {one.code: one for one in scores(WHOLE, answers, age)}

    assert found["denutrition"].value == expected


@pytest.mark.requirement("B4.4")
def test_the_burden_of_a_carer_is_asked_where_there_is_one() -> None:
    assert "charge-aidant" not in {one.code for one in scores(WHOLE, {"a-aidant": "non"}, 80)}
    codes = ("temps", "tension", "sante", "seul", "tenir")
    answers = {"a-aidant": "oui"} | {f"aidant-{one}": "souvent" for one in codes}
    found = {one.code: one for one in scores(WHOLE, answers, 80)}["charge-aidant"]
    assert (found.value, found.level) == (10, "critical")
    stale = answers | {"a-aidant": "non"}
    assert "aidant-temps" not in enabled(WHOLE, stale)
    assert "aidant-temps" not in read_answers({"item": items_of(WHOLE, stale, whole=True)})
    assert "aidant-temps" in read_answers({"item": items_of(WHOLE, stale)})


@pytest.mark.requirement("B4.5")
def test_the_grid_counts_what_is_met_and_says_what_is_not_answered() -> None:
    codes = [one.code for one in GRID.items()]
    assert len(codes) == 10
    found = scores(GRID, dict.fromkeys(codes[:4], "oui") | {codes[4]: "non"}, None)[0]
    assert (found.value, found.of, found.missing, found.level) == (4, 10, 5, "warning")
    assert scores(GRID, {}, None)[0].value is None


def test_what_is_typed_is_read_and_what_cannot_be_is_told() -> None:
    part = WHOLE.part("nutrition")
    assert part
    typed = {"poids": "62,50", "taille": "1600", "mange-moins": "peut-être", "courses": ""}
    answers, errors = read_typed(WHOLE, [part], typed)
    assert answers["poids"] == "62.5"
    assert set(errors) == {"taille", "mange-moins"}
    assert errors["taille"] == "Entre 80 et 230 cm."
    again = read_answers({"item": items_of(WHOLE, {"poids": "62.5", "courses": "non"})})
    assert again == {"poids": "62.5", "courses": "non"}


def test_a_form_is_a_questionnaire_with_its_conditions() -> None:
    made = questionnaire(WHOLE)
    items = {i["linkId"]: i for part in made["item"] for i in part["item"]}
    assert items["chute-sol"]["enableWhen"][0]["answerDecimal"] == 1
    assert items["mort-mots"]["enableWhen"][0]["answerBoolean"] is True
    assert len(items["toilette"]["answerOption"]) == 3


def test_a_file_that_does_not_hold_together_says_why() -> None:
    head = 'code = "a"\nversion = "1"\ntitle = "A"\npurpose = "B"\nsource = []\n'
    item = '{{ code = "{}", text = "x", kind = "{}"{} }}'
    for items, words in (
        ([item.format("a", "flag", ""), item.format("a", "flag", "")], "two items"),
        ([item.format("a", "choice", "")], "a list belongs"),
        ([item.format("a", "flag", ', when = { item = "b", is = ["oui"] }')], "no question before"),
    ):
        text = f'{head}[[parts]]\ncode = "p"\ntitle = "P"\nitems = [{", ".join(items)}]\n'
        with pytest.raises(FormBroken, match=words):
            read_form_file(text, "a.toml")
