"""Each threat is tied to tests that exist; the pages of security say what the code does."""

from __future__ import annotations

import re

import pytest
from repository import DOCS, ROOT, SOURCE

from cordee.runtime.settings import read_settings

THREATS = (DOCS / "security" / "threats.md").read_text("utf-8")
NAME = re.compile(r"`(test_\w+)`")


def rows() -> list[list[str]]:
    """Cells of every threat."""
    lines = [line for line in THREATS.splitlines() if re.match(r"\| [STRIDE] \|", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def known_tests() -> set[str]:
    texts = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    return {name for text in texts for name in re.findall(r"def (test_\w+)\(", text)}


def test_each_threat_names_tests_that_exist() -> None:
    known = known_tests()

    assert len(rows()) > 40
    for _, threat, stop, tests in rows():
        names = NAME.findall(tests)
        assert names, threat
        assert stop
        assert [name for name in names if name not in known] == [], threat


def test_the_flows_from_outside_are_looked_at_by_each_letter() -> None:
    for part in THREATS.split("\n## ")[1:4]:
        letters = set(re.findall(r"^\| ([STRIDE]) \|", part, re.MULTILINE))
        assert letters == set("STRIDE"), part.splitlines()[0]


@pytest.mark.requirement("A6.10")
def test_nothing_speaks_to_another_host_unless_a_setting_says_so() -> None:
    told = read_settings({}, data="somewhere")

    assert (told.insi.url, told.database_url, told.scanner) == ("", "", None)
    assert (told.base_url, told.host) == ("", "127.0.0.1")


@pytest.mark.requirement("A6.10")
def test_every_host_that_the_code_knows_is_a_name_of_a_standard() -> None:
    """Addresses in the code are names of systems and codes; what may be called is in the list."""
    calls = re.compile(
        r"(?:\.get|\.post|\.request|open_connection|create_connection)"
        r"""\(\s*f?["'](?:https?:)?//[\w.]+"""
    )
    found = [
        f"{path.relative_to(SOURCE)}: {hit[0]}"
        for path in SOURCE.rglob("*.py")
        for hit in calls.finditer(path.read_text("utf-8"))
    ]

    assert calls.search('await client.get("https://elsewhere.example/x")')
    assert found == []


def test_the_page_of_residency_names_each_setting_that_leads_out() -> None:
    text = (DOCS / "security" / "residency.md").read_text("utf-8")

    for name in ("CORDEE_DATABASE_URL", "CORDEE_INSI_URL", "CORDEE_CLAMD", "CORDEE_ARCHIVE"):
        assert f"`{name}`" in text
