"""Who acts: a system, or a person with a role in a structure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller. `structure` is `Organization/id`, empty for a system.

    `scopes` are SMART scopes such as `system/*.cruds` or `user/Patient.rs`. `client` is the
    application that acts for the person, and `patient` (`Patient/id`) whom its `patient/` scopes
    are about.
    """

    user: str
    name: str
    role: str
    structure: str
    practitioner: str
    scopes: tuple[str, ...]
    client: str = ""
    patient: str = ""

    @property
    def is_system(self) -> bool:
        """True for a system, which no care circle bounds."""
        return self.role == "system"
