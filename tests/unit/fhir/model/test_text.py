from __future__ import annotations

import pytest

from cordee.fhir.model.text import normalise


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Hélène   D'ARC ", "helene d'arc"),
        ("Cœur ŒDÈME Æquo", "coeur oedeme aequo"),
        ("Straße", "strasse"),
        ("DUPONT\tMartin\n", "dupont martin"),
        ("ﬁn № ½", "fin no 1⁄2"),
        ("", ""),
    ],
)
def test_folding(text, folded):
    assert normalise(text) == folded
    assert normalise(folded) == folded
