"""`akademos marts`: the institution's warehouse."""

from __future__ import annotations

import resource
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.cli.erasures import Data, TenantId
from akademos.errors import AkademosError, InputError
from akademos.jobs.warehouse.build import BuildReport
from akademos.marts import compared_with_spark, marts_job, spark_at, warehouses
from akademos.system import System

LOCAL_CLUSTER = "local-cluster[2,1,1024]"
Master = Annotated[
    str,
    typer.Option(
        help="Spark's address. The default starts two executors on this machine; a cluster's machines must all see the "
        "data folder.",
        envvar="AKADEMOS_SPARK_MASTER",
    ),
]

Conf = Annotated[
    list[str] | None,
    typer.Option("--conf", help="A setting of the Spark session as NAME=VALUE; may be repeated."),
]


class Engine(StrEnum):
    """What the models run on."""

    DUCKDB = "duckdb"
    SPARK = "spark"


app = typer.Typer(help="The institution's warehouse: build it, and see what it holds.", no_args_is_help=True)


@app.callback()
def marts() -> None:
    """The institution's warehouse: build it, and see what it holds."""


@app.command()
def build(
    tenant: TenantId = None,
    data: Data = None,
    engine: Annotated[Engine, typer.Option(help="What the models run on; the tables are equal.")] = Engine.DUCKDB,
    master: Master = LOCAL_CLUSTER,
    conf: Conf = None,
) -> None:
    """Build the warehouse of each tenant, check it, and put it in the place of the one before. A critical check that
    fails keeps what was there. What fails for one tenant keeps no other from its own, and ends with 1 when all have had
    their turn. The last line is JSON of those that were built."""
    chosen = settings.load(data=data)
    reports, failed = [], False
    spark = spark_at(master, _options(conf)) if engine is Engine.SPARK else None
    with System(chosen) as system:
        wanted = [tenant] if tenant else [one.tenant_id for one in system.tenants.all()]
        job = marts_job(system, spark)
        for tenant_id in wanted:
            try:
                report = job.run(tenant_id)
            except AkademosError as refusal:
                if tenant:
                    raise
                failed = True
                typer.echo(f"error ({refusal.code}), tenant {tenant_id}: {refusal}", err=True)
                continue
            if report is None:
                typer.echo(f"{tenant_id}: another process is building it.")
                continue
            _show(report)
            reports.append(report)
    typer.echo(orjson.dumps({one.tenant_id: _figures(one) for one in reports}).decode())
    if failed:
        raise typer.Exit(1)


@app.command()
def compare(tenant: TenantId = None, data: Data = None, master: Master = LOCAL_CLUSTER, conf: Conf = None) -> None:
    """Make every table twice from the same inputs, on DuckDB and on Spark, and say which are equal: floats within 1e-9
    of the larger, all else exactly. Publishes nothing. Ends with 1 where a table differs. The last line is JSON."""
    from akademos.cli.learner import only_tenant

    chosen = settings.load(data=data)
    spark = spark_at(master, _options(conf))
    with System(chosen) as system:
        found = compared_with_spark(system, tenant or only_tenant(system), spark)
    table = Table("table", "DuckDB", "Spark", "", title=f"{found.tenant_id}: {len(found.tables)} tables on two engines")
    for place in (1, 2):
        table.columns[place].justify = "right"
    for one in found.tables:
        said = "equal" if one.equal else "[yellow]" + "; ".join((*one.differing, *one.retyped) or ("rows",))
        table.add_row(one.name, *("-" if n is None else f"{n:,}" for n in (one.rows, one.other_rows)), said)
    console = Console()
    console.print(table)
    steps = dict(zip(("inputs", "duckdb", "spark", "comparison"), found.seconds.values(), strict=True))
    console.print(
        f"{len(found.tables) - len(found.unequal)} of {len(found.tables)} tables are equal; "
        + ", ".join(f"executor {name}: {tasks:,} tasks" for name, tasks in sorted(found.executors.items()))
    )
    figures = {
        "tenant": found.tenant_id, "tables": len(found.tables), "equal": len(found.tables) - len(found.unequal),
        "unequal": found.unequal, "rows": sum(one.rows or 0 for one in found.tables), "master": master,
        "executors": dict(found.executors), "seconds": steps,
    }  # fmt: skip
    typer.echo(orjson.dumps(figures).decode())
    if found.unequal:
        raise typer.Exit(1)


@app.command(name="list")
def show(tenant: TenantId = None, data: Data = None) -> None:
    """Tables of the published warehouse, with rows and checksums."""
    from akademos.cli.learner import only_tenant
    from akademos.marts import warehouse

    chosen = settings.load(data=data)
    with System(chosen) as system:
        name = tenant or only_tenant(system)
    table = Table("table", "rows", "checksum", title=str(warehouses(chosen) / name))
    for row in warehouse(chosen).query(name, "SELECT name, rows, checksum FROM published.table_states ORDER BY name"):
        table.add_row(row["name"], f"{row['rows']:,}", row["checksum"])
    Console().print(table)


@app.command()
def reference(
    to: Annotated[Path, typer.Argument(help="Folder of the pages.")] = Path("docs/reference"),
) -> None:
    """Write the reference of all tables and columns, one page a schema."""
    from akademos.stores.disk.warehouse_pages import page, schemas

    for schema in schemas():
        path = to / f"warehouse_{schema}.md"
        path.write_text(page(schema), encoding="utf-8")
        typer.echo(str(path))


def _options(conf: list[str] | None) -> dict[str, str]:
    found = {}
    for one in conf or ():
        name, given, value = one.partition("=")
        if not given or not name.startswith("spark."):
            raise InputError(
                f"{one} is no setting of Spark.", hint="Write it as spark.executor.memory=4g.", pointer="--conf"
            )
        found[name] = value
    return found


def _show(report: BuildReport) -> None:
    table = Table("table", "rows", "checksum", "", title=f"{report.tenant_id}: {len(report.tables)} tables")
    table.columns[1].justify = "right"
    for one in report.tables:
        table.add_row(one.name, f"{one.rows:,}", one.checksum, "changed" if one.changed else "")
    console = Console()
    console.print(table)
    for check in report.checks:
        if check.status != "pass":
            where = check.dataset + (f".{check.column_name}" if check.column_name else "")
            console.print(f"[yellow]{check.status}[/] {check.check_name} on {where}: {check.failures:,} rows")
    said = ", ".join(f"{name.replace('_', ' ')} {spent:.1f} s" for name, spent in report.seconds.items())
    failed = sum(check.status != "pass" for check in report.checks)
    console.print(
        f"{sum(report.seconds.values()):.1f} s ({said}); models {report.peak_mb:,.0f} MB at the most; "
        f"{len(report.checks)} checks, {failed} with findings."
    )
    if report.executors:
        tasks = ", ".join(f"{name}: {count:,}" for name, count in sorted(report.executors.items()))
        console.print(f"Tasks on Spark by executor: {tasks}.")
    if not report.changed:
        console.print("Nothing has changed.")


def _figures(report: BuildReport) -> dict[str, object]:
    return {
        "build": report.build_id,
        "tables": len(report.tables),
        "rows": sum(one.rows for one in report.tables),
        "empty_tables": report.empty,
        "changed": report.changed,
        "checks": len(report.checks),
        "failed_checks": sum(check.status != "pass" for check in report.checks),
        "seconds": round(sum(report.seconds.values()), 3),
        "steps": dict(report.seconds),
        "peak_mb": round(max(report.peak_mb, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)),
        "envelopes": report.envelopes,
        "executors": dict(report.executors),
    }
