import asyncio
import json
import socket

import pytest

from qpsmtpd.runtime.service import control
from qpsmtpd.runtime.service.cannot import Cannot


async def answer(request):
    return {"error": "what?"} if "bad" in request else {"got": request}


async def raw(folder, line):
    reader, writer = await asyncio.open_unix_connection(folder / control.NAME)
    writer.write(line)
    writer.write_eof()
    reply = await reader.read()
    writer.close()
    return reply


async def test_a_request_gets_its_answer(tmp_path):
    server = await control.listen(tmp_path, answer)
    assert await asyncio.to_thread(control.ask, tmp_path, {"do": "status"}) == {"got": {"do": "status"}}
    with pytest.raises(Cannot, match="what?"):
        await asyncio.to_thread(control.ask, tmp_path, {"bad": 1})
    server.close()


async def test_the_socket_is_its_owners_alone(tmp_path):
    server = await control.listen(tmp_path, answer)
    assert (tmp_path / control.NAME).stat().st_mode & 0o777 == 0o600
    server.close()


async def test_a_socket_left_by_a_killed_service_is_replaced(tmp_path):
    (await control.listen(tmp_path, answer)).close()
    (tmp_path / control.NAME).unlink(missing_ok=True)
    (tmp_path / control.NAME).touch()
    server = await control.listen(tmp_path, answer)
    assert await asyncio.to_thread(control.ask, tmp_path, {}) == {"got": {}}
    server.close()


async def test_a_folder_deeper_than_socket_paths_may_be_works_too(tmp_path):
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    server = await control.listen(deep, answer)
    assert await asyncio.to_thread(control.ask, deep, {"n": 1}) == {"got": {"n": 1}}
    server.close()


@pytest.mark.parametrize("line", [b"", b"nonsense\n", b"{" * 5000, b"\xff\n"])
async def test_what_is_no_request_is_not_answered_and_does_no_harm(tmp_path, line):
    server = await control.listen(tmp_path, answer)
    assert await raw(tmp_path, line) == b""
    assert json.loads(await raw(tmp_path, b"[]\n")) == {"error": "a request is a JSON object"}
    assert json.loads(await raw(tmp_path, b"{}\n")) == {"got": {}}
    server.close()


def test_without_a_service_the_asker_is_told(tmp_path):
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(Cannot, match="no service is running"):
            control.ask(folder, {})


async def test_a_service_that_ends_before_it_answers_is_told(tmp_path):
    async def never(request):
        raise ConnectionResetError

    server = await control.listen(tmp_path, never)
    with pytest.raises(Cannot, match="stopped before it answered"):
        await asyncio.to_thread(control.ask, tmp_path, {})
    server.close()


def test_a_service_that_hangs_is_told_in_time(tmp_path):
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(tmp_path / control.NAME))
        mute.listen(0)
        with pytest.raises(Cannot, match="has not answered for 0.01 s"):
            control.ask(tmp_path, {}, patience=0.01)
        # now its queue of connections is full
        with pytest.raises(Cannot, match="has not answered for 0.01 s"):
            control.ask(tmp_path, {}, patience=0.01)


@pytest.mark.parametrize("line", [b"220 hello\n", b"[]\n", b"\xff\n"])
async def test_something_else_at_the_socket_is_told(tmp_path, line):
    async def talk(reader, writer):
        await reader.readline()
        writer.write(line)
        writer.close()

    server = await asyncio.start_unix_server(talk, tmp_path / control.NAME)
    with pytest.raises(Cannot, match="is no qpsmtpd"):
        await asyncio.to_thread(control.ask, tmp_path, {})
    server.close()
