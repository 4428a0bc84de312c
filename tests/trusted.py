"""The screen on the real PostgreSQL, with the accounts of the demonstration and few patients."""

from __future__ import annotations

import asyncio
import contextlib
import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

import given
from cordee.app.accounts import principal_of
from cordee.app.region.accounts import DEMO_ACCOUNTS
from cordee.app.screen import make_screen
from cordee.fhir.store.journal import publish
from cordee.identity.principal import Principal
from cordee.runtime.french import PARIS
from cordee.web.ports import WebSettings
from running import Ground, Platform, platform_on

HOME, DOCTOR = "Organization/msp-quatre-vents", "Practitioner/anne-le-goff"
JEANNE = "jeanne-bertin"


def who(user: str) -> Principal:
    """An account of the demonstration, as a caller."""
    return principal_of(next(one for one in DEMO_ACCOUNTS if one.user == user))


@dataclass(slots=True)
class Screen:
    """The screen of one installation; `clock` is what it takes for the time."""

    platform: Platform
    web: Any
    _stack: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)
    ahead: timedelta = timedelta()

    def clock(self) -> datetime:
        return datetime.now(PARIS) + self.ahead

    async def person(self, user: str) -> Person:
        """A browser where an account of the demonstration has entered."""
        person = await self.stranger()
        answer = await person.post("/connexion", compte=user)
        assert answer.status_code == 303, user
        return person

    async def stranger(self) -> Person:
        """A browser where nobody has entered."""
        transport = httpx.ASGITransport(self.web)
        client = httpx.AsyncClient(transport=transport, base_url="http://screen")
        return Person(await self._stack.enter_async_context(client))

    async def rows(self, statement: str, *values: Any) -> list[Any]:
        async with self.platform.parts.database.write.acquire() as connection:
            return await connection.fetch(statement, *values)

    async def found_by_identity(self, user: str, patient: str) -> None:
        """The trace of an identity search of this person that found the patient."""
        key = self.platform.parts.kernel.keys(f"Patient/{patient}")
        await self.rows(
            "INSERT INTO audit (actor, action, type, pats, detail)"
            " VALUES ($1, 'E', 103, ARRAY[$2::int8], 'identity search on screen')",
            user, key,
        )  # fmt: skip


@dataclass(slots=True)
class Person:
    """Somebody in front of the screen."""

    client: httpx.AsyncClient

    async def get(self, path: str) -> httpx.Response:
        """What an address gives, once it is there: a page that says to wait is asked again."""
        async with asyncio.timeout(60):
            while "refresh" in (answer := await self.client.get(path)).headers:
                await asyncio.sleep(0.1)
        return answer

    async def text(self, path: str) -> str:
        """The text of a page that opens, as it is read."""
        answer = await self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return plain(answer)

    async def post(self, path: str, /, **data: str) -> httpx.Response:
        return await self.client.post(path, data={"jeton": await self._token(), **data})

    async def _token(self) -> str:
        for path in ("/connexion", "/raccourcis"):
            found = re.search(r'name="jeton" value="([^"]+)"', (await self.client.get(path)).text)
            if found:
                return found[1]
        raise AssertionError("no form")


def plain(answer: httpx.Response) -> str:
    """The words of a page, with plain spaces."""
    body = re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", answer.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(body).replace("\u202f", " ").replace("\u00a0", " "))


@contextlib.asynccontextmanager
async def screen_on(ground: Ground) -> AsyncIterator[Screen]:
    """The screen of a demonstration without its region: patients are added by the tests."""
    async with platform_on(ground, mode="demo") as platform, screen_of(platform) as screen:
        yield screen


@contextlib.asynccontextmanager
async def screen_of(platform: Platform) -> AsyncIterator[Screen]:
    """A screen, which remembers nobody, of a platform that runs in demo mode."""
    web: Any = make_screen(platform.parts)
    screen = Screen(platform, web)
    settings: WebSettings = web.state.settings
    web.state.settings = WebSettings(
        settings.key, settings.is_demo, settings.has_secure_cookies, clock=screen.clock
    )
    async with screen._stack:
        yield screen


async def make_patient(screen: Screen, number: str, **more: Any) -> None:
    """A patient whose médecin traitant is Dr Le Goff, in her practice."""
    client = await screen.platform.client()
    for reference, body in (
        (HOME, {"name": "MSP des Quatre-Vents"}),
        (DOCTOR, {"name": [{"family": "Le Goff", "given": ["Anne"], "prefix": ["Dr"]}]}),
    ):
        kind, _, key = reference.partition("/")
        await client.put(reference, json={"resourceType": kind, "id": key} | body)
    body = given.patient(
        id=number, managingOrganization={"reference": HOME},
        generalPractitioner=[{"reference": DOCTOR}], **more,
    )  # fmt: skip
    answer = await client.put(f"Patient/{number}", json=body)
    assert answer.status_code in {200, 201}, answer.text
    await publish(screen.platform.parts.database)
