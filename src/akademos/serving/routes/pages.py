"""Pages: "my progress" and the instructor's list; drawn inside the gate, so that what is drawn may still be shown."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from akademos.catalogue.roles import RULE_OF, Question, Reach, Role
from akademos.errors import AkademosError
from akademos.serving import services as at
from akademos.serving.gate import SEES_ALL_GROUPS, Ask
from akademos.serving.languages import language_of
from akademos.serving.model_answers import may_look_at_models
from akademos.serving.pages import (
    NavLink,
    Shell,
    render_error,
    render_my_learners,
    render_my_progress,
    render_my_study,
    render_no_consent,
)
from akademos.serving.pages.my_progress import PLAN
from akademos.serving.pages.recommendation_card import CHANGES
from akademos.serving.pages.suggestions import ANSWERS
from akademos.serving.pages.wording import Words, words_in
from akademos.serving.principal import Principal, name_of
from akademos.serving.routes.analytics import Window, evaluate, instant_of, recommending
from akademos.serving.routes.learners import listed
from akademos.serving.routes.my_suggestions import ANSWER, MY_PAGE, suggested
from akademos.serving.services import Asker, Served, Services, services_of
from akademos.stores.ports.access import Reading
from akademos.stores.ports.answers import AnswerName, Particulars
from akademos.stores.ports.identity import Identifier

router = APIRouter(include_in_schema=False)

MY_PROGRESS = MY_PAGE
DECIDE = f"{MY_PROGRESS}/recommendations"
"""Where the form says what the learner will do of what is recommended."""
UPTAKE_PAGE = "/recommendations"
MY_STUDY = "/my-study-habits"
LEARNERS = "/learners"
FOCUS = "/students-in-focus"
WHO_SAW = "/who-saw-my-data"
GROUPS = "/groups"
KPIS = "/kpis"
TRUST = "/trust"
ACCESS_LOG = "/trust/access-log"
RELEASES = "/releases"
OPERATIONS = "/operations"
COSTS = "/costs"
MODELS = "/models"
CATALOGUE = "/catalogue"
PEERS = "/peers"
CONTENT = "/content"
ITEMS = "/items"
JOURNEYS = "/journeys"
MY_CONSENT = "/my-consent"
MY_COURSES = "/my-courses"
EXAM_PLAN_PAGE = PLAN
SIGN_IN = "/sign-in"
SIGN_OUT = "/sign-out"

HEADERS = {"Cache-Control": "private, no-store", "Vary": "Accept-Language, Authorization, Cookie"}
_HOME: dict[Role, str] = {"steward": TRUST, "researcher": RELEASES, "operator": OPERATIONS}
"""Where sessions of roles start that have neither groups nor learners of their own."""

_PASSING = frozenset({"topic", "done"})
"""Parameters of an address that links of its page do not repeat."""
_LISTING = frozenset({Reach.OWN_COURSES, Reach.OWN_ADVISEES})
_CONSENT_CODES = frozenset({"consent_missing", "consent_withdrawn"})
_OF_STUDY = (AnswerName.STUDY_EFFICIENCY, AnswerName.STUDY_PATTERNS)
_SHOWN = (
    AnswerName.DASHBOARD,
    AnswerName.MASTERY,
    AnswerName.REVIEWS,
    AnswerName.KNOWLEDGE_GAPS,
    AnswerName.EXAM_READINESS,
    AnswerName.RECOMMENDATIONS,
)


def shell_for(
    services: Services,
    request: Request,
    principal: Principal | None,
    *,
    person: str | None = None,
    language: str | None = None,
) -> tuple[Shell, str | None]:
    """What surrounds a page, and the value of the form's cookie to set, if one is needed.

    `language` None: the one that the address or the browser asks for.
    """
    language = language or language_of(request)
    token, cookie = services.doorkeeper.tokens.form_token(request, principal)
    links = []
    if principal is not None and principal.role == "learner":
        links += [
            _link("my_progress", MY_PROGRESS, request, language),
            _link("exam_plan", EXAM_PLAN_PAGE, request, language),
            _link("my_study", MY_STUDY, request, language),
            _link("my_courses", MY_COURSES, request, language),
            _link("peers", PEERS, request, language),
            _link("my_consent", MY_CONSENT, request, language),
            _link("who_saw", WHO_SAW, request, language),
        ]
    if principal is not None and RULE_OF[principal.role].reach in _LISTING:
        links.append(_link("my_learners", LEARNERS, request, language))
    if principal is not None and RULE_OF[principal.role].reach is Reach.OWN_ADVISEES:
        links.append(_link("focus", FOCUS, request, language))
    if principal is not None and (principal.role == "instructor" or principal.role in SEES_ALL_GROUPS):
        links.append(_link("groups", GROUPS, request, language))
        links.append(_link("content", CONTENT, request, language))
        links.append(_link("items", ITEMS, request, language))
        links.append(_link("journeys", JOURNEYS, request, language))
    if principal is not None and (RULE_OF[principal.role].reach in _LISTING or principal.role in SEES_ALL_GROUPS):
        links.append(_link("uptake", UPTAKE_PAGE, request, language))
    if principal is not None and principal.role in SEES_ALL_GROUPS:
        links.append(_link("kpis", KPIS, request, language))
    if principal is not None and Question.GOVERNANCE in RULE_OF[principal.role].questions:
        links.append(_link("trust", TRUST, request, language))
    if principal is not None and may_look_at_models(principal.role):
        links.append(_link("models", MODELS, request, language))
    if principal is not None and Question.CATALOGUE in RULE_OF[principal.role].questions:
        links.append(_link("catalogue", CATALOGUE, request, language))
    if principal is not None and Question.RELEASE in RULE_OF[principal.role].questions:
        links.append(_link("releases", RELEASES, request, language))
    if principal is not None and Question.OPERATIONS in RULE_OF[principal.role].questions:
        links.append(_link("operations", OPERATIONS, request, language))
        links.append(_link("costs", COSTS, request, language))
    shell = Shell(
        nav=links,
        person=None if principal is None else person or principal.user_id,
        role=None if principal is None else principal.role,
        sign_in=SIGN_IN,
        sign_out=SIGN_OUT if principal is not None and principal.way == "session" else None,
        csrf_token=token,
        language=language,
        query={name: value for name, value in request.query_params.items() if name not in _PASSING},
    )
    return shell, cookie


def _link(key: str, path: str, request: Request, language: str) -> NavLink:
    href = f"{path}?lang={language}" if "lang" in request.query_params else path
    return NavLink(words_in(language).plain(f"nav.{key}"), href, current=request.url.path == path)


def name_of_asker(services: Services, principal: Principal) -> str | None:
    """The display name of whoever is signed in."""
    who = Identifier("user", principal.user_id)
    person = services.vault.find(principal.tenant_id, [who]).get(who)
    if person is None:
        return None
    return services.vault.display_names(principal.tenant_id, [person.learner_key]).get(person.learner_key)


@router.get("/")
async def home(request: Request) -> Response:
    """Where a session starts: the own page, the list, or the sign-in."""
    services = services_of(request)
    principal = await services.doorkeeper.known(request)
    if principal is None:
        return RedirectResponse(SIGN_IN, 303)
    if principal.role in SEES_ALL_GROUPS:
        return RedirectResponse(GROUPS, 303)
    if principal.role in _HOME:
        return RedirectResponse(_HOME[principal.role], 303)
    return RedirectResponse(LEARNERS if RULE_OF[principal.role].reach in _LISTING else MY_PROGRESS, 303)


@router.get("/favicon.ico")
async def favicon() -> Response:
    """Where browsers look when no page has told them."""
    return RedirectResponse("/static/favicon.svg", 308)


@router.get(MY_PROGRESS)
def my_progress(
    request: Request,
    services: Served,
    principal: Asker,
    learner: Annotated[str | None, Query()] = None,
    topic: Annotated[str | None, Query()] = None,
    as_of: Annotated[str | None, Query()] = None,
    reason: Annotated[str | None, Query()] = None,
    done: Annotated[str, Query()] = "",
) -> Response:
    """The learner's page; staff say whose by `learner`. `done` is what was noted of a recommendation just now."""
    chosen = name_of(topic, "topic", "/query/topic") if topic else None
    at_instant = instant_of(as_of, services.clock())
    own = principal.role == "learner"
    ask = Ask(
        learner=None if learner is None else name_of(learner, "learner", "/query/learner"),
        what=MY_PROGRESS,
        purposes=services.purposes_of(*at.ANSWERS),
        reason=None if reason is None else name_of(reason, "reason", "/query/reason"),
    )
    asker = None if own else name_of_asker(services, principal)

    def draw(reading: Reading) -> Response:
        asked = recommending(services, principal, at_instant)
        answers = evaluate(services, principal, reading, _SHOWN, as_of=at_instant, particulars=asked)
        closer = None
        if chosen is not None:
            names = [AnswerName.MASTERY_TOPIC]
            found = evaluate(services, principal, reading, names, as_of=at_instant, particulars=Particulars(chosen))
            closer = found[AnswerName.MASTERY_TOPIC]
        shell, _ = shell_for(services, request, principal, person=reading.display_name if own else asker)
        html = render_my_progress(
            answers[AnswerName.DASHBOARD],
            answers[AnswerName.MASTERY],
            answers[AnswerName.REVIEWS],
            answers[AnswerName.KNOWLEDGE_GAPS],
            closer,
            answers[AnswerName.EXAM_READINESS],
            answers[AnswerName.RECOMMENDATIONS],
            shell=shell,
            selected_topic=chosen,
            own_page=own,
            decide=DECIDE if own and at_instant is None else None,
            said=_said(done, shell.words) if own else None,
            suggested=suggested(services, principal) if own and at_instant is None else (),
            answer_to=ANSWER,
        )
        return HTMLResponse(html, headers=HEADERS)

    return services.gate.about_learner(principal, ask, draw)


def _said(done: str, words: Words) -> str | None:
    """What was noted just now, of a recommendation or of a step that somebody suggested."""
    if done in CHANGES:
        return words.plain(f"recommended.said.{done}")
    return words.plain(f"suggestion.said.{done}") if done in ANSWERS else None


@router.get(MY_STUDY)
def my_study(
    request: Request,
    services: Served,
    principal: Asker,
    window: Window,
    learner: Annotated[str | None, Query()] = None,
    as_of: Annotated[str | None, Query()] = None,
    reason: Annotated[str | None, Query()] = None,
) -> Response:
    """The learner's study habits; staff say whose by `learner`."""
    at_instant = instant_of(as_of, services.clock())
    own = principal.role == "learner"
    ask = Ask(
        learner=None if learner is None else name_of(learner, "learner", "/query/learner"),
        what=MY_STUDY,
        purposes=services.purposes_of(at.STUDY_EFFICIENCY, at.STUDY_PATTERNS),
        reason=None if reason is None else name_of(reason, "reason", "/query/reason"),
    )
    asker = None if own else name_of_asker(services, principal)

    def draw(reading: Reading) -> Response:
        asked = Particulars(window_days=window)
        answers = evaluate(services, principal, reading, _OF_STUDY, as_of=at_instant, particulars=asked)
        shell, _ = shell_for(services, request, principal, person=reading.display_name if own else asker)
        html = render_my_study(
            answers[AnswerName.STUDY_EFFICIENCY], answers[AnswerName.STUDY_PATTERNS], shell=shell, own_page=own
        )
        return HTMLResponse(html, headers=HEADERS)

    return services.gate.about_learner(principal, ask, draw)


@router.get(LEARNERS)
def learners(
    request: Request,
    services: Served,
    principal: Asker,
    course: Annotated[str, Query(max_length=256)] = "",
) -> Response:
    """The learners of the instructor's courses, or the advisor's advisees; of one of these courses by its title."""
    own = services.gate.own_learners(principal, LEARNERS, services.purposes_of(at.MASTERY))
    shell, _ = shell_for(services, request, principal, person=name_of_asker(services, principal))
    html = render_my_learners(
        [listed(learner) for learner in own.learners],
        shell=shell,
        as_of=services.clock(),
        progress_path=MY_PROGRESS,
        course=course,
    )
    return HTMLResponse(html, headers=HEADERS)


async def page_of_error(request: Request, error: AkademosError) -> Response | None:
    """A refusal as a page, where a browser asked for one; the sign-in for somebody who is nobody yet."""
    if request.url.path.startswith("/v1/") or "text/html" not in request.headers.get("accept", ""):
        return None
    services = services_of(request)
    if error.status == HTTPStatus.UNAUTHORIZED and request.method == "GET":
        address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        response: Response = RedirectResponse(f"{SIGN_IN}?next={quote(address, safe='')}", 303)
        services.doorkeeper.tokens.end_session(response)
        return response
    try:
        principal = await services.doorkeeper.known(request)
    except AkademosError:  # a session that has expired, or a store that is down: the page shows nobody signed in
        principal = None
    shell, _ = shell_for(services, request, principal)
    if error.code in _CONSENT_CODES:
        own = principal is not None and principal.role == "learner"
        html = render_no_consent(shell=shell, own_page=own, manage=MY_CONSENT)
    else:
        html = render_error(error, shell=shell, retry=shell.address())
    return HTMLResponse(html, error.status, headers=HEADERS)
