"""Dataset of students in focus: the weekly estimate of risk, with its reasons."""

from __future__ import annotations

from akademos.catalogue.checks import alike, enforced, within_range
from akademos.catalogue.dataset_columns import LEARNER, TENANT, may, must
from akademos.catalogue.declarations import Dataset, Purpose, years

HAZARD_WEEKS = 4
"""How far ahead the estimate of a course without dates looks."""

RISK_MODELS = ("dropout_risk", "dropout_hazard")
"""Models whose estimates advisors act on; they see the cards of these."""

FOCUS_SHARE = 0.20
"""Share of a course's learners for whom there is time: so many are asked after soon, as many again looked at."""

RISK_DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="risk_scores",
        description="How likely it is that a course is not completed, or where it has no dates that it is left within "
        "four weeks; week by week, with the reasons that the model gives; where there is no model, the level that a "
        "stated rule gives. Of learners who consent to advising.",
        grain="one learner, course and week",
        owner="learning science",
        columns=(
            TENANT,
            LEARNER,
            must("course_id", "string", "course"),
            must("as_of", "date", "first day that was not known yet: a Monday"),
            must("computed_at", "timestamp", "when it was computed"),
            must(
                "course_day",
                "int32",
                "day of the course that it was, the first being 0; without dates, days since the learner's own start",
                unit="days",
            ),
            must("basis", "string", "model (by the dates of the course), hazard (by the learner's own clock) or rule"),
            may("model_version", "int64", "version of dropout_risk, or by hazard of dropout_hazard; none by rule"),
            may(
                "risk",
                "float64",
                "chance that the course is not completed; by hazard, that it is left within four weeks; none by rule",
                unit="share",
            ),
            must("level", "string", "high, raised or low"),
            must("reasons", "json", "themes that speak for risk, with effect and facts"),
            must("effects", "json", "what each theme adds to the log odds"),
            may("previous_risk", "float64", "that of the week before, by the same version", unit="share"),
            must("changed", "json", "themes whose effect moved since the week before"),
        ),
        zone="serving",
        purposes=(Purpose.ADVISING, Purpose.LEARNING_SUPPORT),
        time_column="computed_at",
        retention=years(1),
        service_level="every week",
        upstream=("event_log", "enrolments", "models", "consent_state"),
        checks=(
            enforced("0 <= risk <= 1"),
            enforced("a risk has a model_version"),
            within_range("previous_risk", 0, 1),
            alike("level"),
        ),
    ),
)
