"""Many calls at once between two ends, over a network that loses, repeats and reorders."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cordee.care.overflow import protocol
from cordee.care.overflow.protocol import (
    IN_DOUBT,
    NEIGHBOUR_ANSWERS,
    ORIGIN_ANSWERS,
    TO_NEIGHBOUR,
    Act,
    Message,
    Neighbour,
    Origin,
    Step,
    awaited,
)

CALLS = 4
CALL = st.integers(0, CALLS - 1)
PICK = st.integers(0, 10_000)


class TwoCentres(RuleBasedStateMachine):
    """Durable states, a network that may do anything with what it carries."""

    def __init__(self) -> None:
        super().__init__()
        self.origins = [Origin.NONE] * CALLS
        self.neighbours = [Neighbour.NONE] * CALLS
        self.wire: list[tuple[int, Message]] = []
        self.finished = [0] * CALLS

    def _origin(self, call: int, event: Message | Act) -> None:
        self.origins[call] = self._sent(call, protocol.origin(self.origins[call], event))

    def _neighbour(self, call: int, event: Message | Act) -> None:
        step = protocol.neighbour(self.neighbours[call], event)
        self.finished[call] += step.state is Neighbour.FINISHING != self.neighbours[call]
        self.neighbours[call] = self._sent(call, step)

    def _sent(self, call: int, step: Step) -> Origin | Neighbour:
        self.wire += [(call, message) for message in step.sends]
        return step.state

    @rule(call=CALL, act=st.sampled_from([Act.OFFER_IT, Act.TAKE_HERE, Act.ASK_BACK]))
    def at_origin(self, call: int, act: Act) -> None:
        self._origin(call, act)

    @rule(call=CALL, act=st.sampled_from([Act.ANSWER, Act.GIVE_BACK, Act.FINISH]))
    def at_neighbour(self, call: int, act: Act) -> None:
        self._neighbour(call, act)

    @precondition(lambda self: self.wire)
    @rule(pick=PICK, copies=st.integers(0, 2), accepts=st.booleans())
    def deliver(self, pick: int, copies: int, accepts: bool) -> None:
        call, message = self.wire.pop(pick % len(self.wire))
        for _copy in range(copies):
            if message not in TO_NEIGHBOUR:
                self._origin(call, message)
            elif message is Message.OFFER and self.neighbours[call] is Neighbour.NONE:
                self._neighbour(call, Act.ACCEPT_IT if accepts else Act.REFUSE_IT)
            else:
                self._neighbour(call, message)

    @rule()
    def crash(self) -> None:
        self.wire.clear()

    @rule(call=CALL)
    def resend(self, call: int) -> None:
        for state in (self.origins[call], self.neighbours[call]):
            message = awaited(state)
            if message is not None:
                self.wire.append((call, message))

    @invariant()
    def each_call_is_in_one_queue_or_seen(self) -> None:
        for mine, theirs, finished in zip(
            self.origins, self.neighbours, self.finished, strict=True
        ):
            here, there = mine in ORIGIN_ANSWERS, theirs in NEIGHBOUR_ANSWERS
            leaving = theirs in (Neighbour.RETURNING, Neighbour.FINISHING)
            assert not (here and there)
            assert here or there or mine in IN_DOUBT or leaving or mine is Origin.DONE
            assert finished <= 1

    def teardown(self) -> None:
        self.wire.clear()
        for _turn in range(6):
            for call in range(CALLS):
                self.resend(call)
                while self.wire:
                    self.deliver(0, 1, accepts=True)
        for mine, theirs in zip(self.origins, self.neighbours, strict=True):
            assert (mine in ORIGIN_ANSWERS) + (theirs in NEIGHBOUR_ANSWERS) + (
                mine is Origin.DONE
            ) == 1


TestTwoCentres = TwoCentres.TestCase
TestTwoCentres.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
