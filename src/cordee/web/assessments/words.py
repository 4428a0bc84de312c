"""An assessment in words: its parts, its answers, its scores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cordee.care.assessments.desk import Assessment
from cordee.care.assessments.forms import Form, Item, Part
from cordee.care.assessments.scores import Answers, Score, enabled
from cordee.runtime import french
from cordee.web.language import gettext as _
from cordee.web.language import ngettext
from cordee.web.workflow.telling import written_words

STATUSES: Final = {
    "in-progress": _("en cours"),
    "completed": _("terminée"),
    "amended": _("corrigée"),
    "stopped": _("abandonnée"),
    "entered-in-error": _("saisie par erreur"),
}


@dataclass(frozen=True, slots=True)
class ScoreView:
    """One score: `result` is its value or why there is none."""

    label: str
    result: str
    words: str
    level: str
    rule: str
    note: str
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class PartView:
    """One part: its answers as they are read, and how many of its questions have one."""

    code: str
    title: str
    href: str
    answered: int
    asked: int
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AssessmentView:
    """One assessment in a list, or on its page."""

    key: str
    href: str
    title: str
    status: str
    is_open: bool
    at: str
    author: str
    scores: tuple[ScoreView, ...]


def view_assessment(found: Assessment, age: int | None, now: datetime) -> AssessmentView:
    """The words of an assessment."""
    return AssessmentView(
        key=found.key,
        href=f"/patients/{found.patient}/evaluations/{found.key}",
        title=_(found.form.title),
        status=STATUSES.get(found.status, found.status),
        is_open=found.is_open,
        at=written_words(found.at, now),
        author=found.author,
        scores=tuple(view_score(one) for one in found.scores(age)),
    )


def view_score(one: Score) -> ScoreView:
    """A score as it is read."""
    missing = ""
    if one.missing:
        missing = ngettext("%(num)s réponse manque", "%(num)s réponses manquent", one.missing)
    if one.value is None:
        return ScoreView(
            _(one.label), _("non calculé"), missing, "", _(one.rule), "", is_known=False
        )
    of = f"\u00a0/\u00a0{one.of}" if one.of else ""
    words = _(one.words) if one.words else ""
    if one.code == "denutrition":
        return ScoreView(_(one.label), words, "", one.level, _(one.rule), "")
    return ScoreView(_(one.label), f"{one.value}{of}", words, one.level, _(one.rule), missing)


def part_views(found: Assessment) -> list[PartView]:
    """The parts with their answers; what does not arise is not counted."""
    told = enabled(found.form, found.answers)
    return [_part(found, one, told) for one in found.form.parts]


def _part(found: Assessment, part: Part, told: frozenset[str]) -> PartView:
    asked = [one for one in part.items if one.code in told]
    rows = tuple(
        (_(one.text), answer_words(found.form, one, found.answers))
        for one in asked
        if found.answers.get(one.code)
    )
    href = f"/patients/{found.patient}/evaluations/{found.key}/{part.code}"
    return PartView(part.code, _(part.title), href, len(rows), len(asked), rows)


def answer_words(form: Form, item: Item, answers: Answers) -> str:
    """An answer as it is read; "" where there is none."""
    text = answers.get(item.code, "")
    choice = form.answers(item).get(text)
    if choice is not None:
        return _(choice.text)
    if item.kind == "number" and text:
        shown = text.replace(".", ",")
        return f"{shown}\u00a0{item.unit}" if item.unit else shown
    return french.short_date(text) if item.kind == "date" and text else text
