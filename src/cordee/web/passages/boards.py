"""Who is expected and who is here, for an emergency department; who was sent, for a home."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from cordee.care.passages.desk import Passage
from cordee.care.passages.sheet import CCMU, MACHINE
from cordee.care.record.traits import read_traits
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import facts_of, state_of
from cordee.runtime.clock import PARIS
from cordee.web.language import gettext as _
from cordee.web.passages.following import view_passage
from cordee.web.passages.sending import caregiver, passages_of
from cordee.web.persons import Person, describe
from cordee.web.rendering import fragment, page, wants_fragment
from cordee.web.sheets import spreadsheet
from cordee.web.workflow.telling import DueView, due_view, moment_words

EMERGENCY: Final = "passages/templates/emergency.html"
HOME: Final = "passages/templates/sent.html"
_SENT_WORDS: Final = {"expected": 0, "arrived": 1, "returning": 2, "admitted": 3, "returned": 4}


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One person on a board; `href` leads to the passage, or to the record."""

    person: Person
    href: str
    since: str
    waiting: str
    motive: str
    received: str
    source: str
    ccmu: str
    state: str
    level: str
    due: DueView | None
    order: tuple[int, str]


async def emergency(request: Request) -> Response:
    """Give who is expected and who is here, the earliest first."""
    account = caregiver(request)
    now = request.app.state.settings.clock()
    found = await passages_of(request).expected(account.principal)
    rows = [(one, _present(one, now)) for one in found if one.encounter is not None]
    coming = [row for one, row in rows if _status(one) == "planned"]
    here = [row for one, row in rows if _status(one) != "planned"]
    values = {
        "coming": sorted(coming, key=lambda one: one.order),
        "here": sorted(here, key=lambda one: one.order),
        "place": account.structure,
    }
    if wants_fragment(request):
        return fragment(request, EMERGENCY, "board", **values)
    return page(request, EMERGENCY, **values)


async def sent(request: Request) -> Response:
    """Give the residents that a structure has sent, those still away first; also as CSV."""
    account = caregiver(request)
    now = request.app.state.settings.clock()
    found = await passages_of(request).sent_by(account.principal)
    rows = [(one, _sent(one, now)) for one in found]
    rows.sort(key=lambda pair: _rank(pair[0]))
    if request.url.path.endswith(".csv"):
        head = [_("Personne"), _("Né(e) le"), _("Départ"), _("Motif"), _("État"), _("À faire")]
        table = [
            [
                f"{row.person.birth_name} {row.person.first_name}", row.person.born, row.since,
                row.motive, row.state, row.due.label if row.due else "",
            ]
            for _one, row in rows
        ]  # fmt: skip
        return spreadsheet("envois-aux-urgences.csv", head, table)
    away = [row for one, row in rows if not _is_over(one)]
    over = [row for one, row in rows if _is_over(one)]
    return page(request, HOME, away=away, over=over, place=account.structure)


def _status(passage: Passage) -> str:
    return str((passage.encounter or {}).get("status", ""))


def _is_over(passage: Passage) -> bool:
    return passage.task is not None and machines()[MACHINE].is_final(state_of(passage.task))


def _rank(passage: Passage) -> int:
    return _SENT_WORDS.get(state_of(passage.task or {}), len(_SENT_WORDS))


def _sent(passage: Passage, now: datetime) -> BoardRow:
    view = view_passage(passage, now)
    person = describe(read_traits(passage.patient), now.date())
    task = passage.task or {}
    return BoardRow(
        person, f"/patients/{person.patient_id}/urgences/{view.number}", view.sent, "",
        view.motive, "", "", "", view.state, view.level,
        due_view(machines()[MACHINE], state_of(task), passage.due, now), (0, view.sent),
    )  # fmt: skip


def _present(passage: Passage, now: datetime) -> BoardRow:
    """A row of the department, whether a home announced the person or not."""
    encounter: Any = passage.encounter or {}
    person = describe(read_traits(passage.patient), now.date())
    start = _moment(encounter)
    task, machine = passage.task, machines()[MACHINE]
    facts = facts_of(task) if task else {}
    motive = next((one.get("text", "") for one in encounter.get("reasonCode", ())), "")
    told = [_("fiche de l’EHPAD")] if task else []
    told += [_("heure d’arrivée non connue")] if start is None else []
    number = f"/urgences/{task['id']}" if task else ""
    return BoardRow(
        person=person,
        href=f"/patients/{person.patient_id}{number}",
        since=moment_words(start, now) if start else "",
        waiting=_waiting(start, now),
        motive=motive or _("motif non dit"),
        received=", ".join(told) or _("rien reçu"),
        source=str(facts.get("story", "")),
        ccmu=_ccmu(encounter),
        state=_(machine.states[state_of(task)].label) if task else "",
        level="critical" if _ccmu(encounter) in {"4", "5"} else "",
        due=due_view(machine, state_of(task), passage.due, now) if task else None,
        order=(-_gravity(_ccmu(encounter)), str(start)),
    )


def _moment(encounter: Any) -> datetime | None:
    text = encounter.get("period", {}).get("start", "")
    try:
        return datetime.fromisoformat(text).astimezone(PARIS)
    except (ValueError, OverflowError):
        return None


def _waiting(start: datetime | None, now: datetime) -> str:
    if start is None or start > now:
        return ""
    minutes = int((now - start).total_seconds()) // 60
    return f"{minutes // 60}:{minutes % 60:02}"


def _ccmu(encounter: Any) -> str:
    codings = encounter.get("priority", {}).get("coding", ())
    return next((str(one.get("code", "")) for one in codings if one.get("system") == CCMU), "")


def _gravity(ccmu: str) -> int:
    return int(ccmu) if ccmu.isdecimal() else 0
