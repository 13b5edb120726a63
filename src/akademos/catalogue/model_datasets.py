"""Dataset of the registry of models: what was trained on whom, how good it is, which version serves."""

from __future__ import annotations

from akademos.catalogue.checks import alike, enforced
from akademos.catalogue.dataset_columns import TENANT, may, must
from akademos.catalogue.declarations import Dataset, Purpose, years

MODEL_DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="models",
        description="Every version of every model: what it was trained on, how good it is on learners who did not "
        "train it, its bytes, and whose rows trained it, as keyed digests, so that an erasure finds the versions to be "
        "rebuilt. A version is a candidate until it is promoted, then in service until another takes its place.",
        grain="one version of one model",
        owner="learning science",
        columns=(
            TENANT,
            must("model", "string", "name of the model, or dataset that holds it"),
            must("version", "int64", "number of the version"),
            must("trained_at", "timestamp", "when"),
            must("learners", "int32", "how many people's rows"),
            must("trained_on", "bytes", "digests of their keys, eight bytes each, sorted", personal=True),
            may("rebuild_by", "timestamp", "somebody in it was erased: replaced by then"),
            may("replaced_at", "timestamp", "when a newer version took its place, or it was retired"),
            may("promoted_at", "timestamp", "when it went into service; none: a candidate"),
            may("seed", "int64", "of the training"),
            may("data_hash", "bytes", "SHA-256 of the rows it was trained on"),
            may("learners_hash", "bytes", "SHA-256 of the digests of the people"),
            must("features", "strings", "what it predicts from"),
            must("parameters", "json", "what was chosen in training"),
            must("metrics", "json", "how good it is on held-out learners, with intervals"),
            must("card", "json", "intended use, data, metrics, fairness by group, limits"),
            may("artefact", "bytes", "the model; dropped from a retired version when somebody in it is erased"),
            may("artefact_hash", "bytes", "SHA-256 of the model's bytes"),
            may("reference", "json", "how its training was distributed; dropped with the model"),
        ),
        zone="serving",
        purposes=(Purpose.LEARNING_SUPPORT,),
        time_column="trained_at",
        retention=years(2),
        upstream=("item_difficulty", "cohort_memory_weights", "event_log"),
    ),
    Dataset(
        name="model_watch",
        description="How far the inputs and outputs of a model in service lie from its training, night by night.",
        grain="one look at one version of one model",
        owner="learning science",
        columns=(
            TENANT,
            must("model", "string", "name of the model"),
            must("version", "int64", "number of the version"),
            must("watched_at", "timestamp", "when"),
            must("learners", "int32", "learners it was compared on"),
            must("status", "string", "stable, watch, drifting or not_enough_data"),
            may("shift", "float64", "of the figure that moved most for certain, lower end of its interval", unit="PSI"),
            must("figures", "json", "each figure's shift with its interval"),
        ),
        zone="serving",
        purposes=(Purpose.LEARNING_SUPPORT,),
        time_column="watched_at",
        retention=years(1),
        service_level="every night",
        upstream=("models", "event_log", "learner_state"),
        checks=(alike("status"), enforced("shift >= 0")),
    ),
)
