"""Who acts: a system, or a person with a role in a structure."""

from __future__ import annotations

from dataclasses import dataclass

PATIENT = "patient"
"""Role of who is signed in for their own record; `practitioner` then names the patient."""


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller. `structure` is `Organization/id`, empty for a system.

    `scopes` are SMART scopes such as `system/*.cruds` or `user/Patient.rs`. `level` is the number
    of factors that were shown, `situation` the situation d'exercice that was chosen, `delegated_by`
    the login of the professional in whose name a delegate acts. `client`
    is the application that acts for the person, and `patient` (`Patient/id`) whom its `patient/`
    scopes are about.
    """

    user: str
    name: str
    role: str
    structure: str
    practitioner: str
    scopes: tuple[str, ...]
    level: int = 1
    situation: str = ""
    delegated_by: str = ""
    client: str = ""
    patient: str = ""

    @property
    def is_system(self) -> bool:
        """True for a system, which no care circle bounds."""
        return self.role == "system"
