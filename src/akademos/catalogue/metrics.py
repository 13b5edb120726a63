"""The numbers that somebody sees: definition, unit, smallest sample, purposes, where they are answered.

The gate checks the purposes of an answer from here. The formulae themselves are the definitions in `analytics`.
"""

from __future__ import annotations

from akademos.catalogue.content_metrics import CONTENT_METRICS
from akademos.catalogue.declarations import Metric, Purpose
from akademos.catalogue.kpis import KPI_METRICS
from akademos.catalogue.policies import LIMITS
from akademos.catalogue.readiness_metrics import READINESS_METRICS
from akademos.catalogue.recommendation_metrics import RECOMMENDATION_METRICS
from akademos.catalogue.risk_metrics import RISK_METRICS
from akademos.catalogue.study_metrics import STUDY_METRICS
from akademos.catalogue.tracing_metrics import TRACING_METRICS

_SUPPORT = (Purpose.LEARNING_SUPPORT,)
_PEERS = (Purpose.PEER_COMPARISON, Purpose.LEARNING_SUPPORT)

DASHBOARD = "GET /v1/analytics/dashboard"
MASTERY = "GET /v1/analytics/mastery"
MASTERY_TOPIC = "GET /v1/analytics/mastery/{topic}"
REVIEWS = "GET /v1/analytics/reviews"
KNOWLEDGE_GAPS = "GET /v1/analytics/knowledge-gaps"
EXAM_PLAN = "GET /v1/analytics/exam-plan"
GROUPS = "GET /v1/analytics/groups"
PEERS = "GET /v1/analytics/peers"

_ANSWERS = ("question_attempts",)
_MASTERY_PAGES = (DASHBOARD, MASTERY, MASTERY_TOPIC)
_GROUP = "course, topic and persona"
_LEAST = LIMITS.group_floor_least

METRICS: tuple[Metric, ...] = (
    Metric(
        "first_attempt_accuracy",
        "How often an item was right the first time.",
        "mean score of the first attempts at each item",
        "share",
        "learner and topic",
        _SUPPORT,
        upstream=_ANSWERS,
        endpoints=_MASTERY_PAGES,
    ),
    Metric(
        "overall_accuracy",
        "How often answers were right.",
        "mean score of all answers",
        "share",
        "learner and topic",
        _SUPPORT,
        upstream=_ANSWERS,
        endpoints=_MASTERY_PAGES,
    ),
    Metric(
        "retrievability",
        "How likely the learner recalls an item now.",
        "FSRS-6 forgetting curve of the item's stability at the time since its last review; needs a clock",
        "probability",
        "learner and item",
        _SUPPORT,
        minimum_sample="one answer with a date",
        upstream=_ANSWERS,
        endpoints=(MASTERY_TOPIC,),
    ),
    Metric(
        "stability",
        "How long an item lasts in memory.",
        "days after which retrievability falls to 90%, by FSRS-6",
        "days",
        "learner and item",
        _SUPPORT,
        minimum_sample="one answer with a date",
        upstream=_ANSWERS,
        endpoints=(MASTERY_TOPIC,),
    ),
    Metric(
        "retrieval_strength",
        "How much of a topic the learner would recall now.",
        "mean retrievability of the topic's items that the learner has answered",
        "share",
        "learner and topic",
        _SUPPORT,
        minimum_sample="one answer with a date",
        upstream=("retrievability",),
        endpoints=(*_MASTERY_PAGES, REVIEWS),
    ),
    Metric(
        "material_completion",
        "How much of a topic's material the learner has been through.",
        "mean share reached over the topic's materials; left out where the topic has none, 0 where none was opened",
        "share",
        "learner and topic",
        _SUPPORT,
        upstream=("material_interactions", "materials"),
        endpoints=_MASTERY_PAGES,
    ),
    Metric(
        "mastery",
        "What a learner has mastered of a topic, with an 80% interval.",
        "0.30 first_attempt_accuracy + 0.20 overall_accuracy + 0.30 retrieval_strength + 0.20 material_completion; a "
        "component without data is left out and the weights renormalised; interval by resampling items, and by what "
        "their recall leaves to chance; mastered from 0.8 on, weak below 0.5",
        "share",
        "learner and topic",
        _SUPPORT,
        version=2,
        minimum_sample="5 answers",
        upstream=(
            "first_attempt_accuracy",
            "overall_accuracy",
            "retrieval_strength",
            "material_completion",
            "exam_weights",
        ),
        endpoints=_MASTERY_PAGES,
    ),
    Metric(
        "cohort_estimate",
        "Mastery of a topic drawn towards what the cohort scores, for where answers are few; it stands beside mastery.",
        "w mastery + (1 - w) mean of item_difficulty's expected score over the items answered, w = answers / (answers "
        "+ 10); rounded to hundredths",
        "share",
        "learner and topic",
        _SUPPORT,
        minimum_sample="5 answers; items that the floor of item_difficulty tells",
        upstream=("mastery", "item_difficulty"),
        endpoints=(MASTERY, MASTERY_TOPIC),
    ),
    Metric(
        "mastery_trend",
        "Whether a learner is getting better at a topic.",
        "slope of difficulty-adjusted scores over 30 days, tested at 5%; `stable` only after an equivalence test, else "
        "`no clear change`",
        "share per 30 days",
        "learner and topic",
        _SUPPORT,
        minimum_sample="10 answers on 3 days",
        upstream=("question_attempts", "item_difficulty"),
        endpoints=_MASTERY_PAGES,
    ),
    Metric(
        "mastery_projection",
        "When a topic would be mastered, carefully judged from the last weeks, with an interval.",
        "weekly mastery carried on to 0.8 at the drift of the last 8 weeks, shrunk towards none; no date beyond a year",
        "days",
        "learner and topic",
        _SUPPORT,
        version=2,
        minimum_sample="4 weekly changes",
        upstream=("mastery",),
        endpoints=(MASTERY, MASTERY_TOPIC),
    ),
    Metric(
        "item_difficulty",
        "How hard an item is for the cohort.",
        "mean score of first attempts, shrunk to the mean of all items by 10 answers; a versioned nightly table",
        "share",
        "item",
        _SUPPORT,
        upstream=_ANSWERS,
        endpoints=_MASTERY_PAGES,
        group_floor=_LEAST,
    ),
    Metric(
        "reviews_due",
        "What should be reviewed now, and when the next review is.",
        "a topic is due when its retrieval_strength falls under 0.9, an item when its retrievability does",
        "items and topics",
        "learner",
        _SUPPORT,
        minimum_sample="one answer with a date",
        upstream=("retrieval_strength",),
        endpoints=(DASHBOARD, REVIEWS),
    ),
    Metric(
        "interval_rule_due",
        "The same by the quality-scaled interval rule, beside it for comparison.",
        "q < 3: 1 day; else after 0 days 1, after 1 day 6, otherwise previous * (13 + 2 (q - 3)) // 10; q from score, "
        "confidence, hints and own times",
        "items",
        "learner",
        _SUPPORT,
        minimum_sample="one answer with a date",
        upstream=_ANSWERS,
        endpoints=(REVIEWS,),
    ),
    Metric(
        "review_load",
        "How many items fall due on each of the next 30 days.",
        "items whose retrievability falls under 0.9 on that day, if nothing is reviewed before",
        "items per day",
        "learner and day",
        _SUPPORT,
        minimum_sample="one answer with a date",
        upstream=("retrievability",),
        endpoints=(REVIEWS,),
    ),
    Metric(
        "expected_exam_recall",
        "How much of the exam's topics a plan of study would leave in memory on the exam day, and what it takes.",
        "mean expected retrievability of the items on that day, each topic weighing what the exam gives it, an item "
        "never answered 0; every day takes the reviews that raise it most per minute; minutes a day of a ladder, the "
        "least that reaches the target; range: four fifths of outcomes if the model is right",
        "share",
        "learner and exam day",
        _SUPPORT,
        minimum_sample="20 answers with a date",
        upstream=("retrievability", "exam_weights"),
        endpoints=(EXAM_PLAN,),
    ),
    Metric(
        "review_load_under_target",
        "How many reviews the next 30 days would ask for if every item was reviewed when it falls to a target.",
        "expected course of all seen items under FSRS-6, targets 0.80, 0.85, 0.90 and 0.95; a miss is answered once "
        "more",
        "items per day",
        "learner and day",
        _SUPPORT,
        minimum_sample="one answer with a date",
        upstream=("retrievability",),
        endpoints=(EXAM_PLAN,),
    ),
    Metric(
        "knowledge_gap_priority",
        "Which gap to close first.",
        "3.0 gap + 2.0 exam weight + 1.0 prerequisite impact + 1.5 recent failure rate, gap = 1 - mastery; only topics "
        "below 0.8 are gaps; exam weight 0..10, 5 where there is no target exam",
        "points",
        "learner and topic",
        _SUPPORT,
        minimum_sample="5 answers; a topic without answers is listed without severity",
        upstream=("mastery", "topic_relationships", "exam_weights", "learner_targets"),
        endpoints=(DASHBOARD, KNOWLEDGE_GAPS),
    ),
    Metric(
        "knowledge_gap_severity",
        "How serious a gap is.",
        "critical: gap >= 0.6 and priority >= 10; high: gap >= 0.4 and priority >= 7; medium: gap >= 0.3 or priority "
        ">= 7; else low",
        "class",
        "learner and topic",
        _SUPPORT,
        minimum_sample="5 answers",
        upstream=("knowledge_gap_priority",),
        endpoints=(DASHBOARD, KNOWLEDGE_GAPS),
    ),
    Metric(
        "hours_to_close",
        "How long closing a gap would take.",
        "remaining materials and items times the learner's own median times, else the cohort's",
        "hours",
        "learner and topic",
        _SUPPORT,
        minimum_sample="5 timed answers or materials",
        upstream=("question_attempts", "material_interactions", "items", "materials"),
        endpoints=(KNOWLEDGE_GAPS, DASHBOARD),
    ),
    *READINESS_METRICS,
    *RISK_METRICS,
    *CONTENT_METRICS,
    *TRACING_METRICS,
    *RECOMMENDATION_METRICS,
    *KPI_METRICS,
    Metric(
        "rhythm",
        "On which days a learner studied.",
        "days with activity in 7 and 28 days, present and longest run of days, best and present ISO week, in the "
        "learner's time zone; needs a clock",
        "days",
        "learner",
        _SUPPORT,
        minimum_sample="one event with a date",
        upstream=("question_attempts", "material_interactions"),
        endpoints=(DASHBOARD,),
    ),
    Metric(
        "answers_today",
        "What was answered today, and how much of it was right.",
        "answers and mean score of the day in the learner's time zone; needs a clock",
        "answers, share",
        "learner and day",
        _SUPPORT,
        upstream=_ANSWERS,
        endpoints=(DASHBOARD,),
    ),
    *STUDY_METRICS,
    Metric(
        "group_learners",
        "How many learners a group's numbers rest on.",
        "learners who consent, have an estimate of the topic and are counted in blocks of at least k; rounded to "
        f"{LIMITS.count_rounding}",
        "people",
        _GROUP,
        _SUPPORT,
        upstream=("mastery", "enrolments"),
        endpoints=(GROUPS,),
        group_floor=_LEAST,
    ),
    Metric(
        "group_mastery",
        "What a group has mastered of a topic.",
        "mean mastery of the counted learners",
        "share",
        _GROUP,
        _SUPPORT,
        upstream=("mastery",),
        endpoints=(GROUPS,),
        group_floor=_LEAST,
    ),
    Metric(
        "group_mastered",
        "How many of a group have mastered a topic, and how many are weak at it.",
        "shares of the counted learners with mastery from 0.8 on, and below 0.5",
        "share",
        _GROUP,
        _SUPPORT,
        upstream=("mastery",),
        endpoints=(GROUPS,),
        group_floor=_LEAST,
    ),
    Metric(
        "course_mastery",
        "What a learner has mastered of a course, to be placed among peers.",
        "mean mastery over the topics of the course with an estimate; its bounds are the means of theirs",
        "share",
        "learner and course",
        _SUPPORT,
        minimum_sample="3 topics with an estimate",
        upstream=("mastery",),
        endpoints=(PEERS,),
    ),
    Metric(
        "peer_standing",
        "How the mastery of those who compare themselves is spread, in bands; never a rank.",
        "shares of the counted peers by band of course_mastery (edges 0.3, 0.4 ... 0.9), bands of too few merged",
        "share",
        "course and band",
        _PEERS,
        upstream=("course_mastery", "enrolments"),
        endpoints=(PEERS,),
        group_floor=_LEAST,
    ),
    Metric(
        "peer_difficulty",
        "How many peers find a topic hard, and how many easy; what many find hard is a common weak point.",
        "shares of the counted peers with first_attempt_accuracy below 0.6, and from 0.85 on; a weak point from 40% on",
        "share",
        "course and topic",
        _PEERS,
        minimum_sample="5 answers of each peer",
        upstream=("first_attempt_accuracy",),
        endpoints=(PEERS,),
        group_floor=_LEAST,
    ),
    Metric(
        "peer_time_to_mastery",
        "How long peers take to master a topic.",
        "weeks from the first answer until half have reached mastery of 0.8: Kaplan-Meier in bands of weeks, as far "
        "as bands are over for each; whoever is not there by then is censored; 80% interval",
        "weeks",
        "course and topic",
        _PEERS,
        minimum_sample="as many who have mastered it as the smallest group",
        upstream=("mastery",),
        endpoints=(PEERS,),
        group_floor=_LEAST,
    ),
    Metric(
        "peer_habits",
        "Which study habits go with high mastery of a course.",
        "share with a habit (16 study days in 8 weeks, no pause over a week, at most 30 answers on a median study day, "
        "a quarter of study days at weekends) above the band edge with about a third of the peers, against the others; "
        "Newcombe interval of the difference, 95% over all habits together",
        "share",
        "course and habit",
        _PEERS,
        minimum_sample="5 study days of each peer, the smallest group on either side",
        upstream=("course_mastery",),
        endpoints=(PEERS,),
        group_floor=_LEAST,
    ),
)
