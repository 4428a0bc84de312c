"""Who is asked for something about a person is in their circle while the request runs.

Only a request that a state machine governs ties: who is answered, refused or called back loses the
tie with that very write. Decision 0058.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cordee.fhir.indexing.landmarks import CIRCLE_TYPES

GOVERNED: Final = "https://cordee.example/fhir/CodeSystem/workflow"
"""System of `Task.code` that names the machine of a request."""
_NARROW: Final = frozenset({"home-care"})
"""Machines whose request shows what it needs by itself: who is asked is tied once they accept."""
_TAKEN: Final = frozenset({"accepted", "in-progress"})
UNTIED: Final = frozenset({"care-plan-action"})
"""Machines whose owner sees the Task alone, by a door of its own, and nothing of the record."""
_RUNNING: Final = frozenset(
    {"requested", "received", "accepted", "ready", "in-progress", "on-hold"}
)


def governed_by(task: Mapping[str, Any]) -> str | None:
    """The code of the machine that a Task follows, "" where it names none; None for no machine."""
    codings = (task.get("code") or {}).get("coding", ())
    codes = [str(one.get("code", "")) for one in codings if one.get("system") == GOVERNED]
    return codes[0] if len(set(codes)) == 1 else "" if codes else None


def asked(task: Mapping[str, Any]) -> list[str]:
    """The reference of who is asked; empty once nobody is, or where nothing governs the Task."""
    machine = governed_by(task)
    if not machine or machine in UNTIED:
        return []
    owner = str((task.get("owner") or {}).get("reference", ""))
    is_tied = owner.startswith(CIRCLE_TYPES)
    ties = _TAKEN if machine in _NARROW else _RUNNING
    return [owner] if is_tied and task.get("status") in ties else []
