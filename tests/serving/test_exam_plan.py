"""The route of the exam plan refuses rubbish with a pointer; its page stands behind the same gate."""

from __future__ import annotations

import pytest
from tests.serving.institution import Institution

ADDRESS = "/v1/analytics/exam-plan"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("date", "tomorrow"),
        ("date", "2026-02-31"),
        ("date", "20260301"),
        ("date", "2026-W10-1"),
        ("target_recall", "much"),
        ("target_recall", "nan"),
        ("target_recall", "1.2"),
        ("target_recall", "0"),
        ("minutes_a_day", "0"),
        ("minutes_a_day", "-5"),
        ("minutes_a_day", "1e3"),
        ("minutes_a_day", "481"),
        ("minutes_a_day", "\u0663\u0660"),
        ("minutes_a_day", "9" * 5000),
    ],
)
def test_rubbish_is_refused_with_a_pointer(institution: Institution, name: str, value: str) -> None:
    response = institution.as_("ada").get(ADDRESS, params={name: value})
    assert response.status_code == 400, response.text
    problem = response.json()
    assert problem["pointer"] == f"/query/{name}"
    assert problem["code"] in (f"{name}_invalid", "exam_date_invalid")


def test_what_a_form_leaves_empty_counts_as_left_out(institution: Institution) -> None:
    empty = {"date": "", "target_recall": "", "minutes_a_day": ""}
    assert institution.as_("ada").get(ADDRESS, params=empty).status_code == 200


def test_another_question_is_another_answer(institution: Institution) -> None:
    made = [
        institution.as_("ada").get(ADDRESS, params={"minutes_a_day": minutes}).headers.get("ETag")
        for minutes in (10, 20, 10)
    ]
    assert made[0] is None or (made[0] == made[2] != made[1])
