"""How heavy a file is for who follows it: its intensity, its urgency, what a person adds. B4.11.

The points are ours: they compare files of one team, they are no measure of work (decision 0063).
"""

from __future__ import annotations

from typing import Final

from cordee.care.store import Resource
from cordee.care.workflow.tasks import facts_of, state_of

STATES: Final = {
    "received": 1, "qualified": 2, "information": 1, "orientation": 2, "coordination": 3,
    "support": 5, "watch": 1,
}  # fmt: skip
URGENCIES: Final = {"immediate": 2, "48h": 1}
ADJUST: Final = "weight-adjust"
WHY: Final = "weight-why"
FURTHEST: Final = 3
"""How far a person may move a weight, up or down."""


def weight(task: Resource) -> int:
    """The points of a file, 0 at least."""
    facts = facts_of(task)
    adjusted = facts.get(ADJUST, 0)
    points = STATES.get(state_of(task), 0) + URGENCIES.get(str(facts.get("urgency", "")), 0)
    return max(0, points + (adjusted if isinstance(adjusted, int) else 0))
