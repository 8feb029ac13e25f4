"""Q619 and Q624: settings that are possible and surely not meant."""

from __future__ import annotations

import pytest

from checked_rules import checked


@pytest.mark.parametrize(
    ("setting", "code", "words"),
    [
        ('spool_dir = "/tmp/spool"', "Q619", "below /tmp"),
        ('quarantine = "/var/tmp/q"', "Q619", "below /var/tmp"),
        ('state_dir = "/dev/shm"', "Q619", "below /dev/shm"),
        ('hostname = "localhost"', "Q619", "no name"),
        ('hostname = "mx"', "Q619", "no name"),
        ('hostname = "mx.site.local"', "Q619", "no name"),
        ("max_connections_per_ip = 5000", "Q619", "above `max_connections`"),
        ("session_timeout = 30s\n    timeout = 1m", "Q619", "above `session_timeout`"),
        ("size_threshold = 30MB", "Q619", "above `max_size`"),
        ("connect_budget = 6m", "Q619", "longer than clients wait"),
        ("data_post_budget = 11m", "Q619", "longer than clients wait"),
    ],
)
def test_an_odd_setting_of_the_service_is_found_at_its_value(setting, code, words):
    (finding,) = checked(f"server:\n    {setting}\non mail: if esmtp deny").found
    assert finding.code == code
    assert words in finding.message


@pytest.mark.parametrize(
    "setting",
    [
        'spool_dir = "/var/spool/q"',
        'spool_dir = "/tmpfiles"',
        'spool_dir = "spool"',
        'hostname = "mx.example.org"',
        "max_size = 10KB",
        "session_timeout = 30s",
        "max_connections = 20",
        "connect_budget = 5m",
    ],
)
def test_a_setting_that_can_be_meant_is_none(setting):
    assert checked(f"server:\n    {setting}\non mail: if esmtp deny").codes == []


def test_rules_that_stand_below_tmp_have_their_spool_there_and_no_finding():
    for setting in ("max_size = 1MB", 'spool_dir = "spool"'):
        assert checked(f"server:\n    {setting}\non mail: if esmtp deny", folder="/tmp/site").codes == []


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ('bind = "0.0.0.0:587"\n    auth = required', ["Q624"]),
        ('bind = "[2001:db8::1]:587"\n    auth = offered', ["Q624"]),
        ('bind = "0.0.0.0:587"\n    auth = required\n    tls = required', []),
        ('bind = ["127.0.0.1:587", "[::1]:587", "localhost:588"]\n    auth = required', []),
        ('bind = "0.0.0.0:587"\n    auth = off', []),
        ('bind = "0.0.0.0:25"\n    tls = implicit', ["Q619"]),
        ('bind = "0.0.0.0:465"\n    tls = implicit', []),
        ('bind = "0.0.0.0:25"\n    protocol = lmtp', ["Q619"]),
        ('bind = "0.0.0.0:24"\n    protocol = lmtp', []),
    ],
)
def test_what_a_listener_speaks_fits_its_address(settings, codes):
    assert checked(f"listener mx:\n    {settings}\non mail: if esmtp deny").codes == codes
