"""/v1/access-log and the page beside "Trust": who looked at what, searched by those who answer for it.

A search is a look itself: it is in the log, with whom it was about and why. Rows know people by their audit names; of
members of staff the vault's name is told, of learners never.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse, Response

from akademos.catalogue.audit_actions import AuditAction
from akademos.errors import InputError
from akademos.serving.gate import Ask
from akademos.serving.languages import language_of
from akademos.serving.pages.access_log import SearchForm, render_access_log
from akademos.serving.principal import Principal, name_of
from akademos.serving.problems import documented
from akademos.serving.record_export import actor_of
from akademos.serving.routes.pages import ACCESS_LOG, HEADERS, name_of_asker, shell_for
from akademos.serving.services import Asker, Served, Services
from akademos.serving.table_forms import TABLES, Form, as_csv, as_parquet, table_response
from akademos.stores.ports.access import Reading
from akademos.stores.ports.audit import AuditEntry
from akademos.stores.ports.audit_trail import AccessSearch, RecordedAccess

router = APIRouter(tags=["governance"])

PATH = "/v1/access-log"
PAGE_ROWS = 50
EXPORT_ROWS = 50_000
COLUMNS = (
    "id", "at", "actor", "staff_name", "role", "subject", "what", "purposes", "reason", "decision", "consent_version",
)  # fmt: skip
_LAST = 2**63 - 1
_AS_LOGGED = ("person:", "key:", "unknown:")
_OUTCOMES: dict[str, bool | None] = {"": None, "all": None, "allowed": False, "refused": True}


class AccessLogLine(BaseModel):
    """One decision of the gate."""

    id: int
    at: str
    actor: str = Field(description="person:<audit name>, key:<id>, or unknown:<keyed hash>: who asked about nobody.")
    staff_name: str | None = Field(description="Of a member of staff whom the vault still knows.")
    role: str
    subject: str | None = Field(description="Audit name of whom it was about (hex).")
    what: str = Field(description="Address or command.")
    purposes: list[str]
    reason: str | None
    decision: str = Field(description="allowed, or the rule that refused.")
    consent_version: int | None


class AccessLogPage(BaseModel):
    """One page, newest first."""

    accesses: list[AccessLogLine]
    next: int | None = Field(description="Cursor of the next page.")


@dataclass(frozen=True)
class Asked:
    """A search as it was typed."""

    person: str
    actor: str
    since: str
    until: str
    outcome: str
    reason: str

    def query(self) -> dict[str, str]:
        """As parameters of an address; what is empty is left out."""
        named = {"person": self.person, "actor": self.actor, "from": self.since, "to": self.until}
        named |= {"outcome": self.outcome, "reason": self.reason}
        return {name: value for name, value in named.items() if value}

    def ask(self, what: str) -> Ask:
        """The question as the gate takes it: about the person, else about whoever looked, if a person was named."""
        about = self.person or ("" if self.actor.startswith(_AS_LOGGED) else self.actor)
        for value, name in ((self.person, "person"), (self.actor, "actor"), (self.reason, "reason")):
            if value:
                name_of(value, name, f"/query/{name}")
        return Ask(about or None, what, (), self.reason or None)

    def search(self, reading: Reading | None) -> AccessSearch | None:
        """What is wanted of the log; None when the vault knows nobody by that id."""
        about = None
        if self.person:
            if reading is None or reading.learner_key is None:
                return None
            about = reading.learner_key
        first, last = _day(self.since, "from"), _day(self.until, "to")
        until = None if last is None else last + timedelta(days=1)
        return AccessSearch(about, self.actor or None, first, until, _OUTCOMES[self.outcome])


async def _asked(
    person: Annotated[str, Query(description="user_id or learner_key of whom the data was about.")] = "",
    actor: Annotated[str, Query(description="user_id of whoever looked, or a name as the log has it.")] = "",
    since: Annotated[str, Query(alias="from", description="First day (UTC).")] = "",
    until: Annotated[str, Query(alias="to", description="Last day (UTC).")] = "",
    outcome: Annotated[Literal["", "all", "allowed", "refused"], Query(description="Which decisions.")] = "",
    reason: Annotated[str, Query(description="Why; needed with a person and for a file. It is kept.")] = "",
) -> Asked:
    return Asked(person.strip(), actor.strip(), since.strip(), until.strip(), outcome, reason.strip())


Search = Annotated[Asked, Depends(_asked)]
Cursor = Annotated[int | None, Query(ge=1, le=_LAST, description="The `next` of the page before.")]


@router.get(
    PATH,
    response_class=Response,
    responses={
        200: {"model": AccessLogPage, "description": "The rows.", "content": TABLES},
        **documented(400, 401, 403, 503),
    },
)
def access_log(
    services: Served,
    principal: Asker,
    asked: Search,
    form: Form,
    limit: Annotated[int, Query(ge=1, le=1000, description="Of JSON; a file has all.")] = 100,
    cursor: Cursor = None,
) -> Response:
    """The tenant's access log, newest first, for data stewards and administrators: as JSON page by page, or all of it
    as a file. Each search is logged, a file in the audit log too."""
    ask = asked.ask(PATH)
    if form != "json":
        return _file(services, principal, asked, ask, form)
    reading = services.gate.access_log(principal, ask)
    found = _found(services, principal, asked.search(reading), cursor, limit + 1)
    shown = [_line(one) for one in found[:limit]]
    following = found[limit - 1].access_id if len(found) > limit else None
    return table_response("json", "access-log", COLUMNS, shown, {"accesses": shown, "next": following})


def _file(
    services: Services, principal: Principal, asked: Asked, ask: Ask, form: Literal["csv", "parquet"]
) -> Response:
    if ask.reason is None:
        raise InputError(
            "The file is asked for and nobody says why.",
            hint="Add ?reason=; it is kept with the export.",
            code="reason_missing",
            pointer="/query/reason",
        )
    reading = services.gate.access_log(principal, ask)
    found = _found(services, principal, asked.search(reading), None, EXPORT_ROWS + 1)
    if len(found) > EXPORT_ROWS:
        raise InputError(
            f"More than {EXPORT_ROWS:,} rows are asked for.",
            hint="Ask for fewer days at once; `akademos audit verify` reads all of them where they are.",
            code="too_many_rows",
            pointer="/query/from",
        )
    lines = [_line(one) for one in found]
    content = as_csv(COLUMNS, lines) if form == "csv" else as_parquet(COLUMNS, lines)
    detail: dict[str, Any] = {
        "what": "access log", "form": form, "rows": len(lines), "sha256": hashlib.sha256(content).hexdigest(),
        **{name: value for name, value in asked.query().items() if name in ("from", "to", "outcome")},
    }  # fmt: skip
    subject = None if reading is None else reading.learner_audit_name
    # Written down before anybody can have the file.
    entry = AuditEntry(actor_of(services, principal), AuditAction.DATA_EXPORTED, subject, detail)
    services.audit.record(principal.tenant_id, entry)
    return table_response(form, "access-log", COLUMNS, lines, {})


@router.get(ACCESS_LOG, include_in_schema=False)
def access_log_page(
    request: Request, services: Served, principal: Asker, asked: Search, cursor: Cursor = None, lang: str = ""
) -> Response:
    """The same as a page."""
    ask = asked.ask(ACCESS_LOG)
    shell, _ = shell_for(
        services, request, principal, person=name_of_asker(services, principal), language=language_of(request, lang)
    )
    missing = ask.learner is not None and ask.reason is None
    found: list[RecordedAccess] = []
    unknown = False
    if missing:  # a form that was sent half filled: said beside it, and the look at the empty form is logged
        services.gate.access_log(principal, Ask(None, ACCESS_LOG, ()))
    else:
        reading = services.gate.access_log(principal, ask)
        wanted = asked.search(reading)
        unknown = ask.learner is not None and (reading is None or reading.learner_key is None)
        found = _found(services, principal, wanted, cursor, PAGE_ROWS + 1)
    kept = {**asked.query(), **({"lang": lang} if lang else {})}
    older = file = None
    if len(found) > PAGE_ROWS:
        older = f"{ACCESS_LOG}?{urlencode({**kept, 'cursor': found[PAGE_ROWS - 1].access_id})}"
    if found and asked.reason:
        file = f"{PATH}?{urlencode({**asked.query(), 'format': 'csv'})}"
    html = render_access_log(
        found[:PAGE_ROWS],
        SearchForm(asked.person, asked.actor, asked.since, asked.until, asked.outcome or "all", asked.reason),
        shell=shell,
        reason_missing=missing,
        unknown=unknown,
        older=older,
        file=file,
    )
    return HTMLResponse(html, headers=HEADERS)


def _found(
    services: Services, principal: Principal, wanted: AccessSearch | None, cursor: int | None, limit: int
) -> list[RecordedAccess]:
    return [] if wanted is None else services.trail.search(principal.tenant_id, wanted, before=cursor, limit=limit)


def _line(one: RecordedAccess) -> dict[str, Any]:
    entry = one.entry
    return {
        "id": one.access_id,
        "at": one.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "actor": entry.actor,
        "staff_name": one.staff_name,
        "role": entry.role,
        "subject": None if entry.subject is None else entry.subject.hex(),
        "what": entry.what,
        "purposes": purposes_of(one),
        "reason": entry.reason,
        "decision": entry.decision,
        "consent_version": entry.consent_version,
    }


def purposes_of(one: RecordedAccess) -> Sequence[str]:
    """For what it was."""
    return [purpose for purpose in one.entry.purpose.split(",") if purpose]


def _day(text: str, name: str) -> datetime | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=UTC) if 1900 <= day.year < 9999 else _no_day(name)
    except ValueError:
        return _no_day(name)


def _no_day(name: str) -> datetime:
    raise InputError(
        f"{name} is no day.", hint="Write it like 2026-03-01.", code="day_invalid", pointer=f"/query/{name}"
    )
