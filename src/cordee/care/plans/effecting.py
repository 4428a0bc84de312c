"""What an effector sees of plans: their own actions, whoever else sees the record. Rule: B3.4.

An action ties nobody to the record: its effector reads it by a door that opens nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from cordee.care.plans.plan import ACTION, Action, is_action, read_action
from cordee.care.plans.writing import with_note
from cordee.care.store import Resource
from cordee.care.workflow.desk import Due, Workflow
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import MACHINE, Wanted, moved_task, party
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.errors import NotFound

MOST: Final = 200
_RUNNING: Final = "requested,in-progress"


class OwnTasks(Protocol):
    """Tasks of one machine whose owner is who reads them, or their structure."""

    async def find(self, principal: Principal, machine: str, criteria: str) -> list[Resource]:
        """Their Tasks that meet the criteria, then the Patients of these; traced."""
        ...

    async def write(self, principal: Principal, task: Resource, patient: str) -> None:
        """Replaces a Task of theirs, the version that it bears; raises what the machine refuses."""
        ...


@dataclass(frozen=True, slots=True)
class OwnAction:
    """An action with its person and what is due."""

    action: Action
    patient: Resource
    due: Due | None


class Effecting:
    """The actions of effectors."""

    def __init__(self, own: OwnTasks, workflow: Workflow) -> None:
        """`own` opens what is theirs."""
        self._own = own
        self._workflow = workflow

    async def running(self, principal: Principal) -> list[OwnAction]:
        """Their actions that are not over, the earliest due first; at most 200."""
        query = f"status={_RUNNING}&_sort=_lastUpdated&_count={MOST}"
        found = await self._found(principal, query)
        return sorted(found, key=lambda one: one.action.due or "9")

    async def over(self, principal: Principal) -> list[OwnAction]:
        """Their actions that are over, the last first; at most 50."""
        query = "status=completed,cancelled&_sort=-_lastUpdated&_count=50"
        return await self._found(principal, query)

    async def one(self, principal: Principal, key: str) -> OwnAction:
        """An action of theirs; raises `NotFound` for any other."""
        found = await self._found(principal, f"_id={key}&_count=1")
        if not found:
            raise NotFound("there is no such action")
        return found[0]

    async def move(self, principal: Principal, key: str, wanted: Wanted) -> None:
        """Moves an action of theirs; raises what the machine refuses."""
        task = (await self.one(principal, key)).action.task
        moved = moved_task(task, machines()[ACTION], wanted, clock.now())
        await self._own.write(principal, moved | {"meta": task["meta"]}, party(task, "for"))

    async def comment(self, principal: Principal, key: str, text: str) -> None:
        """Says something about an action of theirs; raises `RuleBroken` for nothing."""
        task = (await self.one(principal, key)).action.task
        author = principal.practitioner or principal.structure
        made = with_note(task, author, principal.name, text, clock.now())
        await self._own.write(principal, made | {"meta": task["meta"]}, party(task, "for"))

    async def _found(self, principal: Principal, query: str) -> list[OwnAction]:
        rows = await self._own.find(principal, ACTION, query)
        people = {f"Patient/{one['id']}": one for one in rows if one["resourceType"] == "Patient"}
        tasks = [one for one in rows if one["resourceType"] == "Task" and is_action(one)]
        due = await self._workflow.due([str(one["id"]) for one in tasks])
        return [
            OwnAction(read_action(one), people[party(one, "for")], due.get(str(one["id"])))
            for one in tasks
            if party(one, "for") in people
        ]


def own_criteria(principal: Principal, machine: str) -> Sequence[tuple[str, str]]:
    """What a Task of a machine meets that is somebody's, or their structure's."""
    names = [one for one in (principal.practitioner, principal.structure) if one]
    return (("owner", ",".join(names)), ("code", f"{MACHINE}|{machine}"))
