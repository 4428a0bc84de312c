"""What an address asks of an indicator, and how its figures are written."""

from __future__ import annotations

from datetime import date
from typing import Any

from starlette.requests import Request

from cordee.population.areas.geography import LEVELS
from cordee.population.asking import FIGURES, REFERENCES, REGIONAL, STANDARD, Question
from cordee.runtime.errors import InvalidRequest, NotFound
from cordee.web.population.views import Scaled, scaled


def scale_of(answer: Any, question: Question) -> Scaled:
    values = [one.figure.value for one in answer.reading.rows if one.figure]
    return scaled(answer.indicator, question.kind, values)


def question_of(request: Request) -> Question:
    """The question of an address; raises `InvalidRequest` for what cannot be asked."""
    told = request.query_params
    level, kind = told.get("niveau", "epci"), told.get("lecture", STANDARD)
    reference = told.get("reference", REGIONAL)
    if level not in LEVELS or kind not in FIGURES or reference not in REFERENCES:
        raise InvalidRequest("this level, figure or reference cannot be asked for")
    name = request.path_params["indicator"]
    return Question(
        name, level, kind, reference, _day(told.get("jour", "")), told.get("source", "")
    )


def number_of(request: Request) -> int:
    """The number of what an address is about; raises `NotFound` for what is none."""
    text = request.path_params["number"]
    if not (text.isascii() and text.isdigit() and len(text) < 12):  # noqa: PLR2004 -- an int8
        raise NotFound(f"there is no {text}")
    return int(text)


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequest(f"{text} is no day") from error
