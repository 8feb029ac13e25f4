"""The Postfix to which deliveries here deliver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from servers.postfix import Postfix, running_postfix

_SETTINGS = {
    "message_size_limit": "200000",
    "header_checks": "regexp:{ {/^Subject: refuse me/ REJECT We do not want this} {/^Subject: not now/ REJECT 4.7.1 Come back} }",
    "recipient_bcc_maps": "inline:{ watched@example.org=watcher@example.org }",
    "smtpd_recipient_restrictions": "check_recipient_access inline:{ {nobody@example.org = 550 5.1.1 No such user}"
    " {later@example.org = 450 4.2.1 Come back} }, reject_unauth_destination",
    "smtpd_authorized_xclient_hosts": "127.0.0.1",
    "virtual_alias_maps": "inline:{ alias@example.org=real@example.org }",
}


@pytest.fixture(scope="session")
def shared_postfix() -> Iterator[Postfix]:
    with running_postfix(_SETTINGS) as running:
        yield running


@pytest.fixture
def postfix(shared_postfix: Postfix) -> Iterator[Postfix]:
    """A running Postfix with an empty mailbox, empty queues and a few rules of its own."""
    if not shared_postfix.master:
        shared_postfix.start()
    yield shared_postfix
    shared_postfix.empty()
