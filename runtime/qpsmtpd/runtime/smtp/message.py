"""The message in hand, as rules read it and deliveries take it; see `qpsmtpd.dsl.model.services.Message`."""

from __future__ import annotations

from collections.abc import Iterator

from qpsmtpd.dsl.model.values import Size
from qpsmtpd.runtime.smtp.body import Body
from qpsmtpd.runtime.smtp.header import Header
from qpsmtpd.runtime.smtp.session import Session, Transaction
from qpsmtpd.runtime.smtp.trace import received


class ReceivedMessage:
    """A message whose header section is there, and in the end all of it."""

    __slots__ = ("_body", "_header", "_hostname", "_session", "_transaction", "size")

    def __init__(self, body: Body, session: Session, transaction: Transaction, hostname: str) -> None:
        self._body = body
        self._session = session
        self._transaction = transaction
        self._hostname = hostname
        self._header: Header | None = None
        self.size = Size(body.size)

    def complete(self) -> None:
        """The end of the message has come."""
        self.size = Size(self._body.size)

    @property
    def header(self) -> Header:
        """The header section, parsed when it is first read."""
        if self._header is None:
            self._header = Header(self._body.head, self._session.services.clock)
        return self._header

    @property
    def on_disk(self) -> bool:
        """True when it was too large for memory."""
        return self._body.file is not None

    def chunks(self) -> Iterator[bytes]:
        """The whole message with our trace field on top. Reads the disk when the message waits there: use it in a thread.

        Raises OSError.
        """
        header, body = self.header, self._body
        yield received(self._session, self._transaction, self._hostname)
        yield header.octets()
        skip = header.length
        if body.file is not None:
            yield from body.file.chunks(skip)
            skip = 0
        for part in body.parts:
            if skip < len(part):
                yield part[skip:] if skip else part
            skip = max(0, skip - len(part))

    def release(self) -> None:
        """Gives memory and disk space back."""
        self._body.release()
