"""Before and after on screen: the published numbers of two years, controls, the caution text."""

from __future__ import annotations

import calendar
import csv
import io
import math
import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from urllib.parse import urlencode

import pytest

from cordee.runtime.clock import today
from populated import populated
from running import Ground
from trusted import Screen, plain

PAGE = "/population/urgences/avant-apres"
CAUTION = "Cette comparaison ne prouve pas la cause"


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with populated(ground, 1200) as running:
        yield running


def last() -> date:
    """The last day that is published."""
    return today().replace(day=1) - timedelta(days=1)


def over() -> date:
    """The last quarter that is published whole."""
    day = last() + timedelta(days=1)
    return day.replace(month=day.month - (day.month - 1) % 3) - timedelta(days=1)


def year_ago() -> date:
    """The same day of the year before."""
    end = over()
    return date(end.year - 1, end.month, calendar.monthrange(end.year - 1, end.month)[1])


def first_day() -> date:
    """An action whose first year ends with the last published quarter."""
    return year_ago() + timedelta(days=1)


def numbers(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


async def published(screen: Screen, end: date) -> dict[str, tuple[int, int, str]]:
    """Code -> cases, people, name of the EPCI that are told for a period, from the map's file."""
    julie = await screen.person("julie.perret")
    path = f"/population/urgences/nombres.csv?niveau=epci&lecture=brut&jour={end.isoformat()}"
    return {
        one["code"]: (int(one["cas"]), int(one["personnes"]), one["territoire"])
        for one in numbers((await julie.get(path)).text)
        if one["cas"].isdecimal() and not one["code"].startswith("+")
    }


def asked(*acted: str, controls: tuple[str, ...] = (), day: date | None = None) -> str:
    told: list[tuple[str, str]] = [("niveau", "epci"), ("jour", (day or first_day()).isoformat())]
    told += [("agi", one) for one in acted]
    if controls:
        told += [("temoins", "choisis"), *(("temoin", one) for one in controls)]
    return urlencode(told)


@pytest.mark.requirement("G2.11")
async def test_the_page_and_the_file_tell_published_numbers_and_their_difference(
    screen: Screen,
) -> None:
    julie = await screen.person("julie.perret")
    before, after = await published(screen, year_ago()), await published(screen, over())
    here, there = sorted(before.keys() & after.keys())[:2]
    query = asked(here, controls=(there,))
    lines = numbers((await julie.get(f"{PAGE}/nombres.csv?{query}")).text)
    for end, told in ((year_ago(), before), (over(), after)):
        for side, code in (("action", here), ("témoins", there)):
            (found,) = [
                one for one in lines
                if (one["période finie le"], one["côté"]) == (end.isoformat(), side)
                and one["territoire"] == told[code][2]
            ]  # fmt: skip
            assert (int(found["cas"]), int(found["personnes"])) == told[code][:2]
    counts = [told[code][:2] for told in (after, before) for code in (here, there)]
    value = math.exp(sum(
        sign * math.log(n / d) for sign, (n, d) in zip((1, -1, -1, 1), counts, strict=True)
    ))  # fmt: skip
    error = 1.959964 * math.sqrt(sum(1 / n for n, _d in counts))
    ratio = next(one for one in lines if one["territoire"] == "rapport des évolutions")
    named = [one for one in ratio if one.startswith(("valeur", "IC"))]
    told = [value, value * math.exp(-error), value * math.exp(error)]
    assert [ratio[one] for one in named] == [f"{one:.3f}" for one in told]
    page = await julie.get(f"{PAGE}?{query}")
    text = plain(page)
    assert f"{value:.2f}".replace(".", ",") in text
    assert CAUTION in text
    assert all(CAUTION in one["avertissement"] for one in lines)
    since = date.fromisoformat(lines[0]["source entière depuis le"])
    begins = date(year_ago().year - 1, year_ago().month, 28) + timedelta(days=4)
    lacks = begins.replace(day=1) < since
    assert (f"{year_ago():%d/%m/%Y} avant, incomplète" in text) == lacks
    assert ("Source incomplète" in text) or not lacks
    assert f"{over():%d/%m/%Y} après, incomplète" not in text


@pytest.mark.requirement("G2.11")
async def test_controls_are_proposed_and_may_be_changed(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    before, after = await published(screen, year_ago()), await published(screen, over())
    here = min(before.keys() & after.keys())
    page = await julie.get(f"{PAGE}?{asked(here)}")
    proposed = re.findall(r'name="temoin" value="([^"]+)" checked', page.text)
    assert 1 <= len(proposed) <= 4
    assert here not in proposed
    assert set(proposed) <= set(before)
    assert "niveau de départ proche" in plain(page)
    other = next(
        one for one in sorted(after.keys() & before.keys()) if one not in {here, *proposed}
    )
    changed = await julie.get(f"{PAGE}?{asked(here, controls=(other,))}")
    assert re.findall(r'name="temoin" value="([^"]+)" checked', changed.text) == [other]
    assert "choisis à la main" in plain(changed)


async def test_the_caution_stands_on_the_page_before_anything_is_asked(screen: Screen) -> None:
    assert CAUTION in plain(await (await screen.person("julie.perret")).get(PAGE))


async def test_an_action_of_last_month_has_no_after_yet(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    here = min(await published(screen, over()))
    page = plain(await julie.get(f"{PAGE}?{asked(here, day=last())}"))
    assert "La première période entière après l’action finit le" in page
    assert CAUTION in page


async def test_what_is_not_published_is_said_and_not_computed(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    for name in ("diabete-amputations", "suicide"):
        path = f"/population/{name}/avant-apres"
        codes = re.findall(r'name="agi" value="([^"]+)"', (await julie.get(path)).text)
        page = await julie.get(f"{path}?{asked(*codes[:2], controls=tuple(codes[2:4]))}")
        assert page.status_code == 200
        assert "rien n’est calculé à partir de ce qui n’est pas publié" in plain(page)
        lines = numbers(
            (await julie.get(f"{path}/nombres.csv?{asked(*codes[:2])}")).text
        )  # fmt: skip
        assert all(not one["cas"].isdecimal() or int(one["cas"]) >= 11 for one in lines)


@pytest.mark.parametrize(
    "query",
    [
        "jour=2025-01-01", "agi=x", "jour=2099-01-01&agi=x", "jour=2025-01-01&agi=x",
        "jour=0001-01-01&agi=x",
    ],
)  # fmt: skip
async def test_what_cannot_be_compared_is_said(screen: Screen, query: str) -> None:
    answer = await (await screen.person("julie.perret")).get(f"{PAGE}?{query}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert CAUTION in plain(answer)


async def test_what_is_told_is_told_by_whole_months(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    for day in (last() - timedelta(days=1), today(), today() + timedelta(days=400)):
        answer = await julie.get(f"/population/urgences?jour={day.isoformat()}")
        assert answer.status_code == 400
    assert (await julie.get(f"/population/urgences?jour={year_ago()}")).status_code == 200


@pytest.mark.parametrize("user", ["dr.legoff", "admin", "olivier.deschamps"])
async def test_before_and_after_is_for_who_steers_the_region(screen: Screen, user: str) -> None:
    other = await screen.person(user)
    for path in (PAGE, f"{PAGE}?{asked('x')}", f"{PAGE}/nombres.csv?{asked('x')}"):
        assert (await other.get(path)).status_code == 403, path
    julie = await screen.person("julie.perret")
    assert (await julie.get("/population/rien/avant-apres")).status_code == 404
    assert (await julie.get(f"{PAGE}?niveau=x")).status_code == 400
