"""On which terms a person may grant: a text that was declared, and an age or a guardian."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date, datetime

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.consent_texts import BUILT_IN
from akademos.catalogue.declarations import Purpose
from akademos.catalogue.policies import LIMITS
from akademos.errors import Conflict, InputError, NotFound
from akademos.privacy.age import years_old
from akademos.privacy.pseudonyms import NONCE_BYTES, Keys, seal, unseal
from akademos.stores.ports.audit import AuditEntry
from akademos.stores.ports.consent_terms import ConsentText
from akademos.stores.postgres.audit import append
from akademos.stores.postgres.consent_rows import data_key_of
from akademos.stores.postgres.database import Database, Transaction

_TEXTS = """
    SELECT purpose, version, language, body, shown_from FROM consent_texts WHERE tenant_id = %s
    ORDER BY purpose, shown_from, version, language
"""
_DECLARED = "SELECT purpose, version FROM consent_texts WHERE tenant_id = %s AND purpose = ANY(%s)"
_DECLARE = """
    INSERT INTO consent_texts (tenant_id, purpose, version, language, body, shown_from)
    VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_SAME = """
    SELECT body = %s FROM consent_texts
    WHERE tenant_id = %s AND purpose = %s AND version = %s AND language = %s
"""
_BIRTH = """
    SELECT b.sealed, coalesce(t.age_limit, %s), current_date
    FROM birth_dates b LEFT JOIN consent_terms t USING (tenant_id)
    WHERE b.tenant_id = %s AND b.learner_key = %s
"""
_NOTE_BIRTH = """
    INSERT INTO birth_dates (tenant_id, learner_key, sealed) VALUES (%s, %s, %s)
    ON CONFLICT (tenant_id, learner_key) DO UPDATE SET sealed = excluded.sealed
"""
_SET_AGE = """
    INSERT INTO consent_terms (tenant_id, age_limit) VALUES (%s, %s)
    ON CONFLICT (tenant_id) DO UPDATE SET age_limit = excluded.age_limit
"""
_AGE = "SELECT age_limit FROM consent_terms WHERE tenant_id = %s"


def require_text(transaction: Transaction, tenant_id: str, purposes: Sequence[Purpose], version: str | None) -> None:
    """Refuse a grant that names no text, or one that the tenant has not declared for a purpose.

    A tenant that has declared no text for a purpose shows texts of its host application, whose versions we cannot know.

    Raises:
        InputError: `text_missing` or `text_unknown`.
    """
    if not version:
        raise InputError(
            "A grant must name the version of the text that the person was shown.",
            hint="Send text_version.",
            code="text_missing",
            pointer="/text_version",
        )
    declared: dict[str, set[str]] = {}
    for purpose, known in transaction.execute(_DECLARED, (tenant_id, [one.value for one in purposes])):
        declared.setdefault(purpose, set()).add(known)
    for purpose, versions in sorted(declared.items()):
        if version not in versions:
            raise InputError(
                f"There is no text `{version}` for {purpose}.",
                hint=f"Declared versions: {', '.join(sorted(versions))}; `akademos consent texts` lists them.",
                code="text_unknown",
                pointer="/text_version",
            )


def require_age(
    transaction: Transaction, tenant_id: str, learner_key: str, data_key: bytes, *, guardian: str | None
) -> None:
    """Refuse a grant by somebody known to be under the tenant's age limit without a guardian's evidence.

    Raises:
        Conflict: `guardian_missing`.
    """
    row = transaction.execute(_BIRTH, (LIMITS.consent_age, tenant_id, learner_key)).fetchone()
    if row is None or guardian:
        return
    sealed, limit, today = row
    if years_old(date.fromisoformat(unseal(data_key, sealed)), today) < limit:
        raise Conflict(
            f"The person is under {limit}, the age at which this institution lets people decide alone.",
            hint="Record the decision with the evidence of a guardian.",
            code="guardian_missing",
            pointer="/guardian_evidence",
        )


def note_birth(transaction: Transaction, keys: Keys, tenant_id: str, learner_key: str, born_on: date) -> None:
    """Keep a date of birth, sealed.

    Raises:
        InputError: it lies ahead.
        NotFound: there is no such person.
    """
    data_key = data_key_of(transaction, keys, tenant_id, learner_key)
    ((today,),) = transaction.execute("SELECT current_date")
    if born_on > today:
        raise InputError("The date of birth lies ahead.", hint="Check the date.", pointer="/born_on")
    sealed = seal(data_key, born_on.isoformat(), os.urandom(NONCE_BYTES))
    transaction.execute(_NOTE_BIRTH, (tenant_id, learner_key, sealed))


class PostgresConsentTerms:
    """Adapter of the port `ConsentTerms`."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def declare(self, tenant_id: str, text: ConsentText, *, declared_by: str) -> bool:
        """Add a text; see the port."""
        purpose = text.purpose.value
        with self._database.pipeline() as transaction:
            self._require_tenant(transaction, tenant_id)
            name = (tenant_id, purpose, text.version, text.language)
            added = transaction.execute(_DECLARE, (*name, text.body, text.shown_from)).rowcount
            if not added:
                row = transaction.execute(_SAME, (text.body, *name)).fetchone()
                if row is None or not row[0]:
                    raise Conflict(
                        f"The text `{text.version}` for {purpose} in {text.language} is declared with other words.",
                        hint="A text never changes once declared: give the changed one a new version.",
                        code="text_changed",
                    )
                return False
            said = {"text": text.version, "purpose": purpose, "language": text.language}
            append(transaction, tenant_id, AuditEntry(declared_by, AuditAction.CONSENT_TEXT_DECLARED, None, said))
        return True

    def texts(self, tenant_id: str) -> list[ConsentText]:
        """All texts; the built-in ones for purposes that have none of the tenant's own."""
        with self._database.pipeline() as transaction:
            rows = transaction.execute(_TEXTS, (tenant_id,)).fetchall()
        own = [ConsentText(Purpose(row[0]), *row[1:]) for row in rows]
        covered = {text.purpose for text in own}
        return own + [
            ConsentText(one.purpose, one.version, one.language, one.body, datetime.fromisoformat(one.shown_from))
            for one in BUILT_IN
            if one.purpose not in covered
        ]

    def set_age_limit(self, tenant_id: str, years: int, *, set_by: str) -> None:
        """From which age people decide alone; see the port."""
        if not 0 <= years <= LIMITS.consent_age_most:
            raise InputError(
                f"{years} is no age limit.", hint=f"Give an age from 0 to {LIMITS.consent_age_most} years."
            )
        with self._database.pipeline() as transaction:
            self._require_tenant(transaction, tenant_id)
            transaction.execute(_SET_AGE, (tenant_id, years))
            append(transaction, tenant_id, AuditEntry(set_by, AuditAction.TENANT_CHANGED, None, {"consent_age": years}))

    def age_limit(self, tenant_id: str) -> int:
        """From which age people decide alone, in years."""
        with self._database.pipeline() as transaction:
            row = transaction.execute(_AGE, (tenant_id,)).fetchone()
        return int(row[0]) if row else LIMITS.consent_age

    def note_birth(self, tenant_id: str, learner_key: str, born_on: date) -> None:
        """Keep a date of birth, sealed."""
        with self._database.pipeline() as transaction:
            note_birth(transaction, self._keys, tenant_id, learner_key, born_on)

    def _require_tenant(self, transaction: Transaction, tenant_id: str) -> None:
        if not transaction.execute("SELECT 1 FROM tenants WHERE tenant_id = %s", (tenant_id,)).fetchone():
            raise NotFound(f"There is no tenant `{tenant_id}`.", hint="Create it with `akademos tenant create`.")
