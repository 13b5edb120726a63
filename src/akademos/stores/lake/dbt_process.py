"""`python -m akademos.stores.lake.dbt_process ARGUMENTS`: dbt in a process of its own, which ends with its parent.

In one process with others dbt keeps the file it built open. The parent holds the standard input; when that ends, so
does this process. Its peak memory in megabytes goes to the file that AKADEMOS_WAREHOUSE_PEAK names.
"""

from __future__ import annotations

import os
import resource
import threading
from pathlib import Path

_STANDARD_INPUT = 0


def main() -> None:
    """Run dbt with the arguments of this process."""
    end_with_parent()
    from dbt.cli.main import cli

    try:
        cli(prog_name="dbt")
    finally:
        note_peak(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def note_peak(megabytes: float) -> None:
    """Say how much memory was held at the most."""
    Path(os.environ["AKADEMOS_WAREHOUSE_PEAK"]).write_text(f"{megabytes:.0f}")


def end_with_parent() -> None:
    """Have this process end when its parent does."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    while os.read(_STANDARD_INPUT, 1):  # not by `sys.stdin`, whose lock would be held when the interpreter ends
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
