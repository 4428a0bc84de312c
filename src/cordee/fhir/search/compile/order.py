"""The order of a page, and the condition that starts the next one (keyset paging)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cordee.fhir.indexing.keys import KeyMaker, token_texts
from cordee.fhir.indexing.parameters import Parameter, Registry
from cordee.fhir.search.compile.builder import Builder
from cordee.fhir.search.query import SortKey
from cordee.runtime.errors import InvalidRequest, NotSupported

_SIMPLE = re.compile(r"^\(?(?P<type>[A-Z]\w+)(?P<path>(\.[a-z]\w*)+)\)?$")
_SCALAR = ' ? (@.type() != "object")'
_GENDERS: Final = ("female", "male", "other", "unknown")
_BOOLEANS: Final = ("false", "true")
_USES: Final = ("billing", "home", "old", "temp", "work")
_FEW_CODES: Final[dict[str, tuple[str, ...]]] = {
    **{f"{kind}.gender": _GENDERS for kind in ("Patient", "Person", "RelatedPerson")},
    **{f"{kind}.address-use": _USES for kind in ("Patient", "Person", "RelatedPerson")},
    **{f"{kind}.active": _BOOLEANS for kind in ("Patient", "RelatedPerson")},
    "Coverage.status": ("active", "cancelled", "draft", "entered-in-error"),
}
"""Codes of parameters, in their order, by which types that are sealed are sorted."""
_JSON = 'convert_from(\'{"meta":{"versionId":""\'::bytea || r.body, \'UTF8\')::jsonb'


@dataclass(frozen=True, slots=True)
class OrderColumn:
    """One sort expression over alias r, its SQL type, whether it may be missing.

    `path` is where in the body it is read, where the index does not have it.
    """

    expression: str
    cast: str
    descending: bool
    nullable: bool
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """All sort expressions; the row id ends every order, so that it is total."""

    columns: tuple[OrderColumn, ...]
    descending_tie: bool

    @property
    def by_date(self) -> bool:
        """True for the order that the covering indexes have."""
        return len(self.columns) == 1 and self.columns[0].expression == "r.sd"

    @property
    def by_update(self) -> bool:
        """True for the order of the journal."""
        return len(self.columns) == 1 and self.columns[0].expression == "r.upd"


BY_DATE = Order((OrderColumn("r.sd", "timestamptz", descending=True, nullable=False),), True)


def order_of(
    registry: Registry, keys: KeyMaker, resource_type: str, sort: Sequence[SortKey]
) -> Order:
    """Order that `_sort` asks for; newest first by main date when it does not.

    Raises `InvalidRequest` for an unknown parameter, `NotSupported` for what has no order here.
    """
    if not sort:
        return BY_DATE
    columns = tuple(_column(registry, keys, resource_type, key) for key in sort)
    return Order(columns, columns[-1].descending)


def _column(registry: Registry, keys: KeyMaker, resource_type: str, key: SortKey) -> OrderColumn:
    if key.code == "_score":
        raise NotSupported("_sort: nothing is scored here; sort by _lastUpdated or a date")
    if key.code == "_id":
        return OrderColumn("r.id", "text", key.descending, nullable=False)
    if key.code == "_lastUpdated":
        return OrderColumn("r.upd", "timestamptz", key.descending, nullable=False)
    parameter = registry.of(resource_type).get(key.code)
    if parameter is None:
        raise InvalidRequest(f"_sort: {resource_type} has no search parameter {key.code}")
    if key.code == registry.date_parameter(resource_type):
        return OrderColumn("r.sd", "timestamptz", key.descending, nullable=False)
    numbers = ", ".join(str(one.number) for one in registry.rows_of(resource_type, key.code))
    side = _side(parameter, key.descending)
    if side is not None:
        table, value, cast = side
        expression = (
            f"(SELECT {value} FROM {table} x WHERE x.rid = r.rid AND x.param IN ({numbers}))"
        )
        return OrderColumn(expression, cast, key.descending, nullable=True)
    if parameter.type == "reference":
        edge = "max" if key.descending else "min"
        found = (
            f"(SELECT {edge}(f) FROM unnest(r.refs) f WHERE starts_with(f, '{parameter.code}>'))"
        )
        return OrderColumn(found, "text", key.descending, nullable=True)
    return _coded_column(parameter, keys, resource_type, descending=key.descending)


def _side(parameter: Parameter, descending: bool) -> tuple[str, str, str] | None:
    match parameter.type:
        case "date":
            return "sp_date", "max(x.hi)" if descending else "min(x.lo)", "timestamptz"
        case "string" | "uri":
            return "sp_str", "max(x.v)" if descending else "min(x.v)", "text"
        case "number" | "quantity":
            return "sp_qty", "max(x.rawhi)" if descending else "min(x.rawlo)", "float8"
        case _:
            return None


def _coded_column(
    parameter: Parameter, keys: KeyMaker, resource_type: str, *, descending: bool
) -> OrderColumn:
    codes = _FEW_CODES.get(parameter.name)
    if codes is not None:
        text = _keyed_text(codes, parameter, keys)
        return OrderColumn(text, "text", descending, nullable=True)
    path = _json_path(parameter, resource_type)
    return OrderColumn(_json_text(path), "text", descending, nullable=True, path=path)


def _keyed_text(codes: Sequence[str], parameter: Parameter, keys: KeyMaker) -> str:
    """Codes of a type whose bodies are sealed, where there are few: by their keys in the index."""
    tests = " ".join(
        f"WHEN r.idx @> ARRAY[{keys(text)}::int8] THEN '{code}'"
        for code in codes
        for text in token_texts(parameter.name, None, code)[:1]
    )
    return f"CASE {tests} END"


def _json_path(parameter: Parameter, resource_type: str) -> tuple[str, ...]:
    """Tokens have no text in the index: where in the body the first code is taken from."""
    for part in (parameter.expression or "").split("|"):
        match = _SIMPLE.match(part.strip())
        if match and match["type"] in {resource_type, "Resource", "DomainResource"}:
            return tuple(match["path"][1:].split("."))
    raise NotSupported(f"_sort: {parameter.code} cannot be sorted by")


def _json_text(path: tuple[str, ...]) -> str:
    """The first code of a body in clear; sealed ones are opened by `search.opening`."""
    place = ".".join(("$", *path))
    tries = ", ".join(
        f"jsonb_path_query_first(j, '{place}{tail}')"
        for tail in (".coding.code", ".code", ".value", _SCALAR)
    )
    return (
        f"CASE WHEN r.dict = 0 THEN (SELECT lower(coalesce({tries}) #>> '{{}}')"
        f" FROM (SELECT {_JSON} AS j) b) END"
    )


def order_by(order: Order, names: Sequence[str], tie: str) -> str:
    """Text after ORDER BY, over the given column names."""
    parts: list[str] = []
    for column, name in zip(order.columns, names, strict=True):
        if column.nullable:
            parts.append(f"({name} IS NULL)")
        parts.append(f"{name}{' DESC' if column.descending else ''}")
    parts.append(f"{tie}{' DESC' if order.descending_tie else ''}")
    return ", ".join(parts)


def after(
    order: Order, names: Sequence[str], tie: str, values: Sequence[str | None], builder: Builder
) -> str:
    """Condition of the rows that come after the row with these sort values."""
    if len(values) != len(order.columns) + 1:
        raise InvalidRequest("_cursor: follow the links of the page as they are")
    tie_value = f"{builder.add(values[-1], 'text')}::int8"
    if len(order.columns) == 1 and order.columns[0].descending == order.descending_tie:
        column = order.columns[0]
        if not column.nullable:
            sign = "<" if column.descending else ">"
            value = f"{builder.add(values[0], 'text')}::{column.cast}"
            return f"({names[0]}, {tie}) {sign} ({value}, {tie_value})"
    same: list[str] = []
    alternatives: list[str] = []
    for column, name, given in zip(order.columns, names, values[:-1], strict=True):
        value = f"{builder.add(given, 'text')}::{column.cast}"
        sign = "<" if column.descending else ">"
        beyond = f"{name} {sign} {value}"
        if column.nullable:
            beyond = "FALSE" if given is None else f"({beyond} OR {name} IS NULL)"
        alternatives.append(" AND ".join([*same, beyond]))
        same.append(f"{name} IS NOT DISTINCT FROM {value}")
    sign = "<" if order.descending_tie else ">"
    alternatives.append(" AND ".join([*same, f"{tie} {sign} {tie_value}"]))
    return "(" + " OR ".join(f"({one})" for one in alternatives) + ")"
