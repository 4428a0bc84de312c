"""Whether a write sets off a trigger of a topic: its versions before and after it.

Rule: http://hl7.org/fhir/R5/subscriptiontopic.html#query-criteria.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from cordee.fhir.path.atoms import truth
from cordee.fhir.path.compiler import compile_nodes
from cordee.fhir.path.nodes import resource_node
from cordee.fhir.search.clauses.context import Context
from cordee.fhir.subscriptions.conditions import Condition, criteria_of, make_condition
from cordee.fhir.subscriptions.facts import Facts
from cordee.fhir.subscriptions.topics import Trigger
from cordee.runtime.errors import InvalidRequest, NotSupported


@dataclass(frozen=True, slots=True)
class Triggering:
    """A trigger made ready: its criteria as conditions."""

    trigger: Trigger
    previous: Condition | None
    current: Condition | None

    def is_set_off(self, before: Facts | None, now: Facts | None) -> bool:
        """Whether a write between these versions is an event; None where there is no version."""
        if not self._meets_query(before, now):
            return False
        return not self.trigger.path or _meets_path(self.trigger.path, before, now)

    def _meets_query(self, before: Facts | None, now: Facts | None) -> bool:
        one = self.trigger
        results: list[bool] = []
        if self.previous is not None:
            results.append(one.created if before is None else self.previous.holds(before))
        if self.current is not None:
            results.append(one.deleted if now is None else self.current.holds(now))
        if not results:
            return True
        return all(results) if one.both else any(results)


async def make_triggering(context: Context, trigger: Trigger) -> Triggering:
    """A trigger made ready; raises `NotSupported` for criteria that need the database."""
    conditions: list[Condition | None] = []
    for text in (trigger.previous, trigger.current):
        made = await make_condition(context, trigger.type, criteria_of(text)) if text else None
        if made is not None and made.asked:
            raise NotSupported(f"{trigger.topic}: its criteria must be those of one version")
        conditions.append(made)
    if trigger.path:
        compile_nodes(trigger.path)
    return Triggering(trigger, conditions[0], conditions[1])


def _meets_path(text: str, before: Facts | None, now: Facts | None) -> bool:
    focus = now or before
    if focus is None:
        return False
    given = {
        "previous": [resource_node(before.resource)] if before else [],
        "current": [resource_node(now.resource)] if now else [],
    }
    try:
        return truth(compile_nodes(text)(resource_node(focus.resource), None, given)) is True
    except InvalidRequest:
        structlog.get_logger().warning("topic_path_failed", type=focus.version.type)
        return False
