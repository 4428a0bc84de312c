"""The only place where ports meet adapters: from settings to the running parts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import partial

from cordee.access.anomalies.watching import Anomalies
from cordee.access.guard import Guard
from cordee.access.sealing import KEY
from cordee.app.accounts import demo_persons
from cordee.app.campaigns import keep_captured
from cordee.app.dac import keep_forms, keep_turning
from cordee.app.discharges import DischargeReader
from cordee.app.dmp import make_dmp
from cordee.app.groups import keep_counted
from cordee.app.housekeeping import Housekeeper
from cordee.app.hub import keep_posted
from cordee.app.insi import make_insi, recheck_of
from cordee.app.lakekeeping import keep_lake
from cordee.app.market import MarketLoop
from cordee.app.messages import message_clocks
from cordee.app.overflow import OverflowLoop, SimulationLoop
from cordee.app.passages import StayReader, ruptures
from cordee.app.plans import PlanReader, keep_rounds
from cordee.app.population_port import PopulationPort
from cordee.app.promises import keep_promises
from cordee.app.reserved import reserved
from cordee.app.sas import SasLoop
from cordee.app.shelf import KernelShelf
from cordee.app.subscriptions import engine, keep_tidy
from cordee.app.telephony import keep_telephony
from cordee.app.training import TrainingLoop
from cordee.app.watching import keep_watch
from cordee.app.workflow import GOVERNED, clocks, governor
from cordee.care.documents.depositing import Depositing
from cordee.fhir.interactions.kernel import Kernel, make_kernel
from cordee.fhir.interactions.registering import (
    STANDING,
    follow_parameters,
    keep_indexed,
    load_parameters,
)
from cordee.fhir.store.listening import Listener
from cordee.fhir.store.repository import LEAVING
from cordee.fhir.subscriptions import national
from cordee.fhir.subscriptions.engine import Subscriptions
from cordee.fhir.subscriptions.waking import Wakes
from cordee.gateways.dmp.adapter import DmpOverFhir
from cordee.identity.accounts.sessions import Sessions
from cordee.identity.ins.insi.adapter import InsiOverSoap
from cordee.identity.ins.leaving import PatientDeparture
from cordee.identity.patients.admission import admission
from cordee.identity.patients.calling import Caller
from cordee.identity.patients.following import Follower
from cordee.identity.patients.searching import Finder
from cordee.identity.smart.proving import Proxies
from cordee.identity.smart.server import AuthorizationServer
from cordee.identity.tokens import Tokens
from cordee.runtime.database import Database, open_database, single_connection
from cordee.runtime.envelopes import Ring
from cordee.runtime.keys import secret
from cordee.runtime.looping import Loop, kept
from cordee.runtime.migrate import check_schema, migrate
from cordee.runtime.postgres.archiving import Archiver
from cordee.runtime.postgres.cluster import APPLICATION, Cluster
from cordee.runtime.settings import Settings

INDEX_KEY = "index.key"
_REVIVE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """Where the database is: the application's URL and the owner's."""

    url: str
    owner_url: str
    cluster: Cluster | None


@dataclass(slots=True)
class Parts:
    """What one process runs with."""

    settings: Settings
    place: Place
    database: Database
    kernel: Kernel
    guard: Guard
    tokens: Tokens
    listener: Listener
    smart: AuthorizationServer
    subscriptions: Subscriptions
    population: PopulationPort
    insi: InsiOverSoap | None = None
    dmp: DmpOverFhir | None = None

    @property
    def deposits(self) -> Depositing:
        """The queue of what goes to the DMP."""
        return Depositing(self.database, KernelShelf(self.kernel, self.guard), self.dmp)


@contextlib.contextmanager
def database_place(settings: Settings) -> Iterator[Place]:
    """The database of these settings: an external one, or the embedded one, running."""
    if settings.database_url:
        owner = settings.migrate_url or settings.database_url
        yield Place(settings.database_url, owner, None)
        return
    cluster = Cluster(settings.data, binaries=settings.pg_bin)
    with cluster as addresses:
        yield Place(addresses.application, addresses.owner, cluster)


async def bring_up_to_date(place: Place) -> int:
    """Applies the migrations as the owner; the schema's version."""
    return await migrate(place.owner_url)


@contextlib.asynccontextmanager
async def open_parts(
    settings: Settings, place: Place, *, port: int | None = None, pool: int = 8
) -> AsyncIterator[Parts]:
    """All parts of a process on a database that is up to date; closed at the end."""
    database = await open_database(place.url, role=APPLICATION, write_size=pool, search_size=pool)
    ring = Ring(settings.keys, lambda: single_connection(place.url, role=APPLICATION))
    insi: InsiOverSoap | None = None
    dmp: DmpOverFhir | None = None
    subscriptions: Subscriptions | None = None
    try:
        async with database.write.acquire() as connection:
            await check_schema(connection)
            await ring.open(connection)
        base = settings.address(port or settings.port)
        kernel = make_kernel(
            database,
            secret(settings.keys, INDEX_KEY),
            base=f"{base}/fhir",
            enforce_references=settings.references == "enforce",
        )
        kernel.repository.ring = ring
        kernel.admission = admission(kernel, Finder(kernel))
        kernel.reserved = reserved(kernel)
        kernel.governed, kernel.governor = GOVERNED, governor()
        LEAVING["Patient"] = PatientDeparture()
        await kernel.frequencies.load(database)
        STANDING[:] = [national.PARAMETER]
        await load_parameters(kernel)
        tokens = Tokens(settings.keys)
        insi, dmp = make_insi(settings), make_dmp(settings)
        guard, listener = Guard(kernel.keys, database), Listener(place.url, APPLICATION)
        wakes = Wakes(place.url, APPLICATION)
        subscriptions = engine(settings, kernel, guard, listener, wakes)
        yield Parts(
            settings,
            place,
            database,
            kernel,
            guard,
            tokens,
            listener,
            AuthorizationServer(
                database,
                settings.keys,
                tokens,
                kernel.base,
                demo_persons() if settings.demo else Sessions(database).person,
                proxies=Proxies(settings.certificate_header, settings.proxies),
                near=settings.demo,
            ),
            subscriptions,
            PopulationPort(settings, database),
            insi,
            dmp,
        )
    finally:
        if subscriptions is not None:
            await subscriptions.close()
        ring.close()
        if dmp is not None:
            await dmp.close()
        if insi is not None:
            await insi.close()
        await database.close()


@contextlib.asynccontextmanager
async def background(parts: Parts, *, leads: bool) -> AsyncIterator[None]:
    """The loops of a serving process; the leading one also keeps house and the database alive."""
    await parts.subscriptions.recorder.begin()
    loops: list[Loop] = [
        parts.kernel.publisher.run,
        partial(parts.kernel.frequencies.keep_fresh, parts.database),
        parts.listener.run,
        partial(follow_parameters, parts.kernel),
        parts.subscriptions.run,
    ]
    if (ring := parts.kernel.repository.ring) is not None:
        loops.append(partial(ring.keep_fresh, parts.database.write.acquire))
    if leads:
        loops += _leading(parts)
    tasks = [asyncio.create_task(kept(loop)) for loop in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _leading(parts: Parts) -> list[Loop]:
    """The loops of the process that leads."""
    kernel, database, guard = parts.kernel, parts.database, parts.guard
    loops: list[Loop] = [
        partial(keep_tidy, parts.subscriptions),
        Follower(kernel).run,
        parts.deposits.run,
        clocks(database, kernel, guard).run,
        message_clocks(database, kernel, guard).run,
        StayReader(database, kernel, guard).run,
        DischargeReader(database, kernel, guard).run,
        ruptures(database, kernel, guard).run,
        OverflowLoop(parts).run,
        SimulationLoop(database).run,
        TrainingLoop(parts).run,
        MarketLoop(database).run,
        partial(keep_telephony, parts),
        partial(keep_lake, parts),
        partial(keep_captured, parts),
        PlanReader(database, kernel, guard).run,
        partial(keep_rounds, database, kernel, guard),
        partial(keep_counted, database, kernel, guard),
        partial(keep_indexed, kernel),
        partial(keep_forms, kernel, guard, parts.settings),
        partial(keep_turning, database, kernel, guard),
        partial(keep_promises, database, kernel),
        partial(keep_watch, Anomalies(database, kernel.keys, kernel.registry)),
        Housekeeper(
            parts.place.url, APPLICATION, secret(parts.settings.keys, KEY), keys=kernel.keys
        ).run,
    ]
    if parts.settings.sas.vendors:
        loops.append(SasLoop(parts).run)
    if parts.settings.hub.url:
        loops.append(partial(keep_posted, parts))
    if parts.insi is not None:
        loops.append(Caller(kernel, parts.insi, recheck=recheck_of(parts.settings)).run)
    if parts.place.cluster is not None:
        loops.append(partial(_keep_alive, parts.place.cluster))
        if parts.settings.archive is not None:
            url = parts.place.cluster.addresses().superuser
            loops.append(Archiver(url, parts.settings.archive, parts.settings.pg_bin).run)
    return loops


async def _keep_alive(cluster: Cluster) -> None:
    while True:
        await asyncio.sleep(_REVIVE_SECONDS)
        with contextlib.suppress(Exception):
            await asyncio.to_thread(cluster.revive)
