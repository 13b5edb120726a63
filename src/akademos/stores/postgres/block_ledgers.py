"""The memory of disclosure control on PostgreSQL: blocks, who is in them, what they add; of groups and of peers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import orjson

from akademos.privacy.disclosure_blocks import Block, Ledger, Sums
from akademos.stores.postgres.database import Transaction


@dataclass(frozen=True, slots=True)
class BlockLedgers:
    """The tables of one publication's memory.

    Args:
        prefix: of their names: `<prefix>_blocks`, `_members`, `_sums`.
        scope, item: columns that name the population, and what is summed up.
        value: column of the sum of values; None where only bands are counted.
        bands: columns of people by band; none: one column `bands` holds all of them.
    """

    prefix: str
    scope: str
    item: str
    value: str | None
    bands: tuple[str, ...]

    def read(self, transaction: Transaction, tenant_id: str, scope: str) -> Ledger:
        """What is remembered of a scope."""
        of, where = (tenant_id, scope), f"WHERE tenant_id = %s AND {self.scope} = %s"
        bands = f"ARRAY[{', '.join(self.bands)}]" if self.bands else "bands"
        blocks = transaction.execute(
            f"SELECT block, label, people FROM {self.prefix}_blocks {where} ORDER BY block", of
        ).fetchall()
        members = transaction.execute(
            f"SELECT learner_key::text, block, evidence FROM {self.prefix}_members {where} ORDER BY learner_key", of
        ).fetchall()
        sums = transaction.execute(
            f"SELECT {self.item}, block, as_of, people, {self.value or '0::float8'}, {bands} "
            f"FROM {self.prefix}_sums {where}",
            of,
        ).fetchall()
        people: dict[int, list[str]] = defaultdict(list)
        for key, block, _ in members:
            if block is not None:
                people[block].append(key)
        return Ledger(
            blocks={number: Block(label, tuple(people[number]), size) for number, label, size in blocks},
            spent=frozenset(key for key, block, _ in members if block is None),
            sums={
                (item, block): Sums(as_of, count, value, tuple(by_band))
                for item, block, as_of, count, value, by_band in sums
            },
            evidence={(item, key): amount for key, _, evidence in members for item, amount in evidence.items()},
            last_block=max((number for number, _, _ in blocks), default=0),
        )

    def replace(self, transaction: Transaction, tenant_id: str, scope: str, ledger: Ledger) -> None:
        """Remember this of a scope, and nothing else."""
        for part in ("sums", "members", "blocks"):
            transaction.execute(
                f"DELETE FROM {self.prefix}_{part} WHERE tenant_id = %s AND {self.scope} = %s", (tenant_id, scope)
            )
        evidence: dict[str, dict[str, int]] = defaultdict(dict)
        for (item, key), amount in ledger.evidence.items():
            evidence[key][item] = amount
        members: list[tuple[str, int | None]] = [(key, None) for key in ledger.spent]
        members += [(key, number) for number, block in ledger.blocks.items() for key in block.people]
        cursor = transaction.cursor()
        cursor.executemany(
            f"INSERT INTO {self.prefix}_blocks (tenant_id, {self.scope}, block, label, people) "
            "VALUES (%s, %s, %s, %s, %s)",
            [(tenant_id, scope, number, block.label, block.size) for number, block in ledger.blocks.items()],
        )
        cursor.executemany(
            f"INSERT INTO {self.prefix}_members (tenant_id, {self.scope}, learner_key, block, evidence) "
            "SELECT %s, %s, p.learner_key, %s, %s::jsonb FROM people p WHERE p.tenant_id = %s AND p.learner_key = %s",
            [
                (tenant_id, scope, number, orjson.dumps(evidence[key]).decode(), tenant_id, key)
                for key, number in sorted(members, key=lambda member: member[0])
            ],
        )
        columns = ["tenant_id", self.scope, self.item, "block", "as_of", "people"]
        columns += ([self.value] if self.value else []) + list(self.bands or ("bands",))
        cursor.executemany(
            f"INSERT INTO {self.prefix}_sums ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})",
            [
                (
                    tenant_id, scope, item, block, sums.as_of, sums.people,
                    *([sums.value] if self.value else []),
                    *(sums.bands if self.bands else [list(sums.bands)]),
                )
                for (item, block), sums in sorted(ledger.sums.items())
            ],
        )  # fmt: skip
