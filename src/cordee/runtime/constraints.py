"""Rules that the tables hold: what a refused row means to whoever wrote it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

import asyncpg

from cordee.runtime.errors import RuleBroken


@contextlib.contextmanager
def table_rules(reasons: Mapping[str, str]) -> Iterator[None]:
    """Within it, a row that a check or a key refuses raises `RuleBroken`.

    `reasons` are sentences by the name of the constraint, "" for every other one.
    """
    try:
        yield
    except (asyncpg.CheckViolationError, asyncpg.UniqueViolationError) as error:
        name = str(error.as_dict().get("constraint_name") or "")
        raise RuleBroken(reasons.get(name) or reasons[""]) from error
