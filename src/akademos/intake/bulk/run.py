"""The bulk path: files under a recorded basis straight into the core, exactly once, in bounded memory.

Per batch: check, ids, consent, anti-join with the core, note what it will bring, one commit to the core that carries
the batch number, count it. A crash between commit and count is recognised by that number; a crash before the commit
leaves nothing. Run again, the same rows have the same ids and are duplicates.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import polars as pl

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.registry import Registry
from akademos.errors import InputError
from akademos.intake.bulk.ahead import ahead
from akademos.intake.bulk.check import CheckedBatch, check
from akademos.intake.bulk.ids import Occurrences, event_ids
from akademos.intake.bulk.layouts import EventFile, ImportPlan
from akademos.intake.bulk.rows_of_core import core_rows
from akademos.stores.ports.consent import ConsentLedger, RecordedBasis
from akademos.stores.ports.event_log import EventLogReader, EventLogWriter
from akademos.stores.ports.identity import Identifier, IdentityVault
from akademos.stores.ports.imports import BatchCounts, FileImport, ImportLedger, RefusedRow
from akademos.stores.ports.records import LoadReport, Records

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLES = 5
ENVELOPES = 50_000
"""Envelopes of refused rows in one batch at most; the counts are always whole."""

PEOPLE_AT_ONCE = 5_000


class EventLog(EventLogReader, EventLogWriter, Protocol):
    """Both sides of the core."""


@dataclass(slots=True)
class FileSummary:
    """What became of one stream's rows. `reasons` counts refusals by code; `samples` says where some of them stand."""

    title: str
    read: int = 0
    events: int = 0
    accepted: int = 0
    duplicate: int = 0
    suppressed: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    samples: list[str] = field(default_factory=list)
    dropped: set[str] = field(default_factory=set)
    error: str = ""


@dataclass(slots=True)
class ImportSummary:
    """What one import did: per stream, per record table, restricted rows, and who was touched."""

    layout: str
    files: list[FileSummary] = field(default_factory=list)
    records: list[LoadReport] = field(default_factory=list)
    restricted: tuple[int, int] = (0, 0)
    learners: set[str] = field(default_factory=set)

    @property
    def totals(self) -> dict[str, int]:
        """Sums over all streams."""
        names = ("read", "events", "accepted", "duplicate", "suppressed", "rejected")
        return {name: sum(getattr(one, name) for one in self.files) for name in names}


Progress = Callable[[str, int], None]
"""(stream, rows read so far)."""


class BulkImport:
    """One import under one basis."""

    def __init__(
        self,
        *,
        basis: RecordedBasis,
        registry: Registry,
        vault: IdentityVault,
        consent: ConsentLedger,
        core: EventLog,
        ledger: ImportLedger,
        records: Records,
        payload_key: bytes,
        clock: Callable[[], datetime],
        actor: str,
    ) -> None:
        self._basis = basis
        self._actor = actor
        self._registry = registry
        self._vault = vault
        self._consent = consent
        self._core = core
        self._ledger = ledger
        self._records = records
        self._payload_key = payload_key
        self._clock = clock
        self._people: dict[str, str] = {}
        self._granted: set[str] = set()
        self._occurrences = Occurrences()
        self._own_files: set[str] = set()
        self._consented: tuple[int, dict[str, frozenset[Purpose]]] = (-1, {})

    def run(self, plan: ImportPlan, progress: Progress = lambda title, rows: None) -> ImportSummary:
        """Import everything; a file that cannot be read to its end is reported and the others go on."""
        summary = ImportSummary(plan.layout)
        tenant_id = self._basis.tenant_id
        self._consent.record_basis(self._basis, actor=self._actor)
        for table, rows in plan.records.items():
            summary.records.append(self._records.load(tenant_id, table, rows, actor=self._actor))
        if plan.enrolments is not None:
            summary.records.append(self._load_enrolments(plan.enrolments))
        if plan.demographics is not None:
            summary.restricted = self._keep_demographics(plan.demographics)
        for stream in plan.events:
            summary.files.append(self._file(plan.layout, stream, progress))
        summary.learners = set(self._granted)
        return summary

    def _load_enrolments(self, enrolments: pl.DataFrame) -> LoadReport:
        keys = self._keys_of(enrolments["user"].unique().to_list())
        rows = [
            {**{name: value for name, value in row.items() if name != "user"}, "learner_key": keys[row["user"]]}
            for row in enrolments.iter_rows(named=True)
            if row["user"] in keys
        ]
        return self._records.load(self._basis.tenant_id, "enrolments", rows, actor=self._actor)

    def _keep_demographics(self, demographics: pl.DataFrame) -> tuple[int, int]:
        keys = self._keys_of(demographics["user"].unique().to_list())
        rows: list[Mapping[str, object]] = [
            {**row, "learner_key": keys[row["user"]]}
            for row in demographics.iter_rows(named=True)
            if row["user"] in keys
        ]
        return self._ledger.keep_demographics(self._basis.tenant_id, self._basis.basis_id, rows)

    def _file(self, layout: str, stream: EventFile, progress: Progress) -> FileSummary:
        tenant_id = self._basis.tenant_id
        summary = FileSummary(stream.title)
        one = self._ledger.begin(
            tenant_id,
            stream.title,
            basis_id=self._basis.basis_id,
            layout=layout,
            fingerprint=stream.file.fingerprint(),
        )
        summary.accepted, summary.duplicate, summary.suppressed = (
            one.counts.get(verdict, 0) for verdict in ("accepted", "duplicate", "suppressed")
        )
        try:
            with closing(ahead(self._prepared(layout, stream))) as prepared:
                for number, (checked, frame) in enumerate(prepared, start=1):
                    _note(summary, checked)
                    if number > one.batches_done:
                        one = self._batch(one, number, checked, frame, summary)
                    progress(stream.title, summary.read)
        except InputError as broken:
            summary.error = str(broken)
            return summary
        self._ledger.finish(one)
        return summary

    def _prepared(self, layout: str, stream: EventFile) -> Iterator[tuple[CheckedBatch, pl.DataFrame]]:
        """Checked batches with their ids; made while the batch before is being written."""
        for batch in stream.batches():
            checked = check(batch, self._registry, self._clock())
            frame = checked.frame
            # Numbers run over every row that was ever imported before this one, also those of batches already done.
            occurrences = self._occurrences.number(frame["identity"])
            if "event_id" in frame.columns:
                frame = frame.unique("event_id", maintain_order=True)
            else:
                ids = event_ids(self._basis.tenant_id, layout, frame["identity"], occurrences)
                frame = frame.with_columns(ids)
            yield checked, frame

    def _batch(
        self, one: FileImport, number: int, checked: CheckedBatch, frame: pl.DataFrame, summary: FileSummary
    ) -> FileImport:
        tenant_id = self._basis.tenant_id
        repeated = checked.frame.height - frame.height
        keys = self._keys_of(frame["user"].unique().to_list())
        frame = frame.with_columns(
            pl.col("user").replace_strict(keys, default=None, return_dtype=pl.String).alias("learner_key")
        )
        erased = frame["learner_key"].null_count()
        frame = frame.drop_nulls("learner_key")
        with self._ledger.consented_writes():
            self._grant(frame["learner_key"].unique().to_list())
            allowed = frame.filter(self._permitted(checked, frame))
            suppressed = frame.height - allowed.height + erased
            # Whoever counts by the time of receipt counts soon after it: what was waited for is over.
            received_at = self._clock()
            table = core_rows(
                checked,
                allowed,
                tenant_id=tenant_id,
                source=one.import_id,
                basis=f"basis:{self._basis.basis_id}",
                received_at=received_at,
                historical=self._basis.historical,
            )
            derived = "event_id" not in checked.frame.columns
            found = BatchCounts(number, received_at, 0, repeated, suppressed, checked.problems.height)
            counts = self._commit(one, found, table, derived=derived)
        summary.accepted += counts.accepted
        summary.duplicate += counts.duplicate
        summary.suppressed += counts.suppressed
        return self._ledger.done(one, counts, counted_at=self._clock(), refused=self._refused(checked))

    def _commit(self, one: FileImport, found: BatchCounts, table: pa.Table, *, derived: bool) -> BatchCounts:
        """One commit, or none when a crash came between the commit of this batch and its count.

        Args:
            one: the import.
            found: what was counted of the batch before anybody looked what the core has.
            table: its rows for the core.
            derived: whether ids were made from rows.
        """
        number = found.batch
        application = f"{one.import_id}:{one.file}"
        committed = self._core.committed_version(application)
        if committed == number and one.pending is not None and one.pending.batch == number:
            return one.pending
        # An id made of a row and its number is never made twice in one import: only others may have brought it.
        own = self._own_files if derived else ()
        new = self._core.missing(table, own=own)
        known = table.num_rows - new.num_rows
        counts = replace(found, accepted=new.num_rows, duplicate=known + found.duplicate)
        if new.num_rows:
            self._ledger.prepare(one, counts)
            self._core.append(new, application=application, version=number, after=committed, own=self._own_files)
        return counts

    def _keys_of(self, users: Sequence[str]) -> dict[str, str]:
        """By user; whoever was erased is absent."""
        unknown = [user for user in users if user not in self._people]
        for start in range(0, len(unknown), PEOPLE_AT_ONCE):
            wanted = [Identifier("user", user) for user in unknown[start : start + PEOPLE_AT_ONCE]]
            found = self._vault.ensure(self._basis.tenant_id, wanted)
            self._people |= {identifier.value: person.learner_key for identifier, person in found.items()}
        return self._people

    def _grant(self, keys: Sequence[str]) -> None:
        new = [key for key in keys if key not in self._granted]
        if new:
            self._consent.grant_under_basis(self._basis, new, actor=self._actor)
            self._granted.update(new)

    def _permitted(self, checked: CheckedBatch, frame: pl.DataFrame) -> pl.Series:
        """Whose consent, as it stands now, covers events of this type: a person's own withdrawal counts."""
        keys = frame["learner_key"].unique().to_list()
        purposes = set(checked.known.event.purposes)
        consented = self._consented_of(keys)
        may = [key for key in keys if consented[key] & purposes]
        return frame["learner_key"].is_in(may) if len(may) < len(keys) else pl.repeat(True, frame.height, eager=True)

    def _consented_of(self, keys: Sequence[str]) -> Mapping[str, frozenset[Purpose]]:
        """What people consent to, read again when anybody of the tenant has decided anything."""
        tenant_id = self._basis.tenant_id
        version = self._consent.version(tenant_id)  # before what is read after it, so that it is never too new
        if self._consented[0] != version:
            self._consented = version, {}
        known = self._consented[1]
        unknown = [key for key in keys if key not in known]
        if unknown:
            found = self._consent.purposes(tenant_id, unknown)
            known.update((key, found.get(key, frozenset())) for key in unknown)
        return known

    def _refused(self, checked: CheckedBatch) -> list[RefusedRow]:
        event = checked.known.event.wire_name
        return [
            RefusedRow(row, event, code, hint, self._hash(f"{event}\0{row}\0{code}"))
            for row, code, hint in checked.problems.head(ENVELOPES).iter_rows()
        ]

    def _hash(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode(), key=self._payload_key, digest_size=16).digest()


def _note(summary: FileSummary, checked: CheckedBatch) -> None:
    problems = checked.problems
    summary.read += checked.batch.rows_read
    summary.events += checked.frame.height + problems.height
    summary.dropped.update(checked.dropped)
    summary.rejected += problems.height
    for code, rows in problems.group_by("code").len().iter_rows():
        summary.reasons[code] += rows
    for row, code, hint in problems.head(max(0, SAMPLES - len(summary.samples))).iter_rows():
        summary.samples.append(f"row {row}: {code}: {hint}")
