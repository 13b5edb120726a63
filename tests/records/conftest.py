"""A tenant with its records."""

from __future__ import annotations

import pytest
from tests.records.desk import Desk, teach

from akademos.privacy.pseudonyms import Keys
from akademos.stores.postgres.database import Database


@pytest.fixture
def desk(database: Database, keys: Keys, tenant: str) -> Desk:
    """Records of a tenant, none yet."""
    return Desk(database, keys, tenant)


@pytest.fixture
def taught(desk: Desk) -> Desk:
    """The same with a published course."""
    teach(desk)
    return desk
