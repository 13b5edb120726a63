"""`python -m akademos.stores.lake.dbt_process ARGUMENTS`: dbt in a process of its own, which ends with its parent.

In one process with others dbt keeps the file it built open. The parent holds the standard input; when that ends, so
does this process. Its peak memory in megabytes goes to the file that AKADEMOS_WAREHOUSE_PEAK names.
"""

from __future__ import annotations

import os
import resource
import sys
import threading
from pathlib import Path


def main() -> None:
    """Run dbt with the arguments of this process."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from dbt.cli.main import cli

    try:
        cli(prog_name="dbt")
    finally:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        Path(os.environ["AKADEMOS_WAREHOUSE_PEAK"]).write_text(f"{peak:.0f}")


def _end_with_parent() -> None:
    while sys.stdin.buffer.read(1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
