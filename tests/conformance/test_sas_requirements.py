"""The 49 requirements of the national SAS test kit, each held by a check or by a written reason.

The kit judges a vendor (« serveur »); this platform reads vendors, and its emulator plays one. What a
server must give is checked on the official Bundle that the reader takes; what a reader may not see is
left to the kit with its reason. Then one walk through the five flows: R01, R04, SOS, R02, R03. C3.7.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import orjson
import pytest

from cordee.gateways.sas.aggregator import Aggregator, Flow, Vendor, Wanted
from cordee.gateways.sas.emulator import Emulator
from cordee.gateways.sas.reading import IDNPS, offered
from cordee.gateways.sas.regulators import Regulator, practitioner_of
from cordee.runtime import clock
from shared_data import shared

Json = dict[str, Any]
FAR: Final = timedelta(days=20_000)
STAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d")


def bundle(name: str = "Bundle-ExampleBundlePSIndiv") -> Json:
    found: Json = orjson.loads((shared("specs/ig/sas/example") / f"{name}.json").read_bytes())
    return found


def of(kind: str) -> list[Json]:
    """The resources of a type in the official Bundle of a professional."""
    return [one["resource"] for one in bundle()["entry"] if one["resource"]["resourceType"] == kind]


def places() -> Iterator[Json]:
    for role in of("PractitionerRole"):
        yield from (one for one in role["contained"] if one["resourceType"] == "Location")


def read(change: Json | None = None, without: str = "") -> int:
    """How many slots our reader keeps of the official Bundle, each Slot changed."""
    told = bundle()
    for one in told["entry"]:
        slot = one["resource"]
        if slot["resourceType"] == "Slot":
            slot.update(change or {})
            slot.pop(without, None)
    now = clock.now()
    return len(offered("v", told, now - FAR, now + FAR))


def codes(concepts: list[Json]) -> list[str]:
    return [each["code"] for one in concepts for each in one.get("coding", ())]


def numbers() -> list[Json]:
    return [one for person in of("Practitioner") for one in person["identifier"]]


ASKED: dict[str, list[str]] = {}

CHECKS: Final[dict[int, Callable[[], bool]]] = {
    4: lambda: read() == len(of("Slot")),
    5: lambda: _between(timedelta(hours=1)) == 1,
    6: lambda: _between(timedelta(hours=1)) == 1,
    7: lambda: _between(timedelta(hours=1)) == 1 and _between(timedelta(hours=60)) == 0,
    8: lambda: offered("v", _empty(), clock.now(), clock.now() + FAR) == (),
    9: lambda: read({"meta": {}}) == 0 and read() > 0,
    10: lambda: read({"status": "busy"}) == 0 and ASKED["status"] == ["free"],
    11: lambda: read(without="start") == read(without="end") == 0,
    12: lambda: read({"schedule": {}}) == 0,
    13: lambda: _refuses({"resourceType": "OperationOutcome"}),
    14: lambda: bundle()["type"] == "searchset",
    15: lambda: len(of("Practitioner")) >= 1,
    16: lambda: all(one["system"] == IDNPS for one in numbers()),
    17: lambda: all(re.fullmatch(r"8\d{11}", one["value"]) for one in numbers()),
    18: lambda: {one["value"] for one in numbers()} == {one.number for one in _found()},
    19: lambda: len(of("PractitionerRole")) >= 1,
    20: lambda: all(one.structure for one in _found()),
    21: lambda: all(one["practitioner"]["reference"] for one in of("PractitionerRole")),
    22: lambda: len(list(places())) >= len(of("PractitionerRole")),
    23: lambda: read({"meta": {"security": [{"code": "AUTRE"}]}}) == 0,
    24: lambda: all(set(codes(one["serviceType"])) & {"AMB", "HH", "VR"} for one in of("Slot")),
    25: lambda: {one.url for one in _found()} == {one.get("comment", "") for one in of("Slot")},
    26: lambda: [one[:2] for one in ASKED["start"]] == ["ge", "le"],
    27: lambda: ASKED["status"] == ["free"],
    28: lambda: ASKED["_include"] == ["Slot:schedule"],
    29: lambda: f"{IDNPS}|" in ASKED["schedule.actor:Practitioner.identifier"][0],
    30: lambda: ASKED["_include:iterate"] == ["Schedule:actor"],
    31: lambda: all(one.address for one in _found()),
    32: lambda: all(one.number and one.name for one in _found()),
    38: lambda: all(one["address"]["line"] for one in places()),
    39: lambda: all(one["address"]["city"] for one in places()),
    40: lambda: all(re.fullmatch(r"\d{5}", one.postal_code) for one in _found()),
    41: lambda: any(one.specialties for one in _found()),
    42: lambda: len({one.id for one in _at_two_places()}) == 2 * len(_found()),
    43: lambda: {each.number for each in _at_two_places()} == {one.number for one in _found()},
    44: lambda: len({one.number for one in _found()}) == len(of("Practitioner")) == 2,
    45: lambda: all(STAMP.fullmatch(one[2:]) for one in ASKED["start"]),
    46: lambda: all(one["meta"]["security"][0]["code"] for one in of("Slot")),
    48: lambda: any(one.consultations for one in _found()),
    49: lambda: all(codes([one["appointmentType"]]) for one in of("Slot")),
}
REASONS: Final[dict[int, str]] = {
    1: "Mutual TLS of what is received: a proxy asks for the certificate, the receiver hears a known"
    " thumbprint alone (test_only_a_known_certificate_is_heard); a vendor's own server is the kit's.",
    2: "The CN is checked by the proxy that ends TLS: a thumbprint names one certificate, CN with it.",
    3: "The OU: as for the CN, a pinned thumbprint is narrower.",
    33: "The name in a vendor's own software cannot be seen from outside: the kit says not verifiable.",
    34: "The telephone in a vendor's own software: the kit says not verifiable.",
    35: "As 34: the kit says not verifiable.",
    36: "As 34: the kit says not verifiable.",
    37: "The places in a vendor's own software: the kit says not verifiable.",
    47: "What a vendor leaves out cannot be seen: the kit says not verifiable; what is not free is left"
    " out by our reader (10).",
}


@pytest.fixture(autouse=True, scope="module")
async def search() -> None:
    """One search of a professional at the emulator: what we ask is kept for the checks."""
    emulator = Emulator([])
    vendor = Vendor(
        "v", "http://v.invalid/fhir", frozenset({Flow.INDIVIDUAL}),
        transport=httpx.ASGITransport(emulator),
    )  # fmt: skip
    one = Aggregator([vendor])
    await one.search(Wanted(["810000000001"]))
    ASKED.update(emulator.calls[0])
    await one.close()


@pytest.mark.requirement("C3.7")
def test_each_of_the_49_has_a_check_or_a_written_reason() -> None:
    rows = orjson.loads((shared("specs/ig/sas-test-kit") / "requirements.json").read_bytes())
    known = {int(one["ID"]) for one in rows}

    assert len(rows) == 49
    assert set(CHECKS) | set(REASONS) == known
    assert not set(CHECKS) & set(REASONS)
    not_verifiable = {int(one["ID"]) for one in rows if one["Not Tested Reason"]}
    assert not_verifiable <= set(REASONS)


@pytest.mark.requirement("C3.7")
@pytest.mark.parametrize("number", sorted(CHECKS), ids=lambda number: f"agg-psindiv@{number}")
def test_a_requirement_of_the_kit_holds(number: int) -> None:
    assert CHECKS[number]()


@pytest.mark.requirement("C3.7")
@pytest.mark.parametrize(
    ("flow", "name"),
    [("INT_R01", "Bundle-ExampleBundlePSIndiv"), ("INT_R04", "Bundle-ExampleBundleCPTS1"),
     ("SOS", "Bundle-ExampleBundleAgregateurSOS")],
)  # fmt: skip
def test_the_flows_of_slots_read_their_official_bundle(flow: str, name: str) -> None:
    told, now = bundle(name), clock.now()
    slots = [one for one in told["entry"] if one["resource"]["resourceType"] == "Slot"]

    assert len(offered(flow, told, now - FAR, now + FAR)) == len(slots) > 0


@pytest.mark.requirement("C3.7")
@pytest.mark.parametrize(
    "name", ["ExamplePractitionerRegul1", "ExamplePractitionerRegul3", "ExamplePractitionerRegul4"]
)
def test_an_account_is_written_as_the_official_example(name: str) -> None:
    path = shared("specs/ig/sas/example") / f"Practitioner-{name}.json"
    told: Json = orjson.loads(path.read_bytes())
    held, person = told["identifier"][0], told["name"][0]
    regulator = Regulator(
        held["value"], person["family"], person["given"][0], told["telecom"][0]["value"]
    )

    made = practitioner_of(regulator, is_active=told["active"])

    for part in ("identifier", "active", "name", "telecom"):
        assert made[part] == told[part], part
    assert made["meta"]["source"] == told["meta"]["source"]
    assert made["meta"]["profile"] == told["meta"]["profile"]


def _found() -> tuple[Any, ...]:
    now = clock.now()
    return offered("v", bundle(), now - FAR, now + FAR)


def _empty() -> Json:
    return {"resourceType": "Bundle", "type": "searchset", "total": 0}


def _between(after: timedelta) -> int:
    """How many slots are kept of one that begins after so long, in a window of two days."""
    now = clock.now()
    told = bundle()
    slots = [one for one in told["entry"] if one["resource"]["resourceType"] == "Slot"]
    others = [one for one in told["entry"] if one["resource"]["resourceType"] != "Slot"]
    start: datetime = now + after
    moved = {"start": start.isoformat(), "end": (start + timedelta(minutes=9)).isoformat()}
    late = {"start": (now - FAR).isoformat(), "end": now.isoformat()}
    kept = [{"resource": slots[0]["resource"] | moved | {"id": "a"}},
            {"resource": slots[0]["resource"] | late | {"id": "b"}}]  # fmt: skip
    return len(offered("v", _empty() | {"entry": [*others, *kept]}, now, now + timedelta(hours=48)))


def _refuses(told: Json) -> bool:
    with pytest.raises(Exception, match=r"Bundle|searchset"):
        offered("v", told, clock.now(), clock.now() + FAR)
    return True


def _two() -> Json:
    """The official Bundle, and all of it once more at other places of the same people."""
    told = orjson.dumps(bundle()).decode()
    other = told
    for one in bundle()["entry"]:
        other = other.replace(one["resource"]["id"], f"{one['resource']['id']}-deux")
    entries = [*orjson.loads(told)["entry"], *orjson.loads(other)["entry"]]
    return _empty() | {"entry": entries}


def _at_two_places() -> tuple[Any, ...]:
    """The slots of people who work at twice as many places."""
    now = clock.now()
    return offered("v", _two(), now - FAR, now + FAR)
