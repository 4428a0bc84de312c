"""Lint what the screen gives: style sheets, and the pages as a browser gets them.

    python scripts/lint_screen.py

Renders every page over the invented records of the browser tests into var/pages, then runs
stylelint and html-validate; both come from npm by the lock file of scripts/linters.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import subprocess
import sys

import httpx

from cordee.web.application import create_web
from cordee.web.ports import WebPorts, WebSettings
from front_end import ROOT, node_command, npm_command

sys.path.insert(0, str(ROOT / "tests" / "browser"))

from sample_morvan import MORVAN
from sample_record import NOW, SampleAccounts, SampleRecords

LINTERS = ROOT / "scripts" / "linters"
STAMP = LINTERS / "node_modules" / "stamp.txt"
PAGES = ROOT / "var" / "pages"
SHEETS = ROOT / "src" / "cordee" / "web" / "static" / "css"
RECORD = f"/patients/{MORVAN['id']}"
PATHS = {
    "home": "/",
    "keys": "/raccourcis",
    "gallery": "/composants",
    "not-found": "/nowhere",
    "summary": RECORD,
    **{
        name: f"{RECORD}/{name}"
        for name in ("problemes", "traitements", "resultats", "parcours", "documents")
    },
}


def main() -> int:
    """Install, render, lint; the exit code is 0 when nothing is wrong."""
    install()
    count = asyncio.run(render())
    codes = [run("stylelint", f"{SHEETS}/*.css"), run("html-validate", f"{PAGES}/*.html")]
    if not any(codes):
        print(f"The style sheets and {count} pages are in order.")
    return int(any(codes))


def run(linter: str, files: str) -> int:
    """The exit code of a linter over files."""
    program = f"node_modules/{linter}/bin/{linter}.mjs"
    command = [*node_command(), program, "--config", f"{linter}.config.mjs", files]
    return subprocess.run(command, cwd=LINTERS, check=False).returncode


def install() -> None:
    """Run `npm ci` where the lock file has changed since the last time."""
    digest = hashlib.sha256((LINTERS / "package-lock.json").read_bytes()).hexdigest()
    if STAMP.is_file() and STAMP.read_text("utf-8") == digest:
        return
    command = [*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(
        [*command, "--loglevel=error"], cwd=LINTERS, env={**os.environ, "CI": "true"}, check=False
    )
    if done.returncode:
        sys.exit("npm ci failed: check the network and the npm configuration, then run again.")
    STAMP.write_text(digest, "utf-8")


async def render() -> int:
    """Write the pages of the screen, of the demonstration and of production; how many."""
    PAGES.mkdir(parents=True, exist_ok=True)
    for old in PAGES.glob("*.html"):
        old.unlink()
    async with visitor(is_demo=False) as client:
        await keep(client, "sign-in-production", "/connexion")
    async with visitor(is_demo=True) as client:
        sign_in = await keep(client, "sign-in-demo", "/connexion")
        await client.post("/connexion", data={"jeton": token(sign_in), "compte": "le-goff"})
        for name, path in PATHS.items():
            await keep(client, name, path)
        found = await client.post("/", data={"jeton": token(sign_in), "q": "martin"})
        (PAGES / "found.html").write_text(found.text, "utf-8")
    return len(list(PAGES.glob("*.html")))


def visitor(*, is_demo: bool) -> httpx.AsyncClient:
    """A client of the screen without a server."""
    settings = WebSettings(key=b"k" * 32, is_demo=is_demo, clock=lambda: NOW)
    app = create_web(WebPorts(SampleAccounts(), SampleRecords()), settings)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://screen")


async def keep(client: httpx.AsyncClient, name: str, path: str) -> str:
    """Write the page at a path; its text."""
    answer = await client.get(path)
    (PAGES / f"{name}.html").write_text(answer.text, "utf-8")
    return answer.text


def token(page: str) -> str:
    """The form token of a page."""
    found = re.search(r'name="jeton" value="([^"]+)"', page)
    assert found, "the page has no form"
    return found[1]


if __name__ == "__main__":
    sys.exit(main())
