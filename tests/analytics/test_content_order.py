"""Lists of materials under prerequisites: never a topic before what it needs, else by score."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from akademos.analytics.content_order import Placed, in_prerequisite_order, violations
from akademos.analytics.prerequisites import build_graph

TOPICS = [f"t{number}" for number in range(7)]
CHAIN = build_graph(["a", "b", "c"], [("a", "b"), ("b", "c")])
OF = {"a1": ["a"], "a2": ["a"], "b1": ["b"], "c1": ["c"]}


def test_a_material_waits_for_what_its_topic_needs() -> None:
    placed = in_prerequisite_order(["c1", "b1", "a1", "a2"], OF, {"a", "b", "c"}, CHAIN, 10)
    assert [one.material_id for one in placed] == ["a1", "b1", "c1", "a2"]
    assert violations(placed, OF, {"a", "b", "c"}, CHAIN) == 0


def test_mastered_topics_hold_nothing_back() -> None:
    placed = in_prerequisite_order(["c1", "b1"], OF, {"c"}, CHAIN, 10)
    assert [one.material_id for one in placed] == ["c1", "b1"]


def test_a_topic_with_nothing_left_to_open_is_practised_first_and_once() -> None:
    placed = in_prerequisite_order(["c1", "b1"], OF, {"a", "b", "c"}, CHAIN, 10)
    assert placed == [Placed("b1", ("a",)), Placed("c1", ())]
    assert violations([Placed("b1", ()), Placed("c1", ())], OF, {"a", "b", "c"}, CHAIN) == 2


def test_lists_that_put_the_later_first_are_counted() -> None:
    assert violations([Placed("c1", ()), Placed("b1", ()), Placed("a1", ())], OF, {"a", "b"}, CHAIN) == 2


@given(
    edges=st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda edge: edge[0] < edge[1])),
    topics=st.lists(st.sets(st.sampled_from(TOPICS), max_size=2), min_size=1, max_size=12),
    lacking=st.sets(st.sampled_from(TOPICS)),
    limit=st.integers(1, 12),
)
def test_no_list_ever_breaks_a_prerequisite(
    edges: set[tuple[int, int]], topics: list[set[str]], lacking: set[str], limit: int
) -> None:
    graph = build_graph(TOPICS, [(f"t{one}", f"t{other}") for one, other in edges])
    of = {f"m{number}": sorted(members) for number, members in enumerate(topics)}
    placed = in_prerequisite_order(list(of), of, lacking, graph, limit)
    assert violations(placed, of, lacking, graph) == 0
    names = [one.material_id for one in placed]
    assert len(names) == len(set(names)) <= limit
    if not lacking:
        assert names == list(of)[:limit]
    assert placed or not of
