"""The report by load: what was named is named, and what is missing without a cause is counted."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests.warehouse.conftest import Site, day_of_events

from akademos.cli.reconcile_loads import comparisons
from akademos.errors import Conflict
from akademos.stores.postgres.embedded import EmbeddedPostgres


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_load_is_accounted_for_until_something_is_missing(
    site: Site, postgres: EmbeddedPostgres, dsn: str
) -> None:
    day_of_events(site)
    site.build()
    told = {one.title: one for one in comparisons(site.reader, site.door.tenant)}
    assert {one.unexplained for one in told.values()} == {0}
    assert told["What was received, by load"].lines
    moved = told["What moved, by load"].lines
    assert [line[-1] for line in moved if line[1].startswith("core/")] == [
        "kept in the preference and security logs: 1"
    ]
    assert {line[2] for line in told["Reconciliations"].lines if line[1] == "accepted"} == {"6"}

    database = make_conninfo(postgres.superuser_dsn, dbname=conninfo_to_dict(dsn)["dbname"])
    with psycopg.connect(database) as transaction:  # the platform itself may not write such a row
        transaction.execute("ALTER TABLE akademos.receipts DROP CONSTRAINT receipts_check")
        transaction.execute("UPDATE akademos.receipts SET received = received + 1")
        transaction.execute("DELETE FROM akademos.preference_log")
    site.build()
    told = {one.title: one for one in comparisons(site.reader, site.door.tenant)}
    broken = told["What was received, by load"]
    assert broken.unexplained == len(broken.lines) > 0
    assert told["Reconciliations"].unexplained == 2  # received, and accepted
    assert told["What moved, by load"].unexplained == 1
    lost = [line[2:] for line in told["What moved, by load"].lines if line[1].startswith("core/")]
    assert lost == [("6", "5", "0", "0", "0", "0", "1", "unexplained", "without a cause: 1")]

    with psycopg.connect(database) as transaction:
        transaction.execute("UPDATE akademos.receipts SET accepted = accepted + 1")
    with pytest.raises(Conflict) as refused:
        site.build()
    assert "on intermediate.envelopes_compared" in refused.value.reason
