"""Whoever reads a stored body reads by which key it is sealed, and opens it by the one door."""

from __future__ import annotations

import re

import pytest
from repository import SOURCE

BODY = re.compile(r"\b[a-z]\.ver\b.*\b[a-z]\.body\b|\bSELECT\b.*\bbody\b")
THEMSELVES = {
    "fhir/search/compile/order.py", "fhir/search/compile/statement.py",
    "fhir/search/compile/words.py", "fhir/store/resealing.py", "fhir/store/sealing.py",
}  # fmt: skip
"""Where statements look into bodies: each asks for `dict = 0` first, or is the sealing itself."""


@pytest.mark.requirement("A6.2")
def test_who_reads_a_body_reads_by_which_key_it_is_sealed() -> None:
    found = [
        f"{path.relative_to(SOURCE)}: {line.strip()}"
        for pattern in ("*.py", "*.sql")
        for path in SOURCE.rglob(pattern)
        if str(path.relative_to(SOURCE)) not in THEMSELVES and "migrations" not in path.parts
        for line in path.read_text("utf-8").splitlines()
        if BODY.search(line) and "dict" not in line
    ]

    assert BODY.search("SELECT r.id, r.ver, r.body FROM resource r")
    assert found == []


@pytest.mark.requirement("A6.2")
def test_statements_that_look_into_bodies_ask_first_whether_they_are_in_clear() -> None:
    for name in ("order", "statement", "words"):
        text = (SOURCE / "fhir" / "search" / "compile" / f"{name}.py").read_text("utf-8")
        assert "dict = 0" in text
