from __future__ import annotations

import pytest

from cordee.fhir.validation.narrative import check_narrative

DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'


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
    assert not check_narrative(DIV.format(content))


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
    assert len(check_narrative(div)) == 1
