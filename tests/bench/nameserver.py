"""Answers DNS at once on port 53 of an address: PTR of 127.x is localhost, anything else does not exist.

Haraka looks up the client's name; without this it would wait for, and load, the machine's name server.

    python nameserver.py 127.0.0.54
"""

from __future__ import annotations

import socket
import sys

_NAME = b"\x09localhost\x00"
_PTR = b"\x00\x0c"
_LOOPBACK = b"\x03127\x07in-addr\x04arpa\x00"


def answer(question: bytes) -> bytes | None:
    """The reply to a query, None when it is cut short."""
    end = 12
    while end < len(question) and question[end]:
        end += question[end] + 1
    name, kind, section = question[12 : end + 1], question[end + 1 : end + 3], question[12 : end + 5]
    if len(question) < end + 5:
        return None
    if kind == _PTR and name.endswith(_LOOPBACK):
        counts = b"\x00\x01\x00\x01\x00\x00\x00\x00"
        record = b"\xc0\x0c\x00\x0c\x00\x01\x00\x00\x00\x3c" + len(_NAME).to_bytes(2, "big") + _NAME
        return question[:2] + b"\x85\x80" + counts + section + record
    return question[:2] + b"\x85\x83" + b"\x00\x01\x00\x00\x00\x00\x00\x00" + section


def main(address: str) -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, 53))
    while True:
        question, peer = sock.recvfrom(1500)
        if reply := answer(question):
            sock.sendto(reply, peer)


if __name__ == "__main__":
    main(sys.argv[1])
