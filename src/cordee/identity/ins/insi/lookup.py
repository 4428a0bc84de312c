"""A whole search of an INS by traits: asked again with more traits as long as it says several.

Rule: A1: on 02, again with the other given names, then with the place of birth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from cordee.identity.ins.insi.ports import (
    Answer,
    CardQuery,
    Found,
    InsTeleservice,
    Several,
    TraitsQuery,
)
from cordee.identity.ins.statuses import (
    Identity,
    Retrieval,
    RetrievalMethod,
    check_insi_call,
)
from cordee.identity.ins.traits import Sex, StrictTraits
from cordee.runtime.errors import InvalidRequest


def queries(traits: StrictTraits) -> Iterator[TraitsQuery]:
    """The queries to make one after the other while the INSi answers 02, each tighter.

    Raises `InvalidRequest` when birth name, first given name, sex or date are not known.
    """
    known = traits.birth_name and traits.first_given_name and traits.birth_date
    if not known or not traits.birth_date or traits.sex is Sex.UNKNOWN:
        raise InvalidRequest(
            "L’INSi s’interroge avec le nom de naissance, un prénom, le sexe et la date de "
            "naissance ; complétez les traits."
        )
    asked = TraitsQuery(
        traits.birth_name, (traits.first_given_name,), traits.sex, traits.birth_date
    )
    yield asked
    if traits.other_given_names:
        asked = replace(asked, given_names=(traits.first_given_name, *traits.other_given_names))
        yield asked
    if traits.birth_place:
        yield replace(asked, birth_place=traits.birth_place)


async def look_up(insi: InsTeleservice, identity: Identity, *, user: str) -> Answer:
    """The last answer of the INSi about an identity: found, no one, or still several.

    Raises `RuleBroken` for a doubtful or fictive identity (no call is made), `InvalidRequest`
    for traits that are too few, and what the teleservice raises.
    """
    check_insi_call(identity)
    answer: Answer = Several()
    for query in queries(identity.traits):
        answer = await insi.search_by_traits(query, user=user)
        if not isinstance(answer, Several):
            break
    return answer


async def look_up_by_card(
    insi: InsTeleservice, identity: Identity, card: CardQuery, *, user: str
) -> Answer:
    """The answer of the INSi about the holder of a Vitale card.

    Raises `RuleBroken` for a doubtful or fictive identity, and what the teleservice raises.
    """
    check_insi_call(identity)
    return await insi.search_by_card(card, user=user)


def retrieval(found: Found, *, on: date, by_card: bool = False) -> Retrieval:
    """The answer 00 as the statuses take it."""
    return Retrieval(
        ins=found.ins,
        traits=found.traits,
        on=on,
        method=RetrievalMethod.VITALE_CARD if by_card else RetrievalMethod.TRAITS,
        former=tuple(one.ins for one in found.former),
    )
