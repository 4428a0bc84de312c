"""Population health bound to an installation. Loads engines: only what needs them imports it."""

from __future__ import annotations

import asyncio

from cordee.fhir.interactions.kernel import Kernel
from cordee.population.desk import Desk
from cordee.population.engine.duck import DuckEngine
from cordee.population.home import Home
from cordee.population.lake.feed import Turned
from cordee.population.lake.place import Loader, Loading
from cordee.population.lake.pseudonyms import Custody
from cordee.runtime.clock import today
from cordee.runtime.settings import Settings


def home_of(settings: Settings) -> Home:
    """Where population health lies in an installation."""
    return Home(settings.warehouse.folder)


def loader_of(settings: Settings, kernel: Kernel) -> Loader:
    """Who loads the lake of an installation: opens the folder of the key."""
    told, home = settings.warehouse, home_of(settings)
    how = Loading(home.geography().widened, shift=told.shift_days)
    return Loader(kernel, home.lake, Custody(told.keys), how)


async def refresh(settings: Settings, kernel: Kernel) -> Turned:
    """Takes in what was written since, and makes the facts anew where they are older.

    What was stopped between the two is made up for: a person who is gone from the lake is gone
    from the facts, whatever process died.
    """
    done, home = await loader_of(settings, kernel).refresh(), home_of(settings)
    if done.forgotten:
        home.exports.clear()
    home.exports.sweep(home.lake.era())
    if not home.is_up_to_date():
        await asyncio.to_thread(make_facts, home)
    return done


def make_facts(home: Home) -> None:
    """Tidies the lake, then makes the facts with the default engine."""
    home.lake.tables().compact()
    engine = DuckEngine()
    try:
        home.make_facts(engine)
    finally:
        engine.close()


def publish(home: Home) -> int:
    """Measures the sources of today, publishes what the last month tells; how many indicators."""
    desk = Desk(home, today)
    desk.measure()
    return desk.publish()
