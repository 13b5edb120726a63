"""Why records are refused or kept out: each code of intake with its rule and what to do. Never what was sent."""

from __future__ import annotations

from typing import NamedTuple

from akademos.catalogue.warehouse_extracts import Extract

EXTRACTS: tuple[Extract, ...] = ()


class ParsingError(NamedTuple):
    """One code: the verdict it belongs to, the rule that was broken, and what the sender does about it."""

    code: str
    verdict: str
    rule: str
    hint: str


PARSING_ERRORS: tuple[ParsingError, ...] = tuple(
    ParsingError(code, "rejected", rule, hint)
    for code, rule, hint in (
        ("malformed_json", "The body or line is JSON.", "Mend the JSON at the position given."),
        ("not_an_object", "An event is a JSON object.", "Send one object for each event."),
        ("encoding_unknown", "Bodies are plain, gzip or zstd.", "Use one of these encodings."),
        ("sent_at_invalid", "`sent_at` is an instant with offset.", "Send ISO 8601 with an offset."),
        ("too_large", "An event has a size limit.", "Send less in one event."),
        ("too_deep", "JSON is nested to a limited depth.", "Nest less deeply."),
        ("event_name_missing", "Every event names its type.", "Send event_name."),
        ("event_unknown", "Event types are in the dictionary.", "Use a name of the dictionary, or declare a new type."),
        ("wrong_type", "Values have the declared type.", "Send the type that the dictionary says."),
        ("missing_property", "Required properties are there.", "Send the property."),
        ("missing_core_property", "Core properties that belong together are there together.", "Send both."),
        ("missing_actor", "An event of a person names the person.", "Send user_id, or anonymous_id before the login."),
        ("unknown_property", "A strict key takes declared properties only.", "Leave it out, or declare it."),
        ("persona_not_allowed", "An event type may be of some personas only.", "Send another event type or persona."),
        ("not_in_enumeration", "Enumerations are closed.", "Use one of the declared values."),
        ("pattern_mismatch", "Texts with a pattern match it.", "Send a text of that form."),
        ("too_long", "Texts have a greatest length.", "Send less."),
        ("too_short", "Texts have a least length.", "Send more, or leave the property out."),
        ("too_many", "Lists have a greatest length.", "Send fewer elements."),
        ("too_few", "Lists have a least length.", "Send more elements."),
        ("out_of_range", "Numbers lie within their bounds.", "Send a number within the bounds."),
        ("not_finite", "Numbers are finite.", "Leave the property out where there is no number."),
        ("not_a_timestamp", "Instants have an offset.", "Send ISO 8601 with an offset."),
        ("not_a_date", "Dates are ISO 8601.", "Send YYYY-MM-DD."),
        ("text_not_storable", "Texts are Unicode without NUL.", "Remove NUL characters and unpaired surrogates."),
        ("in_the_future", "Nothing happens a day ahead.", "Mend the sender's clock, or send sent_at."),
        ("too_old", "A new id is not older than the offline limit.", "Import what is older."),
        ("staff_event", "Events of staff come from the host's server.", "Send it with a secret key."),
        ("personal_data", "Nobody is named in clear.", "Send a salted hash, or leave it out."),
        ("personal_data_key", "No property is named like personal data.", "Send a salted hash, or leave it out."),
        ("denied_key", "Some property names are denied.", "Use another property, without personal data."),
    )
) + tuple(
    ParsingError(code, "suppressed", rule, hint)
    for code, rule, hint in (
        ("opt_out", "Tracking was switched off by the person.", "Stop sending; nothing is missing."),
        ("erased", "The person was erased.", "Stop sending; a new consent begins anew."),
        ("restricted", "The person restricted the processing.", "Stop sending until it is lifted."),
        ("paused", "The person paused the purpose.", "Stop sending until it is resumed."),
    )
)
