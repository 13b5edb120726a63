"""Datasets, limits and policies of alerts and interventions: who is told, when not, and what help brought about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from akademos.catalogue.checks import holds
from akademos.catalogue.dataset_columns import LEARNER, TENANT, may, must
from akademos.catalogue.declarations import Basis, Dataset, Policy, Purpose, years
from akademos.catalogue.policies import LIMITS
from akademos.catalogue.risk_datasets import FOCUS_SHARE


@dataclass(frozen=True, slots=True)
class AlertLimits:
    """Limits of alerts and of judging interventions; times as timedelta, risks as probabilities.

    Attributes:
        sharp_rise: so much more than the week before is a sharp rise.
        attempts: failed messages after which nobody tries any more.
        lease: how long one process has a message in hand; longer than a mail server may take.
        mail_timeout: how long a mail server may take for each of its answers.
        look: how often a page that is open is told of new alerts.
        effect_after: how long after the beginning of an intervention its learners are looked at again.
        effect_slack: so far from that day the score may lie.
        caliper: matched learners differ by no more than this before.
        noted_back, noted_ahead: so far from today help may begin or end; further back no record of it is kept.
    """

    sharp_rise: float = 0.15
    attempts: int = 10
    lease: timedelta = timedelta(minutes=5)
    mail_timeout: timedelta = timedelta(seconds=20)
    look: timedelta = timedelta(seconds=3)
    effect_after: timedelta = timedelta(days=28)
    effect_slack: timedelta = timedelta(days=7)
    caliper: float = 0.05
    noted_back: timedelta = timedelta(days=730)
    noted_ahead: timedelta = timedelta(days=365)


ALERT_LIMITS = AlertLimits()

ALERT_POLICIES: tuple[Policy, ...] = (
    Policy(
        "risk_alert",
        "An advisor is alerted when one of their learners is new in focus, or the chance that a course is not "
        "completed has risen sharply since the week before; not while an alert about learner and course is open, nor "
        "again within the pause. It is about learners who consent to advising and learning support. In focus are the "
        "first of each course, as far as they are likelier than usual, and whom the stated rule asks about.",
        f"the first {FOCUS_SHARE:.0%} of a course; "
        f"by {ALERT_LIMITS.sharp_rise:.0%} or more; pause of {LIMITS.alert_pause.days} days",
        "analytics.risk_alerts, jobs.risk_alerts",
        "analytics.md, students in focus",
    ),
    Policy(
        "alert_mail",
        "A message says how many alerts wait and where to look, never about whom. Consent and roster are looked at "
        "when it is sent; it keeps its Message-ID when it is sent again, waits while its recipient has quiet hours, "
        "and goes to domains that the operator has declared.",
        f"given up after {ALERT_LIMITS.attempts} attempts",
        "jobs.alert_mail, stores.smtp",
        "analytics.md, students in focus",
    ),
    Policy(
        "intervention_noted",
        "Help is kept for a learner who takes the course on the day it begins, or in no course, within these "
        "days of today; it does not end before it begins, and who was drawn by lot bears the name of the trial, an "
        "arm and a day.",
        f"{ALERT_LIMITS.noted_back.days} days back, {ALERT_LIMITS.noted_ahead.days} ahead",
        "learning.helping, stores.postgres.behaviours",
        "analytics.md, intervention effect",
    ),
    Policy(
        "intervention_effect",
        "What interventions brought about is published for groups of the floor or more in each arm, from learners who "
        "consent to advising and learning support; anew only when as many as the floor have come or gone. Where "
        "anybody has gone and that is not so, it is withheld.",
        "the tenant's floor",
        "jobs.intervention_effects",
        "privacy.md, disclosure control",
    ),
)

_OWNER = "learning science"
_ADVISING = (Purpose.ADVISING, Purpose.LEARNING_SUPPORT)
_KIND = must("kind", "string", "kind of intervention")
_TRIAL = must("trial", "string", "name of the comparison; empty for interventions outside of one")

ALERT_DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="alert_settings",
        description="How advisors want to be told of alerts, and when not.",
        grain="one advisor",
        owner=_OWNER,
        columns=(
            TENANT,
            must("advisor_key", "string", "key of the advisor in people", personal=True),
            must("by_mail", "bool", "whether by mail"),
            may("address", "bytes", "mail address, sealed under the person's data key", personal=True),
            must("time_zone", "string", "time zone (IANA) of the quiet hours"),
            may("quiet_from", "string", "time of day, HH:MM, from which nothing is sent"),
            may("quiet_until", "string", "time of day, HH:MM, from which it is sent again"),
            must("language", "string", "language of the messages"),
            must("changed_at", "timestamp", "last change"),
        ),
        zone="vault",
        basis=Basis.CONTRACT,
    ),
    Dataset(
        name="alert_deliveries",
        description="Whether the owner of an alert was told of it by mail. Not what was said: that is made when it is "
        "sent, and names nobody.",
        grain="one alert and advisor",
        owner=_OWNER,
        columns=(
            TENANT,
            must("alert_id", "string", "alert"),
            must("advisor_key", "string", "key of the advisor in people", personal=True),
            LEARNER,
            must("state", "string", "pending, sent, withheld (no longer to be told) or dead (given up)"),
            must("attempts", "int32", "failed attempts"),
            must("next_attempt_at", "timestamp", "not before"),
            may("notice_id", "string", "message that it is part of, from the first attempt on"),
            may("lease", "string", "UUID of the attempt that is under way"),
            may("leased_until", "timestamp", "when that attempt is over"),
            may("last_error", "string", "what the mail server answered last, where it failed"),
            must("created_at", "timestamp", "when it was to be told"),
            may("settled_at", "timestamp", "when it was sent, withheld or given up"),
        ),
        zone="serving",
        purposes=_ADVISING,
        time_column="created_at",
        retention=years(1),
        service_level="within a minute, quiet hours apart",
        upstream=("learner_alerts", "alert_settings"),
        checks=(holds("settled unless pending", "(state = 'pending') = (settled_at IS NULL)"),),
    ),
    Dataset(
        name="intervention_effects",
        description="How much less likely it became that a course is not completed, by kind of intervention and trial, "
        "against learners who were not helped; as published.",
        grain="one kind of intervention and trial",
        owner=_OWNER,
        columns=(
            TENANT,
            _KIND,
            _TRIAL,
            must("published_at", "timestamp", "when it was published"),
            must("design", "string", "randomised or matched"),
            must("treated", "int32", "learners who were helped, rounded"),
            must("comparison", "int32", "learners they are compared with, rounded"),
            must("effect", "float64", "difference in differences; below 0 is less risk", unit="probability"),
            must("low", "float64", "lower end of the 95% interval", unit="probability"),
            must("high", "float64", "upper end of the 95% interval", unit="probability"),
            must("counted", "int32", "learners counted in it, as they were; never shown"),
            must("withheld", "bool", "whether it is not shown, since some of them have gone"),
        ),
        zone="serving",
        purposes=_ADVISING,
        time_column="published_at",
        retention=years(1),
        service_level="every night",
        upstream=("learner_interventions", "risk_scores"),
        checks=(holds("the interval holds the effect", "low <= effect AND effect <= high"),),
    ),
    Dataset(
        name="intervention_effect_members",
        description="Who was counted in what is published of interventions: the memory that keeps a change of few from "
        "being published.",
        grain="one learner, kind of intervention and trial",
        owner=_OWNER,
        columns=(TENANT, _KIND, _TRIAL, LEARNER),
        zone="serving",
        purposes=_ADVISING,
        upstream=("learner_interventions",),
    ),
)
