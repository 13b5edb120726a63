"""`python -m akademos.stores.lake.spark_process ARGUMENTS`: dbt over a Spark session, which begins and ends with it.

The session keeps its tables as Parquet in `<work>/tables/<schema>.db/<table>`, and knows those that an earlier process
has left there. How many tasks each executor ran goes to `<work>/executors.json`. Where the environment names:

    AKADEMOS_SPARK_WORK     folder for tables, spilled data and logs; on a cluster one that all machines share
    AKADEMOS_SPARK_MASTER   `local[2]`, `local-cluster[2,1,1024]` (two executors on this machine), a cluster's address
    AKADEMOS_SPARK_OPTIONS  further settings of the session, as a JSON object
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from akademos.stores.lake.dbt_process import end_with_parent, note_peak

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TABLES = "tables"
EXECUTORS = "executors.json"
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
_HERE = "127.0.0.1"


def main() -> None:
    """Run dbt with the arguments of this process."""
    end_with_parent()
    work = Path(os.environ["AKADEMOS_SPARK_WORK"])
    options = json.loads(os.environ.get("AKADEMOS_SPARK_OPTIONS", "{}"))
    session = begin(work, os.environ["AKADEMOS_SPARK_MASTER"], options)
    know_tables(session, work / TABLES)
    from dbt.cli.main import cli

    try:
        cli(prog_name="dbt")
    finally:
        (work / EXECUTORS).write_text(json.dumps(tasks_by_executor(session)))
        note_peak(peak_of_all())
        session.stop()


def begin(work: Path, master: str, options: Mapping[str, str]) -> SparkSession:
    """A session in UTC with exact decimals and a catalogue of its own; `options` go before what is chosen here."""
    os.environ["SPARK_HOME"] = str(_home(work))
    if master.startswith("local"):
        os.environ |= {"SPARK_LOCAL_IP": _HERE, "SPARK_LOCAL_HOSTNAME": "localhost"}
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("akademos warehouse").master(master)
    chosen = {
        "spark.driver.memory": "1g",
        "spark.local.dir": str(work / "spill"),
        "spark.sql.warehouse.dir": str(work / TABLES),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.legacy.createHiveTableByDefault": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        # The scale of a decimal is kept; what does not fit is an error, not a rounded figure.
        "spark.sql.decimalOperations.allowPrecisionLoss": "false",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.shuffle.partitions": "4",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if master.startswith("local"):
        chosen |= {"spark.driver.host": "localhost", "spark.driver.bindAddress": _HERE}
    for name, value in (chosen | dict(options)).items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _home(work: Path) -> Path:
    """A folder like the one Spark is installed in: executors of `local-cluster` write their logs below it."""
    import pyspark

    installed, home = Path(str(pyspark.__file__)).parent, work / "spark"
    home.mkdir(parents=True, exist_ok=True)
    for entry in installed.iterdir():
        link = home / entry.name
        if not link.is_symlink():
            link.symlink_to(entry)
    return home


def know_tables(session: SparkSession, tables: Path) -> None:
    """Have the session know the tables that lie in the folder."""
    for place in sorted(tables.glob("*.db/*")):
        schema = place.parent.name.removesuffix(".db")
        session.sql(f"CREATE DATABASE IF NOT EXISTS {schema}")
        session.catalog.createTable(f"{schema}.{place.name}", path=str(place), source="parquet")


def tasks_by_executor(session: SparkSession) -> dict[str, int]:
    """How many tasks each executor has run, by its number; the driver is none, but for `local[N]`."""
    listed = session.sparkContext._jsc.sc().statusStore().executorList(False)  # PySpark has no other way
    found = {str(one.id()): int(one.totalTasks()) for one in (listed.apply(n) for n in range(listed.size()))}
    return {name: tasks for name, tasks in found.items() if tasks}


def peak_of_all() -> float:
    """Peak memory in MB of this process, Spark's driver and the executors on this machine, each at its own height."""
    own = psutil.Process()
    total = 0
    for process in (own, *own.children(recursive=True)):
        try:
            found = _PEAK.search(Path(f"/proc/{process.pid}/status").read_text())
        except FileNotFoundError:  # it has ended
            continue
        total += int(found[1]) if found else 0
    return total / 1024


if __name__ == "__main__":
    main()
