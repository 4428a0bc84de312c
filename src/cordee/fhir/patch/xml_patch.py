"""XML Patch on the XML form of a resource.

Rule: https://www.rfc-editor.org/rfc/rfc5261 and https://hl7.org/fhir/R4/http.html#patch
"""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from cordee.fhir.model.digits import write_json
from cordee.fhir.model.xml import json_to_element, parse_xml
from cordee.fhir.model.xml_names import FHIR_TAG
from cordee.fhir.model.xml_reading import read_resource
from cordee.fhir.patch.selection import select_one
from cordee.runtime.errors import InvalidRequest, RuleBroken

NOT_ONE_ELEMENT = "a replace of the patch does not hold exactly one element; correct it"
UNKNOWN_POSITION = "an add of the patch has a pos that is none of before, after, prepend"


def apply_xml_patch(resource: bytes, patch: bytes) -> bytes:
    """JSON of the resource with an XML Patch applied to its XML form.

    Raises `InvalidRequest` when the patch is no XML Patch or leaves an element that R4 does not
    know, `RuleBroken` when it does not fit the resource.
    """
    root = json_to_element(resource)
    patch_element(root, parse_xml(patch))
    return write_json(read_resource(root))


def patch_element(root: etree._Element, patch: etree._Element) -> None:
    """Apply the operations below `patch` to the document of `root`, one after the other."""
    operations = [child for child in patch if isinstance(child.tag, str)]
    if not operations:
        raise InvalidRequest("the patch holds no operation; add one")
    for operation in operations:
        change = _CHANGES.get(etree.QName(operation).localname)
        selector = operation.get("sel")
        if change is None or selector is None:
            raise InvalidRequest("an operation is an add, replace or remove with sel; correct it")
        change(operation, select_one(root, selector, operation.nsmap))


def _add(operation: etree._Element, target: object) -> None:
    if not isinstance(target, etree._Element):
        raise RuleBroken("an add of the patch selects no element; correct it")
    kind = operation.get("type", "")
    position = operation.get("pos")
    if kind.startswith("@"):
        _set_attribute(target, kind[1:], operation.text or "")
    elif kind:
        raise InvalidRequest("an add of the patch has a type that is no attribute")
    elif position in ("before", "after"):
        _add_beside(operation, target, after=position == "after")
    elif position in (None, "prepend"):
        _add_inside(operation, target, at_start=position == "prepend")
    else:
        raise InvalidRequest(UNKNOWN_POSITION)


def _add_inside(operation: etree._Element, target: etree._Element, *, at_start: bool) -> None:
    contents = _contents(operation)
    text = _own_text(operation)
    if at_start:
        if contents:
            contents[-1].tail = (contents[-1].tail or "") + (target.text or "")
            target.text = text
        else:
            target.text = (text or "") + (target.text or "")
        target[0:0] = contents
        return
    if len(target):
        target[-1].tail = (target[-1].tail or "") + (text or "")
    elif text:
        target.text = (target.text or "") + text
    target.extend(contents)


def _add_beside(operation: etree._Element, target: etree._Element, *, after: bool) -> None:
    parent = target.getparent()
    if parent is None:
        raise RuleBroken("an add of the patch would stand beside the resource; correct it")
    place = parent.index(target)
    if after:
        place += 1
    for content in reversed(_contents(operation)):
        content.tail = None
        parent.insert(place, content)


def _replace(operation: etree._Element, target: object) -> None:
    if isinstance(target, etree._Element):
        contents = _contents(operation)
        parent = target.getparent()
        if len(contents) != 1:
            raise InvalidRequest(NOT_ONE_ELEMENT)
        if parent is None:
            raise RuleBroken("a replace of the patch selects the resource itself; send an update")
        contents[0].tail = target.tail
        parent.replace(target, contents[0])
    elif isinstance(target, etree._ElementUnicodeResult):
        _write_text(target, operation.text or "")


def _remove(_: etree._Element, target: object) -> None:
    if isinstance(target, etree._Element):
        parent = target.getparent()
        if parent is None:
            raise RuleBroken("a remove of the patch selects the resource itself; delete it instead")
        _keep_tail(parent, target)
        parent.remove(target)
    elif isinstance(target, etree._ElementUnicodeResult):
        _write_text(target, None)


def _keep_tail(parent: etree._Element, target: etree._Element) -> None:
    if not target.tail:
        return
    before = target.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + target.tail
    else:
        parent.text = (parent.text or "") + target.tail


def _write_text(target: etree._ElementUnicodeResult, text: str | None) -> None:
    """Set, or with None remove, an attribute or a text node."""
    parent = target.getparent()
    if parent is None:
        raise RuleBroken("a selector of the patch names a text outside of elements")
    if target.is_attribute:
        name = str(target.attrname)
        if text is None:
            del parent.attrib[name]
        else:
            _set_attribute(parent, name, text)
    elif target.is_tail:
        parent.tail = text
    else:
        parent.text = text


def _set_attribute(node: etree._Element, name: str, text: str) -> None:
    try:
        node.set(name, text)
    except ValueError as caught:
        raise InvalidRequest("an attribute of the patch has no valid name or value") from caught


def _contents(operation: etree._Element) -> list[etree._Element]:
    """Copy the elements of an operation; those without a namespace become FHIR's."""
    copies = [deepcopy(child) for child in operation]
    for copy in copies:
        for node in copy.iter(etree.Element):
            if etree.QName(node).namespace is None:
                node.tag = FHIR_TAG + str(node.tag)
    return copies


def _own_text(operation: etree._Element) -> str | None:
    """Text before the first element; blanks beside elements are only layout."""
    text = operation.text
    return None if text is None or (len(operation) and not text.strip()) else text


_CHANGES = {"add": _add, "replace": _replace, "remove": _remove}
