"""Bundles of the Synthea generator (2019): all valid."""

from __future__ import annotations

import tarfile

import orjson

from cordee.fhir.validation.validate import validate
from shared_data import shared


def test_every_bundle_is_valid():
    path = shared("data/01-synthea-fhir/synthea-2019-transaction-bundles.tar.xz")
    faults, seen = {}, 0
    with tarfile.open(path) as archive:
        for member in archive:
            if member.name.endswith(".json"):
                seen += 1
                issues = validate(orjson.loads(archive.extractfile(member).read()))
                if issues:
                    faults[member.name] = issues[0]

    assert seen > 300
    assert faults == {}
