"""What a caller may see: every read and every search needs one; the access floor builds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cordee.runtime.errors import AccessDenied

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
class Scope:
    """Who acts and what they may see.

    `actors` are the hashed entities whose circle is open to the caller, None for every patient;
    resources of no patient are open to all. `hidden` masks confidentiality labels. `rights` gives
    the letters of SMART scopes (c r u d s) by resource type, "*" for all types; `limits` are rights
    on top of them that hold for some resources only.
    """

    agent: str
    actors: tuple[int, ...] | None
    rights: Mapping[str, str]
    hidden: int = DELETED
    limits: tuple[Limit, ...] = ()

    def may(self, letter: str, resource_type: str) -> bool:
        """Whether the caller holds this right on a type."""
        return self._freely(letter, resource_type) or bool(self.limits_of(letter, resource_type))

    def limits_of(self, letter: str, resource_type: str) -> tuple[Limit, ...]:
        """What a resource of this type must meet one of; () when the right is whole, or missing."""
        if not self.limits or self._freely(letter, resource_type):
            return ()
        return tuple(
            one for one in self.limits if one.type in {resource_type, "*"} and letter in one.letters
        )

    def searching(self, letter: str, resource_type: str) -> Scope:
        """The same caller, who may search this type for what this letter opens, and no other."""
        limits = self.limits_of(letter, resource_type)
        return replace(self, rights={}, limits=tuple(replace(one, letters="s") for one in limits))

    def _freely(self, letter: str, resource_type: str) -> bool:
        return letter in self.rights.get(resource_type, "") or letter in self.rights.get("*", "")

    def need(self, letter: str, resource_type: str) -> None:
        """Raises `AccessDenied` when the caller does not hold this right on a type."""
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
