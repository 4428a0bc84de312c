from __future__ import annotations

import orjson
import pytest

from cordee.fhir.model.xml import json_to_xml, xml_to_json
from cordee.runtime.errors import InvalidRequest

XML = """<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment -->
<Patient xmlns="http://hl7.org/fhir">
  <id value="p1"/>
  <text>
    <status value="generated"/>
    <div xmlns="http://www.w3.org/1999/xhtml"><p>Né à <b>Nîmes</b> &amp; Arles</p></div>
  </text>
  <contained>
    <Organization>
      <id value="o1"/>
      <name value="CHU&#10;Nord"/>
    </Organization>
  </contained>
  <extension url="http://example.org/weight">
    <valueDecimal value="1.50"/>
  </extension>
  <active value="true"/>
  <name id="n1">
    <given value="Anne"/>
    <given id="g2">
      <extension url="http://example.org/why"><valueCode value="unknown"/></extension>
    </given>
    <given value="Marie"/>
  </name>
  <birthDate value="1980-02-03"><extension url="u"><valueInteger value="7"/></extension></birthDate>
  <managingOrganization><reference value="#o1"/></managingOrganization>
</Patient>
""".encode()

JSON = {
    "resourceType": "Patient",
    "id": "p1",
    "text": {
        "status": "generated",
        "div": '<div xmlns="http://www.w3.org/1999/xhtml">'
        "<p>Né à <b>Nîmes</b> &amp; Arles</p></div>",
    },
    "contained": [{"resourceType": "Organization", "id": "o1", "name": "CHU\nNord"}],
    "extension": [{"url": "http://example.org/weight", "valueDecimal": 1.5}],
    "active": True,
    "name": [
        {
            "id": "n1",
            "given": ["Anne", None, "Marie"],
            "_given": [
                None,
                {
                    "id": "g2",
                    "extension": [{"url": "http://example.org/why", "valueCode": "unknown"}],
                },
                None,
            ],
        }
    ],
    "birthDate": "1980-02-03",
    "_birthDate": {"extension": [{"url": "u", "valueInteger": 7}]},
    "managingOrganization": {"reference": "#o1"},
}


def test_xml_becomes_json():
    body = xml_to_json(XML)

    assert orjson.loads(body) == JSON
    assert b'"valueDecimal":1.50' in body


def test_json_becomes_xml_and_back():
    again = xml_to_json(json_to_xml(xml_to_json(XML)))

    assert again == xml_to_json(XML)


def test_elements_are_written_in_the_order_of_the_specification():
    body = json_to_xml(b'{"resourceType":"Patient","birthDate":"1980","active":true,"id":"a"}')

    assert body.index(b"<id") < body.index(b"<active") < body.index(b"<birthDate")


def test_a_prefixed_document_gives_the_same_json():
    body = (
        b'<f:Patient xmlns:f="http://hl7.org/fhir" xmlns:h="http://www.w3.org/1999/xhtml"><f:text>'
        b'<f:status value="generated"/><h:div>a<h:b id="x">c</h:b>d</h:div></f:text></f:Patient>'
    )

    assert orjson.loads(xml_to_json(body))["text"]["div"] == (
        '<div xmlns="http://www.w3.org/1999/xhtml">a<b id="x">c</b>d</div>'
    )


def patient(content):
    return f'<Patient xmlns="http://hl7.org/fhir">{content}</Patient>'.encode()


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (b"<Patient", "well-formed"),
        (b"<Patient/>", "root element"),
        (b'<Martian xmlns="http://hl7.org/fhir"/>', "root element"),
        (patient("<foo value='1'/>"), "Patient: <foo>"),
        (patient("<name><foo/></name>"), "Patient.name[0]: <foo>"),
        (patient("<active value='true' foo='1'/>"), "Patient.active"),
        (patient("<active value='true'/><active value='true'/>"), "Patient.active"),
        (patient("text"), "Patient"),
        (patient("<contained/>"), "Patient.contained[0]"),
        (patient("<name foo='a'/>"), "Patient.name[0]"),
        (patient("<id value='a'><name/></id>"), "Patient.id"),
        (
            b'<!DOCTYPE Patient [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
            b'<Patient xmlns="http://hl7.org/fhir"><id value="b"/></Patient>',
            "DOCTYPE",
        ),
        ('<!DOCTYPE Patient><Patient xmlns="http://hl7.org/fhir"/>'.encode("utf-16"), "DOCTYPE"),
    ],
)
def test_bad_xml_is_refused_with_its_path(body, part):
    with pytest.raises(InvalidRequest) as caught:
        xml_to_json(body)

    assert part in caught.value.message


def test_no_entity_is_read_from_outside():
    body = (
        b'<!DOCTYPE Patient [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
        b'<Patient xmlns="http://hl7.org/fhir"><text>&a;</text></Patient>'
    )

    with pytest.raises(InvalidRequest):
        xml_to_json(body)


def test_values_that_break_their_format_are_left_to_validation():
    body = xml_to_json(patient("<active value='maybe'/><multipleBirthInteger value='01'/>"))

    assert orjson.loads(body) == {
        "resourceType": "Patient",
        "active": "maybe",
        "multipleBirthInteger": "01",
    }


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'{"resourceType":"Martian"}',
        b'{"resourceType":"Patient","foo":1}',
        b'{"resourceType":"Patient","name":{}}',
        b'{"resourceType":"Patient","name":["x"]}',
        b'{"resourceType":"Patient","id":"\\u0000"}',
        b'{"resourceType":"Patient","birthDate":{}}',
        b'{"resourceType":"Patient","contained":[{}]}',
        b'{"resourceType":"Patient","text":{"div":"<div>"}}',
    ],
)
def test_json_that_breaks_the_definitions_is_refused(body):
    with pytest.raises(InvalidRequest):
        json_to_xml(body)


def test_a_deep_nest_is_refused_without_a_crash():
    deep = b'{"url":"u","extension":[' * 2000
    body = b'{"resourceType":"Patient","extension":[' + deep + b"]}" * 2000 + b"]}"

    with pytest.raises(InvalidRequest):
        json_to_xml(body)
    with pytest.raises(InvalidRequest):
        xml_to_json(patient("<extension url='u'>" * 2000 + "</extension>" * 2000))


def test_an_entity_bomb_is_refused():
    entities = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    body = f'<!DOCTYPE p [<!ENTITY a0 "x">{entities}]><Patient><id value="&a11;"/></Patient>'

    with pytest.raises(InvalidRequest):
        xml_to_json(body.encode())
