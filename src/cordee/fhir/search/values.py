"""The text of search values: escapes, lists, prefixes, numbers with their precision."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from cordee.runtime.errors import InvalidRequest

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


def split_values(text: str, separator: str = ",") -> list[str]:
    r"""Parts of a value at unescaped separators; escapes are kept for the next level."""
    parts, current, escaped = [], [], False
    for letter in text:
        if escaped:
            current.append("\\" + letter)
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter == separator:
            parts.append("".join(current))
            current = []
        else:
            current.append(letter)
    if escaped:
        current.append("\\")
    parts.append("".join(current))
    return parts


def unescape(text: str) -> str:
    r"""The value with `\,` `\|` `\$` and `\\` resolved."""
    return re.sub(r"\\([,|$\\])", r"\1", text) if "\\" in text else text


def split_prefix(text: str) -> tuple[str, str]:
    """Prefix and the rest: `ge2020` gives ("ge", "2020"), no prefix means "eq"."""
    if text[:2] in PREFIXES and text[2:3] not in {"", "|"}:
        return text[:2], text[2:]
    return "eq", text


def number(text: str, where: str) -> Decimal:
    """A decimal as FHIR writes it; raises `InvalidRequest` that names the parameter."""
    if not _NUMBER.fullmatch(text):
        raise InvalidRequest(f"{where}: a number is expected, such as 5.4 or 1e-3")
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise InvalidRequest(f"{where}: a number is expected") from error


def precision_range(value: Decimal) -> tuple[Decimal, Decimal]:
    """Half a unit of the last digit on both sides: 5.4 covers [5.35, 5.45)."""
    exponent = value.as_tuple().exponent
    half = Decimal(5).scaleb(int(exponent) - 1) if isinstance(exponent, int) else Decimal(0)
    return value - half, value + half


def about(value: Decimal) -> tuple[Decimal, Decimal]:
    """The interval of `ap`: ten percent on both sides, and never less than the precision."""
    low, high = precision_range(value)
    margin = abs(value) / 10
    return min(low, value - margin), max(high, value + margin)


def system_and_code(text: str) -> tuple[str | None, str]:
    """Parts of a token: None where no system is asked for, "" where there must be none."""
    parts = [unescape(part) for part in split_values(text, "|")]
    if len(parts) == 1:
        return None, parts[0]
    return parts[0], "|".join(parts[1:])
