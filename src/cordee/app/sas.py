"""The SAS guide bound: the door of vendors (INT_R03), accounts of regulators (INT_R02)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_URL, uuid5

from cordee.app.regulation import box_of
from cordee.app.store import KernelStore, system
from cordee.care.unscheduled.declared import Declarations
from cordee.gateways.sas.aggregator import Flow, Vendor
from cordee.gateways.sas.appointments import Ledger
from cordee.gateways.sas.desk import Desk
from cordee.gateways.sas.reading import IDNPS
from cordee.gateways.sas.receiving import Receiver
from cordee.gateways.sas.regulators import Accounts, Regulator
from cordee.identity.principal import Principal
from cordee.identity.smart.proving import Proxies
from cordee.runtime.errors import Deleted, NotFound
from cordee.runtime.looping import turning
from cordee.runtime.settings import Sas

if TYPE_CHECKING:
    from cordee.app.wiring import Parts

AGENT: Final = "sas"
_IDLE_SECONDS: Final = 5.0
_FRESH_SECONDS: Final = 3600.0


def sas_faces(parts: Parts) -> list[Receiver]:
    """The receiver of this installation; none where no vendor is named."""
    settings, ring = parts.settings, parts.kernel.repository.ring
    if not settings.sas_callers or ring is None:
        return []
    proxies = Proxies(settings.certificate_header, settings.proxies)
    ledger = Ledger(parts.database, ring, Declarations(box_of(parts)))
    return [Receiver(ledger, proxies.certificate, settings.sas_callers)]


def sas_desk(parts: Parts) -> Desk | None:
    """What an administrator repairs; None where bodies are not sealed."""
    ring = parts.kernel.repository.ring
    if ring is None:
        return None
    ledger = Ledger(parts.database, ring, Declarations(box_of(parts)))
    return Desk(ledger, accounts_of(parts))


def accounts_of(parts: Parts) -> Accounts:
    """The accounts at the vendors of the settings."""
    return Accounts(parts.database, vendors_of(parts.settings.sas))


def vendors_of(told: Sas) -> list[Vendor]:
    """The vendors of the settings with the flows that each serves, each over mutual TLS."""
    own = (told.certificate, told.key, told.authority)
    found = []
    for one in told.vendors:
        said, _is, url = one.partition("=")
        name, _slash, flows = said.partition("/")
        served = frozenset(Flow(each) for each in (flows or Flow.INDIVIDUAL).split("+"))
        found.append(Vendor(name, url, served, *own))
    return found


def entering(parts: Parts) -> Entering | None:
    """The accounts of who looks for slots; None where there is no vendor."""
    if not parts.settings.sas.vendors:
        return None
    return Entering(accounts_of(parts), KernelStore(parts.kernel, parts.guard))


class Entering:
    """See `care.unscheduled.service.Entering`: who looks for a slot has an account at vendors."""

    def __init__(self, accounts: Accounts, store: KernelStore) -> None:
        """Nobody has entered."""
        self._accounts, self._store = accounts, store
        self._entered: dict[str, float] = {}

    async def enter(self, principal: Principal) -> None:
        """Wants an account, at most once an hour: said again, vendors are not told again."""
        now = time.monotonic()
        if now - self._entered.get(principal.user, -_FRESH_SECONDS) < _FRESH_SECONDS:
            return
        await self._accounts.enter(await self._regulator(principal))
        fresh = {user: at for user, at in self._entered.items() if now - at < _FRESH_SECONDS}
        self._entered = fresh | {principal.user: now}

    async def _regulator(self, principal: Principal) -> Regulator:
        known: Mapping[str, Any] = {}
        kind, _slash, key = principal.practitioner.partition("/")
        if kind == "Practitioner":
            try:
                known = await self._store.read(system(AGENT), "Practitioner", key)
            except (NotFound, Deleted):
                known = {}
        return regulator_of(principal, known)


class SasLoop:
    """Tells vendors of accounts, and ends those of who may not regulate any more."""

    def __init__(self, parts: Parts) -> None:
        """Nothing runs before `run`."""
        self._accounts = accounts_of(parts)

    async def run(self) -> None:
        """Turns until cancelled; a database that is away is waited for."""
        try:
            await turning(self.turn, "sas_accounts_stopped", _IDLE_SECONDS)
        finally:
            await self._accounts.close()

    async def turn(self) -> int:
        """Ends what is over, then tells what is due; how much was told."""
        await self._accounts.end_over()
        return await self._accounts.turn()


def regulator_of(principal: Principal, practitioner: Mapping[str, Any]) -> Regulator:
    """Somebody as vendors know them: by RPPS where the directory says it, else by an id of ours."""
    numbers = {one.get("system"): one.get("value") for one in practitioner.get("identifier", ())}
    own = str(uuid5(NAMESPACE_URL, f"regulator/{principal.user}"))
    names = practitioner.get("name") or [{}]
    given, _space, family = principal.name.removeprefix("Dr ").partition(" ")
    mails = [
        str(one.get("value", "")) for one in practitioner.get("telecom", ())
        if one.get("system") == "email"
    ]  # fmt: skip
    return Regulator(
        str(numbers.get(IDNPS) or own), str(names[0].get("family") or family or given),
        str((names[0].get("given") or [given])[0]), next(iter(mails), ""), principal.user,
    )  # fmt: skip
