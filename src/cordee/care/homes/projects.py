"""Projets personnalisés begun, written, presented, agreed on and reviewed by a home. Rule: B7.1.

The rule is not here: a write is judged in its transaction (`care.plans.judging`, the machine
`personal-project`). Decision 0070.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import uuid4

from cordee.care.homes.living import living_in, need_home
from cordee.care.homes.project import (
    Aim,
    Deed,
    Project,
    Wishes,
    new_goal,
    new_project,
    projects_of,
    with_aim,
    with_deed,
    with_wishes,
    without_deed,
)
from cordee.care.homes.stays import Stay, Stays
from cordee.care.plans.judging import STATUS
from cordee.care.plans.vocabulary import KIND, MACHINES, PROJECT
from cordee.care.plans.writing import with_outcome
from cordee.care.store import Also, Resource, Store, Write
from cordee.care.workflow.desk import Due, Stage, Workflow
from cordee.care.workflow.forms import Forms
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import MACHINE as CODE
from cordee.care.workflow.tasks import (
    Asked,
    Wanted,
    facts_of,
    moved_task,
    new_task,
    party,
    state_of,
)
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Database
from cordee.runtime.errors import Conflict, NotFound, RuleBroken, VersionConflict

MACHINE: Final = MACHINES[PROJECT]
SOON: Final = timedelta(days=60)
FIRST: Final = timedelta(days=183)
"""How long after the entry a project may come: six months (CASF D311)."""
WITH: Final = (
    f"category={KIND}|{PROJECT}&_sort=-_lastUpdated&_count=20"
    "&_include=CarePlan:goal&_revinclude=Task:focus:CarePlan"
    "&_include:iterate=Task:owner:Practitioner&_include:iterate=Task:owner:Organization"
)
_RUNNING: Final = "ready,requested,in-progress,on-hold"
_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the project of one resident is: `due` is the day of its review, or of its first one.

    `sort` is `none`, `late`, `soon`, `preparing` or `ok`.
    """

    patient: Resource
    stay: Stay | None
    state: str
    due: date | None
    sort: str


class Projects:
    """The projects of one installation."""

    def __init__(self, database: Database, store: Store, workflow: Workflow) -> None:
        """`store` reads and writes through the guard."""
        self._store = store
        self._workflow = workflow
        self._stays = Stays(database, store)
        self._forms = Forms(database)

    async def of_patient(self, principal: Principal, patient: str) -> list[Project]:
        """The projects of a person, the newest first; at most 20."""
        rows = await self._store.search(principal, "CarePlan", f"subject=Patient/{patient}&{WITH}")
        return projects_of(rows)

    async def one(self, principal: Principal, patient: str, key: str) -> Project:
        """A project of a person; raises `NotFound`."""
        rows = await self._store.search(principal, "CarePlan", f"_id={key}&{WITH}")
        found = projects_of(rows)
        if not found or found[0].patient != f"Patient/{patient}" or found[0].task is None:
            raise NotFound("there is no such project")
        return found[0]

    async def begin(
        self, principal: Principal, patient: str, number: str, wishes: Wishes
    ) -> str:  # fmt: skip
        """The id of a new project of who lives here; the same form sent again is one.

        Raises `AccessDenied` for another home, `Conflict` where one runs, `ResourceInvalid`.
        """
        known = await self._forms.task(number)
        if known:
            return known
        now = clock.now()
        subject, course, place = f"Patient/{patient}", f"urn:uuid:{uuid4()}", f"urn:uuid:{uuid4()}"
        owner = principal.practitioner or principal.structure
        plan = with_wishes(new_project(subject, number, course, owner, now), wishes)
        await need_home(self._store, self._stays, principal, patient)
        running = [one for one in await self.of_patient(principal, patient) if is_running(one)]
        if running:
            raise Conflict("Un projet est déjà en cours : réévaluez-le, ou clôturez-le.")
        task = new_task(Asked(MACHINE, subject, owner, principal.structure, focus=place), now)
        writes = [Write(plan, key=place), Write(task, key=course)]

        async def write(also: Also) -> str:
            return (await self._store.write(principal, writes, also))[0].id

        return await self._forms.once(number, write)

    async def say(self, principal: Principal, project: Project, wishes: Wishes) -> None:
        """Writes what the person, and those near, expect."""
        await self._replace(principal, project, with_wishes(project.resource, wishes))

    async def add_aim(self, principal: Principal, project: Project, aim: Aim) -> None:
        """Writes an aim more; raises `ResourceInvalid`."""
        key = f"urn:uuid:{uuid4()}"
        made = new_goal(f"CarePlan/{project.key}", project.patient, aim, clock.today())
        after = with_aim(project.resource, key)
        await self._replace(principal, project, after, [Write(made, key=key)])

    async def add_deed(self, principal: Principal, project: Project, deed: Deed) -> None:
        """Writes what is to do for an aim; raises `ResourceInvalid`."""
        await self._replace(principal, project, with_deed(project.resource, deed))

    async def remove_deed(self, principal: Principal, project: Project, key: str) -> None:
        """Takes out what is not to be done any more."""
        await self._replace(principal, project, without_deed(project.resource, key))

    async def outcome(
        self, principal: Principal, project: Project, aim: str, outcome: str, gap: str
    ) -> None:  # fmt: skip
        """Says what became of an aim; raises `RuleBroken` without the reason that is needed."""
        if not any(one.key == aim for one in project.aims):
            raise NotFound("there is no such aim in this project")
        present = await self._store.read(principal, "Goal", aim)
        made = with_outcome(present, outcome, gap, clock.today())
        version = int(present["meta"]["versionId"])
        await self._store.write(principal, [Write(made, "PUT", version)])

    async def move(self, principal: Principal, project: Project, wanted: Wanted) -> None:
        """Moves a project with its CarePlan; raises what the machine refuses."""
        machine, task = machines()[MACHINE], project.task
        move = machine.move(wanted.move)
        if task is None or move is None:
            raise RuleBroken("Choisissez ce que vous voulez faire.")
        if wanted.move == "propose" and not project.aims:
            raise RuleBroken("Écrivez au moins un objectif avant de présenter le projet.")
        agreed = str(wanted.facts.get("agreement-date", ""))
        if agreed > clock.today().isoformat():
            raise RuleBroken("L’accord a été recueilli aujourd’hui ou avant.")
        after = _bare(project.resource) | {"status": STATUS[move.to]}
        moved = moved_task(task, machine, wanted, clock.now())
        writes = [Write(moved, "PUT", int(task["meta"]["versionId"]))]
        if after != _bare(project.resource):
            writes.append(Write(after, "PUT", project.version))
        await self._store.write(principal, writes)

    async def due(self, project: Project) -> Due | None:
        """What is due next for a project."""
        key = str(project.task["id"]) if project.task else ""
        return (await self._workflow.due([key])).get(key)

    async def story(self, project: Project) -> list[Stage]:
        """What a project went through, for who has read it."""
        return await self._workflow.story(str(project.task["id"])) if project.task else []

    async def standings(self, principal: Principal, today: date) -> list[Standing]:
        """Where the project of each resident of the principal's home is; at most 500."""
        living = await living_in(self._store, principal)
        criteria = (
            f"requester={principal.structure}&code={CODE}|{MACHINE}&status={_RUNNING}"
            f"&_sort=-modified&_count={_MOST}"
        )
        tasks = await self._store.search(principal, "Task", criteria) if living else []
        running: dict[str, Resource] = {}
        for one in tasks:
            running.setdefault(party(one, "for"), one)
        alive = [
            (one, stay)
            for one, stay in living
            if not (one.get("deceasedDateTime") or one.get("deceasedBoolean"))
        ]
        return [standing(one, stay, running, today) for one, stay in alive]

    async def _replace(
        self, principal: Principal, project: Project, after: Resource, others: Any = ()
    ) -> None:  # fmt: skip
        await self._store.write(
            principal, [Write(_bare(after), "PUT", project.version), *others]
        )  # fmt: skip


def standing(
    patient: Resource, stay: Stay | None, running: Mapping[str, Resource], today: date
) -> Standing:
    """Where the project of a resident is, given the Tasks that run. Pure."""
    task = running.get(f"Patient/{patient['id']}")
    if task is None:
        begun = _day(stay.start) if stay else None
        due = begun + FIRST if begun else None
        return Standing(patient, stay, "", due, "late" if due and due < today else "none")
    state, due = state_of(task), _day(facts_of(task).get("review-date"))
    if state == "review" or (state == "active" and due and due < today):
        return Standing(patient, stay, state, due, "late")
    if state == "active":
        soon = due is not None and due <= today + SOON
        return Standing(patient, stay, state, due, "soon" if soon else "ok")
    begun = _day(stay.start) if stay else None
    due = due or (begun + FIRST if begun else None)
    return Standing(patient, stay, state, due, "late" if due and due < today else "preparing")


def is_running(project: Project) -> bool:
    """Whether a project is neither closed nor without its Task."""
    return project.task is not None and project.state != "closed"


def need_version(project: Project, sent: str) -> None:
    """Raises `VersionConflict` where somebody has written since the form was opened."""
    if sent and sent != str(project.version):
        raise VersionConflict("the project has changed; read it again")


def _bare(plan: Resource) -> dict[str, Any]:
    return {name: value for name, value in plan.items() if name != "meta"}


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value or ""))
    except ValueError:
        return None
