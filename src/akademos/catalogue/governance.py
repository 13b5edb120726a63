"""Register of processing, assessment template and breach runbook, written from the registry (GDPR Art. 30, 33-35)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from akademos.catalogue.declarations import Basis, Dataset, EventType, Purpose
from akademos.catalogue.policies import LIMITS
from akademos.catalogue.registry import Registry

RECIPIENTS: dict[Purpose, str] = {
    Purpose.LEARNING_SUPPORT: "the learner; instructors of the learner's own courses",
    Purpose.ADVISING: "the learner; the learner's own advisors",
    Purpose.PRODUCT_ANALYTICS: "analysts and product team, groups only",
    Purpose.RESEARCH: "researchers, released data sets only",
    Purpose.PEER_COMPARISON: "the learner; others of the same courses who compare themselves, groups only",
}
"""Who may see data for a purpose."""

MADE = "*Made from the catalogue by `akademos governance`; do not edit.*"


def _line(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> list[str]:
    return [_line(*heads), _line(*("---" for _ in heads)), *(_line(*row) for row in rows), ""]


def _kept(days: int | None) -> str:
    if days is None:
        return "as long as what it belongs to"
    if days % 365:
        return f"{days} days"
    return f"{days // 365} years" if days > 365 else "1 year"


def _personal(dataset: Dataset) -> list[str]:
    return [column.name for column in dataset.columns if column.personal]


def personal_datasets(registry: Registry) -> list[Dataset]:
    """Datasets that stand and hold personal data."""
    return [one for one in registry.datasets if one.available and _personal(one)]


def _retention(dataset: Dataset) -> str:
    if dataset.zone == "landing":
        return f"{LIMITS.landing_hours} hours; ids {LIMITS.dedupe_days} days"
    return _kept(dataset.retention.days if dataset.retention else None)


def _events_of(registry: Registry, purpose: Purpose) -> list[EventType]:
    return [event for event in registry.events if purpose in event.purposes]


def register(registry: Registry) -> str:
    """The register of processing activities: one activity a purpose, and what rests on another basis than consent."""
    lines = ["# Register of processing activities", "", MADE, ""]
    lines += [
        "Controller, representative and data-protection officer are the institution's own; enter them here.",
        "",
        "## Activities that rest on consent",
        "",
    ]
    rows = []
    for purpose in Purpose:
        events = _events_of(registry, purpose)
        metrics = [metric.name for metric in registry.metrics if purpose in metric.purposes]
        longest = max((event.retention.days for event in events), default=0)
        rows.append(
            (
                purpose.value,
                f"{len(events)} event types",
                ", ".join(metrics) or "none yet",
                RECIPIENTS[purpose],
                f"at most {_kept(longest)}" if events else "-",
            )
        )
    lines += _table(("Purpose", "Categories of data", "Results", "Recipients", "Kept"), rows)
    lines += ["## Activities on another basis", ""]
    others = [event for event in registry.events if event.essential or event.basis is not Basis.CONSENT]
    lines += _table(
        ("Event", "Basis", "When", "Kept"),
        ((event.name, event.basis.value, event.emitted_when, _kept(event.retention.days)) for event in others),
    )
    lines += ["## Where personal data is", ""]
    lines += _table(
        ("Dataset", "What", "Zone", "Basis", "Personal columns", "Kept", "Owner"),
        (
            (
                one.name, one.description, one.zone, one.basis.value, ", ".join(_personal(one)), _retention(one),
                one.owner,
            )
            for one in personal_datasets(registry)
        ),
    )  # fmt: skip
    lines += ["## Measures", ""]
    lines += [f"- **{policy.name}**: {policy.description} ({policy.value})" for policy in registry.policies]
    return "\n".join(lines) + "\n"


def assessment(registry: Registry) -> str:
    """The template of a data-protection impact assessment: what the registry knows is filled in, the rest is asked."""
    zones = sorted({one.zone for one in personal_datasets(registry)})
    lines = ["# Data-protection impact assessment", "", MADE, ""]
    lines += ["## 1. What is processed", ""]
    for purpose in Purpose:
        names = ", ".join(event.name for event in _events_of(registry, purpose))
        lines += [f"- **{purpose.value}**: {names or 'no events'}. Recipients: {RECIPIENTS[purpose]}."]
    lines += ["", f"Personal data lies in the zones {', '.join(zones)} (see the register).", ""]
    lines += ["## 2. Necessity and proportionality", ""]
    for question in (
        "Why is each purpose needed, and what would happen without it?",
        "Which event types does this institution not need? Leave them out of what is sent.",
        "Is refusing really without disadvantage, also in how staff treat it?",
        "Are the texts that people are shown (`akademos consent texts`) complete and plain?",
    ):
        lines += [f"- [ ] {question}"]
    lines += ["", "## 3. Risks and what stands against them", ""]
    lines += _table(
        ("Risk", "Measures that are enforced", "What remains"),
        (
            (risk, "; ".join(_policy(registry, name) for name in names), "")
            for risk, names in (
                ("Use without consent, or after it was taken back", ("consent_opt_in", "live_consent", "pause")),
                ("Somebody is recognised in the store or a log", ("identifiers",)),
                ("Somebody is recognised in a group's result", ("group_floor", "published_counts")),
                ("Somebody is recognised in a research release", ("research_release",)),
                ("Data is kept too long", ("landing_ttl", "study_retention", "dead_letters")),
                ("Minors decide what they cannot judge", ("consent_age",)),
                ("Staff are rated by their own events", ("staff_basis",)),
            )
        ),
    )
    lines += ["## 4. Estimates about people", ""]
    for question in (
        "Who looks at an estimate before anything follows from it, and where is that decision recorded?",
        "Which groups are compared for fairness, under which consent or basis?",
        "How does a learner contest a statement, and who answers?",
    ):
        lines += [f"- [ ] {question}"]
    lines += [
        "",
        "## 5. Decision",
        "",
        "Advice of the data-protection officer, views of learners, date, signature.",
        "",
    ]
    return "\n".join(lines)


def _policy(registry: Registry, name: str) -> str:
    policy = next(one for one in registry.policies if one.name == name)
    return f"{policy.description} ({policy.value})"


def runbook(registry: Registry) -> str:
    """What to do when personal data may have come into wrong hands; per zone what is at stake."""
    lines = ["# Runbook: a personal-data breach", "", MADE, ""]
    lines += [*FIRST_STEPS, "", "## What is at stake, by zone", ""]
    rows = []
    for zone in sorted({one.zone for one in personal_datasets(registry)}):
        mine = [one for one in personal_datasets(registry) if one.zone == zone]
        rows.append((zone, ", ".join(one.name for one in mine), READABLE.get(zone, READABLE["log"])))
    lines += _table(("Zone", "Datasets", "Readable without the master key?"), rows)
    return "\n".join(lines)


FIRST_STEPS = (
    "The supervisory authority is told within 72 hours of becoming aware; people without delay where the risk is high.",
    "",
    "1. **Contain.** Revoke keys (`akademos tenant revoke TENANT KEY`); stop the server if the way in is open.",
    "   Copy the data folder and the logs before changing anything.",
    "2. **Find out.** Which zone, which tenant, since when. `akademos doctor` shows the installation; the access log",
    "   says who read whom, the audit log what was changed.",
    "3. **Judge** by the table below: what lies where, and whether it can be read without the master key.",
    "4. **Tell.** Authority, people, the institutions whose tenants are concerned.",
    "5. **Mend and learn.** Rotate the keys, close the way, add the test that would have shown it.",
)

READABLE = {
    "landing": "Yes: the sender's events as they came, identifiers included; up to a day's worth.",
    "vault": "No: names and identifiers are sealed with a key a person. What is consented is readable by key.",
    "core": "By random key only; whose key it is stands in the vault.",
    "records": "By random key only, beside courses and results.",
    "serving": "By random key only: estimates, packed.",
    "mart": "By random key only.",
    "release": "By random key of the release only, each row shared by at least k people.",
    "log": "By random key, audit name or keyed hash only, beside reasons in which names were taken out.",
}
"""What somebody who has the files of a zone can read."""

DOCUMENTS: dict[str, Callable[[Registry], str]] = {
    "register": register,
    "assessment": assessment,
    "runbook": runbook,
}
"""By the name of the command and of the page in docs/privacy/."""
