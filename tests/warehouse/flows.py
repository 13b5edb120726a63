"""A whole institution: something of every flow that fills the warehouse."""

from __future__ import annotations

from pathlib import Path

from tests.warehouse.conftest import Site, courses, day_of_events
from tests.warehouse.flows_gov import furnish_checks
from tests.warehouse.flows_money import furnish_money
from tests.warehouse.flows_ops import furnish_operations


def furnish(site: Site, folder: Path) -> None:
    """Have it all come in by its doors; the institution's files are written to the folder."""
    site.door.pass_time(days=121)  # all bills are over
    day_of_events(site)
    courses(site)
    furnish_operations(site)
    furnish_checks(site)
    furnish_money(site, folder)
