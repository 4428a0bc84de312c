"""Rows on their way to the columns of a view: scanned, unrolled, united; printed as SQL; pure."""

from __future__ import annotations

from dataclasses import dataclass

from cordee.population.views.dialects import Dialect
from cordee.population.views.terms import Term, op


@dataclass(frozen=True, slots=True)
class Scan:
    """The resources that a view looks at, those that fulfil all conditions."""

    table: str
    conditions: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Unrolled:
    """One row for each item of a list; with `is_kept` also one for an empty list.

    `index` names the column of its place from zero, where that is asked for.
    """

    source: Relation
    items: Term
    name: str
    index: str
    is_kept: bool


@dataclass(frozen=True, slots=True)
class Branch:
    """Rows with columns that bear the names of the union that they belong to."""

    source: Relation
    columns: tuple[tuple[str, Term], ...]


@dataclass(frozen=True, slots=True)
class United:
    """The rows of all branches; each begins with `base`, which is computed once."""

    base: Relation
    name: str
    branches: tuple[Branch, ...]
    carried: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """The rows of a base that was given a name."""

    name: str


Relation = Scan | Unrolled | United | Named


@dataclass(slots=True)
class Printer:
    """Writes relations in the SQL of an engine. `columns` are those of the resources."""

    dialect: Dialect
    columns: tuple[str, ...]

    def sql(self, relation: Relation) -> str:
        """A SELECT that gives the rows."""
        if isinstance(relation, Scan):
            return self._scan(relation)
        if isinstance(relation, Unrolled):
            return self._unrolled(relation)
        if isinstance(relation, United):
            return self._united(relation)
        return f"SELECT * FROM {relation.name}"

    def _scan(self, scan: Scan) -> str:
        names = ", ".join(map(self.dialect.name_of, self.columns))
        criteria = " AND ".join(map(self.dialect.sql, scan.conditions))
        return f"SELECT {names} FROM {scan.table}" + (f" WHERE {criteria}" if criteria else "")

    def _unrolled(self, unrolled: Unrolled) -> str:
        inner, print_ = f"({self.sql(unrolled.source)})", self.dialect.sql
        name, index = unrolled.name, unrolled.index
        if self.dialect.lateral:
            outer = "OUTER " if unrolled.is_kept else ""
            view = f"posexplode({print_(unrolled.items)}) AS {index or 'at_' + name}, {name}"
            return f"SELECT * FROM {inner} LATERAL VIEW {outer}{view}"
        items = unrolled.items
        if unrolled.is_kept:
            none = op("less", op("size", items), op("number", "1"))
            items = op("when", none, op("list", op("null")), items)
        more = f", unnest(range(len({print_(items)}))) AS {index}" if index else ""
        return f"SELECT *, unnest({print_(items)}) AS {name}{more} FROM {inner}"

    def _united(self, united: United) -> str:
        carried = [*map(self.dialect.name_of, self.columns), *united.carried]
        parts = []
        for branch in united.branches:
            given = [f"{self.dialect.sql(term)} AS {name}" for name, term in branch.columns]
            parts.append(f"SELECT {', '.join(carried + given)} FROM ({self.sql(branch.source)})")
        return f"WITH {united.name} AS ({self.sql(united.base)}) " + " UNION ALL ".join(parts)
