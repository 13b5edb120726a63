"""The consented core as one Delta table, queried by DuckDB."""
