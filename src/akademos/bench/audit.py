"""How fast `akademos audit verify` recomputes the audit log: consent decisions fill it through the API.

Every decision writes one row, so the log that is measured is one that the doors have made.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from akademos.bench.installation import Installation, consent_all, temporary

TENANT = "audited"
PURPOSES = ("learning_support",)
CLIENTS = 4


def run(*, rows: int = 1_000, rounds: int = 3) -> dict[str, Any]:
    """The figure on an installation of its own.

    Args:
        rows: consent decisions made before the log is verified.
        rounds: verifications; the middle one counts.
    """
    with temporary() as installation:
        installation.run("tenant", "create", TENANT)
        key = installation.run("tenant", "key", TENANT, "bench", "--scope", "consent")
        with installation.served("--no-worker") as server:
            users = [f"learner-{number}" for number in range(rows)]
            parts = [users[start::CLIENTS] for start in range(CLIENTS)]
            with ThreadPoolExecutor(CLIENTS) as pool:
                list(pool.map(lambda part: consent_all(server.url, key, part, PURPOSES), parts))
        return verified(installation, rounds=rounds)


def verified(installation: Installation, *, rounds: int = 3, tenant: str = TENANT) -> dict[str, Any]:
    """The figure on an installation that stands: {"audit_rows", "audit_verify_rows_per_s", "audit_whole"}.

    A log that is not whole ends the bench with the command's own words.
    """
    results = [json.loads(installation.run("audit", "verify", "--tenant", tenant, "--json")) for _ in range(rounds)]
    rates: Sequence[int] = sorted(one["rows_per_s"] for one in results)
    return {
        "audit_rows": results[-1]["rows"],
        "audit_verify_rows_per_s": rates[len(rates) // 2],
        "audit_whole": not any(one["broken"] for one in results),
    }
