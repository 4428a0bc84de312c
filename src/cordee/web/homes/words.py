"""A comparison of treatments in words: how lines differ, what can be decided of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cordee.care.homes.comparing import Kind, Line
from cordee.care.homes.deciding import CHOICES, Choice, Decided, words
from cordee.web.forms import Form
from cordee.web.language import gettext as _

KINDS: Final = {
    Kind.ADDED: (_("ajouté"), "caution"),
    Kind.ABSENT: (_("absent au retour"), "critical"),
    Kind.CHANGED: (_("dose changée"), "caution"),
    Kind.SAME: (_("identique"), ""),
}
_LABELS: Final = {
    (Kind.SAME, Choice.AFTER): _("Garder"),
    (Kind.CHANGED, Choice.AFTER): _("Suivre le retour"),
    (Kind.CHANGED, Choice.BEFORE): _("Revenir à la dose d’avant"),
    (Kind.ADDED, Choice.AFTER): _("Prendre"),
    (Kind.ADDED, Choice.STOP): _("Ne pas prendre"),
    (Kind.ABSENT, Choice.BEFORE): _("Garder comme avant"),
}
_ANY: Final = {
    Choice.STOP: _("Arrêter"), Choice.OTHER: _("Autre dose"),
    Choice.BEFORE: _("Garder comme avant"), Choice.AFTER: _("Suivre le retour"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LineView:
    """One line to be decided, with what was typed for it."""

    key: str
    name: str
    kind: str
    level: str
    before: str
    after: str
    risk: str
    alike: str
    choices: tuple[tuple[str, str], ...]
    choice: str
    reason: str
    dose: str
    error: str


@dataclass(frozen=True, slots=True)
class DecidedView:
    """One line that was decided."""

    name: str
    kind: str
    level: str
    before: str
    after: str
    decision: str
    dose: str
    reason: str
    risk: str
    is_taken: bool


def line_views(lines: Sequence[Line], form: Form, kept: Sequence[Decided]) -> list[LineView]:
    """Lines as a form; what was decided before of the same line stands there again."""
    former = {(one.before, one.after): one for one in kept}
    return [_line(one, form, former.get((words(one.before), words(one.after)))) for one in lines]


def decided_views(found: Sequence[Decided]) -> list[DecidedView]:
    """Lines of a List in words."""
    return [_decided(one) for one in found]


def field(key: str, part: str) -> str:
    """The name of a field of a line."""
    return f"{part}-{key}"


def _line(line: Line, form: Form, former: Decided | None) -> LineView:
    usual = Choice.AFTER.value if line.kind is Kind.SAME else ""
    choice, reason, dose = usual, "", ""
    if former is not None:
        choice, reason = former.choice, former.reason
        dose = former.dose if former.choice == Choice.OTHER else ""
    if form.values:
        choice, reason, dose = (form[field(line.key, one)] for one in ("choix", "raison", "dose"))
    kind, level = KINDS[line.kind]
    return LineView(
        key=line.key,
        name=line.name,
        kind=kind,
        level=level,
        before=words(line.before),
        after=words(line.after),
        risk=line.risk,
        alike=line.alike,
        choices=tuple((one.value, _label(line.kind, one)) for one in CHOICES[line.kind]),
        choice=choice,
        reason=reason,
        dose=dose,
        error=form.errors.get(field(line.key, "choix"), ""),
    )


def _decided(one: Decided) -> DecidedView:
    known = Kind(one.kind) if one.kind in list(Kind) else Kind.SAME
    choice = Choice(one.choice) if one.choice in list(Choice) else Choice.AFTER
    kind, level = KINDS[known]
    return DecidedView(
        one.name, kind, level, one.before, one.after, _label(known, choice), one.dose,
        one.reason, one.risk, one.is_taken,
    )  # fmt: skip


def _label(kind: Kind, choice: Choice) -> str:
    return _(_LABELS.get((kind, choice), _ANY[choice]))
