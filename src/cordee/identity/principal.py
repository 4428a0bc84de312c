"""Who acts: a system, or a person with a role in a structure."""

from __future__ import annotations

from dataclasses import dataclass

PATIENT = "patient"
"""Role of who is signed in for their own record; `practitioner` then names the patient."""
CARER, TRUSTED, REPRESENTATIVE = "proche", "personne de confiance", "représentant légal"
"""Roles of who acts for somebody; `practitioner` then names a RelatedPerson of that record."""
REGULATION, EMERGENCY, IDENTITY = "regulation", "emergency", "identity"
DPO, ADMINISTRATOR, STEERING, AGENTS = "dpo", "administrator", "steering", "agents"
TRAINING = "training"
"""Who starts nights of training at the SAMU where they regulate."""
WAREHOUSE, DATA_MANAGER = "warehouse-lead", "data-manager"
ANALYST, COMMITTEE = "analyst", "committee"
"""Roles of the warehouse of health data, beside the DPO: see `population.callers`."""
FUNCTIONS = frozenset(
    {REGULATION, EMERGENCY, IDENTITY, DPO, ADMINISTRATOR, STEERING, AGENTS, TRAINING, WAREHOUSE,
     DATA_MANAGER, ANALYST, COMMITTEE}
)  # fmt: skip
"""What somebody does beside their profession: regulation and emergency may break the glass,
`identity` is the cellule d'identitovigilance, `agents` the HospiConnect console of a structure."""


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller. `structure` is `Organization/id`, empty for a system.

    `scopes` are SMART scopes such as `system/*.cruds` or `user/Patient.rs`. `level` is the number
    of factors that were shown, `situation` the situation d'exercice that was chosen, `delegated_by`
    the login of the professional in whose name a delegate acts. `client`
    is the application that acts for the person, and `patient` (`Patient/id`) whom its `patient/`
    scopes are about. `profession` is a code of TRE_G15; `functions` are among `FUNCTIONS`.
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
    profession: str = ""
    functions: frozenset[str] = frozenset()

    @property
    def is_system(self) -> bool:
        """True for a system, which no care circle bounds."""
        return self.role == "system"
