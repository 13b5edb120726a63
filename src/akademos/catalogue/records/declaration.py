"""The form in which a learning record is declared: its columns, life cycle, actions, readers and writers, and how long
it is kept.

Everything about a record follows from its one declaration: the dataset, the table with its constraints and triggers,
the API with its forms, the checks of imported files and the reference page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, TypeAlias

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.checks import Check
from akademos.catalogue.declarations import Basis, Purpose, years
from akademos.catalogue.roles import Reach, Role

FieldKind: TypeAlias = Literal["text", "texts", "integer", "number", "boolean", "date", "timestamp", "person", "json"]
JsonForm: TypeAlias = Mapping[str, object]
"""What a value of kind `json` must look like: the part of JSON Schema that `json_forms` knows."""

Party: TypeAlias = Literal["learner", "staff"]
Verb: TypeAlias = Literal["read", "create", "update", "act"]

OWNER = "product officer and enterprise architect"
"""Who answers for a record in a tenant, unless its declaration names somebody else."""


@dataclass(frozen=True, slots=True)
class Retention:
    """A class of retention: how long rows are kept, counted from their last change unless `COUNTED_FROM` of the
    retention job says otherwise; None: as long as what they belong to."""

    name: str
    period: timedelta | None
    reason: str


CURRICULUM = Retention("curriculum", None, "what was taught stands as long as anybody was taught it")
STUDY_RECORD = Retention("study record", years(7), "proof of study, as examination regulations ask for it")
CREDENTIAL = Retention("credential", years(50), "a certificate must be confirmed for a working life")
SUPPORT = Retention("support", years(2), "help is over when the study period is")
RETENTIONS = (CURRICULUM, STUDY_RECORD, CREDENTIAL, SUPPORT)


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a record.

    Attributes:
        kind: `texts` is a list of ids; `person` is a key of `people` in the table and a user_id outside of it, where
            the column `learner_key` is called `user_id` and another one like `advisor_key` is `advisor_id`.
        key: part of what identifies a row within the tenant; never changes.
        required: every row has it.
        refers: the record whose key the value (or each of its values) must be.
        refers_with: columns that must be equal in both rows, so that nothing is put under a stranger's parent.
        part_of: the row is a part of the one it refers to: goes with it, and is frozen with it.
        enforced: whether the database holds a foreign key for `refers`; lists of ids are checked where rows come in.
        values: the closed list of texts.
        least, most: inclusive bounds of numbers.
        default: what stands where a new row says nothing.
        form: what a value of kind `json` looks like.
        party: whom a person is; the learner whom a row is about, or somebody of the staff in it. When staff are erased,
            a column that is no key is emptied and the row stays.
        confidential: words about a person: kept in the row alone, never in the log of changes or an outbox.
        looked_up: lists may be filtered by it; an index stands behind it.
        searched: found by the text search of lists.
        unique: no two rows of a tenant have the same.
        set_by: `platform`: computed or set by actions; nobody sends it.
    """

    name: str
    kind: FieldKind
    description: str
    key: bool = False
    required: bool = False
    refers: str | None = None
    refers_with: tuple[str, ...] = ()
    part_of: bool = False
    enforced: bool = True
    values: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    default: str | int | None = None
    unit: str | None = None
    form: JsonForm | None = None
    party: Party = "learner"
    confidential: bool = False
    looked_up: bool = False
    searched: bool = False
    unique: bool = False
    set_by: Literal["client", "platform"] = "client"

    @property
    def outside(self) -> str:
        """Its name in files and in the API: people are keys in the tables and user ids outside of them."""
        if self.kind != "person":
            return self.name
        return "user_id" if self.name == "learner_key" else self.name.removesuffix("_key") + "_id"


@dataclass(frozen=True, slots=True)
class LifeCycle:
    """A state machine over one column.

    Attributes:
        initial: the state of a new row.
        transitions: state -> action -> next state; a state without actions is terminal.
        entries: states in which a load of records may bring rows in, beside the initial one: history of elsewhere.
        column: where the state stands.
    """

    initial: str
    transitions: Mapping[str, Mapping[str, str]]
    entries: tuple[str, ...] = ()
    column: str = "status"

    @property
    def states(self) -> tuple[str, ...]:
        """All states, in declared order."""
        return tuple(self.transitions)

    @property
    def actions(self) -> tuple[str, ...]:
        """All actions, in the order in which they are first possible."""
        return tuple(dict.fromkeys(action for possible in self.transitions.values() for action in possible))

    @property
    def terminal(self) -> tuple[str, ...]:
        """States that nothing leads out of."""
        return tuple(state for state, possible in self.transitions.items() if not possible)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every legal step from one state to another."""
        steps = ((state, after) for state, possible in self.transitions.items() for after in possible.values())
        return tuple(dict.fromkeys(steps))

    def allowed(self, state: str) -> tuple[str, ...]:
        """The actions that are possible in a state."""
        return tuple(self.transitions.get(state, ()))


@dataclass(frozen=True, slots=True)
class Action:
    """What an action of the life cycle takes with it.

    Attributes:
        sets: fields that whoever acts may send with it, beside those that a client may change anyhow never.
        needs: those of them that must be sent.
        stamps: timestamp columns that are set to the instant of the action.
        stamps_actor: person columns that are set to who acts.
        by_platform: nobody asks for it at the API; behaviours and jobs do.
    """

    description: str
    sets: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    stamps: tuple[str, ...] = ()
    stamps_actor: tuple[str, ...] = ()
    by_platform: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """What a role may do with which rows: `reach` as in the matrix of roles, `Reach.TENANT` for all of the tenant.

    Attributes:
        verbs: read, create, update, act (all actions), or the names of single actions.
        states: rows in other states are as if they were not there; empty for all.
    """

    role: Role
    reach: Reach
    verbs: frozenset[str]
    states: tuple[str, ...] = ()

    def lets(self, verb: Verb, action: str | None = None) -> bool:
        """Whether it covers a verb, or an action by name."""
        return verb in self.verbs or (verb == "act" and action is not None and action in self.verbs)


def access(role: Role, reach: Reach, verbs: str, states: tuple[str, ...] = ()) -> Access:
    """`Access` with verbs as words: `access("product", Reach.TENANT, "read create update act")`."""
    return Access(role, reach, frozenset(verbs.split()), states)


@dataclass(frozen=True, slots=True)
class Record:
    """One learning record.

    Attributes:
        name: of the table and the dataset.
        collection: last part of its address, `/v1/records/{collection}`.
        fields: beside these every table has tenant_id, source_reference, version, created_at and updated_at, and a
            versioned one revision and published_at.
        access: who may do what; a role that is not in it may do nothing.
        versioned: content with revisions: what was published never changes under its number.
        audited: which acts are written to the audit log; `create`, `update`, or an action.
        audited_fields: fields of which every change is written to the audit log, with what stood before and stands now.
        purposes: what readers and live consent must cover where the basis is consent.
        cached: whether a change counts up the version of the tenant's curriculum.
        file: name of its file in a folder of record files; empty for those that come in by the API only.
        singular: what one row is called in refusals.
    """

    name: str
    collection: str
    singular: str
    description: str
    grain: str
    fields: tuple[Field, ...]
    access: tuple[Access, ...]
    life_cycle: LifeCycle | None = None
    actions: Mapping[str, Action] = field(default_factory=dict)
    versioned: bool = False
    audited: Mapping[str, AuditAction] = field(default_factory=dict)
    audited_fields: Mapping[str, AuditAction] = field(default_factory=dict)
    owner: str = OWNER
    retention: Retention = CURRICULUM
    basis: Basis = Basis.CONTRACT
    purposes: tuple[Purpose, ...] = ()
    upstream: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    cached: bool = False
    file: str = ""

    def field(self, name: str) -> Field | None:
        """The field of that name in the table."""
        return next((one for one in self.fields if one.name == name), None)

    @property
    def keys(self) -> tuple[Field, ...]:
        """The columns that identify a row within the tenant."""
        return tuple(one for one in self.fields if one.key)

    @property
    def contents(self) -> tuple[Field, ...]:
        """The columns that can change."""
        return tuple(one for one in self.fields if not one.key)

    @property
    def subject(self) -> Field | None:
        """The column that says which learner a row is about; None where it is about nobody."""
        return next((one for one in self.fields if one.kind == "person" and one.party == "learner"), None)

    @property
    def people(self) -> tuple[Field, ...]:
        """All columns that name people."""
        return tuple(one for one in self.fields if one.kind == "person")

    @property
    def state(self) -> str | None:
        """The column of its life cycle."""
        return None if self.life_cycle is None else self.life_cycle.column

    @property
    def look_ups(self) -> tuple[Field, ...]:
        """What lists may be filtered by."""
        return tuple(one for one in self.fields if one.looked_up)

    @property
    def whole(self) -> Field | None:
        """The reference to what a row is a part of."""
        return next((one for one in self.fields if one.part_of), None)

    @property
    def frozen(self) -> tuple[Field, ...]:
        """Of versioned content what never changes under a published number: all that a client writes, people apart,
        who may be erased from it."""
        return tuple(
            one for one in self.contents if one.set_by == "client" and one.kind != "person" and one.name != self.state
        )
