"""`akademos audit`: prove that the logs are as they were written, and take the audit log out of the house."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Annotated, BinaryIO

import orjson
import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.catalogue.audit_actions import AuditAction
from akademos.cli.operator import operator
from akademos.errors import InputError, NotFound
from akademos.jobs.audit_verification import Verified, verify
from akademos.privacy.access_chain import BrokenSeal
from akademos.privacy.audit_chain import BrokenRow, ChainRow, Checkpoint, Head
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.ports.chains import Chains
from akademos.system import System

app = typer.Typer(help="The audit log and the sealed access log: verify, export.", no_args_is_help=True)

TenantId = Annotated[str | None, typer.Option("--tenant", help="One tenant only; all when left out.")]
Data = Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")]
_HEAD = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")


@app.callback()
def audit() -> None:
    """The audit log and the sealed access log: verify, export."""


@app.command(name="verify")
def verify_(
    tenant: TenantId = None,
    head: Annotated[
        str | None, typer.Option(metavar="SEQ:HASH", help="A head kept elsewhere; also finds what was cut off after.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one line of JSON.")] = False,
    data: Data = None,
) -> None:
    """Recompute every hash and name the first broken row of each log; the exit status is 1 when there is one."""
    kept = None if head is None else _head(head)
    with System(settings.load(data=data)) as system, system.chains.reading() as chains:
        tenants = _chosen(chains, tenant)
        if kept is not None and len(tenants) != 1:
            raise InputError("A head belongs to one tenant.", hint="Say which with --tenant.")
        found = [verify(chains, one, kept) for one in tenants]
    broken = [fault for one in found for fault in one.broken]
    if as_json:
        typer.echo(orjson.dumps(_result(found)).decode())
    else:
        _print(found)
    if broken:
        raise typer.Exit(1)


@app.command()
def export(
    path: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")],
    tenant: TenantId = None,
    data: Data = None,
) -> None:
    """Write the audit log as JSON lines, each tenant's followed by its head: the anchor to keep elsewhere.

    The export is an act itself, and so the next row of the log.
    """
    with System(settings.load(data=data)) as system:
        if path.exists() or not path.parent.is_dir():
            raise InputError(f"{path} is there already, or its folder is not.", hint="Name a new file.")
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with unfinished.open("xb") as file, system.chains.reading() as chains:
                unfinished.chmod(0o600)
                heads = {one: _write(file, chains, one) for one in _chosen(chains, tenant)}
            with unfinished.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            # Written down before anybody can have the file.
            for one, head in heads.items():
                detail: dict[str, Json] = {
                    "what": "audit log",
                    "rows": head.seq,
                    "head": head.hash.hex(),
                    "sha256": digest,
                }
                system.audit.record(one, AuditEntry(operator(), AuditAction.DATA_EXPORTED, None, detail))
            unfinished.replace(path)
        except OSError as failed:
            raise InputError(f"{path} cannot be written: {failed.strerror}.", hint="Nothing was exported.") from failed
        finally:
            with suppress(FileNotFoundError):
                unfinished.unlink()
    for one, head in heads.items():
        typer.echo(f"{one}: {head.seq:,} rows" + (f", head {head.seq}:{head.hash.hex()}" if head.seq else ""))
    typer.echo("Keep the heads outside of this installation: `akademos audit verify --tenant T --head SEQ:HASH`.")


def _head(text: str) -> Head:
    match = _HEAD.fullmatch(text.strip().lower())
    if match is None:
        raise InputError(
            "The head is not SEQ:HASH.", hint="Give the number of a row, a colon, and its hash of 64 hex digits."
        )
    return Head(int(match[1]), bytes.fromhex(match[2]))


def _chosen(chains: Chains, tenant: str | None) -> list[str]:
    known = chains.tenants()
    if tenant is not None and tenant not in known:
        raise NotFound(f"There is no tenant `{tenant}`.", hint="`akademos tenant list` shows them.")
    return known if tenant is None else [tenant]


def _write(file: BinaryIO, chains: Chains, tenant_id: str) -> Head:
    head = Head(0, b"")
    for row in chains.audit_rows(tenant_id):
        file.write(orjson.dumps(_line(row), option=orjson.OPT_APPEND_NEWLINE))
        head = Head(row.seq, row.hash)
    end = {"tenant_id": tenant_id, "head": {"seq": head.seq, "hash": head.hash.hex()}}
    file.write(orjson.dumps(end, option=orjson.OPT_APPEND_NEWLINE))
    return head


def _line(row: ChainRow) -> dict[str, object]:
    return {
        "tenant_id": row.tenant_id,
        "seq": row.seq,
        "at": row.at,
        "actor": row.actor,
        "action": row.action,
        "subject": None if row.subject is None else row.subject.hex(),
        "detail": row.detail,
        "previous": row.previous.hex(),
        "hash": row.hash.hex(),
    }


def _result(found: list[Verified]) -> dict[str, object]:
    rows, seconds = sum(one.rows for one in found), sum(one.seconds for one in found)
    reads, reads_seconds = sum(one.reads for one in found), sum(one.reads_seconds for one in found)
    return {
        "rows": rows,
        "rows_per_s": _rate(rows, seconds),
        "sealed_reads": reads,
        "sealed_reads_per_s": _rate(reads, reads_seconds),
        "unsealed_reads": sum(one.unsealed for one in found),
        "heads": {one.tenant_id: f"{one.head.seq}:{one.head.hash.hex()}" for one in found if one.head.seq},
        "since": {
            one.tenant_id: {log: _since(said) for log, said in _checkpoints(one) if said}
            for one in found
            if one.audit_from or one.reads_from
        },
        "broken": [
            {"tenant": fault.tenant_id, "place": _place(fault), "fault": fault.fault, "reason": fault.reason}
            for one in found
            for fault in one.broken
        ],
    }


def _checkpoints(one: Verified) -> tuple[tuple[str, Checkpoint | None], ...]:
    return ("audit_log", one.audit_from), ("access_log", one.reads_from)


def _since(said: Checkpoint) -> dict[str, object]:
    """From behind which row (of the access log: seal) a log stands; what was written up to then went by retention."""
    return {"behind": said.last.seq, "hash": said.last.hash.hex(), "removed_until": said.until}


def _rate(rows: int, seconds: float) -> int:
    return round(rows / seconds) if seconds else 0


def _place(fault: BrokenRow | BrokenSeal) -> str:
    return f"audit log, row {fault.seq}" if isinstance(fault, BrokenRow) else f"access log, seal {fault.number}"


def _print(found: list[Verified]) -> None:
    table = Table("tenant", "audit rows", "seals", "sealed reads", "not sealed yet", "found")
    for one in found:
        numbers = (f"{count:,}" for count in (one.rows, one.seals, one.reads, one.unsealed))
        table.add_row(one.tenant_id, *numbers, "broken" if one.broken else "whole")
    console = Console(highlight=False)
    console.print(table)
    for one in found:
        for log, said in _checkpoints(one):
            if said:
                what = "row" if log == "audit_log" else "seal"
                where = f"{one.tenant_id}: {log.replace('_', ' ')} from behind {what} {said.last.seq}"
                told = f"{where}; what was written until {said.until} went by retention."
                console.print(told, soft_wrap=True, markup=False)
        for fault in one.broken:
            console.print(f"{one.tenant_id}: {_place(fault)}: {fault.reason}.", soft_wrap=True, markup=False)
        if one.head.seq and not one.broken:
            head = f"{one.head.seq}:{one.head.hash.hex()}"
            console.print(f"{one.tenant_id}: head {head}", soft_wrap=True, markup=False)
    result = _result(found)
    console.print(f"{result['rows']:,} rows of the audit log ({result['rows_per_s']:,} a second) and "
                  f"{result['sealed_reads']:,} sealed reads ({result['sealed_reads_per_s']:,} a second) looked at.",
                  soft_wrap=True)  # fmt: skip
