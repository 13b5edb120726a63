"""The forms of the answers of /v1/analytics, as JSON Schema (2020-12) for the OpenAPI document.

Numbers 0..1 are shares. A block that cannot say more says so in `status`, and why in `reason`.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

INSTANT: Schema = {"type": "string", "format": "date-time"}
DATE: Schema = {"type": "string", "format": "date"}
TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}

STATUS: Schema = {"enum": ["ok", "not_enough_data", "needs_clock", "no_data", "not_available"]}
SEVERITY: Schema = {"enum": ["critical", "high", "medium", "low"]}


def or_null(schema: Schema) -> Schema:
    """The schema, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def listing(schema: Schema) -> Schema:
    """An array of it."""
    return {"type": "array", "items": schema}


def form(description: str, **properties: Schema) -> Schema:
    """An object with these properties, all required; more may follow with later versions."""
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
    }


def ref(name: str) -> Schema:
    """Another form of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def _header() -> dict[str, Schema]:
    return {
        "learner": form("About whom.", key=TEXT, display_name=or_null(TEXT)),
        "contested": listing(
            form(
                "A statement that the learner contests, until it is answered.", concerns=TEXT, said=TEXT, since=INSTANT
            )
        ),
        "as_of": {**INSTANT, "description": "The instant that the answer is true for."},
        "computed_at": {**INSTANT, "description": "When its lasting part was computed."},
        "clock": {"enum": ["exact", "day", "order", "none"], "description": "What the sources know about time."},
        "time_zone": {**TEXT, "description": "IANA zone that days and hours are in."},
        "provenance": form(
            "From what it was computed.",
            events=COUNT,
            answers=COUNT,
            first_event_at=or_null(INSTANT),
            last_event_at=or_null(INSTANT),
            definition=TEXT,
            parameters=TEXT,
            item_difficulty=TEXT,
            note=TEXT,
        ),
    }


def answer(description: str, **blocks: Schema) -> Schema:
    """An answer about one learner: the header, then its own blocks."""
    return form(description, **_header(), **blocks)


_ESTIMATE: dict[str, Schema] = {
    "status": STATUS,
    "value": or_null(SHARE),
    "low": or_null(SHARE),
    "high": or_null(SHARE),
    "interval": {**SHARE, "description": "Coverage of low to high."},
    "sample": form("What it rests on.", answers=COUNT, items=COUNT),
    "level": or_null({"enum": ["mastered", "developing", "weak"]}),
    "reason": or_null(TEXT),
}
_HISTORY = listing(form("The level on one day.", date=DATE, value=SHARE, low=or_null(SHARE), high=or_null(SHARE)))
STUDY_TODAY = form(
    "Active time since midnight.",
    status=STATUS,
    active=or_null(NUMBER),
    sessions=or_null(COUNT),
    open_since=or_null(INSTANT),
    reason=or_null(TEXT),
)
_COMPONENT_NAMES = ("first_attempt_accuracy", "overall_accuracy", "retrieval_strength", "material_completion")
_COHORT_ESTIMATE = form(
    "Mastery drawn towards what the cohort scores on the same items, the more the fewer the answers.",
    status=STATUS,
    value=or_null(SHARE),
    low=or_null(SHARE),
    high=or_null(SHARE),
    interval={**SHARE, "description": "Coverage of low to high."},
    own_weight=or_null({**SHARE, "description": "How much of it is the learner's own mastery."}),
    reason=or_null(TEXT),
)
_NAMED = form("A topic.", topic_id=TEXT, name=TEXT)

_TREND = form(
    "Slope over 30 days, adjusted for item difficulty.",
    status={"enum": ["rising", "falling", "stable", "no_clear_change", "not_enough_data", "needs_clock", "no_data"]},
    slope_per_30_days=or_null(NUMBER),
    low=or_null(NUMBER),
    high=or_null(NUMBER),
    p_value=or_null(SHARE),
    answers=COUNT,
)
_PROJECTION = form(
    "When mastery is likely to be reached, with its range in days.",
    status=TEXT,
    date=or_null(DATE),
    days=or_null(COUNT),
    low_days=or_null(COUNT),
    high_days=or_null(COUNT),
    reason=or_null(TEXT),
)
_FORECAST = {"enum": ["ok", "no_model", "pending", "unknown_topic", "not_enough_data", "no_data"]}
NEXT_ANSWER = form(
    "How likely the answer to an item of the topic that is new to the learner, and as its items usually are, is right.",
    status=_FORECAST,
    probability=or_null({**SHARE, "description": "Now: it fades while nothing is answered on the topic."}),
    at_last_answer=or_null({**SHARE, "description": "Right after the last answer on the topic."}),
    model=or_null({**COUNT, "description": "Version of the knowledge-tracing model."}),
    answers=COUNT,
    reason=or_null(TEXT),
)
_SCORE = or_null(form("A score with its 95% interval.", **dict.fromkeys(("value", "low", "high"), or_null(NUMBER))))
TRACING_MODEL = form(
    "The knowledge-tracing model in service.",
    status=_FORECAST,
    reason=or_null(TEXT),
    version=or_null(COUNT),
    trained_at=or_null(INSTANT),
    learners=or_null({**COUNT, "description": "Who taught it."}),
    calibration=or_null(
        form(
            "On learners whom it had not seen: ece is how far it was off on average, slope is 1 where it is right.",
            learners=or_null(COUNT),
            answers=or_null(COUNT),
            auc=_SCORE,
            log_loss=_SCORE,
            ece=_SCORE,
            slope=_SCORE,
        )
    ),
)
_GAP = form(
    "One topic below the goal.",
    topic_id=TEXT,
    name=TEXT,
    kind={"enum": ["never_learned", "forgotten", "not_yet_seen", "developing"]},
    severity=or_null(SEVERITY),
    gap=or_null(SHARE),
    mastery=or_null(SHARE),
    low=or_null(SHARE),
    high=or_null(SHARE),
    priority=or_null(NUMBER),
    parts=form(
        "The weighted summands of the priority.",
        gap=or_null(NUMBER),
        exam_weight=or_null(NUMBER),
        prerequisite_impact=or_null(NUMBER),
        recent_failure=or_null(NUMBER),
    ),
    exam_weight=NUMBER,
    exam_weight_source={"enum": ["target_exam", "default"]},
    recent_failure_rate=or_null(SHARE),
    recent_answers=COUNT,
    hours_to_close=form(
        "Remaining materials and items times the median time.",
        status=STATUS,
        hours=or_null(NUMBER),
        basis=or_null({"enum": ["own", "cohort"]}),
    ),
    prerequisites_missing=listing(TEXT),
    path=listing(_NAMED),
    reason=or_null(TEXT),
)
_ITEM = form(
    "One item of the topic.",
    question_id=TEXT,
    attempts=COUNT,
    correct=COUNT,
    last_answer_at=or_null(INSTANT),
    retrievability=or_null(SHARE),
    stability_days=or_null(NUMBER),
    due_at=or_null(INSTANT),
)


def schemas() -> dict[str, Schema]:
    """Every form, by the name it has in the document."""
    return {
        "Topic": _topic(),
        "Gap": _GAP,
        "Dashboard": _dashboard(),
        "Mastery": _mastery(),
        "MasteryTopic": answer(
            "One topic.",
            topic=ref("Topic"),
            tracing_model=TRACING_MODEL,
            history=_HISTORY,
            items=listing(_ITEM),
            children=listing(form("A topic below it.", topic_id=TEXT, name=TEXT)),
        ),
        "Reviews": _reviews(),
        "KnowledgeGaps": answer(
            "Gaps in order, and what to do first.",
            gaps=listing(ref("Gap")),
            path=listing(form("A step, in prerequisite order.", topic_id=TEXT, name=TEXT, why=TEXT)),
            graph=form(
                "The prerequisite graph.",
                nodes=listing(
                    form(
                        "A topic.",
                        topic_id=TEXT,
                        name=TEXT,
                        mastery=or_null(SHARE),
                        severity=or_null(SEVERITY),
                        layer=COUNT,
                        status=TEXT,
                    )
                ),
                edges=listing({"type": "object", "required": ["from", "to"], "properties": {"from": TEXT, "to": TEXT}}),
            ),
        ),
    }


def _topic() -> Schema:
    return form(
        "Mastery of one topic.",
        topic_id=TEXT,
        name=TEXT,
        parent_id=or_null(TEXT),
        course_id=or_null(TEXT),
        **_ESTIMATE,
        components=form("null: left out, there is no data.", **{name: or_null(SHARE) for name in _COMPONENT_NAMES}),
        weights=form("As used, after leaving out.", **{name: or_null(SHARE) for name in _COMPONENT_NAMES}),
        first_answer_at=or_null(INSTANT),
        last_answer_at=or_null(INSTANT),
        trend=_TREND,
        projection=_PROJECTION,
        cohort_estimate=_COHORT_ESTIMATE,
        next_answer=NEXT_ANSWER,
    )


def _dashboard() -> Schema:
    day = form("One day.", date=DATE, answers=COUNT)
    return answer(
        "Today, rhythm, due reviews, mastery overview, top gaps, next step.",
        today=form(
            "Since midnight.",
            status=STATUS,
            answers=or_null(COUNT),
            correct=or_null(NUMBER),
            accuracy=or_null(SHARE),
            study_minutes=STUDY_TODAY,
        ),
        rhythm=form(
            "Days with activity.",
            status=STATUS,
            active_days_7=or_null(COUNT),
            active_days_28=or_null(COUNT),
            current_run_days=or_null(COUNT),
            longest_run_days=or_null(COUNT),
            best_week_days=or_null(COUNT),
            this_week_days=or_null(COUNT),
            daily=listing(day),
        ),
        reviews=form(
            "What is due.",
            status=STATUS,
            due_items=or_null(COUNT),
            due_topics=or_null(COUNT),
            estimated_minutes=or_null(NUMBER),
            next_due_at=or_null(INSTANT),
            retrieval_now={"type": "object"},
            retrieval_history=listing(form("One day.", date=DATE, value=SHARE)),
        ),
        mastery=form(
            "All topics.",
            **_ESTIMATE,
            topics_total=COUNT,
            topics_seen=COUNT,
            topics_mastered=COUNT,
            topics_weak=COUNT,
            topics_enough=COUNT,
            trend=_TREND,
            newly_mastered_30d=or_null(COUNT),
            history=_HISTORY,
        ),
        gaps=listing(ref("Gap")),
        next_step=form(
            "One suggested step.",
            status=STATUS,
            topic_id=or_null(TEXT),
            name=or_null(TEXT),
            minutes=or_null(NUMBER),
            unlocks=listing(_NAMED),
            reason=or_null(TEXT),
            why=listing(TEXT),
        ),
        readiness=ref("ReadinessOverview"),
    )


def _mastery() -> Schema:
    node = form(
        "A topic or an ancestor of one; parents before children.",
        topic_id=TEXT,
        parent_id=or_null(TEXT),
        name=TEXT,
        depth=COUNT,
        value=or_null(SHARE),
        low=or_null(SHARE),
        high=or_null(SHARE),
        weight=or_null(NUMBER),
        status=TEXT,
        children=COUNT,
    )
    return answer(
        "Every topic, its history and the hierarchy.",
        overall=form("All topics.", **_ESTIMATE, trend=_TREND, projection=_PROJECTION),
        goal=SHARE,
        topics=listing(ref("Topic")),
        tracing_model=TRACING_MODEL,
        history=_HISTORY,
        hierarchy=listing(node),
    )


def _reviews() -> Schema:
    topic = form(
        "A topic with reviews.",
        topic_id=TEXT,
        name=TEXT,
        status=TEXT,
        retrieval_strength=or_null(SHARE),
        items=COUNT,
        due_items=COUNT,
        due_at=or_null(INSTANT),
        curve=listing(form("Past segments, then the forecast.", at=INSTANT, value=SHARE)),
        reviews=listing(form("One answer.", at=INSTANT, correct={"type": "boolean"})),
    )
    return answer(
        "Topics due, the calendar, the curves of forgetting.",
        status=STATUS,
        due_items=or_null(COUNT),
        due_topics=or_null(COUNT),
        target_retention=SHARE,
        topics=listing(topic),
        calendar=listing(form("One day from today on.", date=DATE, due_items=COUNT)),
        past=listing(form("One past day.", date=DATE, answers=COUNT)),
        schedulers=form(
            "What the two schedulers say.",
            fsrs=form(
                "The weights of memory in force: of whose reviews, how many, and since when.",
                version=TEXT,
                parameters=listing(NUMBER),
                basis={"enum": ["own", "shrunk", "cohort", "default"]},
                reviews=COUNT,
                fitted=TEXT,
            ),
            interval_rule={"type": "object"},
        ),
        planner=form("Where a plan for an exam day is made.", status=STATUS, address=TEXT),
    )
