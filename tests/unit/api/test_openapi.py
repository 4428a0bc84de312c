"""The OpenAPI document says what is registered."""

from __future__ import annotations

import orjson

from cordee.api.openapi import openapi_document
from cordee.fhir.indexing.parameters import Registry
from cordee.fhir.model.definitions import RESOURCE_TYPES


def test_every_type_has_its_search_with_its_parameters() -> None:
    registry = Registry.r4()

    document = orjson.loads(openapi_document(registry, "http://cordee.example/fhir"))

    for name in RESOURCE_TYPES:
        parameters = {one["name"] for one in document["paths"][f"/{name}"]["get"]["parameters"]}
        assert set(registry.of(name)) <= parameters


def test_only_the_capability_statement_needs_no_token() -> None:
    document = orjson.loads(openapi_document(Registry.r4(), "http://cordee.example/fhir"))

    free = [
        (path, method)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if operation.get("security") == []
    ]
    assert free == [("/metadata", "get")]
    assert document["security"] == [{"bearer": []}]


def test_operation_ids_are_unique() -> None:
    document = orjson.loads(openapi_document(Registry.r4(), "http://cordee.example/fhir"))

    ids = [
        operation["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
    ]
    assert len(ids) == len(set(ids))
