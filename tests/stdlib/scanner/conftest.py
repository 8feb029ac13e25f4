"""The daemons that tests here ask: one of each, started when the first test wants it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from servers.clamd import Clamd, running_clamd
from servers.spamd import Spamd, running_spamd


@pytest.fixture(scope="session")
def clamd() -> Iterator[Clamd]:
    with running_clamd() as daemon:
        yield daemon


@pytest.fixture(scope="session")
def spamd() -> Iterator[Spamd]:
    with running_spamd() as daemon:
        yield daemon
