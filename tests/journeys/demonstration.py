"""`cordee demo` as a process of its own."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx

from cordee.app.accounts import principal_of
from cordee.app.region.accounts import DEMO_ACCOUNTS
from cordee.identity.tokens import Tokens
from cordee.runtime.settings import read_settings
from running import bearer, forget_sockets, run_later

_READY = "Cordée is ready: "


@dataclass(slots=True)
class Region:
    """The demo of one data folder; `url` is the address of its screen."""

    data: Path
    url: str = ""
    _process: subprocess.Popen[str] | None = field(default=None)

    def start(self, *, people: int) -> None:
        """Starts and waits for the line that says that it is ready."""
        with self._errors().open("w", encoding="utf-8") as errors:
            asked = ("demo", "--port", "0", "--patients", str(people))
            self._process = run_later(*asked, data=self.data, errors=errors)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith(_READY), line or self.said()
        self.url = line.removeprefix(_READY).strip()

    def said(self) -> str:
        """The end of what it wrote on its errors: warnings and failures."""
        return self._errors().read_text("utf-8")[-20_000:]

    def _errors(self) -> Path:
        return self.data.with_name(f"{self.data.name}.errors")

    def stop(self) -> None:
        """Asks it to end and waits."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=20)
        forget_sockets(self.data)

    def system(self) -> httpx.AsyncClient:
        """A client of the FHIR base as another program of the region."""
        return self._client(bearer(self._tokens()))

    def person(self, user: str) -> httpx.AsyncClient:
        """A client of the FHIR base with the token of a demo account."""
        account = next(one for one in DEMO_ACCOUNTS if one.user == user)
        return self._client(self._tokens().make(principal_of(account), 60))

    async def trail(self, actor: str) -> list[tuple[str, str]]:
        """Action and detail of the lines of one actor in the audit trail, oldest first."""
        state = json.loads((self.data / "postgres.json").read_text())
        connection = await asyncpg.connect(
            host=state["socket"], user="cordee_owner", database="cordee"
        )
        try:
            rows = await connection.fetch(
                "SELECT action::text, detail FROM audit WHERE actor = $1 ORDER BY n", actor
            )
        finally:
            await connection.close()
        return [tuple(row) for row in rows]

    def _tokens(self) -> Tokens:
        return Tokens(read_settings({}, data=str(self.data)).keys)

    def _client(self, token: str) -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {token}"}
        return httpx.AsyncClient(base_url=f"{self.url}/fhir/", headers=headers, timeout=60)
