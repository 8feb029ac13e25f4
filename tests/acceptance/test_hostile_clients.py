"""What a client cannot do to the service, whatever it sends."""

import socket
from pathlib import Path

from running_service import PATIENCE, RunningService, write_rules

MEGABYTE = b"x" * 1_000_000


def dialogue(service: RunningService) -> tuple[socket.socket, "socket.SocketIO"]:
    connection = socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE)
    replies = connection.makefile("rb", buffering=0)
    return connection, replies


def reply(replies: "socket.SocketIO") -> bytes:
    lines = [replies.readline()]
    while lines[-1][3:4] == b"-":
        lines.append(replies.readline())
    return lines[-1]


def begin_data(connection: socket.socket, replies: "socket.SocketIO") -> None:
    reply(replies)
    for line in (b"EHLO client.example", b"MAIL FROM:<a@example.net>", b"RCPT TO:<me@example.org>", b"DATA"):
        connection.sendall(line + b"\r\n")
        answer = reply(replies)
    assert answer.startswith(b"354")


def test_an_endless_line_of_400_megabytes_costs_no_memory_and_is_refused(tmp_path: Path) -> None:
    write_rules(tmp_path)
    with RunningService(tmp_path) as service:
        service.send()
        connection, replies = dialogue(service)
        begin_data(connection, replies)
        connection.sendall(MEGABYTE)
        before = service.memory()
        peak = 0
        for _ in range(400):
            connection.sendall(MEGABYTE)
            peak = max(peak, service.memory())
        connection.sendall(b"\r\n.\r\n")
        assert reply(replies).startswith(b"5")
        assert peak - before < 2_000_000
        connection.close()
        service.send()
        assert len(service.messages()) == 2


def test_an_endless_command_costs_no_memory_and_the_session_goes_on(tmp_path: Path) -> None:
    write_rules(tmp_path)
    with RunningService(tmp_path) as service:
        connection, replies = dialogue(service)
        reply(replies)
        connection.sendall(MEGABYTE)
        before = service.memory()
        for _ in range(50):
            connection.sendall(MEGABYTE)
        connection.sendall(b"\r\nNOOP\r\n")
        assert reply(replies).startswith(b"500 5.5.2")
        assert reply(replies).startswith(b"250")
        assert service.memory() - before < 2_000_000
        connection.close()
