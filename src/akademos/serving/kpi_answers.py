"""KPIs as they are answered: what is published, selected; nothing is computed here but how a value moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from akademos.catalogue.kpi_declaration import DIMENSIONS, PARITY_BEYOND, TOO_FEW, Kpi, require_counted
from akademos.catalogue.kpis import KPI_OF
from akademos.catalogue.policies import LIMITS
from akademos.errors import InputError, NotFound
from akademos.serving.principal import Principal, name_of
from akademos.serving.services import Services
from akademos.stores.ports.kpis import PRODUCTION, KpiNote, Snapshot

WEEKS_SHOWN = 26
MOST_DAYS = 5 * 366
MOVED_OVER = timedelta(days=28)
COLUMNS = (
    "kpi",
    "week",
    "environment",
    "dimension",
    "member",
    "period",
    "status",
    "value",
    "low",
    "high",
    "bound",
    "unit",
    "target",
    "people",
    "units",
    "baseline",
    "parity",
    "consenting",
    "smallest_group",
    "computed_at",
    "reason",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: weeks from the one of a day to the one of another, of one environment and slice."""

    since: date
    until: date
    environment: str = PRODUCTION
    dimension: str = ""
    member: str = ""


def wanted(
    today: date,
    since: date | None,
    until: date | None,
    environment: str | None,
    slices: Mapping[str, str | None],
) -> Wanted:
    """What a request asks for, on the day that it is at the institution.

    Raises:
        InputError: the days are in the wrong order, too far apart or out of range, or two slices are asked for at once.
    """
    for day, name in ((since, "from"), (until, "to")):
        if day is not None:
            require_counted(day, name, f"/query/{name}")
    last = until or today
    first = since or last - timedelta(weeks=WEEKS_SHOWN)
    if first > last or (last - first).days > MOST_DAYS:
        raise InputError(
            f"From {first} to {last} is no span of at most five years.",
            hint="Give `from` before `to`.",
            pointer="/query/from",
        )
    chosen = {name: value for name, value in slices.items() if value}
    if len(chosen) > 1:
        raise InputError(
            f"{' and '.join(sorted(chosen))} are asked for at once.",
            hint="KPIs are published by one of persona, course and cohort at a time, so that no slice tells of few.",
            code="one_slice",
            pointer=f"/query/{max(chosen)}",
        )
    dimension, member = next(iter(chosen.items()), ("", ""))
    for name, value in (("environment", environment), (dimension, member)):
        if value:
            name_of(value, name, f"/query/{name}")
    monday = first - timedelta(days=first.weekday())
    return Wanted(monday, last, environment or PRODUCTION, dimension, member or "")


def kpi_named(name: str) -> Kpi:
    """The KPI of a name.

    Raises:
        NotFound: there is none.
    """
    if name not in KPI_OF:
        raise NotFound(f"There is no KPI {name[:64]}.", hint="/v1/analytics/kpis lists them.", code="unknown_kpi")
    return KPI_OF[name]


def lines(services: Services, principal: Principal, what: str, kpis: Sequence[Kpi], asked: Wanted) -> list[Snapshot]:
    """The published lines of some KPIs, all slices, past the gate; a slice of fewer people than the tenant now wants is
    not among them.

    Raises:
        Forbidden: the role gets no KPIs.
    """
    purposes = [purpose for kpi in kpis for purpose in kpi.purposes]
    floor = services.gate.of_institution(principal, what, purposes)
    found = services.kpis.snapshots(
        principal.tenant_id,
        kpis=[kpi.name for kpi in kpis],
        since=asked.since,
        until=asked.until,
        environment=asked.environment,
    )
    shown = []
    for one in found:
        if large_enough(one, floor):
            shown.append(one)
        elif not one.dimension:
            shown.append(withheld(one))
    return shown


def large_enough(one: Snapshot, floor: int) -> bool:
    """Whether a line may be shown where nothing of fewer than `floor` people is: it was published under a floor as
    large, or is of so many people however they were rounded, or of nobody."""
    if one.smallest_group is None and one.people is None:
        return True
    return (one.smallest_group or 0) >= floor or (one.people or 0) - LIMITS.count_rounding // 2 >= floor


def withheld(one: Snapshot) -> Snapshot:
    """The line without its figures."""
    return replace(one, status="withheld", reason=TOO_FEW, value=None, low=None, high=None, people=None, units=None,
                   baseline=None, parity=None)  # fmt: skip


def of_slice(found: Sequence[Snapshot], asked: Wanted, kpi: Kpi) -> list[Snapshot]:
    """The lines of one KPI and the slice asked for, by week."""
    return [
        one
        for one in found
        if (one.kpi, one.dimension, one.member) == (kpi.name, asked.dimension, asked.member)
    ]  # fmt: skip


def members(found: Sequence[Snapshot]) -> dict[str, list[str]]:
    """What there are slices of, by dimension."""
    return {dimension: sorted({one.member for one in found if one.dimension == dimension}) for dimension in DIMENSIONS}


def row(one: Snapshot) -> dict[str, Any]:
    """One line by `COLUMNS`."""
    kpi = KPI_OF[one.kpi]
    told = {**asdict(one), "unit": kpi.unit, "target": kpi.target}
    told |= {"week": one.week.isoformat(), "computed_at": one.computed_at.isoformat().replace("+00:00", "Z")}
    return {name: told[name] for name in COLUMNS}


def moved(course: Sequence[Snapshot]) -> dict[str, Any] | None:
    """How the newest value differs from the one of four weeks before: `clear` where their intervals lie apart, null
    where there are none; `better` by where better lies. None without both."""
    known = [one for one in course if one.value is not None and one.bound == "exact"]
    if not known:
        return None
    last = known[-1]
    before = next((one for one in known if one.week == last.week - MOVED_OVER), None)
    if before is None or before.value is None or last.value is None:
        return None
    change = last.value - before.value
    clear = None
    if None not in (last.low, last.high, before.low, before.high):
        clear = (last.low or 0.0) > (before.high or 0.0) or (last.high or 0.0) < (before.low or 0.0)
    up = KPI_OF[last.kpi].direction == "up"
    return {
        "since": before.week.isoformat(),
        "from": before.value,
        "change": round(change, 6),
        "clear": clear,
        "better": None if change == 0 else (change > 0) == up,
    }


def newest_of(course: Sequence[Snapshot]) -> Snapshot | None:
    """The newest line with a value; where none has one, the newest."""
    known = [one for one in course if one.value is not None] or course
    return known[-1] if known else None


def reached(kpi: Kpi, one: Snapshot | None) -> bool | None:
    """Whether a value is where it should be; None without value or target."""
    if one is None or one.value is None or kpi.target is None:
        return None
    return one.value >= kpi.target if kpi.direction == "up" else one.value <= kpi.target


def declared(kpi: Kpi) -> dict[str, Any]:
    """What is declared of a KPI."""
    return {
        "name": kpi.name,
        "title": kpi.title,
        "question": kpi.question,
        "definition": kpi.definition,
        "grain": kpi.grain,
        "owner": kpi.owner,
        "unit": kpi.unit,
        "measure": kpi.measure.value,
        "period": kpi.period.value,
        "target": kpi.target,
        "direction": kpi.direction,
        "dimensions": list(kpi.dimensions),
        "purposes": [purpose.value for purpose in kpi.purposes],
        "group_floor": kpi.group_floor if kpi.of_people else None,
        "watch": kpi.watch,
        "function": kpi.function,
    }


def summary(kpi: Kpi, found: Sequence[Snapshot], asked: Wanted) -> dict[str, Any]:
    """One KPI with its newest value, its target and how it moved."""
    course = of_slice(found, asked, kpi)
    newest = newest_of(course)
    return {
        **declared(kpi),
        "newest": None if newest is None else row(newest),
        "target_reached": reached(kpi, newest),
        "moved": moved(course),
    }


def note(one: KpiNote, zone: ZoneInfo) -> dict[str, Any]:
    """A note as JSON. A signal should be written down within a day of what it is about, in the institution's zone."""
    told = asdict(one)
    told |= {
        "about": one.about.isoformat(),
        "logged_at": one.logged_at.isoformat(),
        "due_on": None if one.due_on is None else one.due_on.isoformat(),
        "done_at": None if one.done_at is None else one.done_at.isoformat(),
        "in_time": (one.logged_at.astimezone(zone).date() - one.about).days <= 1 if one.kind == "signal" else None,
    }
    del told["author"]
    return told


def protection(floor: int) -> dict[str, Any]:
    """What was done so that nobody can be recognised."""
    return {
        "smallest_group": floor,
        "counts_rounded_to": LIMITS.count_rounding,
        "shares_within": [LIMITS.share_lowest, LIMITS.share_highest],
        "parity_beyond": PARITY_BEYOND,
    }


REVIEWS_WEEKLY = 12
"""Reviews are held every week at first, then every second."""


def next_review(held: Sequence[date]) -> date | None:
    """When the next review is due, of the days of all that were held: a week after the last one, two weeks once there
    have been `REVIEWS_WEEKLY`."""
    if not held:
        return None
    return max(held) + timedelta(weeks=1 if len(held) < REVIEWS_WEEKLY else 2)
