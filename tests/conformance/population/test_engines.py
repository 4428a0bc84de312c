"""One definition, two engines: every indicator counts the same on DuckDB and on Apache Spark."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cordee.population.areas.geography import Commune, Geography
from cordee.population.engine.duck import DuckEngine
from cordee.population.engine.port import Engine
from cordee.population.engine.spark import SparkEngine
from cordee.population.facts.making import Facts
from cordee.population.indicators.compiling import Compiler
from cordee.population.indicators.definition import shipped
from cordee.population.lake.tables import Tables
from cordee.population.synthesis.writing import Plan, files_of, write_facts
from facts import event, person, write

DAY = date(2026, 6, 30)
SPARK = {
    "spark_sql_shuffle_partitions": "2",
    "spark_sql_codegen_wholeStage": "false",
    "spark_sql_codegen_factoryMode": "NO_CODEGEN",
}
WAYS = {
    "share": ("cells", "places"),
    "rate": ("cells", "weeks", "places"),
    "events": ("cells", "places"),
}


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """A small synthetic region, as drawn, with its oddities: a second source, unknown areas."""
    folder = tmp_path_factory.mktemp("region")
    communes = tuple(
        Commune(f"9600{at}", f"C{at}", "A", "E1", "", 4000, 47.0, 5.0, at % 5 + 1)
        for at in range(4)
    )
    for seed, source in ((1, "un"), (2, "deux")):
        plan = Plan(1500, DAY, seed, source=source)
        write_facts(Geography(communes, {}), plan, folder / source)
    made = Facts(folder / "facts")
    sources = [files_of(folder / one) for one in ("un", "deux")]
    sources.append(placed(folder / "trois").files())
    engine = DuckEngine()
    made.make(engine, Tables(folder / "none"), sources)
    engine.close()
    return made


def placed(folder: Path) -> Facts:
    """People who were seen in two structures, some of them again within a month."""
    persons = [person(f"p{at}", source="trois") for at in range(60)]
    stays = [
        event("encounter", f"p{at}", code, f"2026-0{month}-0{1 + at % 9}", until=f"2026-0{month}-09",
              place=("chu", "clinique")[at % 2], detail=("J44.1", "S72")[at % 3 == 0],
              source="trois")
        for at in range(60)
        for code, month in (("IMP", 3), ("EMER", 4), *((("IMP", 3),) if at % 4 == 0 else ()))
    ]  # fmt: skip
    asked = [event("request", f"p{at}", "dac", "2026-05-02", place="chu", source="trois")
             for at in range(20)]  # fmt: skip
    followed = [event("followup", f"p{at}", None, "2026-05-09", source="trois")
                for at in range(12)]  # fmt: skip
    return write(folder, persons, [*stays, *asked, *followed])


def opened(engine: Engine, facts: Facts) -> Engine:
    from cordee.population.indicators.computing import Computing

    ways = [(f"9600{at}", "médecine d’urgence", 20.0 + at * 10) for at in range(4)]
    Computing(engine, facts, ways).sources()
    return engine


@pytest.mark.requirement("G2.3")
def test_both_engines_count_the_same(facts: Facts, tmp_path: Path) -> None:
    duck, spark = opened(DuckEngine(), facts), opened(SparkEngine(**SPARK), facts)
    counted, seen = 0, set[str]()
    for one in shipped().values():
        for what in WAYS[one.measure]:
            rows = [
                sorted(
                    engine.run(getattr(Compiler(one, DAY, engine.dialect), what)()).rows, key=str
                )
                for engine in (duck, spark)
            ]
            assert [tuple(row) for row in rows[0]] == [tuple(row) for row in rows[1]], (
                one.id,
                what,
            )
            seen |= {row[0] for row in rows[0] if what == "places"}
            counted += sum(row[-2] for row in rows[0] if what == "cells")
    assert counted > 1000
    assert seen == {"chu", "clinique"}
    duck.close()
    spark.close()
