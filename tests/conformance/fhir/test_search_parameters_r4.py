"""Every search parameter of R4, on every example of the specification."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterable
from functools import cache
from typing import Any

import fhirpathpy
import orjson
import pytest
from fhirpathpy.models import models

from cordee.fhir.indexing.extract import Extractor
from cordee.fhir.indexing.intervals import MAX, MIN
from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.indexing.parameters import Registry
from cordee.fhir.model.definitions import RESOURCE_TYPES
from cordee.fhir.path.compiler import compile_path
from cordee.fhir.path.plain import branch_values
from shared_data import shared

EXAMPLES = "data/02-fhir-r4-spec/fhir-r4-examples-half-A.tar.xz"
REGISTRY = Registry.r4()
# The oracle does not know that a Patient is a Resource, cannot cast several values with `as`,
# and has no resolve().
BEYOND_THE_ORACLE = ("Resource.", "resolve()")


@cache
def examples() -> list[dict[str, Any]]:
    found = []
    with tarfile.open(shared(EXAMPLES)) as archive:
        for member in archive:
            handle = archive.extractfile(member) if member.name.endswith(".json") else None
            if handle is not None:
                found.append(orjson.loads(handle.read()))
    return found


def test_every_parameter_of_r4_compiles() -> None:
    compiled = [
        compile_path(parameter.expression)
        for resource_type in sorted(RESOURCE_TYPES)
        for parameter in REGISTRY.of(resource_type).values()
        if parameter.expression
    ]

    assert len(compiled) > 2000


def test_every_example_is_extracted() -> None:
    extract = Extractor(REGISTRY, KeyMaker(b"secret"))
    assert len(examples()) > 400
    for resource in examples():
        found = extract(resource)

        assert len(found.keys) == len(set(found.keys))
        assert len(found.sort_keys) == len(set(found.sort_keys))
        assert all(MIN <= low < high <= MAX for _, low, high, _ in found.dates)
        assert all(low <= high and raw <= top for *_, low, high, _, raw, top in found.quantities)
        known = {p.number for p in REGISTRY.of(resource["resourceType"]).values()}
        assert set(found.has) <= known


def test_plain_paths_find_what_the_whole_language_finds() -> None:
    for resource in examples()[::3]:
        for parameter in REGISTRY.of(resource["resourceType"]).values():
            branches = parameter.branches
            if branches is None or not parameter.expression or parameter.type == "composite":
                continue
            plain = [v for b in branches for v in branch_values(b, resource) if v is not None]
            whole = [v for v in parameter.compiled(resource) if not is_contained(v)]
            assert written(v for v in plain if not is_contained(v)) == written(whole), (
                parameter.name
            )


def is_contained(value: Any) -> bool:
    """Whether a value refers to a contained resource, which plain paths do not look into."""
    return isinstance(value, dict) and str(value.get("reference", "")).startswith("#")


def written(values: Iterable[Any]) -> set[str]:
    return {json.dumps(value, sort_keys=True) for value in values}


@cache
def oracle(expression: str) -> Any:
    return fhirpathpy.compile(expression, models["r4"])


@pytest.mark.filterwarnings("ignore")
def test_values_are_those_of_another_implementation() -> None:
    compared = 0
    for resource in examples()[::4]:
        name = resource["resourceType"]
        for parameter in REGISTRY.of(name).values():
            own = [
                part
                for part in (parameter.expression or "").split(" | ")
                if name in part and not any(word in part for word in BEYOND_THE_ORACLE)
            ]
            if not own or parameter.type == "composite":
                continue
            expression = " | ".join(own)
            try:
                theirs = oracle(expression)(resource)
            except ValueError:
                continue
            compared += 1
            ours = compile_path(expression)(resource)
            assert as_text(ours) == as_text(theirs), (name, expression)

    assert compared > 1300


def as_text(values: list[Any]) -> set[str]:
    """Values with their numbers as text: the oracle turns decimals into text."""
    return {json.dumps(_numbers_as_text(value), sort_keys=True) for value in values}


def _numbers_as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _numbers_as_text(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_numbers_as_text(child) for child in value]
    if isinstance(value, str):
        try:
            return f"{float(value):g}"
        except ValueError:
            return value
    return value if isinstance(value, bool | None) else f"{float(value):g}"
