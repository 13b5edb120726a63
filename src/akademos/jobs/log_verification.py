"""Every night: are audit log and access log still what was written? What was found is kept, and a fault is an alert.

The result is an entry of the audit log itself, so it stands in the chain that the next verification goes over; a fault
also makes the run fail, which opens an incident.
"""

from __future__ import annotations

from akademos.catalogue.audit_actions import AuditAction
from akademos.errors import Conflict
from akademos.jobs.audit_verification import Verified, verify
from akademos.privacy.audit_chain import BrokenRow
from akademos.stores.ports.audit import AuditEntry, AuditLog, Json
from akademos.stores.ports.chains import ChainReader
from akademos.stores.ports.job_runs import JobRun, JobRuns

JOB = "log_verification"
BROKEN = "logs_broken"
"""Code of the failure of a run that found a fault."""


class LogVerificationJob:
    """Verifies one tenant's logs; memory stays the same however long they are."""

    def __init__(self, chains: ChainReader, audit: AuditLog, runs: JobRuns) -> None:
        self._chains = chains
        self._audit = audit
        self._runs = runs

    def run(self, tenant_id: str) -> JobRun | None:
        """Verify, and write down what was found; None when another process is at it.

        Raises:
            Conflict: a log is not what was written (`logs_broken`); the entry is written all the same.
        """
        with self._runs.running(JOB, tenant_id) as run:
            if run is None:
                return None
            with self._chains.reading() as chains:
                found = verify(chains, tenant_id)
            run.rows_in = found.rows + found.reads
            run.rows_out = len(found.broken)
            self._audit.record(tenant_id, AuditEntry(f"job:{JOB}", AuditAction.LOGS_VERIFIED, None, summary(found)))
            if found.broken:
                raise Conflict(
                    "; ".join(fault.reason for fault in found.broken),
                    hint="`akademos audit verify` names the rows; docs/operations/logs.md says what to do.",
                    code=BROKEN,
                )
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
