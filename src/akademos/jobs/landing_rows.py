"""Which landed rows may go to the core at this moment, and what they are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from akademos.catalogue.declarations import Basis, EventType, Party, Purpose
from akademos.catalogue.event_log import COLUMNS
from akademos.catalogue.policies import STAFF_BASIS
from akademos.jobs.core_rows import Content
from akademos.privacy.consent import mask
from akademos.stores.ports.landing_queue import LandedEvents, PersonStanding

SEQ = "seq"
"""Beside the columns of the event log: tells a row of landing apart until it is moved."""

_PERSON = {
    "tenant_id": pl.String,
    "key": pl.String,
    "staff": pl.Boolean,
    "consented": pl.Int64,
    "persona": pl.String,
    "basis": pl.String,
}


@dataclass(slots=True)
class Sorted:
    """What becomes of a batch: rows for the core, and the seq of those that leave landing or stay in it."""

    rows: list[pl.DataFrame] = field(default_factory=list)
    withdrawn: list[int] = field(default_factory=list)
    postponed: list[int] = field(default_factory=list)


def people_table(people: Mapping[tuple[str, str], PersonStanding]) -> pl.DataFrame:
    """People as a table: tenant_id, key, staff, consented (a mask of purposes), persona, basis."""
    rows = [
        (tenant_id, key, one.staff, mask(one.purposes), one.persona, one.basis)
        for (tenant_id, key), one in people.items()
    ]
    return pl.DataFrame(rows, schema=_PERSON, orient="row")


def sort_out(landed: LandedEvents, event: EventType, content: Content, people: pl.DataFrame, into: Sorted) -> None:
    """Put the rows of one event type where they belong at this moment.

    Every learner in an event that rests on consent must consent to one of its purposes; who is unknown by now
    was erased and consents to nothing. A line that cannot be read stays in landing, where a newer dictionary may
    read it.
    """
    rows = _with_people(landed, event, people.filter(pl.col("tenant_id") == landed.tenant_id).drop("tenant_id"))
    try:
        said = content.read(landed.raw)
    except ValueError:
        lines = landed.raw.split(b"\n")
        readable = [index for index, line in enumerate(lines) if content.readable(line)]
        into.postponed += rows[SEQ].gather(sorted(set(range(len(lines))).difference(readable))).to_list()
        rows, said = rows[readable], content.read_lines(lines[index] for index in readable)
    rows = pl.concat([rows, said], how="horizontal")
    if event.basis is Basis.CONSENT and not event.essential:
        covered = pl.all_horizontal(
            ~pl.col("actor_learns") | _covers("actor_consented", event.purposes),
            pl.col("subject_key").is_null() | _covers("subject_consented", event.purposes),
        )
        into.withdrawn += rows.filter(~covered)[SEQ].to_list()
        rows = rows.filter(covered)
    into.rows.append(_core_rows(rows, landed, event))


def _with_people(landed: LandedEvents, event: EventType, people: pl.DataFrame) -> pl.DataFrame:
    def named(party: str) -> pl.DataFrame:
        return people.rename({name: f"{party}_{name}" for name in people.columns})

    rows = pl.DataFrame(
        {
            SEQ: landed.seq,
            "event_id": landed.event_id,
            "actor_key": landed.actor_key,
            "subject_key": landed.subject_key,
            "received_at": landed.received_at,
            "occurred_at": landed.occurred_at,
        }
    )
    staff = pl.lit(value=True) if event.actor is Party.STAFF else pl.col("actor_staff").fill_null(value=False)
    return (
        rows.join(named("actor"), on="actor_key", how="left", maintain_order="left")
        .join(named("subject"), on="subject_key", how="left", maintain_order="left")
        .with_columns(actor_learns=pl.col("actor_key").is_not_null() & ~staff)
    )


def _covers(consented: str, purposes: Iterable[Purpose]) -> pl.Expr:
    return (pl.col(consented).fill_null(0) & mask(purposes)) != 0


def _core_rows(rows: pl.DataFrame, landed: LandedEvents, event: EventType) -> pl.DataFrame:
    learner_basis = pl.when("actor_learns").then("actor_basis").otherwise("subject_basis")
    basis = (
        pl.coalesce(learner_basis, pl.lit(STAFF_BASIS.value))
        if event.basis is Basis.CONSENT
        else pl.lit(event.basis.value)
    )
    return rows.with_columns(
        tenant_id=pl.lit(landed.tenant_id),
        month=pl.col("occurred_at").dt.strftime("%Y-%m"),
        event_name=pl.lit(event.name),
        event_version=pl.lit(event.version, dtype=pl.Int32),
        learner_key=pl.when("actor_learns").then("actor_key").otherwise("subject_key"),
        source=pl.lit(landed.source),
        basis=basis,
        retention_from=pl.col("occurred_at"),
        persona=pl.coalesce("persona", "actor_persona", pl.lit("unknown")),
    ).select(SEQ, *(column.name for column in COLUMNS))
