import socket

import pytest

from qpsmtpd.runtime.service.cannot import Cannot
from qpsmtpd.runtime.service.listeners import open_sockets, shown


def test_each_endpoint_gets_a_listening_tcp_socket():
    sockets = open_sockets(["127.0.0.1:0", "[::1]:0"])
    try:
        assert [sock.proto for sock in sockets] == [socket.IPPROTO_TCP] * 2
        assert shown(sockets[0]).startswith("127.0.0.1:") and shown(sockets[1]).startswith("[::1]:")
        for sock in sockets:
            socket.create_connection(sock.getsockname()[:2]).close()
    finally:
        for sock in sockets:
            sock.close()


def test_localhost_is_both_loopback_addresses():
    sockets = open_sockets(["localhost:0"])
    assert [shown(sock).rpartition(":")[0] for sock in sockets] == ["127.0.0.1", "[::1]"]
    for sock in sockets:
        sock.close()


def test_when_one_address_cannot_be_had_none_is_kept():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Cannot, match="another program listens there already"):
            open_sockets([f"[::1]:{port}", f"127.0.0.1:{port}"])
        again = open_sockets([f"[::1]:{port}"])
        again[0].close()


def test_an_address_of_another_machine_is_told_in_words():
    with pytest.raises(Cannot, match="this machine does not have that address"):
        open_sockets(["192.0.2.1:0"])
