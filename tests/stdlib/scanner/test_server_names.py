from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qpsmtpd.stdlib.scanner.server_names import Internet, parsed, server_fault


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("/run/clamav/clamd.ctl", "/run/clamav/clamd.ctl"),
        ("127.0.0.1:3310", Internet("127.0.0.1", 3310)),
        ("[::1]:3310", Internet("::1", 3310)),
        ("localhost:783", Internet("localhost", 783)),
        ("scan-1.example.org:65535", Internet("scan-1.example.org", 65535)),
    ],
)
def test_a_server_is_a_path_or_a_host_and_a_port(name, meant):
    assert server_fault(name) == ""
    assert parsed(name) == meant


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "is no server"),
        ("clamd.sock", "from / on"),
        ("unix:/run/clamd.sock", "from / on"),
        ("localhost", "HOST:PORT"),
        (":3310", "HOST:PORT"),
        ("::1:3310", "[2001:db8::1]:PORT"),
        ("[127.0.0.1]:3310", "is no server"),
        ("a host:3310", "is no server"),
        ("localhost:", "is no port"),
        ("localhost:0", "is no port"),
        ("localhost:65536", "is no port"),
        ("localhost:+1", "is no port"),
        ("localhost:clamd", "is no port"),
        ("/" + "x" * 107, "108 octets"),
        ("/a\0b", "NUL"),
    ],
)
def test_anything_else_is_refused_when_the_rules_load(name, told):
    assert told in server_fault(name)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_whatever_is_taken_can_be_read(name):
    if not server_fault(name):
        assert parsed(name)
