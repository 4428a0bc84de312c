from __future__ import annotations

import orjson
import pytest

from cordee.fhir.patch.json_patch import apply_json_patch
from cordee.runtime.errors import InvalidRequest, RuleBroken, TooCostly

PATIENT = b'{"resourceType":"Patient","id":"p","name":[{"given":["A","B"]}],"active":true}'


def patched(*operations, resource=PATIENT):
    return orjson.loads(apply_json_patch(resource, orjson.dumps(operations)))


def test_decimals_keep_their_digits():
    resource = b'{"resourceType":"Observation","valueQuantity":{"value":1.50}}'
    patch = (
        b'[{"op":"test","path":"/valueQuantity/value","value":1.5},'
        b'{"op":"add","path":"/valueQuantity/unit","value":"g"},'
        b'{"op":"add","path":"/referenceRange","value":[{"low":{"value":0.10}}]}]'
    )

    assert apply_json_patch(resource, patch) == (
        b'{"resourceType":"Observation","valueQuantity":{"value":1.50,"unit":"g"},'
        b'"referenceRange":[{"low":{"value":0.10}}]}'
    )


def test_what_a_removal_leaves_empty_goes_too():
    assert "name" not in patched(
        {"op": "remove", "path": "/name/0/given/0"}, {"op": "remove", "path": "/name/0/given/0"}
    )
    moved = patched({"op": "move", "from": "/name/0/given", "path": "/name/0/prefix"})
    assert moved["name"] == [{"prefix": ["A", "B"]}]


def test_an_emptied_list_may_be_filled_again():
    result = patched(
        {"op": "remove", "path": "/name/0"},
        {"op": "add", "path": "/name/-", "value": {"text": "C"}},
    )

    assert result["name"] == [{"text": "C"}]


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/active", "value": False},
        {"op": "test", "path": "/active", "value": 1},
        {"op": "test", "path": "/absent", "value": 1},
        {"op": "remove", "path": "/absent"},
        {"op": "replace", "path": "/absent", "value": 1},
        {"op": "add", "path": "/name/9", "value": {}},
        {"op": "add", "path": "/name/x", "value": {}},
        {"op": "copy", "from": "/absent", "path": "/active"},
        {"op": "add", "path": "/a/b/c", "value": 1},
    ],
)
def test_a_patch_that_does_not_fit_breaks_a_rule(operation):
    with pytest.raises(RuleBroken):
        patched(operation)


@pytest.mark.parametrize(
    "patch",
    [
        b"",
        b"{}",
        b"[1]",
        b'[{"op":"frobnicate","path":"/a"}]',
        b'[{"op":"add","path":"/a"}]',
        b'[{"op":"remove"}]',
        b'[{"op":"remove","path":"a"}]',
        b'[{"op":"remove","path":1}]',
        b'[{"op":"move","path":"/a"}]',
        b'[{"op":["add"],"path":"/a"}]',
    ],
)
def test_a_malformed_patch_is_an_invalid_request(patch):
    with pytest.raises(InvalidRequest):
        apply_json_patch(PATIENT, patch)


def test_copies_cannot_fill_the_memory():
    copies = [{"op": "copy", "from": "/name", "path": "/name/-"}] * 40

    with pytest.raises(TooCostly):
        patched(*copies)
