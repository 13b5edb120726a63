"""Help for learners: gaps, recommendations, tutor sessions, plans and tasks, notes, alerts, interventions."""

from __future__ import annotations

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.declarations import Basis, Purpose
from akademos.catalogue.records.declaration import SUPPORT, Action, Field, LifeCycle, Record, access
from akademos.catalogue.records.life_cycles import SHELVED, SHELVED_ACTIONS, status
from akademos.catalogue.roles import Reach

_LEARNER = Field("learner_key", "person", "whom it is for", required=True, looked_up=True)
_COURSE = Field("course_id", "text", "course", refers="learning_courses", looked_up=True)
_TOPIC = Field("topic_id", "text", "topic", refers="topics", enforced=False, looked_up=True)
_LEARNING = (Purpose.LEARNING_SUPPORT,)
_ADVISING = (Purpose.ADVISING,)
_SELF = access("learner", Reach.SELF, "read create update act")
_OWN_READ = access("learner", Reach.SELF, "read")
_TEACHER = access("instructor", Reach.OWN_COURSES, "read")
_ADVISOR = access("advisor", Reach.OWN_ADVISEES, "read create update act")
_SERVICE = access("service", Reach.TENANT, "read create update act")
EVIDENCE = {"type": "object", "additionalProperties": True}

GAP_STATES = LifeCycle(
    "open",
    {
        "open": {"start": "in_progress", "close": "closed", "dismiss": "dismissed"},
        "in_progress": {"close": "closed", "dismiss": "dismissed"},
        "closed": {"reopen": "open"},
        "dismissed": {"reopen": "open"},
    },
    entries=("in_progress", "closed", "dismissed"),
)
GAPS = Record(
    name="learning_knowledge_gaps",
    collection="knowledge-gaps",
    singular="gap",
    description="What a learner is missing, how serious it is, and what shows it.",
    grain="one gap of one learner",
    fields=(
        Field("gap_id", "text", "gap", key=True, required=True),
        _LEARNER,
        _TOPIC,
        _COURSE,
        Field("gap", "text", "what is missing", required=True),
        Field("severity", "text", "how serious it is", required=True, values=("minor", "moderate", "severe"),
              looked_up=True),
        Field("evidence", "json", "what shows it: answers, mastery, when", form=EVIDENCE),
        status(GAP_STATES, "open, in_progress, closed or dismissed"),
    ),
    access=(access("learner", Reach.SELF, "read act"), _TEACHER, access("advisor", Reach.OWN_ADVISEES, "read"),
            _SERVICE),
    life_cycle=GAP_STATES,
    actions={
        "start": Action("It is worked on."),
        "close": Action("It is closed."),
        "dismiss": Action("It is none."),
        "reopen": Action("It is there again."),
    },
    retention=SUPPORT,
    basis=Basis.CONSENT,
    purposes=_LEARNING,
)  # fmt: skip

RECOMMENDATION_STATES = LifeCycle(
    "proposed",
    {
        "proposed": {"show": "shown", "accept": "accepted", "dismiss": "dismissed", "expire": "expired"},
        "shown": {"accept": "accepted", "dismiss": "dismissed", "expire": "expired"},
        "accepted": {"complete": "completed", "dismiss": "dismissed", "expire": "expired"},
        "dismissed": {},
        "completed": {},
        "expired": {},
    },
    entries=("shown", "accepted", "dismissed", "completed", "expired"),
)
RECOMMENDATIONS = Record(
    name="learning_recommendations",
    collection="recommendations",
    singular="recommendation",
    description="What a learner is advised to do next, why, and what came of it.",
    grain="one recommendation to one learner",
    fields=(
        Field("recommendation_id", "text", "recommendation", key=True, required=True),
        _LEARNER,
        Field("action", "text", "what to do", required=True),
        Field("priority", "integer", "1 is the most urgent", required=True, default=3, least=1, most=5),
        Field("reason", "text", "why", required=True),
        Field("content_type", "text", "what kind of content it points at"),
        Field("content_id", "text", "which one", looked_up=True),
        _TOPIC,
        _COURSE,
        Field("source_trigger", "text", "what brought it about", required=True, looked_up=True),
        Field("expires_at", "timestamp", "until when it makes sense"),
        status(RECOMMENDATION_STATES, "proposed, shown, accepted, dismissed, completed or expired"),
        Field("shown_at", "timestamp", "when it was first shown", set_by="platform"),
        Field("decided_at", "timestamp", "when it was accepted or dismissed", set_by="platform"),
        Field("completed_at", "timestamp", "when it was done", set_by="platform"),
    ),
    access=(
        access("learner", Reach.SELF, "read accept dismiss complete"),
        _TEACHER,
        access("advisor", Reach.OWN_ADVISEES, "read create"),
        _SERVICE,
    ),
    life_cycle=RECOMMENDATION_STATES,
    actions={
        "show": Action("The learner has seen it.", stamps=("shown_at",)),
        "accept": Action("The learner will do it.", stamps=("decided_at",)),
        "dismiss": Action("The learner will not do it.", stamps=("decided_at",)),
        "complete": Action("It is done.", stamps=("completed_at",)),
        "expire": Action("Its time is over."),
    },
    audited={"create": AuditAction.RECOMMENDATION_CREATED, "dismiss": AuditAction.RECOMMENDATION_DISMISSED},
    retention=SUPPORT,
    basis=Basis.CONSENT,
    purposes=_LEARNING,
)

TUTOR_SESSIONS = Record(
    name="learning_ai_tutor_sessions",
    collection="tutor-sessions",
    singular="tutor session",
    description="Sessions with an automated tutor: what it referred to, how sure it was, whether a guardrail held.",
    grain="one session of one learner",
    fields=(
        Field("session_id", "text", "session", key=True, required=True),
        _LEARNER,
        _COURSE,
        Field("material_ids", "texts", "content that it referred to", refers="materials", enforced=False),
        Field("confidence", "number", "its own", unit="share", least=0, most=1),
        Field("guardrail_result", "text", "what the guardrail said", required=True,
              values=("passed", "blocked", "escalated"), looked_up=True),
        Field("summary", "text", "what it was about", confidential=True),
        Field("started_at", "timestamp", "when it began"),
        Field("ended_at", "timestamp", "when it ended"),
    ),
    access=(_OWN_READ, _SERVICE),
    audited={"create": AuditAction.TUTOR_SESSION_RECORDED},
    retention=SUPPORT,
    basis=Basis.CONSENT,
    purposes=_LEARNING,
)  # fmt: skip

PLAN_STATES = LifeCycle(
    "active",
    {
        "active": {"complete": "completed", "abandon": "abandoned"},
        "completed": {"reopen": "active"},
        "abandoned": {"reopen": "active"},
    },
    entries=("completed", "abandoned"),
)
PLANS = Record(
    name="study_plans",
    collection="study-plans",
    singular="plan",
    description="What a learner means to do until when.",
    grain="one plan of one learner",
    fields=(
        Field("plan_id", "text", "plan", key=True, required=True),
        _LEARNER,
        Field("title", "text", "title", required=True, confidential=True),
        _COURSE,
        Field("exam_id", "text", "exam that it leads to", refers="exams", looked_up=True),
        Field("starts_on", "date", "first day"),
        Field("due_on", "date", "last day", looked_up=True),
        status(PLAN_STATES, "active, completed or abandoned"),
    ),
    access=(_SELF, _ADVISOR, _SERVICE),
    life_cycle=PLAN_STATES,
    actions={
        "complete": Action("It is done."),
        "abandon": Action("It is given up."),
        "reopen": Action("It goes on."),
    },
    retention=SUPPORT,
    purposes=_LEARNING,
)
TASK_STATES = LifeCycle(
    "open",
    {
        "open": {"complete": "done", "cancel": "cancelled"},
        "done": {"reopen": "open"},
        "cancelled": {"reopen": "open"},
    },
    entries=("done", "cancelled"),
)
TASKS = Record(
    name="study_tasks",
    collection="study-tasks",
    singular="task",
    description="Single things to do, of a plan or by themselves.",
    grain="one task of one learner",
    fields=(
        Field("task_id", "text", "task", key=True, required=True),
        _LEARNER,
        Field("plan_id", "text", "plan that it is part of", refers="study_plans", refers_with=("learner_key",),
              part_of=True, looked_up=True),
        Field("title", "text", "what to do", required=True, confidential=True),
        Field("content_type", "text", "what kind of content it is about"),
        Field("content_id", "text", "which one"),
        Field("due_on", "date", "until when", looked_up=True),
        Field("assigner_key", "person", "who assigned it", party="staff", looked_up=True),
        status(TASK_STATES, "open, done or cancelled"),
        Field("done_at", "timestamp", "when it was done", set_by="platform"),
    ),
    access=(_SELF, _ADVISOR, _SERVICE),
    life_cycle=TASK_STATES,
    actions={
        "complete": Action("It is done.", stamps=("done_at",)),
        "cancel": Action("It need not be done."),
        "reopen": Action("It is to be done after all."),
    },
    retention=SUPPORT,
    purposes=_LEARNING,
)  # fmt: skip

NOTES = Record(
    name="advising_notes",
    collection="notes",
    singular="note",
    description="What advisors write down about a learner; the learner may ask for all of them.",
    grain="one note about one learner",
    fields=(
        Field("note_id", "text", "note", key=True, required=True),
        _LEARNER,
        Field("author_key", "person", "who wrote it", party="staff", looked_up=True, set_by="platform"),
        Field("text", "text", "the note", required=True, confidential=True),
        status(SHELVED, "active or archived"),
    ),
    access=(_OWN_READ, _ADVISOR),
    life_cycle=SHELVED,
    actions=SHELVED_ACTIONS,
    retention=SUPPORT,
    basis=Basis.CONSENT,
    purposes=_ADVISING,
)

ALERT_STATES = LifeCycle(
    "raised",
    {
        "raised": {"acknowledge": "acknowledged", "dismiss": "dismissed"},
        "acknowledged": {"resolve": "resolved", "dismiss": "dismissed"},
        "resolved": {},
        "dismissed": {},
    },
    entries=("acknowledged", "resolved", "dismissed"),
)
ALERTS = Record(
    name="learner_alerts",
    collection="alerts",
    singular="alert",
    description="What an advisor should look at: raised by a rule, a model or a person; nothing follows by itself.",
    grain="one alert about one learner",
    fields=(
        Field("alert_id", "text", "alert", key=True, required=True),
        _LEARNER,
        _COURSE,
        Field("kind", "text", "what it is about", required=True, looked_up=True),
        Field("severity", "text", "how urgent it is", required=True, values=("low", "medium", "high"),
              looked_up=True),
        Field("reason", "text", "why it was raised", required=True, confidential=True),
        Field("source_trigger", "text", "rule, model or person that raised it", looked_up=True),
        Field("handler_key", "person", "who took it on", party="staff", looked_up=True, set_by="platform"),
        status(ALERT_STATES, "raised, acknowledged, resolved or dismissed"),
        Field("acknowledged_at", "timestamp", "when somebody took it on", set_by="platform"),
        Field("resolved_at", "timestamp", "when it was resolved or dismissed", set_by="platform"),
        Field("outcome", "text", "what came of it", confidential=True, set_by="platform"),
        Field("owner_key", "person", "advisor whose it is to look at, and who is told", party="staff", looked_up=True),
    ),
    access=(_OWN_READ, _ADVISOR, _SERVICE),
    life_cycle=ALERT_STATES,
    actions={
        "acknowledge": Action("Somebody looks at it.", stamps=("acknowledged_at",), stamps_actor=("handler_key",)),
        "resolve": Action("It is dealt with.", sets=("outcome",), stamps=("resolved_at",)),
        "dismiss": Action("It is none.", sets=("outcome",), stamps=("resolved_at",), stamps_actor=("handler_key",)),
    },
    retention=SUPPORT,
    basis=Basis.CONSENT,
    purposes=_ADVISING,
)  # fmt: skip

INTERVENTION_STATES = LifeCycle(
    "planned",
    {
        "planned": {"start": "running", "cancel": "cancelled"},
        "running": {"complete": "completed", "cancel": "cancelled"},
        "completed": {},
        "cancelled": {},
    },
    entries=("running", "completed", "cancelled"),
)
INTERVENTIONS = Record(
    name="learner_interventions",
    collection="interventions",
    singular="intervention",
    description="What somebody did to help a learner, and whether it helped.",
    grain="one intervention for one learner",
    fields=(
        Field("intervention_id", "text", "intervention", key=True, required=True),
        _LEARNER,
        _COURSE,
        Field("alert_id", "text", "alert that it answers", refers="learner_alerts", refers_with=("learner_key",),
              looked_up=True),
        Field("kind", "text", "conversation, tutoring, extension, ...", required=True, looked_up=True),
        Field("staff_key", "person", "who does it", party="staff", looked_up=True),
        Field("starts_on", "date", "first day"),
        Field("ends_on", "date", "last day"),
        status(INTERVENTION_STATES, "planned, running, completed or cancelled"),
        Field("outcome", "text", "whether it helped", values=("helped", "partly", "no_change", "unknown"),
              looked_up=True, set_by="platform"),
        Field("outcome_note", "text", "what came of it", confidential=True, set_by="platform"),
        Field("trial", "text", "comparison that it is part of: what the arms were told apart for", looked_up=True),
        Field("arm", "text", "whether the learner was helped, or is compared with those who were; none: helped",
              values=("treated", "comparison"), looked_up=True),
        Field("assignment", "text", "how the arm came about: by lot, or chosen by somebody; none: chosen",
              values=("randomised", "chosen")),
    ),
    access=(_OWN_READ, _ADVISOR, _SERVICE),
    life_cycle=INTERVENTION_STATES,
    actions={
        "start": Action("It has begun: today, if for no day.", stamps_actor=("staff_key",)),
        "complete": Action("It is over.", sets=("outcome", "outcome_note"), needs=("outcome",)),
        "cancel": Action("It does not take place.", sets=("outcome_note",)),
    },
    retention=SUPPORT,
    basis=Basis.CONSENT,
    purposes=_ADVISING,
)  # fmt: skip

ASSESSMENT_STATES = LifeCycle(
    "scheduled",
    {
        "scheduled": {"take": "taken", "cancel": "cancelled"},
        "taken": {"grade": "graded"},
        "graded": {},
        "cancelled": {},
    },
    entries=("taken", "graded", "cancelled"),
)
ASSESSMENTS = Record(
    name="learner_assessments",
    collection="assessments",
    singular="assessment",
    description="What a learner has coming up or has taken, and how ready they were for it.",
    grain="one assessment of one learner",
    fields=(
        Field("assessment_id", "text", "assessment", key=True, required=True),
        _LEARNER,
        _COURSE,
        Field("exam_id", "text", "exam", refers="exams", looked_up=True),
        Field("title", "text", "title", required=True),
        Field("due_at", "timestamp", "when it is"),
        Field("readiness", "number", "expected share of the full mark when it was last looked at", unit="share",
              least=0, most=1),
        Field("readiness_at", "timestamp", "when that was"),
        Field("score", "number", "share of the full mark", unit="share", least=0, most=1, set_by="platform"),
        status(ASSESSMENT_STATES, "scheduled, taken, graded or cancelled"),
    ),
    access=(_OWN_READ, _TEACHER, access("advisor", Reach.OWN_ADVISEES, "read"), _SERVICE),
    life_cycle=ASSESSMENT_STATES,
    actions={
        "take": Action("It was taken."),
        "grade": Action("It was graded.", sets=("score",), needs=("score",)),
        "cancel": Action("It does not take place."),
    },
    retention=SUPPORT,
    purposes=_LEARNING,
)  # fmt: skip

SUPPORT_RECORDS = (
    GAPS,
    RECOMMENDATIONS,
    TUTOR_SESSIONS,
    PLANS,
    TASKS,
    NOTES,
    ALERTS,
    INTERVENTIONS,
    ASSESSMENTS,
)
