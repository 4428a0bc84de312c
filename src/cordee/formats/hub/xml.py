"""The same envelopes as XML: written, and read back with the types that the schemas give.

No XSD of the Hub is public: names and order are those of the JSON, `contentXML` and
`embeddedXMLContent` stand for `jsonContent` and `embeddedJsonContent` as the format of the messages
says, and names are read whatever their namespace. Without the official schemas a reader could not
tell a list of one from a value, nor "12" from 12: XML needs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from lxml import etree

from cordee.formats.hub.envelope import LONGEST, Envelope, Json
from cordee.formats.hub.judging import Schemas
from cordee.formats.hub.kinds import BY_KEY
from cordee.runtime.errors import InvalidRequest

EDXL: Final = "urn:oasis:names:tc:emergency:EDXL:DE:2.0"
CISU: Final = "urn:emergency:cisu:2.0"
_DEFINITION: Final = "#/definitions/"


def write_xml(envelope: Envelope) -> bytes:
    """The envelope as XML; raises `InvalidRequest` where it is no envelope of messages."""
    root = etree.Element(f"{{{EDXL}}}edxlDistribution", nsmap={None: EDXL})
    for name, value in envelope.document.items():
        if name != "content":
            _put(root, EDXL, name, value)
            continue
        holder = etree.SubElement(root, f"{{{EDXL}}}content")
        for one in value:
            try:
                message = one["jsonContent"]["embeddedJsonContent"]["message"]
            except (KeyError, TypeError) as error:
                raise InvalidRequest("the envelope holds something else than messages") from error
            _put_message(holder, message)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def read_xml(data: bytes, schemas: Schemas) -> Envelope:
    """The envelope that this XML is; raises `InvalidRequest` for what is none."""
    root = _parse(data)
    if _name(root) != "edxlDistribution":
        raise InvalidRequest("the message is not an EDXL-DE envelope")
    shape = _Shape(schemas.documents["EDXL-DE-envelope-only"])
    document: Json = {}
    for child in root:
        if _name(child) == "content":
            document["content"] = [
                {"jsonContent": {"embeddedJsonContent": {"message": _message(one, schemas)}}}
                for one in child
            ]
        else:
            document[_name(child)] = _value(child, shape.below(_name(child)))
    return Envelope(document)


class _Shape:
    """A place of a schema: what stands there, and what may stand below."""

    def __init__(self, root: Mapping[str, Any], here: Mapping[str, Any] | None = None) -> None:
        self._root = root
        found = root if here is None else here
        reference = str(found.get("$ref", ""))
        if reference.startswith(_DEFINITION):
            found = root["definitions"][reference.removeprefix(_DEFINITION)]
        self._here: Mapping[str, Any] = found

    @property
    def type(self) -> str:
        return str(self._here.get("type", "object" if "properties" in self._here else "string"))

    @property
    def is_free(self) -> bool:
        return self._here.get("additionalProperties") is True and not self._here.get("properties")

    def below(self, name: str) -> _Shape:
        return _Shape(self._root, self._here.get("properties", {}).get(name, {}))

    def item(self) -> _Shape:
        return _Shape(self._root, self._here.get("items", {}))


def _put_message(holder: etree._Element, message: Json) -> None:
    place = etree.SubElement(holder, f"{{{EDXL}}}contentObject")
    for step in ("contentXML", "embeddedXMLContent"):
        place = etree.SubElement(place, f"{{{EDXL}}}{step}")
    made = etree.SubElement(place, f"{{{CISU}}}message", nsmap={None: CISU})
    for name, value in message.items():
        if name == "customContent":
            etree.SubElement(made, f"{{{CISU}}}{name}").text = orjson.dumps(value).decode()
        else:
            _put(made, CISU, name, value)


def _put(parent: etree._Element, space: str, name: str, value: Any) -> None:
    """One element by value; a list is the same element again."""
    if isinstance(value, list):
        for one in value:
            _put(parent, space, name, one)
        return
    try:
        made = etree.SubElement(parent, f"{{{space}}}{name}")
        if name == "sourceMessage":  # of any form: carried as it is
            made.text = orjson.dumps(value).decode()
        elif isinstance(value, dict):
            for below, held in value.items():
                _put(made, space, below, held)
        else:
            made.text = _written(value)
    except ValueError as error:
        raise InvalidRequest("a name or a text of the message cannot stand in XML") from error


def _written(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _message(place: etree._Element, schemas: Schemas) -> Json:
    for step in ("contentXML", "embeddedXMLContent", "message"):
        found = [one for one in place if _name(one) == step]
        if len(found) != 1:
            raise InvalidRequest(f"the envelope lacks its one {step}")
        place = found[0]
    header = _Shape(schemas.documents["RC-DE"])
    made: Json = {}
    for child in place:
        name = _name(child)
        if name in BY_KEY:
            made[name] = _value(child, _Shape(schemas.documents[BY_KEY[name].name]))
        else:
            _add(made, name, child, header.below(name))
    return made


def _value(element: etree._Element, shape: _Shape) -> Any:
    if shape.is_free:
        return _free(element)
    if shape.type == "object":
        made: Json = {}
        for child in element:
            _add(made, _name(child), child, shape.below(_name(child)))
        return made
    return _typed(element.text or "", shape.type)


def _add(made: Json, name: str, child: etree._Element, shape: _Shape) -> None:
    if shape.type == "array":
        made.setdefault(name, []).append(_value(child, shape.item()))
    elif name in made:
        raise InvalidRequest(f"{name} stands more than once")
    elif len(child):  # what the schema does not know is kept, for the judge to refuse it
        made[name] = _value(child, shape) if shape.type == "object" else _unknown(child)
    else:
        made[name] = _value(child, shape)


def _unknown(element: etree._Element) -> Any:
    return {_name(child): _unknown(child) for child in element} if len(element) else element.text


def _free(element: etree._Element) -> Any:
    try:
        return orjson.loads(element.text or "{}")
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"{_name(element)} does not carry JSON") from error


def _typed(text: str, kind: str) -> Any:
    """A text as its type; what is not of the type stays text, for the judge to refuse it."""
    if kind in ("number", "integer", "boolean"):
        try:
            found = orjson.loads(text.strip())
        except orjson.JSONDecodeError:
            return text
        return found if isinstance(found, bool) == (kind == "boolean") else text
    return text


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname


def _parse(data: bytes) -> etree._Element:
    if len(data) > LONGEST:
        raise InvalidRequest("the message is longer than what the Hub carries")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise InvalidRequest("the message is not XML") from error
    if root.getroottree().docinfo.doctype:
        raise InvalidRequest("a message has no document type")
    return root
