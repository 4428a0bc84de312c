"""The alignment board on screen: opened, ranked, declined, closed; nobody else, nothing undone."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from cordee.population.alignment import community_of
from cordee.population.boards import Boards
from cordee.runtime.errors import AccessDenied, NotFound, RuleBroken
from populated import populated
from running import Ground
from trusted import Person, Screen, plain, who

PATH = "/population/alignement"
FIRST = {
    "titre": "Feuille de route diabète", "debut": "2026-01-01", "fin": "2028-12-31",
    "premiers": "2", "niveau": "departement", "priorite0": "diabete", "priorite1": "urgences",
    "priorite2": "insuffisance-cardiaque", "t-A": "oui", "t-B": "oui", "t-C": "oui", "t-D": "oui",
}  # fmt: skip


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with populated(ground, 1200) as running:
        yield running


async def opened(julie: Person, **more: str) -> str:
    answer = await julie.post(PATH, **(FIRST | more))
    assert answer.status_code == 303, plain(answer)
    return answer.headers["location"]


async def ranked(julie: Person, place: str, code: str, *ranks: int) -> httpx.Response:
    told = {f"rang{at}": str(rank) for at, rank in enumerate(ranks, 1)}
    return await julie.post(place, geste="classer", territoire=code, **told)


async def declined(julie: Person, place: str, code: str, why: str) -> httpx.Response:
    return await julie.post(place, geste="decliner", territoire=code, motif=why)


def numbers(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


@pytest.mark.requirement("G2.7")
async def test_three_departements_agree_and_the_one_that_declines_stops_nobody(
    screen: Screen,
) -> None:
    julie = await screen.person("julie.perret")
    place = await opened(julie)
    assert (await ranked(julie, place, "A", 1, 2, 3)).status_code == 303
    assert (await ranked(julie, place, "B", 1, 2, 3)).status_code == 303
    assert (await ranked(julie, place, "B", 2, 3, 1)).status_code == 303
    assert (await declined(julie, place, "C", "Moyens engagés ailleurs")).status_code == 303
    assert (await ranked(julie, place, "D", 1, 3, 2)).status_code == 303
    page = await julie.get(place)
    row = re.search(
        r'<th scope="row">Diabète[^<]* <span class="tag"[^>]*>commune</span>', page.text
    )
    assert row is not None
    assert "Moyens engagés ailleurs" in plain(page)
    lines = numbers((await julie.get(f"{place}/tableau.csv")).text)
    told = {one["code"]: one["rang"] for one in lines if one["indicateur"] == "diabete"}
    assert told == {"A": "1", "B": "2", "C": "", "D": "1"}
    assert {one["rang moyen"] for one in lines if one["indicateur"] == "diabete"} == {"1.33"}
    assert {one["place"] for one in lines if one["indicateur"] == "diabete"} == {"1"}

    assert (await julie.post(place, geste="fermer")).status_code == 303
    closed = plain(await julie.get(place))
    assert "Communauté de projet : " in closed
    assert "a décliné : Moyens engagés ailleurs" in closed
    assert "classe : " in closed
    number = int(place.rpartition("/")[2])
    boards = Boards(screen.platform.parts.database)
    board = await boards.get(who("julie.perret"), number)
    found = community_of(board)
    assert found is not None
    assert found.indicator == "diabete"
    assert sorted(one.code for one in found.members) == ["A", "B", "D"]
    assert [one.code for one, _why in board.result.declined] == ["C"] if board.result else False
    assert len([one for one in board.history if one.territory == "B"]) == 2


async def test_what_was_closed_does_not_change(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    place = await opened(julie)
    assert (await julie.post(place, geste="fermer")).status_code == 422
    await ranked(julie, place, "A", 1, 2, 3)
    await ranked(julie, place, "D", 1, 2, 3)
    boards, number = Boards(screen.platform.parts.database), int(place.rpartition("/")[2])
    principal = who("julie.perret")
    ends = await asyncio.gather(
        *(boards.close(principal, number) for _ in range(3)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in ends) == ["Result", "RuleBroken", "RuleBroken"]
    before = (await julie.get(f"{place}/tableau.csv")).text
    for refused in (
        await ranked(julie, place, "A", 3, 2, 1),
        await declined(julie, place, "A", "Trop tard"),
        await julie.post(place, geste="fermer"),
    ):
        assert refused.status_code == 422
        assert "son résultat ne change plus" in plain(refused)
    assert (await julie.get(f"{place}/tableau.csv")).text == before
    with pytest.raises(RuleBroken):
        await boards.rank(principal, number, "A", {1: 1, 2: 2, 3: 3})
    for name in ("population_board", "population_stance", "population_board_result"):
        rows = await screen.rows(
            "SELECT has_table_privilege('cordee_app', $1, 'UPDATE, DELETE, TRUNCATE') AS may", name
        )
        assert not rows[0]["may"], name


async def test_what_is_wrong_is_said_and_nothing_is_written(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    place = await opened(julie)
    for answer in (
        await ranked(julie, place, "A", 1, 1, 2),
        await ranked(julie, place, "A", 1, 2),
        await ranked(julie, place, "Z", 1, 2, 3),
        await declined(julie, place, "A", "  "),
        await declined(julie, place, "Z", "Non"),
        await julie.post(place, geste="autre"),
    ):
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
    assert "Ce qui a été dit" not in plain(await julie.get(place))
    wrong: tuple[dict[str, str], ...] = (
        {"titre": ""}, {"fin": "2025-01-01"}, {"debut": "hier"}, {"priorite1": "diabete"},
        {"premiers": "3"}, {"t-B": "", "t-C": "", "t-D": ""}, {"priorite0": "delai-dac"},
        {"version0": "99999"}, {"version0": "x"}, {"priorite1": "", "priorite2": ""},
    )  # fmt: skip
    for change in wrong:
        answer = await julie.post(PATH, **(FIRST | change))
        assert answer.status_code in {404, 422}, change
    assert (await julie.get(f"{PATH}?niveau=x")).status_code == 400


async def test_a_priority_may_cite_a_frozen_version(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    frozen = await julie.post("/population/diabete/versions?niveau=departement", note="Base")
    number = frozen.headers["location"].rpartition("/")[2]
    kept = {
        one["code"]: one["cas"]
        for one in numbers((await julie.get(f"{frozen.headers['location']}/nombres.csv")).text)
    }
    place = await opened(julie, version0=number)
    told = {
        one["code"]: one["cas"]
        for one in numbers((await julie.get(f"{place}/tableau.csv")).text)
        if one["version citée"] == number
    }
    assert told == kept
    assert f"/population/versions/{number}" in (await julie.get(place)).text
    other = await julie.post("/population/diabete/versions?niveau=epci", note="")
    wrong = other.headers["location"].rpartition("/")[2]
    assert (await julie.post(PATH, **FIRST, version0=wrong)).status_code == 422


async def test_no_small_number_stands_on_a_board(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    few = {"priorite0": "suicide", "priorite1": "diabete-amputations", "niveau": "epci"}
    levels = (await julie.get(f"{PATH}?niveau=epci")).text
    names = dict.fromkeys(re.findall(r'name="(t-[^"]+)"', levels), "oui")
    assert len(names) > 2
    place = await opened(julie, **few, **names)
    for one in numbers((await julie.get(f"{place}/tableau.csv")).text):
        assert one["cas"] == "non publié" or int(one["cas"]) >= 11


@pytest.mark.parametrize("user", ["dr.legoff", "admin", "olivier.deschamps"])
async def test_boards_are_for_who_steers_the_region(screen: Screen, user: str) -> None:
    julie = await screen.person("julie.perret")
    place = await opened(julie)
    other = await screen.person(user)
    for path in (PATH, place, f"{place}/tableau.csv"):
        assert (await other.get(path)).status_code == 403, path
    assert (await other.post(PATH, **FIRST)).status_code == 403
    assert (await ranked(other, place, "A", 1, 2, 3)).status_code == 403
    assert (await declined(other, place, "A", "Non")).status_code == 403
    assert (await other.post(place, geste="fermer")).status_code == 403
    boards, number = Boards(screen.platform.parts.database), int(place.rpartition("/")[2])
    for call in (
        boards.rank(who(user), number, "A", {1: 1, 2: 2, 3: 3}),
        boards.decline(who(user), number, "A", "Non"), boards.close(who(user), number),
        boards.get(who(user), number), boards.latest(who(user)),
    ):  # fmt: skip
        with pytest.raises(AccessDenied):
            await call
    with pytest.raises(NotFound):
        await boards.get(who("julie.perret"), 99999)
    assert (await julie.get(f"{PATH}/x")).status_code == 404
    assert (await (await screen.stranger()).get(place)).status_code in {303, 401}
