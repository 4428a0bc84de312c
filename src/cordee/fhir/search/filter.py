"""The grammar of `_filter`, text to tree. Rule: https://hl7.org/fhir/R4/search_filter.html."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from cordee.runtime.errors import InvalidRequest

OPERATORS = frozenset(
    {"eq", "ne", "co", "sw", "ew", "gt", "lt", "ge", "le", "ap", "sa", "eb", "pr", "po"}
    | {"ss", "sb", "in", "ni", "re"}
)
_TOKEN = re.compile(
    r"""\s*(?:(?P<open>\()|(?P<close>\))|(?P<string>"(?:[^"\\]|\\.)*")|(?P<word>[^\s()"]+))"""
)
_STEP = re.compile(r"(?P<name>[A-Za-z_][\w\-]*)(?::(?P<type>[A-Z]\w+))?")
_MOST_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Test:
    """`path operator value`; the path is a list of parameters, with a type where one is named."""

    path: tuple[tuple[str, str | None], ...]
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Combined:
    """`and` or `or` of parts."""

    word: str
    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Negated:
    """`not (part)`."""

    part: Filter


Filter = Test | Combined | Negated


def parse_filter(text: str) -> Filter:
    """Tree of a filter; raises `InvalidRequest` with the place of the problem."""
    parser = _Parser(text)
    tree = parser.alternatives(0)
    if parser.token is not None:
        raise parser.error("nothing more is expected")
    return tree


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._next = 0
        self.token: str | None = None
        self.kind = ""
        self.advance()

    def alternatives(self, depth: int) -> Filter:
        return self._joined("or", self._all, depth)

    def advance(self) -> str:
        taken = self.token or ""
        self._place = self._next
        found = _TOKEN.match(self._text, self._next)
        if found is None:
            if self._text[self._next :].strip():
                raise self.error("a quote is not closed")
            self.token, self.kind = None, ""
            return taken
        self._next = found.end()
        self.kind = found.lastgroup or ""
        self.token = found[self.kind]
        return taken

    def error(self, message: str) -> InvalidRequest:
        return InvalidRequest(f"_filter, character {self._place + 1}: {message}")

    def _all(self, depth: int) -> Filter:
        return self._joined("and", self._one, depth)

    def _joined(self, word: str, part: Callable[[int], Filter], depth: int) -> Filter:
        if depth > _MOST_DEPTH:
            raise self.error("too many brackets")
        parts = [part(depth)]
        while self.kind == "word" and (self.token or "").lower() == word:
            self.advance()
            parts.append(part(depth))
        return parts[0] if len(parts) == 1 else Combined(word, tuple(parts))

    def _one(self, depth: int) -> Filter:
        if self.kind == "open":
            return self._bracketed(depth)
        if self.kind != "word":
            raise self.error("a parameter is expected")
        if (self.token or "").lower() == "not":
            self.advance()
            if self.kind != "open":
                raise self.error("a bracket is expected after not")
            return Negated(self._bracketed(depth))
        return self._test()

    def _bracketed(self, depth: int) -> Filter:
        self.advance()
        inside = self.alternatives(depth + 1)
        if self.kind != "close":
            raise self.error("a closing bracket is expected")
        self.advance()
        return inside

    def _test(self) -> Test:
        path = self._path(self.advance())
        operator = (self.token or "").lower()
        if operator not in OPERATORS:
            raise self.error(f"an operator is expected: {', '.join(sorted(OPERATORS))}")
        self.advance()
        if self.kind not in {"word", "string"}:
            raise self.error("a value is expected")
        quoted = self.kind == "string"
        value = self.advance()
        if quoted:
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        return Test(path, operator, value)

    def _path(self, text: str) -> tuple[tuple[str, str | None], ...]:
        steps: list[tuple[str, str | None]] = []
        for part in text.split("."):
            found = _STEP.fullmatch(part)
            if found is None:
                raise self.error("a parameter is expected, such as name or subject.name")
            steps.append((found["name"], found["type"]))
        return tuple(steps)
