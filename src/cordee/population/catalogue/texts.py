"""What no table tells of the data, read from a file that a region may change, and checked; pure."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from cordee.runtime.errors import InvalidRequest
from cordee.runtime.resources import data_folder

RESTRICTED, TOLD, OPEN = "restricted", "told", "open"
ACCESSES: Final = (RESTRICTED, TOLD, OPEN)
CLASSES: Final = ("catalog", "dataset", "health", "distribution")
_TEXTS: Final = (
    "title", "description", "holder", "contact", "spatial", "legal_basis", "retention", "language",
)  # fmt: skip
_KNOWN: Final = frozenset({*_TEXTS, "purposes", "access", "variables", "titles", "codings"})


@dataclass(frozen=True, slots=True)
class Access:
    """Who may have data: in words, and the URI of the European vocabulary."""

    words: str
    uri: str


@dataclass(frozen=True, slots=True)
class Texts:
    """Holder, grounds, access, what columns mean, which codes a kind of events bears."""

    title: str
    description: str
    holder: str
    contact: str
    spatial: str
    legal_basis: str
    retention: str
    language: str
    purposes: tuple[str, ...]
    access: Mapping[str, Access]
    variables: Mapping[str, str]
    titles: Mapping[str, str]
    codings: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Profile:
    """Which properties a class must and should have."""

    version: str
    origin: str
    mandatory: Mapping[str, tuple[str, ...]]
    recommended: Mapping[str, tuple[str, ...]]


def read(text: str) -> Texts:
    """The texts of a TOML file; raises `InvalidRequest` with the place of what is wrong."""
    told = _toml(text)
    for one in sorted(told.keys() - _KNOWN):
        raise InvalidRequest(f"{one}: not known")
    for one in _TEXTS:
        if not isinstance(told.get(one), str) or not told[one]:
            raise InvalidRequest(f"{one}: missing")
    access = {name: _access(name, told.get("access", {})) for name in ACCESSES}
    return Texts(
        **{one: told[one] for one in _TEXTS}, purposes=tuple(told.get("purposes", ())),
        access=access, variables=told.get("variables", {}), titles=told.get("titles", {}),
        codings=told.get("codings", {}),
    )  # fmt: skip


def profile(text: str) -> Profile:
    """The profile of a TOML file; raises `InvalidRequest` for a class that is missing."""
    told = _toml(text)
    for one in CLASSES:
        if "mandatory" not in told.get(one, {}):
            raise InvalidRequest(f"{one}.mandatory: missing")
    return Profile(
        str(told.get("version", "1")), told.get("origin", ""),
        {one: tuple(told[one]["mandatory"]) for one in CLASSES},
        {one: tuple(told[one].get("recommended", ())) for one in CLASSES},
    )  # fmt: skip


@cache
def shipped() -> Texts:
    """The texts that come with the product."""
    return read(_file("catalogue.toml"))


@cache
def shipped_profile() -> Profile:
    """The profile that comes with the product."""
    return profile(_file("profile.toml"))


def _file(name: str) -> str:
    return data_folder("population").joinpath("catalogue").joinpath(name).read_text("utf-8")


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidRequest(f"the file is no TOML: {error}") from error


def _access(name: str, told: Mapping[str, Any]) -> Access:
    for one in ("words", "uri"):
        if one not in told.get(name, {}):
            raise InvalidRequest(f"access.{name}.{one}: missing")
    return Access(told[name]["words"], told[name]["uri"])
