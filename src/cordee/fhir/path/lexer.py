"""The words of a FHIRPath expression: one regular expression, one pass.

Rule: https://hl7.org/fhirpath/N1/#lexical-elements (and the double-quoted names of R4's era).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from cordee.runtime.errors import InvalidRequest

_TIME = r"\d{2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_ZONE = r"(?:Z|[+-]\d{2}:\d{2})"
_TOKEN = re.compile(
    rf"""
      (?P<space>(?:\s+|//[^\r\n]*|/\*.*?\*/)+)
    | (?P<datetime>@\d{{4}}(?:-\d{{2}}(?:-\d{{2}})?)?T(?:{_TIME}{_ZONE}?)?)
    | (?P<date>@\d{{4}}(?:-\d{{2}}(?:-\d{{2}})?)?)
    | (?P<time>@T{_TIME})
    | (?P<number>\d+L\b|\d+(?:\.\d+)?)
    | (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<name>`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*")
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<variable>\$(?:this|index|total)\b)
    | (?P<environment>%(?:[A-Za-z_][A-Za-z0-9_]*
        | `(?:[^`\\]|\\.)*` | '(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*"))
    | (?P<symbol><=|>=|!=|!~|[-+*/|&<>=~.,()\[\]{{}}])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Token(NamedTuple):
    """One word: `kind` is the name of its group above, or `end`."""

    kind: str
    text: str
    position: int


def tokens(text: str) -> list[Token]:
    """Words of `text` without space and comments, closed by one of kind `end`.

    Raises `InvalidRequest` at the first character that begins no word.
    """
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or (match.lastgroup == "symbol" and text.startswith("/*", position)):
            raise InvalidRequest(f"FHIRPath: nothing begins so, at character {position + 1}")
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match.group(), position))
        position = match.end()
    found.append(Token("end", "", position))
    return found


def unquoted(text: str) -> str:
    """Content of a quoted word: quotes taken off, escapes resolved."""
    return _ESCAPE.sub(_escaped, text[1:-1])


def _escaped(match: re.Match[str]) -> str:
    escape = match.group(1)
    return chr(int(escape[1:], 16)) if len(escape) > 1 else _ESCAPED.get(escape, escape)
