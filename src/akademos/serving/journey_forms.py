"""Questions about journeys as addresses say them, and answers as lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from akademos.catalogue.content_policies import JOURNEY_LIMITS, WINDOWS
from akademos.catalogue.journey_steps import STEPS, STOPPED
from akademos.errors import InputError, NotFound
from akademos.serving.principal import Principal, name_of
from akademos.serving.services import Services
from akademos.stores.ports.journeys import AskedStep, JourneyAnswer, JourneyQuestion, SurvivalQuestion

USUAL_FUNNEL = "registered,opened,completed,answered:right*3,submitted"
TIMES_MOST = 10
Line = dict[str, Any]


def asked_steps(steps: str, within: str) -> tuple[AskedStep, ...]:
    """Steps from `registered,opened:video?,answered*3` and windows from `7d` or `any,1d,7d`.

    Raises:
        InputError: a step or window that is not on the list, or too many of them.
    """
    names = [one.strip() for one in steps.split(",") if one.strip()]
    if not 1 <= len(names) <= JOURNEY_LIMITS.steps:
        raise InputError(
            f"A funnel has 1 to {JOURNEY_LIMITS.steps} steps.",
            hint=f"Separate steps by commas, like {USUAL_FUNNEL}.",
            code="journey_steps",
            pointer="/query/steps",
        )
    windows = [one.strip() for one in within.split(",")]
    windows = windows * len(names) if len(windows) == 1 else windows
    if len(windows) != len(names) or not set(windows) <= WINDOWS.keys():
        raise InputError(
            "A window is not on the list, or there are not as many windows as steps.",
            hint=f"Give one of {', '.join(WINDOWS)}, or one a step.",
            code="journey_window",
            pointer="/query/within",
        )
    found = tuple(_step(name, window) for name, window in zip(names, windows, strict=True))
    if found[0].optional:
        raise InputError(
            "The first step of a funnel cannot be left out.",
            hint="Take the ? off the first step.",
            code="journey_steps",
            pointer="/query/steps",
        )
    return found


def _step(text: str, window: str) -> AskedStep:
    optional = text.endswith("?")
    name, star, times = text.removesuffix("?").partition("*")
    known_step(name, "steps")
    if star and not (times.isdecimal() and 1 <= int(times) <= TIMES_MOST):
        raise InputError(
            f"A step is asked for 1 to {TIMES_MOST} times.",
            hint="Write answered*3 for three answers, whatever lies between.",
            code="journey_steps",
            pointer="/query/steps",
        )
    return AskedStep(name, window, optional, int(times) if star else 1)


def known_step(name: str, parameter: str, *further: str) -> str:
    """A name of the list.

    Raises:
        InputError: it is not on it.
    """
    if name not in STEPS and name not in further:
        raise InputError(
            "There is no such step.",
            hint=f"Known: {', '.join((*further, *STEPS))}.",
            code="journey_step_unknown",
            pointer=f"/query/{parameter}",
        )
    return name


def survival_question(since: str, until: str) -> SurvivalQuestion:
    """What survival waits for, from a step or ("") from the first of all.

    Raises:
        InputError: one of them is not on the list.
    """
    return SurvivalQuestion(known_step(until, "until", STOPPED), known_step(since, "since") if since else "")


def courses_of(services: Services, principal: Principal, what: str, course: str | None) -> tuple[dict[str, str], str]:
    """Courses with journeys that the asker sees, by title, and the one that is asked about: the named one, else the
    first; "" where there is none.

    Raises:
        Forbidden: the role gets no answers over groups, or the course is not the instructor's.
    """
    if course is not None:
        name_of(course, "course", "/query/course")
    courses, _ = services.gate.over_groups(principal, what, services.content_metrics, course=course)
    found = services.content.statistics(principal.tenant_id, "course", courses)
    titles = {one.statistic.course_id: one.course for one in found}
    return titles, course if course is not None else next(iter(titles), "")


def answered(
    services: Services, principal: Principal, what: str, course: str | None, question: JourneyQuestion
) -> Line:
    """The answer as JSON.

    Raises:
        Forbidden: see `courses_of`.
        NotFound: nothing is published of the course.
    """
    _, wanted = courses_of(services, principal, what, course)
    return body_of(services.journeys.answer(principal.tenant_id, wanted, question))


def body_of(answer: JourneyAnswer) -> Line:
    """One answer as JSON.

    Raises:
        NotFound: nothing is published of the course.
    """
    if answer.content is None or answer.edition is None:
        raise NotFound(
            "Nothing is published about the journeys of this course.",
            hint="Journeys are counted every night, from twice the smallest group of consenting learners on.",
        )
    edition = answer.edition.isoformat().replace("+00:00", "Z")
    return {"course_id": answer.course_id, "as_of": edition, **answer.content}


def flat_lines(lines: Sequence[Mapping[str, Any]]) -> list[Line]:
    """Lines with one value a column."""
    found = []
    for one in lines:
        line = dict(one)
        share = line.pop("share", None)
        if isinstance(share, Mapping):
            line |= {"share": share["value"], "share_low": share["low"], "share_high": share["high"]}
            line["share_bound"] = share["bound"]
        elif share is not None:
            line["share"] = share
        found.append(line)
    return found
