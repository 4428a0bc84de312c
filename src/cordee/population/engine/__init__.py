"""The engines that run compiled SQL: DuckDB now; Apache Spark by the same port."""
