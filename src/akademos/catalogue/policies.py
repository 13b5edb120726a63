"""The rules that are enforced in code, with their values: `LIMITS` for the code, `POLICIES` for people.

Whoever enforces a limit imports it from here, so what the reference says is what happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from akademos.catalogue.declarations import Basis, Policy

#: Legal basis of events of staff, who are no consent subjects; their events never rate them.
STAFF_BASIS = Basis.CONTRACT


@dataclass(frozen=True, slots=True)
class Limits:
    """Machine-readable limits; sizes in bytes, times in the unit of the name or as timedelta."""

    batch_events: int = 1_000
    body_bytes: int = 5 * 1024 * 1024
    decompressed_bytes: int = 50 * 1024 * 1024
    event_bytes: int = 64 * 1024
    offline: timedelta = timedelta(days=30)
    future: timedelta = timedelta(hours=24)
    dedupe_days: int = 35
    landing_hours: int = 24
    backpressure_hours: int = 20
    dead_letter_hours: int = 24
    dead_letter_alert_hours: int = 12
    raw_freshness: timedelta = timedelta(hours=1)
    answer_cache_seconds: int = 300
    live_state_seconds: float = 1.0
    aggregate_refresh: timedelta = timedelta(hours=24)
    export_hours: int = 24
    group_floor: int = 10
    group_floor_least: int = 5
    count_rounding: int = 5
    share_lowest: float = 0.05
    share_highest: float = 0.95
    release_diversity: int = 2
    release_again_weeks: int = 4
    study_retention: timedelta = timedelta(days=730)
    alert_pause: timedelta = timedelta(days=14)
    readiness_alert_below: float = 60.0
    access_seal_rows: int = 1_000
    access_seal_pause: timedelta = timedelta(minutes=1)
    consent_age: int = 16
    consent_age_most: int = 21
    rights_answer_days: int = 30
    model_row_learners: int = 5
    model_rebuild: timedelta = timedelta(days=30)
    erasure_overdue: timedelta = timedelta(hours=24)
    session_longest: timedelta = timedelta(hours=8)
    session_idle: timedelta = timedelta(hours=1)
    token_longest: timedelta = timedelta(days=31)
    sign_in: timedelta = timedelta(minutes=10)
    clock_skew_seconds: int = 30
    key_requests_per_second: int = 50
    key_requests_burst: int = 200
    user_token_seconds: int = 15 * 60
    address_events_per_s: int = 200
    address_burst: int = 5_000
    key_grace: timedelta = timedelta(days=7)


LIMITS = Limits()


def _size(count: int) -> str:
    return f"{count // 1024 // 1024} MiB" if count >= 1024 * 1024 else f"{count // 1024} KiB"


POLICIES: tuple[Policy, ...] = (
    Policy(
        "batch_size",
        "A batch may hold so many events and so many bytes; more is refused with 413 and nothing of it is taken.",
        f"{LIMITS.batch_events:,} events, {_size(LIMITS.body_bytes)} sent, {_size(LIMITS.decompressed_bytes)} unpacked",
        "intake.decode, serving.routes.events",
        "events.md, ways in",
    ),
    Policy(
        "event_size",
        "One event may have so many bytes as JSON; a larger one is rejected, the others of its batch land.",
        _size(LIMITS.event_bytes),
        "intake.check",
        "events.md, ways in",
    ),
    Policy(
        "offline_limit",
        "A new id that happened longer ago is rejected as too_old, because the index of ids could not tell whether it "
        "was sent before; an import is the way in. A sender without client_timestamp is protected from counting twice "
        "for as long as the index of ids reaches, and no longer.",
        f"{LIMITS.offline.days} days",
        "intake.occurrence",
        "events.md, ways in",
    ),
    Policy(
        "future_limit",
        "An event that claims to happen further ahead is rejected; less is taken as a wrong clock, and the event "
        "happens on receipt.",
        f"{LIMITS.future // timedelta(hours=1)} hours",
        "intake.occurrence",
        "events.md, ways in",
    ),
    Policy(
        "dedupe_window",
        "The index of event ids and content hashes is kept so long, tenant-wide.",
        f"{LIMITS.dedupe_days} days",
        "stores.postgres",
        "events.md, ways in",
    ),
    Policy(
        "landing_ttl",
        "Raw input that waits for consent is gone after this time; accepted events are moved, never dropped.",
        f"{LIMITS.landing_hours} hours",
        "jobs",
        "privacy.md, zones",
    ),
    Policy(
        "mover_backpressure",
        "Where accepted events have waited so long for the mover, intake answers 503 instead of taking more.",
        f"{LIMITS.backpressure_hours} hours",
        "stores.postgres.landing",
        "privacy.md, zones",
    ),
    Policy(
        "dead_letters",
        "Rejected input is kept so long, with personal data removed; operators are told at half of it.",
        f"{LIMITS.dead_letter_hours} hours, alert at {LIMITS.dead_letter_alert_hours}",
        "jobs",
        "events.md, verdicts",
    ),
    Policy(
        "raw_freshness",
        "Accepted events are in the event log within this time at the worst.",
        f"{LIMITS.raw_freshness // timedelta(hours=1)} hour",
        "jobs",
        "events.md, verdicts",
    ),
    Policy(
        "answer_cache",
        "A remembered answer lives so long at most, and never past a revocation or a new event of the same learner.",
        f"{LIMITS.answer_cache_seconds} seconds",
        "serving.answer_cache",
        "serving.md, API",
    ),
    Policy(
        "live_state",
        "A learner's state follows an accepted answer within this time.",
        f"{LIMITS.live_state_seconds:g} second",
        "jobs",
        "analytics.md, after an answer",
    ),
    Policy(
        "live_consent",
        "Every request that serves learner data looks at the consent as it is, in every process; a withdrawal is "
        "honoured by every request that follows it.",
        "no stale cache",
        "serving.gate",
        "privacy.md, basis and consent",
    ),
    Policy(
        "access_seals",
        "Rows of the access log are sealed in batches, so that nobody can change, remove or add one unseen: as soon as "
        "the oldest unsealed row has waited so long, or so many wait.",
        f"{LIMITS.access_seal_pause // timedelta(seconds=1)} seconds, {LIMITS.access_seal_rows:,} rows",
        "jobs.access_seal",
        "privacy.md, access",
    ),
    Policy(
        "aggregate_refresh",
        "Aggregates leave out people who no longer consent from their next refresh on, within this time.",
        f"{LIMITS.aggregate_refresh // timedelta(hours=1)} hours",
        "jobs",
        "privacy.md, basis and consent",
    ),
    Policy(
        "consent_opt_in",
        "An event enters the event log only if each learner in it consents to one of its purposes, or an import "
        "brings a recorded basis.",
        "opt-in",
        "privacy.consent, intake",
        "privacy.md, basis and consent",
    ),
    Policy(
        "consent_age",
        "Whoever is known to be younger needs a guardian's evidence with each grant; withdrawing, pausing and "
        "objecting need nobody's. A tenant may set another age.",
        f"{LIMITS.consent_age} years",
        "stores.postgres.consent_terms",
        "privacy.md, basis and consent",
    ),
    Policy(
        "pause",
        "While a purpose is paused, restricted or objected to, nothing new is collected for it (events are suppressed "
        "and counted) and nothing is put out; nothing is deleted, and what had been taken before is kept.",
        "from the next request on",
        "privacy.standing, serving.gate, intake",
        "privacy.md, basis and consent",
    ),
    Policy(
        "rights_answer",
        "A request by right (access, rectification, a contested statement) is answered within this time.",
        f"{LIMITS.rights_answer_days} days",
        "stores.postgres.rights",
        "privacy.md, rights",
    ),
    Policy(
        "staff_basis",
        "Staff are no consent subjects: their events rest on this basis and are never used to rate them.",
        STAFF_BASIS.value,
        "intake",
        "privacy.md, basis and consent",
    ),
    Policy(
        "tracking_opt_out",
        "After an opt-out the non-essential events of product analytics are suppressed at the SDK and at the server. "
        "Opting in again never brings back what was suppressed.",
        "product events with the purpose product_analytics",
        "sdk, intake",
        "events.md, opt-out",
    ),
    Policy(
        "identifiers",
        "Personal data in clear is refused; the event log, marts and logs know people by a random learner_key only.",
        "identity vault",
        "intake.personal_data, stores.postgres.vault",
        "privacy.md, identifiers",
    ),
    Policy(
        "user_tokens",
        "With a publishable key a user_id counts only while a token names that user, signed by the host for the tenant "
        "and made to live so long at most; else the event is anonymous, and the verdict says so.",
        f"{LIMITS.user_token_seconds // 60} minutes",
        "serving.user_tokens, intake.browser",
        "events.md, ways in",
    ),
    Policy(
        "browser_rate",
        "From one network (an IP address cut to it, keyed, under another name every day) browsers may send so many "
        "events, whichever key they use.",
        f"{LIMITS.address_events_per_s:,} a second, {LIMITS.address_burst:,} at once",
        "serving.routes.browser_events",
        "privacy.md, identifiers",
    ),
    Policy(
        "key_rotation",
        "A key that is rotated works so much longer, if not told otherwise.",
        f"{LIMITS.key_grace.days} days",
        "stores.postgres.api_keys",
        "privacy.md, identifiers",
    ),
    Policy(
        "merged_consent",
        "Of a person with several keys the strictest decision stands until the person decides anew: a withdrawal under "
        "one key blocks all. A merge deletes nothing, and undoing it gives back every answer.",
        "strictest wins",
        "privacy.identity, stores.postgres.linked_consent",
        "events.md, identity",
    ),
    Policy(
        "group_floor",
        "Whatever compares or aggregates people is suppressed below so many people; a tenant may raise or lower it "
        "within the floor.",
        f"{LIMITS.group_floor} people, never below {LIMITS.group_floor_least}",
        "privacy, serving.gate, jobs",
        "privacy.md, disclosure control",
    ),
    Policy(
        "published_counts",
        "Published counts are rounded, published shares capped.",
        f"multiples of {LIMITS.count_rounding}; shares within {LIMITS.share_lowest:.0%} and {LIMITS.share_highest:.0%}",
        "privacy",
        "privacy.md, disclosure control",
    ),
    Policy(
        "peer_comparison",
        "Whoever compares themself with peers has consented to that purpose of its own, and counts for the others; no "
        "staff gets the comparison. Withdrawing counts with the next request, and the learner's share leaves with the "
        "next publication.",
        "opt-in; bands, never ranks",
        "serving.gate, jobs.peer_comparison",
        "privacy.md, disclosure control",
    ),
    Policy(
        "research_release",
        "A row of a research release is shared by at least k learners of its course, with at least l values of each "
        "sensitive column; one that fails its own singling-out, linkage or inference test is not written. A course is "
        "released anonymously again only when more weeks of it have passed, so that two releases do not differ by one "
        "person.",
        f"k as the group floor; l = {LIMITS.release_diversity}; {LIMITS.release_again_weeks} weeks",
        "privacy.research_release, privacy.release_attacks, jobs.research_releases",
        "privacy.md, disclosure control",
    ),
    Policy(
        "study_retention",
        "Raw study events are kept so long from occurred_at, historical imports from receipt; then their bytes are "
        "removed. Every event type declares its own retention.",
        f"{LIMITS.study_retention.days // 365} years",
        "jobs",
        "events.md, study events",
    ),
    Policy(
        "erasure",
        "An erasure destroys the person's key first and ends with a receipt that a search of the bytes on disk "
        "confirms; operators are told when one takes longer. Later events, replays, imports and restores stay refused "
        "until the person consents anew, under a new key.",
        f"alert after {LIMITS.erasure_overdue // timedelta(hours=1)} hours",
        "jobs.erasure, stores.postgres.suppression",
        "privacy.md, erasure",
    ),
    Policy(
        "model_rebuild",
        "A model that an erased person's rows trained is rebuilt without them within this time.",
        f"{LIMITS.model_rebuild.days} days",
        "jobs.erasure, jobs.learner_states",
        "privacy.md, erasure",
    ),
    Policy(
        "model_rows",
        "A knowledge-tracing model keeps nothing of an item or topic that fewer learners answered, so that its file "
        "tells nobody's answers.",
        f"{LIMITS.model_row_learners} learners",
        "jobs.tracing_trainer",
        "privacy.md, disclosure control",
    ),
    Policy(
        "legal_hold",
        "What is under a legal hold is deleted neither by retention nor by erasure; an erasure keeps it "
        "sealed, and says so.",
        "until it is lifted",
        "stores.postgres.legal_holds",
        "privacy.md, retention",
    ),
    Policy(
        "export_lifetime",
        "An exported file is registered, and expires or is rebuilt within this time.",
        f"{LIMITS.export_hours} hours",
        "serving",
        "serving.md, outputs",
    ),
    Policy(
        "readiness_alert",
        "An advisor is alerted when the host product's readiness score falls below the threshold, at most once in "
        "the pause.",
        f"below {LIMITS.readiness_alert_below:g}, {LIMITS.alert_pause.days} days",
        "jobs",
        "events.md, product events",
    ),
    Policy(
        "roles",
        "What a role may ask, and about whom, is declared once; a role stands for a person only by a roster, a grant "
        "of the tenant or a declared mapping of its identity provider's claims, looked up on every request.",
        "see roles.md",
        "serving.gate, serving.doorkeeper",
        "privacy.md, access",
    ),
    Policy(
        "sessions",
        "A session ends by signing out (in every process at once), when nothing was asked for the shorter time, and "
        "after the longer one in any case; a token ends by itself.",
        f"{LIMITS.session_idle // timedelta(minutes=1)} minutes idle, {LIMITS.session_longest // timedelta(hours=1)} "
        f"hours; tokens at most {LIMITS.token_longest.days} days",
        "serving.doorkeeper, stores.postgres.sessions",
        "privacy.md, access",
    ),
    Policy(
        "clock_skew",
        "So far the clock of whoever signs tokens may be off.",
        f"{LIMITS.clock_skew_seconds} seconds",
        "serving.principal, serving.openid_tokens",
        "privacy.md, access",
    ),
    Policy(
        "key_requests",
        "Requests other than events that one API key may send, in each process; more is refused with 429.",
        f"{LIMITS.key_requests_per_second} a second, {LIMITS.key_requests_burst} at once",
        "serving.doorkeeper",
        "privacy.md, access",
    ),
    Policy(
        "development_sign_in",
        "The sign-in without a password exists in development only, and the server then starts on a loopback address "
        "only.",
        "AKADEMOS_ENVIRONMENT=development, 127.0.0.1 or ::1",
        "settings, cli.serve",
        "privacy.md, access",
    ),
    Policy(
        "breaking_change",
        "A change to an event type that would break its senders or readers needs a new version; old versions stay "
        "accepted and are upcast on read.",
        "events.lock.json",
        "catalogue.compatibility, `akademos events check`",
        "events.md, the dictionary",
    ),
)
