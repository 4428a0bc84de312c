"""The official scenarios between two SAMU, replayed in their order to the owner that they state.

The examples are bodies alone: who sends each to whom is what the scenario says of it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import orjson
import pytest

from cordee.formats.hub.kinds import BY_KEY
from cordee.formats.hub.ownership import NOT_A_PARTY, OUT_OF_TURN, Heard, standing
from shared_data import shared

START = datetime(2026, 11, 23, tzinfo=UTC)
A, B = "fr.health.samu800", "fr.health.samu76A"
NGUYEN = (
    ("RS-EDA/RS-EDA_partageDossier_EnfantsNguyen.01", A, B, A),
    ("RS-EDA-MAJ/RS-EDA-MAJ_priseEnCharge_EnfantsNguyen.02", B, A, B),
    ("RS-RI/RS-RI_partageDossier_EnfantsNguyen.03b", B, A, B),
    ("RS-RI/RS-RI_partageRessources_EnfantsNguyen.04c", A, B, B),
    ("RS-SR/RS-SR_partageRessources_EnfantsNguyen.05b", B, A, B),
)
C, D = "fr.health.samu770", "fr.health.samu940"
MOREL = (
    ("RS-EDA/RS-EDA_partageDossier_DidierMorel.01a", C, D, C),
    ("RS-RI/RS-RI_partageDossier_DidierMorel.01b", C, D, C),
    ("RS-EDA-MAJ/RS-EDA-MAJ_partageDossier_DidierMorel.02", C, D, C),
    ("RS-SR/RS-SR_partageDossier_DidierMorel.03b", C, D, C),
    ("RS-DR/RS-DR_partageRessources_DidierMorel.04a", C, D, C),
)
E, F = "fr.health.samu440", "fr.health.smur440"
VIGNEAU = (
    ("RS-EDA/RS-EDA-SMUR_FemmeEnceinte_DelphineVigneau.01", E, F, E),
    ("RS-ER/RS-ER_FemmeEnceinte_DelphineVIGNEAU.02", E, F, E),
    ("RS-RI/RS-RI_FemmeEnceinte_DelphineVigneau.03", F, E, E),
    ("RS-SR/RS-SR_FemmeEnceinte_DelphineVIGNEAU.04", F, E, E),
    ("RS-URL/RS-URL_FemmeEnceinte_DelphineVigneau.05", F, E, E),
    ("RS-SR/RS-SR_FemmeEnceinte_DelphineVIGNEAU.09", F, E, E),
    ("RS-EDA-MAJ/RS-EDA-MAJ_FemmeEnceinte_DelphineVigneau.12", E, F, E),
)
SCENARIOS = {"nguyen": NGUYEN, "morel": MOREL, "vigneau": VIGNEAU}


def messages(scenario: tuple[tuple[str, str, str, str], ...]) -> list[Heard]:
    root = shared("specs/ig/samu-hub/sample/examples")
    made = []
    for index, (name, sender, recipient, _) in enumerate(scenario):
        ((key, body),) = orjson.loads((root / f"{name}.json").read_bytes()).items()
        sent = START + timedelta(minutes=index)
        made.append(Heard(f"{sender}_{index}", sender, recipient, sent, BY_KEY[key].name, body))
    return made


@pytest.mark.requirement("C2.6")
@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_the_scenario_comes_to_the_stated_owner(name: str) -> None:
    scenario = SCENARIOS[name]
    told = messages(scenario)
    case = told[0].body["caseId"]

    for index, (_, _, _, owner) in enumerate(scenario):
        found = standing(case, told[: index + 1])
        assert (found.owner, dict(found.refused)) == (owner, {})


def test_order_of_arrival_and_copies_change_nothing() -> None:
    told = messages(NGUYEN)
    case = told[0].body["caseId"]
    expected = standing(case, told)

    for order in permutations(told):
        assert standing(case, (*order, order[0], order[-1])) == expected


def test_the_vehicles_stand_where_they_were_last_seen() -> None:
    told = messages(NGUYEN)
    found = standing(told[0].body["caseId"], told)

    assert found.resources["fr.fire.sis076.cgo-076.resource.VSAV3A"] == "ARRIVEE"
    assert found.resources["fr.health.samu800.resource.Heli80bec6"] == "DECLENCHE"


def test_a_takeover_of_a_case_that_nobody_shared_is_refused() -> None:
    (taken,) = messages(NGUYEN)[1:2]

    found = standing(taken.body["caseId"], [taken])

    assert (found.owner, dict(found.refused)) == ("", {taken.number: OUT_OF_TURN})


def test_a_stranger_takes_nothing_over() -> None:
    first, *_ = messages(NGUYEN)
    body = {"caseId": first.body["caseId"], "owner": "fr.health.samu999"}
    stranger = Heard("x", "fr.health.samu999", A, START + timedelta(hours=1), "RS-EDA-MAJ", body)

    found = standing(first.body["caseId"], [first, stranger])

    assert (found.owner, found.refused["x"]) == (A, NOT_A_PARTY)


def test_a_request_has_its_answer() -> None:
    root = shared("specs/ig/samu-hub/sample/examples")
    asked = orjson.loads((root / "RS-DR/RS-DR_partageRessources_LolaHalimi.03a.json").read_bytes())
    answer = orjson.loads((root / "RS-RR/RS-RR_partageRessources_LolaHalimi.03b.json").read_bytes())
    case, home = asked["resourcesRequest"]["caseId"], "fr.health.samu950"
    other = "fr.health.samu780"
    told = [
        Heard("1", home, other, START, "RS-EDA", {"caseId": case, "owner": home}),
        Heard("2", home, other, START, "RS-DR", asked["resourcesRequest"]),
        Heard("3", other, home, START, "RS-RR", answer["resourcesResponse"]),
    ]

    found = standing(case, told)

    (request,) = found.requests.values()
    assert (request.by, request.of, request.purpose) == (home, other, "SMUR")
    assert request.answer == "ACCEPTEE"
