"""Who to call, on the first page of a record: of the plan that runs. Rules: B1.1, B3.9."""

from __future__ import annotations

from typing import Any

from cordee.care.plans.plan import read_plan
from cordee.care.plans.vocabulary import PPCS
from cordee.care.record.ports import RecordRows


def plan_values(rows: RecordRows, section: str) -> dict[str, Any]:
    """Give who to call of the plans that were read with the record; nothing for other pages."""
    if section != "synthese":
        return {}
    found = [read_plan(one, ()) for one in rows.plans if one.get("status") == "active"]
    running = [one for one in found if one.category == PPCS and one.calls]
    return {"called": running[0] if running else None}
