"""Datasets of the comparison with peers: the guard's memory, and what was published when."""

from __future__ import annotations

from akademos.catalogue.checks import Severity, enforced, holds
from akademos.catalogue.dataset_columns import LEARNER, TENANT, may, must
from akademos.catalogue.declarations import Dataset, Purpose, years
from akademos.catalogue.policies import LIMITS

_PEERS = (Purpose.LEARNING_SUPPORT, Purpose.PEER_COMPARISON)
_STEWARD = "data steward"
_COURSE = must("course_id", "string", "course")
_BLOCK = must("block", "int32", "number of the block within the course")
_FLOOR = holds(
    "a block has as many people as any tenant must have",
    f"people >= {LIMITS.group_floor_least}",
    severity=Severity.CRITICAL,
)

PEER_DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="peer_blocks",
        description="Blocks of at least k learners who compare themselves and are counted together.",
        grain="one block of one course",
        owner=_STEWARD,
        columns=(
            TENANT,
            _COURSE,
            _BLOCK,
            must("label", "string", "always the same: peers are not told apart"),
            must("people", "int32", "people who entered", unit="people"),
        ),
        zone="serving",
        purposes=_PEERS,
        service_level="every night",
        upstream=("learner_state", "enrolments", "consent_state"),
        checks=(_FLOOR,),
    ),
    Dataset(
        name="peer_members",
        description="Who is counted in which block of peers, and on how many answers their last taken values rest.",
        grain="one learner of one course",
        owner=_STEWARD,
        columns=(
            TENANT,
            _COURSE,
            LEARNER,
            may("block", "int32", "block; none where it was dropped, so that the learner is not counted again"),
            must("evidence", "json", "answers by item when the block's values were last taken"),
        ),
        zone="serving",
        purposes=_PEERS,
        service_level="every night",
        upstream=("peer_blocks",),
    ),
    Dataset(
        name="peer_sums",
        description="How many of each block of peers lie in which band of an item (standing, how hard a topic is, "
        "weeks to mastery, a habit), as last taken; taken anew when k of its people changed.",
        grain="one block and item",
        owner=_STEWARD,
        columns=(
            TENANT,
            _COURSE,
            must("item", "string", "what is counted: standing, topic:<topic>, time:<topic> or habit:<habit>"),
            _BLOCK,
            must("as_of", "timestamp", "when it was taken"),
            must("people", "int32", "people of the block with a value", unit="people"),
            must("bands", "json", "people by band"),
        ),
        zone="serving",
        purposes=_PEERS,
        time_column="as_of",
        service_level="every night",
        upstream=("peer_members", "learner_state"),
        checks=(
            _FLOOR,
            holds(
                "bands add up to people",
                "people = (SELECT sum(one) FROM unnest(bands) AS one)",
                severity=Severity.CRITICAL,
            ),
        ),
    ),
    Dataset(
        name="peer_publications",
        description="What learners who compare themselves see of their peers: bands, suppressed, rounded, capped and "
        "audited. All comparisons are read from here; each publication stays in force until the next.",
        grain="one course and publication",
        owner=_STEWARD,
        columns=(
            TENANT,
            _COURSE,
            must("published_at", "timestamp", "from when on it is in force"),
            must("smallest_group", "int32", "the k it was made with", unit="people"),
            must("content", "json", "standing, topics and habits as published"),
        ),
        zone="serving",
        purposes=_PEERS,
        time_column="published_at",
        retention=years(2),
        service_level="every night",
        upstream=("peer_sums",),
        checks=(enforced("no number is of fewer than k people"),),
    ),
)
