"""Content over HTTP that can be published, and is."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient


def made(host: TestClient, collection: str, row: dict[str, Any]) -> str:
    """The address of a row that is there afterwards, whether or not it was before."""
    answer = host.post(f"/v1/records/{collection}", json=row)
    assert answer.status_code in {201, 409}, answer.text
    return f"/v1/records/{collection}/{next(iter(row.values()))}"


def filled(host: TestClient, course: str) -> None:
    """A course of one page, so that it can be published."""
    made(host, "modules", {"module_id": f"{course}-m", "course_id": course, "title": "Module"})
    lesson = {"lesson_id": f"{course}-l", "module_id": f"{course}-m", "course_id": course, "title": "Page"}
    made(host, "lessons", {**lesson, "content_type": "page"})


def takeable(host: TestClient) -> None:
    """The quiz `taken` and the exercise `done`, published."""
    made(host, "topics", {"topic_id": "asked", "name": "Asked"})
    numeric = {"kind": "numeric", "correct": 2}
    rows = [
        made(host, "items", {"question_id": "taken-1", "topic_ids": ["asked"], "answer_key": numeric}),
        made(host, "quizzes", {"quiz_id": "taken", "title": "Taken", "question_ids": ["taken-1"]}),
        made(host, "exercises", {"exercise_id": "done", "title": "Done", "prompt": "Do.", "review": "none"}),
    ]
    for row in rows:
        for action in ("submit", "publish"):
            host.post(f"{row}/actions/{action}")
        assert host.get(row).json()["status"] == "published"
