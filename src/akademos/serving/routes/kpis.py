"""/v1/analytics/kpis: the product KPIs as published, as JSON, comma-separated values or Parquet; and notes on them."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Header, Query
from pydantic import UUID4, BaseModel, ConfigDict, Field
from starlette.responses import Response

from akademos.catalogue.kpis import KPIS
from akademos.errors import Forbidden, InputError, NotFound
from akademos.intake.personal_data import kind_of
from akademos.serving import services as at
from akademos.serving.kpi_answers import (
    COLUMNS,
    Wanted,
    kpi_named,
    lines,
    members,
    next_review,
    note,
    of_slice,
    protection,
    row,
    summary,
    wanted,
)
from akademos.serving.principal import Principal
from akademos.serving.problems import documented
from akademos.serving.record_export import actor_of
from akademos.serving.routes.groups import cell
from akademos.serving.services import Asker, Served, Services
from akademos.serving.small_bodies import SmallBodyRoute
from akademos.stores.ports.kpis import KpiNote, NoteKind, Snapshot

router = APIRouter(tags=["analytics"], route_class=SmallBodyRoute)

HEADERS = {"Cache-Control": "private, no-store", "Vary": "Authorization, Cookie, Accept"}
CSV, PARQUET = "text/csv", "application/vnd.apache.parquet"
_KINDS = {"csv": CSV, "parquet": PARQUET, "json": "application/json"}
NOTES = f"{at.KPIS}/notes"
WRITERS = frozenset({"product", "admin"})

Form = Literal["json", "csv", "parquet"]


class KpiLine(BaseModel):
    """One KPI, week, environment and slice."""

    kpi: str
    week: str = Field(description="Monday of the ISO week.")
    environment: str
    dimension: str = Field(description="persona, course or cohort; empty for everybody.")
    member: str
    period: str = Field(description="What it sums up: the week, or the term so far.")
    status: str = Field(description="ok, withheld, no_data or not_available.")
    value: float | None = Field(description="In the KPI's unit.")
    low: float | None = Field(description="Lower end of its 95% interval, where it has one.")
    high: float | None
    bound: str = Field(description="exact; least or most: the value is at least or at most this.")
    unit: str
    target: float | None
    people: int | None = Field(description="People counted, rounded.")
    units: int | None = Field(description="Units counted, rounded.")
    baseline: float | None = Field(description="The same week and slice in staging.")
    parity: str | None = Field(description="beyond: it differs from staging by more than 2% of it.")
    consenting: float | None = Field(description="Share of learners who consent to be counted.")
    smallest_group: int | None
    computed_at: str
    reason: str | None = Field(description="Why there is no value.")


class KpiSummary(BaseModel):
    """A KPI as declared, with its newest value and how it moved in four weeks."""

    name: str
    title: str
    question: str
    definition: str
    grain: str
    owner: str
    unit: str
    measure: str
    period: str
    target: float | None
    direction: str
    dimensions: list[str]
    purposes: list[str]
    group_floor: int | None
    watch: bool = Field(description="Whether it watches the software rather than what people do.")
    function: str = Field(description="The one definition of its units.")
    newest: KpiLine | None
    target_reached: bool | None
    moved: dict[str, Any] | None


class KpiList(BaseModel):
    """All KPIs in the order of the catalogue."""

    kpis: list[KpiSummary]
    protection: dict[str, Any]


class NoteLine(BaseModel):
    """Something noted beside the KPIs."""

    note_id: str
    kind: NoteKind
    kpi: str | None
    about: str
    logged_at: str
    body: str
    owner: str | None
    due_on: str | None
    done_at: str | None
    in_time: bool | None = Field(description="Of a signal: whether it was written down within a day.")


class KpiDetail(BaseModel):
    """One KPI by week, all its slices, and what was noted."""

    kpi: KpiSummary
    snapshots: list[KpiLine]
    members: dict[str, list[str]]
    notes: list[NoteLine]
    protection: dict[str, Any]


class NoteSent(BaseModel):
    """A note; about the product, never about a person."""

    model_config = ConfigDict(extra="forbid")

    kind: NoteKind
    kpi: Annotated[str, Field(max_length=64)] | None = None
    about: date
    body: Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$")]
    owner: Annotated[str, Field(min_length=1, max_length=64)] | None = Field(
        None, description="Team that does what a review agreed on; not a person's name."
    )
    due_on: date | None = None


def _asked(
    services: Served,
    principal: Asker,
    since: Annotated[date | None, Query(alias="from", description="First day.")] = None,
    until: Annotated[date | None, Query(alias="to", description="Last day; weeks that began by then.")] = None,
    environment: Annotated[str | None, Query(description="prod if not said.")] = None,
    persona: Annotated[str | None, Query(description="Only people of this persona.")] = None,
    course: Annotated[str | None, Query(description="Only people of this course.")] = None,
    cohort: Annotated[str | None, Query(description="Only people of this cohort.")] = None,
) -> Wanted:
    slices = {"persona": persona, "course": course, "cohort": cohort}
    return wanted(services.today(principal.tenant_id), since, until, environment, slices)


Asked = Annotated[Wanted, Depends(_asked)]
Accept = Annotated[str | None, Header(description="text/csv or application/vnd.apache.parquet for a table.")]
_TABLES: dict[str, Any] = {CSV: {"schema": {"type": "string"}}, PARQUET: {"schema": {"type": "string"}}}


@router.get(
    at.KPIS,
    response_class=Response,
    responses={
        200: {"model": KpiList, "description": "The KPIs.", "content": _TABLES},
        **documented(400, 401, 403, 503),
    },
)
def kpis(
    services: Served,
    principal: Asker,
    asked: Asked,
    format: Annotated[Form | None, Query(description="Instead of Accept, for links.")] = None,  # noqa: A002 -- the parameter's public name
    accept: Accept = None,
) -> Response:
    """All KPIs of the product with their newest weekly value, target, interval and how they moved; as a table, every
    week of every KPI in the slice asked for."""
    found = lines(services, principal, at.KPIS, KPIS, asked)
    form = chosen_form(format, accept)
    if form != "json":
        chosen = [one for kpi in KPIS for one in of_slice(found, asked, kpi)]
        return as_table(chosen, form, "kpis")
    floor = services.kpis.floor(principal.tenant_id)
    return _json({"kpis": [summary(kpi, found, asked) for kpi in KPIS], "protection": protection(floor)})


@router.get(
    NOTES,
    response_class=Response,
    responses={200: {"description": "Notes and when the next review is due."}, **documented(400, 401, 403, 503)},
)
def notes(services: Served, principal: Asker, asked: Asked) -> Response:
    """Annotations, customer signals and review notes, newest first."""
    services.gate.of_institution(principal, NOTES, ())
    found = services.kpis.notes(principal.tenant_id, since=asked.since, until=asked.until)
    due = next_review(services.kpis.reviews(principal.tenant_id))
    zone = services.zone_of(principal.tenant_id, None)
    return _json({"notes": [note(one, zone) for one in found], "next_review": None if due is None else due.isoformat()})


@router.post(
    NOTES,
    response_class=Response,
    responses={200: {"model": NoteLine}, **documented(400, 401, 403, 404, 413, 422, 503)},
)
def add_note(services: Served, principal: Asker, sent: NoteSent) -> Response:
    """Note something beside the KPIs: what happened, what customers say, what a review agreed on."""
    services.gate.of_institution(principal, NOTES, ())
    may_write(principal)
    kept = note_of(services, principal, sent)
    services.kpis.add_note(principal.tenant_id, kept)
    return _json(note(kept, services.zone_of(principal.tenant_id, None)))


@router.post(
    f"{NOTES}/{{note_id}}/done",
    response_class=Response,
    responses={200: {"description": "It is done."}, **documented(400, 401, 403, 404, 422, 503)},
)
def finish_note(services: Served, principal: Asker, note_id: UUID4) -> Response:
    """What a review agreed on is done."""
    services.gate.of_institution(principal, NOTES, ())
    may_write(principal)
    if not services.kpis.finish_note(principal.tenant_id, str(note_id), services.clock()):
        raise NotFound("There is no such review that waits.", hint=f"GET {NOTES} lists them.", code="unknown_note")
    return _json({"note_id": str(note_id), "done": True})


@router.get(
    f"{at.KPIS}/{{name}}",
    response_class=Response,
    responses={
        200: {"model": KpiDetail, "description": "The KPI.", "content": _TABLES},
        **documented(400, 401, 403, 404, 503),
    },
)
def kpi(
    services: Served,
    principal: Asker,
    name: str,
    asked: Asked,
    format: Annotated[Form | None, Query(description="Instead of Accept, for links.")] = None,  # noqa: A002 -- the parameter's public name
    accept: Accept = None,
) -> Response:
    """One KPI by week and slice, with what was noted about it."""
    found_kpi = kpi_named(name)
    found = lines(services, principal, f"{at.KPIS}/{found_kpi.name}", [found_kpi], asked)
    chosen = of_slice(found, asked, found_kpi) if asked.dimension else found
    form = chosen_form(format, accept)
    if form != "json":
        return as_table(chosen, form, found_kpi.name)
    noted = services.kpis.notes(principal.tenant_id, since=asked.since, until=asked.until)
    zone = services.zone_of(principal.tenant_id, None)
    return _json(
        {
            "kpi": summary(found_kpi, found, asked),
            "snapshots": [row(one) for one in chosen],
            "members": members(found),
            "notes": [note(one, zone) for one in noted if one.kpi in (None, found_kpi.name)],
            "protection": protection(services.kpis.floor(principal.tenant_id)),
        }
    )


def may_write(principal: Principal) -> None:
    """Let those write notes who run the product.

    Raises:
        Forbidden: the role only reads.
    """
    if principal.role not in WRITERS:
        raise Forbidden(
            "Notes beside the KPIs are written by the product team and administrators.",
            hint=f"Sign in as one of them instead of {principal.role}.",
            code="role",
        )


def note_of(services: Services, principal: Principal, sent: NoteSent) -> KpiNote:
    """A note as it is kept.

    Raises:
        InputError: it holds personal data, is about a day to come, or only a review has an owner and a due date.
        NotFound: there is no such KPI.
    """
    for field, text in (("body", sent.body), ("owner", sent.owner or "")):
        if (kind := kind_of(text)) is not None:
            raise InputError(
                f"The note's {field} holds a personal {kind}.",
                hint="Write about the product; leave people out.",
                code="personal_data",
                status=422,
                pointer=f"/{field}",
            )
    if sent.about > services.today(principal.tenant_id) and sent.kind != "annotation":
        raise InputError(
            "It is about a day to come.", hint="Give the day it was.", code="note_ahead", status=422, pointer="/about"
        )
    if sent.kind != "review" and (sent.owner or sent.due_on):
        raise InputError(
            f"An {sent.kind} has no owner and is not due." if sent.kind == "annotation" else "A signal is not due.",
            hint="Write a review for what somebody is to do.",
            code="note_no_task",
            status=422,
            pointer="/owner" if sent.owner else "/due_on",
        )
    if sent.kind == "review" and (sent.owner is None) != (sent.due_on is None):
        raise InputError(
            "A task has an owner and a due date.",
            hint="Give both.",
            code="note_half_task",
            status=422,
            pointer="/owner" if sent.owner is None else "/due_on",
        )
    if sent.kpi is not None:
        kpi_named(sent.kpi)
    return KpiNote(
        str(uuid.uuid4()), sent.kind, sent.kpi, sent.about, services.clock(), actor_of(services, principal), sent.body,
        sent.owner, sent.due_on,
    )  # fmt: skip


def chosen_form(asked: Form | None, accept: str | None) -> Form:
    """What to answer with: as the parameter says, else the first kind of the header that there is."""
    if asked is not None:
        return asked
    for part in (accept or "").split(","):
        kind = part.split(";")[0].strip().lower()
        for form in ("json", "csv", "parquet"):
            if kind == _KINDS[form]:
                return form
    return "json"


def as_table(found: Sequence[Snapshot], form: Form, name: str) -> Response:
    """The lines as a file."""
    rows = [row(one) for one in found]
    named = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}.{form}"'}
    if form == "parquet":
        return Response(_parquet(rows), headers=named, media_type=PARQUET)
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow(COLUMNS)
    writer.writerows([cell(one[column]) for column in COLUMNS] for one in rows)
    return Response(target.getvalue(), headers=named, media_type=f"{CSV}; charset=utf-8")


def _parquet(rows: Sequence[dict[str, Any]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    numbers = {"value", "low", "high", "target", "baseline", "consenting"}
    counts = {"people", "units", "smallest_group"}
    schema = pa.schema(
        [(name, pa.float64() if name in numbers else pa.int64() if name in counts else pa.string()) for name in COLUMNS]
    )
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), target)
    return target.getvalue()


def _json(content: object) -> Response:
    return Response(orjson.dumps(content), headers=HEADERS, media_type="application/json")
