"""The decision against a second mind, over generated cases; and what must hold of all of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import access_oracle as oracle
import access_worlds as worlds
import pytest

from cordee.access import decision as deciding
from cordee.access.codes import Code
from cordee.access.decision import Decision, decide
from cordee.access.rules import GATES, RULES, Rule

CASES = 12_000
SEED = 3


@pytest.fixture(scope="module")
def cases() -> list[dict]:
    random = Random(SEED)
    return [worlds.case(random) for _ in range(CASES)]


def outcome(decision: Decision) -> oracle.Verdict:
    return oracle.Verdict(decision.permitted, decision.status, decision.offers_glass)


@pytest.mark.requirement("A3.2")
@pytest.mark.requirement("A3.3")
def test_decision_equals_the_oracle(cases: list[dict]) -> None:
    different = [
        (case, decide(worlds.request(case)), oracle.verdict(case))
        for case in cases
        if outcome(decide(worlds.request(case))) != oracle.verdict(case)
    ]

    assert different[:1] == []


def test_generated_cases_reach_every_code(cases: list[dict]) -> None:
    codes = Counter(decide(worlds.request(case)).code.value for case in cases)

    assert min(codes.values()) >= 3
    assert set(codes) == {code.value for code in Code}


@pytest.mark.requirement("A3.5")
def test_what_is_masked_is_answered_as_what_is_absent(cases: list[dict]) -> None:
    """Nobody but the author, the patient and those they chose can tell a mask from an absence."""
    told = set()
    for case in cases:
        if case["paper"] is None or not case["paper"]["masked"]:
            continue
        decision = decide(worlds.request(case))
        if decision.code == "masked":
            told.add((decision.status, decision.shown_code, decision.shown_sentence))

    assert told == {(404, "not-found", "Cet élément n’existe pas, ou vous n’y avez pas accès.")}


def test_of_a_document_a_refusal_tells_only_scope_and_level(cases: list[dict]) -> None:
    codes = {
        decide(worlds.request(case)).code
        for case in cases
        if case["paper"] is not None and decide(worlds.request(case)).status == 403
    }

    assert codes == {"scope-missing", "level-missing"}


@pytest.mark.requirement("A3.4")
def test_glass_is_offered_to_listed_roles_alone_and_never_against_opposition(
    cases: list[dict],
) -> None:
    offered = [case for case in cases if decide(worlds.request(case)).offers_glass]

    assert {case["role"] for case in offered} == {"regulation", "emergency"}
    assert not any(case["opposes_emergency"] for case in offered)


def test_more_refusals_of_the_patient_never_open_anything(cases: list[dict]) -> None:
    """Opposition, masking and a secret only ever take away."""
    opened = []
    for case in cases[:4000]:
        before = worlds.request(case)
        consent = replace(before.consent, opposes_sharing=True, opposes_emergency=True)
        document = before.document and replace(before.document, masked=True, secret=True)
        after = replace(before, consent=consent, document=document)
        if decide(after).permitted and not decide(before).permitted:
            opened.append(case)

    assert opened == []


@pytest.mark.parametrize("lost", [*RULES, *GATES], ids=lambda rule: rule.id)
def test_the_oracle_notices_when_a_rule_is_lost(
    cases: list[dict], monkeypatch: pytest.MonkeyPatch, lost: Rule
) -> None:
    for name in ("RULES", "GATES"):
        kept = tuple(rule for rule in getattr(deciding, name) if rule is not lost)
        monkeypatch.setattr(deciding, name, kept)

    noticed = (outcome(decide(worlds.request(case))) != oracle.verdict(case) for case in cases)

    assert any(noticed)
