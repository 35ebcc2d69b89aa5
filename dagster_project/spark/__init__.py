"""Spark builds the dbt models (`warehouse.engine: spark`), DuckDB does all else.

Files are loaded into the DuckDB warehouse as ever. What the models read of it is handed to Spark as Parquet, dbt builds the
models there, and what was built is published back into the warehouse, which reports, exports and every command read.
"""
