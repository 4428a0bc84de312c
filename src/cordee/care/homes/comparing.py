"""Two lists of medicines side by side: same, other dose, added, absent. Pure. Rule: B7.9.

What is absent at the return is called absent, never stopped: only a person says why it is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from cordee.care.record.query import plain

_STRENGTH: Final = re.compile(r"\d[\d\s.,/]*\s*(mg|g|µg|ug|mcg|microg\w*|ml|l|ui|u|%|mmol)?\b.*")
_NUMBER: Final = re.compile(r"(\d+(?:[.,]\d+)?)\s*(mg|g|µg|ug|ui|ml|%)?(?![a-z])")
_WORDS: Final = re.compile(r"[^a-z0-9]+")
_RISKS: Final = {
    "anticoagulant": (
        "apixaban", "rivaroxaban", "dabigatran", "edoxaban", "warfarine", "fluindione",
        "acenocoumarol", "enoxaparine", "tinzaparine", "fondaparinux", "eliquis", "xarelto",
        "pradaxa", "previscan", "coumadine", "lovenox",
    ),
    "insuline": ("insuline", "lantus", "toujeo", "novorapid", "humalog", "abasaglar", "levemir"),
}  # fmt: skip
"""High risk by the name, for what was typed and has no code."""
_CLASS: Final = 5
"""Letters of an ATC code that name a chemical class: B01AF."""
_ATC: Final = re.compile(r"[A-V]\d{2}[A-Z]{2}\d{2}")


class Kind(StrEnum):
    """How the two lists differ for one medicine."""

    ADDED = "added"
    ABSENT = "absent"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Medicine:
    """One medicine of a list: `dose` in words; `source` is the resource that says it."""

    name: str
    dose: str = ""
    codes: frozenset[str] = frozenset()
    risk: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a comparison; `alike` names another medicine of the same class that goes on."""

    kind: Kind
    before: Medicine | None
    after: Medicine | None
    alike: str = ""
    key: str = ""

    @property
    def name(self) -> str:
        """The name that leads the line."""
        first = self.before or self.after
        return first.name if first else ""

    @property
    def risk(self) -> str:
        """What makes an error grave: anticoagulant, insuline, or "" for nothing special."""
        return next((one.risk for one in (self.before, self.after) if one and one.risk), "")


def compare(before: Sequence[Medicine], after: Sequence[Medicine]) -> list[Line]:
    """Lines: differences first, those of high risk before the others, then what is the same."""
    rest = list(after)
    lines: list[Line] = []
    open_: list[Medicine] = []
    for one in before:  # the same dose first: two lines of one drug do not cross
        match = next((o for o in rest if _is_same(one, o) and _dose(one) == _dose(o)), None)
        if match is None:
            open_.append(one)
        else:
            rest.remove(match)
            lines.append(Line(Kind.SAME, one, match))
    for one in open_:
        match = next((o for o in rest if _is_same(one, o)), None)
        if match is None:
            lines.append(Line(Kind.ABSENT, one, None))
        else:
            rest.remove(match)
            lines.append(Line(Kind.CHANGED, one, match))
    lines += [Line(Kind.ADDED, None, one) for one in rest]
    order = list(Kind)
    ranked = sorted(
        lines, key=lambda one: (one.kind is Kind.SAME, not one.risk, order.index(one.kind))
    )
    return _keyed([_classed(one, lines) for one in ranked])


def typed_list(text: str) -> list[Medicine]:
    """The medicines of a list that somebody typed: one a line, a semicolon before the dose."""
    found: list[Medicine] = []
    for line in text.splitlines():
        name, _, dose = line.partition(";")
        if name.strip():
            risk = next((r for r, words in _RISKS.items() if _has(plain(name), words)), "")
            found.append(Medicine(" ".join(name.split()), " ".join(dose.split()), risk=risk))
    return found


def _has(name: str, words: Iterable[str]) -> bool:
    return any(one in name for one in words)


def _is_same(one: Medicine, other: Medicine) -> bool:
    """Whether two lines speak of one drug: by a shared code, else by the name without strength."""
    if one.codes and other.codes and one.codes & other.codes:
        return True
    name = _name(one)
    return bool(name) and name == _name(other)


def _name(one: Medicine) -> str:
    """The name as far as the strength: « Apixaban 2,5 mg cp » is `apixaban`."""
    return _WORDS.sub(" ", _STRENGTH.sub("", plain(one.name))).strip()


def _dose(one: Medicine) -> tuple[frozenset[str], str]:
    """What is taken: the strengths that the name says, and the dose; a gram is 1000 mg."""
    return (
        frozenset(_strength(*found) for found in _NUMBER.findall(plain(one.name))),
        _WORDS.sub("", re.sub(r"^dose\b", "", plain(one.dose))),
    )


def _strength(number: str, unit: str) -> str:
    value = Decimal(number.replace(",", "."))
    return f"{(value * 1000).normalize():f}mg" if unit == "g" else f"{value.normalize():f}{unit}"


def _classed(line: Line, lines: Iterable[Line]) -> Line:
    """A new medicine beside one of its class that goes on: both at once may harm."""
    if line.kind is not Kind.ADDED or line.after is None:
        return line
    classes = _classes(line.after)
    for other in lines:
        present = other.before
        if present is not None and (
            classes & _classes(present) or (present.risk and present.risk == line.after.risk)
        ):
            return Line(line.kind, line.before, line.after, present.name)
    return line


def _classes(one: Medicine) -> frozenset[str]:
    return frozenset(code[:_CLASS] for code in one.codes if _ATC.fullmatch(code))


def _keyed(lines: Sequence[Line]) -> list[Line]:
    """Each line with a key of what it says, so that a decision never falls on another."""
    seen: dict[str, int] = {}
    found: list[Line] = []
    for one in lines:
        sides = [f"{m.name}|{m.dose}" if m else "" for m in (one.before, one.after)]
        digest = hashlib.sha256("||".join(sides).encode()).hexdigest()[:12]
        seen[digest] = seen.get(digest, 0) + 1
        key = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        found.append(Line(one.kind, one.before, one.after, one.alike, key))
    return found
