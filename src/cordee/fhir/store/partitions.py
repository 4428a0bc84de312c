"""Which table holds a type: naming it in the SQL spares the planner all the others."""

from __future__ import annotations

from typing import LiteralString

from cordee.fhir.model.definitions import type_number

_OWN: dict[str, LiteralString] = {
    "Patient": "r_patient",
    "Observation": "r_observation",
    "Encounter": "r_encounter",
    "Condition": "r_condition",
    "MedicationRequest": "r_medicationrequest",
    "DocumentReference": "r_documentreference",
    "DiagnosticReport": "r_diagnosticreport",
    "Procedure": "r_procedure",
    "Immunization": "r_immunization",
    "Claim": "r_claim",
    "ExplanationOfBenefit": "r_explanationofbenefit",
    "AllergyIntolerance": "r_allergyintolerance",
    "Appointment": "r_appointment",
    "ServiceRequest": "r_servicerequest",
    "CarePlan": "r_careplan",
    "CareTeam": "r_careteam",
    "Task": "r_task",
    "Communication": "r_communication",
    "Practitioner": "r_practitioner",
    "Organization": "r_organization",
}


def table(resource_type: str) -> LiteralString:
    """Name of the partition of a type; rare types share one."""
    return _OWN.get(resource_type, "r_other")


def type_condition(resource_type: str, alias: LiteralString) -> str:
    """Condition on the type, with a literal, so that its indexes are used."""
    return f"{alias}.type = {type_number(resource_type)}"
