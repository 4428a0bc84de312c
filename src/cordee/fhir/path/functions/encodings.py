"""Encoding and escaping of texts. Rule: https://hl7.org/fhirpath/#additional-string-functions."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Callable

from cordee.fhir.path.atoms import system, text_of
from cordee.fhir.path.functions.table import eager
from cordee.fhir.path.nodes import Nodes
from cordee.runtime.errors import InvalidRequest

Change = Callable[[str], str]
_BARE_QUOTE = re.compile(r'(?<!\\)"')


def _escaped_quote(_match: re.Match[str]) -> str:
    return '\\"'


_ENCODE: dict[str, Change] = {
    "hex": lambda text: text.encode().hex(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "urlbase64": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
}
_DECODE: dict[str, Change] = {
    "hex": lambda text: bytes.fromhex(text).decode(),
    "base64": lambda text: base64.b64decode(text, validate=True).decode(),
    "urlbase64": lambda text: base64.urlsafe_b64decode(text).decode(),
}
_ESCAPE: dict[str, Change] = {
    "html": html.escape,
    "json": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
}
_UNESCAPE: dict[str, Change] = {
    "html": html.unescape,
    "json": lambda text: json.loads(f'"{_BARE_QUOTE.sub(_escaped_quote, text)}"', strict=False),
}


def _register(name: str, changes: dict[str, Change]) -> None:
    @eager(name, 1)
    def run(nodes: Nodes, form: Nodes) -> Nodes:
        text, wanted = text_of(nodes), text_of(form)
        change = changes.get(wanted or "")
        if text is None or change is None:
            return []
        try:
            return [system(change(text))]
        except (ValueError, binascii.Error) as error:
            raise InvalidRequest(f"FHIRPath: {name}() cannot read this text") from error


_register("encode", _ENCODE)
_register("decode", _DECODE)
_register("escape", _ESCAPE)
_register("unescape", _UNESCAPE)
