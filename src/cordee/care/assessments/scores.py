"""What answers say together: each score with the name of its rule. Pure, and the only place.

A score is not told while an answer that it needs is missing, but for counts of signs, which say
how many answers are missing. Rules: B4.4, B4.5; the sources are those that the forms name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from cordee.care.assessments.aggir import gir
from cordee.care.assessments.forms import YES, Form, Rule

Answers = Mapping[str, str]
"""What was answered, by the code of the question: a code of the list, `oui`, a number, words."""
_OLD: Final = 70
_BMI: Final = {False: (Decimal("18.5"), Decimal(17)), True: (Decimal(22), Decimal(20))}
_LOSS, _SEVERE_LOSS = Decimal(10), Decimal(15)


@dataclass(frozen=True, slots=True)
class Score:
    """One result: `value` is None while `missing` answers are needed for it."""

    code: str
    label: str
    rule: str
    value: int | None
    of: int
    words: str
    level: str
    missing: int


def scores(form: Form, answers: Answers, age: int | None) -> list[Score]:
    """All scores of a form; those of questions that do not arise are left out."""
    told = enabled(form, answers)
    found: list[Score] = []
    for rule in form.scores:
        asked = [one for one in rule.items if one in told]
        if asked:
            found.append(_score(form, rule, {k: v for k, v in answers.items() if k in told}, age))
    return found


def enabled(form: Form, answers: Answers) -> frozenset[str]:
    """Codes of the questions that arise, given what was answered."""
    found: set[str] = set()
    for item in form.items():
        when = item.when
        if when is None:
            found.add(item.code)
            continue
        given = answers.get(when.item, "") if when.item in found else ""
        if when.at_least is not None:
            number = as_number(given)
            holds = number is not None and number >= when.at_least
        else:
            holds = given in when.is_
        if holds:
            found.add(item.code)
    return frozenset(found)


def as_number(text: str) -> Decimal | None:
    """A number that was answered; None for nothing, and for what is none."""
    try:
        number = Decimal(text)
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def _score(form: Form, rule: Rule, answers: Answers, age: int | None) -> Score:
    missing = sum(not answers.get(one) for one in rule.items)
    value = _value(form, rule, answers, age, missing=missing)
    band = next((one for one in reversed(rule.bands) if value is not None and value >= one.from_),
                None)  # fmt: skip
    words, level = (band.words, band.level) if band else ("", "")
    return Score(rule.code, rule.label, rule.rule, value, rule.of, words, level, missing)


def _value(
    form: Form, rule: Rule, answers: Answers, age: int | None, *, missing: int
) -> int | None:
    if rule.way == "count":
        counted = sum(answers.get(one) == YES for one in rule.items)
        return counted if missing < len(rule.items) else None
    if rule.way == "undernutrition":
        return undernutrition(answers, age)
    if missing:
        return None
    match rule.way:
        case "sum":
            return sum(_points(form, one, answers[one]) for one in rule.items)
        case "aggir":
            return gir([answers[one] for one in rule.items])
        case "value":
            number = as_number(answers[rule.items[0]])
            return None if number is None else int(number)


def _points(form: Form, code: str, answer: str) -> int:
    item = form.item(code)
    choice = form.answers(item).get(answer) if item else None
    return choice.points if choice else 0


def undernutrition(answers: Answers, age: int | None) -> int | None:
    """0 not met, 1 moderate, 2 severe; None where it cannot be told.

    Sources: HAS, Diagnostic de la dénutrition de l’enfant et de l’adulte (2019) and de la personne
    de 70 ans et plus (2021): one phenotypic and one etiologic criterion.
    """
    weight, before = as_number(answers.get("poids", "")), as_number(answers.get("poids-avant", ""))
    height = as_number(answers.get("taille", ""))
    causes = [answers.get(one, "") for one in ("mange-moins", "maladie")]
    if weight is None or age is None or (height is None and before is None) or not any(causes):
        return None
    low, very_low = _BMI[age >= _OLD]
    loss = (before - weight) * 100 / before if before else Decimal(0)
    index = weight / (height / 100) ** 2 if height else low
    if YES not in causes or (index >= low and loss < _LOSS):
        return 0
    return 2 if index < very_low or loss >= _SEVERE_LOSS else 1
