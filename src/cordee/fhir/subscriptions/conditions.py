"""Search criteria as conditions that are asked of one version in memory.

Most criteria are answered by the rows that the version has in the index. What cannot be answered so
(chains, `_has`, quantities, hierarchies) stays a predicate, which the database answers for all
subscriptions at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

from cordee.fhir.model.definitions import RESOURCE_TYPES
from cordee.fhir.model.text import normalise
from cordee.fhir.search.clauses.clause import criterion
from cordee.fhir.search.clauses.context import Context
from cordee.fhir.search.clauses.dates import searched
from cordee.fhir.search.compile.predicates import (
    All,
    AnyOf,
    Everything,
    HasValue,
    Keys,
    Not,
    Nothing,
    OfPatient,
    Predicate,
)
from cordee.fhir.search.query import read_query
from cordee.fhir.search.values import split_values, unescape
from cordee.fhir.subscriptions.facts import Facts
from cordee.runtime.errors import InvalidRequest, NotSupported

Test = Callable[[Facts], bool]
_NOT_HERE: Final = frozenset({"_text", "_content", "_filter", "_list", "_query", "near"})
Interval = tuple[datetime, datetime]
_INTERVALS: Final[dict[str, Callable[[Interval, Interval], bool]]] = {
    "eq": lambda had, asked: had[0] >= asked[0] and had[1] <= asked[1],
    "ne": lambda had, asked: not (had[0] >= asked[0] and had[1] <= asked[1]),
    "gt": lambda had, asked: had[1] > asked[1],
    "lt": lambda had, asked: had[0] < asked[0],
    "ge": lambda had, asked: had[1] > asked[1] or had[0] >= asked[0],
    "le": lambda had, asked: had[0] < asked[0] or had[1] <= asked[1],
    "sa": lambda had, asked: had[0] >= asked[1],
    "eb": lambda had, asked: had[1] <= asked[0],
    "ap": lambda had, asked: had[0] < asked[1] and had[1] > asked[0],
}
"""As `_INTERVALS` of the search; see https://hl7.org/fhir/R4/search.html#prefix."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Criteria of one type, all of which must hold.

    `patients` and `keys` are what a version must have one of, where that is known: conditions are
    found by them. `asked` is what only the database answers.
    """

    type: str
    tests: tuple[Test, ...] = ()
    asked: tuple[tuple[str, str], ...] = ()
    patients: tuple[int, ...] | None = None
    keys: tuple[int, ...] | None = None

    def holds(self, facts: Facts) -> bool:
        """Whether all that is answered in memory holds."""
        return all(test(facts) for test in self.tests)


def criteria_of(text: str) -> list[tuple[str, str]]:
    """Pairs of a query text; raises `InvalidRequest` for what only shapes an answer."""
    return checked_criteria(parse_qsl(text, keep_blank_values=True))


def checked_criteria(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same pairs; raises `InvalidRequest` for what only shapes an answer."""
    if len(read_query(None, pairs).criteria) != len(pairs):
        raise InvalidRequest("a subscription has criteria only: no order, count or inclusion")
    return pairs


async def make_condition(
    context: Context, resource_type: str, criteria: Sequence[tuple[str, str]]
) -> Condition:
    """The condition of criteria on a type.

    Raises `UnknownParameter`, `InvalidRequest` or `NotSupported` that names the parameter.
    """
    tests: list[Test] = []
    asked: list[tuple[str, str]] = []
    patients: tuple[int, ...] | None = None
    keys: tuple[int, ...] | None = None
    for name, text in criteria:
        test, predicate = await _one(context, resource_type, name, text)
        if test is None:
            asked.append((name, text))
            continue
        tests.append(test)
        if isinstance(predicate, OfPatient) and patients is None:
            patients = predicate.patients
        elif isinstance(predicate, Keys) and (keys is None or len(predicate.keys) < len(keys)):
            keys = predicate.keys
    return Condition(resource_type, tuple(tests), tuple(asked), patients, keys)


async def _one(
    context: Context, resource_type: str, name: str, text: str
) -> tuple[Test | None, Predicate | None]:
    """A test of one criterion, None where the database must be asked, and its predicate."""
    code, _, modifier = name.partition(":")
    if code.partition(".")[0] in _NOT_HERE or modifier == "text":
        raise NotSupported(f"{code}: a subscription cannot be asked by this parameter")
    own = _own(context, resource_type, code, modifier, text)
    if own is not None:
        return own, None
    predicate = await criterion(context, resource_type, name, text)
    return translated(predicate), predicate


def _own(  # noqa: PLR0911 -- one answer a kind of parameter
    context: Context, resource_type: str, code: str, modifier: str, text: str
) -> Test | None:
    """Tests of what the search answers by a column or a side table."""
    values = [one for one in split_values(text) if one != ""]
    if not values or "." in code or code == "_has":
        return None
    if code == "_id" and not modifier:
        ids = frozenset(unescape(one) for one in values)
        return lambda facts: facts.version.id in ids
    if code == "_lastUpdated" and not modifier:
        return _updated(values)
    parameter = context.parameter(resource_type, code)
    if parameter is None or modifier == "missing":
        return None
    rows = frozenset(one.number for one in context.registry.rows_of(resource_type, code))
    if parameter.type == "date" and not modifier:
        main = code == context.registry.date_parameter(resource_type)
        return _dated(rows, code, values, whole=main)
    if parameter.type == "string" and modifier in {"", "exact", "contains"}:
        return _worded(context, rows, modifier, values)
    return None


def _updated(values: Sequence[str]) -> Test:
    edges = [searched("_lastUpdated", one) for one in values]

    def test(facts: Facts) -> bool:
        moment = (facts.updated, facts.updated)
        return any(_INTERVALS[prefix](moment, (low, high)) for prefix, low, high in edges)

    return test


def _dated(numbers: frozenset[int], code: str, values: Sequence[str], *, whole: bool) -> Test:
    """Dates as the search compares them; of a main date the outer limits."""
    edges = [searched(code, one) for one in values]

    def test(facts: Facts) -> bool:
        had = [(low, high) for number, low, high, _ in facts.rows.dates if number in numbers]
        if whole and had:
            had = [(min(low for low, _ in had), max(high for _, high in had))]
        return any(
            _INTERVALS[prefix](one, (low, high)) for one in had for prefix, low, high in edges
        )

    return test


def _worded(
    context: Context, numbers: frozenset[int], modifier: str, values: Sequence[str]
) -> Test:
    texts = [unescape(one) for one in values]
    exact = frozenset(context.keys(one) for one in texts)
    folded = tuple(normalise(one) for one in texts)
    meets: dict[str, Callable[[str, int], bool]] = {
        "": lambda text, _: text.startswith(folded),
        "exact": lambda _, key: key in exact,
        "contains": lambda text, _: any(one in text for one in folded),
    }
    met = meets[modifier]
    return lambda facts: any(
        number in numbers and met(text, key) for number, text, key, _ in facts.rows.strings
    )


def translated(predicate: Predicate) -> Test | None:  # noqa: C901, PLR0911 -- one case a kind
    """A predicate as a test in memory; None where it holds a join or SQL of its own."""
    match predicate:
        case Everything():
            return lambda _: True
        case Nothing():
            return lambda _: False
        case Keys(keys, _):
            wanted = frozenset(keys)
            return lambda facts: not wanted.isdisjoint(facts.keys)
        case OfPatient(patients):
            people = frozenset(patients)
            return lambda facts: facts.patient in people
        case HasValue(numbers):
            present = frozenset(numbers)
            return lambda facts: not present.isdisjoint(facts.rows.has)
        case Not(part):
            inner = translated(part)
            return None if inner is None else (lambda facts: not inner(facts))
        case All(parts):
            return _joined(parts, all)
        case AnyOf(parts):
            return _joined(parts, any)
        case _:
            return None


def _joined(parts: Sequence[Predicate], join: Callable[..., bool]) -> Test | None:
    tests = [translated(part) for part in parts]
    known = [test for test in tests if test is not None]
    if len(known) != len(tests):
        return None
    return lambda facts: join(test(facts) for test in known)


def read_criteria(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Type and criteria of `Type?name=value&…`; raises `InvalidRequest`."""
    kind, _, query = text.strip().partition("?")
    if kind not in RESOURCE_TYPES:
        raise InvalidRequest("a search such as Encounter?patient=1, or a topic, is expected")
    return kind, criteria_of(query)
