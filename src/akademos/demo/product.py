"""The product around the studying: accounts, sessions, plans, tools, and the software that is watched.

Events of the dictionary that product KPIs rest on, drawn from streams of their own, so that nothing of what is learned
changes. Staging repeats sessions and page views of some learners of the last weeks under its own environment, as a
replay there does, with slightly slower pages. Events of systems (releases of occupational data, requests counted) are
nobody's; they lie in the last four weeks, which is as far back as the event door takes them.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from akademos.demo.bank import Floats, Ints
from akademos.demo.product_parameters import Product
from akademos.demo.randomness import stream
from akademos.demo.signs import session_ids
from akademos.demo.simulation import History

SOURCES = ("onet", "esco")


def product_tables(history: History, params: Product) -> list[pl.DataFrame]:
    """Events of learners: who, at (local days), event_name and the properties of each."""
    return [
        *_accounts(history, params),
        *_sessions(history, params),
        *_career(history, params),
        _assessments(history, params),
        _planner(history, params),
    ]


def _there(history: History) -> Ints:
    """Learners who have begun."""
    return np.flatnonzero(history.learners.starts < history.term.now)


def _accounts(history: History, params: Product) -> list[pl.DataFrame]:
    rng = stream(history.seed, "accounts")
    who = _there(history)
    at = np.maximum(history.learners.starts[who] - 0.02, 0.0)
    student = np.array([history.learners.personas[one] == "student" for one in who])
    completes = student & (rng.random(len(who)) < params.onboards)
    waits = rng.exponential(params.onboards_after, len(who)) / 24
    done = completes & (at + waits < history.term.now[who])
    return [
        pl.DataFrame(
            {"who": who, "at": at, "event_name": "account_created", "signup_channel": "sso", "onboarding_offered": True}
        ),
        pl.DataFrame(
            {
                "who": who[done],
                "at": (at + waits)[done],
                "event_name": "student_onboarding_completed",
                "steps_completed": 5,
                "steps_skipped": 0,
            }
        ),
    ]


def _sessions(history: History, params: Product) -> list[pl.DataFrame]:
    """A sign-in a sitting, and some page views measured; the same again in staging."""
    rng = stream(history.seed, "sessions")
    rows = history.sittings
    who, at, ids = rows.who, rows.start - 1 / 86_400, session_ids(rows.who, rows.session)
    measured = rng.random(len(who)) < params.measured
    lcp = params.lcp * np.exp(rng.normal(0, params.lcp_sd, len(who)))
    inp = params.inp * np.exp(rng.normal(0, params.inp_sd, len(who)))
    shift = rng.gamma(1.0, params.cls, len(who))
    tester = rng.random(len(history.learners)) < params.staging_share
    recent = (at > history.term.now[who] - params.staging_days) & tester[who]
    parts = []
    for environment, chosen, slower in (("prod", np.ones(len(who), dtype=np.bool_), 1.0), ("staging", recent, 1.06)):
        some = np.flatnonzero(chosen)
        suffix = "" if environment == "prod" else "-staging"
        parts.append(
            pl.DataFrame(
                {
                    "who": who[some],
                    "at": at[some],
                    "event_name": "session_started",
                    "session_id": [ids[one] + suffix for one in some.tolist()],
                    "sign_in_method": "sso",
                    "channel": "web",
                    "environment": environment,
                }
            )
        )
        seen = np.flatnonzero(chosen & measured)
        parts.append(
            pl.DataFrame(
                {
                    "who": who[seen],
                    "at": at[seen] + 30 / 86_400,
                    "event_name": "web_vitals_measured",
                    "context_page": "/learn",
                    "lcp_ms": (slower * lcp[seen]).round(1),
                    "inp_ms": inp[seen].round(1),
                    "cls": shift[seen].round(3),
                    "sampling_rate": params.measured,
                    "environment": environment,
                }
            )
        )
    return parts


def _career(history: History, params: Product) -> list[pl.DataFrame]:
    """Uploads, plans that follow them, their tasks, and what becomes of those."""
    rng = stream(history.seed, "career")
    who = _there(history)
    end = history.term.now
    begins = np.array([history.learners.starts[one] for one in who])
    uploads = np.flatnonzero(rng.random(len(who)) < params.uploads)
    owner = who[uploads]
    at = begins[uploads] + rng.uniform(1, params.uploads_within, len(uploads))
    kept = at < end[owner]
    owner, at = owner[kept], at[kept]
    plans = rng.random(len(owner)) < params.accepts
    accepted = at + rng.exponential(params.accepts_after, len(owner))
    plans &= accepted < end[owner]
    planner, accepted = owner[plans], accepted[plans]
    tasks = np.repeat(np.arange(len(planner)), params.tasks)
    number = np.tile(np.arange(params.tasks), len(planner))
    due = accepted[tasks] + 7.0 * (number + 1)
    luck = rng.random(len(tasks))
    done = np.where(luck < params.keeps, due - rng.uniform(0, 5, len(tasks)), due + rng.uniform(0.2, 6, len(tasks)))
    ticked = (luck < params.keeps + params.late) & (done < end[planner[tasks]])
    ids = [f"plan-{one}" for one in planner.tolist()]
    task_ids = [f"task-{planner[plan]}-{place}" for plan, place in zip(tasks.tolist(), number.tolist(), strict=True)]
    origin = datetime.combine(history.first_day, datetime.min.time())
    dues = [(origin + timedelta(days=float(one))).strftime("%Y-%m-%dT%H:%M:%SZ") for one in due]
    named = {"plan_id": [ids[plan] for plan in tasks.tolist()], "task_id": task_ids}
    assigned = pl.DataFrame(
        {
            "who": planner[tasks],
            "at": accepted[tasks] + 1 / 1440,
            "event_name": "task_assigned",
            "due_at": dues,
            "task_kind": "practice",
            "subject_id": [history.learners.user_ids[one] for one in planner[tasks].tolist()],
            **named,
        }
    )
    ended = pl.DataFrame(
        {"who": planner[tasks], "at": done, "event_name": "task_completion_logged", "due_at": dues, **named}
    ).filter(pl.Series(ticked))
    return [
        pl.DataFrame(
            {"who": owner, "at": at, "event_name": "resume_parsed", "parse_outcome": "parsed", "skills_found": 8}
        ),
        pl.DataFrame(
            {
                "who": planner,
                "at": accepted,
                "event_name": "action_plan_accepted",
                "plan_id": ids,
                "plan_origin": "recommended",
                "tasks_planned": params.tasks,
            }
        ),
        assigned,
        ended,
    ]


def _assessments(history: History, params: Product) -> pl.DataFrame:
    """Self-assessments at even distances; readiness follows ability and grows."""
    rng = stream(history.seed, "assessments")
    learners, parts, before = history.learners, [], np.full(len(history.learners), np.nan)
    for number in range(params.assessments):
        at = learners.starts + 5 + number * params.assessments_every + rng.uniform(0, 4, len(learners))
        score = params.readiness + 9.0 * learners.ability + number * params.readiness_grows
        score = np.clip(score + rng.normal(0, params.readiness_sd, len(learners)), 0, 100).round(1)
        taken = (at < history.term.now) & (at < learners.drops) & (rng.random(len(learners)) < params.takes_assessment)
        some = np.flatnonzero(taken)
        parts.append(
            pl.DataFrame(
                {
                    "who": some,
                    "at": at[some],
                    "event_name": "assessment_completed",
                    "assessment_id": "self-assessment",
                    "readiness_score": score[some],
                    "previous_readiness_score": before[some],
                    "questions_answered": 30,
                }
            ).with_columns(pl.col("previous_readiness_score").fill_nan(None))
        )
        before = np.where(taken, score, before)
    return pl.concat(parts)


def _planner(history: History, params: Product) -> pl.DataFrame:
    rng = stream(history.seed, "planner")
    who = _there(history)
    who = who[rng.random(len(who)) < params.plans_money]
    times = rng.poisson(params.planner_sessions, len(who))
    owner = np.repeat(who, times)
    begins: Floats = history.learners.starts[owner]
    at = begins + rng.random(len(owner)) * np.maximum(history.term.now[owner] - begins, 0.0)
    seconds = params.planner_seconds * np.exp(rng.normal(0, params.planner_seconds_sd, len(owner)))
    return pl.DataFrame(
        {
            "who": owner,
            "at": at,
            "event_name": "financial_planner_used",
            "session_id": [f"p-{one}-{place}" for place, one in enumerate(owner.tolist())],
            "planner_seconds": seconds.round(1),
            "scenarios_compared": rng.integers(1, 5, len(owner)),
        }
    )


def system_events(history: History, params: Product) -> pl.DataFrame:
    """Events of systems in their final form (UTC, ids of their own), in order of time."""
    rng = stream(history.seed, "systems")
    rows: list[dict[str, object]] = []
    for day in range(params.system_days, 0, -1):
        at = history.now - timedelta(days=day)
        for environment, failing in (("prod", params.failing), ("staging", params.failing * 1.01)):
            total = int(rng.integers(9_000, 11_000))
            rows.append(
                {
                    "client_timestamp": at,
                    "event_name": "api_requests_counted",
                    "environment": environment,
                    "requests_total": total,
                    "requests_failed": int(rng.binomial(total, failing)),
                    "counted_seconds": 86_400.0,
                }
            )
        if day % 3 == 0:
            label = f"{history.now:%Y}.{day}"
            source = SOURCES[day % len(SOURCES)]
            taken = float(rng.exponential(params.import_hours))
            rows.append(
                {
                    "client_timestamp": at,
                    "event_name": "occupational_data_released",
                    "data_source": source,
                    "release_label": label,
                }
            )
            done = at + timedelta(hours=taken)
            if done < history.now:
                rows.append(
                    {
                        "client_timestamp": done,
                        "event_name": "occupational_data_imported",
                        "data_source": source,
                        "release_label": label,
                        "import_outcome": "completed",
                        "rows_imported": 1016,
                    }
                )
    ids = rng.bytes(16 * len(rows))
    for place, row in enumerate(rows):
        row["event_id"] = str(uuid.UUID(bytes=ids[16 * place : 16 * place + 16], version=4))
    return pl.DataFrame(rows, infer_schema_length=None).sort("client_timestamp", maintain_order=True)
