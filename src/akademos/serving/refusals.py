"""What the gate says when it lets nobody through: why, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.roles import Reach
from akademos.errors import Forbidden
from akademos.serving.principal import Principal
from akademos.stores.ports.access import Stop


def wrong_role(principal: Principal, reason: str) -> Forbidden:
    """The role may not ask this."""
    return Forbidden(reason, hint=f"Sign in with another role than {principal.role}.", code="role")


def no_access(reason: str, *, grantable: bool) -> Forbidden:
    """Nobody opened it to whoever asks."""
    hint = "Ask for access on the dataset's page; a data steward decides." if grantable else "Use a data product."
    return Forbidden(reason, hint=hint, code="no_access")


def not_self() -> Forbidden:
    """A learner asks about another."""
    return Forbidden(
        "A learner sees their own answers only.", hint="Ask without naming a learner to see your own.", code="scope"
    )


def out_of_scope(reach: Reach) -> Forbidden:
    """The learner is none of those whom the asker teaches or advises."""
    courses = "There is no such learner in a course that you are assigned to as instructor."
    return Forbidden(
        courses if reach is Reach.OWN_COURSES else "There is no such learner among those you advise.",
        hint="/v1/learners lists your learners; the tenant's rosters decide who is on it.",
        code="scope",
    )


def not_own_course() -> Forbidden:
    """The course is another instructor's."""
    return Forbidden(
        "You are not assigned to such a course as instructor.",
        hint="Leave course out to see the groups of all your courses.",
        code="scope",
    )


_STOPS = {
    Stop.PAUSED: ("consent_paused", "paused the use of the data for {words}"),
    Stop.RESTRICTED: ("processing_restricted", "had the processing for {words} restricted"),
    Stop.OBJECTED: ("processing_objected", "objected to the processing for {words}"),
}


def stopped(principal: Principal, purposes: Sequence[Purpose], stop: Stop) -> Forbidden:
    """The learner paused, restricted or objected to it."""
    code, did = _STOPS[stop]
    own = principal.role == "learner"
    words = " and ".join(purpose.value.replace("_", " ") for purpose in purposes)
    return Forbidden(
        f"{'You have' if own else 'The learner has'} {did.format(words=words)}.",
        hint=(
            "Nothing was deleted: take it back at /my-consent or with POST /v1/consent, and the answer is made anew."
            if own
            else "Only the learner can change that; it is without any disadvantage to their studies."
        ),
        code=code,
    )


def no_consent(principal: Principal, missing: Sequence[Purpose], *, withdrawn: bool) -> Forbidden:
    """The learner does not consent to it."""
    words = " and ".join(purpose.value.replace("_", " ") for purpose in missing)
    own = principal.role == "learner"
    whose = "You have" if own else "The learner has"
    did = f"withdrawn the consent to {words}" if withdrawn else f"not consented to {words}"
    return Forbidden(
        f"{whose} {did}.",
        hint=(
            "Consent at /my-consent or with POST /v1/consent, and the answer is made anew."
            if own
            else "Only the learner can change that; refusing is without any disadvantage to their studies."
        ),
        code="consent_withdrawn" if withdrawn else "consent_missing",
    )
