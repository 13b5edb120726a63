"""What must hold between declarations. Each check returns sentences about the offending ones, none when all is well.

`Registry` refuses to be built from declarations with problems, so nothing downstream has to ask again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

from akademos.catalogue import event_log
from akademos.catalogue.column_plan import CONTENT_COLUMNS
from akademos.catalogue.declarations import (
    Basis,
    CoreProperty,
    Dataset,
    EventType,
    Kind,
    Metric,
    Party,
    Policy,
    Property,
    Term,
    Zone,
)
from akademos.catalogue.denied_keys import is_denied
from akademos.catalogue.naming import naming_problems
from akademos.catalogue.policies import LIMITS
from akademos.catalogue.upcasting import apply_upcast, upcast_problems
from akademos.catalogue.validation import EventChecker

FAMILIES = ("product", "study", "enrolment")
COLUMN_TYPES = (
    "string",
    "strings",
    "int32",
    "int64",
    "float64",
    "decimal",
    "bool",
    "timestamp",
    "date",
    "json",
    "bytes",
)

_COLUMN_KINDS: Mapping[str, frozenset[Kind]] = {
    "string": frozenset({Kind.STRING}),
    "strings": frozenset({Kind.STRINGS}),
    "int32": frozenset({Kind.INTEGER}),
    "float64": frozenset({Kind.NUMBER, Kind.INTEGER, Kind.BOOLEAN}),
}
_CONTENT_TYPES = {column.name: column.type for column in event_log.COLUMNS if column.name in CONTENT_COLUMNS}


def twice(kind: str, names: Iterable[str]) -> list[str]:
    """Names declared more than once."""
    return [f"{kind} {name}: declared twice" for name, count in Counter(names).items() if count > 1]


def property_problems(event: EventType, rule: Property) -> Iterator[str]:
    """A property is bounded or says why it is not, and its column can hold it."""
    where = f"{event.wire_name}.{rule.name}"
    if re.fullmatch(r"[a-z][a-z0-9_]*", rule.name) is None:
        yield f"{where}: name properties in snake_case"
    if is_denied(rule.name):
        yield f"{where}: that key holds personal data in clear, which no event may carry"
    if not rule.description:
        yield f"{where}: describe it"
    bounded = rule.minimum is not None and rule.maximum is not None
    if rule.kind in {Kind.NUMBER, Kind.INTEGER} and not bounded:
        yield f"{where}: a number needs minimum and maximum"
    if rule.kind in {Kind.STRING, Kind.STRINGS} and rule.maximum is None and not rule.values:
        yield f"{where}: a string or an array needs a maximum length or an enumeration"
    if rule.kind is Kind.OBJECT and not rule.free_text:
        yield f"{where}: a free-form property says why in free_text"
    if bounded and rule.minimum > rule.maximum:  # type: ignore[operator]  # both are set when bounded
        yield f"{where}: the minimum is above the maximum"
    if rule.values and rule.kind not in {Kind.STRING, Kind.STRINGS}:
        yield f"{where}: only strings have enumerations"
    if rule.invalid_example is None:
        yield f"{where}: give an invalid example"
    if rule.column is not None:
        wanted = _CONTENT_TYPES.get(rule.column)
        if wanted is None:
            yield f"{where}: {rule.column} is no column of the event log that senders fill"
        elif rule.kind not in _COLUMN_KINDS[wanted]:
            yield f"{where}: a {rule.kind} does not fit the column {rule.column} ({wanted})"


def example_problems(event: EventType, checker: EventChecker) -> Iterator[str]:
    """The example is fine, without unknown names, and stops being so with each invalid example in turn."""
    where = event.wire_name
    core = {name: value for name, value in event.example.items() if name != "properties"}
    properties = event.example.get("properties", {})
    if not isinstance(properties, dict):
        yield f"{where}: the example's properties must be an object"
        return
    if core.get("event_name") != where:
        yield f"{where}: the example's event_name must be {where}"
    checked = checker.check(properties, core, strict=True)
    for violation in checked.violations:
        yield f"{where}: the example is refused at {violation.pointer}: {violation.hint}"
    if checked.violations:
        return
    for rule in event.properties:
        if rule.invalid_example is None:
            continue
        spoilt = checker.check_properties({**properties, rule.name: rule.invalid_example})
        pointer = f"/properties/{rule.name}"
        at = [found.pointer for found in spoilt.violations]
        if not at or any(found != pointer and not found.startswith(f"{pointer}/") for found in at):
            yield f"{where}.{rule.name}: the invalid example is not what is refused"


def event_problems(event: EventType, core: Mapping[str, CoreProperty], datasets: frozenset[str]) -> Iterator[str]:
    """One event type by itself: its name, its references, its basis, its properties."""
    where = event.wire_name
    yield from naming_problems(event.name, event.personas)
    for label, text in (("description", event.description), ("emitted_when", event.emitted_when)):
        if not text:
            yield f"{where}: {label} is empty"
    if not event.owner or not event.personas or not event.purposes:
        yield f"{where}: owner, personas and purposes must be given"
    if event.version < 1:
        yield f"{where}: versions count from 1"
    if event.retention <= timedelta(0):
        yield f"{where}: retention must be positive"
    if event.family not in FAMILIES:
        yield f"{where}: family {event.family} is none of {', '.join(FAMILIES)}"
    if event.essential != (event.zone is not Zone.CORE):
        yield f"{where}: essential events, and only they, go to the preference or security log"
    if event.essential and event.basis is Basis.CONSENT:
        yield f"{where}: an essential event rests on a named legal basis, not on consent"
    if event.subject is Party.LEARNER and "subject_id" not in event.required_core:
        yield f"{where}: with a learner as subject, subject_id is a required core property"
    if event.subject is Party.GROUP and "cohort_id" not in event.required_core:
        yield f"{where}: with a group as subject, cohort_id is a required core property"
    yield from twice(f"{where}: property", (rule.name for rule in event.properties))
    declared = {rule.name for rule in event.properties}
    for name in sorted(declared & core.keys()):
        yield f"{where}.{name}: that is the name of a core property, which stands at the top level"
    for name in event.required_core:
        if name not in core or core[name].set_by != "sender":
            yield f"{where}: required_core names {name}, which no sender sets"
    for group in event.require_one_of:
        if len(group) < 2 or not declared.issuperset(group):
            yield f"{where}: require_one_of needs two or more declared properties, not {', '.join(group)}"
    for mart in event.marts:
        if mart not in datasets:
            yield f"{where}: feeds {mart}, which is no declared dataset"
    for rule in event.properties:
        yield from property_problems(event, rule)


def version_problems(versions: Sequence[EventType], checkers: Mapping[str, EventChecker]) -> Iterator[str]:
    """All versions of one name, ascending: numbered without gaps, and each leads to the next."""
    name = versions[0].name
    if [event.version for event in versions] != list(range(1, len(versions) + 1)):
        yield f"{name}: versions must run from 1 without a gap, because old ones stay accepted"
        return
    if versions[0].upcast is not None:
        yield f"{name}: version 1 has nothing to be upcast from"
    for before, after in pairwise(versions):
        found = upcast_problems(before, after)
        yield from found
        if found or after.upcast is None:
            continue
        old = before.example.get("properties", {})
        if isinstance(old, dict):
            checked = checkers[after.wire_name].check_properties(apply_upcast(after.upcast, old), strict=True)
            for violation in checked.violations:
                yield (
                    f"{after.wire_name}: the upcast example of {before.wire_name} is refused at "
                    f"{violation.pointer}: {violation.hint}"
                )


def dataset_problems(dataset: Dataset, datasets: frozenset[str], sources: frozenset[str]) -> Iterator[str]:
    """A dataset says who owns it, what a row is, and names upstreams, columns and a time column that exist."""
    where = f"dataset {dataset.name}"
    names = [column.name for column in dataset.columns]
    yield from twice(f"{where}: column", names)
    if dataset.available and not dataset.columns:
        yield f"{where}: a dataset that is served declares its columns"
    if not dataset.owner or not dataset.grain or not dataset.description:
        yield f"{where}: owner, grain and description must be given"
    if dataset.time_column is not None and dataset.time_column not in names:
        yield f"{where}: the time column {dataset.time_column} is no column of it"
    for column in dataset.columns:
        if column.type not in COLUMN_TYPES:
            yield f"{where}.{column.name}: the type {column.type} is none of {', '.join(COLUMN_TYPES)}"
    for upstream in dataset.upstream:
        if upstream not in datasets and upstream not in sources:
            yield f"{where}: its upstream {upstream} is not declared"


def metric_problems(metric: Metric, datasets: frozenset[str], metrics: frozenset[str]) -> Iterator[str]:
    """A metric has a definition and purposes, and its upstreams are declared."""
    where = f"metric {metric.name}"
    if not metric.definition or not metric.purposes or not metric.unit:
        yield f"{where}: definition, unit and purposes must be given"
    if metric.over_groups and (metric.group_floor is None or metric.group_floor < LIMITS.group_floor_least):
        yield f"{where}: it is over people, so it declares a group_floor of {LIMITS.group_floor_least} or more"
    for upstream in metric.upstream:
        if upstream not in datasets and upstream not in metrics:
            yield f"{where}: its upstream {upstream} is not declared"


def word_problems(policies: Sequence[Policy], terms: Sequence[Term], datasets: Sequence[Dataset]) -> Iterator[str]:
    """Policies and glossary: complete, and every cross-reference leads somewhere, also those of columns."""
    yield from twice("policy", (policy.name for policy in policies))
    yield from twice("term", (term.name for term in terms))
    for policy in policies:
        if not policy.value or not policy.enforced_by or not policy.description:
            yield f"policy {policy.name}: value, description and enforced_by must be given"
    known = {term.name for term in terms}
    for dataset in datasets:
        for column in dataset.columns:
            if column.term is not None and column.term not in known:
                yield f"dataset {dataset.name}.{column.name}: its term {column.term} is not in the glossary"
    for term in terms:
        for other in term.see_also:
            if other not in known:
                yield f"term {term.name}: see_also names {other}, which is no term"
