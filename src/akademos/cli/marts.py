"""`akademos marts`: the institution's warehouse."""

from __future__ import annotations

import resource

import orjson
import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.cli.erasures import Data, TenantId
from akademos.jobs.warehouse.build import BuildReport
from akademos.marts import marts_job, warehouses
from akademos.system import System

app = typer.Typer(help="The institution's warehouse: build it, and see what it holds.", no_args_is_help=True)


@app.callback()
def marts() -> None:
    """The institution's warehouse: build it, and see what it holds."""


@app.command()
def build(tenant: TenantId = None, data: Data = None) -> None:
    """Build the warehouse of each tenant, check it, and put it in the place of the one before. A critical check that
    fails keeps what was there, and ends with 1. The last line is JSON."""
    chosen = settings.load(data=data)
    reports = []
    with System(chosen) as system:
        wanted = [tenant] if tenant else [one.tenant_id for one in system.tenants.all()]
        job = marts_job(system)
        for tenant_id in wanted:
            report = job.run(tenant_id)
            if report is None:
                typer.echo(f"{tenant_id}: another process is building it.")
                continue
            _show(report)
            reports.append(report)
    typer.echo(orjson.dumps({one.tenant_id: _figures(one) for one in reports}).decode())


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
    }
