"""Every SHALL of the Inferno list on a SMART server is a test by its number, or has its reason."""

from __future__ import annotations

import csv
import lzma
import re
from pathlib import Path

from shared_data import shared

_TESTS = Path(__file__).parents[2] / "integration" / "smart"
_LIST = "data/04-inferno-requirements/smart_app_launch_test_kit_requirements.csv.xz"
_VERSION = "hl7.fhir.uv.smart-app-launch_2.2.0"
_BRANDS = "brand bundles are not published: the configuration names none (test_348)"
NOT_OURS = {
    172: "`fhirContext` is not sent: patient and encounter stand at the top (test_177)",
    175: "`context-style` is not among the capabilities (test_348)",
    176: "`tenant` is not sent (test_177)",
    178: "`fhirContext` is not sent (test_177)",
    188: "`fhirContext` is not sent (test_177)",
    194: "between people: what an intent means is agreed with each application",
    231: "TLS ends at the proxy of the installation",
    247: "a decision of the organisation: here every request but discovery asks for a token",
    360: "`context-style` is not among the capabilities (test_348)",
    364: "`context-standalone-encounter` is not among the capabilities (test_348)",
    371: "`smart-app-state` is not among the capabilities (test_348)",
} | dict.fromkeys(
    (396, 398, 400, 402, 403, 405, 409, 410, 412, 417, 418, 419, 421, 423, 430, 431, 432, 436),
    _BRANDS,
)


def test_every_shall_of_a_server_is_a_test_or_has_its_reason() -> None:
    text = lzma.decompress(shared(_LIST).read_bytes()).decode("utf-8-sig")
    wanted = {
        int(row["ID"])
        for row in csv.DictReader(text.splitlines(keepends=True))
        if row["Req Set"] == _VERSION
        and row["Actors"] == "Server"
        and "SHALL" in row["Conformance"]
    }
    named: set[int] = set()
    for path in _TESTS.glob("test_*.py"):
        for numbers in re.findall(r"def test((?:_\d{3})+)_", path.read_text("utf-8")):
            named |= {int(one) for one in numbers.split("_") if one}

    assert len(wanted) > 150
    assert wanted - named == set(NOT_OURS)
    assert not named & NOT_OURS.keys()
