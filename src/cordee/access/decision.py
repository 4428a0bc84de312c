"""The one decision: may this actor do that? A pure function of the request.

The rules of `access.rules` are asked in their order; the first that answers decides, and nobody
answering means no. A permit still passes the gates, which may ask for a surer sign-in.
Rule: A3.2; what may be told is issue 3, section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cordee.access.codes import SENTENCES, Code
from cordee.access.facts import Request
from cordee.access.rules import GATES, RULES, Answer, Rule

_ABSENT: Final = "Cet élément n’existe pas, ou vous n’y avez pas accès."
_DEFAULT: Final = "default-deny"


@dataclass(frozen=True, slots=True)
class Decision:
    """Permit or deny with its reason.

    `rule` and `version` say what decided, `matrix` under which version of the matrix. `told`:
    the actor may learn that the thing exists. `offers_glass`: the actor may break the glass.
    """

    permitted: bool
    code: Code
    rule: str
    version: int
    matrix: str | None
    told: bool
    offers_glass: bool = False

    @property
    def status(self) -> int:
        """HTTP status on /fhir: 200, 403 where existence is the actor's to know, else 404."""
        if self.permitted:
            return 200
        return 403 if self.told else 404

    @property
    def sentence(self) -> str:
        """The whole reason, for the trace, the patient and the DPO."""
        return SENTENCES[self.code]

    @property
    def shown_sentence(self) -> str:
        """What the actor may read: of what is not theirs to know, that it is as if absent."""
        return self.sentence if self.permitted or self.told else _ABSENT

    @property
    def shown_code(self) -> str:
        """What the actor's program may read."""
        return self.code.value if self.permitted or self.told else "not-found"


def decide(request: Request) -> Decision:
    """The decision on one request; a rule counts from its date on, so the past is replayed."""
    rules = [rule for rule in RULES if rule.in_force(request.at)]
    rule, answer = _first(rules, request)
    if answer.permitted:
        gates = [gate for gate in GATES if gate.in_force(request.at)]
        stopped, refusal = _first(gates, request)
        if stopped is not None:
            rule, answer = stopped, refusal
    return Decision(
        permitted=answer.permitted,
        code=answer.code,
        rule=rule.id if rule else _DEFAULT,
        version=rule.version if rule else 1,
        matrix=request.matrix.version if request.matrix else None,
        told=answer.permitted or answer.told,
        offers_glass=answer.offers_glass,
    )


def _first(rules: list[Rule], request: Request) -> tuple[Rule | None, Answer]:
    for rule in rules:
        answer = rule.check(request)
        if answer is not None:
            return rule, answer
    return None, Answer(permitted=False, code=Code.DEFAULT)
