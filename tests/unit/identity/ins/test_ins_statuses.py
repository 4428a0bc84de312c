from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product

import pytest

from cordee.identity.ins.changes import CellReason, after_answer
from cordee.identity.ins.matricule import Authority, Ins
from cordee.identity.ins.proofs import (
    Proof,
    ProofKind,
    ProofSituation,
    Scan,
    accepted_proof,
    proof_choices,
)
from cordee.identity.ins.statuses import (
    LEGAL,
    Attribute,
    Identity,
    Retrieval,
    Status,
    check_insi_call,
    fallen,
    moved,
    with_attribute,
    with_proof,
    with_retrieval,
    with_retrieval_and_proof,
    without_attribute,
)
from cordee.identity.ins.traits import Sex, StrictTraits
from cordee.runtime.errors import RuleBroken

TODAY = date(2026, 11, 22)
TRAITS = StrictTraits(
    "MORVANDEL", "ODETTE", "ODETTE LOUISE", date(1939, 4, 12), Sex.FEMALE, "70550"
)
INS = Ins("279035121518989", Authority.NIR_TEST)
ANSWER = Retrieval(INS, TRAITS, TODAY)
CARD = Proof(ProofKind.IDENTITY_CARD, TODAY, "Practitioner/1")
PROV = Identity(TRAITS)
RECUP = with_retrieval(PROV, ANSWER)
VALI = with_proof(PROV, CARD, today=TODAY)
QUAL = with_proof(RECUP, CARD, today=TODAY)
BY_STATUS = {Status.PROV: PROV, Status.RECUP: RECUP, Status.VALI: VALI, Status.QUAL: QUAL}


@pytest.mark.requirement("A1.2")
def test_the_four_statuses_are_reached_by_answer_and_proof() -> None:
    assert (RECUP.status, VALI.status, QUAL.status) == (Status.RECUP, Status.VALI, Status.QUAL)
    assert with_retrieval(VALI, ANSWER).status is Status.QUAL
    assert QUAL.ins == INS and QUAL.proof_kind is ProofKind.IDENTITY_CARD
    assert VALI.ins is None and RECUP.proof_kind is None


@pytest.mark.requirement("A1.2")
def test_only_the_steps_of_the_card_are_legal() -> None:
    expected = {
        (Status.PROV, Status.RECUP),
        (Status.PROV, Status.VALI),
        (Status.RECUP, Status.QUAL),
        (Status.VALI, Status.QUAL),
        (Status.PROV, Status.QUAL),
    } | {(status, Status.PROV) for status in Status}

    assert expected == LEGAL


@pytest.mark.requirement("A1.2")
@pytest.mark.parametrize(("before", "after"), list(product(Status, Status)))
def test_a_step_without_answer_or_proof_is_only_the_fall(before: Status, after: Status) -> None:
    if after is Status.PROV:
        assert moved(BY_STATUS[before], after, on_doubt=True).status is Status.PROV
    else:
        with pytest.raises(RuleBroken):
            moved(BY_STATUS[before], after, on_doubt=True)


@pytest.mark.requirement("A1.2")
@pytest.mark.parametrize("identity", [RECUP, QUAL], ids=["RECUP", "QUAL"])
def test_a_second_answer_is_no_step(identity: Identity) -> None:
    with pytest.raises(RuleBroken, match="n’est pas prévu"):
        with_retrieval(identity, ANSWER)


@pytest.mark.requirement("A1.2")
@pytest.mark.parametrize("identity", [VALI, QUAL], ids=["VALI", "QUAL"])
def test_a_second_proof_is_no_step(identity: Identity) -> None:
    with pytest.raises(RuleBroken, match="n’est pas prévu"):
        with_proof(identity, CARD, today=TODAY)


@pytest.mark.requirement("A1.2")
def test_prov_to_qual_takes_answer_and_proof_in_one_act() -> None:
    assert with_retrieval_and_proof(PROV, ANSWER, CARD, today=TODAY) == QUAL
    with pytest.raises(RuleBroken, match="INSi"):
        moved(PROV, Status.QUAL)
    weak = replace(CARD, kind=ProofKind.DRIVING_LICENCE)
    with pytest.raises(RuleBroken, match="haut niveau de confiance"):
        with_retrieval_and_proof(PROV, ANSWER, weak, today=TODAY)


@pytest.mark.requirement("A1.2")
@pytest.mark.parametrize("identity", BY_STATUS.values(), ids=list(BY_STATUS))
def test_every_status_falls_to_prov_on_doubt_without_ins_or_proof(identity: Identity) -> None:
    assert fallen(identity) == PROV


def test_each_difference_of_the_answer_must_be_accepted() -> None:
    other = replace(ANSWER, traits=replace(TRAITS, birth_name="MORVANDELLE"))

    with pytest.raises(RuleBroken, match="nom de naissance") as refused:
        with_retrieval(PROV, other)
    accepted = with_retrieval(PROV, other, accepted=frozenset({"birth_name"}))

    assert "MORVANDELLE" not in refused.value.message
    assert accepted.traits.birth_name == "MORVANDELLE"


def test_no_identity_contradicts_itself() -> None:
    with pytest.raises(RuleBroken):
        Identity(TRAITS, ins=INS)
    with pytest.raises(RuleBroken):
        Identity(TRAITS, Status.QUAL)
    with pytest.raises(RuleBroken):
        Identity(TRAITS, Status.VALI, frozenset({Attribute.DOUBTFUL}))
    with pytest.raises(RuleBroken, match="cinq traits"):
        Identity(replace(TRAITS, birth_place=""), Status.RECUP, ins=INS)


@pytest.mark.requirement("A1.4")
@pytest.mark.parametrize("attribute", [Attribute.DOUBTFUL, Attribute.FICTIVE])
def test_doubt_and_fiction_block_insi_and_trust(attribute: Attribute) -> None:
    marked = with_attribute(QUAL, attribute)

    assert marked.status is Status.PROV and marked.ins is None
    assert not marked.may_send_matricule
    with pytest.raises(RuleBroken):
        check_insi_call(marked)
    with pytest.raises(RuleBroken):
        with_retrieval(marked, ANSWER)
    with pytest.raises(RuleBroken):
        with_proof(marked, CARD, today=TODAY)
    with pytest.raises(RuleBroken):
        with_retrieval_and_proof(marked, ANSWER, CARD, today=TODAY)
    assert with_retrieval(without_attribute(marked, attribute), ANSWER).status is Status.RECUP


@pytest.mark.requirement("A1.4")
def test_homonym_has_a_banner_and_keeps_its_status() -> None:
    marked = with_attribute(QUAL, Attribute.HOMONYM)

    assert marked.status is Status.QUAL and marked.may_send_matricule
    assert marked.banner.startswith("Homonyme")
    assert QUAL.banner == ""


@pytest.mark.requirement("A1.3")
def test_a_proof_holds_kind_date_and_user_and_no_scan_by_default() -> None:
    assert accepted_proof(CARD, today=TODAY).scan is None
    with pytest.raises(RuleBroken, match="nom de qui"):
        accepted_proof(replace(CARD, checked_by=""), today=TODAY)
    with pytest.raises(RuleBroken, match="futur"):
        accepted_proof(replace(CARD, checked_on=date(2026, 11, 23)), today=TODAY)


@pytest.mark.requirement("A1.3")
@pytest.mark.parametrize("purge_on", [TODAY, date(2020, 1, 1), date(2040, 1, 1)])
def test_a_scan_has_a_date_of_purge_that_makes_sense(purge_on: date) -> None:
    kept = replace(CARD, scan=Scan("Binary/1", date(2027, 11, 22)))

    assert accepted_proof(kept, today=TODAY) is kept
    with pytest.raises(RuleBroken):
        accepted_proof(replace(CARD, scan=Scan("Binary/1", purge_on)), today=TODAY)


@pytest.mark.requirement("A1.3")
@pytest.mark.parametrize(
    ("proof", "is_accepted"),
    [
        (Proof(ProofKind.PASSPORT, TODAY, "u"), True),
        (Proof(ProofKind.RESIDENCE_PERMIT, TODAY, "u"), True),
        (Proof(ProofKind.ELECTRONIC_IDENTITY, TODAY, "u"), True),
        (Proof(ProofKind.DRIVING_LICENCE, TODAY, "u"), False),
        (Proof(ProofKind.TRUSTED_THIRD_PARTY, TODAY, "u"), False),
        (Proof(ProofKind.FAMILY_BOOK, TODAY, "u"), False),
        (Proof(ProofKind.FAMILY_BOOK, TODAY, "u", ProofSituation.MINOR), False),
        (
            Proof(
                ProofKind.FAMILY_BOOK, TODAY, "u", ProofSituation.MINOR,
                parent_document=ProofKind.PASSPORT,
            ),
            True,
        ),
        (
            Proof(
                ProofKind.FAMILY_BOOK, TODAY, "u", ProofSituation.MINOR,
                parent_document=ProofKind.DRIVING_LICENCE,
            ),
            False,
        ),
        (Proof(ProofKind.FAMILY_BOOK, TODAY, "u", ProofSituation.NURSING_HOME_ADMISSION), False),
        (
            Proof(
                ProofKind.BIRTH_CERTIFICATE, TODAY, "u", ProofSituation.NURSING_HOME_ADMISSION,
                has_vitale_photo=True,
            ),
            True,
        ),
        (Proof(ProofKind.BIRTH_CERTIFICATE, TODAY, "u", ProofSituation.CHILD_IN_CARE), True),
        (Proof(ProofKind.CIRCULATION_BOOK, TODAY, "u", ProofSituation.CHILD_IN_CARE), False),
    ],
)  # fmt: skip
def test_documents_prove_by_their_situation(proof: Proof, is_accepted: bool) -> None:
    if is_accepted:
        assert accepted_proof(proof, today=TODAY) is proof
    else:
        with pytest.raises(RuleBroken):
            accepted_proof(proof, today=TODAY)


def test_choices_of_the_screen_follow_the_situation() -> None:
    assert ProofKind.FAMILY_BOOK not in proof_choices(ProofSituation.ORDINARY)
    assert ProofKind.FAMILY_BOOK in proof_choices(ProofSituation.MINOR)


NOW = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)  # 23:30 in Paris


@pytest.mark.requirement("A1.6")
def test_changed_traits_take_qual_to_prov_with_a_task_within_the_day() -> None:
    later = replace(ANSWER, traits=replace(TRAITS, birth_name="VAYSSADE"))

    outcome = after_answer(QUAL, later, now=NOW)

    assert outcome.identity.status is Status.PROV and outcome.identity.ins is None
    assert outcome.task
    assert outcome.task.reason is CellReason.TRAITS_CHANGED
    assert [one.field for one in outcome.task.differences] == ["birth_name"]
    assert outcome.task.due.isoformat() == "2026-11-22T23:59:00+01:00"
    assert "nom de naissance" in outcome.task.sentence
    assert "VAYSSADE" not in outcome.task.sentence


@pytest.mark.requirement("A1.6")
def test_no_one_or_another_matricule_falls_too_and_the_same_answer_changes_nothing() -> None:
    other = replace(ANSWER, ins=Ins("277076322082910", Authority.NIR_TEST))

    assert after_answer(QUAL, ANSWER, now=NOW).identity is QUAL
    assert after_answer(QUAL, None, now=NOW).task
    changed = after_answer(RECUP, other, now=NOW)
    assert changed.identity.status is Status.PROV
    assert changed.task and changed.task.reason is CellReason.MATRICULE_CHANGED
    assert after_answer(VALI, None, now=NOW).identity is VALI
