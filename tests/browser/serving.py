"""What the browser tests share: where the screen is served, how one enters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page
from sample_record import SampleAccounts, SampleRecords

from presence import need

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "src" / "cordee" / "web" / "static" / "vendor" / "htmx.js"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
AXE_RULES = {
    "resultTypes": ["violations"],
    "rules": {"target-size": {"enabled": True}},
}
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


async def enter(site: Site, page: Page, who: str = "Dr Anne Le Goff") -> Page:
    await page.goto(f"{site.url}/connexion")
    await page.get_by_role("button", name=who).click()
    await page.wait_for_url(f"{site.url}/")
    return page


async def axe_violations(page: Page, path: str) -> list[tuple[str, ...]]:
    """What axe finds serious on the page that is open."""
    await page.evaluate(need(AXE, "axe-core (run scripts/front_end.py)").read_text("utf-8"))
    report = await page.evaluate("rules => axe.run(document, rules)", AXE_RULES)
    return [
        (path, broken["id"], str(node["target"]), node["failureSummary"][:200])
        for broken in report["violations"]
        if broken["impact"] in {"serious", "critical"}
        for node in broken["nodes"]
    ]
