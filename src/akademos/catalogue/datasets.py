"""All datasets, by zone in the order data travels."""

from __future__ import annotations

from akademos.catalogue.access_datasets import ACCESS_DATASETS
from akademos.catalogue.activity_datasets import ACTIVITY_DATASETS
from akademos.catalogue.curriculum_datasets import CURRICULUM_DATASETS
from akademos.catalogue.declarations import Dataset
from akademos.catalogue.erasure_datasets import ERASURE_DATASETS
from akademos.catalogue.group_datasets import GROUP_DATASETS
from akademos.catalogue.identity_datasets import IDENTITY_DATASETS
from akademos.catalogue.intake_datasets import INTAKE_DATASETS
from akademos.catalogue.mart_datasets import MART_DATASETS
from akademos.catalogue.model_datasets import MODEL_DATASETS
from akademos.catalogue.peer_datasets import PEER_DATASETS
from akademos.catalogue.people_datasets import PEOPLE_DATASETS
from akademos.catalogue.release_datasets import RELEASE_DATASETS
from akademos.catalogue.rights_datasets import RIGHTS_DATASETS
from akademos.catalogue.risk_datasets import RISK_DATASETS
from akademos.catalogue.state_datasets import STATE_DATASETS

DATASETS: tuple[Dataset, ...] = (
    *INTAKE_DATASETS,
    *PEOPLE_DATASETS,
    *RIGHTS_DATASETS,
    *ERASURE_DATASETS,
    *ACCESS_DATASETS,
    *IDENTITY_DATASETS,
    *ACTIVITY_DATASETS,
    *CURRICULUM_DATASETS,
    *STATE_DATASETS,
    *MODEL_DATASETS,
    *GROUP_DATASETS,
    *PEER_DATASETS,
    *RISK_DATASETS,
    *RELEASE_DATASETS,
    *MART_DATASETS,
)
