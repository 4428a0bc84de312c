"""The tree of motives: each asks enough, its flags raise the priority, its codes are the Hub's."""

from __future__ import annotations

import json

import pytest

from cordee.care.regulation.motives import AVC, Motive, motive_of, motives
from cordee.care.regulation.queue import PRIORITIES
from shared_data import shared


@pytest.mark.requirement("C1.4")
@pytest.mark.parametrize("motive", motives().values(), ids=lambda one: one.code)
def test_a_motive_asks_three_to_eight_questions_and_has_red_flags(motive: Motive) -> None:
    assert 3 <= len(motive.questions) <= 8
    flags = [one for one in motive.questions if one.raises]
    assert flags
    for one in flags:
        proposed = motive.proposed({one.key: "oui"})
        assert PRIORITIES.index(proposed) <= PRIORITIES.index(one.raises)
        assert motive.flags({one.key: "oui"}) == [one.words]
        assert motive.proposed({one.key: "non"}) == motive.priority


@pytest.mark.requirement("C1.4")
def test_the_codes_are_those_of_the_hub() -> None:
    known = json.loads(shared("specs/ig/samu-hub/nomenclatures.json").read_text("utf-8"))
    assert set(motives()) <= {one["code"] for one in known["HubSante.motif"]}


@pytest.mark.requirement("C1.4")
def test_a_stroke_has_its_own_path_and_the_three_signs() -> None:
    stroke = motive_of("Signes d’AVC")
    assert stroke is not None
    assert (stroke.code, stroke.path, stroke.priority) == ("M03.08", AVC, "P0")
    words = " ".join(one.words for one in stroke.questions)
    assert all(sign in words for sign in ("Face", "Bras", "Parole"))


@pytest.mark.requirement("C1.4")
def test_a_fall_on_the_head_under_an_anticoagulant_is_no_longer_p2() -> None:
    fall = motive_of("M02.07 Chute")
    assert fall is not None
    assert fall.proposed({}) == "P2"
    assert fall.proposed({"f1": "oui", "f4": "oui"}) == "P1"
    assert fall.proposed({"f3": "oui"}) == "P0"
    assert motive_of("jamais") is None
    assert motive_of("chute") == motive_of("M02.07")  # one label alone begins so
    assert motive_of("SIGNES D'AVC") == motive_of("Signes d’AVC")
    assert motive_of("Autre") is None
    assert motive_of(" ") is None
