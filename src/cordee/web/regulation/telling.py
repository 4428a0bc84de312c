"""What is typed in the form of a case, as what is kept of it. C1.2, C1.4."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from cordee.care.regulation.cases import Case
from cordee.care.regulation.motives import ANSWERS, motive_of
from cordee.care.regulation.queue import P0, PRIORITIES, plain_name
from cordee.care.regulation.states import Move, State, moves_of
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import RuleBroken
from cordee.web.forms import Form
from cordee.web.language import gettext as _

FIELDS: Final = {
    "appel": "number", "appelant": "caller", "age": "age", "dit": "said", "adresse": "address",
    "etage": "storey", "interphone": "intercom", "code": "code", "details": "access",
    "acces": "way", "langue": "language", "debut": "onset", "vu-bien": "seen_well",
}  # fmt: skip
_CODE: Final = re.compile(r"\((\d[0-9AB]\d{3})\)\s*$")
_QUESTION: Final = re.compile(r"r-([fq][1-8])")


def told_of(case: Case, form: Form, communes: Mapping[str, str]) -> Case:
    """The case with what was typed; raises `RuleBroken` for a commune or a motive unknown."""
    fields = {name: form[key] for key, name in FIELDS.items() if key in form.values}
    answers = answers_of(form)
    told = replace(case.told, **fields, answers={**case.told.answers, **answers})
    commune = commune_of(form["commune"], communes)
    if form["commune"] and not commune:
        told = replace(told, commune=form["commune"])
    motive = motive_of(form["motif"]) if form["motif"] else None
    if form["motif"] and motive is None:
        raise RuleBroken(_("Choisissez un motif de la liste."), expression=("motif",))
    code = motive.code if motive else ""
    if code != case.motive:  # the answers were to other questions
        told = replace(told, answers=answers if not case.motive else {})
    priority = form["priorite"] if form["priorite"] in PRIORITIES else case.priority
    return replace(case, told=told, commune=commune, motive=code, priority=priority)


def as_reflex(case: Case, told: Case) -> Case:
    """What was typed, on the case as the reflex left it."""
    return replace(case, told=told.told, commune=told.commune, motive=told.motive, priority=P0)


def moves_to(case: Case, move: Move) -> tuple[Move, ...]:
    """The moves that lead there: a case just received is triaged by being passed on."""
    if move is Move.FORWARD and case.state is State.RECEIVED:
        return (Move.QUALIFY, move)
    return (move,)


def may(case: Case, move: Move) -> bool:
    """Whether a case allows a move now."""
    return move in moves_of(case.state)


def commune_of(text: str, communes: Mapping[str, str]) -> str:
    """The INSEE code of what was typed: `Nom (code)`, or a name that only one commune has."""
    code = _CODE.search(text)
    if code:
        return code[1] if code[1] in communes else ""
    plain = plain_name(text)
    found = [key for key, name in communes.items() if plain and plain_name(name) == plain]
    return found[0] if len(found) == 1 else ""


def answers_of(form: Form) -> dict[str, str]:
    """The answers that were given, by question."""
    found: dict[str, str] = {}
    for name, value in form.values.items():
        question = _QUESTION.fullmatch(name)
        if question and value in ANSWERS:
            found[question[1]] = value
    return found


def typed_values(form: Form, case: Case, communes: Mapping[str, str]) -> dict[str, str]:
    """What the fields of a case show: what was just typed, else what is kept."""
    name = communes.get(case.commune, "")
    motive = motive_of(case.motive)
    kept = {key: str(getattr(case.told, field)) for key, field in FIELDS.items()} | {
        "commune": f"{name} ({case.commune})" if name else case.told.commune,
        "motif": f"{motive.code} {motive.label}" if motive else "",
        "priorite": case.priority,
    }
    return {key: form.values.get(key, value) for key, value in kept.items()}


def true_time(text: str, at: datetime) -> datetime:
    """The moment of an hour told on the floor: the last one that was, of today or of yesterday."""
    if not text:
        return at
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text)
    if found is None:
        raise RuleBroken(_("Donnez l’heure, comme 02:05."), expression=("heure",))
    wall = at.astimezone(PARIS).replace(
        hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0
    )
    if wall.astimezone(UTC).astimezone(PARIS).time() != wall.time():
        words = _("Cette heure n’existe pas cette nuit : l’heure d’été commence.")
        raise RuleBroken(words, expression=("heure",))
    # An hour comes twice in one night of autumn, and not at all in one of spring.
    moments = [
        (wall - timedelta(days=day)).replace(fold=fold).astimezone(UTC)
        for day in (0, 1, 2)
        for fold in (0, 1)
    ]
    return max(
        one for one in moments
        if one <= at and one.astimezone(PARIS).time() == wall.time()
    )  # fmt: skip
