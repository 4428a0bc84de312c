"""Token parameters: codes, identifiers, booleans."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cordee.fhir.indexing.parameters import Parameter
from cordee.fhir.indexing.tokens import compact
from cordee.fhir.model.text import normalise
from cordee.fhir.search.clauses.context import Asked, Context, refuse_modifier
from cordee.fhir.search.clauses.strings import text_rows
from cordee.fhir.search.compile.predicates import Keys, Not, Nothing, Predicate
from cordee.fhir.search.values import split_values, system_and_code, unescape
from cordee.runtime.errors import InvalidRequest

_PHONES = frozenset({"phone", "telecom", "fax"})
_NUMBER = re.compile(r"\+?[\d\s.()/-]+")


async def token(
    context: Context,
    asked: Asked,
) -> Predicate:
    """Condition of a token parameter with its modifier; values are alternatives."""
    parameter, modifier, values = asked.parameter, asked.modifier, asked.values
    resource_type = asked.type
    match modifier:
        case None:
            return plain(context, resource_type, parameter, values)
        case "not":
            return Not(plain(context, resource_type, parameter, values))
        case "text":
            return text_rows(context, resource_type, parameter, values)
        case "of-type":
            return _of_type(context, parameter, values)
        case "in" | "not-in":
            members = await _members(context, parameter, values)
            inside = _coded(context, resource_type, parameter, members)
            return inside if modifier == "in" else Not(inside)
        case "below" | "above":
            codes = await _relatives(context, parameter, modifier, values)
            return _coded(context, resource_type, parameter, codes)
        case _:
            raise refuse_modifier(parameter, modifier)


def plain(
    context: Context, resource_type: str, parameter: Parameter, values: Iterable[str]
) -> Keys:
    """Keys of `system|code`, `code`, `system|` and `|code`."""
    wanted = [system_and_code(value) for value in values]
    if parameter.code in _PHONES:
        wanted += [(system, compact(code)) for system, code in wanted if _NUMBER.fullmatch(code)]
    if any(not code and not system for system, code in wanted):
        raise InvalidRequest(f"{parameter.code}: a code is expected, such as system|code")
    stems = [rows.name for rows in context.registry.rows_of(resource_type, parameter.code)]
    keys = tuple(
        dict.fromkeys(
            context.keys(key_text(stem, system, code)) for stem in stems for system, code in wanted
        )
    )
    sortable = (
        len(stems) == 1
        and parameter.code in context.registry.code_parameters(resource_type)
        and all(code and system != "" for system, code in wanted)
    )
    return Keys(keys, sortable)


def key_text(stem: str, system: str | None, code: str) -> str:
    """What is hashed for a token: the code is folded, the system is not."""
    folded = code.casefold()
    return f"{stem}={folded}" if system is None else f"{stem}={system}|{folded}"


def _coded(
    context: Context, resource_type: str, parameter: Parameter, codes: Iterable[tuple[str, str]]
) -> Predicate:
    keys = tuple(
        context.keys(key_text(rows.name, system, code))
        for rows in context.registry.rows_of(resource_type, parameter.code)
        for system, code in sorted(codes)
    )
    return Keys(keys) if keys else Nothing()


def _of_type(context: Context, parameter: Parameter, values: Sequence[str]) -> Predicate:
    stem = parameter.name
    keys: list[int] = []
    for value in values:
        parts = [unescape(part) for part in split_values(value, "|")]
        if len(parts) != 3 or not all(parts):  # noqa: PLR2004 -- system, code, value
            raise InvalidRequest(
                f"{parameter.code}:of-type: three parts are expected, type-system|type-code|value"
            )
        system, code, wanted = parts
        keys.append(context.keys(f"{stem}:of-type={system}|{code.casefold()}|{wanted.casefold()}"))
    return Keys(tuple(keys))


async def _members(
    context: Context, parameter: Parameter, values: Sequence[str]
) -> frozenset[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for value in values:
        members = await context.terminology.members(unescape(value))
        if members is None:
            raise InvalidRequest(
                f"{parameter.code}:in: this value set is not held here or cannot be listed"
            )
        found |= members
    return frozenset(found)


async def _relatives(
    context: Context, parameter: Parameter, modifier: str, values: Sequence[str]
) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for value in values:
        system, code = system_and_code(value)
        if not system or not code:
            raise InvalidRequest(f"{parameter.code}:{modifier}: system|code is expected")
        walk = context.terminology.below if modifier == "below" else context.terminology.above
        found += [(system, other) for other in await walk(system, code)]
    return found


def folded(text: str) -> str:
    """Text as string parameters compare it."""
    return normalise(unescape(text))
