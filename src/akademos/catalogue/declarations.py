"""The forms in which everything that exists is declared.

A declaration is data: the registry holds them, and validation, API documents, reference pages, retention
and lineage are derived from them. Nothing that a declaration says is written a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from akademos.catalogue.checks import Check


class Purpose(StrEnum):
    """What data may be used for; consent is given and withdrawn per purpose."""

    LEARNING_SUPPORT = "learning_support"
    ADVISING = "advising"
    PRODUCT_ANALYTICS = "product_analytics"
    RESEARCH = "research"
    PEER_COMPARISON = "peer_comparison"


class Basis(StrEnum):
    """The legal basis on which an event or a record may be kept."""

    CONSENT = "consent"
    CONTRACT = "contract"
    PUBLIC_TASK = "public_task"
    LEGAL_OBLIGATION = "legal_obligation"
    LEGITIMATE_INTEREST = "legitimate_interest"


class Party(StrEnum):
    """Who stands in a role of an event. Only learners are consent subjects."""

    LEARNER = "learner"
    STAFF = "staff"
    ANY = "any"  # decided by the person's kind in the identity vault; unknown people are learners
    SYSTEM = "system"
    GROUP = "group"
    NONE = "none"


class Zone(StrEnum):
    """Where an accepted event ends up."""

    CORE = "core"
    PREFERENCE_LOG = "preference_log"
    SECURITY_LOG = "security_log"


class Kind(StrEnum):
    """The type of a property's value on the wire (JSON)."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"  # ISO 8601 with offset
    DATE = "date"
    STRINGS = "strings"  # array of strings
    OBJECT = "object"  # only for free-form properties, which say why


def years(count: int) -> timedelta:
    """A retention period of `count` years of 365 days, so that a leap day never lengthens it."""
    return timedelta(days=365 * count)


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an event.

    `minimum`/`maximum` bound numbers (inclusive) and the length of strings and arrays; `values` closes an
    enumeration; `free_text` declares that people write in it as they like, and says why, so that reviewers look at
    it; it is searched for personal data and bounded like any other; `column` names the typed core column that
    holds the value (see `event_log.COLUMNS`), else the value stays in the core column `properties`.
    """

    name: str
    kind: Kind
    description: str
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()
    pattern: str | None = None
    free_text: str | None = None
    unit: str | None = None
    column: str | None = None
    invalid_example: object = None


@dataclass(frozen=True, slots=True)
class CoreProperty:
    """One property that stands at the top level of every event on the wire, beside `properties`.

    `set_by` says whose value counts: `sender`; or `server`, and then a sender's value is dropped and named.
    `kept_in` says where the value goes: `column` (the event log column `column`), `properties` (the JSON of
    the rest, under its own name), `vault` (identifiers never leave the identity vault; `column`, where there
    is one, holds the key found there) or `nowhere`. `usual` lists values that most senders use; others that
    match the pattern are as good.
    """

    name: str
    kind: Kind
    description: str
    required: str = "no"
    set_by: str = "sender"
    kept_in: str = "properties"
    column: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()
    pattern: str | None = None
    usual: tuple[str, ...] = ()
    default: str | bool | None = None
    needs: str | None = None  # another core property that must stand beside it
    example: object = None


@dataclass(frozen=True, slots=True)
class Upcast:
    """How the properties of the version before become properties of this version, applied on read.

    The steps run in the order of the fields: `renamed` (old, new), `dropped`, `mapped` (name, old value, new
    value), `scaled` (name, factor), `added` (name, value where there is none). A property that has a core
    column may only be renamed, to one with the same column, because readers of columns see no upcast.
    """

    renamed: tuple[tuple[str, str], ...] = ()
    dropped: tuple[str, ...] = ()
    mapped: tuple[tuple[str, str, str], ...] = ()
    scaled: tuple[tuple[str, float], ...] = ()
    added: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class EventType:
    """One version of one event of the tracking plan.

    `personas` is `("all",)` or closed: a sender that names another persona is refused. `basis` is that of the
    learners in the event; staff in it are no consent subjects (policy `staff_basis`). `require_one_of` lists
    groups of properties of which at least one must be there. `upcast` leads from the version before, and
    stands on every version but the first.
    """

    name: str
    description: str
    emitted_when: str
    personas: tuple[str, ...]
    purposes: tuple[Purpose, ...]
    retention: timedelta
    owner: str
    review_by: date
    marts: tuple[str, ...]
    example: Mapping[str, object]
    properties: tuple[Property, ...] = ()
    version: int = 1
    essential: bool = False
    basis: Basis = Basis.CONSENT
    actor: Party = Party.LEARNER
    subject: Party = Party.NONE
    required_core: tuple[str, ...] = ()  # core properties that this event must carry
    require_one_of: tuple[tuple[str, ...], ...] = ()
    frontend_emission: str = ""
    backend_endpoint: str = ""
    zone: Zone = Zone.CORE
    family: str = "product"  # product | study | enrolment
    upcast: Upcast | None = None

    @property
    def wire_name(self) -> str:
        """Name on the wire: the suffix `_v2` is appended from version 2 on."""
        return self.name if self.version == 1 else f"{self.name}_v{self.version}"

    @property
    def stopped_by_opt_out(self) -> bool:
        """Whether `tracking_opt_out` suppresses it: the non-essential events of product analytics."""
        return not self.essential and self.family == "product" and Purpose.PRODUCT_ANALYTICS in self.purposes


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a dataset; `type` is a name of the Arrow type (string, int32, float64, bool, timestamp, date).

    `personal`: it names, describes or was said by somebody, be it by a random key or a keyed hash. `stays`: it is
    personal and an erasure leaves it, because the name in it leads nowhere once the person's data key is destroyed,
    or because it was kept free of names when it was written. `other_party` names somebody in a row that is about
    somebody else: erasing them empties it, and the row stays. `term`: a word of the glossary that the value is, in
    exactly the meaning it has there.
    """

    name: str
    type: str
    description: str
    nullable: bool = True
    unit: str | None = None
    personal: bool = False
    other_party: bool = False
    stays: bool = False
    term: str | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table that somebody reads: who owns it, what one row is, how long it is kept, what must hold."""

    name: str
    description: str
    grain: str
    owner: str
    columns: tuple[Column, ...]
    zone: str  # landing | core | vault | records | serving | mart | log | release
    purposes: tuple[Purpose, ...] = ()
    basis: Basis = Basis.CONSENT
    time_column: str | None = None
    retention: timedelta | None = None
    service_level: str = ""
    upstream: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    available: bool = True  # False: declared as a target of lineage, not built yet


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that somebody sees: its definition, unit, purposes and where it is answered.

    `group_floor` is the smallest group that any tenant may have it published of; required where it is over people.
    """

    name: str
    description: str
    definition: str
    unit: str
    grain: str
    purposes: tuple[Purpose, ...]
    version: int = 1
    minimum_sample: str = ""
    upstream: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    group_floor: int | None = None

    @property
    def over_groups(self) -> bool:
        """Whether it sums up several people: whatever is not about one learner."""
        return not self.grain.startswith("learner")


@dataclass(frozen=True, slots=True)
class Policy:
    """A rule that is enforced in code, with its value and the place that enforces it."""

    name: str
    description: str
    value: str
    enforced_by: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the glossary."""

    name: str
    meaning: str
    see_also: tuple[str, ...] = field(default=())
