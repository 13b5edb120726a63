"""Numbers, codes and the life of certificates; Open Badges that an independent library verifies."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openbadgeslib.ob3 import OB3VerificationError, OB3Verifier

from akademos.errors import InputError
from akademos.learning.credentials import (
    ALPHABET,
    CODE_BYTES,
    certificate_number,
    check_character,
    expires_on,
    number_is_sound,
    read_code,
    standing_on,
    verification_code,
)
from akademos.learning.open_badges import Award, Issuer, credential, did_key, identity_hash, sign, status_list

NOW = datetime.now(UTC).replace(microsecond=0)
ISSUER = Issuer(
    "Universität Köln",
    "https://learn.example/v1/issuers/koeln",
    "https://learn.example/v1/issuers/koeln/status",
    bytes(range(32)),
)
AWARD = Award(
    url="https://learn.example/verify/ABCDE-FGHJK-MNPQR-STVWX",
    number="2026-000017-4",
    title="Erste Hilfe für Ärztinnen",
    description="A course.",
    criteria="Every lesson completed.",
    kind="course",
    content_id="first-aid",
    revision=3,
    issued_at=NOW - timedelta(days=1),
    expires_at=NOW + timedelta(days=300),
    recipient="ada",
    salt="c2FsdA",
    index=17,
)


def test_check_character_of_the_published_example() -> None:
    """GRid Standard, annex: A1-2425G-ABC1234002-M, by ISO 7064 MOD 37,36."""
    assert check_character("A12425GABC1234002") == "M"


@given(st.integers(2000, 2999), st.integers(1, 999_999), st.data())
def test_one_wrong_character_is_found_out(year: int, serial: int, data: st.DataObject) -> None:
    number = certificate_number(year, serial)
    assert number_is_sound(number)
    place = data.draw(st.integers(0, len(number) - 1).filter(lambda one: number[one] != "-"))
    kinds = ALPHABET[:10] if place < len(number) - 1 else ALPHABET
    other = data.draw(st.sampled_from(kinds.replace(number[place], "")))
    assert not number_is_sound(number[:place] + other + number[place + 1 :])


@given(st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES))
def test_codes_are_read_however_they_are_typed(randomness: bytes) -> None:
    code = verification_code(randomness)
    assert read_code(code) == code
    assert read_code(code.lower().replace("-", " ")) == code
    assert read_code(code.replace("0", "o").replace("1", "l").replace("-", "")) == code


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading(text: str) -> None:
    code = read_code(text)
    assert code is None or read_code(code) == code


def test_codes_differ_with_every_bit_that_counts() -> None:
    codes = {verification_code((1 << bit).to_bytes(CODE_BYTES)) for bit in range(4, 8 * CODE_BYTES)}
    assert len(codes) == 8 * CODE_BYTES - 4
    with pytest.raises(ValueError, match="13"):
        verification_code(b"too short")


@pytest.mark.parametrize(
    ("issued", "months", "last"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 3, 10), 36, date(2029, 3, 10)),
        (date(2026, 3, 10), None, None),
    ],
)
def test_how_long_a_certificate_holds(issued: date, months: int | None, last: date | None) -> None:
    assert expires_on(issued, months) == last


def test_nothing_holds_for_no_time() -> None:
    with pytest.raises(InputError):
        expires_on(date(2026, 1, 1), 0)


def test_a_certificate_holds_on_its_last_day_and_revocation_comes_first() -> None:
    last = date(2026, 3, 10)
    assert standing_on(revoked_at=None, last_day=last, today=last) == "valid"
    assert standing_on(revoked_at=None, last_day=last, today=last + timedelta(days=1)) == "expired"
    assert standing_on(revoked_at=NOW, last_day=last, today=last + timedelta(days=1)) == "revoked"
    assert standing_on(revoked_at=None, last_day=None, today=date.max) == "valid"


def test_did_key_is_read_by_others() -> None:
    """The public key of the first test of RFC 8032, section 7.1, comes back out of the identifier elsewhere."""
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    from openbadgeslib.ob3.did import resolve_did

    assert did_key(public).startswith("did:key:z6Mk")
    pem = resolve_did(did_key(public))
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key: Any = load_pem_public_key(pem if isinstance(pem, bytes) else pem.encode())
    assert key.public_bytes_raw() == public


class TestOpenBadge:
    """An independent implementation reads and verifies what we sign."""

    def test_it_verifies_by_the_issuer_that_it_names(self) -> None:
        token = sign(ISSUER, credential(ISSUER, AWARD))
        found = OB3Verifier.for_issuer_did(ISSUER.did).verify(token)
        assert found.issuer.name == "Universität Köln"
        assert found.achievement.name == AWARD.title
        assert "ada" not in json.dumps(jwt.decode(token, options={"verify_signature": False}))

    def test_a_changed_word_breaks_it(self) -> None:
        token = sign(ISSUER, credential(ISSUER, AWARD))
        head, body, signature = token.split(".")
        claims = json.loads(base64.urlsafe_b64decode(body + "=="))
        claims["credentialSubject"]["achievement"]["name"] = "Doctor of everything"
        forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
        with pytest.raises(OB3VerificationError):
            OB3Verifier.for_issuer_did(ISSUER.did).verify(f"{head}.{forged}.{signature}")

    def test_another_tenants_key_is_not_ours(self) -> None:
        other = Issuer("Other", ISSUER.profile_url, ISSUER.status_url, bytes(32))
        with pytest.raises(OB3VerificationError):
            OB3Verifier.for_issuer_did(ISSUER.did).verify(sign(other, credential(other, AWARD)))

    def test_an_expired_one_is_refused(self) -> None:
        from dataclasses import replace

        old = replace(AWARD, issued_at=NOW - timedelta(days=90), expires_at=NOW - timedelta(days=2))
        with pytest.raises(OB3VerificationError, match="expired"):
            OB3Verifier.for_issuer_did(ISSUER.did).verify(sign(ISSUER, credential(ISSUER, old)))

    def test_revocation_is_seen_through_the_status_list(self) -> None:
        token = sign(ISSUER, credential(ISSUER, AWARD))

        def served(revoked: list[int]) -> Any:
            listed = sign(ISSUER, status_list(ISSUER, revoked, NOW))
            return lambda url: listed.encode()

        verifier = OB3Verifier.for_issuer_did(ISSUER.did)
        verifier.verify(token, check_status=True, download=served([16, 18, 131_071]))
        with pytest.raises(OB3VerificationError, match="'revocation' is set"):
            verifier.verify(token, check_status=True, download=served([17]))

    def test_the_recipient_can_prove_that_it_is_theirs(self) -> None:
        [identity] = credential(ISSUER, AWARD)["credentialSubject"]["identifier"]
        assert identity["identityHash"] == identity_hash("ada", identity["salt"])
        assert identity["identityHash"] != identity_hash("ada", "other")
