"""The pages "my courses and certificates" and the public check as text, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from tests.web.invented_courses import CERTIFICATES, COURSES, PATHS, PUBLIC

from akademos.serving.pages import Shell
from akademos.serving.pages.my_courses import render_my_courses
from akademos.serving.pages.verify import render_verify
from akademos.serving.pages.wording import words_in

NOW = datetime(2026, 3, 12, 8, tzinfo=UTC)


def text_of(html: str) -> str:
    shown = re.sub(r"<(style|script|svg)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", shown))


def courses(language: str) -> str:
    return render_my_courses(COURSES, PATHS, CERTIFICATES, shell=Shell(language=language))


def verify(language: str, **changed: object) -> str:
    found = replace(PUBLIC, **changed)  # type: ignore[arg-type]  # columns by name
    return render_verify(found, code="X", shell=Shell(language=language), action="/verify", now=NOW)


def test_what_stands_what_opens_next_and_how_far() -> None:
    shown = text_of(courses("en"))
    assert "1 of 3" in shown
    assert "Go on with Wiederbelebung üben" in shown
    assert "47% of the steps that count are done" in shown, "(1 + 0.4 + 0) / 3"
    assert "opens after Wiederbelebung üben" in shown
    assert re.search(r"Certificates that stand 1 ", shown)
    assert "10 Mar 2029" in shown
    assert "valid without end" not in shown, "one that was revoked holds no longer"
    assert "<script>" not in courses("en").split("<body>")[1]


def test_german_has_every_word() -> None:
    english, german = words_in("en").messages, words_in("de").messages
    ours = [key for key in english if key.startswith(("my_courses.", "certificate.", "verify."))]
    same = {key for key in ours if english[key] == german[key]}
    assert same <= {
        "my_courses.certificate.pdf",
        "my_courses.certificate.badge",
        "my_courses.tile.expiry.text",
        "verify.code",
    }
    assert "Läuft als Nächstes ab" in courses("de")


def test_emptiness_says_what_unlocks_it() -> None:
    shown = text_of(render_my_courses([], [], [], shell=Shell()))
    for said in ("No course yet", "No learning path begun", "No certificate yet"):
        assert said in shown


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "Dieses Zertifikat gilt"),
        ({"standing": "expired", "expires_on": date(2026, 3, 11)}, "es war bis zum 11. März 2026 gültig"),
        (
            {"standing": "revoked", "revoked_at": datetime(2026, 3, 9, tzinfo=UTC)},
            "seit dem 9. März 2026 gilt es nicht",
        ),
    ],
)
def test_the_check_says_how_it_stands(changed: dict[str, object], said: str) -> None:
    assert said in text_of(verify("de", **changed))


def test_an_unknown_code_helps_and_is_escaped() -> None:
    html = render_verify(None, code='"><b>', shell=Shell(), action="/verify", now=NOW, unknown=True)
    assert "There is no certificate with this code." in html
    assert '"><b>' not in html.split("<form")[1].replace("required>", "")
