"""`Measure/[id]/$evaluate-measure`: a published indicator as a MeasureReport (R4, type population).

Nothing is computed for who asks: what is told is the publication of a period that is over, the one
that the map shows, behind the same disclosure control. For registered systems whose scope reads
MeasureReport, and persons with figures among their rights. Rules: G1.7, G2.1; FHIR R4, Measure.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, Protocol

import orjson

from cordee.api.http import Answer
from cordee.api.session import Session
from cordee.api.viewing import parameters, trace, value_of
from cordee.identity.principal import Principal
from cordee.population.areas.geography import LEVELS
from cordee.population.asking import CRUDE, Question
from cordee.population.callers import need_reader
from cordee.population.catalogue.texts import shipped as texts
from cordee.population.measures import report
from cordee.runtime.errors import AccessDenied, InvalidRequest, NotFound, NotSupported

KIND: Final = "MeasureReport"
_KNOWN: Final = frozenset(
    {"periodStart", "periodEnd", "reportType", "measure", "level", "source", "_format", "_pretty"}
)
_YEAR, _MONTH = 4, 7


class Measures(Protocol):
    """Published figures: `app.population_port`."""

    async def ask(self, what: str, principal: Principal, *told: Any) -> Any:
        """What a method of the desk answers; noted in the register of questions."""
        ...


async def evaluate(session: Session) -> Answer:
    """GET or POST, of one measure or of the one that `measure` names."""
    session.scope.need("r", KIND)
    if session.scope.limits_of("r", KIND):
        raise AccessDenied("a scope with a search opens no figure of the region")
    need_reader(session.principal)
    if session.measures is None:
        raise NotFound("no measure is evaluated here")
    told = await parameters(session, _KNOWN)
    given = {name: value_of(told, name) for name in told}
    question = _question(session, given)
    answer = await session.measures.ask("answer", session.principal, question)
    start = _first(given["periodStart"]) if "periodStart" in given else answer.start
    if (start, question.day or answer.end) != (answer.start, answer.end):
        period = f"{answer.start.isoformat()} to {answer.end.isoformat()}"
        raise InvalidRequest(f"periodStart: this measure is told for {period}")
    await trace(session, f"measure {question.indicator} by {question.level}, to {answer.end}")
    site = session.kernel.base.removesuffix("/fhir")
    body = report(answer, site, texts().holder, datetime.now(UTC))
    return Answer(200, orjson.dumps(body))


def _question(session: Session, given: Mapping[str, str]) -> Question:
    kind, level = given.get("reportType", "population"), given.get("level", "epci")
    if kind != "population":
        raise NotSupported("reportType: figures are of the population, never of a person")
    if level not in LEVELS:
        raise InvalidRequest(f"level: one of {', '.join(LEVELS)}")
    day = _last(given["periodEnd"]) if "periodEnd" in given else None
    return Question(
        _name(session, given), level, CRUDE, day=day, source=given.get("source", "")
    )  # fmt: skip


def _name(session: Session, given: Mapping[str, str]) -> str:
    parts = session.request.parts
    if not parts[1].startswith("$"):
        return parts[1]
    canonical = given.get("measure", "").partition("|")[0]
    base = session.kernel.base.removesuffix("/fhir") + "/population/"
    if not canonical.startswith(base):
        raise InvalidRequest(f"measure: a canonical address that begins with {base} is expected")
    return canonical.removeprefix(base)


def _first(text: str) -> date:
    """The first day of a FHIR date: a year, a month or a day."""
    return _date(text + "-01-01"[len(text) - _YEAR :] if len(text) in {_YEAR, _MONTH} else text)


def _last(text: str) -> date:
    """The last day of a FHIR date."""
    first = _first(text)
    if len(text) == _YEAR:
        return first.replace(month=12, day=31)
    if len(text) == _MONTH:
        return first.replace(day=monthrange(first.year, first.month)[1])
    return first


def _date(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise InvalidRequest("periodStart, periodEnd: a FHIR date is expected") from error


TYPE_OPERATIONS: Final = {("Measure", "$evaluate-measure"): {"GET": evaluate, "POST": evaluate}}
INSTANCE_OPERATIONS: Final = TYPE_OPERATIONS
