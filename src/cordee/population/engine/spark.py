"""Apache Spark: the engine for a region's years; a local cluster, or the one that is named.

It needs the extra `spark` and a Java runtime (`docs/operator/spark.md`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import Row, SparkSession

from cordee.population.engine.port import Table
from cordee.population.views.dialects import SPARK
from cordee.population.views.shapes import Shape
from cordee.runtime.errors import InvalidRequest
from cordee.runtime.settings import stay_on_loopback


class SparkEngine:
    """See `Engine`."""

    dialect = SPARK

    def __init__(self, master: str = "local[2]", **settings: str) -> None:
        """`master` as Spark names clusters; `settings` of Spark, with `_` for their dots."""
        if master.startswith("local"):
            stay_on_loopback()
        builder = SparkSession.builder.master(master).appName("cordee")
        told = {"spark_ui_enabled": "false", "spark_sql_session_timeZone": "UTC"} | settings
        for name, value in told.items():
            builder = builder.config(name.replace("_", "."), value)
        self._session: SparkSession = builder.getOrCreate()

    def resources(self, name: str, files: Sequence[Path], shape: Shape) -> None:
        """See `Engine`."""
        fields = ", ".join(
            f"{self.dialect.name_of(one)} {self.dialect.type_of(child)}"
            for one, child in shape.fields.items()
        )
        read = self._session.read.schema(f"resourceType STRING, {fields}")
        rows = read.option("mode", "FAILFAST").json([str(one) for one in files])
        rows.where(rows["resourceType"] == shape.kind).createOrReplaceTempView(name)

    def parquet(self, name: str, files: Sequence[Path]) -> None:
        """See `Engine`."""
        rows = self._session.read.option("mergeSchema", "true")
        rows.parquet(*(str(one) for one in files)).createOrReplaceTempView(name)

    def nothing(self, name: str, columns: Mapping[str, str]) -> None:
        """See `Engine`."""
        told = ", ".join(
            f"CAST(NULL AS {self.dialect.types.get(kind, kind)}) AS {self.dialect.name_of(one)}"
            for one, kind in columns.items()
        )
        self._session.sql(f"SELECT {told} WHERE FALSE").createOrReplaceTempView(name)

    def values(self, name: str, columns: Sequence[str], rows: str) -> None:
        """See `Engine`."""
        named = ", ".join(map(self.dialect.name_of, columns))
        made = self._session.sql(f"SELECT * FROM (VALUES {rows}) told({named})")
        made.createOrReplaceTempView(name)

    def write(self, sql: str, file: Path) -> None:
        """See `Engine`."""
        try:
            self._session.sql(sql).write.mode("overwrite").parquet(str(file))
        except PySparkException as error:
            raise InvalidRequest(str(error)) from error

    def run(self, sql: str) -> Table:
        """See `Engine`."""
        try:
            found = self._session.sql(sql)
            rows = found.collect()
        except PySparkException as error:
            raise InvalidRequest(str(error)) from error
        return Table(tuple(found.columns), [tuple(map(_plain, row)) for row in rows])

    def close(self) -> None:
        """See `Engine`."""
        self._session.stop()


def _plain(value: Any) -> Any:
    return value.asDict(recursive=True) if isinstance(value, Row) else value
