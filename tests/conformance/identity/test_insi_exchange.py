"""What the INSi answers, by the real SOAP adapter against the emulator over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from insi_calls import NOW, TODAY, USER, Pair, calling, identity, known, served

from cordee.identity.ins.changes import after_answer
from cordee.identity.ins.insi.adapter import InsiOverSoap
from cordee.identity.ins.insi.emulator import Emulator
from cordee.identity.ins.insi.lookup import look_up, look_up_by_card, retrieval
from cordee.identity.ins.insi.ports import (
    CardQuery,
    Found,
    InsTeleservice,
    NotFound,
    Several,
    TraitsQuery,
)
from cordee.identity.ins.matricule import Authority
from cordee.identity.ins.proofs import Proof, ProofKind
from cordee.identity.ins.statuses import (
    Attribute,
    Identity,
    Status,
    with_attribute,
    with_proof,
    with_retrieval,
)
from cordee.identity.ins.traits import Sex, StrictTraits
from cordee.runtime.errors import RuleBroken


@pytest.fixture
async def emulator() -> AsyncIterator[tuple[Emulator, InsiOverSoap]]:
    made = Emulator(hang_seconds=3)
    async with served(made) as url, calling(url) as insi:
        yield made, insi


@pytest.mark.requirement("A1.6")
async def test_00_gives_the_matricule_and_the_five_traits(emulator: Pair) -> None:
    made, insi = emulator
    person = known("MORVANDEL", "ODETTE")

    answer = await look_up(insi, Identity(person.traits), user=USER)

    assert answer == Found(person.ins, person.traits)
    assert len(made.calls) == 1
    assert isinstance(insi, InsiOverSoap)
    port: InsTeleservice = insi
    assert port is insi


async def test_00_gives_former_matricules_and_dates_out_of_the_calendar(emulator: Pair) -> None:
    _, insi = emulator
    changed, lunar = known("ECLUSIER"), known("BENYAHIA")

    first = await look_up(insi, Identity(changed.traits), user=USER)
    query = TraitsQuery("BENYAHIA", ("FATIHA",), Sex.FEMALE, date(1948, 12, 31))

    assert isinstance(first, Found)
    assert first.former == changed.former
    assert first.former[0].end == date(2024, 2, 28)
    # The wire holds the date of the INSi; the date of the calendar finds no one.
    assert await insi.search_by_traits(query, user=USER) == NotFound()
    assert lunar.traits.lunar_date == "1948-00-00"


async def test_apostrophe_hyphen_and_corsica_pass_the_wire(emulator: Pair) -> None:
    _, insi = emulator
    person = known("D'ORNANO-VEGA")

    answer = await look_up(insi, Identity(person.traits), user=USER)

    assert isinstance(answer, Found)
    assert answer.ins == person.ins and answer.traits.birth_place == "2A004"
    assert answer.traits.first_given_name == "JEAN-BAPTISTE"


@pytest.mark.requirement("A1.6")
async def test_01_is_no_one(emulator: Pair) -> None:
    _, insi = emulator
    nobody = StrictTraits("PERSONNE", "NULLE", "NULLE", date(1950, 1, 1), Sex.FEMALE, "31555")

    assert await look_up(insi, Identity(nobody), user=USER) == NotFound()


@pytest.mark.requirement("A1.6")
@pytest.mark.parametrize(
    ("name", "given", "calls"),
    [("FONTANEL", "CLAIRE MARTHE", 2), ("PUJOLAS", "MARC", 2), ("ESCAFRE", "PAULE", 3)],
)
async def test_02_is_asked_again_with_more_traits(
    emulator: Pair, name: str, given: str, calls: int
) -> None:
    made, insi = emulator
    person = known(name, given)

    answer = await look_up(insi, Identity(person.traits), user=USER)

    assert isinstance(answer, Found) and answer.ins == person.ins
    assert len(made.calls) == calls


@pytest.mark.requirement("A1.6")
async def test_02_stays_02_when_nothing_tells_two_people_apart(emulator: Pair) -> None:
    _, insi = emulator

    assert await look_up(insi, identity("ROUQUIER"), user=USER) == Several()


async def test_card_finds_its_holder_and_the_child_on_it(emulator: Pair) -> None:
    _, insi = emulator
    holder, child = known("MORVANDEL", "ODETTE"), known("MORVANDEL", "TOM")
    own = CardQuery(holder.ins.number, date(1939, 4, 12), own_number=holder.ins.number)
    carried = CardQuery(holder.ins.number, date(2019, 3, 5))

    first = await look_up_by_card(insi, Identity(holder.traits), own, user=USER)
    second = await insi.search_by_card(carried, user=USER)

    assert isinstance(first, Found) and first.ins == holder.ins
    assert isinstance(second, Found) and second.ins == child.ins


async def test_verification_tells_whether_matricule_and_traits_agree(emulator: Pair) -> None:
    _, insi = emulator
    person = known("MORVANDEL", "ODETTE")
    other = replace(person.traits, birth_place="70551")
    elsewhere = replace(person.ins, authority=Authority.NIR_DEMO)

    assert await insi.verify(person.ins, person.traits, user=USER)
    assert not await insi.verify(person.ins, other, user=USER)
    assert not await insi.verify(elsewhere, person.traits, user=USER)


@pytest.mark.requirement("A1.6")
async def test_name_change_takes_qual_to_prov_with_a_task(emulator: Pair) -> None:
    made, insi = emulator
    person = known("CAZALETTE")
    answer = await look_up(insi, Identity(person.traits), user=USER)
    assert isinstance(answer, Found)
    proof = Proof(ProofKind.PASSPORT, TODAY, "Practitioner/1")
    retrieved = with_retrieval(Identity(person.traits), retrieval(answer, on=TODAY))
    qualified = with_proof(retrieved, proof, today=TODAY)

    made.change(person.ins.matricule)
    still = await insi.verify(person.ins, person.traits, user=USER)
    later = await look_up(insi, qualified, user=USER)
    assert isinstance(later, Found)
    outcome = after_answer(qualified, retrieval(later, on=TODAY), now=NOW)

    assert not still
    assert outcome.identity.status is Status.PROV
    assert outcome.task and [one.field for one in outcome.task.differences] == ["birth_name"]
    assert outcome.task.due - NOW < timedelta(days=1)


@pytest.mark.requirement("A1.4")
@pytest.mark.requirement("A1.6")
@pytest.mark.parametrize("attribute", [Attribute.DOUBTFUL, Attribute.FICTIVE])
async def test_doubtful_and_fictive_identities_make_no_call(
    emulator: Pair, attribute: Attribute
) -> None:
    made, insi = emulator
    marked = with_attribute(identity("MORVANDEL", "ODETTE"), attribute)
    card = CardQuery("2390470550006", date(1939, 4, 12))

    with pytest.raises(RuleBroken):
        await look_up(insi, marked, user=USER)
    with pytest.raises(RuleBroken):
        await look_up_by_card(insi, marked, card, user=USER)
    assert made.calls == []
