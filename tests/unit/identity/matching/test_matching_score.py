from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.identity.ins.matricule import key
from cordee.identity.matching.blocking import blocks
from cordee.identity.matching.levels import COMPARISONS, FAMILY
from cordee.identity.matching.people import Person, prepare, read_person
from cordee.identity.matching.scoring import probability, score
from cordee.identity.matching.searching import search, search_keys
from cordee.identity.matching.weights import french_weights
from cordee.runtime.errors import InvalidRequest

ODETTE = Person(
    birth_name="MORVAN",
    used_name="SARRAZIN",
    given_names="ODETTE LOUISE",
    birth_date="1939-04-12",
    sex="F",
    birth_place="70550",
    street="3 rue Haute",
    postcode="70000",
    town="Vesoul",
    contact="06 39 98 12 34",
)


def numbered(body: str) -> str:
    return body + key(body)


def levels(a: Person, b: Person) -> dict[str, str]:
    return {reason.comparison: reason.level for reason in score(a, b).reasons}


def test_same_traits_are_one_person_and_each_reason_is_told() -> None:
    match = score(ODETTE, ODETTE)

    assert match.probability > 0.9999
    assert match.sentences[0] == "même téléphone ou courriel"
    assert match.sentences[-1] == "même sexe"
    assert "même nom de naissance" in match.sentences
    assert match.weight == pytest.approx(sum(one.weight for one in match.reasons))


@pytest.mark.requirement("A1.1")
@pytest.mark.parametrize(
    ("changes", "comparison", "level"),
    [
        ({"birth_name": "Morvan"}, "family", "same"),
        ({"birth_name": "MORVAND"}, "family", "near"),
        ({"birth_name": "LE MORVAN"}, "family", "near"),
        ({"birth_name": "MORVAN-DUPRÉ"}, "family", "part"),
        ({"birth_name": "DUPRÉ MORVAN"}, "family", "part"),
        ({"birth_name": "SARRAZIN", "used_name": ""}, "family", "used"),
        ({"birth_name": "ODETTE", "given_names": "MORVAN"}, "family", "swapped"),
        ({"birth_name": "ODETE", "given_names": "MORVANT"}, "family", "swapped"),
        ({"given_names": "ODÈTE"}, "given", "near"),
        ({"given_names": "LOUISE ODETTE"}, "given", "listed"),
        ({"given_names": "O"}, "given", "listed"),
        ({"birth_date": "1939-12-04"}, "birth", "inverted"),
        ({"birth_date": "1939-04-13"}, "birth", "typed"),
        ({"birth_date": "1993-04-12"}, "birth", "typed"),
        ({"birth_date": "1939-12-31"}, "birth", "year"),
        ({"birth_date": "1939"}, "birth", "partial"),
        ({"birth_date": "1939-04"}, "birth", "partial"),
        ({"birth_date": "1952-04-12"}, "birth", "partial"),
        ({"town": "VESOULL"}, "home", "one"),
        ({"contact": "+33 6 39 98 12 34"}, "contact", "same"),
    ],
)
def test_usual_errors_fall_on_their_level_and_stay_a_match(
    changes: dict[str, str], comparison: str, level: str
) -> None:
    one = ODETTE if level == "used" else replace(ODETTE, used_name="")
    other = replace(one, **changes)

    assert levels(one, other)[comparison] == level
    assert score(one, other).probability > 0.9
    assert blocks(one) & blocks(other)


def test_what_is_not_known_says_nothing() -> None:
    bare = Person(birth_name="MORVAN")

    assert list(levels(ODETTE, bare)) == ["family"]
    assert score(Person(), Person()).reasons == ()


def test_a_rare_name_weighs_more_than_a_frequent_one() -> None:
    weights = french_weights()
    rare, frequent = (weights.bits(FAMILY, "same", name) for name in ("MORVANDIEUX", "MARTIN"))

    assert rare > frequent + 4


TWIN = replace(
    ODETTE,
    given_names="SUZANNE",
    matricule=numbered("2390470550007"),
)


@pytest.mark.parametrize(
    "other",
    [
        TWIN,
        replace(TWIN, sex="M", given_names="MARCEL", matricule=""),
        replace(ODETTE, birth_name="PETIT", used_name="SARRAZIN", given_names="PAUL", sex="M",
                birth_date="1937-10-02", birth_place="21231"),
        replace(ODETTE, given_names="JEANNE", birth_date="1964-01-30"),
        replace(ODETTE, birth_date="1914-01-30", birth_place="21231"),
    ],
    ids=["twin", "twin of the other sex", "spouse", "daughter", "mother of the same names"],
)  # fmt: skip
def test_kin_under_one_roof_are_not_taken_for_one_person(other: Person) -> None:
    one = replace(ODETTE, matricule=numbered("2390470550006"))

    assert score(one, other).probability < 0.5


def test_two_right_keys_are_two_people_and_a_wrong_one_is_a_slip() -> None:
    mine = replace(ODETTE, matricule=numbered("2390470550006"))
    slip = replace(ODETTE, matricule=mine.matricule[:-1] + "0")

    assert levels(mine, replace(mine, matricule=numbered("2390470550007")))["ins"] == "different"
    assert levels(mine, slip)["ins"] == "typed"


def test_probability_follows_the_population_and_stays_in_bounds() -> None:
    assert probability(30, 1_000) > probability(30, 1_000_000)
    assert (probability(5_000), probability(-5_000)) == (1.0, 0.0)
    assert probability(0, 2) == 0.5


NAMES = st.sampled_from(["", "MORVAN", "MARVON", "SARRAZIN", "LE GOFF", "GOFF-MORVAN", "O"])
PEOPLE_OF_ANY_KIND = st.builds(
    Person,
    birth_name=NAMES,
    used_name=NAMES,
    given_names=st.sampled_from(["", "ODETTE", "ODETE LOUISE", "MORVAN", "JEAN-PIERRE", "J"]),
    birth_date=st.sampled_from(["", "1939", "1939-04", "1939-04-12", "1939-12-04", "1964-01-30"]),
    sex=st.sampled_from(["", "M", "F"]),
    birth_place=st.sampled_from(["", "70550", "70001", "99139"]),
    matricule=st.sampled_from(["", numbered("2390470550006"), numbered("2390470550007"), "23904"]),
    street=st.sampled_from(["", "3 rue Haute", "3 rue Haut"]),
    postcode=st.sampled_from(["", "70000"]),
    town=st.sampled_from(["", "Vesoul", "Vessoul"]),
    contact=st.sampled_from(["", "0639981234", "o@exemple.fr"]),
)


@given(PEOPLE_OF_ANY_KIND, PEOPLE_OF_ANY_KIND)
def test_a_score_does_not_depend_on_the_order(a: Person, b: Person) -> None:
    one, other = score(a, b), score(b, a)

    assert one.weight == pytest.approx(other.weight)
    assert [reason.level for reason in one.reasons] == [reason.level for reason in other.reasons]


def test_every_level_has_odds_and_a_sentence() -> None:
    weights = french_weights()

    for comparison in COMPARISONS:
        assert list(weights.odds[comparison.name]) == [one.name for one in comparison.levels]
        assert all(one.sentence for one in comparison.levels)
        bits = [weights.odds[comparison.name][one.name].weight for one in comparison.levels]
        assert bits[0] > 0 > bits[-1]


def test_a_patient_is_read_as_matching_sees_people() -> None:
    patient = {
        "name": [
            {"use": "official", "family": "Morvan", "given": ["Odette"]},
            {"use": "usual", "family": "Sarrazin"},
        ],
        "gender": "female",
        "birthDate": "1939-04",
        "identifier": [
            {"use": "old", "system": "urn:oid:1.2.250.1.213.1.4.9", "value": "old"},
            {"system": "urn:oid:1.2.250.1.213.1.4.8", "value": "new"},
        ],
        "address": [{"line": ["3 rue Haute"], "postalCode": "70000", "city": "Vesoul"}],
        "telecom": [{"system": "email", "value": "o@exemple.fr"}],
    }

    assert read_person(patient) == Person(
        "Morvan", "Sarrazin", "ODETTE", "1939-04", "F", "", "new", "3 rue Haute", "70000",
        "Vesoul", "o@exemple.fr",
    )  # fmt: skip
    assert prepare(read_person({})).family == ""


@pytest.mark.requirement("A1.1")
@pytest.mark.parametrize(
    "asked",
    [
        Person(birth_name="MO", birth_date="1939-04-12"),
        Person(birth_name="MORVAN", birth_date="1939-04"),
        Person(birth_name="MORVAN"),
        Person(matricule="2390470550006"),
        Person(),
    ],
)
def test_a_search_asks_for_date_and_three_letters_or_an_ins(asked: Person) -> None:
    with pytest.raises(InvalidRequest, match="trois premières lettres"):
        search_keys(asked)


PEOPLE = (
    ODETTE,
    replace(ODETTE, birth_name="MORVAN", given_names="PAULETTE", used_name=""),
    replace(ODETTE, birth_name="MAURVEN", used_name="", birth_date="1939-12-04"),
    replace(ODETTE, birth_name="DURAND", used_name=""),
    replace(ODETTE, birth_name="ODETTE", given_names="MORVAN", used_name=""),
    replace(ODETTE, birth_date="1940-04-12"),
)


@pytest.mark.requirement("A1.1")
@pytest.mark.parametrize(
    ("name", "given", "places"),
    [
        ("MOR", "", [0, 1, 4, 2]),
        ("morvan", "Odette", [0, 4, 2, 1]),
        ("SAR", "", [0]),
        ("ODE", "MOR", [4, 0, 3, 2]),
        ("MORVEN", "", [0, 1, 2, 4]),
    ],
)
def test_a_search_finds_by_start_by_sound_and_in_the_other_field(
    name: str, given: str, places: list[int]
) -> None:
    asked = Person(birth_name=name, given_names=given, birth_date="1939-04-12")

    hits = search(asked, PEOPLE)

    assert [hit.place for hit in hits] == places
    assert all(search_keys(asked) & blocks(PEOPLE[hit.place]) for hit in hits)


def test_a_search_by_ins_finds_whatever_else_is_wrong() -> None:
    number = numbered("2390470550006")
    held = replace(ODETTE, matricule=number, birth_date="1950-01-01")

    hits = search(Person(matricule=number), (ODETTE, held))

    assert [hit.place for hit in hits] == [1]
    assert search_keys(Person(matricule=number)) <= blocks(held)
