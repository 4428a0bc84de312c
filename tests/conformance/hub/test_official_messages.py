"""The official messages of the Hub: read, judged, written back in JSON and XML; failing ones refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from lxml import etree

from cordee.formats.hub.envelope import Addressing, Envelope, make, read, write
from cordee.formats.hub.judging import OwnModel, Schemas
from cordee.formats.hub.kinds import BY_KEY, HEADER_KEYS
from cordee.formats.hub.xml import read_xml, write_xml
from cordee.runtime.errors import InvalidRequest
from shared_data import shared

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
_IN = "content[0].jsonContent.embeddedJsonContent.message"
REFUSALS: dict[str, set[str]] = {
    "EDXL-DE/completely-missing-RC-DE": {
        f"{_IN}: '{name}' is a required property" for name in HEADER_KEYS
    },
    "EDXL-DE/error-in-RC-DE": {f"{_IN}: 'recipient' is a required property"},
    "EDXL-DE/error-in-envelope": {
        "message: 'dateTimeSent' is a required property",
        "message: additional properties are not allowed (_errordateTimeSent)",
        "descriptor: 'language' is a required property",
        "descriptor: additional properties are not allowed"
        " (_errorlanguage, _errorUnknownProperty, _errorExplicitAddress)",
        "descriptor.explicitAddress: 'explicitAddressScheme' is a required property",
        "descriptor.explicitAddress: 'explicitAddressValue' is a required property",
        "descriptor.explicitAddress: additional properties are not allowed"
        " (_errorexplicitAddressScheme, _errorexplicitAddressValue, _errorUnknownProperty)",
    },
    "EDXL-DE/missing-EDXL-required-field": {
        "message: 'distributionID' is a required property",
        "descriptor.explicitAddress: 'explicitAddressValue' is a required property",
    },
    "EDXL-DE/multiple-errors-in-RC-DE": {
        f"{_IN}: '{name}' is a required property" for name in ("kind", "status", "recipient")
    },
    "EDXL-DE/multiple-errors-in-content": {
        f"{_IN}.technical: 'requiredStringField' is a required property",
        f"{_IN}.technical: 'requiredArray' is a required property",
        f"{_IN}.technical: additional properties are not allowed (_errorproperty1)",
    },
    "EDXL-DE/multiple-errors-in-envelope": {
        "message: 'senderID' is a required property",
        "message: 'distributionID' is a required property",
        "message: 'descriptor' is a required property",
        "message: additional properties are not allowed"
        " (_errordistributionID, _errorsenderID, _errordescriptor)",
    },
    "EDXL-DE/no-schemas": {f"{_IN}: no known kind of message"},
    "EDXL-DE/too-many-schemas": {
        f"{_IN}: more than one kind of message: technical, technicalNoreq"
    },
    "EDXL-DE/unknown-property-deep": {
        f"{_IN}.technical: additional properties are not allowed (unexpectedUnknownProperty)"
    },
    "TECHNICAL/missing-required-field": {
        "message: 'requiredStringField' is a required property",
        "message: 'requiredArray' is a required property",
    },
    "TECHNICAL_NOREQ/doesnt-pass-regex-validation": {
        "phoneNumberField: does not match '^\\+?[0-9]{2,14}$'",
        "dateField: does not match '^\\d{4}-\\d{2}-\\d{2}$'",
        "emailField: does not match '^[a-zA-Z0-9_.-]+@([a-zA-Z0-9_-]+\\.)+[a-zA-Z0-9_-]{2,4}$'",
        "datetimeField: does not match"
        " '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}[\\-+]\\d{2}:\\d{2}$'",
        "datetimeField: is not a date-time",
    },
    "TECHNICAL_NOREQ/expected-object": {
        "objectField: is not of type 'object'",
        "objectLevel1: is not of type 'object'",
    },
    "TECHNICAL_NOREQ/expected-primitive": {
        "optionalStringField: is not of type 'string'",
        "integerField: is not of type 'integer'",
        "booleanField: is not of type 'boolean'",
        "numberField: is not of type 'number'",
    },
    "TECHNICAL_NOREQ/expected-smaller-array": {"arrayWithMaxLength: breaks maxItems 5"},
    "TECHNICAL_NOREQ/unknown-property": {
        "message: additional properties are not allowed (unknownField)"
    },
}


@pytest.fixture(scope="module")
def hub() -> Path:
    return shared("specs/ig/samu-hub")


@pytest.fixture(scope="module")
def schemas(hub: Path) -> Schemas:
    return Schemas(hub / "json-schema")


def examples(hub: Path) -> list[Path]:
    found = sorted((hub / "sample" / "examples").glob("*/*.json"))
    assert len(found) > 60
    return found


def enveloped(body: dict[str, Any]) -> Envelope:
    """The envelope in which the Hub would carry an example, which is a body alone."""
    ((key, held),) = body.items()
    told = Addressing(
        "fr.health.samuA_1", "fr.health.samuA", "fr.health.samuB", NOW, NOW + timedelta(hours=1)
    )
    return make(told, BY_KEY[key].name, held)


@pytest.mark.requirement("C2.7")
def test_each_example_is_valid_and_comes_back_without_loss(hub: Path, schemas: Schemas) -> None:
    for path in examples(hub):
        body = orjson.loads(path.read_bytes())
        envelope = enveloped(body)

        again = read(write(envelope))

        assert again.document == envelope.document, path.name
        assert again.message_kind is not None, path.name
        assert {again.message_kind.key: again.body} == body, path.name
        assert schemas.problems(again) == (), path.name
        assert OwnModel().problems(again) == (), path.name


def test_each_example_goes_through_xml_and_back(hub: Path, schemas: Schemas) -> None:
    for path in examples(hub):
        envelope = enveloped(orjson.loads(path.read_bytes()))

        sent = write_xml(envelope)
        came = read_xml(sent, schemas)

        assert came.document == envelope.document, path.name
        again = write_xml(came)
        assert etree.tostring(etree.fromstring(again), method="c14n") == etree.tostring(
            etree.fromstring(sent), method="c14n"
        ), path.name


@pytest.mark.parametrize("name", sorted(REFUSALS))
def test_a_failing_example_is_refused_for_its_reason(
    hub: Path, schemas: Schemas, name: str
) -> None:
    data = (hub / "sample" / "failing" / f"{name}.json").read_bytes()
    folder = name.partition("/")[0]

    if folder == "EDXL-DE":
        found = schemas.problems(read(data))
    else:
        found = schemas.body_problems(folder, orjson.loads(data))

    assert {str(one) for one in found} == REFUSALS[name]


def test_every_failing_example_is_in_the_table(hub: Path) -> None:
    root = hub / "sample" / "failing"
    assert {str(p.relative_to(root).with_suffix("")) for p in root.glob("*/*.json")} == set(
        REFUSALS
    )


def test_the_valid_technical_examples_pass(hub: Path, schemas: Schemas) -> None:
    found = sorted((hub / "sample" / "valid" / "TECHNICAL").glob("*.json"))
    assert found
    for path in found:
        assert schemas.body_problems("TECHNICAL", orjson.loads(path.read_bytes())) == (), path.name


def test_a_case_on_the_older_model_is_refused_and_no_value_is_told(
    hub: Path, schemas: Schemas
) -> None:
    for path in sorted((hub / "test-cases").rglob("*.json")):
        data = orjson.loads(path.read_bytes())
        body = data.get("createCaseHealth") or data
        found = [str(one) for one in schemas.body_problems("RS-EDA", body)]
        assert any(one.startswith("interventionType: is not one of") for one in found), found
        assert not any("Primaire" in one for one in found)


def test_a_folder_without_a_schema_is_not_taken(tmp_path: Path, hub: Path) -> None:
    for path in (hub / "json-schema").glob("*.json"):
        if not path.name.startswith("RS-RR"):
            (tmp_path / path.name).write_bytes(path.read_bytes())

    with pytest.raises(InvalidRequest, match="RS-RR"):
        Schemas(tmp_path)
