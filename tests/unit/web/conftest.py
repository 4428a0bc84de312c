"""The screen over its ports, without a server; the invented patients are those of the browser."""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "browser"))

from sample_record import NOW, SampleAccounts, SampleRecords

from cordee.web.application import create_web
from cordee.web.ports import WebPorts, WebSettings


@dataclass
class Visit:
    """A client of the screen and what lies behind it."""

    client: httpx.AsyncClient
    records: SampleRecords

    async def token(self, path: str = "/connexion") -> str:
        found = re.search(r'name="jeton" value="([^"]+)"', (await self.client.get(path)).text)
        assert found
        return found[1]

    async def enter(self, user: str = "le-goff") -> None:
        form = {"jeton": await self.token(), "compte": user}
        answer = await self.client.post("/connexion", data=form)
        assert answer.status_code == 303


@pytest.fixture
async def visit() -> AsyncIterator[Visit]:
    records = SampleRecords()
    settings = WebSettings(key=b"k" * 32, is_demo=True, clock=lambda: NOW)
    app = create_web(WebPorts(SampleAccounts(), records), settings)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://screen") as client:
        yield Visit(client, records)
