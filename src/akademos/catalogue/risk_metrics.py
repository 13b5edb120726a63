"""The numbers about students in focus."""

from __future__ import annotations

from akademos.catalogue.declarations import Metric, Purpose
from akademos.catalogue.policies import LIMITS
from akademos.catalogue.risk_datasets import FOCUS_SHARE

_SHOWN = ("GET /v1/analytics/students-in-focus",)
_GRAIN = "learner, course and week"

RISK_METRICS: tuple[Metric, ...] = (
    Metric(
        "dropout_risk",
        "How likely it is that a learner does not complete a course, week by week, with reasons.",
        "mean log odds of a logistic regression and boosted trees over activity, hand-ins and marks compared with the "
        "same course in the same week, calibrated on courses that were held back; reasons are the weights and TreeSHAP "
        "values by theme: they describe the model, not causes. High are the first "
        f"{FOCUS_SHARE:.0%} of a course who are likelier than usual, raised as many again; never below dropout_rule",
        "probability",
        _GRAIN,
        (Purpose.ADVISING,),
        minimum_sample="200 learners of courses that have ended, and a model better than the rule of a week without "
        "activity on held-out learners",
        upstream=("event_log", "enrolments", "models"),
        endpoints=_SHOWN,
    ),
    Metric(
        "dropout_hazard",
        "How likely it is that a learner leaves a course without dates within the next four weeks, with reasons.",
        "1 - product of (1 - weekly hazard) over four weeks; hazard by weeks since the learner's own start: mean log "
        "odds of a logistic regression and boosted trees over activity, hand-ins and marks compared with the learner's "
        "own before, censored on the right; reasons as for dropout_risk. High from 3 times the chance of the average "
        "learner-week in training on, raised from 1.5 times; never below dropout_rule",
        "probability",
        _GRAIN,
        (Purpose.ADVISING,),
        minimum_sample="200 learners who have started, 25 of them leaving within four weeks of a landmark, and a model "
        "better than the rule of a week without activity on held-out learners",
        upstream=("event_log", "enrolments", "models"),
        endpoints=_SHOWN,
    ),
    Metric(
        "dropout_rule",
        "Whom to ask after first, where there is no model, and at the least where there is: a stated rule, no "
        "probability.",
        "high after 14 days without activity or hand-in, or after 7 with an assessment missed; raised after 7, or with "
        "one missed; for who has done nothing yet, days since the course began or they registered",
        "level",
        _GRAIN,
        (Purpose.LEARNING_SUPPORT,),
        minimum_sample="an enrolment in a course",
        upstream=("event_log", "enrolments"),
        endpoints=_SHOWN,
    ),
    Metric(
        "intervention_effect",
        "How much less likely it became that a course is not completed, four weeks after help began.",
        "difference in differences of the weekly risk (1 for who has withdrawn) between learners who were helped and "
        "those who were not: drawn by lot, or of the same course and week with the same risk; 95% interval; else not "
        "attributable",
        "probability",
        "kind of intervention and trial",
        (Purpose.ADVISING,),
        minimum_sample="the tenant's floor of learners on each side",
        upstream=("learner_interventions", "risk_scores"),
        endpoints=("GET /v1/interventions/effects",),
        group_floor=LIMITS.group_floor_least,
    ),
)
