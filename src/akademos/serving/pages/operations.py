"""Operations: is everything running, what waits where, what must somebody look at. Counts and ages; names nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from akademos.catalogue.alert_rules import RULE_NAMED
from akademos.catalogue.job_budgets import JOB_BUDGETS
from akademos.catalogue.runbooks import PRIORITY_OF, RUNBOOK_OF
from akademos.serving.charts.canvas import Caption
from akademos.serving.charts.sparkline import sparkline
from akademos.serving.pages.cards import NOTHING
from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tables import MISSING, Cell, Column, Table, count_cell
from akademos.serving.pages.tiles import Tile
from akademos.serving.pages.wording import Words
from akademos.stores.ports.incidents import Incident, Window
from akademos.stores.ports.pipeline_health import Health, JobState

STALE_AFTER = timedelta(minutes=15)
"""The worker keeps its figures every five minutes; when the newest are older, it probably does not run."""

ACTS = ("acknowledge", "mended", "false_alarm", "accepted")
"""What a person can do with an open incident: take it on, or end it in one of three ways."""

_SPARK_POINTS = 48


@dataclass(frozen=True)
class OpenIncident:
    """An open incident in words; `acts` are (value, label, whether it is the first choice)."""

    key: str
    title: str
    about: str
    priority: str
    since: str
    what: str
    runbook: str
    taken: bool
    late: str
    acts: Sequence[tuple[str, str, bool]]


@dataclass(frozen=True)
class StationView:
    """A station of the way in words."""

    name: str
    label: str
    value: str
    text: str
    waits: str


def render_operations(
    health: Health,
    incidents: Sequence[Incident],
    windows: Sequence[Window],
    *,
    shell: Shell,
    now: datetime,
    action: str,
    done: str = "",
    problem: str = "",
) -> str:
    """The page as HTML.

    Args:
        health: the pipeline of the tenant.
        incidents: of the tenant and of the installation, open ones first.
        windows: maintenance windows that are not over yet.
        action: where its forms are sent.
        done: what was just done (one of `ACTS`), if anything.
        problem: why it was not.
    """
    words = shell.words
    standing = [one for one in incidents if one.resolved_at is None]
    past = [one for one in incidents if one.resolved_at is not None]
    stale = health.looked_at is None or now - health.looked_at > STALE_AFTER
    looked = health.looked_at
    return page(
        "operations.html",
        shell,
        title=words.plain("ops.title"),
        lede=words.plain("ops.lede"),
        done=words.plain(f"ops.done.{done}") if done in ACTS else "",
        problem=problem,
        unwatched=_unwatched(looked, words) if stale else None,
        tiles=_tiles(health, standing, now, words),
        standing=[_open_incident(one, now, words) for one in sorted(standing, key=_urgency)],
        stations=_stations(health, now, words),
        aside=_aside(health, now, words),
        jobs=_jobs(health.jobs, now, words) if health.jobs else None,
        jobs_take=_jobs_take(health.jobs, now, words),
        past=_past(past, words) if past else None,
        windows=_windows(windows, now, words) if windows else None,
        action=action,
        looked=words.plain("ops.looked", at=_moment(looked, words)) if looked else "",
    )


def _urgency(one: Incident) -> tuple[int, datetime]:
    return PRIORITY_OF[one.priority].rank, one.opened_at


def _unwatched(looked: datetime | None, words: Words) -> Markup:
    if looked is None:
        return words.html("ops.unwatched.never")
    return words.html("ops.unwatched", at=_moment(looked, words))


def _tiles(health: Health, standing: Sequence[Incident], now: datetime, words: Words) -> list[Tile]:
    locale = words.locale
    received, landed = health.stations[0], health.stations[1]
    last = words.html("ops.tile.received.last", age=age(received.last_at, now, words)) if received.last_at else NOTHING
    waiting_text = (
        words.html("ops.tile.waiting.since", age=age(landed.waiting_since, now, words))
        if landed.waiting_since
        else words.html("ops.tile.waiting.none")
    )
    failed = sum(one.outcome == "failed" for one in health.jobs)
    over = sum(_over(one, now) for one in health.jobs)
    untaken = sum(one.acknowledged_at is None for one in standing)
    spark, table = _backlog(health, words)
    return [
        Tile(
            words.plain("ops.tile.incidents"),
            locale.number(len(standing)),
            text=words.counted("ops.tile.incidents.untaken", untaken)
            if standing
            else words.html("ops.tile.incidents.none"),
        ),
        Tile(words.plain("ops.tile.received"), locale.number(received.passed or 0), text=last),
        Tile(
            words.plain("ops.tile.waiting"), locale.number(landed.waiting), text=waiting_text, spark=spark, table=table
        ),
        Tile(
            words.plain("ops.tile.jobs"),
            locale.number(failed),
            text=words.counted("ops.tile.jobs.over", over) if over else words.html("ops.tile.jobs.in_time"),
        ),
    ]


def _backlog(health: Health, words: Words) -> tuple[Markup, Table | None]:
    points = list(health.backlog)
    if len(points) < 2:
        return NOTHING, None
    step = max(1, -(-len(points) // _SPARK_POINTS))  # the highest of each step, so that no peak is lost
    shown = [max(points[at : at + step], key=lambda one: one[1]) for at in range(0, len(points), step)]
    locale = words.locale
    rows = [[Cell(_moment(at, words), at.isoformat()), count_cell(value, locale)] for at, value in shown]
    columns = [Column(words.plain("ops.col.at")), Column(words.plain("ops.col.waiting"), numeric=True)]
    table = Table(words.plain("ops.backlog"), columns, rows)
    most = max(value for _, value in shown)
    description = words.plain("ops.backlog.desc", most=locale.number(most), last=locale.number(shown[-1][1]))
    tips = [f"{row[0].text}: {row[1].text}" for row in rows]
    drawing = sparkline(
        [value for _, value in shown],
        tips,
        caption=Caption("spark-backlog", words.plain("ops.backlog"), description),
        floor=0,
    )
    return Markup(drawing), table  # noqa: S704 - our drawing


def _open_incident(one: Incident, now: datetime, words: Words) -> OpenIncident:
    priority, rule = PRIORITY_OF[one.priority], RULE_NAMED.get(one.rule)
    taken = one.acknowledged_at is not None
    limit = priority.resolve_within if taken else priority.acknowledge_within
    acts = [(act, words.plain(f"ops.act.{act}"), number == taken) for number, act in enumerate(ACTS)]
    return OpenIncident(
        str(one.incident_id),
        one.rule,
        one.subject or words.plain("ops.whole" if one.tenant_id is None else "ops.tenant"),
        one.priority,
        words.plain("ops.since", age=age(one.opened_at, now, words), at=_moment(one.opened_at, words)),
        "" if rule is None else rule.summary.replace("`", ""),
        RUNBOOK_OF[one.runbook].page,
        taken,
        words.plain(f"ops.late.{'resolve' if taken else 'acknowledge'}") if now - one.opened_at > limit else "",
        acts[1:] if taken else acts,
    )


def _stations(health: Health, now: datetime, words: Words) -> list[StationView]:
    views = []
    for one in health.stations:
        last = words.plain("ops.station.last", age=age(one.last_at, now, words)) if one.last_at else ""
        waits = ""
        if one.waiting:
            waits = words.counted_plain(f"ops.station.{one.name}.waiting", one.waiting)
            if one.waiting_since:
                waits += " " + words.plain("ops.station.since", age=age(one.waiting_since, now, words))
        value = MISSING if one.passed is None else words.locale.number(one.passed)
        text = words.plain(f"ops.station.{one.name}.text")
        views.append(
            StationView(one.name, words.plain(f"ops.station.{one.name}"), value, f"{text} {last}".strip(), waits)
        )
    return views


def _aside(health: Health, now: datetime, words: Words) -> list[Markup]:
    lines = []
    for key, one in (("held", health.held), ("letters", health.letters)):
        if one.events:
            lines.append(words.counted(f"ops.aside.{key}", one.events, age=age(one.oldest, now, words)))
    return lines


def _over(one: JobState, now: datetime) -> bool:
    budget = JOB_BUDGETS.get(one.job)
    seconds = (now - one.started_at).total_seconds() if one.seconds is None else one.seconds
    return budget is not None and seconds > budget.total_seconds()


def _jobs_take(jobs: Sequence[JobState], now: datetime, words: Words) -> Markup:
    failed = [one.job for one in jobs if one.outcome == "failed"]
    over = [one.job for one in jobs if _over(one, now)]
    if failed:
        return words.html("ops.jobs.failed", names=words.listed(sorted(set(failed)), bold=True))
    if over:
        return words.html("ops.jobs.over", names=words.listed(sorted(set(over)), bold=True))
    return words.html("ops.jobs.fine")


def _jobs(jobs: Sequence[JobState], now: datetime, words: Words) -> Table:
    keys = ("job", "of", "started", "outcome", "seconds", "budget", "rows_in", "rows_out")
    numeric = ("seconds", "budget", "rows_in", "rows_out")
    rows = []
    for one in sorted(jobs, key=lambda one: (one.outcome != "failed", not _over(one, now), one.job)):
        budget = JOB_BUDGETS.get(one.job)
        key = "over" if one.outcome == "succeeded" and _over(one, now) else one.outcome
        rows.append(
            [
                Cell(one.job),
                Cell(words.plain("ops.whole" if one.shared else "ops.tenant")),
                Cell(_moment(one.started_at, words), one.started_at.isoformat()),
                Cell(words.plain(f"ops.outcome.{key}"), key, chip="chip" if key == "succeeded" else "chip strong"),
                count_cell(one.seconds, words.locale, 1),
                count_cell(None if budget is None else budget.total_seconds(), words.locale),
                count_cell(one.rows_in, words.locale),
                count_cell(one.rows_out, words.locale),
            ]
        )
    columns = [Column(words.plain(f"ops.jobs.{key}"), key in numeric) for key in keys]
    return Table(words.plain("ops.jobs"), columns, rows)


def _past(past: Sequence[Incident], words: Words) -> Table:
    keys = ("rule", "of", "priority", "opened", "detected", "taken", "resolved", "how")
    rows = []
    for one in past:
        resolved = one.resolved_at or one.opened_at
        rows.append(
            [
                Cell(one.rule),
                Cell(one.subject or words.plain("ops.whole" if one.tenant_id is None else "ops.tenant")),
                Cell(one.priority),
                Cell(_moment(one.opened_at, words), one.opened_at.isoformat()),
                _length(one.opened_at - one.began_at),
                _length(one.acknowledged_at - one.opened_at if one.acknowledged_at else None),
                _length(resolved - one.opened_at),
                Cell(words.plain(f"ops.resolution.{one.resolution}")),
            ]
        )
    columns = [Column(words.plain(f"ops.past.{key}"), key in ("detected", "taken", "resolved")) for key in keys]
    return Table(words.plain("ops.past"), columns, rows)


def _windows(windows: Sequence[Window], now: datetime, words: Words) -> Table:
    keys = ("kind", "of", "rules", "starts", "ends", "state")
    rows = []
    for one in windows:
        state = "off" if one.cancelled_at else "open" if one.starts_at <= now else "to_come"
        rows.append(
            [
                Cell(words.plain(f"ops.kind.{one.kind}")),
                Cell(words.plain("ops.whole" if one.tenant_id is None else "ops.tenant")),
                Cell(", ".join(one.rules) or words.plain("ops.windows.all")),
                Cell(_moment(one.starts_at, words), one.starts_at.isoformat()),
                Cell(_moment(one.ends_at, words), one.ends_at.isoformat()),
                Cell(words.plain(f"ops.windows.{state}")),
            ]
        )
    return Table(words.plain("ops.windows"), [Column(words.plain(f"ops.windows.{key}")) for key in keys], rows)


def _length(time: timedelta | None) -> Cell:
    return Cell(MISSING, -1) if time is None else Cell(_brief(time), time.total_seconds())


def _brief(time: timedelta) -> str:
    seconds = int(time.total_seconds())
    for symbol, size, most in (("s", 1, 60), ("min", 60, 3600), ("h", 3600, 172_800)):
        if seconds < most:
            return f"{seconds // size}\u00a0{symbol}"
    return f"{seconds // 86_400}\u00a0d"


def age(since: datetime | None, now: datetime, words: Words) -> str:
    """How long ago, in the largest whole unit."""
    return MISSING if since is None else length(max(timedelta(0), now - since), words)


def length(time: timedelta, words: Words) -> str:
    """A length of time in its largest whole unit: seconds, minutes, hours (up to two days), days."""
    seconds = int(time.total_seconds())
    for unit, size, most in (("seconds", 1, 60), ("minutes", 60, 3600), ("hours", 3600, 172_800)):
        if seconds < most:
            return words.counted_plain(f"ops.{unit}", seconds // size)
    return words.counted_plain("ops.days", seconds // 86_400)


def _moment(at: datetime, words: Words) -> str:
    return words.plain("ops.utc", at=words.locale.moment(at))
