"""The comparisons and the people as splink has them, on DuckDB. Batch only: needs splink.

Rule: style guide 1: splink, and DuckDB through it, in batch matching only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields
from typing import Any, Final

import duckdb
import pyarrow as pa
from splink import DuckDBAPI, Linker, SettingsCreator
from splink.comparison_level_library import CustomLevel, ElseLevel
from splink.comparison_library import CustomComparison

from cordee.identity.matching.levels import COMPARISONS, KIN_SQL, Comparison
from cordee.identity.matching.people import Prepared
from cordee.identity.matching.weights import Weights

COLUMNS: Final = tuple(field.name for field in fields(Prepared))
NUMBER: Final = "number"
_LISTS: Final = frozenset({"family_words", "given_words"})


def table(people: Sequence[Prepared]) -> pa.Table:
    """One row a person, in the order given; `number` is its place."""
    columns = zip(*(astuple(one) for one in people), strict=True)
    named: dict[str, Any] = {NUMBER: pa.array(range(len(people)))}
    for name, values in zip(COLUMNS, columns, strict=True):
        kind = pa.list_(pa.string()) if name in _LISTS else pa.string()
        named[name] = pa.array(values, kind)
    return pa.table(named)


def linker(people: Sequence[Prepared], settings: SettingsCreator) -> Linker:
    """A linker over the people, in memory."""
    database = DuckDBAPI(connection=duckdb.connect(":memory:"))
    return Linker(database.register(table(people)), settings, log_level=None)


def settings(weights: Weights | None, *, population: int) -> SettingsCreator:
    """The settings of splink for our comparisons, with m and u where they are known.

    To learn (no weights yet) households are compared too: splink learns no comparison that
    reads a column on which the pairs were chosen.
    """
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[_comparison(one, weights) for one in COMPARISONS],
        # No rule: pairs are learnt from by rules of their own, and predicted from our keys.
        blocking_rules_to_generate_predictions=[],
        probability_two_random_records_match=1 / population,
        unique_id_column_name=NUMBER,
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=True,
        max_iterations=60,
    )


def with_frequencies(made: Linker, frequencies: Mapping[str, Mapping[str, float]]) -> None:
    """Tell a linker how frequent names are, instead of letting it count."""
    for column, shares in frequencies.items():
        counted = pa.table(
            {column: pa.array(list(shares)), f"tf_{column}": pa.array(list(shares.values()))}
        )
        registered = made._db_api.register(counted)  # its only door
        made.table_management.register_term_frequency_lookup(registered, column)


def _comparison(comparison: Comparison, weights: Weights | None) -> CustomComparison:
    silent_sql = comparison.silent_sql
    if weights and comparison.is_of_household:
        silent_sql = f"{silent_sql} or {KIN_SQL}"
    silent = CustomLevel(silent_sql, "silent").configure(is_null_level=True)
    levels: list[Any] = [silent]
    for level in comparison.levels:
        made = ElseLevel() if level.sql == "ELSE" else CustomLevel(level.sql, level.name)
        options: dict[str, Any] = {}
        if comparison.frequency and level is comparison.levels[0]:
            options["tf_adjustment_column"] = comparison.frequency
        if weights:
            odds = weights.odds[comparison.name][level.name]
            options |= {"m_probability": odds.m, "u_probability": odds.u}
        levels.append(made.configure(**options) if options else made)
    return CustomComparison(levels, output_column_name=comparison.name)
