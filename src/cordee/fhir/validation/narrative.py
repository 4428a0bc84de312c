"""The XHTML of a narrative: well formed, basic formatting only, nothing active.

Rule: https://hl7.org/fhir/R4/narrative.html#xhtml (txt-1, txt-2)
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from cordee.fhir.validation.problem import FINE, Problems, error

XHTML = "{http://www.w3.org/1999/xhtml}"
# Chapters 7 to 11 (but 9.4) and 15 of HTML 4.0, with links and images.
TAG_NAMES = (
    "a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 "
    "h3 h4 h5 h6 hr i img kbd li ol p pre q samp small span strong sub sup table tbody td tfoot "
    "th thead tr tt ul var"
)
ATTRIBUTE_NAMES = (
    "abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign "
    "char charoff charset cite class classid clear codebase codetype color cols colspan compact "
    "coords data declare dir face frame headers height href hreflang hspace id ismap lang longdesc "
    "name nohref noshade nowrap rel rev rows rowspan rules scope shape size span src standby start "
    "style summary tabindex target title type usemap valign value vspace width"
)
TAGS = frozenset(TAG_NAMES.split())
ATTRIBUTES = frozenset(ATTRIBUTE_NAMES.split())
ACTIVE = ("javascript:", "vbscript:", "data:text")
NOT_XHTML = error(
    "structure",
    'the narrative is no well-formed XHTML inside <div xmlns="http://www.w3.org/1999/xhtml">; '
    "close every element and write characters instead of named entities",
)


def check_narrative(value: Any) -> Problems:
    """Problems of the `div` of a narrative."""
    if type(value) is not str or not value.lstrip().startswith("<div"):
        return NOT_XHTML
    if "<!DOCTYPE" in value or "<!ENTITY" in value:
        return NOT_XHTML
    try:
        root = etree.fromstring(value.strip().encode(), _parser())
    except (etree.XMLSyntaxError, ValueError):
        return NOT_XHTML
    if root.tag != XHTML + "div":
        return NOT_XHTML
    return _check_elements(root)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def _check_elements(root: etree._Element) -> Problems:
    has_content = False
    for element in root.iter():
        if not isinstance(element.tag, str):
            if isinstance(element, etree._Comment):
                continue
            return error("structure", "the narrative holds a processing instruction; remove it")
        name = element.tag.removeprefix(XHTML)
        if name not in TAGS:
            return error("invariant", "the narrative holds an element that is not allowed (txt-1)")
        for attribute, text in element.attrib.items():
            if not _is_allowed(str(attribute), str(text)):
                return error(
                    "invariant", "the narrative holds an active or unknown attribute (txt-1)"
                )
        has_content = has_content or name == "img"
    if has_content or "".join(root.itertext()).strip():
        return FINE
    return error(
        "invariant", "the narrative says nothing; give it some text or leave it out (txt-2)"
    )


def _is_allowed(name: str, text: str) -> bool:
    if name.startswith("{http://www.w3.org/XML/1998/namespace}"):
        return True
    return name in ATTRIBUTES and not "".join(text.split()).lower().startswith(ACTIVE)
