"""Text functions. Rule: https://hl7.org/fhirpath/N1/#string-manipulation."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from cordee.fhir.path.atoms import boolean, system, text_of, whole_number
from cordee.fhir.path.functions.table import eager
from cordee.fhir.path.nodes import Nodes
from cordee.runtime.errors import InvalidRequest

_LONGEST_PATTERN = 500


def _test(name: str, holds: Callable[[str, str], bool]) -> None:
    @eager(name, 1)
    def run(nodes: Nodes, argument: Nodes) -> Nodes:
        text, part = text_of(nodes), text_of(argument)
        return boolean(None if text is None or part is None else holds(text, part))


def _change(name: str, change: Callable[[str], str]) -> None:
    @eager(name)
    def run(nodes: Nodes) -> Nodes:
        text = text_of(nodes)
        return [] if text is None else [system(change(text))]


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str]:
    if len(text) > _LONGEST_PATTERN:
        raise InvalidRequest("FHIRPath: the regular expression is too long")
    try:
        return re.compile(re.sub(r"\(\?<([A-Za-z])", r"(?P<\1", text), re.DOTALL)
    except re.error as error:
        raise InvalidRequest(f"FHIRPath: no regular expression: {error}") from error


_test("contains", lambda text, part: part in text)
_test("startsWith", str.startswith)
_test("endsWith", str.endswith)
_test("matches", lambda text, pattern: _pattern(pattern).search(text) is not None)
_test("matchesFull", lambda text, pattern: _pattern(pattern).fullmatch(text) is not None)
_change("upper", str.upper)
_change("lower", str.lower)
_change("trim", str.strip)


@eager("length")
def length(nodes: Nodes) -> Nodes:
    """How many characters there are."""
    text = text_of(nodes)
    return [] if text is None else [system(len(text))]


@eager("indexOf", 1)
def index_of(nodes: Nodes, part: Nodes) -> Nodes:
    """Place of the first occurrence, from 0; -1 when there is none."""
    text, sought = text_of(nodes), text_of(part)
    return [] if text is None or sought is None else [system(text.find(sought))]


@eager("substring", 1, 2)
def substring(nodes: Nodes, start: Nodes, count: Nodes | None = None) -> Nodes:
    """Part of a text from `start`, `count` characters long; nothing when `start` is outside."""
    text, begin = text_of(nodes), whole_number(start)
    if text is None or begin is None or not 0 <= begin < len(text):
        return []
    number = whole_number(count) if count else None
    return [system(text[begin:] if number is None else text[begin : begin + max(number, 0)])]


@eager("replace", 2)
def replace(nodes: Nodes, pattern: Nodes, substitution: Nodes) -> Nodes:
    """Text with every occurrence of a part replaced."""
    text, sought, put = text_of(nodes), text_of(pattern), text_of(substitution)
    if text is None or sought is None or put is None:
        return []
    return [system(text.replace(sought, put))]


@eager("replaceMatches", 2)
def replace_matches(nodes: Nodes, pattern: Nodes, substitution: Nodes) -> Nodes:
    """Text with every match of a regular expression replaced; `$1` and `${name}` are groups."""
    text, sought, put = text_of(nodes), text_of(pattern), text_of(substitution)
    if text is None or sought is None or put is None:
        return []
    if not sought:
        return [system(text)]
    groups = re.sub(r"\$\{?(\w+)\}?", r"\\g<\1>", put.replace("\\", "\\\\"))
    try:
        return [system(_pattern(sought).sub(groups, text))]
    except (re.error, IndexError) as error:
        raise InvalidRequest("FHIRPath: the substitution names no group") from error


@eager("toChars")
def to_chars(nodes: Nodes) -> Nodes:
    """Characters of a text, each an item."""
    return [system(character) for character in text_of(nodes) or ""]


@eager("split", 1)
def split(nodes: Nodes, separator: Nodes) -> Nodes:
    """Parts of a text between separators."""
    text, mark = text_of(nodes), text_of(separator)
    if text is None or mark is None:
        return []
    return [system(part) for part in (text.split(mark) if mark else text)]


@eager("join", 0, 1)
def join(nodes: Nodes, separator: Nodes | None = None) -> Nodes:
    """One text of all items with a separator between."""
    mark = text_of(separator) if separator else ""
    texts = [text_of([node]) or "" for node in nodes]
    return [system((mark or "").join(texts))] if nodes else []
