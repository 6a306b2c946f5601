"""Egress rules: which addresses are refused, and what the setting lets through."""

from __future__ import annotations

import ipaddress

import pytest

from concertmaster.data.egress import EgressRules, is_refused
from concertmaster.domain.errors import UserError

REFUSED = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "169.254.170.2",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", REFUSED)
def test_refused(address: str) -> None:
    assert is_refused(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_public(address: str) -> None:
    assert not is_refused(ipaddress.ip_address(address))
    assert EgressRules().allows("example.com", 443, ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("rules", "host", "port", "address", "allowed"),
    [
        ("", "localhost", 80, "127.0.0.1", False),
        ("localhost", "localhost", 80, "127.0.0.1", True),
        ("LOCALHOST.", "localhost", 80, "::1", True),
        ("localhost", "127.0.0.1", 80, "127.0.0.1", False),
        ("localhost:8080", "localhost", 8080, "127.0.0.1", True),
        ("localhost:8080", "localhost", 8081, "127.0.0.1", False),
        ("127.0.0.1", "whatever", 80, "127.0.0.1", True),
        ("127.0.0.1:9000", "127.0.0.1", 9000, "127.0.0.1", True),
        ("127.0.0.1:9000", "local.example", 9000, "127.0.0.1", True),
        ("127.0.0.1:9000", "127.0.0.1", 9001, "127.0.0.1", False),
        ("127.0.0.1", "x", 80, "::ffff:127.0.0.1", True),
        ("a.example, 10.0.0.0/8", "db.internal", 5432, "10.2.3.4", True),
        ("10.0.0.0/8", "db.internal", 5432, "192.168.0.1", False),
        ("[::1]:7000", "[::1]", 7000, "::1", True),
        ("::1", "localhost", 1, "::1", True),
        ("fd00::/8", "x", 1, "fd12::1", True),
        ("example.com", "example.com.evil.example", 80, "127.0.0.1", False),
    ],
)
def test_the_setting(rules: str, host: str, port: int, address: str, allowed: bool) -> None:
    assert EgressRules.parse(rules).allows(host, port, ipaddress.ip_address(address)) is allowed


@pytest.mark.parametrize("rule", ["10.0.0.0/99", "a b", "host:port", "host:0", "host:70000", "http://x", "*", ":80"])
def test_a_wrong_rule_is_named(rule: str) -> None:
    with pytest.raises(UserError, match="EGRESS_ALLOW"):
        EgressRules.parse(f"localhost,{rule}")
