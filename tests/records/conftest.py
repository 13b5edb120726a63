"""A tenant with its records; the small institution of the serving tests, with a service account that keeps them."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.records.desk import Desk, teach
from tests.serving.conftest import institution, shared_database, shared_dsn
from tests.serving.institution import Institution

from akademos.privacy.pseudonyms import Keys
from akademos.stores.postgres.api_keys import PostgresApiKeys
from akademos.stores.postgres.database import Database

__all__ = ["institution", "shared_database", "shared_dsn"]


@pytest.fixture
def desk(database: Database, keys: Keys, tenant: str) -> Desk:
    """Records of a tenant, none yet."""
    return Desk(database, keys, tenant)


@pytest.fixture
def taught(desk: Desk) -> Desk:
    """The same with a published course."""
    teach(desk)
    return desk


@pytest.fixture
def host(institution: Institution, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A program with a key for records, which waits when it is told to; Ada has completed algebra."""
    with institution.database.pipeline(institution.tenant) as transaction:
        transaction.execute(
            "INSERT INTO learning_user_progress (tenant_id, learner_key, content_type, content_id, course_id, "
            "state, percentage) VALUES (%s, %s, 'course', 'algebra', 'algebra', 'completed', 100)",
            (institution.tenant, institution.people["ada"]),
        )
    key = PostgresApiKeys(institution.database).create(
        institution.tenant, "host", scopes=("records",), actor="command line:test"
    )
    client = institution.client()
    client.headers["Authorization"] = f"Bearer {key}"
    ask = client.request

    def patiently(*arguments: Any, **named: Any) -> Any:
        answer = ask(*arguments, **named)
        while answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            time.sleep(float(answer.headers["Retry-After"]))
            answer = ask(*arguments, **named)
        return answer

    monkeypatch.setattr(client, "request", patiently)
    return client
