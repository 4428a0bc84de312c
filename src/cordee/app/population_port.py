"""Population health for the screen: engines are loaded when somebody asks, in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cordee.identity.principal import Principal
from cordee.population.readings import Readings
from cordee.runtime.clock import today
from cordee.runtime.database import Database
from cordee.runtime.keys import secret
from cordee.runtime.settings import Settings

if TYPE_CHECKING:
    from cordee.population.desk import Desk


class PopulationPort:
    """See `web.population.port.Population`."""

    def __init__(self, settings: Settings, database: Database) -> None:
        """Nothing is loaded yet."""
        self._database = database
        self._readings = Readings(database)
        self._settings = settings
        self._lock = threading.Lock()
        self._desk: Desk | None = None

    async def ask(self, what: str, principal: Principal, *told: Any) -> Any:
        """What a method of the desk answers, found beside the loop; noted before it is told."""
        found = await asyncio.to_thread(self._asked, what, principal, told)
        await self._readings.note(principal, what, told)
        return found

    async def draw(self, specification: str) -> str:
        """The SVG of a Vega-Lite specification, drawn beside the loop."""
        from cordee.population.charts import svg  # noqa: PLC0415 -- an engine, when first asked

        return await asyncio.to_thread(svg, specification)

    async def count(
        self, principal: Principal, definition: str, asked: Mapping[str, Any], source: str
    ) -> tuple[bool, str, list[tuple[str, str]]]:
        """How large a cohort is, as a band: whether it was told, the words, what was before."""
        from cordee.population.disclosure.cohorts import (  # noqa: PLC0415 -- when first asked
            Answer,
            Counter,
            CountRules,
        )
        from cordee.population.questions import DatabaseLedger  # noqa: PLC0415

        members, _people, facts = await self.ask("cohort", principal, asked, source)
        rules = CountRules(secret(self._settings.keys, "figures.key", size=16))
        ledger = DatabaseLedger(self._database, facts)
        told = await Counter(rules, ledger).ask(principal.user, definition, members)
        return isinstance(told, Answer), told.text, await ledger.past(principal.user)

    def _asked(self, what: str, principal: Principal, told: tuple[Any, ...]) -> Any:
        return getattr(self._opened(), what)(principal, *told)

    def _opened(self) -> Desk:
        from cordee.app.population import home_of  # noqa: PLC0415 -- engines, when first asked
        from cordee.population.desk import Desk  # noqa: PLC0415

        with self._lock:
            if self._desk is None:
                self._desk = Desk(home_of(self._settings), today)
            return self._desk
