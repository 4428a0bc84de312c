"""What a projet personnalisé must say when it comes into force. Pure. Rule: B7.1, decision 0070.

It is reviewed within a year of the agreement, and without a signature it says why there is none.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from cordee.care.store import Resource
from cordee.care.workflow.tasks import facts_of, state_of
from cordee.runtime.errors import RuleBroken

LONGEST: Final = timedelta(days=366)
UNSIGNED: Final = frozenset({"oral", "none"})
_INPUT: Final = ("Task.input",)


def need_project(left: str, task: Resource) -> None:
    """Raises `RuleBroken` where a project begins to count without what it needs.

    `left` is the state that its Task leaves.
    """
    if state_of(task) != "active":
        return
    facts = facts_of(task)
    agreed, review = _day(facts.get("agreement-date")), _day(facts.get("review-date"))
    if agreed is None or review is None or not agreed < review <= agreed + LONGEST:
        raise RuleBroken(
            "La réévaluation vient après l’accord, dans un an au plus.", expression=_INPUT
        )
    words = str(facts.get("agreement-words", "")).strip()
    if left == "proposed" and facts.get("agreement") in UNSIGNED and not words:
        raise RuleBroken("Dites pourquoi il n’y a pas de signature.", expression=_INPUT)


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value or ""))
    except ValueError:
        return None
