"""What a learner says of a step that somebody suggested to them: the form of their page, and an action of the record.

Programs use /v1/records/recommendations, which keeps to the same rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from akademos.catalogue.records.support import RECOMMENDATIONS
from akademos.errors import InputError
from akademos.serving.languages import language_of
from akademos.serving.pages.suggestions import ANSWERS, OPEN
from akademos.serving.principal import Principal
from akademos.serving.record_gate import asking
from akademos.serving.services import Served, Services, SignedIn
from akademos.serving.small_bodies import SmallBodyRoute
from akademos.stores.ports.record_store import ListQuery, Order, RecordRow

router = APIRouter(include_in_schema=False, route_class=SmallBodyRoute)

MY_PAGE = "/my-progress"
ANSWER = f"{MY_PAGE}/suggestions"
READ = 50
"""Steps of each state that are read, the most urgent; a learner with more sees the others when these are done."""

Text = Annotated[str, Form()]


def suggested(services: Services, principal: Principal) -> Sequence[RecordRow]:
    """The steps that wait for the word of the learner who asks; of others a learner may read none."""
    found: list[RecordRow] = []
    with asking(services, principal, RECOMMENDATIONS, "read", f"GET {MY_PAGE} {RECOMMENDATIONS.collection}") as asker:
        for status in OPEN:
            query = ListQuery(equal={"status": status}, limit=READ, order=(Order("priority"), Order("created_at")))
            found += services.records.find(asker, RECOMMENDATIONS, query).rows
    return found


@router.post(ANSWER)
def answer(
    request: Request,
    services: Served,
    principal: SignedIn,
    suggestion: Text = "",
    action: Text = "",
    lang: Text = "",
    csrf: Text = "",
) -> Response:
    """Keep the learner's word on one step, and show the page again."""
    if principal.way == "session":
        services.doorkeeper.tokens.check_form(request, principal, csrf)
    if action not in ANSWERS:
        raise InputError("The form says not what to do.", hint="Use the buttons of the page.", pointer="/action")
    what = f"POST {ANSWER} {action}"
    with asking(services, principal, RECOMMENDATIONS, "act", what, action=action) as asker:
        services.records.change(asker, RECOMMENDATIONS, (suggestion,), {}, action=action, expected_version=None)
    done = {"lang": language_of(request, lang), "done": action}
    return RedirectResponse(f"{MY_PAGE}?{urlencode(done)}#suggested", 303)
