"""One event against the dictionary: what it becomes on its way into landing, or why it is refused."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from difflib import get_close_matches
from typing import Any

import orjson

from akademos.catalogue.declarations import Basis, Kind, Party
from akademos.catalogue.policies import LIMITS
from akademos.catalogue.registry import KnownEvent, Registry
from akademos.catalogue.validation import CLEAN, parse_timestamp
from akademos.intake import personal_data
from akademos.intake.decode import BrokenLine
from akademos.intake.occurrence import is_ahead, is_too_old, occurred_at
from akademos.privacy.consent import mask
from akademos.stores.ports.identity import Identifier
from akademos.stores.ports.landing import Arrival, Refusal

HASH_BYTES = 16
_HINT_PII = "Send a salted hash (pii_hash, phone_hash) or leave it out; the event was not kept."


class EventCheck:
    """Checks the events of one tenant. Stateless but for what it derives from the registry once."""

    def __init__(self, registry: Registry, payload_key: bytes, *, strict: bool = False) -> None:
        self._registry = registry
        self._payload_key = payload_key
        self._strict = strict
        self._purposes: dict[str, int] = {}
        self._free: dict[str, bool] = {}

    def check(
        self, position: int, event: object, sent_at: datetime | None, received_at: datetime
    ) -> tuple[Arrival | Refusal, tuple[str, ...]]:
        """What to do with one event, and the pointers of unknown properties that were dropped."""
        if type(event) is not dict:
            return self._refuse_shape(position, event), ()
        try:
            canonical = orjson.dumps(event, option=orjson.OPT_SORT_KEYS)
        except orjson.JSONEncodeError:  # nested beyond what can be written again
            return self._refuse(position, event, b"", "too_deep", "", "Nest less deeply."), ()
        if len(canonical) > LIMITS.event_bytes:
            return self._refuse(
                position,
                event,
                canonical,
                "too_large",
                "",
                f"Keep an event under {LIMITS.event_bytes} bytes.",
            ), ()
        name = event.get("event_name")
        known = self._registry.lookup(name) if type(name) is str else None
        if known is None:
            return self._refuse_unknown(position, event, canonical, name), ()
        properties = event.get("properties")
        core = {key: value for key, value in event.items() if key != "properties"}
        outcome = known.checker.check({} if properties is None else properties, core, strict=self._strict)
        clean = outcome is CLEAN
        # Declared keys are never denied ones, so keys are looked at only where something undeclared stands.
        if not clean or self._free_form(known) or personal_data.possible(canonical):
            for found in personal_data.find(event):
                code = "personal_data_key" if found.kind == "denied_key" else "personal_data"
                return self._refuse(position, event, canonical, code, found.pointer, _HINT_PII), ()
        if not clean and outcome.violations:
            first = outcome.violations[0]
            return self._refuse(position, event, canonical, first.code, first.pointer, first.hint), ()
        stamp = core.get("client_timestamp") or core.get("event_timestamp")
        clock = parse_timestamp(stamp) if stamp is not None else None
        if clock is not None and is_ahead(clock, sent_at, received_at):
            hint = "Mend the sender's clock, or send `sent_at` so that it can be corrected."
            return self._refuse(position, event, canonical, "in_the_future", "/client_timestamp", hint), ()
        raw, kept = canonical, properties or {}
        if not clean or None in event.values():
            kept = outcome.kept(kept)
            event = {key: value for key, value in core.items() if value is not None and key not in outcome.dropped_core}
            raw = orjson.dumps({**event, "properties": kept}, option=orjson.OPT_SORT_KEYS)
        happened = occurred_at(clock, sent_at, received_at)
        return self._arrival(position, known, event, kept, raw, canonical, happened, received_at), (
            outcome.dropped_pointers if not clean else ()
        )

    def _free_form(self, known: KnownEvent) -> bool:
        wire = known.event.wire_name
        found = self._free.get(wire)
        if found is None:
            found = self._free[wire] = any(rule.kind is Kind.OBJECT for rule in known.event.properties)
        return found

    def _arrival(
        self,
        position: int,
        known: KnownEvent,
        event: dict[str, Any],
        properties: dict[str, object],
        raw: bytes,
        canonical: bytes,
        happened: datetime,
        received_at: datetime,
    ) -> Arrival:
        declared = known.event
        user, anonymous, subject = event.get("user_id"), event.get("anonymous_id"), event.get("subject_id")
        actor = Identifier("user", user) if user else Identifier("anonymous", anonymous) if anonymous else None
        wire = declared.wire_name
        purposes = self._purposes.get(wire)
        if purposes is None:
            purposes = self._purposes[wire] = mask(declared.purposes)
        event_id = event.get("event_id")
        return Arrival(
            position=position,
            event_id=uuid.UUID(event_id).bytes if event_id else uuid.uuid4().bytes,
            event=wire,
            event_name=declared.name,
            purposes=purposes,
            needs_consent=declared.basis is Basis.CONSENT and not declared.essential,
            zone=declared.zone.value,
            actor=actor if declared.actor is not Party.SYSTEM else None,
            actor_is_staff=declared.actor is Party.STAFF,
            subject=Identifier("user", subject) if subject and declared.subject is Party.LEARNER else None,
            opt_out=event.get("opt_out_status") is True and declared.stopped_by_opt_out,
            stopped_by_opt_out=declared.stopped_by_opt_out,
            occurred_at=happened,
            raw=raw,
            content_hash=self.payload_hash(canonical),
            environment=event.get("environment") or "prod",
            too_old=is_too_old(happened, received_at),
            properties=properties,
        )

    def payload_hash(self, content: bytes) -> bytes:
        """Keyed hash of what was sent (BLAKE2b, 16 bytes): for envelopes and to tell a duplicate from a conflict."""
        return hashlib.blake2b(content, key=self._payload_key, digest_size=HASH_BYTES).digest()

    def _refuse(
        self, position: int, event: dict[str, Any], content: bytes, code: str, pointer: str, hint: str
    ) -> Refusal:
        name = event.get("event_name")
        known_name = name if type(name) is str and self._registry.lookup(name) is not None else None
        payload = orjson.dumps(personal_data.removed(event)) if len(content) <= LIMITS.event_bytes else None
        event_id = event.get("event_id")
        shown = event_id if type(event_id) is str and len(event_id) <= 64 else None
        return Refusal(
            position,
            shown,
            known_name,
            code,
            pointer,
            hint,
            payload,
            self.payload_hash(content),
            len(content),
        )

    def _refuse_unknown(self, position: int, event: dict[str, Any], content: bytes, name: object) -> Refusal:
        if name is None:
            code, hint = (
                "event_name_missing",
                "Send `event_name`; `akademos events show` lists the dictionary.",
            )
        elif type(name) is not str:
            code, hint = "wrong_type", "Send `event_name` as a string."
        else:
            near = get_close_matches(name[:100], self._registry.by_wire_name, n=1)
            code = "event_unknown"
            hint = f"Did you mean `{near[0]}`?" if near else "`akademos events show` lists the dictionary."
        return self._refuse(position, event, content, code, "/event_name", hint)

    def _refuse_shape(self, position: int, event: object) -> Refusal:
        if isinstance(event, BrokenLine):
            hint = f"{event.reason} at byte {event.position}; send UTF-8 JSON, one event a line."
            content = event.content
            return Refusal(
                position,
                None,
                None,
                "malformed_json",
                None,
                hint,
                None,
                self.payload_hash(content),
                len(content),
            )
        content = orjson.dumps(event)
        hint = "Send each event as a JSON object."
        return Refusal(position, None, None, "not_an_object", "", hint, None, self.payload_hash(content), len(content))
