"""What is said of a document: each problem, formats by their bytes, the lot that writes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from cordee.access.matrix import catalogue
from cordee.care.documents.lots import category_of, lot, type_concept, withdrawal
from cordee.care.documents.metadata import Submission, guessed_media, problems, sha1
from cordee.care.documents.ports import REASONS, Content, DmpRefused
from cordee.care.documents.received import read_lot, read_simplified
from cordee.care.documents.vocabulary import CLASS_OF, LARGEST, LOT, SIMPLIFIED
from cordee.identity.ins.statuses import Status
from cordee.runtime.errors import InvalidRequest, ResourceInvalid

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
PDF = b"%PDF-1.7"
CDA = b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>'


def submission(**more: Any) -> Submission:
    known = {
        "type": "11488-4", "title": "CR", "date": NOW, "author": "Practitioner/a",
        "structure": "Organization/o", "content": Content("application/pdf", PDF),
        "unique_id": "urn:oid:2.25.1",
    }  # fmt: skip
    return Submission(**(known | more))


def test_a_right_submission_has_no_problem() -> None:
    assert list(problems(submission(size=len(PDF), hash=sha1(PDF)), NOW)) == []


@pytest.mark.requirement("A3.8")
@pytest.mark.parametrize(
    ("more", "element"),
    [
        ({"type": ""}, "type"),
        ({"title": "x" * 201}, "title"),
        ({"date": None}, "date"),
        ({"date": NOW + timedelta(hours=1)}, "date"),
        ({"date": datetime(1850, 1, 1, tzinfo=UTC)}, "date"),
        ({"author": "", "structure": ""}, "author"),
        ({"label": "U"}, "securityLabel"),
        ({"unique_id": ""}, "masterIdentifier"),
        ({"content": Content("application/pdf", b"")}, "content"),
        ({"content": Content("application/pdf", b"%PDF-" + bytes(LARGEST))}, "content"),
        ({"content": Content("text/html", b"<p>")}, "content"),
        ({"content": Content("image/png", PDF)}, "content"),
        ({"content": Content("application/xml", b"<a/>")}, "content"),
        ({"content": Content("text/plain", b"\xff\xfe")}, "content"),
        ({"size": 1}, "size"),
        ({"hash": b"x"}, "hash"),
    ],
)
def test_each_problem_names_its_element(more: dict[str, Any], element: str) -> None:
    assert [where for where, _ in problems(submission(**more), NOW)] == [element]


@pytest.mark.parametrize(
    ("data", "said", "media"),
    [
        (PDF, "text/plain", "application/pdf"), (CDA, "text/plain", "application/xml"),
        (b"Bonjour", "text/plain; charset=utf-8", "text/plain"),
        (b"\xff\xd8\xff\xe0", "", "image/jpeg"), (b"MZ", "application/pdf", "application/pdf"),
    ],
)  # fmt: skip
def test_a_file_is_what_its_first_bytes_say(data: bytes, said: str, media: str) -> None:
    assert guessed_media(data, said) == media


@pytest.mark.requirement("A3.8")
def test_every_type_has_a_class_and_is_found_again() -> None:
    assert set(catalogue().category_of.values()) <= CLASS_OF.keys()
    for code, category in catalogue().category_of.items():
        assert category_of({"type": type_concept(code)}) == category
    assert category_of({"type": {"coding": [{"code": "x"}]}}) == ""


@pytest.mark.requirement("A3.8")
def test_a_lot_binds_its_file_and_says_the_identity_without_any_trait() -> None:
    made = orjson.loads(lot(submission(label="R"), "p", Status.PROV, "old"))

    document, binary, change = (one["resource"] for one in made["entry"])
    assert binary["securityContext"]["reference"] == made["entry"][0]["fullUrl"]
    assert document["content"][0]["attachment"]["url"] == made["entry"][1]["fullUrl"]
    assert document["relatesTo"][0]["target"]["reference"] == "DocumentReference/old"
    assert document["meta"]["security"][0]["code"] == "R"
    source = document["contained"][0]
    assert source.keys() == {"resourceType", "id", "extension"}
    assert source["extension"][0]["extension"][0]["valueCoding"]["code"] == "PROV"
    assert change["parameter"][0]["part"][2]["valueCode"] == "superseded"
    assert b"entered-in-error" in withdrawal("old")


def test_every_reason_is_a_sentence() -> None:
    assert all(text.endswith(".") and text[0].isupper() for text in REASONS.values())
    assert DmpRefused("no-dmp").message == REASONS["no-dmp"]


_json = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3)
    | some.dictionaries(
        some.sampled_from(
            ["resourceType", "content", "attachment", "type", "coding", "author", "contained",
             "relatesTo", "target", "subject", "date", "meta", "identifier", "securityLabel"]
        ),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150)
@given(_json)
def test_no_shape_of_a_document_is_more_than_refused(value: Any) -> None:
    document = value if isinstance(value, dict) else {"content": value}
    document |= {"resourceType": "DocumentReference", "meta": {"profile": [SIMPLIFIED]}}
    entry = {"resource": document, "request": {"method": "POST", "url": "DocumentReference"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "meta": {"profile": [LOT]}}

    with pytest.raises((ResourceInvalid, InvalidRequest)):
        read_simplified(document, NOW)
    with pytest.raises((ResourceInvalid, InvalidRequest)):
        read_lot(bundle | {"entry": [entry]}, NOW)
