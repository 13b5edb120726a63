"""The reference page of the learning records, from their declarations."""

from __future__ import annotations

from akademos.catalogue.records import RECORDS
from akademos.catalogue.records.declaration import RETENTIONS, Access, Field, Record
from akademos.catalogue.reference import page, period, table
from akademos.catalogue.roles import Reach

_WHERE = {
    Reach.TENANT: "all of the tenant",
    Reach.OWN_COURSES: "own courses",
    Reach.OWN_ADVISEES: "own advisees",
    Reach.SELF: "themself",
}


def records_page() -> str:
    """Every record: fields, life cycle, who may do what, how long it is kept."""
    return page(
        "Records",
        f"{len(RECORDS)} learning records, at `/v1/records/{{collection}}`. People are user ids there, in the columns "
        "`user_id` and the like. Beside its fields each row has `source_reference`, `version` (its ETag), `created_at` "
        "and `updated_at`, content with revisions also `revision` and `published_at`. Lists are filtered by the "
        "fields marked so, by `source_reference`, `updated_since` and `created_since`, and by text (`q`).",
        table(
            ("Record", "Address", "One row is", "Kept", "Basis"),
            (
                (
                    f"[{one.name}](#{one.name})",
                    f"`{one.collection}`",
                    one.grain,
                    f"{one.retention.name}, {period(one.retention.period)}",
                    one.basis.value,
                )
                for one in sorted(RECORDS, key=lambda one: one.name)
            ),
        ),
        table(("Retention class", "Kept", "Why"), ((one.name, period(one.period), one.reason) for one in RETENTIONS)),
        *(_record(one) for one in sorted(RECORDS, key=lambda one: one.name)),
    )


def addresses(record: Record) -> list[tuple[str, str]]:
    """Method and path of everything that is asked of a record over HTTP, loads and exports aside."""
    base = f"/v1/records/{record.collection}"
    verbs = {verb for one in record.access for verb in one.verbs}
    found = [("GET", base)] + ([("POST", base)] if "create" in verbs else []) + [("GET", f"{base}/{{key}}")]
    found += [("PATCH", f"{base}/{{key}}")] if "update" in verbs else []
    for name, action in record.actions.items():
        if not action.by_platform:
            found.append(("POST", f"{base}/{{key}}/actions/{name}"))
    return found + ([("GET", f"{base}/{{key}}/revisions")] if record.versioned else [])


def _record(record: Record) -> str:
    facts = [
        f"- Owner: {record.owner}",
        f"- Key: {', '.join(f'`{one.outside}`' for one in record.keys)}",
    ]
    facts += [f"- Address: `{method} {path}`" for method, path in addresses(record)]
    if record.file:
        facts.append(f"- File: `{record.file}`")
    if record.purposes:
        facts.append(f"- Purposes: {', '.join(record.purposes)}")
    if record.versioned:
        facts.append("- Revisions: what was published under a number never changes")
    facts += [f"- Holds: {check.statement}" for check in record.checks]
    fields = table(
        ("Field", "Kind", "Required", "Bounds", "Refers to", "Filter", "Meaning"),
        (
            (
                f"`{one.outside}`",
                one.kind,
                "yes" if one.required else "",
                _bounds(one),
                one.refers or "",
                "yes" if one.looked_up else "",
                _meaning(one, record.audited_fields.get(one.name)),
            )
            for one in record.fields
        ),
    )
    access = table(
        ("Role", "Which rows", "In states", "May"),
        ((one.role, _WHERE[one.reach], ", ".join(one.states), _may(one)) for one in record.access),
    )
    blocks = [f"## {record.name}", record.description, "\n".join(facts), fields, _life_cycle(record), access]
    return "\n\n".join(block for block in blocks if block)


def _life_cycle(record: Record) -> str:
    cycle = record.life_cycle
    if cycle is None:
        return ""
    steps = []
    for state, possible in cycle.transitions.items():
        for action, after in possible.items():
            declared = record.actions[action]
            audited = record.audited.get(action)
            sent = ", ".join(f"`{name}`" + (" (needed)" if name in declared.needs else "") for name in declared.sets)
            by = " By the platform only." if declared.by_platform else ""
            steps.append((state, action, after, declared.description + by, sent, audited.value if audited else ""))
    return table(("From", "Action", "To", "Meaning", "Takes", "Audited as"), steps)


def _may(one: Access) -> str:
    return ", ".join("all actions" if verb == "act" else verb for verb in sorted(one.verbs))


def _bounds(one: Field) -> str:
    if one.values:
        return "one of " + ", ".join(f"`{value}`" for value in one.values)
    if one.least is not None and one.most is not None:
        return f"{one.least:,.15g} to {one.most:,.15g}"
    return f"at least {one.least:,.15g}" if one.least is not None else ""


def _meaning(one: Field, audited: str | None) -> str:
    parts = [one.description + (f" ({one.unit})" if one.unit else "")]
    parts += ["set by the platform"] if one.set_by == "platform" else []
    parts += [f"changes audited as {audited}"] if audited else []
    parts += ["confidential: in no log of changes"] if one.confidential else []
    parts += ["searched by text"] if one.searched else []
    return "; ".join(parts)
