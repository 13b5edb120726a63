"""The one door to a learner's data: role, scope and live consent, decided in the reading transaction, looked at
again right before the answer leaves, and logged.

Nothing is remembered from one request to the next. Whatever makes the answer may be cached, but it is only asked
once the gate has let the question pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from akademos.catalogue.declarations import Metric, Purpose
from akademos.catalogue.roles import ROLE_RULES, RULE_OF, Question, Reach, Role
from akademos.errors import AkademosError, Forbidden, InputError, Unavailable
from akademos.privacy.disclosure_tables import published_count
from akademos.serving.kept_reasons import kept_reason
from akademos.serving.principal import Principal
from akademos.serving.refusals import no_access, no_consent, not_own_course, not_self, out_of_scope, stopped, wrong_role
from akademos.stores.ports.access import AccessEntry, LearnerReadings, Reading, RosterLearner
from akademos.stores.ports.groups import GroupAnswer, PublishedGroups
from akademos.stores.ports.intervention_effects import EffectReports, PublishedEffect
from akademos.telemetry import CONSENT_DECISIONS

T = TypeVar("T")

ATTEMPTS = 3
"""How often an answer is made anew because the learner's consent changed, but was not taken back, meanwhile."""

ALLOWED = "allowed"

SEES_ALL_GROUPS = frozenset(
    rule.name for rule in ROLE_RULES if Question.AGGREGATE in rule.questions and rule.reach is Reach.NOBODY
)
"""Roles that get answers over groups of the whole institution; instructors get those of their own courses."""

_SUPPORTS = frozenset({Reach.OWN_COURSES, Reach.OWN_ADVISEES})


@dataclass(frozen=True, slots=True)
class Ask:
    """A question about one learner: whom (a user_id or learner_key; None is the asker), what (the address or
    command), for which purposes, and why (staff may say so)."""

    learner: str | None
    what: str
    purposes: tuple[Purpose, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class OwnLearners:
    """The learners whom an instructor or advisor may look at, and how many more do not consent, as may be published:
    rounded, None when fewer than k."""

    learners: tuple[RosterLearner, ...]
    withheld: int | None


@dataclass(frozen=True, slots=True)
class Groups:
    """Answers over groups as the asker may see them, none of fewer than `floor` people."""

    answers: tuple[GroupAnswer, ...]
    floor: int


@dataclass(frozen=True, slots=True)
class Effects:
    """What is published of interventions, none from fewer than `floor` learners on a side."""

    effects: tuple[PublishedEffect, ...]
    floor: int


class Gate:
    """Lets a question pass or refuses it with a reason."""

    def __init__(self, readings: LearnerReadings, groups: PublishedGroups, effects: EffectReports) -> None:
        self._readings = readings
        self._groups = groups
        self._effects = effects

    def about_learner(self, principal: Principal, ask: Ask, produce: Callable[[Reading], T]) -> T:
        """Let `produce` make the answer if this principal may have it, and give it out if that is still so.

        Raises:
            Forbidden: the role gets no individuals, the learner is out of scope or unknown (the same refusal for
                both), or does not consent; `code` says which.
            InputError: staff did not say whom the question is about.
            Unavailable: the store is down, or consent keeps changing.
        """
        self._check_role(principal, ask)
        ask = _with_purposes_of_role(principal, ask)
        if principal.role == "learner" and ask.learner == principal.user_id:
            ask = replace(ask, learner=None)  # by name only: the name of one may look like the key of another
        for _ in range(ATTEMPTS):
            reading = self._readings.read(principal.tenant_id, actor=principal.user_id, learner=ask.learner)
            self._check(principal, ask, reading)
            try:
                answer: T | AkademosError = produce(reading)
            except AkademosError as refusal:
                answer = refusal
            standing = self._confirm(principal, ask, reading, answer)
            if standing == "refused":
                continue  # the next look says what stopped it, and logs that
            if standing == "stands":
                CONSENT_DECISIONS.labels(ALLOWED).inc()
                if isinstance(answer, AkademosError):
                    raise answer
                return answer
        raise Unavailable(
            "The learner's consent changed while the answer was made.", hint="Ask again.", retry_after_s=1
        )

    def own_record(
        self, principal: Principal, what: str, produce: Callable[[Reading], T], purposes: Sequence[Purpose] = ()
    ) -> T:
        """Let `produce` make what a learner alone may have about themself: always, or if they consent to `purposes`;
        logged like any other look.

        Raises:
            Forbidden: the principal is no learner, or does not consent.
            Unavailable: the store is down.
        """
        ask = Ask(None, what, tuple(purposes))
        if principal.role != "learner":
            self._refuse(principal, ask, None, wrong_role(principal, "This is for learners, about themselves."))
        return self.about_learner(principal, ask, produce)

    def own_learners(
        self, principal: Principal, what: str, purposes: Sequence[Purpose], *, advisors_only: bool = False
    ) -> OwnLearners:
        """The consenting learners of an instructor's courses, or an advisor's advisees, each looked up again before
        the list leaves.

        Raises:
            Forbidden: the role has no learners of its own.
        """
        ask = _with_purposes_of_role(principal, Ask(None, what, tuple(purposes)))
        reach, purposes = RULE_OF[principal.role].reach, ask.purposes
        if reach not in ({Reach.OWN_ADVISEES} if advisors_only else {Reach.OWN_COURSES, Reach.OWN_ADVISEES}):
            reason = (
                "This list is for advisors." if advisors_only else "Lists of learners are for instructors and advisors."
            )
            self._refuse(principal, ask, None, wrong_role(principal, reason))
        roster = self._readings.roster(principal.tenant_id, actor=principal.user_id, reach=reach, purposes=purposes)
        entry = self._entry(principal, ask, roster.actor_audit_name, None, ALLOWED)
        keys = [learner.learner_key for learner in roster.learners]
        still = self._readings.confirm_roster(principal.tenant_id, roster.learners, purposes, entry)
        CONSENT_DECISIONS.labels(ALLOWED).inc()
        learners = tuple(learner for learner in roster.learners if learner.learner_key in still)
        withheld = roster.withheld + len(keys) - len(learners)
        return OwnLearners(learners, published_count(withheld, self._groups.floor(principal.tenant_id)))

    def groups(
        self, principal: Principal, what: str, metrics: Sequence[Metric], *, course: str | None = None
    ) -> Groups:
        """What is published of groups: of an instructor's own courses, or of all. Whatever an author selects from it,
        no group in it is smaller than the floor that the metrics declare and the tenant set.

        Raises:
            Forbidden: the role gets no answers over groups, or the course is not the instructor's.
        """
        courses, floor = self.over_groups(principal, what, metrics, course=course)
        answers = self._groups.answers(principal.tenant_id, courses)
        wanted = (one for one in answers if course is None or one.course_id == course)
        return Groups(tuple(_floored(one, floor) for one in wanted), floor)

    def over_groups(
        self, principal: Principal, what: str, metrics: Sequence[Metric], *, course: str | None = None
    ) -> tuple[frozenset[str] | None, int]:
        """Let a question about what is published of groups pass, and log it: the courses that the asker sees (None: all
        of them), and the floor that the metrics declare and the tenant set.

        Raises:
            Forbidden: the role gets no answers over groups, or the course is not the instructor's.
        """
        ask = Ask(None, what, tuple(sorted({metric.purposes[0] for metric in metrics})))
        courses: frozenset[str] | None = None
        if principal.role == "instructor":
            courses = self._groups.courses_taught(principal.tenant_id, principal.user_id)
            if course is not None and course not in courses:
                self._refuse(principal, ask, None, not_own_course())
        elif principal.role not in SEES_ALL_GROUPS:
            self._refuse(principal, ask, None, wrong_role(principal, "Answers over groups are for staff."))
        floor = max(self._groups.floor(principal.tenant_id), *(metric.group_floor or 0 for metric in metrics))
        self._let_pass(principal, ask)
        return courses, floor

    def of_institution(self, principal: Principal, what: str, purposes: Sequence[Purpose]) -> int:
        """Let a question about published figures of the whole institution pass, and log it; the smallest group that the
        tenant wants anything shown of.

        Raises:
            Forbidden: the role gets no such figures.
        """
        ask = Ask(None, what, tuple(sorted(set(purposes))))
        if principal.role not in SEES_ALL_GROUPS:
            self._refuse(principal, ask, None, wrong_role(principal, "Figures of the institution are for its staff."))
        floor = self._groups.floor(principal.tenant_id)
        self._let_pass(principal, ask)
        return floor

    def effects(self, principal: Principal, what: str, purposes: Sequence[Purpose]) -> Effects:
        """What interventions brought about, as published: for advisors, who intervene, and for those who get answers
        over groups of the whole institution.

        Raises:
            Forbidden: another role.
        """
        ask = Ask(None, what, tuple(purposes))
        if principal.role != "advisor" and principal.role not in SEES_ALL_GROUPS:
            reason = "What interventions brought about is for advisors and for those who see all groups."
            self._refuse(principal, ask, None, wrong_role(principal, reason))
        floor = self._groups.floor(principal.tenant_id)
        found = self._effects.effects(principal.tenant_id)
        self._let_pass(principal, ask)
        return Effects(tuple(one for one in found if min(one.treated, one.comparison) >= floor), floor)

    def uptake(self, principal: Principal, what: str, purposes: Sequence[Purpose]) -> int:
        """Let a question about what became of recommendations pass, and log it; the smallest group that the tenant
        wants anything shown of. It is for those who recommend and support, and for those who get answers over groups of
        the whole institution.

        Raises:
            Forbidden: another role.
        """
        ask = Ask(None, what, tuple(purposes))
        if RULE_OF[principal.role].reach not in _SUPPORTS and principal.role not in SEES_ALL_GROUPS:
            reason = "What became of recommendations is for instructors, advisors and those who see all groups."
            self._refuse(principal, ask, None, wrong_role(principal, reason))
        self._let_pass(principal, ask)
        return self.floor(principal.tenant_id)

    def released(
        self,
        principal: Principal,
        what: str,
        *,
        reason: str | None = None,
        granted: Callable[[], bool] = lambda: False,
    ) -> None:
        """Let a question about research releases pass, and log it. `granted` says whether a steward has granted the
        product to whoever asks without the role.

        Raises:
            Forbidden: the role gets no releases, and nobody has granted them.
        """
        ask = Ask(None, what, (Purpose.RESEARCH,), reason)
        if Question.RELEASE not in RULE_OF[principal.role].questions and not granted():
            self._refuse(principal, ask, None, wrong_role(principal, "Research releases are for researchers."))
        self._let_pass(principal, ask)

    def access_log(self, principal: Principal, ask: Ask) -> Reading | None:
        """Let a search of the access log pass, and log it; the snapshot of the person of `ask`, None when the search is
        about nobody in particular. No consent is asked for: the log is the proof of it.

        Raises:
            Forbidden: the role answers for no logs.
            InputError: it is about a person, and does not say why.
        """
        if Question.GOVERNANCE not in RULE_OF[principal.role].questions:
            refusal = wrong_role(principal, "The access log is for data stewards and administrators.")
            self._refuse(principal, ask, None, refusal)
        if ask.learner is not None and ask.reason is None:
            raise InputError(
                "The search is about a person and does not say why.",
                hint="Add ?reason=; it is kept with the search.",
                code="reason_missing",
                pointer="/query/reason",
            )
        found = self._readings.read(principal.tenant_id, actor=principal.user_id, learner=ask.learner)
        reading = None if ask.learner is None else found
        entry = self._entry(principal, ask, found.actor_audit_name, reading, ALLOWED)
        self._readings.record(principal.tenant_id, entry, durable=True)
        CONSENT_DECISIONS.labels(ALLOWED).inc()
        return reading

    def rows(self, principal: Principal, what: str, readers: frozenset[Role], granted: Callable[[], bool]) -> None:
        """Let a look at rows of a dataset pass that is about nobody, and log it: for the roles whose task it is
        (`readers`), and for whom a steward has `granted` it.

        Raises:
            Forbidden: neither of both.
        """
        ask = Ask(None, what, ())
        if principal.role not in readers and not granted():
            reason = "Rows of this dataset are for others." if readers else "Nobody looks at rows of this dataset."
            self._refuse(principal, ask, None, no_access(reason, grantable=bool(readers)))
        self._let_pass(principal, ask)

    def published(self, tenant_id: str, count: int) -> int | None:
        """A count of people, or of rows about them, as it may be shown: rounded, None below the tenant's floor."""
        return published_count(count, self.floor(tenant_id))

    def floor(self, tenant_id: str) -> int:
        """The smallest group of people that the tenant wants anything shown of."""
        return self._groups.floor(tenant_id)

    def _check_role(self, principal: Principal, ask: Ask) -> None:
        rule = RULE_OF[principal.role]
        if Question.INDIVIDUAL not in rule.questions:
            self._refuse(principal, ask, None, wrong_role(principal, rule.refusal))
        if rule.reach is not Reach.SELF and ask.learner is None:
            raise InputError(
                "The question does not say about whom.",
                hint="Add ?learner= with the learner's id; /v1/learners lists yours.",
                code="learner_missing",
                pointer="/query/learner",
            )

    def _check(self, principal: Principal, ask: Ask, reading: Reading) -> None:
        reach = RULE_OF[principal.role].reach
        if reach is Reach.SELF:
            own = ask.learner is None or reading.learner_key == reading.actor_key is not None
            if not own:
                self._refuse(principal, ask, reading, not_self())
        elif not _reaches(reach, reading):
            self._refuse(principal, ask, reading, out_of_scope(reach))
        if not reading.granted.issuperset(ask.purposes):
            stop = next((reading.stopped[one] for one in ask.purposes if one in reading.stopped), None)
            if stop is not None:
                self._refuse(principal, ask, reading, stopped(principal, ask.purposes, stop))
            missing = tuple(one for one in ask.purposes if one not in reading.granted)
            withdrawn = bool(reading.decided.intersection(missing))
            self._refuse(principal, ask, reading, no_consent(principal, missing, withdrawn=withdrawn))

    def _confirm(self, principal: Principal, ask: Ask, reading: Reading, answer: object) -> str:
        decision = answer.code if isinstance(answer, AkademosError) else ALLOWED
        entry = self._entry(principal, ask, reading.actor_audit_name, reading, decision)
        durable = principal.role != "learner"
        return self._readings.confirm(principal.tenant_id, reading, ask.purposes, entry, durable=durable)

    def _let_pass(self, principal: Principal, ask: Ask) -> None:
        """Log a question about nobody in particular that the role may ask."""
        self._readings.record(principal.tenant_id, self._entry(principal, ask, None, None, ALLOWED))
        CONSENT_DECISIONS.labels(ALLOWED).inc()

    def _refuse(self, principal: Principal, ask: Ask, reading: Reading | None, refusal: Forbidden) -> None:
        CONSENT_DECISIONS.labels(refusal.code).inc()
        actor = reading.actor_audit_name if reading else None
        self._readings.record(principal.tenant_id, self._entry(principal, ask, actor, reading, refusal.code))
        raise refusal

    def _entry(
        self, principal: Principal, ask: Ask, actor: bytes | None, reading: Reading | None, decision: str
    ) -> AccessEntry:
        return AccessEntry(
            actor=f"person:{actor.hex()}" if actor else self._actor_name(principal),
            role=principal.role,
            subject=reading.learner_audit_name if reading else None,
            what=ask.what if principal.way != "command_line" else f"command line: {ask.what}",
            purpose=",".join(ask.purposes),
            reason=kept_reason(ask.reason, ask.learner, principal, reading),
            decision=decision,
            consent_version=reading.consent_version if reading else None,
        )

    def _actor_name(self, principal: Principal) -> str:
        if principal.way == "key":
            return f"key:{principal.user_id}"
        return self._readings.actor_name(principal.tenant_id, principal.user_id)


def _floored(answer: GroupAnswer, floor: int) -> GroupAnswer:
    """The group, withheld when it is smaller than a floor that was raised since it was published."""
    if answer.learners is None or answer.learners >= floor:
        return answer
    return replace(answer, as_of=None, learners=None, mastery=None, mastered=None, weak=None)


def may_ask(principal: Principal, question: Question) -> None:
    """Let a question that is about no individual pass, if the role may ask it.

    Raises:
        Forbidden: the role may not.
    """
    rule = RULE_OF[principal.role]
    if question not in rule.questions:
        allowed = ", ".join(sorted(one.value for one in rule.questions))
        raise wrong_role(principal, f"The role {principal.role} asks for {allowed} only, not for {question.value}.")


def _with_purposes_of_role(principal: Principal, ask: Ask) -> Ask:
    """The question with the purposes for which the role uses the answer, beside those that it was made for."""
    return replace(ask, purposes=tuple(sorted({*ask.purposes, *RULE_OF[principal.role].asks_for})))


def _reaches(reach: Reach, reading: Reading) -> bool:
    if reading.actor_key is None or reading.learner_key is None:
        return False
    return reading.teaches if reach is Reach.OWN_COURSES else reach is Reach.OWN_ADVISEES and reading.advises
