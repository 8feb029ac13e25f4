"""Name servers that do not answer: no mail is refused for it, none waits longer than the lookups may take, and the log says so."""

import socket
from pathlib import Path

from running_service import RunningService, write_rules

RULES = """\
on connect:
    if dnsbl("zen.test") deny
    unless rdns deny "No name"
on mail: if rdns and rdns == "bad.example" deny
on rcpt: unless rcpthosts(domain) deny
on queue: maildir("Maildir")
"""


def test_a_list_that_never_answers_refuses_nothing_and_the_log_says_so(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        write_rules(tmp_path, RULES, settings=f'resolver = "127.0.0.1:{port}"\nconnect_budget = 300ms\ncommand_budget = 300ms')
        with RunningService(tmp_path) as service:
            service.send()
            assert len(service.messages()) == 1
            service.stop()
            failed = [r for r in service.records() if r["event"] == "lookup-failed"]
    assert {r["function"] for r in failed} >= {"dnsbl", "rdns"}
    assert not [r for r in service.records() if r["event"] == "refused"]
