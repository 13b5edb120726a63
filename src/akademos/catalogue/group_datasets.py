"""Datasets of disclosure control: the guard's memory, what is published of groups, budgets of noise."""

from __future__ import annotations

from akademos.catalogue.checks import Severity, holds
from akademos.catalogue.dataset_columns import LEARNER, TENANT, may, must
from akademos.catalogue.declarations import Basis, Dataset, Purpose
from akademos.catalogue.policies import LIMITS

_SUPPORT = (Purpose.LEARNING_SUPPORT,)
_STEWARD = "data steward"
_SCOPE = must("scope", "string", "course; empty for the institution")
_TOPIC = must("topic_id", "string", "topic; * for all of them", term="topic")
_BLOCK = must("block", "int32", "number of the block within the scope")
_RELEASE = must("release_id", "string", "the release")
_BLOCKS = Severity.CRITICAL
_LEAST, _LOWEST, _HIGHEST = LIMITS.group_floor_least, LIMITS.share_lowest, LIMITS.share_highest
_FLOOR = holds("a block has as many people as any tenant must have", f"people >= {_LEAST}", severity=_BLOCKS)

GROUP_DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="group_blocks",
        description="Blocks of at least k people who are counted together: they enter, change and leave as one.",
        grain="one block of one scope",
        owner=_STEWARD,
        columns=(
            TENANT,
            _SCOPE,
            _BLOCK,
            must("label", "string", "persona of its people; empty where they have several"),
            must("people", "int32", "people who entered", unit="people"),
        ),
        zone="serving",
        purposes=_SUPPORT,
        service_level="every night",
        upstream=("topic_mastery", "enrolments", "people", "consent_state"),
        checks=(_FLOOR,),
    ),
    Dataset(
        name="group_members",
        description="Who is counted in which block, and on how many answers by topic their last taken values rest.",
        grain="one learner of one scope",
        owner=_STEWARD,
        columns=(
            TENANT,
            _SCOPE,
            LEARNER,
            may("block", "int32", "block; none where it was dropped, so that the learner is not counted again"),
            must("evidence", "json", "answers by topic when the block's values were last taken"),
        ),
        zone="serving",
        purposes=_SUPPORT,
        service_level="every night",
        upstream=("group_blocks",),
    ),
    Dataset(
        name="group_sums",
        description="What each block adds to each topic, as last taken; taken anew when k of its people changed.",
        grain="one block and topic",
        owner=_STEWARD,
        columns=(
            TENANT,
            _SCOPE,
            _TOPIC,
            _BLOCK,
            must("as_of", "timestamp", "when it was taken"),
            must("people", "int32", "people of the block with an estimate", unit="people"),
            must("mastery", "float64", "sum of their mastery"),
            must("weak", "int32", "of them weak", unit="people"),
            must("developing", "int32", "of them between weak and mastered", unit="people"),
            must("mastered", "int32", "of them mastered", unit="people"),
        ),
        zone="serving",
        purposes=_SUPPORT,
        time_column="as_of",
        service_level="every night",
        upstream=("group_members", "topic_mastery"),
        checks=(
            _FLOOR,
            holds("weak + developing + mastered = people", "weak + developing + mastered = people", severity=_BLOCKS),
        ),
    ),
    Dataset(
        name="group_answers",
        description="Mastery of groups as published: suppressed, rounded, capped and audited. All answers over groups "
        "are read from here.",
        grain="one scope, topic and persona",
        owner=_STEWARD,
        columns=(
            TENANT,
            _SCOPE,
            _TOPIC,
            must("persona", "string", "persona; * for all of them", term="persona"),
            must("as_of", "timestamp", "instant of the oldest values in it"),
            must("learners", "int32", "people counted, rounded", unit="people"),
            may("mastery", "float64", "their mean mastery; none where withheld", unit="share", term="mastery"),
            may("mastered", "float64", "share who have mastered the topic; none where withheld", unit="share"),
            may("weak", "float64", "share who are weak at it; none where withheld", unit="share"),
        ),
        zone="serving",
        purposes=_SUPPORT,
        time_column="as_of",
        service_level="every night",
        upstream=("group_sums",),
        checks=(
            holds("at least the smallest group that any tenant may publish", f"learners >= {_LEAST}", severity=_BLOCKS),
            holds(
                "shares lie between 5% and 95%",
                f"coalesce(mastered, {_LOWEST}) BETWEEN {_LOWEST} AND {_HIGHEST} "
                f"AND coalesce(weak, {_LOWEST}) BETWEEN {_LOWEST} AND {_HIGHEST}",
                severity=_BLOCKS,
            ),
        ),
    ),
    Dataset(
        name="noise_budgets",
        description="How much of its privacy budget a release with differentially private counts has spent.",
        grain="one release",
        owner=_STEWARD,
        columns=(
            TENANT,
            _RELEASE,
            must("epsilon", "float64", "the budget"),
            must("spent", "float64", "spent of it"),
            must("opened_at", "timestamp", "when it was granted"),
        ),
        zone="log",
        basis=Basis.LEGAL_OBLIGATION,
        time_column="opened_at",
    ),
    Dataset(
        name="noisy_counts",
        description="Differentially private counts as they were answered; the same question gets the same answer.",
        grain="one question of one release",
        owner=_STEWARD,
        columns=(
            TENANT,
            _RELEASE,
            must("query", "string", "the question"),
            must("epsilon", "float64", "what it cost"),
            must("answer", "int64", "the count with noise", unit="people"),
            must("answered_at", "timestamp", "when"),
        ),
        zone="log",
        basis=Basis.LEGAL_OBLIGATION,
        time_column="answered_at",
        upstream=("noise_budgets",),
    ),
)
