"""Campaigns bound to an installation: rules and counts by the engines, loaded when first asked."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cordee.app.communities import membership, vaccination
from cordee.app.store import KernelStore, system
from cordee.app.texting import Texter
from cordee.care.campaigns.acts import Acts
from cordee.care.campaigns.answering import Answers
from cordee.care.campaigns.capturing import AGENT, Capture
from cordee.care.campaigns.desk import CampaignDesk
from cordee.care.campaigns.figures import SPLIT, STAGES, Dashboard
from cordee.care.campaigns.groups import RiskGroups
from cordee.care.campaigns.links import Links
from cordee.care.campaigns.ports import Count
from cordee.care.campaigns.register import Register
from cordee.care.campaigns.sending import Sending
from cordee.care.campaigns.targeting import Means, Targeting
from cordee.care.notifications.delivering import Ways
from cordee.care.store import Resource
from cordee.runtime import clock
from cordee.runtime.keys import secret
from cordee.runtime.looping import turning

if TYPE_CHECKING:
    from cordee.app.wiring import Parts

KEY: Final = "campaigns.key"
_LOOK_SECONDS: Final = 900.0


class EngineRules:
    """See `care.campaigns.ports.Rules`."""

    def types(self, rule: Mapping[str, Any], bounds: Mapping[str, float]) -> tuple[str, ...]:
        """The FHIR types that a rule needs."""
        from cordee.population.indicators.criteria import criterion  # noqa: PLC0415 -- when asked
        from cordee.population.matching import resource_types  # noqa: PLC0415

        return resource_types(criterion(rule, bounds, "rule"))

    async def fulfilling(
        self,
        rule: Mapping[str, Any],
        bounds: Mapping[str, float],
        resources: Sequence[Resource],
        day: date,
    ) -> frozenset[str]:
        """Who fulfils a rule, found beside the loop."""

        def found() -> frozenset[str]:
            from cordee.population.indicators.criteria import criterion  # noqa: PLC0415
            from cordee.population.matching import fulfilling  # noqa: PLC0415

            return fulfilling(criterion(rule, bounds, "rule"), resources, day)

        return await asyncio.to_thread(found)


class EngineTallies:
    """See `care.campaigns.ports.Tallies`."""

    async def told(
        self, asked: tuple[str, date, Sequence[str]], counts: Sequence[Count], before: Sequence[Any]
    ) -> Mapping[str, Any]:
        """What may be told, found beside the loop."""

        def found() -> dict[str, Any]:
            from cordee.population.tallies import Asked, Tally, told  # noqa: PLC0415

            campaign, day, splits = asked
            tallies = [
                Tally(
                    one.territory, {name: getattr(one, name) for name in splits}, one.status, one.n
                )
                for one in counts
            ]
            return told(tallies, Asked(campaign, day, STAGES, splits, SPLIT), before)

        return await asyncio.to_thread(found)


class RegionPlaces:
    """Communes as the documented file of areas tells them; nothing where there is none."""

    def __init__(self, folder: Path) -> None:
        """`folder` is that of population health."""
        self._file = folder / "areas" / "communes.csv"

    def quintile(self, commune: str) -> int:
        """See `care.campaigns.ports.Places`."""
        return self._quintiles.get(commune, 0) if self._file.exists() else 0

    @cached_property
    def _quintiles(self) -> dict[str, int]:
        return {row["code"]: int(row.get("precarite") or 0) for row in self.rows()}

    def rows(self) -> Iterator[dict[str, str]]:
        """The rows of the file."""
        if self._file.exists():
            with self._file.open(encoding="utf-8", newline="") as opened:
                yield from csv.DictReader(opened)


class Territories(Mapping[str, str]):
    """The départements of the region by code, read when first asked."""

    def __init__(self, places: RegionPlaces) -> None:
        """Nothing is read yet."""
        self._places = places
        self._known: dict[str, str] = {}

    def _all(self) -> dict[str, str]:
        if not self._known:
            found = {row["departement"]: row["departement_nom"] for row in self._places.rows()}
            self._known = dict(sorted(found.items()))
        return self._known

    def __getitem__(self, code: str) -> str:
        """The name of a département."""
        return self._all()[code]

    def __iter__(self) -> Iterator[str]:
        """Codes in their order."""
        return iter(self._all())

    def __len__(self) -> int:
        """How many there are."""
        return len(self._all())


def campaigns(parts: Parts) -> CampaignDesk:
    """The campaigns of this process."""
    database, store = parts.database, KernelStore(parts.kernel, parts.guard)
    platform, links = system(AGENT), _links(parts)
    places = RegionPlaces(parts.settings.warehouse.folder)
    register = Register(database, Territories(places))
    means = Means(EngineRules(), places, links)
    targeting = Targeting(database, store, membership(parts), means)
    days = vaccination(parts)
    capture = Capture(database, store, register, days, platform)
    return CampaignDesk(
        register,
        targeting,
        RiskGroups(database, targeting),
        Dashboard(database, EngineTallies()),
        capture,
        Acts(database, store, register, targeting, capture),
        Answers(database, store, register, days, platform),
        links,
    )


class Inviting:
    """The texts of campaigns; every serving process shares them."""

    def __init__(self, parts: Parts, ways: Ways) -> None:
        """`ways` has "sms" where a gateway is connected."""
        store = KernelStore(parts.kernel, parts.guard)
        self._sending = Sending(parts.database, store, system(AGENT), _links(parts))
        sender = ways.senders.get("sms")
        self._teller = Texter(sender) if sender is not None else None
        self._site = ways.site

    async def send_due(self) -> bool:
        """Hands one text over; whether there may be another one."""
        return await self._sending.send_due(self._teller, self._site, clock.now())


async def keep_captured(parts: Parts) -> None:
    """Looks for acts and for results nobody follows until cancelled."""
    capture = campaigns(parts).capture

    async def turn() -> None:
        await capture.look(clock.now())

    await turning(turn, "campaigns_not_looked_at", _LOOK_SECONDS)


def _links(parts: Parts) -> Links:
    return Links(secret(parts.settings.keys, KEY))
