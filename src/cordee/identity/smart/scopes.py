"""SMART scopes of versions 1 and 2: parsed, normalised, granted.

Rule: https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import parse_qsl

from cordee.fhir.model.definitions import RESOURCE_TYPES
from cordee.runtime.errors import InvalidRequest

CONTEXTS = ("patient", "user", "system")
LAUNCH = frozenset({"launch", "launch/patient", "launch/encounter"})
IDENTITY = frozenset({"openid", "fhirUser", "profile"})
REFRESH = frozenset({"online_access", "offline_access"})
INTROSPECT = "introspect"
"""Scope of a system that may ask what the tokens of all applications are worth."""
_PLAIN = LAUNCH | IDENTITY | REFRESH | {INTROSPECT}
_DATA = re.compile(r"(patient|user|system)/(\*|[A-Z]\w*)\.(read|write|\*|[a-z]+)(?:\?(.+))?")
_BEYOND = frozenset({("system", "ViewDefinition")})
"""Types of no resource of R4 that a scope may name: who runs views of SQL on FHIR over the lake."""
_V1 = {"read": "rs", "write": "cud", "*": "cruds"}
_ALL = "cruds"
_READING = "rs"
_NEVER = frozenset(' &%+#"\\')
_PARAMETER = re.compile(r"_?[a-z][A-Za-z0-9-]*")


@dataclass(frozen=True, slots=True)
class DataScope:
    """A scope on resources; `type` is "*" for all, `criteria` are its search restrictions.

    `is_v1` when it was written in version 1: it is shown so again.
    """

    context: str
    type: str
    letters: str
    criteria: tuple[tuple[str, str], ...] = ()
    is_v1: bool = False

    def __str__(self) -> str:
        """The scope as it is written in a token."""
        word = self.letters
        if self.is_v1:
            word = next((name for name, letters in _V1.items() if letters == word), word)
        query = "&".join(f"{name}={text}" for name, text in self.criteria)
        return f"{self.context}/{self.type}.{word}" + (f"?{query}" if query else "")

    def meet(self, other: DataScope) -> DataScope | None:
        """What both open, None where that is nothing; contexts are those of `self`."""
        if "*" not in {self.type, other.type} and self.type != other.type:
            return None
        letters = "".join(one for one in self.letters if one in other.letters)
        if not letters:
            return None
        kind = other.type if self.type == "*" else self.type
        criteria = tuple(dict.fromkeys((*self.criteria, *other.criteria)))
        if criteria and kind == "*":
            return None
        return replace(self, type=kind, letters=letters, criteria=criteria)


@lru_cache(maxsize=4096)
def parse(text: str) -> DataScope | str:
    """A scope on resources, or a plain one as its text; raises `InvalidRequest`."""
    if text in _PLAIN:
        return text
    found = _DATA.fullmatch(text)
    if found is None:
        raise InvalidRequest(f"scope {text!r}: a SMART scope such as patient/*.rs is expected")
    context, kind, word, query = found.groups()
    letters = _V1.get(word, word)
    in_order = [one for one in _ALL if one in letters]
    if "".join(in_order) != letters:
        raise InvalidRequest(f"scope {text!r}: the letters of cruds are expected in their order")
    if kind != "*" and kind not in RESOURCE_TYPES and (context, kind) not in _BEYOND:
        raise InvalidRequest(f"scope {text!r}: there is no such resource type")
    return DataScope(context, kind, letters, _criteria(text, kind, query), word in _V1)


def parsed_scopes(texts: Iterable[str]) -> list[DataScope]:
    """The scopes on resources among these; raises `InvalidRequest`."""
    return [one for one in map(parse, texts) if isinstance(one, DataScope)]


def kept(scope: DataScope) -> str:
    """Letters of a scope that hold: what a search restricts opens reading, never writing.

    Whether a resource meets a search is known once it is written; whom it is about, before.
    """
    if not scope.criteria:
        return scope.letters
    return "".join(one for one in scope.letters if one in _READING)


def understood(text: str) -> list[str]:
    """The scopes of a `scope` parameter that are understood, each once; others are left out."""
    found: list[str] = []
    for one in text.split():
        try:
            parse(one)
        except InvalidRequest:
            continue
        found.append(one)
    return list(dict.fromkeys(found))


def granted(
    asked: Sequence[str], allowed: Sequence[str], contexts: Iterable[str] = CONTEXTS
) -> list[str]:
    """What is asked and allowed too, in the order of the request.

    `contexts` are those open to who decides: `patient` and `user` for a person, `system` for a
    system. A scope that a search restricts keeps its letters of reading only.
    """
    plain = {one for one in allowed if one in _PLAIN}
    bounds = parsed_scopes(allowed)
    found: list[str] = []
    for text in asked:
        one = parse(text)
        if isinstance(one, str):
            found += [one] if one in plain else []
            continue
        if one.context not in contexts:
            continue
        for bound in bounds:
            met = one.meet(bound) if _covers(bound.context, one.context) else None
            shown = _narrow(met) if met else None
            if shown is not None:
                found.append(str(shown))
    return list(dict.fromkeys(found))


def _covers(allowed: str, asked: str) -> bool:
    """A client that may act for a person on all patients may do so on one."""
    return allowed == asked or (allowed == "user" and asked == "patient")


def _narrow(one: DataScope) -> DataScope | None:
    letters = kept(one)
    return replace(one, letters=letters) if letters else None


def _criteria(text: str, kind: str, query: str | None) -> tuple[tuple[str, str], ...]:
    if query is None:
        return ()
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    if kind == "*" or not pairs:
        raise InvalidRequest(f"scope {text!r}: a search restricts one resource type")
    for name, value in pairs:
        if not _PARAMETER.fullmatch(name) or not value or set(value) & _NEVER:
            raise InvalidRequest(
                f"scope {text!r}: plain search parameters without modifiers or chains are expected"
            )
    return pairs
