"""A ViewDefinition, read and checked: what is wrong is said with its path before anything runs.

Rule: https://sql-on-fhir.org/ig/StructureDefinition/ViewDefinition (v2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NoReturn

from cordee.fhir.model.definitions import RESOURCE_TYPES, is_primitive
from cordee.runtime.errors import InvalidRequest

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_DEEPEST: Final = 20
_MOST: Final = 500
_UNROLLS: Final = ("forEach", "forEachOrNull", "repeat")
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a view gives; `is_collection` gives all values of the path as a list."""

    name: str
    path: str
    kind: str
    is_collection: bool
    place: str


@dataclass(frozen=True, slots=True)
class Select:
    """A part of a view: for each item of `paths`, its columns beside those of its parts.

    `unrolling` is "", "forEach", "forEachOrNull" or "repeat".
    """

    unrolling: str
    paths: tuple[str, ...]
    columns: tuple[Column, ...]
    selects: tuple[Select, ...]
    branches: tuple[Select, ...]
    place: str


@dataclass(frozen=True, slots=True)
class View:
    """A view over one resource type."""

    name: str
    resource: str
    constants: Mapping[str, tuple[str, str | int | bool | Decimal]]
    where: tuple[str, ...]
    select: Select


def read(document: Json) -> View:
    """The view of a ViewDefinition; raises `InvalidRequest` with the path of what is wrong."""
    resource = document.get("resource")
    if resource not in RESOURCE_TYPES:
        refuse("the resource type of a view is one of R4", "resource")
    parts = _list(document, "select", "ViewDefinition")
    if not parts:
        refuse("a view selects something", "select")
    selects = tuple(_select(one, f"select[{at}]", 0) for at, one in enumerate(parts))
    names = [one for part in selects for one in names_of(part)]
    if doubled := sorted({one for one in names if names.count(one) > 1}):
        refuse(f"the column {doubled[0]} stands twice", "select")
    if not names or len(names) > _MOST:
        refuse(f"a view has 1 to {_MOST} columns", "select")
    where = tuple(
        _text(one, "path", f"where[{at}]")
        for at, one in enumerate(_list(document, "where", "ViewDefinition"))
    )
    whole = Select("", (), (), selects, (), "select")
    return View(str(document.get("name") or ""), resource, _constants(document), where, whole)


def names_of(select: Select) -> list[str]:
    """The names of the columns of a part, in their order: its own, its parts', its branches'."""
    names = [one.name for one in select.columns]
    names += [one for part in select.selects for one in names_of(part)]
    return names + (names_of(select.branches[0]) if select.branches else [])


def refuse(why: str, place: str) -> NoReturn:
    """Raises `InvalidRequest` at a place of the view."""
    raise InvalidRequest(why, expression=(f"ViewDefinition.{place}",))


def _select(part: Any, place: str, depth: int) -> Select:
    if not isinstance(part, Mapping) or depth > _DEEPEST:
        refuse("this is no part of a view", place)
    unrolling, paths = _unrolling(part, place)
    columns = tuple(
        _column(one, f"{place}.column[{at}]") for at, one in enumerate(_list(part, "column", place))
    )
    selects, branches = (
        tuple(
            _select(one, f"{place}.{name}[{at}]", depth + 1)
            for at, one in enumerate(_list(part, name, place))
        )
        for name in ("select", "unionAll")
    )
    if not (columns or selects or branches):
        refuse("a part gives columns, parts or a union", place)
    if any(names_of(one) != names_of(branches[0]) for one in branches):
        refuse("the branches of a union give the same columns in the same order", place)
    return Select(unrolling, paths, columns, selects, branches, place)


def _unrolling(part: Json, place: str) -> tuple[str, tuple[str, ...]]:
    given = [one for one in _UNROLLS if one in part]
    if len(given) > 1:
        refuse("only one of forEach, forEachOrNull and repeat", place)
    if not given:
        return "", ()
    if given[0] != "repeat":
        return given[0], (_text(part, given[0], place),)
    paths = _list(part, "repeat", place)
    if not paths or not all(isinstance(one, str) and one for one in paths):
        refuse("repeat is a list of paths", f"{place}.repeat")
    return "repeat", tuple(paths)


def _column(part: Any, place: str) -> Column:
    name, path = _text(part, "name", place), _text(part, "path", place)
    if not _NAME.fullmatch(name):
        refuse("the name of a column has letters, digits and _, a letter first", f"{place}.name")
    kind = part.get("type", "")
    if not isinstance(kind, str):
        refuse("the type of a column is a text", f"{place}.type")
    kind = kind.rsplit("/", 1)[-1]
    if kind and not is_primitive(kind):
        refuse(f"{kind} is no primitive type", f"{place}.type")
    return Column(name, path, kind, part.get("collection") is True, place)


def _constants(document: Json) -> dict[str, tuple[str, str | int | bool | Decimal]]:
    found: dict[str, tuple[str, str | int | bool | Decimal]] = {}
    for at, one in enumerate(_list(document, "constant", "ViewDefinition")):
        place = f"constant[{at}]"
        name = _text(one, "name", place)
        values = [key for key in one if key.startswith("value")]
        if not _NAME.fullmatch(name) or len(values) != 1:
            refuse("a constant has a name and one value", place)
        value = one[values[0]]
        kind = values[0][5:6].lower() + values[0][6:]
        if not is_primitive(kind) or not isinstance(value, (str, int, float, bool, Decimal)):
            refuse("the value of a constant is a primitive", f"{place}.{values[0]}")
        found[name] = (kind, Decimal(repr(value)) if isinstance(value, float) else value)
    return found


def _list(part: Json, name: str, place: str) -> Sequence[Any]:
    found = part.get(name, [])
    if not isinstance(found, list):
        refuse("this is a list", f"{place}.{name}")
    return found


def _text(part: Any, name: str, place: str) -> str:
    found = part.get(name) if isinstance(part, Mapping) else None
    if not isinstance(found, str) or not found:
        refuse("a text is missing", f"{place}.{name}")
    return found
