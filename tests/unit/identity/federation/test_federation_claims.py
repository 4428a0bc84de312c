"""What the claims of providers say: numbers, places, levels; and what is not believed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.identity.federation.claims import level_of, read_claims, rpps_claim
from cordee.identity.federation.providers import Provider, usual

PSC = usual(Provider("psc", "psc", "PSC", "https://psc", "c"))
HOSPITAL = usual(
    Provider("chu", "hospital", "CHU", "https://chu", "c", structure="Organization/chu",
             local_claim="preferred_username")
)  # fmt: skip
CITIZEN = usual(Provider("fc", "citizen", "FranceConnect", "https://fc", "c"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
NAMES = (
    "sub", "acr", "amr", "SubjectNameID", "SubjectRefPro", "SubjectRole", "exercices",
    "activities", "given_name", "sid", "preferred_username",
)  # fmt: skip


def professional(**more: Any) -> dict[str, Any]:
    place = {"numeroFinessSite": "960100011", "numeroSiretSite": "", "raisonSocialeSite": "CH"}
    other = {"numeroFinessSite": "", "identifiantTechniqueDeLaStructure": "R81311"}
    return {
        "sub": "f:1", "acr": "eidas1", "SubjectNameID": "10990000017", "given_name": "Yacine",
        "family_name": "Benali", "SubjectRole": ["10^1.2.250.1.213.1.1.5.5"],
        "SubjectRefPro": {"exercices": [
            {"codeProfession": "10", "codeSavoirFaire": "SM54", "activities": [place, other]},
        ]},
    } | more  # fmt: skip


@pytest.mark.requirement("A2.1")
def test_a_professional_is_a_number_and_their_places() -> None:
    shown = read_claims(PSC, professional())

    assert (shown.number, shown.name, shown.profession) == ("10990000017", "Yacine Benali", "10")
    assert [one.numbers for one in shown.activities] == [("960100011",), ("R81311",)]
    assert (shown.activities[0].role, shown.level) == ("médecin", 2)


@pytest.mark.requirement("A2.1")
@pytest.mark.parametrize("number", ["", None, 10990000017, "1' OR 1", "12", "x" * 50])
def test_without_a_national_number_nobody_is_known(number: Any) -> None:
    with pytest.raises(ValueError, match="SubjectNameID"):
        read_claims(PSC, professional(SubjectNameID=number))


@pytest.mark.requirement("A2.2")
@pytest.mark.parametrize(
    ("provider", "acr", "amr", "level"),
    [
        (PSC, "eidas1", (), 2),
        (PSC, "", ("hwk", "pin"), 1),
        (PSC, "eidas0", (), 1),
        (CITIZEN, "eidas1", ("pwd", "otp"), 1),
        (CITIZEN, "eidas2", (), 2),
        (HOSPITAL, "", ("pwd",), 1),
        (HOSPITAL, "", ("pwd", "pin"), 1),
        (HOSPITAL, "", ("otp", "hwk"), 1),
        (HOSPITAL, "", ("pwd", "otp"), 2),
        (HOSPITAL, "", ("mfa",), 2),
        (HOSPITAL, "eidas1", (), 1),
        (HOSPITAL, "", ("unknown", "other"), 1),
    ],
)
def test_two_factors_are_two_kinds_or_an_acr_that_says_so(
    provider: Provider, acr: str, amr: tuple[str, ...], level: int
) -> None:
    assert level_of(provider, acr, amr) == level


def test_a_hospital_names_its_people_by_its_own_claim() -> None:
    assert read_claims(HOSPITAL, {"sub": "1", "preferred_username": "yb"}).number == "yb"
    with pytest.raises(ValueError, match="preferred_username"):
        read_claims(HOSPITAL, {"sub": "1"})
    assert rpps_claim({"rpps": "10990000017"}) == "10990000017"
    assert rpps_claim({"rpps": "no number"}) == ""


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_claims_of_any_shape_are_read_or_refused(claims: dict[str, Any]) -> None:
    for provider in (PSC, HOSPITAL, CITIZEN):
        try:
            shown = read_claims(provider, claims)
        except ValueError:
            continue
        assert shown.subject
        assert shown.level in {1, 2}
