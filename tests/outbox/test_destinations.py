"""Attempts to make the installation send requests to where it should not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akademos.errors import InputError
from akademos.outbox.destinations import address_to_use, declared_hosts, destination

HOSTS = declared_hosts("hooks.example.org, *.uni.example")


@pytest.mark.parametrize(
    ("url", "host", "port", "target"),
    [
        ("https://hooks.example.org/in?a=b", "hooks.example.org", 443, "/in?a=b"),
        ("https://HOOKS.example.org.:8443", "hooks.example.org", 8443, "/"),
        ("https://lrs.law.uni.example/x", "lrs.law.uni.example", 443, "/x"),
    ],
)
def test_declared_hosts_are_taken(url: str, host: str, port: int, target: str) -> None:
    found = destination(url, HOSTS)
    assert (found.host, found.port, found.target) == (host, port, target)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/",
        "ftp://hooks.example.org/",
        "https://example.org/",
        "https://evil.org/hooks.example.org",
        "https://hooks.example.org@evil.org/",
        "https://evil.org#hooks.example.org",
        "https://hooks.example.org#x",
        "https://evil.org\\hooks.example.org/",
        "https://uni.example/",
        "https://notuni.example/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://hooks.example.org:99999/",
        "https://hooks.example.org/\r\nHost: evil.org",
        "https://hooks.example.org/ü",
        "https:///x",
        "https://hooks.example.org/" + "x" * 3_000,
        "file:///etc/passwd",
        "",
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    with pytest.raises(InputError):
        destination(url, HOSTS)


@given(st.text(max_size=80))
def test_no_text_gets_past_the_declared_hosts(text: str) -> None:
    for url in (text, f"https://{text}"):
        try:
            found = destination(url, HOSTS)
        except InputError:
            continue
        assert found.host == "hooks.example.org" or found.host.endswith(".uni.example")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0",
        "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a00:1",
        "2002:7f00:1::", "2001:db8::1", "localhost", "",
    ],
)  # fmt: skip
def test_addresses_inside_are_refused(address: str) -> None:
    with pytest.raises(InputError) as refused:
        address_to_use([address])
    assert refused.value.code == "address_not_public"


def test_one_address_inside_spoils_the_name() -> None:
    assert address_to_use(["93.184.216.34", "2606:2800:220:1::1"]) == "93.184.216.34"
    with pytest.raises(InputError):
        address_to_use(["93.184.216.34", "10.0.0.1"])
    with pytest.raises(InputError):
        address_to_use([])


def test_development_delivers_to_this_machine_and_no_further() -> None:
    hosts = declared_hosts("localhost")
    assert destination("http://localhost:8080/x", hosts, development=True).port == 8080
    assert address_to_use(["127.0.0.1"], development=True) == "127.0.0.1"
    with pytest.raises(InputError):
        address_to_use(["10.0.0.1"], development=True)
    with pytest.raises(InputError):
        destination("http://localhost:8080/x", hosts)
