"""`_include` and `_revinclude` as lateral pieces over the rows of a page, iterated where asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import LiteralString

from cordee.fhir.model.definitions import RESOURCE_TYPES, type_number
from cordee.fhir.search.clauses.context import Context, targets_of
from cordee.fhir.search.compile.builder import Builder
from cordee.fhir.search.query import Inclusion
from cordee.fhir.store.partitions import table, type_condition

_FEW = 4


def problem(context: Context, one: Inclusion) -> str | None:
    """What is wrong with an inclusion, None when it can be followed."""
    if one.code == "*":
        return None
    name = "_revinclude" if one.reverse else "_include"
    parameter = context.parameter(one.source, one.code)
    if parameter is None or parameter.type != "reference":
        return f"{name}: {one.source} has no reference parameter {one.code}"
    if one.target and parameter.targets and one.target not in parameter.targets:
        return f"{name}: {one.source}.{one.code} never refers to a {one.target}"
    return None


def pieces(
    context: Context, builder: Builder, inclusions: Sequence[Inclusion], types: Sequence[str]
) -> list[str]:
    """SELECTs of (type, rid) that are lateral to a source row named s."""
    found: list[str] = []
    for one in inclusions:
        found += (
            _reverse(context, builder, one, types)
            if one.reverse
            else _forward(context, builder, one)
        )
    return found


def reached(context: Context, inclusions: Sequence[Inclusion]) -> list[str]:
    """Tables that what is included can lie in: few are named, else the one of all types."""
    kinds: set[str] = set()
    for one in inclusions:
        if one.reverse:
            kinds |= RESOURCE_TYPES if one.source == "*" else {one.source}
        else:
            kinds |= set(_targets(context, one) or RESOURCE_TYPES)
    tables = sorted({table(kind) for kind in kinds})
    return tables if len(tables) <= _FEW else ["resource"]


def _targets(context: Context, one: Inclusion) -> tuple[str, ...]:
    """Types that an inclusion forward may reach; empty where it may be any."""
    if one.target:
        return (one.target,)
    return () if one.code == "*" else targets_of(context.parameters(one.source)[one.code])


def _forward(context: Context, builder: Builder, one: Inclusion) -> list[str]:
    scope = _open(context, builder)
    targets = _targets(context, one)
    source = "" if one.source == "*" else f" AND s.type = {type_number(one.source)}"
    wanted = [kind for kind in targets or sorted(RESOURCE_TYPES) if context.scope.may("r", kind)]
    if one.code != "*" and len(wanted) <= _FEW:
        return [
            f"SELECT t.type, t.rid FROM unnest(s.refs) f JOIN {table(kind)} t ON "
            f"{type_condition(kind, 't')} AND t.id = substr(f, {len(one.code) + len(kind) + 3})"
            f" WHERE starts_with(f, {builder.add(f'{one.code}>{kind}/', 'text')})"
            f"{source} AND {scope}"
            for kind in wanted
        ]
    stems = "TRUE"
    if one.code != "*":
        stems = f"starts_with(f, {builder.add(one.code + '>', 'text')})"
    names = builder.add(wanted, "text[]")
    numbers = builder.add([type_number(kind) for kind in wanted], "int2[]")
    return [
        "SELECT t.type, t.rid FROM (SELECT split_part(f, '>', 2) AS ref FROM unnest(s.refs) f"
        f" WHERE {stems}) g JOIN unnest({names}, {numbers}) n(name, number)"
        " ON n.name = split_part(g.ref, '/', 1) JOIN resource t ON t.type = n.number"
        f" AND t.id = split_part(g.ref, '/', 2) WHERE {scope}{source}"
    ]


def _reverse(context: Context, builder: Builder, one: Inclusion, types: Sequence[str]) -> list[str]:
    """Who refers to the row: one piece for the patient column, one for the keys of each table."""
    sources = sorted(RESOURCE_TYPES) if one.source == "*" else [one.source]
    targets = {one.target} if one.target else set(RESOURCE_TYPES if one.iterate else types)
    scope = _open(context, builder)
    named = f" AND s.type = {type_number(one.target)}" if one.target else ""
    by_patient: dict[LiteralString, list[str]] = {}
    salts: dict[LiteralString, list[int]] = {}
    for kind in sources:
        if not context.scope.may("r", kind):
            continue
        for code in _referring(context, kind, one.code, targets):
            if code in context.registry.patient_parameters(kind) and "Patient" in targets:
                by_patient.setdefault(table(kind), []).append(kind)
            salts.setdefault(table(kind), []).append(context.keys(f"{kind}.{code}"))
    patient = type_number("Patient")
    found = [
        f"SELECT t.type, t.rid FROM {rows} t WHERE {_of_types(kinds)} AND s.type = {patient}"
        f" AND t.pat = s.ent AND {scope}{named}"
        for rows, kinds in by_patient.items()
    ]
    for rows, numbers in salts.items():
        found.append(_by_keys(builder, rows, numbers) + f" AND {scope}{named}")
    return found


def _open(context: Context, builder: Builder) -> str:
    """What a row t must meet to be sent."""
    seen = context.in_scope(None).sql(builder, "t")
    return f"{seen} AND {context.limits_sql('r', 't')}" if context.limits else seen


def _referring(context: Context, source: str, code: str, targets: set[str]) -> Iterable[str]:
    """Reference parameters of a type that may name one of the targets: one, or all for `*`."""
    if code != "*":
        return [code]
    return [
        name
        for name, parameter in context.parameters(source).items()
        if parameter.type == "reference"
        and (not parameter.targets or set(parameter.targets) & targets)
    ]


def _of_types(kinds: Sequence[str]) -> str:
    numbers = sorted({type_number(kind) for kind in kinds})
    if len(numbers) == 1:
        return f"t.type = {numbers[0]}"
    return f"t.type IN ({', '.join(map(str, numbers))})"


def _by_keys(builder: Builder, rows: LiteralString, salts: Sequence[int]) -> str:
    """Rows of a table that refer to s; a key holds the name of its type, so none is asked for.

    OFFSET 0: the keys are made once for each s, then the index is asked.
    """
    if len(salts) == 1:
        salt = builder.add(salts[0])
        return f"SELECT t.type, t.rid FROM {rows} t WHERE t.idx @> ARRAY[s.ent # {salt}]"
    all_of_them = builder.add(list(salts), "int8[]")
    return (
        f"SELECT t.type, t.rid FROM (SELECT array_agg(s.ent # n.salt) AS keys FROM"
        f" unnest({all_of_them}) n(salt) OFFSET 0) k, {rows} t WHERE t.idx && k.keys"
    )
