"""Answers as a FHIR QuestionnaireResponse, and what was typed read into answers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

import orjson

from cordee.care.assessments.forms import YES, Form, Item, Part
from cordee.care.assessments.scores import Answers, as_number, enabled
from cordee.care.store import Resource
from cordee.care.workflow.tasks import BASE

ANSWERS: Final = BASE + "reponse"
"""System of the codes of answers; each belongs to its question."""
LONGEST: Final = {"text": 2000, "line": 200}


def read_answers(response: Resource) -> dict[str, str]:
    """What a response holds, by the code of the question."""
    found: dict[str, str] = {}
    for group in response.get("item", ()):
        for one in (group, *group.get("item", ())):
            text = _text(next(iter(one.get("answer", ())), {}))
            if text:
                found[str(one.get("linkId", ""))] = text
    return found


def items_of(form: Form, answers: Answers, *, whole: bool = False) -> list[dict[str, Any]]:
    """The items of a response; with `whole`, answers to what does not arise are left out."""
    told = enabled(form, answers)
    found: list[dict[str, Any]] = []
    for part in form.parts:
        items = [
            {"linkId": one.code, "text": one.text, "answer": [_value(form, one, answers[one.code])]}
            for one in part.items
            if answers.get(one.code) and (one.code in told or not whole)
        ]
        if items:
            found.append({"linkId": f"part-{part.code}", "text": part.title, "item": items})
    return found


def read_typed(form: Form, parts: Iterable[Part], typed: Mapping[str, str]) -> tuple[
    dict[str, str], dict[str, str]
]:  # fmt: skip
    """Answers of parts that were typed, and a French sentence for each that cannot be kept.

    What was typed comes with the answers, whether or not it can be kept.
    """
    answers: dict[str, str] = {}
    errors: dict[str, str] = {}
    for part in parts:
        for item in part.items:
            text = typed.get(item.code, "").strip()
            if not text:
                continue
            answers[item.code] = text
            problem = _problem(form, item, text)
            if problem:
                errors[item.code] = problem
            elif item.kind == "number":
                answers[item.code] = plain_number(text)
    return answers, errors


def plain_number(text: str) -> str:
    """`12,50` as `12.5`."""
    number = Decimal(text.replace(",", ".").replace("\u202f", "").replace(" ", ""))
    return format(number.normalize(), "f")


def digest(parts: Iterable[Part], answers: Answers) -> str:
    """What tells whether somebody changed an answer of some parts meanwhile."""
    codes = [item.code for part in parts for item in part.items]
    given = [(code, answers[code]) for code in codes if answers.get(code)]
    return hashlib.sha256(orjson.dumps(given)).hexdigest()[:24]


def _problem(form: Form, item: Item, text: str) -> str:
    if item.kind in {"choice", "flag"}:
        return "" if text in form.answers(item) else "Choisissez une réponse de la liste."
    if item.kind == "number":
        return _number_problem(item, text)
    if item.kind == "date":
        try:
            date.fromisoformat(text)
        except ValueError:
            return "Écrivez le jour comme 2026-11-22."
        return ""
    most = LONGEST[item.kind]
    return "" if len(text) <= most else f"Écrivez {most} caractères au plus."


def _number_problem(item: Item, text: str) -> str:
    number = as_number(text.replace(",", ".").replace("\u202f", "").replace(" ", ""))
    if number is None:
        return "Écrivez un nombre."
    low, high = item.low, item.high
    if (low is not None and number < Decimal(str(low))) or (
        high is not None and number > Decimal(str(high))
    ):
        unit = f" {item.unit}" if item.unit else ""
        return f"Entre {low or 0:g} et {high or 0:g}{unit}."
    return ""


def _value(form: Form, item: Item, text: str) -> dict[str, Any]:
    match item.kind:
        case "choice":
            choice = form.answers(item).get(text)
            shown = choice.text if choice else text
            return {"valueCoding": {"system": ANSWERS, "code": text, "display": shown}}
        case "flag":
            return {"valueBoolean": text == YES}
        case "number":
            return {"valueDecimal": float(text)}
        case "date":
            return {"valueDate": text}
        case "text" | "line":
            return {"valueString": text}


def _text(answer: Mapping[str, Any]) -> str:
    if "valueBoolean" in answer:
        return "oui" if answer["valueBoolean"] else "non"
    if "valueCoding" in answer:
        return str(answer["valueCoding"].get("code", ""))
    for key in ("valueDecimal", "valueInteger"):
        if key in answer:
            return plain_number(str(answer[key]))
    return str(answer.get("valueString") or answer.get("valueDate") or "")
