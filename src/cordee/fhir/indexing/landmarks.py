"""Which elements of each type are its main date, its main codes, its custodian, its circle.

Chosen by hand for the types of daily care; others follow the rule at the end of each table.
"""

from __future__ import annotations

from typing import Final

from cordee.fhir.model.definitions import compartment

# First parameter with a value wins. Where there are two, neither alone is the sorted date.
CLINICAL_DATES: Final[dict[str, tuple[str, ...]]] = {
    "Account": ("period",),
    "AllergyIntolerance": ("date", "onset"),
    "Appointment": ("date",),
    "AuditEvent": ("date",),
    "Bundle": ("timestamp",),
    "CarePlan": ("date",),
    "CareTeam": ("date",),
    "ChargeItem": ("occurrence", "entered-date"),
    "Claim": ("created",),
    "ClaimResponse": ("created",),
    "ClinicalImpression": ("date",),
    "Communication": ("sent", "received"),
    "CommunicationRequest": ("authored", "occurrence"),
    "Composition": ("date",),
    "Condition": ("onset-date", "recorded-date"),
    "Consent": ("date",),
    "Contract": ("issued",),
    "CoverageEligibilityRequest": ("created",),
    "CoverageEligibilityResponse": ("created",),
    "DetectedIssue": ("identified",),
    "DeviceRequest": ("authored-on", "event-date"),
    "DiagnosticReport": ("date", "issued"),
    "DocumentManifest": ("created",),
    "DocumentReference": ("date",),
    "Encounter": ("date",),
    "EnrollmentRequest": (),
    "EpisodeOfCare": ("date",),
    "ExplanationOfBenefit": ("created",),
    "FamilyMemberHistory": ("date",),
    "Flag": ("date",),
    "Goal": ("start-date",),
    "ImagingStudy": ("started",),
    "Immunization": ("date",),
    "ImmunizationEvaluation": ("date",),
    "ImmunizationRecommendation": ("date",),
    "Invoice": ("date",),
    "List": ("date",),
    "MeasureReport": ("date",),
    "Media": ("created",),
    "MedicationAdministration": ("effective-time",),
    "MedicationDispense": ("whenhandedover", "whenprepared"),
    "MedicationRequest": ("authoredon",),
    "MedicationStatement": ("effective",),
    "NutritionOrder": ("datetime",),
    "Observation": ("date",),
    "Patient": (),
    "Person": (),
    "Practitioner": (),
    "PractitionerRole": ("date",),
    "Procedure": ("date",),
    "Provenance": ("recorded", "when"),
    "QuestionnaireResponse": ("authored",),
    "RelatedPerson": (),
    "RequestGroup": ("authored",),
    "ResearchSubject": ("date",),
    "RiskAssessment": ("date",),
    "Schedule": ("date",),
    "ServiceRequest": ("authored", "occurrence"),
    "Slot": ("start",),
    "Specimen": ("collected",),
    "SupplyDelivery": (),
    "SupplyRequest": ("date",),
    "Task": ("authored-on", "modified"),
    "VisionPrescription": ("datewritten",),
}
OTHER_CLINICAL_DATES: Final = ("date", "created", "authored")

# Token parameters with sorted rows: every coding, as searches by them look nowhere else.
SORTED_CODES: Final[dict[str, tuple[str, ...]]] = {
    "AllergyIntolerance": ("code",),
    "Appointment": ("status", "service-type"),
    "CarePlan": ("category",),
    "Condition": ("code", "category"),
    "Consent": ("category",),
    "DiagnosticReport": ("code", "category"),
    "DocumentReference": ("type", "category"),
    "Encounter": ("class", "type"),
    "Immunization": ("vaccine-code",),
    "MedicationAdministration": ("code",),
    "MedicationDispense": ("code",),
    "MedicationRequest": ("code",),
    "MedicationStatement": ("code",),
    "Observation": ("code", "category"),
    "Procedure": ("code",),
    "QuestionnaireResponse": ("status",),
    "ServiceRequest": ("code", "category"),
    "Task": ("code", "status"),
}

# Parameter of the one patient that a resource is about; the first that the type has.
MAIN_PATIENT: Final = ("patient", "subject")
NO_MAIN_PATIENT: Final = frozenset({"Person", "Patient"})

# Row parameters of Observation whose rows carry the key of a code, for composites.
COMPANIONS: Final[dict[str, dict[str, str]]] = {
    "Observation": {
        "value-quantity": "code",
        "value-date": "code",
        "value-string": "code",
        "component-value-quantity": "component-code",
    },
}

# Parameters that write nothing: the keys or rows of others serve them.
UNIONS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "InsurancePlan": {"phonetic": ("name",)},
    "Organization": {"phonetic": ("name",)},
    "Patient": {"phonetic": ("name",)},
    "Person": {"phonetic": ("name",)},
    "Practitioner": {"phonetic": ("name",)},
    "RelatedPerson": {"phonetic": ("name",)},
    "Observation": {
        "code-value-quantity": ("value-quantity",),
        "code-value-date": ("value-date",),
        "code-value-string": ("value-string",),
        "component-code-value-quantity": ("component-value-quantity",),
        "combo-code": ("code", "component-code"),
        "combo-value-concept": ("value-concept", "component-value-concept"),
        "combo-value-quantity": ("value-quantity", "component-value-quantity"),
        "combo-code-value-quantity": ("value-quantity", "component-value-quantity"),
        "combo-code-value-concept": ("code-value-concept", "component-code-value-concept"),
    },
}

# Where a resource names the organisation that keeps it; the first Organization wins.
CUSTODIANS: Final[dict[str, tuple[str, ...]]] = {
    "Account": ("owner",),
    "CarePlan": ("author", "contributor"),
    "CareTeam": ("managingOrganization",),
    "Claim": ("provider",),
    "Composition": ("custodian",),
    "Consent": ("organization",),
    "Device": ("owner",),
    "DiagnosticReport": ("performer",),
    "DocumentReference": ("custodian",),
    "Encounter": ("serviceProvider",),
    "EpisodeOfCare": ("managingOrganization",),
    "ExplanationOfBenefit": ("provider",),
    "Goal": ("expressedBy",),
    "Group": ("managingEntity",),
    "HealthcareService": ("providedBy",),
    "Immunization": ("performer.actor",),
    "Location": ("managingOrganization",),
    "MedicationDispense": ("performer.actor",),
    "MedicationRequest": ("requester",),
    "Observation": ("performer",),
    "Patient": ("managingOrganization",),
    "PractitionerRole": ("organization",),
    "Procedure": ("performer.actor",),
    "ServiceRequest": ("requester",),
    "Task": ("owner",),
}

# References that tie their target to the patient, by kind of tie. A tie of the care team bears the
# bare name; another has its kind before it: `circle|Practitioner/x` (decision 0030).
CIRCLE_TYPES: Final = ("Organization/", "Practitioner/", "PractitionerRole/")
TEAM, CIRCLE, ATTENDING, AUTHOR = "", "circle|", "attending|", "author|"
TIES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "Patient": (
        ("managingOrganization", TEAM),
        ("generalPractitioner", TEAM),
        ("generalPractitioner", ATTENDING),
    ),
    "Encounter": (("serviceProvider", TEAM),),
    "CareTeam": (("managingOrganization", TEAM), ("participant.member", CIRCLE)),
    "EpisodeOfCare": (("managingOrganization", TEAM),),
    "DocumentReference": (("author", AUTHOR),),
    "DocumentManifest": (("author", AUTHOR),),
    "Composition": (("author", AUTHOR),),
}
# Types whose resources speak of patients: without one they are nobody's but a system's.
CLOSED_TYPES: Final = tuple(
    sorted(
        {*compartment("Patient"), "Binary", "Bundle", "Linkage", "MessageHeader", "Parameters"}
        - {"Schedule"}
    )
)

# Bits of `labels`, by code of http://terminology.hl7.org/CodeSystem/v3-Confidentiality.
CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
LABEL_BITS: Final[dict[str, int]] = {"U": 0, "L": 0, "M": 0, "N": 0, "R": 1, "V": 2}
OTHER_LABEL: Final = 4
# JDV_J08 of the CI-SIS: to whom a document is not visible; known by code, under any address.
VISIBILITY_BITS: Final[dict[str, int]] = {
    "MASQUE_PS": 8,
    "INVISIBLE_PATIENT": 16,
    "INVISIBLE_REPRESENTANTS_LEGAUX": 32,
}
# Where types bear such labels beside meta.security: a list of concepts, or a bare code.
LABELLED_BY: Final[dict[str, str]] = {
    "DocumentReference": "securityLabel",
    "Composition": "confidentiality",
}
