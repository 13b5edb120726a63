"""The institution's records as the CSV files of `akademos records import`."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

from akademos.demo.courses import COURSES
from akademos.demo.events import withdrawn_at
from akademos.demo.midterm import PASS_MARK, midterm_id, midterm_leaves
from akademos.demo.personas import STAFF
from akademos.demo.population import NEVER
from akademos.demo.simulation import History

FEATURED = 4
"""The first so many learners are entered before the others, one by one, so that a list of people begins with them."""


def write_records(history: History, folder: Path) -> list[Path]:
    """Folders of record files, to be imported one after the other: featured people, each alone, then all else."""
    learners = history.learners
    people = [
        (user_id, "learner", persona, zone, name)
        for user_id, persona, zone, name in zip(
            learners.user_ids, learners.personas, learners.zones, learners.names, strict=True
        )
    ]
    staff = [(one.user_id, "staff", one.persona, "", one.name) for one in STAFF]
    header = ("user_id", "kind", "persona", "time_zone", "display_name")
    folders = [folder / f"{place}-{person[0]}" for place, person in enumerate(people[:FEATURED], start=1)]
    for one, person in zip(folders, people, strict=False):
        write_rows(one / "people.csv", header, [person])
    rest = folder / f"{FEATURED + 1}-all"
    write_rows(rest / "people.csv", header, [*staff, *people[FEATURED:]])
    _write_curriculum(history, rest)
    _write_enrolments(history, rest)
    return [*folders, rest]


def _write_curriculum(history: History, folder: Path) -> None:
    bank, first_day = history.bank, history.first_day
    exam_day = exam_date(history)
    write_rows(
        folder / "courses.csv",
        ("course_id", "title", "starts_on", "ends_on"),
        [(one.course_id, one.title, first_day, exam_day) for one in COURSES],
    )
    topics: list[Sequence[object]] = []
    for course in COURSES:
        for group_id, group_name, leaves in course.groups:
            topics.append((group_id, "", course.course_id, group_name, len(topics)))
            for leaf in leaves:
                topics.append((leaf.topic_id, group_id, course.course_id, leaf.name, len(topics)))
    write_rows(folder / "topics.csv", ("topic_id", "parent_id", "course_id", "name", "position"), topics)
    edges = [(need, leaf.topic_id, "prerequisite") for leaf in bank.leaves for need in leaf.needs]
    related = [(*pair, "related") for course in COURSES for pair in course.related]
    write_rows(folder / "topic_relationships.csv", ("from_topic", "to_topic", "kind"), [*edges, *related])
    write_rows(
        folder / "items.csv",
        ("question_id", "course_id", "topic_ids"),
        [
            (question_id, _course_of_leaf(history, bank.topics_of_item[item, 0]), ";".join(bank.topic_ids(item)))
            for item, question_id in enumerate(bank.question_ids)
        ],
    )
    write_rows(
        folder / "materials.csv",
        ("material_id", "course_id", "kind", "title", "topic_ids"),
        [
            (material_id, _course_of_leaf(history, leaf), kind, title, bank.leaves[leaf].topic_id)
            for material_id, (kind, title, leaf) in zip(bank.material_ids, bank.materials, strict=True)
        ],
    )
    exams = [(course.exam_id, course.course_id, course.exam_name, PASS_MARK) for course in COURSES]
    midterms = [(midterm_id(one), one.course_id, f"{one.title}: midterm", PASS_MARK) for one in COURSES]
    write_rows(folder / "exams.csv", ("exam_id", "course_id", "name", "pass_mark"), [*exams, *midterms])
    weights = [
        (exam_id, group_name, leaf.topic_id, leaf.weight)
        for course in COURSES
        for exam_id, examined in ((course.exam_id, course.leaves), (midterm_id(course), midterm_leaves(course)))
        for _, group_name, leaves in course.groups
        for leaf in leaves
        if leaf in examined
    ]
    write_rows(folder / "exam_weights.csv", ("exam_id", "section", "topic_id", "weight"), weights)


def _write_enrolments(history: History, folder: Path) -> None:
    learners = history.learners
    withdrawn = withdrawn_at(history)
    write_rows(
        folder / "enrolments.csv",
        ("user_id", "course_id", "registered_on", "withdrawn_on"),
        [
            (user_id, course.course_id, _day(history, learners.starts[who]), _day(history, withdrawn[who]))
            for who, user_id in enumerate(learners.user_ids)
            for at, course in enumerate(COURSES)
            if learners.enrolled[who, at]
        ],
    )
    write_rows(
        folder / "staff_assignments.csv",
        ("user_id", "course_id", "role"),
        [(one.user_id, course_id, one.role) for one in STAFF for course_id in one.courses],
    )
    write_rows(
        folder / "learner_targets.csv",
        ("user_id", "exam_id", "target_date"),
        [
            (user_id, COURSES[target].exam_id, exam_date(history))
            for user_id, target in zip(learners.user_ids, learners.target, strict=True)
            if target >= 0
        ],
    )


def exam_date(history: History) -> date:
    """The day of all exams."""
    return history.first_day + timedelta(days=int(history.term.exam))


def _course_of_leaf(history: History, leaf: int) -> str:
    return COURSES[history.bank.course_of_leaf[leaf]].course_id


def _day(history: History, day: float) -> date | str:
    """The date of a local day; empty for one that does not come."""
    return "" if day >= NEVER else history.first_day + timedelta(days=int(day))


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
