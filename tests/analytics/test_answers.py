"""The JSON answers: complete, serialisable, honest about what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from tests.analytics.populations import NOW, START, Tables, answer, curriculum, populations, tables_of

from akademos.analytics.learner_state import blank, evaluate, precompute, split
from akademos.analytics.parameters import DEFAULT
from akademos.errors import NotFound
from akademos.jobs import answers
from akademos.jobs.answers import PARTS, Header

NAMES = ("dashboard", "mastery", "reviews", "knowledge_gaps", "study_efficiency", "study_patterns")
STATUSES = {"ok", "not_enough_data", "needs_clock", "no_data", "not_available"}
OF_STUDY = {"made", "not_clear", "open", "ended"}
OF_FORECAST = {"no_model", "pending", "unknown_topic"}
TREND = {"rising", "falling", "stable", "no_clear_change", "not_enough_data", "needs_clock"}
NEVER_SAID = re.compile(r"\b(fail(ing|ed|ure)?|rank|worst|bad|poor|stupid)\b", re.IGNORECASE)


def _answers(tables: Tables, key: str = "ada", plain: bool = False) -> dict[str, dict[str, Any]]:
    states = dict(split(precompute(tables, NOW)))
    state = states.get(key) or blank(key, "UTC", NOW)
    header = Header(key, NOW, NOW, display_name="Ada")
    found = {}
    for name in (*NAMES, "mastery_topic"):
        evaluated: Any = evaluate(state, curriculum(), NOW, parts=PARTS[name])
        tables_given = dict(evaluated) if plain else evaluated
        found[name] = (
            answers.mastery_topic(tables_given, header, "algebra")
            if name == "mastery_topic"
            else getattr(answers, name)(tables_given, header)
        )
    return found


def _blocks(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        yield path, value
        for name, inner in value.items():
            yield from _blocks(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from _blocks(inner, f"{path}[]")


LIVELY = tables_of(
    [
        answer(9 * n, question_id=f"q{n % 8}", score=float(n % 3 > 0), topic_ids=[["algebra", "geometry"][n % 2]])
        for n in range(220)
    ],
    [
        {
            "learner_key": "ada",
            "event_id": "opened",
            "event_name": "material_opened",
            "occurred_at": START,
            "material_id": "book",
            "duration_seconds": 300.0,
        }
    ],
    targets=[{"learner_key": "ada", "exam_id": "final"}],
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(populations())
def test_answers_serialise_and_every_block_has_a_known_status(tables: Tables) -> None:
    for name, found in _answers(tables).items():
        wire = orjson.dumps(found)
        assert msgspec.json.decode(wire) == orjson.loads(wire)
        assert msgspec.json.decode(msgspec.json.encode(found)) == orjson.loads(wire)
        for path, block in _blocks(orjson.loads(wire)):
            status = block.get("status")
            if path.endswith(".trend"):
                assert status in TREND
            elif ".topics[]" in path and name == "reviews":
                assert status in {"due", "fresh", None}
            elif ".graph.nodes" in path:
                assert status in {"mastered", "never_learned", "forgotten", "not_yet_seen", "developing"}
            elif status is not None:
                more = {"study": OF_STUDY, "maste": OF_FORECAST}.get(name[:5], set())
                assert status in STATUSES | more, path
            if status in (STATUSES | OF_FORECAST) - {"ok"} and "reason" in block:
                assert block["reason"], path
        assert not NEVER_SAID.search(" ".join(_texts(found))), name


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in {"reason", "why", "note"}:
                yield from ([inner] if isinstance(inner, str) else inner or [])
            else:
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def test_plain_tables_and_frames_give_the_same_answers() -> None:
    assert _answers(LIVELY) == _answers(LIVELY, plain=True)


def test_every_answer_starts_with_the_header() -> None:
    for name, found in _answers(LIVELY).items():
        assert found["learner"] == {"key": "ada", "display_name": "Ada"}
        assert found["as_of"] == "2026-04-05T13:07:00Z"
        assert (found["clock"], found["time_zone"]) == ("exact", "UTC")
        assert found["provenance"]["answers"] == 220
        assert found["provenance"]["events"] == 221
        assert found["provenance"]["first_event_at"] == "2026-01-05T00:00:00Z"
        assert found["provenance"]["definition"] == ("study/1" if name.startswith("study") else DEFAULT.definition)


def test_the_dashboard_of_an_active_learner() -> None:
    found = _answers(LIVELY)["dashboard"]
    mastery = found["mastery"]
    assert mastery["status"] == "ok"
    assert (mastery["topics_total"], mastery["topics_seen"], mastery["topics_enough"]) == (4, 2, 2)
    assert mastery["history"][-1]["value"] == mastery["value"]
    assert mastery["history"][-1]["date"] == "2026-04-05"
    assert len(found["gaps"]) == 3
    assert found["reviews"]["status"] == "ok"
    assert found["reviews"]["retrieval_history"][-1]["value"] == found["reviews"]["retrieval_now"]["value"]
    daily = found["rhythm"]["daily"]
    assert [daily[0]["date"], daily[-1]["date"], len(daily)] == ["2026-01-05", "2026-04-05", 91]
    assert sum(day["answers"] for day in daily) == 220
    step = found["next_step"]
    assert step["topic_id"] == "algebra"
    assert step["unlocks"] == [{"topic_id": "limits", "name": "Limits"}]
    minutes = found["today"]["study_minutes"]
    assert (minutes["status"], minutes["active"], minutes["sessions"]) == ("ok", 0.0, 0)
    ready = found["readiness"]
    assert (ready["status"], ready["readiness"]["basis"], ready["exam"]["name"]) == ("ok", "rule", "Final exam")
    assert ready["readiness"]["low"] < ready["readiness"]["value"] < ready["readiness"]["high"]
    assert ready["predicted_score"]["status"] == ready["passing"]["status"] == "not_available"
    assert ready["passing"]["probability"] is None


def test_the_four_parts_of_a_priority_add_up() -> None:
    found = _answers(LIVELY)["knowledge_gaps"]
    for gap in found["gaps"]:
        assert sum(gap["parts"].values()) == pytest.approx(gap["priority"])
        assert gap["path"][-1]["topic_id"] == gap["topic_id"]
    assert [step["topic_id"] for step in found["path"]] == ["algebra", "geometry", "limits", "unused"]
    edges = {(edge["from"], edge["to"]) for edge in found["graph"]["edges"]}
    layer = {node["topic_id"]: node["layer"] for node in found["graph"]["nodes"]}
    assert edges == {("algebra", "limits"), ("geometry", "limits"), ("limits", "unused")}
    assert all(layer[start] < layer[end] for start, end in edges)


def test_one_topic_with_its_items_weakest_first() -> None:
    found = _answers(LIVELY)["mastery_topic"]
    recall = [item["retrievability"] for item in found["items"]]
    assert recall == sorted(recall)
    assert len(recall) == 4
    assert found["topic"]["topic_id"] == "algebra"
    assert found["history"][-1]["value"] == found["topic"]["value"]
    assert sum(item["attempts"] for item in found["items"]) == found["topic"]["sample"]["answers"]


def test_a_heading_shows_what_is_below_it_and_an_unknown_topic_is_refused() -> None:
    state = precompute(LIVELY, NOW)
    evaluated = evaluate(state, curriculum(), NOW, parts=PARTS["mastery_topic"])
    header = Header("ada", NOW, NOW)
    heading = answers.mastery_topic(evaluated, header, "maths")
    assert heading["topic"]["status"] == "no_data"
    assert heading["roll_up"]["status"] == "ok"
    assert [child["topic_id"] for child in heading["children"]] == ["algebra", "geometry", "limits", "unused"]
    with pytest.raises(NotFound) as refused:
        answers.mastery_topic(evaluated, header, "astrology")
    assert refused.value.code == "topic_not_found"


def test_reviews_show_past_now_and_forecast() -> None:
    found = _answers(LIVELY)["reviews"]
    topic = found["topics"][0]
    times = [point["at"] for point in topic["curve"]]
    assert times == sorted(times)
    assert "2026-04-05T13:07:00Z" in times
    assert times[-1] == "2026-05-05T13:07:00Z"
    ahead = [point["value"] for point in topic["curve"] if point["at"] >= found["as_of"]]
    assert ahead == sorted(ahead, reverse=True)
    assert ahead[0] == topic["retrieval_strength"]
    assert len(topic["reviews"]) <= 30
    assert len(found["calendar"]) == 31
    assert found["schedulers"]["fsrs"]["version"] == "FSRS-6"


def test_a_learner_without_a_clock_gets_mastery_and_gaps_and_is_told_what_needs_one() -> None:
    timeless = [
        answer(n, time_precision="order", occurred_at=START.replace(year=1970) + timedelta(seconds=n), score=n % 2)
        for n in range(12)
    ]
    found = _answers(tables_of(timeless))
    assert found["mastery"]["overall"]["status"] == "ok"
    assert found["mastery"]["history_status"] == "needs_clock"
    assert found["knowledge_gaps"]["gaps"][0]["mastery"] is not None
    assert found["reviews"]["status"] == "needs_clock"
    assert found["reviews"]["due_items"] is None
    dashboard = found["dashboard"]
    for name in ("today", "rhythm", "reviews"):
        assert dashboard[name]["status"] == "needs_clock"
        assert "clock" in dashboard[name]["reason"] or "given" in dashboard[name]["reason"]
    assert dashboard["rhythm"]["current_run_days"] is None
    assert dashboard["mastery"]["trend"]["status"] == "needs_clock"
    assert dashboard["mastery"]["projection"]["status"] == "needs_clock"
    assert dashboard["provenance"]["first_event_at"] is None


def test_a_newcomer_is_told_what_is_missing() -> None:
    found = _answers(tables_of([]), key="new")
    assert found["dashboard"]["mastery"]["status"] == "no_data"
    assert found["dashboard"]["next_step"]["status"] == "ok"
    assert found["dashboard"]["next_step"]["topic_id"] == "algebra"
    assert found["reviews"]["status"] == "no_data"
    assert {gap["kind"] for gap in found["knowledge_gaps"]["gaps"]} == {"not_yet_seen"}
    assert found["mastery"]["history"] == []
