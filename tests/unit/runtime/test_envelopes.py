"""Envelope keys without a database: what is packed, sealed, bound, wrapped, missing."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from cordee.fhir.store.sealing import to_seal
from cordee.runtime import envelopes, packing
from cordee.runtime.database import single_connection
from cordee.runtime.envelopes import (
    DataKey,
    KeyMissing,
    Ring,
    SealBroken,
    Wrapped,
    key_name,
    opened,
    unwrap,
    wrap,
    wrapping_key,
)

BODY = b'},"name":[{"family":"Exemple","given":["Camille"]}],"gender":"female"}'


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ring:
    made = Ring(tmp_path, lambda: single_connection(""))
    name, box = os.urandom(8), AESGCM(os.urandom(32))
    made._keys[1] = DataKey(1, name, box)
    monkeypatch.setitem(envelopes._known, name, box)
    return made


@given(st.binary(max_size=2000))
def test_what_is_packed_comes_back(plain: bytes) -> None:
    assert packing.unpacked(*packing.packed(plain)) == plain


def test_packing_is_short_for_patients_and_leaves_documents_alone() -> None:
    form, short = packing.packed(BODY)
    assert form == packing.WORDED
    assert len(short) < len(BODY) // 2
    document = b"a" * (packing.LARGEST + 1)
    assert packing.packed(document) == (packing.RAW, document)
    with pytest.raises(ValueError, match="no form 9"):
        packing.unpacked(9, b"")


def test_the_words_of_packing_never_change() -> None:
    digest = hashlib.sha256(packing._WORDS).hexdigest()

    assert digest == "8d0f0d48b454484bf416cc0b0a9adaf8edc1be953787b1bef238773b91070bdf"


@pytest.mark.requirement("A6.2")
@given(st.binary(max_size=500))
def test_what_is_sealed_opens_in_its_place_alone(plain: bytes) -> None:
    ring = Ring(Path(), lambda: single_connection(""))
    name, box = os.urandom(8), AESGCM(os.urandom(32))
    ring._keys[1] = DataKey(1, name, box)
    envelopes._known[name] = box

    number, sealed = ring.seal(plain, "Patient/a/1")

    assert (number, key_name(sealed)) == (1, name)
    assert opened(sealed, "Patient/a/1") == plain
    for place in ("Patient/a/2", "Patient/b/1", "Person/a/1"):
        with pytest.raises(SealBroken):
            opened(sealed, place)


@pytest.mark.requirement("A6.2")
@given(st.binary(max_size=500))
def test_what_is_sealed_again_is_packed_as_it_was(plain: bytes) -> None:
    ring = Ring(Path(), lambda: single_connection(""))
    keys = [DataKey(number, os.urandom(8), AESGCM(os.urandom(32))) for number in (1, 2)]
    for one in keys:
        envelopes._known[one.name] = one.box
    ring._keys[1] = keys[0]
    _, sealed = ring.seal(plain, "call/a")
    ring._keys[2] = keys[1]

    number, again = ring.seal_again(sealed, "call/a")

    assert (number, key_name(again)) == (2, ring.current.name)
    assert (len(again), again[0]) == (len(sealed), sealed[0])
    assert opened(again, "call/a") == opened(sealed, "call/a") == plain
    with pytest.raises(SealBroken):
        ring.seal_again(sealed, "call/b")


@pytest.mark.requirement("A6.2")
def test_any_changed_byte_is_noticed(ring: Ring) -> None:
    _, sealed = ring.seal(BODY, "Patient/a/1")

    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises((SealBroken, KeyMissing)):
            opened(bytes(changed), "Patient/a/1")
    for length in range(len(sealed)):
        with pytest.raises((SealBroken, KeyMissing)):
            opened(sealed[:length], "Patient/a/1")


@pytest.mark.requirement("A6.2")
def test_no_two_seals_are_alike(ring: Ring) -> None:
    sealed = [ring.seal(BODY, "Patient/a/1")[1] for _ in range(50)]

    assert len(set(sealed)) == 50
    assert len({one[9:21] for one in sealed}) == 50


@pytest.mark.requirement("A6.2")
def test_a_wrapped_key_opens_in_its_row_alone(tmp_path: Path) -> None:
    key = wrapping_key(tmp_path, "body-1.key", make=True)
    assert (tmp_path / "body-1.key").stat().st_mode & 0o777 == 0o600
    wrapped = wrap(key, 1, b"namename", b"k" * 32)

    assert b"k" * 32 not in wrapped
    assert unwrap(tmp_path, Wrapped(1, b"namename", wrapped, "body-1.key")) == b"k" * 32
    for row in (
        Wrapped(2, b"namename", wrapped, "body-1.key"),
        Wrapped(1, b"another.", wrapped, "body-1.key"),
    ):
        with pytest.raises(KeyMissing, match="data key"):
            unwrap(tmp_path, row)
    with pytest.raises(KeyMissing, match=r"body-2\.key: this key wraps"):
        unwrap(tmp_path, Wrapped(1, b"namename", wrapped, "body-2.key"))
    assert not (tmp_path / "body-2.key").exists()


@pytest.mark.parametrize(
    ("kind", "labels", "body", "sealed"),
    [
        ("Patient", 0, b"}}", True), ("RelatedPerson", 0, b"}}", True), ("Person", 0, b"}}", True),
        ("Binary", 0, b"}}", True), ("Coverage", 0, b"}}", True), ("Bundle", 0, b"}}", True),
        ("Practitioner", 0, b"}}", False), ("Observation", 0, b"}}", False),
        ("Observation", 1, b"}}", True), ("Observation", 2, b"}}", True),
        ("Observation", 4, b"}}", True), ("Observation", 8, b"}}", False),
        ("Patient", 16384, b"}}", False),
        ("DocumentReference", 0, b'},"content":[{"attachment":{"data" : "QQ=="}}]}', True),
        ("DocumentReference", 0, b'},"content":[{"attachment":{"url":"Binary/1"}}]}', False),
        ("Observation", 0, b'},"valueSampledData":{"data":"1 2 3"}}', False),
        ("Observation", 0, b'},"contained":[{"resourceType": "Patient","id":"a"}]}', True),
        ("Observation", 0, b'},"contained":[{"resourceType":"Device","id":"a"}]}', False),
    ],
)  # fmt: skip
@pytest.mark.requirement("A6.2")
def test_what_is_to_be_sealed(kind: str, labels: int, body: bytes, sealed: bool) -> None:
    assert to_seal(kind, labels, body) is sealed
