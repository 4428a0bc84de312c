from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.identity.ins.matricule import (
    Authority,
    Ins,
    authority_of,
    is_matricule,
    is_national,
    key,
    read_matricule,
)
from cordee.runtime.errors import InvalidRequest
from shared_data import shared

WOMAN = "279035121518989"  # published example of the ANS (CDA models)


def test_published_example_has_its_key() -> None:
    assert key(WOMAN[:13]) == "89"
    assert is_matricule(WOMAN)


def test_corsica_counts_2a_as_19_and_2b_as_18() -> None:
    assert key("185062A004021") == key("1850619004021")
    assert key("185062B004021") == key("1850618004021")
    assert is_matricule("185062A004021" + key("185062A004021"))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("27903512151898", "15 caractères"),
        ("979035121518989", "forme"),
        ("279995C21518989", "forme"),
        ("279135121518989", "forme"),
        ("279035121518988", "clé"),
        ("2790351215189٨9", "clé"),
    ],
)
def test_refusal_says_what_is_wrong_and_quotes_nothing(text: str, word: str) -> None:
    with pytest.raises(InvalidRequest, match=word) as refused:
        Ins(text, Authority.NIR)

    assert text not in refused.value.message


def test_typed_matricule_may_have_spaces_and_small_letters() -> None:
    number = "185062A004021"
    typed = f"1 85 06 2a\u202f004\u00a0021 {key(number)}"

    assert read_matricule(typed, Authority.NIR_TEST).matricule == number + key(number)


@given(st.from_regex(r"[12]\d{2}(0[1-9]|1[0-2])\d{5}\d{3}", fullmatch=True), st.integers(0, 12))
def test_one_wrong_digit_never_passes(number: str, place: int) -> None:
    whole = number + key(number)
    wrong = whole[:place] + str((int(whole[place]) + 1) % 10) + whole[place + 1 :]

    assert is_matricule(whole)
    assert not is_matricule(wrong)


def test_authorities_have_their_oid_and_type() -> None:
    found = {one.type_code: one.uri for one in Authority}

    assert found == {
        "INS-NIR": "urn:oid:1.2.250.1.213.1.4.8",
        "INS-NIA": "urn:oid:1.2.250.1.213.1.4.9",
        "INS-NIR-TEST": "urn:oid:1.2.250.1.213.1.4.10",
        "INS-NIR-DEMO": "urn:oid:1.2.250.1.213.1.4.11",
    }
    assert [one for one in Authority if one.is_of_real_people] == [Authority.NIR, Authority.NIA]


def test_only_ins_lists_are_authorities_but_all_national_lists_are_known() -> None:
    assert authority_of("1.2.250.1.213.1.4.8") is Authority.NIR
    assert authority_of("urn:oid:1.2.250.1.213.1.4.13") is None
    assert is_national("urn:oid:1.2.250.1.213.1.4.13")
    assert not is_national("urn:oid:1.2.250.1.213.1.40.1")


def test_ins_shows_no_digit_in_a_trace() -> None:
    assert WOMAN[:7] not in repr(Ins(WOMAN, Authority.NIR_TEST))


def test_extracted_public_examples_are_judged_as_published() -> None:
    with shared("data/06-cda-fr/ins_fictives_extraites.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))

    assert len(rows) == 10
    for row in rows:
        assert is_matricule(row["ins"]) == (row["cle_ok"] == "True")
