"""Every reachable state of the transfer protocol, whatever the network and the people do.

The network is the set of all that was ever said: a message of it may come now, later, twice, in any
order, or never. So loss, duplication, reordering, delay and the crash of an end (whose state is
durable, whose sending is not) are all in it. Decision 0082 names the invariants.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from cordee.care.overflow import protocol
from cordee.care.overflow.protocol import (
    IN_DOUBT,
    NEIGHBOUR_ANSWERS,
    NEIGHBOUR_OVER,
    ORIGIN_ANSWERS,
    ORIGIN_OVER,
    TO_NEIGHBOUR,
    Act,
    Effect,
    Message,
    Neighbour,
    Origin,
    Step,
    awaited,
)

ORIGIN_ACTS = (Act.OFFER_IT, Act.TAKE_HERE, Act.ASK_BACK, Act.TAKE_BACK)
NEIGHBOUR_ACTS = (Act.ANSWER, Act.GIVE_BACK, Act.FINISH)


@dataclass(frozen=True)
class World:
    """One call, two neighbours asked one after the other, and all that was ever said."""

    origins: tuple[Origin, ...] = (Origin.NONE, Origin.NONE)
    neighbours: tuple[Neighbour, ...] = (Neighbour.NONE, Neighbour.NONE)
    said: frozenset[tuple[int, Message]] = frozenset()
    at_origin: bool = True  # the call can be answered at its origin, by the effects alone
    at_neighbour: tuple[bool, bool] = (False, False)
    has_forced: bool = False
    has_clashed: bool = False


def after(world: World, index: int, step: Step, *, is_origin: bool) -> World:
    """The world after one end took a step, its effects applied to its queue."""
    said = world.said | {(index, message) for message in step.sends}
    at_origin, held = world.at_origin, list(world.at_neighbour)
    for effect in step.effects:
        if effect in (Effect.HIDE, Effect.DROP):
            at_origin = False
        elif effect is Effect.RESTORE:
            at_origin = True
        elif effect is Effect.ENQUEUE:
            held[index] = True
        elif effect is Effect.RELEASE:
            held[index] = False
    side = "origins" if is_origin else "neighbours"
    states = list(getattr(world, side))
    states[index] = step.state
    if step.state is Neighbour.FINISHING:
        held[index] = False
    return replace(
        world, said=said, at_origin=at_origin, at_neighbour=tuple(held),
        has_clashed=world.has_clashed or Effect.CLASH in step.effects, **{side: tuple(states)},
    )  # fmt: skip


def may_offer(world: World, index: int) -> bool:
    """A neighbour is asked when the one before has refused: a transfer is never used again."""
    return index == 0 or world.origins[index - 1] is Origin.REFUSED


def deliver(world: World, index: int, message: Message) -> Iterator[World]:
    """What one message makes of the world; an offer is answered either way."""
    if message not in TO_NEIGHBOUR:
        step = protocol.origin(world.origins[index], message)
        yield after(world, index, step, is_origin=True)
        return
    state = world.neighbours[index]
    yield after(world, index, protocol.neighbour(state, message), is_origin=False)
    if message is Message.OFFER and state is Neighbour.NONE:
        for act in (Act.ACCEPT_IT, Act.REFUSE_IT):
            yield after(world, index, protocol.neighbour(state, act), is_origin=False)


def successors(world: World) -> Iterator[World]:
    """All that may happen next: something said arrives, somebody acts, something is said again."""
    for index, message in world.said:
        yield from deliver(world, index, message)
    for index in range(2):
        yield from acted(world, index)
        for state in (world.origins[index], world.neighbours[index]):
            again = awaited(state)
            if again is not None:
                yield replace(world, said=world.said | {(index, again)})


def acted(world: World, index: int) -> Iterator[World]:
    """What people at both ends may do about one transfer."""
    for act in ORIGIN_ACTS:
        if act is not Act.OFFER_IT or may_offer(world, index):
            step = protocol.origin(world.origins[index], act)
            forced = replace(world, has_forced=world.has_forced or act is Act.TAKE_BACK)
            yield after(forced, index, step, is_origin=True)
    for act in NEIGHBOUR_ACTS:
        step = protocol.neighbour(world.neighbours[index], act)
        yield after(world, index, step, is_origin=False)


def reachable() -> set[World]:
    """Every world that can come about, breadth first."""
    start = World()
    seen, todo = {start}, deque([start])
    while todo:
        world = todo.popleft()
        check(world)
        for following in successors(world):
            if following not in seen:
                seen.add(following)
                todo.append(following)
    return seen


def check(world: World) -> None:
    """The invariants that hold in each world."""
    holders = sum(state in NEIGHBOUR_ANSWERS for state in world.neighbours)
    is_away = any(one not in ORIGIN_ANSWERS for one in world.origins)
    # QUEUES: what the effects did to the queues is what the states say; after a clash who has it
    # answered at the origin ends it there
    assert world.has_clashed or world.at_origin is not is_away, world
    for state, held in zip(world.neighbours, world.at_neighbour, strict=True):
        assert held is (state in NEIGHBOUR_ANSWERS), world
    # ALONE: never in two queues, but by the voice of two people
    assert holders <= 1, world
    if not world.has_forced:
        assert not (world.at_origin and holders), world
    # SEEN: in a queue, or on top of the origin's as under way, or at who gives it back or ends it
    under_way = any(one in IN_DOUBT for one in world.origins)
    leaving = any(one in (Neighbour.RETURNING, Neighbour.FINISHING) for one in world.neighbours)
    is_over = Origin.DONE in world.origins
    assert world.at_origin or holders or under_way or leaving or is_over, world
    # ONE HOP: no second neighbour after the call was granted to the first
    granted = {Origin.NONE, Origin.OFFERED, Origin.REFUSED, Origin.WITHDRAWN}
    assert world.origins[1] is Origin.NONE or world.origins[0] in granted, world
    # ONCE: a call that its neighbour finished is not given back, nor the other way
    for mine, theirs in zip(world.origins, world.neighbours, strict=True):
        assert not (mine is Origin.BACK and theirs in (Neighbour.FINISHING, Neighbour.FINISHED))
        assert not (mine is Origin.DONE and theirs in (Neighbour.RETURNING, Neighbour.RETURNED))


def settled(world: World) -> World:
    """The world when all that was said is lost, nobody acts, and only resending goes on."""
    for _turn in range(8):
        moved = world
        for index in range(2):
            for side in ("origins", "neighbours"):
                message = awaited(getattr(moved, side)[index])
                if message is not None:
                    moved = spoken(moved, index, message)
        if moved == world:
            return world
        world = moved
    raise AssertionError("resending does not come to rest")


def spoken(world: World, index: int, message: Message) -> World:
    """A message and all the answers that follow from it, delivered."""
    world = replace(world, said=frozenset())
    world = list(deliver(world, index, message))[-1]  # an offer is refused
    for _turn in range(8):
        answers, world = world.said, replace(world, said=frozenset())
        for where, one in answers:
            world = list(deliver(world, where, one))[-1]
    return world


@pytest.fixture(scope="module")
def worlds() -> set[World]:
    """All of them, found once; the search checks the invariants on its way."""
    return reachable()


@pytest.mark.requirement("C2.7", "C2.8")
def test_in_every_reachable_world_each_call_is_in_one_queue_or_seen(worlds: set[World]) -> None:
    assert len(worlds) > 200  # the network is monotone: few worlds stand for all runs
    ends = {one for world in worlds for one in world.origins}
    assert ends == set(Origin)
    assert {one for world in worlds for one in world.neighbours} == set(Neighbour)


@pytest.mark.requirement("C2.7", "C2.8")
def test_from_every_reachable_world_resending_alone_makes_both_ends_agree(
    worlds: set[World],
) -> None:
    pairs = {(w.origins, w.neighbours, w.has_forced, w.has_clashed): w for w in worlds}

    for world in pairs.values():
        end = settled(replace(world, said=frozenset()))
        for mine, theirs in zip(end.origins, end.neighbours, strict=True):
            rest = mine in ORIGIN_OVER or mine in (Origin.NONE, Origin.AWAY, Origin.CLASHED)
            assert rest, end
            assert theirs in NEIGHBOUR_OVER | NEIGHBOUR_ANSWERS | {Neighbour.NONE}, end
            assert (mine in (Origin.AWAY, Origin.CLASHED)) == (theirs in NEIGHBOUR_ANSWERS), end
            assert (mine is Origin.DONE) == (theirs is Neighbour.FINISHED), end
        both = end.at_origin and any(end.at_neighbour)
        assert not both or end.has_clashed, end


MUTANTS = {
    "takes back without asking": (
        "_ORIGIN_ALL", (Origin.GRANTED, Act.ASK_BACK),
        Step(Origin.BACK, (Message.RECALL,), (Effect.RESTORE,)),
    ),
    "grants without waiting for the answer": (
        "_ORIGIN_ALL", (Origin.OFFERED, Act.TAKE_HERE),
        Step(Origin.WITHDRAWN, (Message.GRANT,)),
    ),
    "forgets what it gave back": (
        "_NEIGHBOUR", (Neighbour.RETURNING, Message.GRANT),
        Step(Neighbour.HELD, (Message.CONFIRM,), (Effect.ENQUEUE,)),
    ),
    "gives back what it was granted in between": (
        "_NEIGHBOUR", (Neighbour.HELD, Message.RECALL),
        Step(Neighbour.HELD, (Message.RETURNED,)),
    ),
    "hides before it is accepted": (
        "_ORIGIN_ALL", (Origin.NONE, Act.OFFER_IT),
        Step(Origin.OFFERED, (Message.OFFER,), (Effect.HIDE,)),
    ),
}  # fmt: skip


@pytest.mark.requirement("C2.7", "C2.8")
@pytest.mark.parametrize("name", MUTANTS)
def test_the_search_finds_what_is_wrong_with_a_protocol_that_is(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, key, step = MUTANTS[name]
    monkeypatch.setitem(getattr(protocol, table), key, step)

    with pytest.raises(AssertionError):
        reachable()
