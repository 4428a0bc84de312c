"""What the browser tests share: where the screen is served, how one enters."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Page
from sample_record import SampleAccounts, SampleRecords

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "src" / "cordee" / "web" / "static" / "vendor" / "htmx.js"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@dataclass
class Site:
    """The address of the screen, and the records behind it."""

    url: str
    records: SampleRecords
    accounts: SampleAccounts


def need(path: str | None, what: str) -> str:
    """The path, or a skip outside CI when it is missing."""
    if path and Path(path).exists():
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing")
    pytest.skip(f"{what} is missing")


async def enter(site: Site, page: Page, who: str = "Dr Anne Le Goff") -> Page:
    await page.goto(f"{site.url}/connexion")
    await page.get_by_role("button", name=who).click()
    await page.wait_for_url(f"{site.url}/")
    return page
