"""The page of groups as text: what is withheld is said in words, and no name breaks out."""

from __future__ import annotations

import re
from typing import Any

from akademos.serving import pages


def row(topic: str, persona: str, mastery: float | None, learners: int | None, **more: Any) -> dict[str, Any]:
    status = "withheld" if learners is None else "published"
    shares = {"mastered": None, "weak": None, **more}
    return {"topic_id": topic, "topic": topic, "persona": persona, "status": status, "learners": learners,
            "mastery": mastery, **shares}  # fmt: skip


def rendered(rows: list[dict[str, Any]], shell: pages.Shell) -> str:
    return pages.render_groups(
        rows,
        shell=shell,
        floor=10,
        rounded_to=5,
        courses=[pages.CourseChoice("a", "<Algebra>", True), pages.CourseChoice("b", "Biology", False)],
        download="/v1/analytics/groups?format=csv&course=a",
    )


def test_numbers_and_what_is_withheld(shell: pages.Shell) -> None:
    html = rendered(
        [
            row("Fractions", "*", 0.64, 60, mastered=0.25),
            row("Fractions", "career_changer", 0.7, 15),
            row("<script>alert(1)</script>", "*", None, None),
        ],
        shell,
    )
    assert "<script>alert" not in html
    assert "<Algebra>" not in html
    cells = re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", html)
    first = cells[cells.index("Fractions") :]
    assert first[:6] == ["Fractions", "all learners", "60", "64%", "25%", "withheld"]
    assert first[6:12] == ["Fractions", "career changer", "15", "70%", "withheld", "withheld"]
    assert first[13:18] == ["all learners", *["withheld"] * 4]
    assert "1 of 3 groups are withheld" in html
    assert html.count('role="img"') == 2
    assert "fewer than 10 learners" in html
    assert 'href="/v1/analytics/groups?format=csv&amp;course=a"' in html


def test_nothing_published_yet(shell: pages.Shell) -> None:
    for rows in ([], [row("Fractions", "*", None, None)]):
        html = rendered(rows, shell)
        assert "No groups yet" in html
        assert 'role="img"' not in html
