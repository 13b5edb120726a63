"""What the server's processes have in common: imported once, in the process that they are forked from.

Nothing may be opened or started here: threads and engines do not survive a fork.
"""

from __future__ import annotations

import atexit
import gc

import deltalake
import duckdb
import pyarrow.dataset
import pyarrow.parquet
import uvicorn

import akademos.jobs.worker
import akademos.serving.api
import akademos.system
from akademos.cli.allocator import bound_arenas

__all__ = ["akademos", "deltalake", "duckdb", "pyarrow", "uvicorn"]

bound_arenas()
gc.collect()
gc.freeze()  # collections in the forks need not touch, and so copy, what is here now
atexit.register(gc.unfreeze)  # else libraries that count their objects at the end complain of leaks
