"""Of whom the core holds rows to learn from, whatever they consent to; and who consents at this moment."""

from __future__ import annotations

from tests.jobs.pipeline import Pipeline
from tests.jobs.test_learner_jobs import LearnerJobs

from akademos.catalogue.declarations import Purpose
from akademos.jobs.learner_buckets import LearnerBuckets
from akademos.jobs.past_tables import ANSWERED


def test_who_has_rows_is_present_and_who_grants_consents(pipeline: Pipeline) -> None:
    users = ("u-1", "u-2", "u-3")
    for user in users:
        pipeline.door.grant(user)
    jobs = LearnerJobs(pipeline)
    jobs.study(users, answers=2)
    one, two, three = (pipeline.door.person(user) for user in users)
    buckets = LearnerBuckets(pipeline.core, pipeline.door.consent, 100)
    assert buckets.present(jobs.tenant, [ANSWERED]) == {one, two, three}
    assert buckets.present(jobs.tenant, ["quiz_attempt_submitted"]) == set()
    pipeline.door.withdraw("u-2", Purpose.LEARNING_SUPPORT)
    assert buckets.present(jobs.tenant, [ANSWERED]) == {one, two, three}, "kept for research"
    assert buckets.consenting(jobs.tenant, [one, two]) == {one: (one,)}
    pipeline.core.delete(jobs.tenant, three)
    assert buckets.present(jobs.tenant, [ANSWERED]) == {one, two}
