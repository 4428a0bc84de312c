"""Slots of several vendors on the SAS guide: official examples, batches, partial answers, freshness."""

from __future__ import annotations

import ssl
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from certified import certify
from cordee.app.sas import vendors_of
from cordee.gateways.sas import aggregator
from cordee.gateways.sas.aggregator import Aggregator, Flow, Vendor, Wanted
from cordee.gateways.sas.emulator import Emulator, Failure
from cordee.gateways.sas.reading import IDNPS, offered
from cordee.runtime import clock
from cordee.runtime.errors import InvalidRequest
from cordee.runtime.settings import read_settings
from listening import listening
from shared_data import shared

PEM = (("CERTIFICATE", "pem"), ("KEY", "key"))
FAR = timedelta(days=20_000)


def example(name: str) -> tuple[dict[str, Any], tuple[Any, ...]]:
    bundle = orjson.loads((shared("specs/ig/sas/example") / f"{name}.json").read_bytes())
    now = clock.now()
    return bundle, offered("v", bundle, now - FAR, now + FAR)


def resources(
    number: str, hours: float = 2, status: str = "free", n: int = 1
) -> list[dict[str, Any]]:
    begins = clock.now() + timedelta(hours=hours)
    key = f"{number}-{n}"
    return [
        {
            "resourceType": "Slot", "id": f"s{key}", "status": status,
            "meta": {"security": [{"code": "PUBLIC"}]},
            "schedule": {"reference": f"Schedule/c{key}"},
            "start": begins.isoformat(), "end": (begins + timedelta(minutes=15)).isoformat(),
        },
        {
            "resourceType": "Schedule", "id": f"c{key}",
            "actor": [{"reference": f"Practitioner/p{key}"}],
        },
        {
            "resourceType": "Practitioner", "id": f"p{key}",
            "identifier": [{"system": IDNPS, "value": number}], "name": [{"family": "LE GOFF"}],
        },
    ]  # fmt: skip


def vendor(name: str, emulator: Emulator, *flows: Flow) -> Vendor:
    transport = httpx.ASGITransport(emulator)
    kept = frozenset(flows or (Flow.INDIVIDUAL,))
    return Vendor(name, "http://vendor.invalid/fhir", kept, transport=transport)


@pytest.mark.requirement("C3.7")
@pytest.mark.parametrize(
    "name",
    ["Bundle-ExampleBundlePSIndiv", "Bundle-ExampleBundleCPTS1", "Bundle-ExampleBundleCPTS2",
     "Bundle-ExampleBundleAgregateurSOS"],
)  # fmt: skip
def test_each_free_slot_of_an_official_bundle_is_read(name: str) -> None:
    bundle, found = example(name)
    told = [one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == "Slot"]

    assert {one.id for one in found} == {one["id"] for one in told}
    assert all(one.name and one.city and one.postal_code for one in found), found
    assert all(one.number or "SOS" in name for one in found)
    assert {one.url for one in found} == {one.get("comment", "") for one in told}


@pytest.mark.requirement("C3.2")
async def test_batches_are_of_25_numbers_and_10_structures() -> None:
    emulator = Emulator(resources("810000000001"))
    everything = Aggregator([vendor("un", emulator, Flow.INDIVIDUAL, Flow.SOS)])
    numbers = [f"8100000000{n:02d}" for n in range(60)]
    structures = [f"3{n:014d}" for n in range(21)]

    found = await everything.search(Wanted(numbers, structures))

    asked = "schedule.actor:Practitioner.identifier"
    sizes = sorted(len(one[asked][0].split(",")) for one in emulator.calls if asked in one)
    assert sizes == [10, 25, 25]
    asked = "actor:Location.organization.identifier"
    assert sorted(len(c[asked][0].split(",")) for c in emulator.calls if asked in c) == [1, 10, 10]
    assert ([one.number for one in found.slots], found.missing) == (["810000000001"], ())
    await everything.close()


@pytest.mark.requirement("C3.1")
@pytest.mark.parametrize("failure", list(Failure))
async def test_a_vendor_that_fails_is_named_and_the_others_are_shown_in_time(
    failure: Failure,
) -> None:
    numbers = ["810000000001", "810000000002"]
    well, ill = Emulator(resources(numbers[0])), Emulator(resources(numbers[1]), failure)
    both = Aggregator([vendor("bien", well), vendor("panne", ill)])

    begun = time.monotonic()
    found = await both.search(Wanted(numbers))
    spent = time.monotonic() - begun

    assert ([one.vendor for one in found.slots], found.missing) == (["bien"], ("panne",))
    assert spent < 2
    ill.failure = None  # what failed is not remembered
    assert (await both.search(Wanted(numbers))).missing == ()
    await both.close()


@pytest.mark.requirement("C3.2")
async def test_an_answer_is_kept_for_a_minute_and_tells_its_age(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    emulator = Emulator(resources("810000000001"))
    one, start = Aggregator([vendor("un", emulator)]), clock.now()
    wanted = Wanted(["810000000001"], start=start)
    first = await one.search(wanted)
    assert await one.search(wanted) == first
    assert len(emulator.calls) == 1

    true = time.monotonic
    monkeypatch.setattr(aggregator.time, "monotonic", lambda: true() + 60)
    second = await one.search(wanted)

    assert len(emulator.calls) == 2
    assert first.as_of is not None
    assert second.as_of is not None
    assert start <= first.as_of < second.as_of
    await one.close()


@pytest.mark.requirement("C3.1")
async def test_only_free_slots_of_the_next_48_hours_are_shown() -> None:
    number = "810000000001"
    emulator = Emulator([
        *resources(number, 1, n=1), *resources(number, 47.5, n=2), *resources(number, 49, n=3),
        *resources(number, 3, "busy", 4), *resources(number, -1, n=5),
    ])  # fmt: skip
    one = Aggregator([vendor("un", emulator)])

    found = await one.search(Wanted([number], end=clock.now() + timedelta(days=9)))

    assert [slot.id for slot in found.slots] == [f"s{number}-1", f"s{number}-2"]
    await one.close()


def test_a_slot_without_what_its_profile_asks_for_is_left_out() -> None:
    now: datetime = clock.now()
    whole = resources("810000000001")
    for change in ({"start": "demain"}, {"meta": {}}, {"schedule": {}}, {"end": now.isoformat()}):
        held = [whole[0] | change, *whole[1:]]
        bundle = {"resourceType": "Bundle", "type": "searchset",
                  "entry": [{"resource": one} for one in held]}  # fmt: skip
        assert offered("v", bundle, now, now + timedelta(hours=48)) == ()


@pytest.mark.requirement("C3.7")
async def test_a_vendor_answers_who_shows_a_certificate_that_it_knows(tmp_path: Path) -> None:
    certify(tmp_path, "vendor", "region")
    (tmp_path / "elsewhere").mkdir()
    certify(tmp_path / "elsewhere", "region")
    number = "810000000001"
    options = {
        "ssl_certfile": tmp_path / "vendor.pem", "ssl_keyfile": tmp_path / "vendor.key",
        "ssl_ca_certs": str(tmp_path / "ca.pem"), "ssl_cert_reqs": ssl.CERT_REQUIRED,
    }  # fmt: skip
    own = {"CORDEE_SAS_CA": str(tmp_path / "ca.pem")}
    own |= {f"CORDEE_SAS_{one}": str(tmp_path / f"region.{kind}") for one, kind in PEM}
    other = {f"CORDEE_SAS_{one}": str(tmp_path / f"elsewhere/region.{kind}") for one, kind in PEM}
    async with listening(Emulator(resources(number)), **options) as url:
        told = {"CORDEE_VENDORS": f"un={url}"}
        for given, missing in ((own, ()), (own | other, ("un",))):
            vendors = vendors_of(read_settings(told | given).sas)
            aggregated = Aggregator(vendors)
            found = await aggregated.search(Wanted(numbers=[number]))
            await aggregated.close()
            assert found.missing == missing
            assert len(found.slots) == (0 if missing else 1)
        bare = Aggregator([replace(vendors_of(read_settings(told | own).sas)[0], certificate=None)])
        assert (await bare.search(Wanted(numbers=[number]))).missing == ("un",)
        await bare.close()
        with pytest.raises(InvalidRequest, match="CORDEE_SAS_CERTIFICATE"):
            read_settings(told)
    with pytest.raises(InvalidRequest, match="https"):
        read_settings({"CORDEE_VENDORS": "un=http://un.example"} | own)


@pytest.mark.requirement("C3.1")
def test_the_flows_of_each_vendor_and_the_points_of_sos_are_settings(tmp_path: Path) -> None:
    files = {"CERTIFICATE": "a.pem", "KEY": "a.key", "CA": "ca.pem"}
    for name in files.values():
        (tmp_path / name).write_text("-")
    own = {f"CORDEE_SAS_{one}": str(tmp_path / name) for one, name in files.items()}
    told = own | {
        "CORDEE_VENDORS": "un=https://un.example deux/cpts+sos=https://deux.example",
        "CORDEE_SAS_SOS": "12345678900011, 12345678900029",
    }
    settings = read_settings(told).sas
    un, deux = vendors_of(settings)
    assert (un.flows, deux.flows) == ({Flow.INDIVIDUAL}, {Flow.CPTS, Flow.SOS})
    assert settings.structures == ("12345678900011", "12345678900029")
    for wrong in ({"CORDEE_VENDORS": "un/fax=https://un.example"}, {"CORDEE_SAS_SOS": "123"}):
        with pytest.raises(InvalidRequest):
            read_settings(told | wrong)
