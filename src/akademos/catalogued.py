"""The wiring of the catalogue: what there is, and the checks on it; between the adapters and the whole."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from akademos.adapters import now
from akademos.institution import InstitutionAdapters

if TYPE_CHECKING:
    from akademos.jobs.data_catalogue import PutTogether
    from akademos.jobs.quality import QualityJob


class Catalogued(InstitutionAdapters):
    """An installation with its catalogue."""

    @cached_property
    def data_catalogue(self) -> PutTogether:
        """What there is, put together."""
        from akademos.jobs.data_catalogue import PutTogether
        from akademos.jobs.warehouse_models import warehouse_models

        return PutTogether(
            self.registries, warehouse_models, self.quality, self.certifications, self.job_runs, clock=now
        )

    @cached_property
    def quality_job(self) -> QualityJob:
        """Runs the declared checks."""
        from akademos.jobs.quality import QualityJob
        from akademos.stores.postgres.table_checks import PostgresTableChecks

        return QualityJob(
            PostgresTableChecks(self.database), self.quality, self.catalogue_versions, self.job_runs, self.registries,
            clock=now,
        )  # fmt: skip
