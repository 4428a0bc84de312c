"""Kits of campaigns as readable data: whom to invite, in which words, which act.

A kit travels between regions as one JSON file under a free licence. It holds no text message: those
are the platform's own, so that no kit can put a word of health into one. Rules: G3.4, G3.6, G3.9.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import msgspec

from cordee.runtime.errors import InvalidRequest

LICENCES: Final = {
    "CC0-1.0": "CC0 1.0 (domaine public)",
    "CC-BY-4.0": "CC BY 4.0 (citer l’auteur)",
    "etalab-2.0": "Licence Ouverte 2.0",
}
VARIANTS: Final = ("A", "B")
_LONGEST: Final = 60_000
_WORDS: Final = 3000
_WEEK: Final = 7
ActResource = Literal["Observation", "Procedure", "Immunization"]


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An act that a campaign offers, as the record holds it, and when it is positive.

    `codes` are whole codes of `system` (beginnings for an Immunization). `positive` gives the least
    value by unit of a result that is, `outcomes` the words of who does an exam, `alarms` those of
    them that are.
    """

    code: str
    title: str
    resource: ActResource
    system: str
    codes: tuple[str, ...]
    positive: dict[str, float] = {}
    lowest: dict[str, float] = {}
    highest: dict[str, float] = {}
    outcomes: dict[str, str] = {}
    alarms: tuple[str, ...] = ()


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person reads behind the link, or in the letter."""

    title: str
    text: str


class Trigger(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When an indicator drafts a campaign of this kit: areas of `level` that pass `ratio`.

    Above 1 the lower end of the interval of the SMR of an area passes it, below 1 the upper end.
    """

    indicator: str
    level: str
    ratio: float


class Kit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kit; `rule` is a criterion (docs/developer/population.md), `target` the same in words."""

    code: str
    version: str
    title: str
    licence: str
    source: tuple[str, ...]
    objective: str
    target: str
    rule: dict[str, Any]
    acts: tuple[Act, ...]
    invitations: dict[str, Words]
    advice: str = ""
    follow_days: int = 7
    parameters: dict[str, Any] = {}
    trigger: Trigger | None = None

    def act(self, code: str) -> Act:
        """An act of the kit; raises `InvalidRequest`."""
        found = next((one for one in self.acts if one.code == code), None)
        if found is None:
            raise InvalidRequest(f"{self.code} offers no act {code}")
        return found

    @property
    def bounds(self) -> dict[str, float]:
        """The parameters as the rule names them."""
        return {name: float(one["value"]) for name, one in self.parameters.items()}


@cache
def shipped() -> Mapping[str, Kit]:
    """The kits that come with the platform, by code."""
    folder = files("cordee.care.campaigns").joinpath("kits")
    found: dict[str, Kit] = {}
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml"):
            kit = kit_of(tomllib.loads(file.read_text("utf-8")), file.name)
            found[kit.code] = kit
    return found


def kit_of(given: Any, place: str) -> Kit:
    """A kit read and checked; raises `InvalidRequest` with the place of what is wrong."""
    try:
        kit = msgspec.convert(given, Kit)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"{place}: {error}") from error
    for problem in _problems(kit):
        raise InvalidRequest(f"{place}: {problem}")
    return kit


def kit_of_file(body: bytes) -> Kit:
    """A kit of a file of another region; raises `InvalidRequest`."""
    if len(body) > _LONGEST:
        raise InvalidRequest(f"kit: at most {_LONGEST} bytes")
    try:
        return kit_of(msgspec.json.decode(body), "kit")
    except msgspec.DecodeError as error:
        raise InvalidRequest(f"kit: {error}") from error


def file_of(kit: Kit) -> bytes:
    """A kit as the file that another region takes up."""
    return msgspec.json.format(msgspec.json.encode(kit), indent=2)


def _problems(kit: Kit) -> list[str]:
    texts = [one.text for one in kit.invitations.values()]
    told = (kit.code, kit.title, kit.objective, kit.target, kit.rule, kit.acts)
    found = [
        text
        for is_wrong, text in (
            (kit.licence not in LICENCES, f"licence: one of {', '.join(LICENCES)}"),
            (set(kit.invitations) != set(VARIANTS), "invitations: A and B"),
            (not all(0 < len(one) <= _WORDS for one in texts), f"invitations: 1 to {_WORDS} signs"),
            (not all(told), "code, title, objective, target, rule, acts: something is empty"),
            (not 1 <= kit.follow_days <= _WEEK, f"follow_days: 1 to {_WEEK}"),
            (len({one.code for one in kit.acts}) != len(kit.acts), "acts: each has its own code"),
        )
        if is_wrong
    ]
    wrong = [one for one in kit.acts if not one.codes or set(one.alarms) - set(one.outcomes)]
    return found + [f"acts.{one.code}: codes, and alarms among its outcomes" for one in wrong]
