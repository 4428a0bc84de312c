"""`_include` and `_revinclude` as lateral pieces over the rows of a page, iterated where asked."""

from __future__ import annotations

from collections.abc import Sequence

from cordee.fhir.model.definitions import RESOURCE_TYPES, type_number
from cordee.fhir.search.clauses.context import Context, targets_of
from cordee.fhir.search.compile.builder import Builder
from cordee.fhir.search.query import Inclusion
from cordee.fhir.store.partitions import table, type_condition
from cordee.runtime.errors import NotSupported

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


def _forward(context: Context, builder: Builder, one: Inclusion) -> list[str]:
    scope = context.in_scope().sql(builder, "t")
    targets = (one.target,) if one.target else ()
    if one.code != "*":
        targets = targets or targets_of(context.parameters(one.source)[one.code])
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
    if one.source == "*":
        raise NotSupported("_revinclude: name the type, as in Observation:subject or Observation:*")
    if not context.scope.may("r", one.source):
        return []
    codes = [one.code]
    if one.code == "*":
        codes = [
            code
            for code, parameter in context.parameters(one.source).items()
            if parameter.type == "reference"
            and (not parameter.targets or set(parameter.targets) & set(types))
        ]
    found: list[str] = []
    scope = context.in_scope().sql(builder, "t")
    for code in codes:
        start = f"SELECT t.type, t.rid FROM {table(one.source)} t WHERE "
        kind = type_condition(one.source, "t")
        if code in context.registry.patient_parameters(one.source):
            patient = type_number("Patient")
            found.append(f"{start}{kind} AND s.type = {patient} AND t.pat = s.pat AND {scope}")
        salt = builder.add(context.keys(f"{one.source}.{code}"))
        found.append(f"{start}{kind} AND t.idx @> ARRAY[s.ent # {salt}] AND {scope}")
    return found
