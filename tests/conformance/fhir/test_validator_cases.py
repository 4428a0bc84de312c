"""The R4 cases of the HL7 validator that need no profile: good accepted, bad refused."""

from __future__ import annotations

import json
import tarfile

import orjson
import pytest

from cordee.fhir.model.xml import xml_to_json
from cordee.fhir.validation.validate import validate
from cordee.runtime.errors import InvalidRequest
from shared_data import shared

# Bad cases that are accepted so far, by what their refusal needs.
NEEDS = {
    "terminology": (
        "cvx",
        "contract-binding-test",
        "mr-covid-bnd1",
        "obs-temp-code2",
        "supplement-2",
        "uk-msg",
        "vs-bad-props",
        "vs-params-4",
        # An extension in the place of a code of a required value set.
        "allergy",
    ),
    "invariants and rules of one resource type": (
        "cs-bad-oid",
        "dr-example-org",
        "ext-ccuk",
        "mr-m-simple-nossystem",
        "observation-bad-profile",
        "pat-xver-extension-expected",
        "profile-default-value",
        "risk-assessment-probability-range",
        "sp-composite",
        "sp-diff-type",
        "vs-canonical-bad-2",
        "vs-canonical-urn",
    ),
    "profiles, extension definitions and other resources": (
        "nested-questionnaire-nested-valueset",
        "obs-temp-bad",
        "obs-vs-1",
        "pat-dob-ext",
        "patient-extension-complex-bad1",
        "patient-extension-complex-bad2",
        "patient-xver-bad",
        "patient-xver-bad-gino",
        "patient-xver-gino",
        "qr-bad-ref2",
    ),
    "rules between the entries of a bundle": (
        "bad-bundle-reference-type-4",
        "bundle-duplicate-id",
        "bundle-id-2",
        "bundle-with-contained",
        "mni-patientOverview-bundle-example1",
        "mni-patientOverview-bundle-example1b",
    ),
    "policies of the publishing tool, not of R4": (
        "bad-markdown-no-html",
        "cs-narrative-status-pub",
        "pat-security-bad-string1",
    ),
    "the check of a signature": ("signatures-example-2",),
}
# Good only under an option of the HL7 validator that a server does not have.
OPTIONS = {"contained-resource-bad-id-ignore", "json-comments-1-yes"}


@pytest.fixture(scope="module")
def suite():
    with tarfile.open(shared("data/03-suites/validator-r4.tar.xz")) as archive:
        return {
            member.name.split("/", 1)[1]: archive.extractfile(member).read()
            for member in archive
            if member.isfile()
        }


def is_refused(name, body):
    try:
        resource = orjson.loads(xml_to_json(body) if name.endswith(".xml") else body)
    except (InvalidRequest, orjson.JSONDecodeError):
        return True
    return any(issue.severity == "error" for issue in validate(resource))


def test_cases_without_profiles(suite):
    cases = [
        case
        for case in json.loads(suite["manifest.json"])["test-cases"]
        if case["_expected"]["core_only"] and case["file"].endswith((".json", ".xml"))
    ]
    wrong = {
        case["name"]
        for case in cases
        if is_refused(case["file"], suite["files/" + case["file"]])
        != bool(case["_expected"]["errors"])
    }

    assert len(cases) == 107
    assert wrong == OPTIONS.union(*NEEDS.values())
