"""The inputs of the warehouse as the parser of lineage takes them."""

from __future__ import annotations

from akademos.catalogue.lineage import ColumnEdge
from akademos.catalogue.registry import builtin
from akademos.catalogue.warehouse.envelopes import COUNTED, KEPT, RECEIVED
from akademos.catalogue.warehouse_extracts import extracts
from akademos.jobs.sql_lineage import Source, column_edges, packaged_macros, packaged_models
from akademos.jobs.warehouse.build import CHECKS, LOADS
from akademos.jobs.warehouse.computed import computed


def warehouse_edges() -> tuple[ColumnEdge, ...]:
    """Every edge between columns that the warehouse's SQL says."""
    sources = [Source(one.name, tuple(name for name, _ in one.columns), one.upstream, one.query) for one in extracts()]
    sources += [Source(one.name, tuple(name for name, _ in one.columns), one.upstream, None) for one in computed()]
    sources += [
        Source(CHECKS.name, tuple(name for name, _ in CHECKS.columns), CHECKS.upstream, CHECKS.query),
        Source("loads_open", tuple(name for name, _ in LOADS), ("warehouse_loads",), None),
        Source(COUNTED.name, tuple(name for name, _ in COUNTED.columns), COUNTED.upstream, COUNTED.query),
        Source("envelopes_open", tuple(name for name, _ in KEPT), RECEIVED.upstream, None),
    ]
    return column_edges(builtin().datasets, sources, packaged_models(), packaged_macros())
