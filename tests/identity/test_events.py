"""What events say about who is whom, taken from the door on."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.identity.conftest import OPERATOR, PHONE, TABLET, People
from tests.intake.conftest import answered

from akademos.catalogue.declarations import Purpose
from akademos.stores.ports.identity import Identifier
from akademos.stores.postgres.salts import PostgresSalts


def linked(people: People, user: str, anonymous: str) -> bool:
    """Whether the two are one person."""
    wanted = Identifier("user", user), Identifier("anonymous", anonymous)
    found = people.door.vault.find(people.tenant, wanted)
    if len(found) < 2:
        return False
    return found[wanted[1]].learner_key in people.identity.keys_of(people.tenant, found[wanted[0]].learner_key)


def hashed(mail: str, salt: str) -> str:
    """What a client sends."""
    return hashlib.sha256((salt + mail).encode()).hexdigest()


def anonymous(device: str, **more: Any) -> dict[str, Any]:
    """An answer of a device without a user."""
    event = answered(**more)
    del event["user_id"]
    return {**event, "anonymous_id": device}


def test_an_event_with_both_ids_links_them(people: People) -> None:
    people.door.grant("ada")
    people.door.grant(PHONE, kind="anonymous")
    people.study({"anonymous_id": PHONE}, 4, first=10)
    people.study({"user_id": "ada"}, 4)
    assert not linked(people, "ada", PHONE)
    people.study({"user_id": "ada", "anonymous_id": PHONE}, 1)
    assert linked(people, "ada", PHONE)
    people.said("ada")
    state = people.states.read(people.tenant, people.door.person("ada"))
    assert state is not None
    assert state.events == 9
    people.study({"user_id": "ada", "anonymous_id": PHONE}, 2, first=20)
    assert len(people.identity.log(people.tenant)) == 1


def test_a_shared_device_links_one_user_only(people: People) -> None:
    people.door.grant(PHONE, kind="anonymous")
    for user in ("ada", "ben"):
        people.door.grant(user)
        people.study({"user_id": user, "anonymous_id": PHONE}, 1)
    assert linked(people, "ada", PHONE)
    assert not linked(people, "ben", PHONE)


def test_a_login_before_the_consent_links_once_it_is_there(people: People) -> None:
    people.door.grant("ada")
    people.study({"user_id": "ada", "anonymous_id": PHONE}, 1)
    assert not linked(people, "ada", PHONE)
    people.door.grant(PHONE, kind="anonymous")
    people.study({"user_id": "ada", "anonymous_id": PHONE}, 1, first=3)
    assert linked(people, "ada", PHONE)


def test_a_withdrawal_on_the_device_blocks_the_user(people: People) -> None:
    people.door.grant(PHONE, kind="anonymous")
    people.door.withdraw(PHONE, kind="anonymous")
    people.door.grant("ada")
    people.study({"user_id": "ada"}, 3)
    assert "learning_support" in people.granted("ada")
    people.study({"user_id": "ada", "anonymous_id": PHONE}, 1)
    assert people.granted("ada") == set()
    assert people.door.verdicts(answered("ada")) == ["held"]
    people.door.grant("ada")  # the person decides anew
    assert "learning_support" in people.granted("ada")
    assert people.door.verdicts(answered("ada")) == ["accepted"]
    assert people.door.verdicts(anonymous(PHONE)) == ["accepted"]
    merge = people.identity.log(people.tenant)[0]
    people.identity.unmerge(people.tenant, merge.merge_id, by=OPERATOR, reason="a shared phone")
    assert people.door.verdicts(anonymous(PHONE)) == ["held"]  # that was never hers to grant
    assert people.door.verdicts(answered("ada")) == ["accepted"]


def test_a_withdrawal_of_the_person_reaches_every_key(people: People) -> None:
    people.door.grant("ada")
    people.door.grant(PHONE, kind="anonymous")
    people.study({"anonymous_id": PHONE}, 4, first=10)
    people.study({"user_id": "ada", "anonymous_id": PHONE}, 4)
    people.door.withdraw("ada")
    assert people.door.verdicts(anonymous(PHONE)) == ["held"]
    pending = {one.learner_key for one in people.door.consent.pending_withdrawals()}
    assert pending == set(people.identity.keys_of(people.tenant, people.door.person("ada")))
    versions = [one.version for one in people.door.consent.pending_withdrawals()]
    assert len(set(versions)) == len(versions)


def test_devices_with_one_hash_are_one_person(people: People) -> None:
    salt = PostgresSalts(people.door.database).salts(people.tenant)[0]
    mail = {"pii_hash": hashed("ada@example.org", salt.salt), "pii_salt_version": salt.version}
    for device in (PHONE, TABLET):
        people.door.grant(device, kind="anonymous")
        people.study({"anonymous_id": device, **mail}, 3)
    assert TABLET_KEY(people) in people.identity.keys_of(people.tenant, people.door.person(PHONE, "anonymous"))
    people.door.grant("ada")
    people.study({"user_id": "ada", **mail}, 1)
    assert linked(people, "ada", PHONE)
    assert linked(people, "ada", TABLET)
    people.door.grant("eve")
    people.study({"user_id": "eve", **mail}, 1)
    assert not linked(people, "eve", PHONE)
    (suggestion,) = people.identity.suggestions(people.tenant)
    assert {suggestion.first_key, suggestion.second_key} == {people.door.person("ada"), people.door.person("eve")}
    assert (suggestion.kind, suggestion.users) == ("email", 2)


def TABLET_KEY(people: People) -> str:  # noqa: N802 -- reads as the constant beside it
    """Key of the tablet."""
    return people.door.person(TABLET, "anonymous")


def test_both_salts_count_while_one_is_rotated(people: People) -> None:
    salts = PostgresSalts(people.door.database)
    old = salts.salts(people.tenant)[0]
    for device in (PHONE, TABLET):
        people.door.grant(device, kind="anonymous")
    people.study({"anonymous_id": PHONE, "pii_hash": hashed("a@b", old.salt), "pii_salt_version": old.version}, 1)
    new = salts.rotate(people.tenant, actor=OPERATOR)
    assert new.version == old.version + 1
    both = {
        "pii_hash": hashed("a@b", new.salt), "pii_hash_previous": hashed("a@b", old.salt),
        "pii_salt_version": new.version,
    }  # fmt: skip
    people.study({"anonymous_id": TABLET, **both}, 1)
    assert TABLET_KEY(people) in people.identity.keys_of(people.tenant, people.door.person(PHONE, "anonymous"))
    people.identity.unmerge(
        people.tenant, people.identity.log(people.tenant)[0].merge_id, by=OPERATOR, reason="a shared mailbox"
    )
    salts.rotate(people.tenant, actor=OPERATOR)
    third = "2d9b7c55-8c4f-4a53-9a0b-1f1f6a3f5a13"
    people.door.grant(third, kind="anonymous")
    people.study({"anonymous_id": third, "pii_hash": hashed("a@b", old.salt), "pii_salt_version": old.version}, 1)
    assert people.identity.keys_of(people.tenant, people.door.person(third, "anonymous")) == (
        people.door.person(third, "anonymous"),
    )
    assert [one.counts for one in salts.salts(people.tenant)] == [True, True, False]


def test_no_clear_hash_is_kept(people: People) -> None:
    salt = PostgresSalts(people.door.database).salts(people.tenant)[0]
    sent = hashed("ada@example.org", salt.salt)
    people.door.grant(PHONE, kind="anonymous")
    people.study({"anonymous_id": PHONE, "pii_hash": sent, "pii_salt_version": salt.version}, 2)
    assert people.door.count("identity_hashes") == 1
    assert people.door.count("landing") == 0
    with people.door.database.pipeline() as transaction:
        for (table,) in transaction.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'akademos'::regnamespace AND relkind IN ('r', 'p') "
            "AND NOT relispartition AND has_table_privilege(oid, 'SELECT')"
        ).fetchall():
            found = transaction.execute(
                f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE %s OR t::text LIKE %s",
                (f"%{sent}%", f"%{sent.encode().hex()}%"),
            ).fetchone()
            assert found == (0,), table
    for file in people.pipeline.folder.rglob("*"):
        if file.is_file():
            assert sent.encode() not in file.read_bytes()


def test_a_dead_letter_holds_no_hash(people: People) -> None:
    names = ("pii_hash", "pii_hash_previous", "phone_hash", "phone_hash_previous")
    sent = {name: f"{number:x}" * 64 for number, name in enumerate(names, start=10)}
    people.door.verdicts(anonymous(PHONE, event_name="no_such_thing", pii_salt_version=2, **sent))
    ((letter,),) = people.door.rows("SELECT payload::text FROM dead_letters")
    assert all(value not in letter for value in (*sent.values(), PHONE))


def example(people: People, name: str, **who: str) -> dict[str, Any]:
    """The dictionary's own example of an event, of somebody else."""
    left_out = {"event_id", "client_timestamp", "user_id", "anonymous_id"}
    known = people.door.registry.latest(name).example
    return {**{name: value for name, value in known.items() if name not in left_out}, **who}


def test_an_opt_out_holds_for_the_whole_person(people: People) -> None:
    people.door.grant("ada")
    people.door.grant(PHONE, kind="anonymous")
    people.study({"user_id": "ada", "anonymous_id": PHONE}, 1)
    viewed = example(people, "career_match_viewed", anonymous_id=PHONE)
    opted = example(people, "settings_tracking_opt_out", user_id="ada")
    assert people.door.verdicts(viewed) == ["accepted"]
    assert people.door.verdicts(opted) == ["accepted"]
    assert people.door.verdicts(viewed) == ["suppressed"]
    back = {**opted, "properties": {**opted["properties"], "tracking_opt_out": False}}
    assert people.door.verdicts(back) == ["accepted"]
    assert people.door.verdicts(viewed) == ["accepted"]


def test_hashes_of_who_has_not_consented_are_not_kept(people: People) -> None:
    salt = PostgresSalts(people.door.database).salts(people.tenant)[0]
    people.door.verdicts(anonymous(PHONE, pii_hash=hashed("a@b", salt.salt), pii_salt_version=salt.version))
    assert people.door.count("identity_hashes") == 0


def test_a_pause_under_one_key_stops_the_person_until_the_person_goes_on(people: People) -> None:
    def decide(kind: str, value: str, decision: str) -> None:
        people.door.consent.decide(
            people.tenant, people.door.person(value, kind), [Purpose.LEARNING_SUPPORT],
            decision, recorded_by="test",  # type: ignore[arg-type]  # tests name the decisions
        )  # fmt: skip

    people.door.grant("ada")
    people.door.grant(PHONE, kind="anonymous")
    people.study({"user_id": "ada"}, 1)
    people.study({"anonymous_id": PHONE}, 1, first=5)
    decide("anonymous", PHONE, "paused")
    assert "learning_support" in people.granted("ada")
    people.study({"user_id": "ada", "anonymous_id": PHONE}, 1, first=9)
    assert "learning_support" not in people.granted("ada")
    decide("user", "ada", "resumed")
    assert "learning_support" in people.granted("ada")
    merge = people.identity.log(people.tenant)[0]
    people.identity.unmerge(people.tenant, merge.merge_id, by=OPERATOR, reason="a shared phone")
    device = people.door.person(PHONE, "anonymous")
    assert Purpose.LEARNING_SUPPORT not in people.door.consent.purposes(people.tenant, [device])[device]
    assert Purpose.LEARNING_SUPPORT in people.door.consent.granted(people.tenant, [device])[device]
    assert "learning_support" in people.granted("ada")
