"""All datasets, by zone in the order data travels."""

from __future__ import annotations

from akademos.catalogue.access_datasets import ACCESS_DATASETS
from akademos.catalogue.activity_datasets import ACTIVITY_DATASETS
from akademos.catalogue.alert_datasets import ALERT_DATASETS
from akademos.catalogue.content_datasets import CONTENT_DATASETS
from akademos.catalogue.credential_datasets import CREDENTIAL_DATASETS
from akademos.catalogue.declarations import Dataset
from akademos.catalogue.erasure_datasets import ERASURE_DATASETS
from akademos.catalogue.group_datasets import GROUP_DATASETS
from akademos.catalogue.identity_datasets import IDENTITY_DATASETS
from akademos.catalogue.intake_datasets import INTAKE_DATASETS
from akademos.catalogue.kpi_datasets import KPI_DATASETS
from akademos.catalogue.mart_datasets import MART_DATASETS
from akademos.catalogue.model_datasets import MODEL_DATASETS
from akademos.catalogue.money_datasets import MONEY_DATASETS
from akademos.catalogue.ops_datasets import OPS_DATASETS
from akademos.catalogue.outbox import OUTBOX_DATASETS
from akademos.catalogue.peer_datasets import PEER_DATASETS
from akademos.catalogue.people_datasets import PEOPLE_DATASETS
from akademos.catalogue.quality_datasets import QUALITY_DATASETS
from akademos.catalogue.records.datasets import RECORD_DATASETS
from akademos.catalogue.release_datasets import RELEASE_DATASETS
from akademos.catalogue.rights_datasets import RIGHTS_DATASETS
from akademos.catalogue.risk_datasets import RISK_DATASETS
from akademos.catalogue.roster_datasets import ROSTER_DATASETS
from akademos.catalogue.state_datasets import STATE_DATASETS
from akademos.catalogue.warehouse_datasets import WAREHOUSE_DATASETS

DATASETS: tuple[Dataset, ...] = (
    *INTAKE_DATASETS,
    *PEOPLE_DATASETS,
    *RIGHTS_DATASETS,
    *ERASURE_DATASETS,
    *ACCESS_DATASETS,
    *IDENTITY_DATASETS,
    *ACTIVITY_DATASETS,
    *RECORD_DATASETS,
    *ROSTER_DATASETS,
    *CREDENTIAL_DATASETS,
    *STATE_DATASETS,
    *MODEL_DATASETS,
    *GROUP_DATASETS,
    *PEER_DATASETS,
    *KPI_DATASETS,
    *CONTENT_DATASETS,
    *RISK_DATASETS,
    *ALERT_DATASETS,
    *RELEASE_DATASETS,
    *OUTBOX_DATASETS,
    *MONEY_DATASETS,
    *OPS_DATASETS,
    *QUALITY_DATASETS,
    *MART_DATASETS,
    *WAREHOUSE_DATASETS,
)
