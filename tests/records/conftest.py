"""The small institution of the serving tests, with a service account that keeps its records."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient
from tests.serving.conftest import institution, shared_database, shared_dsn
from tests.serving.institution import Institution

from akademos.stores.postgres.api_keys import PostgresApiKeys

__all__ = ["institution", "shared_database", "shared_dsn"]


@pytest.fixture
def host(institution: Institution) -> TestClient:
    """A program with a key for records."""
    key = PostgresApiKeys(institution.database).create(
        institution.tenant, "host", scopes=("records",), actor="command line:test"
    )
    client = institution.client()
    client.headers["Authorization"] = f"Bearer {key}"
    return client
