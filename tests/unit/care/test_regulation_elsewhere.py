"""Vehicles of other centres as RS-RI and RS-SR tell them, on the official examples."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from cordee.care.regulation.cases import Stamp
from cordee.care.regulation.elsewhere import vehicles_elsewhere
from shared_data import shared

SAMPLES = "specs/ig/samu-hub/sample/examples"
AT = datetime(2026, 11, 23, 19, tzinfo=UTC)


def stamp(kind: str, content: dict[str, Any]) -> Stamp:
    return Stamp(1, kind, AT, AT, "hub", None, content)


def heard(name: str, root: str, kind: str) -> Stamp:
    body = json.loads((shared(SAMPLES) / name).read_text())[root]
    return stamp(kind, {"from": "fr.health.samu770", "body": body})


@pytest.mark.requirement("C2.6")
def test_the_vehicles_of_another_samu_stand_with_their_last_state_in_any_order() -> None:
    info = heard("RS-RI/RS-RI_partageDossier_DidierMorel.01b.json", "resourcesInfo", "hub-rs-ri")
    status = heard(
        "RS-SR/RS-SR_partageDossier_DidierMorel.03b.json", "resourcesStatus", "hub-rs-sr"
    )
    for order in permutations([info, status, info, status]):
        found = {one.name: one for one in vehicles_elsewhere(order, "")}
        assert set(found) == {"VLM 77 - 250", "VSAV 77 - A7B"}
        assert (found["VLM 77 - 250"].status, found["VLM 77 - 250"].kind) == ("PEC", "SMUR.VLM")
        assert found["VSAV 77 - A7B"].status == "DECLENCHE"
        assert [one.family for one in found.values()].count("sapeurs-pompiers") == 1
        assert found["VSAV 77 - A7B"].centre == "fr.fire.sdis77.cgo-077"


def test_what_is_told_wrongly_breaks_no_page() -> None:
    for body in ({}, {"resource": "x"}, {"resource": [{"state": "y"}]}, {"state": []}):
        for kind in ("hub-rs-ri", "hub-rs-sr"):
            vehicles_elsewhere([stamp(kind, {"from": "x", "body": body})], "")
