"""The tile of a record, and a CDA as it is read."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime
from typing import Any

import pytest

from cordee.care.documents.cda import Narrative, Section, read_cda
from cordee.care.documents.ports import Content
from cordee.care.documents.tile import read_tile
from cordee.care.record.ports import RecordRows

HERE = "Organization/here"
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def document(day: str, **more: Any) -> dict[str, Any]:
    made = {"resourceType": "DocumentReference", "status": "current", "date": f"{day}T08:00:00Z"}
    return made | more


def visit(end: str | None, where: str = HERE, status: str = "finished") -> dict[str, Any]:
    period = {"start": "2026-01-01T08:00:00Z"} | ({"end": end} if end else {})
    return {"status": status, "serviceProvider": {"reference": where}, "period": period}


def rows(documents: list[Any], encounters: list[Any]) -> RecordRows:
    return RecordRows({}, documents=tuple(documents), encounters=tuple(encounters))


@pytest.mark.requirement("A3.9")
def test_new_is_what_came_since_the_last_visit_here_that_is_over() -> None:
    emergency = {"coding": [{"code": "15507-7"}]}
    found = read_tile(
        rows(
            [
                document("2026-10-01"),
                document("2026-11-02", type=emergency),
                document("2026-11-20"),
                document("2026-11-21", status="entered-in-error"),
                {"resourceType": "DiagnosticReport", "status": "final", "issued": "2026-11-21"},
            ],
            [
                visit("2026-11-01T10:00:00Z"),
                visit("2026-11-15T10:00:00Z", "Organization/there"),
                visit("2026-12-24T10:00:00Z"),
                visit(None, status="in-progress"),
                visit("2026-11-18T10:00:00Z", status="cancelled"),
            ],
        ),
        HERE,
        NOW,
    )

    assert (found.count, found.new, found.is_whole) == (3, 2, True)
    assert found.since == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert found.emergency == date(2026, 11, 2)


@pytest.mark.requirement("A3.9")
def test_without_a_visit_here_nothing_is_called_new() -> None:
    found = read_tile(rows([document("2026-11-02"), document("")], []), "", NOW)

    assert (found.count, found.new, found.since, found.emergency) == (2, 0, None, None)


@pytest.mark.requirement("A3.9")
def test_more_than_a_record_reads_is_said() -> None:
    found = read_tile(rows([document("2026-11-02")] * 300, []), HERE, NOW)

    assert (found.count, found.is_whole) == (300, False)


def test_a_cda_is_read_section_by_section() -> None:
    text = """<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Lettre</title><component>
    <structuredBody><component><section><title>Motif</title><text>Chute <content>hier</content> soir
    <paragraph>À <b>domicile</b></paragraph><list><item>Repos</item></list><table><tbody>
    <tr><th>Na</th><td>140</td></tr></tbody></table></text></section></component></structuredBody>
    </component></ClinicalDocument>"""

    read = read_cda(text.encode())

    lines = ("Chute", "hier", "soir", "À domicile", "Repos", "Na | 140")
    assert read == Narrative("Lettre", (Section("Motif", lines),))


def test_blocks_inside_of_blocks_are_told_once() -> None:
    inside = "<list><item>Un " * 60 + "fond<!-- dit --> du texte" + "</item></list>" * 60
    nested = "<table><tbody><tr><td>a<paragraph>b</paragraph></td></tr></tbody></table>"
    text = f"""<ClinicalDocument xmlns="urn:hl7-org:v3"><component><structuredBody><component>
    <section><text>{inside}<table><tbody><tr><td>{nested}</td><td/></tr></tbody></table></text>
    </section></component></structuredBody></component></ClinicalDocument>"""

    read = read_cda(text.encode())

    lines = ("Un",) * 59 + ("Un fond du texte", "ab | ")
    assert read == Narrative("", (Section("", lines),))


def test_a_cda_may_wrap_a_file() -> None:
    inside = base64.b64encode(b"%PDF-1.4").decode()
    text = (
        '<ClinicalDocument xmlns="urn:hl7-org:v3"><component><nonXMLBody>'
        f'<text mediaType="application/pdf" representation="B64">{inside}</text>'
        "</nonXMLBody></component></ClinicalDocument>"
    )

    assert read_cda(text.encode()) == Content("application/pdf", b"%PDF-1.4")
    assert read_cda(text.replace(inside, "é").encode()) is None
    assert read_cda(b"<html/>") is None
    assert read_cda(b"not xml") is None
