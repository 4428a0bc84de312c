"""What a caller may see: every read and every search needs one; the access floor builds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cordee.runtime.errors import AccessDenied, TooWeak

DELETED = 16384
"""Bit of `lab` that marks a deleted resource; every mask holds it."""
CONTAINED = DELETED | 8192
"""Bits of `lab` that mark the row of a contained resource, beside its container's labels."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A right of reading that holds for some resources of a type only ("*" for all types).

    `patient` is `Patient/id`, empty for any; `criteria` are the search conditions that a resource
    must meet as well.
    """

    type: str
    letters: str
    patient: str = ""
    criteria: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Ties:
    """What a caller's ties to patients open beyond the ordinary, as hashes.

    `restricted` and `very` are those actors whose ties open what is restricted, and very
    restricted; `own` the caller's structures, whose team sees what is very restricted and was
    written there. `unmasked` are patients who show the caller what they mask. `author` marks the
    rows that the caller wrote. `classes` has a bit for each class of documents that the matrix
    opens, None for all. `passing` are those actors that are the caller's for a while, by an
    exceptional access: they open, and bring nobody in.
    """

    restricted: tuple[int, ...]
    very: tuple[int, ...]
    own: tuple[int, ...] = ()
    unmasked: tuple[int, ...] = ()
    author: tuple[int, ...] = ()
    classes: bytes | None = None
    passing: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """Who acts and what they may see.

    `actors` are the hashed entities whose circle is open to the caller, None for every patient;
    resources of no patient are open to all. `hidden` masks confidentiality labels. `rights` gives
    the letters of SMART scopes (c r u d s) by resource type, "*" for all types; `limits` are rights
    on top of them that hold for some resources only. Without `ties` each actor opens all that no
    mask hides. `acting` is the row of `acting` that says as what the caller acts. `stepped` are the
    types that ask for a surer sign-in than the caller's; `only` the letters that no right on all
    types goes beyond, by type. `keeps` are the references that a document must name for the caller
    to change it (themselves, their structure), None for who changes any.
    """

    agent: str
    actors: tuple[int, ...] | None
    rights: Mapping[str, str]
    hidden: int = DELETED
    limits: tuple[Limit, ...] = ()
    ties: Ties | None = None
    acting: int | None = None
    stepped: frozenset[str] = frozenset()
    only: Mapping[str, str] = field(default_factory=dict)
    keeps: frozenset[str] | None = None

    def may(self, letter: str, resource_type: str) -> bool:
        """Whether the caller holds this right on a type."""
        return self._freely(letter, resource_type) or bool(self.limits_of(letter, resource_type))

    def limits_of(self, letter: str, resource_type: str) -> tuple[Limit, ...]:
        """What a resource of this type must meet one of; () when the right is whole, or missing."""
        if not self.limits or self._freely(letter, resource_type):
            return ()
        if letter not in self.only.get(resource_type, letter):
            return ()
        return tuple(
            one for one in self.limits if one.type in {resource_type, "*"} and letter in one.letters
        )

    def searching(self, letter: str, resource_type: str) -> Scope:
        """The same caller, who may search this type for what this letter opens, and no other."""
        limits = self.limits_of(letter, resource_type)
        return replace(self, rights={}, limits=tuple(replace(one, letters="s") for one in limits))

    def _freely(self, letter: str, resource_type: str) -> bool:
        if letter not in self.only.get(resource_type, letter):
            return False
        return letter in self.rights.get(resource_type, "") or letter in self.rights.get("*", "")

    def need(self, letter: str, resource_type: str) -> None:
        """Raises `AccessDenied` when the caller does not hold this right on a type.

        Raises `TooWeak` when they hold it, but were not surely enough known at sign-in.
        """
        if resource_type in self.stepped and self.may(letter, resource_type):
            raise TooWeak("documents ask for two factors; confirm who you are and try again")
        if not self.may(letter, resource_type):
            raise AccessDenied(
                f"this token does not carry the right {letter!r} on {resource_type}; "
                f"ask for the scope `{resource_type}.{letter}`"
            )


@dataclass(frozen=True, slots=True)
class Trace:
    """One line of the audit trail; `action` is a letter of AuditEvent.action (C R U D E)."""

    agent: str
    action: str
    type: int | None
    patients: tuple[int, ...]
    detail: str
    acting: int | None = None
