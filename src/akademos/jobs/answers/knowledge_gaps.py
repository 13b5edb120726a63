"""The answer of /v1/analytics/knowledge-gaps."""

from __future__ import annotations

from typing import Any

from akademos.jobs.answers.blocks import gaps
from akademos.jobs.answers.header import Header, head
from akademos.jobs.answers.rows import Tables, rows


def knowledge_gaps(evaluated: Tables, header: Header) -> dict[str, Any]:
    """Gaps in order of severity and priority, the path through them, and the prerequisite graph.

    Args:
        evaluated: part gaps of one learner.
        header: facts for the head.
    """
    path = rows(evaluated, "path").records("position")
    names = {step["topic_id"]: step["name"] for step in path}
    edges = rows(evaluated, "graph_edges")
    return {
        **head(evaluated, header),
        "gaps": gaps(rows(evaluated, "gaps"), names),
        "path": path,
        "graph": {
            "nodes": rows(evaluated, "graph_nodes").records(),
            "edges": [
                {"from": before, "to": after}
                for before, after in zip(edges.column("from_topic"), edges.column("to_topic"), strict=True)
            ],
        },
    }
