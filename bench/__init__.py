"""The benchmark: the pipeline on a generated shop beside the same slice of work as one hand-written DuckDB script."""
