from __future__ import annotations

import pytest

from cordee.fhir.model.digits import Number, read_json, write_json
from cordee.runtime.errors import InvalidRequest


def test_numbers_keep_their_digits():
    body = b'{"a":1.50,"b":[0.0,-1e-7,12345678901234567890,1.000000000000000000001]}'

    assert write_json(read_json(body)) == body


def test_numbers_compare_by_value_and_never_equal_text():
    assert Number("1.0") == Number("1")
    assert hash(Number("1.0")) == hash(Number("1"))
    assert Number("10") != "10"


def test_a_value_too_deep_to_write_is_refused():
    deep = []
    for _ in range(300):
        deep = [deep]

    with pytest.raises(InvalidRequest):
        write_json(deep)


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"a":NaN}', b'{"a":1,"a":2}', b"\xff", b"[" * 100_000]
)
def test_bad_json_is_refused(body):
    with pytest.raises(InvalidRequest):
        read_json(body)
