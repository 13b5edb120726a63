"""Whatever is asked, the answer is 2xx, 3xx or a clear 4xx; nothing forbidden is in it."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.privacy.classified import registered
from tests.serving.institution import SECRET, Institution

TEXT = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["", "ada", "cy", "\x00", "'", "%", "../..", "null", "NaN", "-1", "99999999999999999999", "a" * 300, "{}", "[]"]
    ),
    st.datetimes().map(lambda at: at.isoformat() + "Z"),
    st.uuids().map(str),
)
NAMES = st.sampled_from(
    [
        "learner",
        "as_of",
        "fields",
        "reason",
        "limit",
        "cursor",
        "user_id",
        "anonymous_id",
        "topic",
        "next",
        "course",
        "persona",
    ]
)
WHO = st.sampled_from(
    [("ada", "learner"), ("ben", "learner"), ("prof", "instructor"), ("root", "admin"), ("robot", "service"), None]
)
BODY = st.one_of(
    st.binary(max_size=60),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
        max_leaves=6,
    ),
    st.fixed_dictionaries(
        {"purposes": st.lists(TEXT, max_size=2), "decision": TEXT, "text_version": TEXT, "user_id": TEXT}
    ),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_request_fails(institution: Institution, data: Any) -> None:
    who = data.draw(WHO)
    client = institution.client() if who is None else institution.as_(*who)
    method, path = data.draw(st.sampled_from(sorted(registered(institution.app))))
    segment = data.draw(TEXT.filter(lambda text: not {"?", "#"} & set(text) and text.isprintable()))
    headers = {b"Accept": data.draw(st.sampled_from([b"*/*", b"text/html", b"application/json"]))}
    if data.draw(st.booleans()):
        headers[b"If-None-Match"] = data.draw(st.sampled_from([b"*", b'"x"', b'W/"x"', b",,", b"\xe4"]))
    options: dict[str, Any] = {}
    if method == "POST":
        body = data.draw(BODY)
        if isinstance(body, bytes):
            options["content"] = body
            headers[b"Content-Type"] = data.draw(
                st.sampled_from(
                    [
                        b"application/json",
                        b"text/plain",
                        b"application/x-www-form-urlencoded",
                        b"multipart/form-data; boundary=x",
                        b"",
                    ]
                )
            )
        elif data.draw(st.booleans()):
            options["data"] = {"person": str(body), "csrf": str(body), "next": str(body)}
        else:
            options["content"] = repr(body).encode("utf-8", "surrogatepass")
            headers[b"Content-Type"] = b"application/json"
    parameters = data.draw(st.dictionaries(NAMES, TEXT, max_size=4))
    answer = client.request(
        method, path.replace("{topic:path}", segment or "x"), params=parameters, headers=headers, **options
    )
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400 and path.startswith("/v1/"):
        assert answer.headers["content-type"] == "application/problem+json"
        assert SECRET not in answer.text
    if who not in {("ada", "learner"), ("prof", "instructor")}:
        assert SECRET not in answer.text
