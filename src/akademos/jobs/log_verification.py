"""Every night: are audit log and access log still what was written? What was found is kept, and a fault is an alert.

The result is an entry of the audit log itself, so it stands in the chain that the next verification goes over. A run
that finds a fault has done its work: it is no failed job, which would be tried again all night; the fault has an alert
of its own.
"""

from __future__ import annotations

import structlog

from akademos.catalogue.audit_actions import AuditAction
from akademos.jobs.audit_verification import Verified, verify
from akademos.privacy.audit_chain import BrokenRow
from akademos.stores.ports.audit import AuditEntry, AuditLog, Json
from akademos.stores.ports.chains import ChainReader
from akademos.stores.ports.job_runs import JobRun, JobRuns

log = structlog.get_logger()

JOB = "log_verification"
BROKEN = "logs_broken"
"""Code in the record of a run that found a fault; the figure `log_fault` is made of it."""


class LogVerificationJob:
    """Verifies one tenant's logs; memory stays the same however long they are."""

    def __init__(self, chains: ChainReader, audit: AuditLog, runs: JobRuns) -> None:
        self._chains = chains
        self._audit = audit
        self._runs = runs

    def run(self, tenant_id: str) -> JobRun | None:
        """Verify, and write down what was found; None when another process is at it. `rows_out` is how many logs are
        broken."""
        with self._runs.running(JOB, tenant_id) as run:
            if run is None:
                return None
            with self._chains.reading() as chains:
                found = verify(chains, tenant_id)
            run.rows_in = found.rows + found.reads
            run.rows_out = len(found.broken)
            self._audit.record(tenant_id, AuditEntry(f"job:{JOB}", AuditAction.LOGS_VERIFIED, None, summary(found)))
            if found.broken:
                run.detail["code"] = BROKEN
                run.detail["reason"] = "; ".join(fault.reason for fault in found.broken)
                log.error("logs_broken", tenant=tenant_id, faults=[fault.fault for fault in found.broken])
        return run


def summary(found: Verified) -> dict[str, Json]:
    """What was found, for the audit log: how many rows, the head of the chain, and the first fault of each log."""
    return {
        "audit_rows": found.rows,
        "head": f"{found.head.seq}:{found.head.hash.hex()}" if found.head.seq else None,
        "seals": found.seals,
        "sealed_reads": found.reads,
        "unsealed_reads": found.unsealed,
        "seconds": round(found.seconds + found.reads_seconds, 3),
        "broken": [
            {
                "log": "audit_log" if isinstance(fault, BrokenRow) else "access_log",
                "place": fault.seq if isinstance(fault, BrokenRow) else fault.number,
                "fault": fault.fault,
            }
            for fault in found.broken
        ],
    }
