"""The prerequisite graph and the curriculum built on it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analytics.populations import CURRICULUM_TABLES, curriculum, table

from akademos.analytics.curriculum import prepare
from akademos.analytics.prerequisites import build_graph
from akademos.errors import CatalogueError, InputError

EDGES = [("a", "c"), ("b", "c"), ("c", "d"), ("a", "d"), ("a", "c")]


def test_reach_layers_and_impact_of_a_small_graph() -> None:
    graph = build_graph(list("abcde"), EDGES)
    assert graph.upstream(["d"]) == {"a", "b", "c"}
    assert graph.downstream("b") == {"c", "d"}
    assert graph.layers(set("abcd")) == {"a": 0, "b": 0, "c": 1, "d": 2}
    assert graph.layers({"a", "d"}) == {"a": 0, "d": 1}
    # Unmastered c (weight 4) and d (1) lie downstream of a and b; all weight is 3 + 2 + 4 + 1.
    weights = {"a": 3.0, "b": 2.0, "c": 4.0, "d": 1.0, "e": 9.0}
    assert graph.impact(weights, {"b", "c", "d", "e"}) == {"a": 0.5, "b": 0.5, "c": 0.1, "d": 0.0}
    assert graph.impact({"a": 0.0, "b": 0.0}, {"b"}) == {"a": 0.0, "b": 0.0}


def test_a_cycle_is_refused_and_named() -> None:
    with pytest.raises(CatalogueError) as refused:
        build_graph(list("abcd"), [("a", "b"), ("b", "c"), ("c", "d"), ("d", "b")])
    assert refused.value.code == "prerequisites_cyclic"
    assert "b > c > d > b" in refused.value.reason
    with pytest.raises(CatalogueError, match="a > a"):
        build_graph(["a"], [("a", "a")])


@st.composite
def _acyclic(draw: st.DrawFn) -> tuple[list[str], list[tuple[str, str]]]:
    topics = [f"t{n:02d}" for n in range(draw(st.integers(1, 14)))]
    order = draw(st.permutations(topics))
    pairs = [(before, after) for n, before in enumerate(order) for after in order[n + 1 :]]
    return topics, draw(st.lists(st.sampled_from(pairs), max_size=40)) if pairs else []


@settings(max_examples=150, deadline=None)
@given(_acyclic(), st.data())
def test_no_topic_comes_before_its_prerequisites(
    drawn: tuple[list[str], list[tuple[str, str]]], data: st.DataObject
) -> None:
    topics, edges = drawn
    graph = build_graph(topics, edges)
    wanted = data.draw(st.lists(st.sampled_from(topics), unique=True))
    found = graph.sequence(wanted, lambda topic: (0.0, topic))
    assert sorted(found) == sorted(wanted)
    for place, topic in enumerate(found):
        assert not graph.upstream([topic]) & set(found[place + 1 :])
    layers = graph.layers(set(topics))
    assert all(layers[before] < layers[after] for before, after in edges)
    for topic in graph.order:  # bits against a plain walk
        reached: set[str] = set()
        ends = [topic]
        while ends:
            here = ends.pop()
            ends.extend(after for before, after in edges if before == here and after not in reached)
            reached.update(after for before, after in edges if before == here)
        assert graph.downstream(topic) == reached


def test_a_real_graph_with_dangling_edges(shared_data: Path) -> None:
    folder = shared_data / "prereq" / "metacademy"
    concepts, edges = pl.read_csv(folder / "concepts.csv"), pl.read_csv(folder / "prerequisites.csv")
    graph = build_graph(concepts["concept"].to_list(), zip(edges["prerequisite"], edges["concept"], strict=True))
    assert graph.dangling == 21
    assert len(graph.order) <= 392
    place = graph.place
    assert all(place[before] < place[after] for after, all_before in graph.before.items() for before in all_before)


def test_the_scope_of_a_learner() -> None:
    tables = {
        "topics": table(
            "topics",
            [
                {"topic_id": "shared"},
                {"topic_id": "basics", "course_id": "one"},
                {"topic_id": "more", "course_id": "one"},
                {"topic_id": "far", "course_id": "two"},
                {"topic_id": "needed", "course_id": "three"},
                {"topic_id": "exam only", "course_id": "four"},
            ],
        ),
        "topic_relationships": table(
            "topic_relationships", [{"from_topic": "needed", "to_topic": "more", "kind": "prerequisite"}]
        ),
        "exam_weights": table("exam_weights", [{"exam_id": "e", "topic_id": "exam only", "weight": 3.0}]),
    }
    found = prepare(tables)
    assert set(found.scope([], [], None)) == {"shared"}
    assert set(found.scope(["one"], [], None)) == {"shared", "basics", "more", "needed"}
    assert set(found.scope([], ["basics"], None)) == {"shared", "basics", "more", "needed"}
    assert set(found.scope([], ["elsewhere"], "e")) == {"shared", "exam only", "elsewhere"}
    assert found.name("elsewhere") == "elsewhere"


def test_a_curriculum_that_contradicts_itself_is_refused() -> None:
    circle = [{"topic_id": "a", "parent_id": "b"}, {"topic_id": "b", "parent_id": "a"}]
    with pytest.raises(CatalogueError) as refused:
        prepare({"topics": table("topics", circle)})
    assert refused.value.code == "topics_cyclic"
    with pytest.raises(CatalogueError) as refused:
        prepare({"exam_weights": table("exam_weights", [{"exam_id": "e", "topic_id": "a", "weight": 11.0}])})
    assert refused.value.code == "exam_weight_invalid"
    with pytest.raises(InputError) as malformed:
        prepare({"topics": pl.DataFrame({"name": ["no id"]})})
    assert malformed.value.code == "table_malformed"


def test_only_prerequisites_make_the_graph() -> None:
    found = curriculum()
    assert found.graph.order == ("algebra", "geometry", "limits", "unused")
    assert set(found.items["algebra"]) == {"q0", "q4"}
    assert found.materials["geometry"] == {"book"}
    assert list(found.ancestors("limits")) == ["maths"]
    assert CURRICULUM_TABLES["topic_relationships"].height == 4
