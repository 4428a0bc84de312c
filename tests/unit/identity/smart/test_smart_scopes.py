"""Scopes of both versions: parsed, written again, granted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.identity.smart.scopes import DataScope, granted, parse, understood
from cordee.runtime.errors import InvalidRequest

LAB = "category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory"
LETTERS = ["c", "r", "u", "d", "s", "rs", "cud", "cruds", "cu", "ds"]


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("patient/Observation.rs", "rs"), ("user/*.cruds", "cruds"), ("system/Patient.r", "r"),
        ("patient/*.read", "rs"), ("user/Patient.write", "cud"), ("user/*.*", "cruds"),
        (f"patient/Observation.rs?{LAB}", "rs"),
    ],
)  # fmt: skip
def test_scopes_are_read_and_written_again(text: str, letters: str) -> None:
    found = parse(text)

    assert isinstance(found, DataScope)
    assert found.letters == letters
    assert str(found) == text


@pytest.mark.parametrize(
    "text",
    [
        "patient/Observation.sr", "patient/Observation.", "patient/Nothing.rs", "other/*.rs",
        "patient/*.rsx", "patient/Observation.rs?", "patient/*.rs?category=x", "launch/anything",
        "patient/Observation.rs?code:below=1", "patient/Observation.rs?subject.name=x",
        "patient/Observation.rs?_has:Observation:subject:code=1", "", "patient/Observation.rrs",
    ],
)  # fmt: skip
def test_what_is_no_scope_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        parse(text)


def test_what_is_not_understood_is_left_out() -> None:
    assert understood("openid nothing patient/*.rs openid") == ["openid", "patient/*.rs"]


@pytest.mark.parametrize(
    ("asked", "allowed", "expected"),
    [
        (["patient/*.rs"], ["patient/Observation.rs"], ["patient/Observation.rs"]),
        (["patient/Observation.rs"], ["patient/*.r"], ["patient/Observation.r"]),
        (["patient/*.cruds"], ["patient/*.cruds"], ["patient/*.cruds"]),
        (["patient/*.cud"], ["patient/*.cruds"], ["patient/*.cud"]),
        (["patient/Observation.cud"], ["user/Observation.cu"], ["patient/Observation.cu"]),
        ([f"patient/Observation.cud?{LAB}"], ["patient/*.cruds"], []),
        ([f"user/Observation.cruds?{LAB}"], ["user/*.cruds"], [f"user/Observation.rs?{LAB}"]),
        (["user/*.cruds"], ["user/*.cruds"], ["user/*.cruds"]),
        (["user/*.rs"], ["patient/*.rs"], []),
        (["patient/*.rs"], ["user/*.rs"], ["patient/*.rs"]),
        (["system/*.rs"], ["system/*.rs"], []),
        ([f"patient/Observation.rs?{LAB}"], ["patient/*.rs"], [f"patient/Observation.rs?{LAB}"]),
        (["patient/*.rs"], [f"user/Observation.rs?{LAB}"], [f"patient/Observation.rs?{LAB}"]),
        (["patient/*.read"], ["patient/*.rs"], ["patient/*.read"]),
        (["patient/*.write"], ["patient/*.*"], ["patient/*.write"]),
        (["openid", "fhirUser"], ["openid"], ["openid"]),
    ],
)  # fmt: skip
def test_what_is_asked_and_allowed_is_granted(
    asked: list[str], allowed: list[str], expected: list[str]
) -> None:
    assert granted(asked, allowed, ("patient", "user")) == expected


scopes = st.builds(
    lambda context, kind, letters: f"{context}/{kind}.{letters}",
    st.sampled_from(["patient", "user"]),
    st.sampled_from(["*", "Patient", "Observation"]),
    st.sampled_from(LETTERS),
)


@given(st.lists(scopes), st.lists(scopes))
def test_nothing_is_granted_beyond_what_is_asked_or_allowed(
    asked: list[str], allowed: list[str]
) -> None:
    def opened(texts: list[str], context: str) -> set[tuple[str, str]]:
        found: set[tuple[str, str]] = set()
        for one in map(parse, texts):
            assert isinstance(one, DataScope)
            if one.context == context:
                kinds = ["Patient", "Observation"] if one.type == "*" else [one.type]
                found |= {(kind, letter) for kind in kinds for letter in one.letters}
        return found

    got = granted(asked, allowed, ("patient", "user"))

    assert opened(got, "user") <= opened(asked, "user") & opened(allowed, "user")
    wide = opened(allowed, "user") | opened(allowed, "patient")
    assert opened(got, "patient") <= opened(asked, "patient") & wide
    assert set(got) <= set(granted(got, allowed, ("patient", "user")))
