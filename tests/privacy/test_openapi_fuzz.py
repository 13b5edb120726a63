"""Requests made from the OpenAPI document, in every role: none fails, none brings a row of somebody out of reach.

The generator follows the document's own schemas, and mixes in what they forbid; what the document does not announce
(a status, a media type) is a finding too.
"""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from typing import Any, TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from tests.serving.institution import Institution

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.roles import GRANTABLE, ROLES
from akademos.serving.api import Application
from akademos.stores.ports.api_keys import SCOPES
from akademos.stores.postgres.api_keys import PostgresApiKeys

Json: TypeAlias = Any
METHODS = ("get", "post", "put", "patch", "delete")
DEPTH = 4
EXAMPLES = 400

REACHED = {"learner": {"ada"}, "instructor": {"ada"}, "advisor": {"ada"}}
"""Whose data each role may see here, of the person who signs in with it; everybody else's none."""

HOSTILE = st.sampled_from(
    ["", "\x00", "'; DROP TABLE people;--", "%00", "../../etc", "a" * 5_000, "NaN", "-1", "1e400", "\U0001f600", "{}"]
)


def resolved(document: Mapping[str, Json], schema: Json) -> Mapping[str, Json]:
    """A schema with its reference followed."""
    while isinstance(schema, dict) and "$ref" in schema:
        found: Json = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema if isinstance(schema, dict) else {}


def values(document: Mapping[str, Json], schema: Json, names: st.SearchStrategy[str], depth: int = 0) -> Any:
    """Values that fit a schema, roughly; strings are names of people as often as not."""
    schema = resolved(document, schema)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return st.one_of(*(values(document, one, names, depth) for one in schema[word]))
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kinds = kind if isinstance(kind, list) else [kind]
    return st.one_of(*(of_kind(document, one, schema, names, depth) for one in kinds))


def of_kind(
    document: Mapping[str, Json], kind: str, schema: Mapping[str, Json], names: st.SearchStrategy[str], depth: int
) -> Any:
    """Values of one JSON type."""
    match kind:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(schema.get("minimum", -(2**40)), schema.get("maximum", 2**40))
        case "number":
            return st.floats(allow_nan=False, allow_infinity=False)
        case "array":
            inner = values(document, schema.get("items", {}), names, depth + 1) if depth < DEPTH else st.none()
            return st.lists(inner, min_size=min(schema.get("minItems", 0), 3), max_size=3)
        case "object":
            properties = schema.get("properties", {}) if depth < DEPTH else {}
            required = set(schema.get("required", ())) & set(properties)
            made = {name: values(document, one, names, depth + 1) for name, one in properties.items()}
            optional = {name: one for name, one in made.items() if name not in required}
            return st.fixed_dictionaries({name: made[name] for name in sorted(required)}, optional=optional)
    formats = {
        "date-time": st.datetimes().map(lambda at: at.isoformat() + "Z"),
        "uuid4": st.uuids(version=4).map(str),
        "uuid": st.uuids().map(str),
    }
    text = st.text(string.ascii_letters + string.digits + " .:/-é", max_size=min(schema.get("maxLength", 30), 30))
    return st.one_of(names, formats.get(schema.get("format", ""), text), text)


def grant(institution: Institution) -> None:
    """Ada and Cy consent to what roles here look at them for."""
    for name in ("ada", "cy"):
        for purpose in (Purpose.LEARNING_SUPPORT, Purpose.ADVISING):
            institution.decide(name, "granted", purpose=purpose)


def broken(value: Json) -> st.SearchStrategy[Json]:
    """The value, or something that the schema forbids in its place or in one of its parts."""
    wrong = st.one_of(HOSTILE, st.none(), st.integers(-(10**20), 10**20), st.lists(HOSTILE, max_size=2))
    if isinstance(value, dict) and value:
        part = st.tuples(st.sampled_from(sorted(value)), wrong).map(lambda one: {**value, one[0]: one[1]})
        return st.one_of(st.just(value), part, wrong)
    return st.one_of(st.just(value), wrong)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def ask(
    data: Any, institution: Institution, client: TestClient, document: Mapping[str, Json], who: Mapping[str, Any]
) -> None:
    """Ask one thing as one person, while Ada and Cy consent."""
    known = [one for name in ("ada", "cy", "eve") for one in (name, institution.people[name])]
    path = data.draw(st.sampled_from(sorted(document["paths"])))
    method = data.draw(st.sampled_from(sorted(set(document["paths"][path]) & set(METHODS))))
    role = data.draw(st.sampled_from([*sorted(who), *REACHED, *REACHED]))
    operation = document["paths"][path][method]
    names = st.sampled_from(known)
    place, query, headers = path, {}, dict(who[role]["headers"])
    for declared in operation.get("parameters", ()):
        parameter = resolved(document, declared)
        person = parameter["name"] in {"learner", "user_id"}
        if parameter["in"] != "path" and data.draw(st.integers(0, 3)) > (2 if person else 0):
            continue
        anything = st.one_of(values(document, parameter.get("schema", {}), names), HOSTILE)
        value = data.draw(st.one_of(names, names, names, anything) if person else anything)
        text = value if isinstance(value, str) else json.dumps(value)
        if parameter["in"] == "path":
            place = place.replace("{" + parameter["name"] + "}", text.replace("?", "").replace("#", "") or "x")
        elif parameter["in"] == "query":
            query[parameter["name"]] = text
        elif text.isascii() and text.isprintable():
            headers[parameter["name"]] = text
    options: dict[str, Any] = {}
    if "requestBody" in operation:
        media_type, content = data.draw(st.sampled_from(sorted(operation["requestBody"]["content"].items(), key=str)))
        body = data.draw(values(document, content.get("schema", {}), names).flatmap(broken))
        options["content"] = json.dumps(body).encode()
        headers["Content-Type"] = media_type
    place = "".join(letter for letter in place if letter.isprintable())[:2_000]
    answer = client.request(method, place, params=query, headers=headers, **options)
    where = (role, method, place, query, answer.text[:500])
    if method != "get":  # whatever was decided is granted again
        grant(institution)
    assert answer.status_code < 500, where
    announced = {int(status) for status in operation["responses"]}
    framework = {404, 405} if "{" in path else set()  # another path may come of it
    assert answer.status_code in announced | framework, (where, announced)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", where
        assert set(answer.json()) == {"type", "title", "status", "detail", "code", "hint", "pointer", "instance"}
    # A refusal may repeat what was asked, and a decision what was decided; an answer may not.
    body_sent = options.get("content", b"").decode()
    sent = json.dumps([place, query]) + body_sent if answer.status_code >= 400 else body_sent
    administers = role == "admin" and path.startswith("/v1/identity/")  # merging people needs to see whose keys
    leaked = [key for key in who[role]["others"] if key in answer.text and key not in sent and not administers]
    assert not leaked, where


def test_no_role_gets_more_than_its_own_and_nothing_fails(institution: Institution, application: Application) -> None:
    for role in GRANTABLE:
        institution.grants.grant(institution.tenant, "root", role, by="test")
    secret = PostgresApiKeys(institution.database).create(
        institution.tenant, "host", scopes=tuple(SCOPES), actor="test"
    )
    names = {"learner": "ada", "instructor": "prof", "advisor": "ann"}
    who: dict[str, Any] = {"nobody": {"headers": {}, "others": []}}
    for role in ROLES:
        credential = secret if role == "service" else institution.token(names.get(role, "root"), role)
        own = {institution.people[name] for name in REACHED.get(role, ())}
        others = [key for key in institution.people.values() if key not in own]
        who[role] = {"headers": {"Authorization": f"Bearer {credential}"}, "others": [*others, "Ada L."]}
        if role in REACHED:
            who[role]["others"].remove("Ada L.")
    who["nobody"]["others"] = [*institution.people.values(), "Ada L."]
    grant(institution)
    document = application.openapi()
    assert len(document["paths"]) >= 10
    with TestClient(application, follow_redirects=False) as client:
        ask(institution=institution, client=client, document=document, who=who)
