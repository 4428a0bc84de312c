"""What is known of each open file: its columns, day, origin, licence; read from data, checked.

One TOML a format, under `population/sources`. A file is known by its name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from typing import Any, Final

from cordee.runtime.errors import InvalidRequest
from cordee.runtime.resources import data_folder

KINDS: Final = (
    "prevalence", "prevalence-summed", "density", "distances", "establishments", "communes",
    "epci", "departements", "people", "contours",
)  # fmt: skip
_NEEDED: Final = ("id", "kind", "name", "files", "date", "origin", "licence")
_KNOWN: Final = frozenset({*_NEEDED, "delimiter", "columns", "counted", "note"})


@dataclass(frozen=True, slots=True)
class Description:
    """A file format.

    `files` are patterns of names; `columns` those that a CSV must have, or the keys of each
    record. `counted` is how many times the file counts each person.
    """

    id: str
    kind: str
    name: str
    files: tuple[str, ...]
    date: str
    origin: str
    licence: str
    delimiter: str = ","
    columns: tuple[str, ...] = ()
    counted: int = 1
    note: str = ""

    def fits(self, name: str) -> bool:
        """Whether a file of this name is of this format; it may be packed by xz."""
        return any(fnmatch(name.removesuffix(".xz"), one) for one in self.files)


def read(text: str) -> Description:
    """The format that a TOML text describes; raises `InvalidRequest` with what is wrong."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidRequest(f"the description is no TOML: {error}") from error
    for one in sorted(told.keys() - _KNOWN):
        raise InvalidRequest(f"{one}: not known")
    for one in _NEEDED:
        if one not in told:
            raise InvalidRequest(f"{one}: missing")
    if told["kind"] not in KINDS:
        raise InvalidRequest(f"kind: one of {', '.join(KINDS)}")
    return _description(told)


@cache
def shipped() -> Mapping[str, Description]:
    """The formats that come with the product, by id."""
    folder = data_folder("population").joinpath("sources")
    every = [
        read(one.read_text("utf-8"))
        for one in sorted(folder.iterdir(), key=lambda one: one.name)
        if one.name.endswith(".toml")
    ]
    return {one.id: one for one in every}


def known(name: str) -> Description | None:
    """The format of a file of this name, if any."""
    return next((one for one in shipped().values() if one.fits(name)), None)


def _description(told: Mapping[str, Any]) -> Description:
    return Description(
        told["id"], told["kind"], told["name"], tuple(told["files"]), str(told["date"]),
        told["origin"], told["licence"], told.get("delimiter", ","),
        tuple(told.get("columns", ())), int(told.get("counted", 1)), told.get("note", ""),
    )  # fmt: skip
