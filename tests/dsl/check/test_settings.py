"""Settings: their types, their defaults, and paths made absolute."""

from __future__ import annotations

import pytest

from checked_rules import checked
from qpsmtpd.dsl.model.settings import LogLevel, level_meant, state_path


def test_settings_are_typed_values():
    outcome = checked(
        'server:\n    hostname = "MX.Example.org"\n    max_size = 10MB\n    timeout = 1m30s\n    resolver = "127.0.0.1:53"\n'
        '    log = "stdout"\nlistener mx:\n    bind = ["127.0.0.1:0", "[::1]:0"]\nlistener two:\n    bind = "localhost:0"'
    )
    assert outcome.codes == [], outcome.told
    server = outcome.rules.server
    assert (server.hostname, server.max_size, server.timeout) == ("mx.example.org", 10_000_000, 90.0)
    assert (server.resolver, server.log) == (("127.0.0.1:53",), "stdout")
    assert [listener.settings.bind for listener in outcome.rules.listeners] == [("127.0.0.1:0", "[::1]:0"), ("localhost:0",)]


def test_paths_lead_from_the_file_that_names_them():
    outcome = checked(
        'use "sub/b.q"\nserver:\n    state_dir = "/run/q"', {"sub/b.q": 'server:\n    spool_dir = "sp"\n    log = "q.log"'}
    )
    server = outcome.rules.server
    assert (server.spool_dir, server.state_dir, server.log) == ("/etc/q/sub/sp", "/run/q", "/etc/q/sub/q.log")
    assert server.config_dir == "/etc/q"


def test_defaults_hold_where_nothing_is_set():
    server = checked("on mail: deny").rules.server
    assert (server.spool_dir, server.state_dir, server.log) == ("/etc/q/spool", "/etc/q/state", "stderr")


def test_a_setting_may_be_a_constant():
    assert checked("let most = 5MB\nserver:\n    max_size = most").rules.server.max_size == 5_000_000


def test_the_name_of_the_log_may_have_a_time_and_a_session_in_it():
    server = checked('server:\n    log = "log/%Y-%m-%d-%i%%.log"\n    log_level = LOGWARN\n    log_nosplit = true').rules.server
    assert (server.log, server.log_level, server.log_nosplit) == ("/etc/q/log/%Y-%m-%d-%i%%.log", "LOGWARN", True)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ('log = "%x.log"', '"%x" stands for nothing'),
        ('log = "a%"', '"%" stands for nothing'),
        ('log = "%%%q"', '"%q" stands for nothing'),
        ('log = "|multilog t"', "a command cannot take the log"),
    ],
)
def test_a_name_that_no_file_of_the_log_can_have_is_found(setting, said):
    outcome = checked(f"server:\n    {setting}")
    assert outcome.codes == ["Q409"]
    assert said in outcome.found[0].message


def test_the_level_of_the_log_is_a_word_that_there_is():
    assert checked("server:\n    log_level = LOGWARM").codes == ["Q201"]


@pytest.mark.parametrize(
    ("qpsmtpd", "ours"),
    [
        ("LOGDEBUG", "debug"),
        ("LOGINFO", "info"),
        ("LOGNOTICE", "notice"),
        ("LOGWARN", "warning"),
        ("LOGERROR", "error"),
        ("LOGCRIT", "critical"),
        ("LOGALERT", "alert"),
        ("LOGEMERG", "emergency"),
        ("LOGRADAR", "emergency"),
        ("info", "info"),
    ],
)
def test_loglevel_by_qpsmtpds_name_is_one_of_ours(qpsmtpd, ours):
    assert level_meant(LogLevel(qpsmtpd)) == ours


@pytest.mark.parametrize(
    "text",
    [
        'listener a:\n    bind = "0.0.0.0:25"\nlistener b:\n    bind = ["127.0.0.1:26", "0.0.0.0:25"]\n',
        'listener a:\n    bind = ["0.0.0.0:25", "127.0.0.1:25"]\n',
        'listener a:\n    bind = "[::1]:25"\nlistener b:\n    bind = "[::]:25"\n',
        'listener a:\n    bind = "127.0.0.1:25"\nlistener b:\n    bind = "localhost:25"\n',
        'listener a:\n    bind = "127.0.0.1:2525"\nlistener b:\n    bind = "127.0.0.1:2525"\n',
    ],
)
def test_one_address_has_one_listener(text):
    outcome = checked(text)
    assert outcome.codes == ["Q409"], outcome.told
    assert "is taken already" in outcome.found[0].message


def test_an_address_that_a_listener_names_twice_is_listened_on_once():
    outcome = checked('listener a:\n    bind = ["127.0.0.1:25", "127.0.0.1:25", "[::]:25"]\n')
    assert outcome.codes == ["Q612"], outcome.told
    assert outcome.rules.listeners[0].settings.bind == ("127.0.0.1:25", "[::]:25")


def test_any_free_port_may_be_wanted_by_several_listeners():
    assert checked('listener a:\n    bind = "127.0.0.1:0"\nlistener b:\n    bind = "127.0.0.1:0"\n').codes == []


def test_state_is_in_the_state_folder_unless_a_file_is_named():
    assert checked("on mail: deny").rules.server.state == ""
    url = "sqlite:///var/lib/q/state.db"
    server = checked(f'server:\n    state = "{url}"').rules.server
    assert (server.state, state_path(server.state)) == (url, "/var/lib/q/state.db")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("redis://localhost", "not supported yet"),
        ("state.db", "is not sqlite:///PATH"),
        ("sqlite:state.db", "is not sqlite:///PATH"),
        ("sqlite://host/state.db", "is not sqlite:///PATH"),
        ("sqlite:///var/lib/", "is not sqlite:///PATH"),
        ("sqlite:////state.db", "is not sqlite:///PATH"),
        ("mysql:///state.db", "is not sqlite:///PATH"),
    ],
)
def test_state_that_is_nowhere_is_refused_with_what_to_write(url, told):
    outcome = checked(f'server:\n    state = "{url}"')
    assert outcome.codes == ["Q409"], outcome.told
    assert told in outcome.found[0].message
