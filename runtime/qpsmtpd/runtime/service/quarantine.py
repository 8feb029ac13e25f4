"""Quarantines: a Maildir for each name, below the folder of the setting `quarantine`.

They are Maildirs so that any mail program reads them, and what is in one can be delivered from there. The envelope stands in the
fields `Return-Path` and `Delivered-To` on top of each message.
"""

from __future__ import annotations

import re
from pathlib import Path

from qpsmtpd.dsl.model.services import Clock, Envelope, Message, Site
from qpsmtpd.dsl.model.values import Delivery
from qpsmtpd.stdlib.queue.maildir import maildir

USUAL = "default"
"""The quarantine of a verdict that names none."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Quarantines:
    """All quarantines of the service; their folders are made when something comes in."""

    def __init__(self, folder: Path, *, clock: Clock, site: Site) -> None:
        self._folder = folder
        self._clock = clock
        self._site = site

    async def keep(self, place: str, message: Message, envelope: Envelope) -> Delivery:
        """Puts a message into the quarantine of that name. Raises OSError, and ValueError when it is no name of a folder."""
        name = place or USUAL
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a quarantine")
        folder = str(self._folder / name)
        return await maildir(folder, message=message, envelope=envelope, clock=self._clock, site=self._site)
