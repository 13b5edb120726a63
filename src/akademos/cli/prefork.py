"""What the server's processes have in common: imported once, in the process that they are forked from.

Nothing may be opened or started here: threads and engines do not survive a fork.
"""

from __future__ import annotations

import atexit
import gc
import pkgutil
from importlib import import_module

import deltalake
import duckdb
import pyarrow.dataset
import pyarrow.parquet
import uvicorn

import akademos.jobs.worker
import akademos.marts
import akademos.serving.api
import akademos.stores
import akademos.system
from akademos.cli.allocator import bound_arenas

__all__ = ["akademos", "deltalake", "duckdb", "pyarrow", "uvicorn"]

for found in pkgutil.walk_packages(akademos.stores.__path__, "akademos.stores."):
    if ".migrations" not in found.name:  # the wiring imports adapters only when they are asked for
        import_module(found.name)

bound_arenas()
gc.collect()
gc.freeze()  # collections in the forks need not touch, and so copy, what is here now
atexit.register(gc.unfreeze)  # else libraries that count their objects at the end complain of leaks
