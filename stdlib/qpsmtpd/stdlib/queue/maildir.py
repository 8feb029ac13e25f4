"""Delivers a message into a Maildir, and answers only when it is on stable storage."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

from qpsmtpd.dsl.model.functions import Kind, OwnPath, function
from qpsmtpd.dsl.model.services import Clock, Envelope, Message, Site
from qpsmtpd.dsl.model.values import Delivery
from qpsmtpd.stdlib.queue.maildir_folder import MaildirFolder, host_part, unique_stem

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

WRITERS = 16
"""Deliveries that write at the same time; more wait their turn."""


@function(kind=Kind.DELIVERY, since="queue", until="queue")
async def maildir(path: Annotated[str, OwnPath()], *, message: Message, envelope: Envelope, clock: Clock, site: Site) -> Delivery:
    """Puts the message into a Maildir.

    Missing folders are made with mode 0700, files have mode 0600. On top of the message come `Return-Path` and one
    `Delivered-To` for each recipient. Lines end in LF, as everything that reads a Maildir expects; all else is as it was
    received. The client is told 250 when file and folder are on stable storage, 451 when they cannot be; a client that
    has gone by then gets nothing delivered, since it will send again. Files that a crash left in `tmp` are removed after
    36 hours. Raises OSError when the disk fails; nothing is left behind then.

    Arguments:
        path: the Maildir's folder; a relative one lies beside the rules file that names it

    Examples:
        on queue: maildir("Maildir")
    """
    import asyncio  # whoever only checks rules does without

    now = clock.now()
    stem = unique_stem(now)
    name = f"{stem}.{host_part(site.hostname)}"
    attempt = _Attempt(envelope)
    parts = as_stored(trace(envelope), message.chunks())
    folder = _folder(path)
    work = asyncio.get_running_loop().run_in_executor(_writers(), attempt.deliver, folder, name, parts)
    try:
        delivered = await asyncio.shield(work)
    except asyncio.CancelledError:
        if attempt.give_up():
            raise
        # too late to take it back: the answer must tell what has happened
        delivered = await work
    if not delivered:
        return Delivery(False, "The client has gone", enhanced="4.4.2")
    if folder.sweep_due(now):
        _writers().submit(folder.sweep, now)
    return Delivery(True, f"Queued as {stem}")


def trace(envelope: Envelope) -> bytes:
    """The lines that final delivery puts on top (RFC 5321 section 4.4; Delivered-To as qmail and Postfix write it)."""
    lines = [f"Return-Path: <{_one_line(envelope.sender.text)}>"]
    lines += [f"Delivered-To: {_one_line(recipient.text)}" for recipient in envelope.recipients]
    return "".join(line + "\n" for line in lines).encode("utf-8", "replace")


def as_stored(top: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The top, then the chunks with each CRLF made LF, also one that two chunks share."""
    yield top
    held = b""
    for chunk in chunks:
        whole = held + chunk if held else chunk
        held = b"\r" if whole.endswith(b"\r") else b""
        yield (whole[:-1] if held else whole).replace(b"\r\n", b"\n")
    yield held


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


class _Attempt:
    """One delivery, which may be given up until it is committed; the two never both happen."""

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope
        self._lock = threading.Lock()
        self._committed = False
        self._given_up = False

    def deliver(self, folder: MaildirFolder, name: str, parts: Iterable[bytes]) -> bool:
        return folder.deliver(name, parts, self._commit)

    def give_up(self) -> bool:
        """True when the message will never be delivered now."""
        with self._lock:
            self._given_up = not self._committed
            return self._given_up

    def _commit(self) -> bool:
        with self._lock:
            self._committed = not self._given_up and not self._envelope.gone
            return self._committed


@functools.cache
def _folder(path: str) -> MaildirFolder:
    return MaildirFolder(path)


@functools.cache
def _writers() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(WRITERS, thread_name_prefix="maildir")
