"""Who was sent to an emergency department, for the home that sent them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from cordee.care.passages.desk import Passage
from cordee.care.passages.sheet import MACHINE
from cordee.care.record.traits import read_traits
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import state_of
from cordee.web.language import gettext as _
from cordee.web.passages.following import view_passage
from cordee.web.passages.sending import caregiver, passages_of
from cordee.web.persons import Person, describe
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet
from cordee.web.workflow.telling import DueView, due_view

HOME: Final = "passages/templates/sent.html"
_SENT_WORDS: Final = {"expected": 0, "arrived": 1, "returning": 2, "admitted": 3, "returned": 4}


@dataclass(frozen=True, slots=True)
class SentRow:
    """One person who was sent; `href` leads to the passage."""

    person: Person
    href: str
    since: str
    motive: str
    state: str
    level: str
    due: DueView | None


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


def _is_over(passage: Passage) -> bool:
    return passage.task is not None and machines()[MACHINE].is_final(state_of(passage.task))


def _rank(passage: Passage) -> int:
    return _SENT_WORDS.get(state_of(passage.task or {}), len(_SENT_WORDS))


def _sent(passage: Passage, now: datetime) -> SentRow:
    view = view_passage(passage, now)
    person = describe(read_traits(passage.patient), now.date())
    task = passage.task or {}
    return SentRow(
        person, f"/patients/{person.patient_id}/urgences/{view.number}", view.sent,
        view.motive, view.state, view.level,
        due_view(machines()[MACHINE], state_of(task), passage.due, now),
    )  # fmt: skip
