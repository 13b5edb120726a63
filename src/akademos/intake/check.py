"""One event against the dictionary: what it becomes on its way into landing, or why it is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from operator import attrgetter
from typing import Any, Literal
from uuid import UUID, uuid4

import orjson
from msgspec import Raw, Struct

from akademos.catalogue.declarations import Basis, Kind, Party, Zone
from akademos.catalogue.policies import LIMITS
from akademos.catalogue.registry import KnownEvent
from akademos.catalogue.validation import CLEAN, EventChecker, parse_timestamp
from akademos.intake import personal_data
from akademos.intake.decode import BrokenLine
from akademos.intake.occurrence import is_too_old, occurred_at
from akademos.intake.typed_events import TypedEvents
from akademos.privacy.consent import mask
from akademos.stores.ports.identity import ClientHash, HashSeen, Identifier, Login
from akademos.stores.ports.landing import Arrival, Handling, Refusal

HASH_BYTES = 16
KEPT_USERS = 10_000
_HASHES: tuple[tuple[str, Literal["email", "phone"], int], ...] = (
    ("pii_hash", "email", 0),
    ("pii_hash_previous", "email", 1),
    ("phone_hash", "phone", 0),
    ("phone_hash_previous", "phone", 1),
)
"""Core property, what it is the hash of, and how many versions before `pii_salt_version` its salt is."""

#: What `_arrival` reads of an event's core properties.
_READ = ("user_id", "anonymous_id", "subject_id", "opt_out_status", "environment")
_read: Callable[[Any], tuple[Any, ...]] = attrgetter(*_READ)
_HINT_CLOCK = "Mend the sender's clock, or send `sent_at` so that it can be corrected."
_HINT_STAFF = "Events of staff come from the host's server, with a secret key."
_HINT_PII = "Send a salted hash (pii_hash, phone_hash) or leave it out; the event was not kept."


@dataclass(frozen=True, slots=True)
class _Known:
    """What is derived from one declaration, once."""

    checker: EventChecker
    handling: Handling
    free_form: bool
    learner_subject: bool
    no_actor: bool

    @classmethod
    def of(cls, known: KnownEvent) -> _Known:
        declared = known.event
        handling = Handling(
            event=declared.wire_name,
            event_name=declared.name,
            purposes=mask(declared.purposes),
            needs_consent=declared.basis is Basis.CONSENT and not declared.essential,
            in_core=declared.zone is Zone.CORE,
            zone=declared.zone.value,
            actor_is_staff=declared.actor is Party.STAFF,
            stopped_by_opt_out=declared.stopped_by_opt_out,
        )
        return cls(
            checker=known.checker,
            handling=handling,
            free_form=any(rule.kind is Kind.OBJECT for rule in declared.properties),
            learner_subject=declared.subject in (Party.LEARNER, Party.ANY),
            no_actor=declared.actor is Party.SYSTEM,
        )


class EventCheck:
    """Checks the events of one tenant. Stateless but for what it derives from the registry once.

    Args:
        typed: the short way for clean events; its registry is the one checked against.
        payload_key: of the keyed hash of what was sent.
        strict: refuse unknown properties instead of dropping them.
        from_browser: refuse events of staff, who are no consent subjects: nobody becomes staff by saying so.

    Attributes:
        evidence: what the events checked since it was last emptied say about who is whom.
    """

    def __init__(
        self, typed: TypedEvents, payload_key: bytes, *, strict: bool = False, from_browser: bool = False
    ) -> None:
        self._registry = typed.registry
        self.typed = typed
        self._payload_hash = hashlib.blake2b(key=payload_key, digest_size=HASH_BYTES)
        self._users: dict[str, Identifier] = {}
        self._strict = strict
        self._from_browser = from_browser
        self._by_name: dict[str, _Known] = {}
        self.evidence: list[Login | HashSeen] = []

    def accept_all(
        self, events: Sequence[object], sent_at: datetime | None, received_at: datetime, *, screened: bool = False
    ) -> list[Arrival | None]:
        """What the events of a request become by the short way; None for any that is not clean: `check` says why.

        Args:
            events: by position; JSON, or what `TypedEvents` made of it (anything else takes the long way).
            sent_at: the sender's clock at sending.
            received_at: ours at receipt.
            screened: the bytes of the whole request are known to be `is_screened`.
        """
        arrivals: list[Arrival | None] = [None] * len(events)
        parse, declared, canonical = self.typed.parse, self.typed.declared, self.typed.canonical
        clean: list[tuple[int, Any, KnownEvent, bytes]] = []
        for position, content in enumerate(events):
            event = parse(content) if isinstance(content, Raw) else content if isinstance(content, Struct) else None
            typed = None if event is None else declared(event)
            if typed is not None:
                raw = canonical(event)
                if len(raw) <= LIMITS.event_bytes and (screened or is_screened(raw)):
                    clean.append((position, event, typed.known, raw))
        binary_ids = _binary_ids([event.event_id for _, event, _, _ in clean])
        for (position, event, known, raw), binary_id in zip(clean, binary_ids, strict=True):
            stamp = event.client_timestamp
            clock = None if stamp is None else parse_timestamp(stamp)
            if binary_id is None or (clock is None and stamp is not None):
                continue
            happened = occurred_at(clock, sent_at, received_at)
            if happened is not None:
                arrivals[position] = self._arrival(
                    position, self._known_of(known), binary_id, event.event_id, _read(event), {}, raw, raw,
                    happened, received_at,
                )  # fmt: skip
        return arrivals

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
        known = self._known(name)
        if known is None:
            return self._refuse_unknown(position, event, canonical, name), ()
        if self._from_browser and known.handling.actor_is_staff:
            return self._refuse(position, event, canonical, "staff_event", "/event_name", _HINT_STAFF), ()
        properties = event.pop("properties", None)
        outcome = known.checker.check({} if properties is None else properties, event, strict=self._strict)
        clean = outcome is CLEAN
        # Declared keys are never denied ones, so keys are looked at only where something undeclared stands.
        if not clean or known.free_form or personal_data.possible(canonical):
            whole = {**event, "properties": properties}
            for found in personal_data.find(whole):
                code = "personal_data_key" if found.kind == "denied_key" else "personal_data"
                return self._refuse(position, whole, canonical, code, found.pointer, _HINT_PII), ()
            if outcome.violations:
                first = outcome.violations[0]
                return self._refuse(position, whole, canonical, first.code, first.pointer, first.hint), ()
        stamp = event.get("client_timestamp") or event.get("event_timestamp")
        clock = parse_timestamp(stamp) if stamp is not None else None
        happened = occurred_at(clock, sent_at, received_at)
        if happened is None:
            whole = {**event, "properties": properties}
            return self._refuse(position, whole, canonical, "in_the_future", "/client_timestamp", _HINT_CLOCK), ()
        raw, kept = canonical, properties or {}
        if not clean or None in event.values():
            kept = outcome.kept(kept)
            event = {
                key: value for key, value in event.items() if value is not None and key not in outcome.dropped_core
            }
            raw = orjson.dumps({**event, "properties": kept}, option=orjson.OPT_SORT_KEYS)
        event_id = event.get("event_id")
        binary_id = _new_id() if event_id is None else bytes.fromhex(event_id.replace("-", ""))
        core = tuple(event.get(name) for name in _READ)
        arrival = self._arrival(position, known, binary_id, event_id, core, kept, raw, canonical, happened, received_at)
        if "pii_salt_version" in event and arrival.actor is not None:
            self.evidence += hashes(event, arrival.actor)
        return arrival, outcome.dropped_pointers if not clean else ()

    def _known(self, name: object) -> _Known | None:
        if type(name) is not str:
            return None
        found = self._by_name.get(name)
        if found is not None:
            return found
        known = self._registry.lookup(name)
        return None if known is None else self._known_of(known)

    def _known_of(self, known: KnownEvent) -> _Known:
        name = known.event.wire_name
        found = self._by_name.get(name)
        if found is None:
            found = self._by_name[name] = _Known.of(known)
        return found

    def _arrival(
        self,
        position: int,
        known: _Known,
        binary_id: bytes,
        event_id: str | None,
        core: tuple[Any, ...],
        properties: dict[str, object],
        raw: bytes,
        canonical: bytes,
        happened: datetime,
        received_at: datetime,
    ) -> Arrival:
        handling = known.handling
        user_id, anonymous_id, subject_id, opt_out, environment = core
        actor = subject = None
        if not known.no_actor:
            if user_id is not None:
                actor = self._user(user_id)
                if anonymous_id is not None:
                    self.evidence.append(Login(actor, Identifier("anonymous", anonymous_id)))
            elif anonymous_id is not None:
                actor = Identifier("anonymous", anonymous_id)
        if known.learner_subject and subject_id is not None:
            subject = self._user(subject_id)
        return Arrival(
            handling,
            position,
            binary_id,
            event_id or str(UUID(bytes=binary_id)),
            actor,
            subject,
            handling.stopped_by_opt_out and opt_out is True,
            happened,
            raw,
            self.payload_hash(canonical),
            environment or "prod",
            is_too_old(happened, received_at),
            properties,
        )

    def _user(self, user_id: str) -> Identifier:
        found = self._users.get(user_id)
        if found is None:
            if len(self._users) >= KEPT_USERS:
                self._users.clear()
            found = self._users[user_id] = Identifier("user", user_id)
        return found

    def payload_hash(self, content: bytes) -> bytes:
        """Keyed hash of what was sent (BLAKE2b, 16 bytes): for envelopes and to tell a duplicate from a conflict."""
        hashed = self._payload_hash.copy()
        hashed.update(content)
        return hashed.digest()

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


def is_screened(content: bytes) -> bool:
    """Whether no text in these bytes of JSON can be personal data by its pattern, nor is written with an escape."""
    return content.find(b"\\") < 0 and not personal_data.possible(content)


def hashes(event: Mapping[str, Any], person: Identifier) -> list[HashSeen]:
    """The client hashes in an event (or in whatever names them as events do) that was checked."""
    version = event.get("pii_salt_version")
    if version is None:
        return []
    return [
        HashSeen(person, ClientHash(kind, version - back, event[name]))
        for name, kind, back in _HASHES
        if event.get(name) is not None
    ]


def _new_id() -> bytes:
    return uuid4().bytes


def _binary_ids(texts: Sequence[str | None]) -> list[bytes | None]:
    """The 16 bytes of each UUID in its usual form, None for what is none; a new one where there is no text."""
    count, present = len(texts), [text for text in texts if text is not None]
    joined = "".join(present)
    # All at once where all are as they should be, which costs a fifth of one after the other.
    if len(present) == count and {36}.issuperset(map(len, present)):
        dashes = "-" * count
        if all(joined[at::36] == dashes for at in (8, 13, 18, 23)):
            found = _from_hexadecimal(joined)
            if found is not None and len(found) == 16 * count:
                return [found[at : at + 16] for at in range(0, 16 * count, 16)]
    return [_new_id() if text is None else _binary_id(text) for text in texts]


def _binary_id(text: str) -> bytes | None:
    if len(text) != 36 or text[8:24:5] != "----":
        return None
    found = _from_hexadecimal(text)
    return found if found is not None and len(found) == 16 else None  # blanks are no digits: then it is shorter


def _from_hexadecimal(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text.replace("-", ""))
    except ValueError:
        return None
