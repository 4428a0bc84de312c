"""Population health by size: drawing, facts, indicators, publication; `python -m bench.population`.

Prints seconds for each size and, for indicators, cold (facts just opened) and warm (again).
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from cordee.app.demo_population import write_areas
from cordee.population.areas.outlines import Outlines
from cordee.population.engine.duck import DuckEngine
from cordee.population.home import Home
from cordee.population.indicators.computing import Computing
from cordee.population.indicators.definition import shipped
from cordee.population.publishing import Publisher
from cordee.population.synthesis.lake import write_lake
from cordee.population.synthesis.writing import Plan, write_facts

DAY = date(2026, 10, 31)
HEAVIEST = 10


def main() -> None:
    """Measures each size that is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, nargs="*", default=[20_000, 1_000_000])
    parser.add_argument("--publish", action="store_true")
    told = parser.parse_args()
    for count in told.people:
        with tempfile.TemporaryDirectory() as folder:
            measured(Home(Path(folder)), count, publish=told.publish)


def measured(home: Home, count: int, *, publish: bool) -> None:
    """Prints what one size takes."""
    write_areas(home)
    geography = home.geography()
    plan = Plan(count, DAY, source="synthese")
    print(f"{count:,} people")
    rows = timed("  drawn", lambda: write_facts(geography, plan, home.source("synthese")))
    print(f"    {sum(rows.values()):,} rows")
    apart = Home(home.folder / "apart")
    timed("  drawn straight to a lake", lambda: write_lake(geography, plan, apart.lake))
    engine = DuckEngine(threads=2)
    timed("  facts of that lake, by the views", lambda: apart.make_facts(engine))
    mib = sum(one.stat().st_size for one in apart.lake.folder.rglob("*.parquet")) / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(f"    {mib:,.0f} MiB of Parquet, at most {peak:,.0f} MiB of memory")
    timed("  facts", lambda: home.make_facts(engine))
    cold, warm = {}, {}
    for name, one in shipped().items():
        computing = Computing(DuckEngine(threads=2), home.facts)
        cold[name] = seconds(lambda c=computing, i=one: c.cells(i, DAY))
        warm[name] = seconds(lambda c=computing, i=one: c.cells(i, DAY))
    heavy = sorted(cold.values(), reverse=True)[:HEAVIEST]
    print(f"  indicators: cold at most {max(cold.values()):.3f} s, warm {max(warm.values()):.4f} s")
    print(f"  the ten heaviest together, cold: {sum(heavy):.2f} s")
    if publish:
        outlines = Outlines(geography, home.areas.contours())
        publisher = Publisher(geography, outlines, home.folder / "publications")
        computing = Computing(DuckEngine(threads=2), home.facts)
        for name, one in shipped().items():
            cells = computing.cells(one, DAY)
            if cells:
                spent = seconds(
                    lambda i=one, c=cells: publisher.published(i, DAY, "synthese", lambda: (c, "1"))
                )
                print(f"    published {name:28} {spent:6.2f} s")


def timed(label: str, act: Callable[[], Any]) -> Any:
    """Prints how long something took; what it gave."""
    start = time.perf_counter()
    found = act()
    print(f"{label} {time.perf_counter() - start:.2f} s")
    return found


def seconds(act: Callable[[], object]) -> float:
    """How long something takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
