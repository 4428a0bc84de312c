"""How each engine writes the operations of `views.terms`; pure.

A name is quoted by its engine, a text by doubling what would end it: nothing of a view definition
reaches SQL otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cordee.population.views.shapes import Shape, scalar
from cordee.population.views.terms import Term

_COMMON: Final[Mapping[str, str]] = {
    "null": "NULL",
    "true": "TRUE",
    "false": "FALSE",
    "number": "{0}",
    "variable": "{0}",
    "row": "{0}",
    "and": "({0} AND {1})",
    "or": "({0} OR {1})",
    "not": "(NOT {0})",
    "is-null": "({0} IS NULL)",
    "is-there": "({0} IS NOT NULL)",
    "equal": "({0} = {1})",
    "unequal": "({0} <> {1})",
    "less": "({0} < {1})",
    "at-most": "({0} <= {1})",
    "plus": "({0} + {1})",
    "minus": "({0} - {1})",
    "times": "({0} * {1})",
    "quotient": "(CAST({0} AS DOUBLE) / NULLIF({1}, 0))",
    "modulo": "({0} % NULLIF({1}, 0))",
    "negative": "(- {0})",
    "joined": "concat({0}, {1})",
    "when": "CASE WHEN {0} THEN {1} ELSE {2} END",
    "or-else": "coalesce({0}, {1})",
    "none-if": "nullif({0}, {1})",
    "least": "least({0}, {1})",
    "upper": "upper({0})",
    "lower": "lower({0})",
    "trimmed": "trim({0})",
    "length": "length({0})",
    "left": "left({0}, {1})",
    "part": "substring({0}, {1}, {2})",
    "replaced": "replace({0}, {1}, {2})",
    "absolute": "abs({0})",
    "round": "round({0}, {1})",
    "ceiling": "CAST(ceil({0}) AS BIGINT)",
    "floor": "CAST(floor({0}) AS BIGINT)",
    "power": "power({0}, {1})",
    "month-end": "last_day(CAST({0} AS DATE))",
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """The SQL of one engine: its operations, its types, its quotes."""

    name: str
    operations: Mapping[str, str]
    types: Mapping[str, str]
    quote: str
    escapes: str = ""
    lateral: bool = False

    def sql(self, term: Term) -> str:
        """A term as an expression."""
        if term.name == "text":
            return self.text(str(term.arguments[0]))
        if term.name == "column":
            return self.name_of(str(term.arguments[0]))
        if term.name == "field":
            return f"{self._printed(term.arguments[0])}.{self.name_of(str(term.arguments[1]))}"
        if term.name == "pack":
            return self._packed(term)
        return self.operations[term.name].format(*map(self._printed, term.arguments))

    def text(self, value: str) -> str:
        """A quoted text."""
        for one in self.escapes:
            value = value.replace(one, one * 2)
        return "'" + value.replace("'", "''" if "\\" not in self.escapes else "\\'") + "'"

    def listed(self, column: str) -> str:
        """The different values of a column of a group in their order, joined by a plus."""
        name = self.name_of(column)
        if self.name == "duckdb":
            return f"array_to_string(list_sort(list_distinct(list({name}))), '+')"
        return f"array_join(array_sort(collect_set({name})), '+')"

    def name_of(self, name: str) -> str:
        """A quoted name."""
        return self.quote + name.replace(self.quote, self.quote * 2) + self.quote

    def type_of(self, shape: Shape) -> str:
        """The type that holds what is read of an element."""
        inner = self._struct(shape) if shape.fields else self.types[scalar(shape)]
        return self.types["list"].format(inner) if shape.many else inner

    def _packed(self, term: Term) -> str:
        names, terms = term.arguments[::2], term.arguments[1::2]
        one = self.operations["packed"]
        given = (
            one.format(name, self._printed(value)) for name, value in zip(names, terms, strict=True)
        )
        return self.operations["pack"].format(", ".join(given))

    def _struct(self, shape: Shape) -> str:
        fields = ", ".join(
            self.types["field"].format(self.name_of(name), self.type_of(one))
            for name, one in shape.fields.items()
        )
        return self.types["struct"].format(fields)

    def _printed(self, argument: Term | str) -> str:
        return argument if isinstance(argument, str) else self.sql(argument)


DUCKDB: Final = Dialect(
    "duckdb",
    {
        **_COMMON,
        "cast-text": "CAST({0} AS VARCHAR)",
        "cast-double": "TRY_CAST({0} AS DOUBLE)",
        "cast-integer": "TRY_CAST({0} AS INTEGER)",
        "cast-decimal": "TRY_CAST({0} AS DECIMAL(38, 12))",
        "instant": "epoch_us(TRY_CAST({0} AS TIMESTAMPTZ))",
        "whole-quotient": "CAST(trunc({0} / NULLIF({1}, 0)) AS BIGINT)",
        "starts": "starts_with({0}, {1})",
        "ends": "ends_with({0}, {1})",
        "holds": "contains({0}, {1})",
        "matches": "regexp_matches({0}, {1})",
        "captured": "regexp_extract({0}, {1}, {2})",
        "transform": "list_transform({0}, lambda {1}: {2})",
        "filter": "list_filter({0}, lambda {1}: {2})",
        "compact": "list_filter({0}, lambda z: z IS NOT NULL)",
        "flatten": "flatten({0})",
        "size": "coalesce(len({0}), 0)",
        "at": "({0})[({1}) + 1]",
        "last": "({0})[-1]",
        "list": "[{0}]",
        "nothing": "[]",
        "concatenated": "list_concat(coalesce({0}, []), coalesce({1}, []))",
        "distinct": "list_distinct({0})",
        "member": "list_contains({0}, {1})",
        "words": "coalesce(array_to_string({0}, {1}), '')",
        "tail": "list_slice({0}, 2, len({0}))",
        "sum": "list_sum({0})",
        "refuse": "error({0})",
        "pack": "struct_pack({})",
        "packed": "{0} := {1}",
    },
    {
        "text": "VARCHAR",
        "boolean": "BOOLEAN",
        "integer": "INTEGER",
        "long": "BIGINT",
        "double": "DOUBLE",
        "list": "{0}[]",
        "struct": "STRUCT({0})",
        "field": "{0} {1}",
    },
    '"',
)

SPARK: Final = Dialect(
    "spark",
    {
        **_COMMON,
        "cast-text": "CAST({0} AS STRING)",
        "cast-double": "try_cast({0} AS DOUBLE)",
        "cast-integer": "try_cast({0} AS INT)",
        "cast-decimal": "try_cast({0} AS DECIMAL(38, 12))",
        "instant": "unix_micros(try_cast({0} AS TIMESTAMP))",
        "whole-quotient": "({0} DIV NULLIF({1}, 0))",
        "starts": "startswith({0}, {1})",
        "ends": "endswith({0}, {1})",
        "holds": "contains({0}, {1})",
        "matches": "regexp_like({0}, {1})",
        "captured": "regexp_extract({0}, {1}, {2})",
        "transform": "transform({0}, {1} -> {2})",
        "filter": "filter({0}, {1} -> {2})",
        "compact": "array_compact({0})",
        "flatten": "flatten({0})",
        "size": "coalesce(array_size({0}), 0)",
        "at": "get({0}, {1})",
        "last": "try_element_at({0}, -1)",
        "list": "array({0})",
        "nothing": "array()",
        "concatenated": "concat(coalesce({0}, array()), coalesce({1}, array()))",
        "distinct": "array_distinct({0})",
        "member": "array_contains({0}, {1})",
        "words": "coalesce(array_join({0}, {1}), '')",
        "tail": "slice({0}, 2, greatest(array_size({0}) - 1, 0))",
        "sum": "aggregate({0}, CAST(0 AS DOUBLE), (s, z) -> s + z)",
        "refuse": "raise_error({0})",
        "pack": "named_struct({})",
        "packed": "'{0}', {1}",
    },
    {
        "text": "STRING",
        "boolean": "BOOLEAN",
        "integer": "INT",
        "long": "BIGINT",
        "double": "DOUBLE",
        "list": "ARRAY<{0}>",
        "struct": "STRUCT<{0}>",
        "field": "{0}: {1}",
    },
    "`",
    "\\",
    lateral=True,
)
