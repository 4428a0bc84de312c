from __future__ import annotations

import pytest

from cordee.fhir.validation.validate import validate

DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'


def codes(**members):
    return [issue.code for issue in validate({"resourceType": "Patient", **members})]


@pytest.mark.parametrize(
    ("extension", "code"),
    [
        (
            {"url": "u", "valueString": "x", "extension": [{"url": "v", "valueCode": "c"}]},
            "extension",
        ),
        ({"url": "u"}, "extension"),
        ({"valueString": "x"}, "required"),
        ({"url": "u", "valueString": "x", "valueCode": "c"}, "structure"),
        ({"url": "u", "valuePatient": "x"}, "structure"),
    ],
)
def test_malformed_extensions_are_refused(extension, code):
    assert code in codes(extension=[extension])


def test_an_extension_has_a_value_or_extensions():
    assert not codes(extension=[{"url": "u", "valueString": "x"}])
    assert not codes(extension=[{"url": "u", "extension": [{"url": "v", "valueCode": "c"}]}])
    assert not codes(extension=[{"url": "u", "valueString": "b", "_valueString": {"id": "a"}}])


@pytest.mark.parametrize(
    "content",
    [
        "<p>Bonjour &amp; merci<br/></p>",
        '<table border="1"><tr><td style="color: red">é</td></tr></table>',
        '<a href="#p1" xml:lang="fr">x</a><!-- note -->',
        '<img src="data:image/png;base64,AA==" alt="x"/>',
    ],
)
def test_plain_narratives_are_accepted(content):
    assert not codes(text={"status": "generated", "div": DIV.format(content)})


@pytest.mark.parametrize(
    "div",
    [
        DIV.format("<script>alert(1)</script>"),
        DIV.format('<p onclick="alert(1)">x</p>'),
        DIV.format('<a href=" javascript:alert(1)">x</a>'),
        DIV.format("<iframe/>x"),
        DIV.format("<form>x</form>"),
        DIV.format("<p>x"),
        DIV.format("&nbsp;x"),
        DIV.format("  "),
        "<div>x</div>",
        "text",
        '<!DOCTYPE div [<!ENTITY a "b">]>' + DIV.format("&a;"),
        '<p xmlns="http://www.w3.org/1999/xhtml">x</p>',
    ],
)
def test_active_or_broken_narratives_are_refused(div):
    assert len(codes(text={"status": "generated", "div": div})) == 1


def test_a_required_concept_needs_one_coding_of_its_value_set():
    def condition(**status):
        return validate(
            {"resourceType": "Condition", "subject": {"display": "x"}, "clinicalStatus": status}
        )

    system = "http://terminology.hl7.org/CodeSystem/condition-clinical"

    assert not condition(coding=[{"code": "local"}, {"system": system, "code": "active"}])
    assert condition(coding=[{"system": system, "code": "x"}])[0].code == "code-invalid"
    assert condition(text="active")[0].code == "code-invalid"
