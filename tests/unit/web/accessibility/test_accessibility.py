"""The grid has the 106 criteria, says no more than is known, and the page shows its figures."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import httpx
import pytest
from sample_record import NOW, SampleAccounts, SampleRecords

from cordee.web.accessibility.grid import STATES, counts, criteria, themes
from cordee.web.application import create_web
from cordee.web.ports import WebPorts, WebSettings

ROOT = Path(__file__).resolve().parents[4]
CRITERIA = (9, 2, 3, 13, 8, 2, 5, 10, 4, 14, 13, 11, 12)
"""How many criteria each theme of RGAA 4.1 has."""


@pytest.mark.requirement("A6.7")
def test_the_grid_holds_the_106_criteria_once() -> None:
    wanted = [f"{theme}.{n + 1}" for theme, most in enumerate(CRITERIA, 1) for n in range(most)]

    assert [one.number for one in criteria()] == wanted
    assert len(wanted) == sum(counts()) == 106
    assert [sum(theme.counts) for theme in themes()] == list(CRITERIA)


@pytest.mark.requirement("A6.7")
def test_each_criterion_says_by_what_it_is_looked_at() -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    for one in criteria():
        assert one.state in STATES
        assert bool(one.detail) == (one.state != "open"), one.number
        if one.state == "axe":
            assert all(re.fullmatch(r"[a-z-]+", rule) for rule in one.detail.split())
        if one.state == "test":
            assert f"def {one.detail}(" in sources
        if one.state in {"seen", "fault", "absent"}:
            assert len(one.detail) > 10


def _light(value: str) -> float:
    """Relative luminance of `#rrggbb` or `#rgb`. Rule: WCAG 2.1."""
    digits = value.removeprefix("#")
    digits = "".join(one * 2 for one in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_light(one), _light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.requirement("A6.7")
@pytest.mark.parametrize("theme", [0, 1])
def test_borders_and_marks_stand_out_three_to_one(theme: int) -> None:
    sheet = (ROOT / "src/cordee/web/static/css/tokens.css").read_text("utf-8")
    found = re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", sheet)
    colours = {name: values[theme] for name, *values in found}

    for mark in ("edge", "brand", "critical", "caution", "settled", "step-5"):
        for behind in ("paper", "ground"):
            assert _contrast(colours[mark], colours[behind]) >= 3, (mark, behind)
    for text in ("ink", "ink-2", "brand"):
        assert _contrast(colours[text], colours["sunk"]) >= 4.5, text


@pytest.mark.requirement("A6.7")
async def test_the_declaration_is_public_and_promises_nothing_unproven() -> None:
    settings = WebSettings(key=b"k" * 32, clock=lambda: NOW)
    app = create_web(WebPorts(SampleAccounts(), SampleRecords()), settings)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://screen"
    ) as client:
        page = await client.get("/accessibilite")
        grid = await client.get("/accessibilite/grille.csv")
        entry = await client.get("/connexion")

    assert page.status_code == 200
    assert "non conforme" in page.text
    shown = [int(text) for text in re.findall(r'<dd class="num">(\d+)</dd>', page.text)]
    assert tuple(shown) == counts()
    assert "Défenseur des droits" in page.text
    assert 'href="/accessibilite"' in entry.text
    assert len(list(csv.DictReader(io.StringIO(grid.text)))) == 106
