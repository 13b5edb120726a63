"""Consent records in and out: CSV or JSON lines of who decided what, when, on which text and evidence.

A record is known by its person, purpose, decision, text version and time, so a file may be imported again, and what
was exported may be imported. Records are applied in the order in which people decided; one that is older than the
person's last decision about that purpose changes nothing.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import orjson

from akademos.catalogue.declarations import Purpose
from akademos.errors import AkademosError, InputError
from akademos.intake.record_files import in_stretches
from akademos.privacy.standing import DECISIONS, Decision
from akademos.stores.ports.consent import ConsentLedger, PastDecision, Proof
from akademos.stores.ports.identity import Identifier, IdentityVault

FIELDS = (
    "user_id", "anonymous_id", "purpose", "decision", "text_version", "decided_at", "evidence", "guardian_evidence",
    "born_on",
)  # fmt: skip
LONGEST = 500
ROWS_AT_ONCE = 100
"""Decisions of one transaction: while it is open, the tenant's other decisions wait."""


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """One decision of one person about one purpose."""

    who: Identifier
    purpose: Purpose
    decision: Decision
    text_version: str | None
    proof: Proof
    born_on: date | None = None


@dataclass(slots=True)
class ConsentImport:
    """Verdicts by name (recorded, duplicate, superseded, rejected), and why rows were rejected: (row, code, hint)."""

    verdicts: Counter[str] = field(default_factory=Counter)
    rejected: list[tuple[int, str, str]] = field(default_factory=list)


def read_records(path: Path) -> Iterator[Mapping[str, object]]:
    """The rows of a CSV file with a heading, or of JSON lines (by the name's end).

    Raises:
        InputError: the file cannot be read, is no UTF-8, or has no known column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix == ".csv":
                rows = csv.DictReader(file)
                unknown = set(rows.fieldnames or ()) - set(FIELDS)
                if unknown or not rows.fieldnames:
                    raise InputError(
                        f"{path.name} has columns that are not known: {', '.join(sorted(unknown)) or 'none at all'}.",
                        hint=f"Known columns: {', '.join(FIELDS)}.",
                    )
                yield from ({str(name): value or None for name, value in row.items()} for row in rows)
            else:
                for line in file:
                    if line.strip():
                        yield _parsed(line)
    except OSError as missing:
        raise InputError(f"{path} cannot be read: {missing.strerror}.", hint="Check the path.") from missing
    except (UnicodeDecodeError, csv.Error) as broken:
        raise InputError(f"{path.name} is no text in UTF-8, or no CSV.", hint="Save it as UTF-8.") from broken


def _parsed(line: str) -> Mapping[str, object]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {"": "malformed_json"}
    return row if isinstance(row, dict) else {"": "malformed_json"}


def record_of(row: Mapping[str, object], now: datetime) -> ConsentRecord:
    """The record in a row.

    Raises:
        InputError: `code` and hint say which field is wrong.
    """
    unknown = row.keys() - set(FIELDS)
    if unknown:
        raise _wrong(f"not a record, or with unknown fields: {', '.join(sorted(map(str, unknown))) or '-'}", "fields")
    texts = {name: _text(row, name) for name in FIELDS}
    user, anonymous = texts["user_id"], texts["anonymous_id"]
    if (user is None) == (anonymous is None):
        raise _wrong("give either user_id or anonymous_id", "person")
    who = Identifier("user", user) if user is not None else Identifier("anonymous", str(anonymous))
    purpose = next((one for one in Purpose if one == texts["purpose"]), None)
    if purpose is None:
        raise _wrong(f"purpose is one of {', '.join(Purpose)}", "purpose")
    decision = next((one for one in DECISIONS if one == texts["decision"]), None)
    if decision is None:
        raise _wrong(f"decision is one of {', '.join(DECISIONS)}", "decision")
    if texts["evidence"] is None:
        raise _wrong("say in evidence where the proof is kept", "evidence")
    decided_at = _instant(texts["decided_at"])
    if decided_at > now:
        raise _wrong("decided_at lies ahead", "decided_at")
    proof = Proof(decided_at, texts["evidence"], texts["guardian_evidence"])
    return ConsentRecord(who, purpose, decision, texts["text_version"], proof, _date(texts["born_on"]))


def _text(row: Mapping[str, object], name: str) -> str | None:
    value = row.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > LONGEST or not value.isprintable():
        raise _wrong(f"{name} is a text of up to {LONGEST} printable characters", name)
    return value


def _instant(text: str | None) -> datetime:
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        raise _wrong("decided_at is an instant such as 2026-03-02T12:00:00+01:00", "decided_at") from None
    if at.tzinfo is None:
        raise _wrong("decided_at needs an offset from UTC", "decided_at")
    return at


def _date(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise _wrong("born_on is a date such as 2011-04-30", "born_on") from None


def _wrong(hint: str, place: str) -> InputError:
    return InputError("The row is no consent record.", hint=hint, code="record_invalid", pointer=f"/{place}")


class ConsentRecords:
    """Takes records into the ledger and out of it."""

    def __init__(self, consent: ConsentLedger, vault: IdentityVault, clock: Callable[[], datetime]) -> None:
        self._consent = consent
        self._vault = vault
        self._clock = clock

    def take(self, tenant_id: str, rows: Iterable[Mapping[str, object]], *, recorded_by: str) -> ConsentImport:
        """Import rows, oldest decision first, in groups that are kept whole; a row that is refused stops none of the
        others. Broken off, the groups of before stand, and the same rows again add what is missing."""
        outcome = ConsentImport()
        now, records = self._clock(), []
        for number, row in enumerate(rows, start=1):
            try:
                records.append((number, record_of(row, now)))
            except InputError as wrong:
                _reject(outcome, number, wrong)
        records.sort(key=lambda one: (one[1].proof.decided_at or now, one[0]))
        for some in in_stretches(records, ROWS_AT_ONCE):
            self._take(tenant_id, some, outcome, recorded_by)
        outcome.rejected.sort()
        return outcome

    def _take(
        self, tenant_id: str, records: list[tuple[int, ConsentRecord]], outcome: ConsentImport, recorded_by: str
    ) -> None:
        people = self._vault.ensure(tenant_id, [record.who for _, record in records])
        numbers: list[int] = []
        decisions: list[PastDecision] = []
        for number, record in records:
            person = people.get(record.who)
            if person is None:
                outcome.verdicts["erased"] += 1
            elif person.kind != "learner":
                _reject(outcome, number, _wrong("staff are no consent subjects", "person"))
            else:
                numbers.append(number)
                decisions.append(
                    PastDecision(
                        person.learner_key,
                        record.purpose,
                        record.decision,
                        record.text_version,
                        record.proof,
                        record.born_on,
                    )
                )
        taken = self._consent.take(tenant_id, decisions, recorded_by=recorded_by)
        for number, verdict in zip(numbers, taken, strict=True):
            if isinstance(verdict, AkademosError):
                _reject(outcome, number, verdict)
            else:
                outcome.verdicts[verdict] += 1

    def give(self, tenant_id: str) -> Iterator[dict[str, str | None]]:
        """Every decision of the tenant's people as a record, by person and in order; people erased since are gone."""
        for who, learner_key in self._vault.learners(tenant_id):
            for line in self._consent.history(tenant_id, learner_key):
                at = line.proof.decided_at or line.recorded_at
                yield {
                    "user_id": who.value if who.kind == "user" else None,
                    "anonymous_id": who.value if who.kind == "anonymous" else None,
                    "purpose": line.purpose.value,
                    "decision": line.decision,
                    "text_version": line.text_version or None,
                    "decided_at": at.isoformat(),
                    "evidence": line.proof.evidence or f"consent ledger, version {line.version}, {line.basis}",
                    "guardian_evidence": line.proof.guardian,
                }


def _reject(outcome: ConsentImport, number: int, refused: AkademosError) -> None:
    outcome.verdicts["rejected"] += 1
    outcome.rejected.append((number, refused.code, refused.hint))
