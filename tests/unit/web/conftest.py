"""The screen over its ports, without a server; the invented patients are those of the browser."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "browser"))

from sample_record import NOW, SampleAccounts, SampleRecords
from visiting import Visit

from cordee.web.application import create_web
from cordee.web.ports import WebPorts, WebSettings


@pytest.fixture
async def visit() -> AsyncIterator[Visit]:
    records = SampleRecords()
    settings = WebSettings(key=b"k" * 32, is_demo=True, clock=lambda: NOW)
    app = create_web(WebPorts(SampleAccounts(), records), settings)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://screen") as client:
        yield Visit(client, records)
