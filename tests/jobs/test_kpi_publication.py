"""What is said of a share one side of which has few people: a bound, and only where it is true."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from akademos.catalogue.kpi_declaration import ONE_SIDED
from akademos.catalogue.kpis import KPI_OF
from akademos.jobs.kpi_publication import Run, of_people
from akademos.privacy.disclosure_blocks import Sums
from akademos.privacy.disclosure_slices import written

NOW = datetime(2026, 3, 9, tzinfo=UTC)
RUN = Run(NOW.date(), "prod", "2026-03-02", NOW, floor=10)


@pytest.mark.parametrize(
    ("units", "hits", "with_hit", "with_miss", "said"),
    [
        (600, 591, 300, 9, ("ok", 0.95, "least")),
        (1_200, 591, 300, 9, ("withheld", None, "exact")),  # nine people opened 609 contents and completed none
        (600, 9, 9, 300, ("ok", 0.05, "most")),
        (1_200, 609, 9, 300, ("withheld", None, "exact")),
    ],
)
def test_a_bound_is_said_where_it_holds_of_the_units(
    units: int, hits: int, with_hit: int, with_miss: int, said: tuple[str, float | None, str]
) -> None:
    everybody = Sums(NOW, 300, 0.0, (units, hits, with_hit, with_miss))
    (line,) = of_people(KPI_OF["content_completion"], {written(("", "", "")): everybody}, RUN)
    assert (line.status, line.value, line.bound, line.people) == (*said, 300)
    assert line.reason == (None if line.status == "ok" else ONE_SIDED)
