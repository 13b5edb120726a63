"""The schema gov, filled by what runs: a night of checks and a certification."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from tests.warehouse.conftest import Site

from akademos.catalogue.catalogue_content import columns_fingerprint
from akademos.catalogue.registry import builtin
from akademos.jobs.quality import QualityJob
from akademos.jobs.warehouse_models import warehouse_models
from akademos.stores.ports.catalogue import Certification
from akademos.stores.postgres.catalogue_versions import PostgresCatalogueVersions
from akademos.stores.postgres.certifications import PostgresCertifications
from akademos.stores.postgres.job_runs import PostgresJobRuns
from akademos.stores.postgres.quality import PostgresQuality
from akademos.stores.postgres.table_checks import PostgresTableChecks


def furnish_checks(site: Site) -> None:
    """A night of checks with one that fails, and a certification, through the stores that everybody uses."""
    database, tenant = site.door.database, site.door.tenant
    with database.pipeline() as transaction:
        transaction.execute(
            "INSERT INTO items (tenant_id, question_id, topic_ids) VALUES (%s, 'q-gov', '{gone}')", (tenant,)
        )
    now = site.door.now
    QualityJob(
        PostgresTableChecks(database), PostgresQuality(database), PostgresCatalogueVersions(database),
        PostgresJobRuns(database), lambda _: builtin(), clock=lambda: now,
    ).run(tenant)  # fmt: skip
    said = Certification(
        str(uuid4()), "topics", "certified", "checked", columns_fingerprint(builtin().dataset("topics")), "job:test",
        now, now + timedelta(days=90),
    )  # fmt: skip
    PostgresCertifications(database).certify(tenant, said)


def expect_checks(site: Site) -> None:
    """What ran is told."""
    issues = site.query("SELECT dataset_id, check_name, status_key FROM gov.fact_issues")
    (issue,) = [one for one in issues if one["dataset_id"] == "items"]
    assert issue == {"dataset_id": "items", "check_name": "references_topic_ids", "status_key": "issue/open"}
    (held,) = site.query("SELECT dataset_id, status_key, holds FROM gov.audit_certification")
    assert held == {"dataset_id": "topics", "status_key": "certification/standing", "holds": True}
    assert site.query("SELECT DISTINCT audit_status FROM gov.audit_policies") == [{"audit_status": "in force"}]
    assert site.one("SELECT count(*) FROM gov.dim_dataset WHERE is_current") == len(builtin().datasets) + len(
        warehouse_models()
    )
    assert site.one("SELECT count(*) FROM gov.stage_lineage WHERE grain = 'column' AND how = 'sql'") > 100
