"""The header of what leaves for others: the name of birth, wherever it stands. B3.6, B5.8."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cordee.care.documents.heading import header_of


@pytest.mark.requirement("B5.8")
@pytest.mark.parametrize("first", ["old", "usual", "nickname"])
def test_a_letter_leaves_under_the_name_of_birth(first: str) -> None:
    names = [
        {"use": first, "family": "AUTRE", "given": ["Lune"]},
        {"use": "official", "family": "MORVAN", "given": ["YVONNE"]},
    ]
    patient = {"resourceType": "Patient", "id": "p", "name": names}
    author = {"resourceType": "Practitioner", "name": [{"family": "Costa", "given": ["Hélène"]}]}
    header = header_of(
        patient, author, {}, number="1.2", code="11490-0", title="Lettre", at=datetime.now(UTC)
    )
    assert (header.patient.given, header.patient.family) == (("YVONNE",), "MORVAN")
    assert header.author.family == "Costa"
