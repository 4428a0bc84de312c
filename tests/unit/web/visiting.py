"""A client of the screen without a server."""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx
from sample_record import SampleRecords


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
