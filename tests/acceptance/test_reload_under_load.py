"""Mail flows while the rules change ten times a second, every second time for the worse."""

import asyncio
import signal
from collections import Counter

from running_service import RunningService, replace_file, write_rules

MESSAGES = 2000
SESSIONS = 20
INTERVAL = 0.1


async def hang_up_again_and_again(service, texts, done):
    """SIGHUP every tenth of a second, with good and bad rules in turn; returns how many."""
    loop, rules, count = asyncio.get_running_loop(), service.folder / "rules.q", 0
    due = loop.time()
    while not done.done():
        replace_file(rules, texts[count % len(texts)])
        service.signal(signal.SIGHUP)
        count += 1
        due += INTERVAL
        await asyncio.wait({done}, timeout=max(0.0, due - loop.time()))
    return count


async def test_2000_messages_at_20_sessions_while_rules_change_are_delivered_exactly_once(tmp_path):
    rules = write_rules(tmp_path, settings="max_connections_per_ip = 100")
    good = rules.read_text()
    other = good.replace("unless rcpthosts(domain) deny", 'unless rcpthosts(domain) deny "Not here"')
    bad = good.replace("rcpthosts(domain)", "rcpthost(domain)")
    with RunningService(tmp_path) as service:
        # -d: many messages a connection; -c would count them on the terminal; -v off: any reply but the wanted one ends it
        source = await asyncio.create_subprocess_exec(
            "smtp-source", "-d", "-s", str(SESSIONS), "-m", str(MESSAGES), "-l", "2000", "-N",
            "-f", "you@example.net", "-t", "me@example.org", f"inet:127.0.0.1:{service.port}",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        done = asyncio.ensure_future(source.communicate())
        hangups = await hang_up_again_and_again(service, [bad, good, bad, other], done)
        said, _ = await done
        assert source.returncode == 0, said.decode("latin-1")
        assert said == b""

        status = service.until(lambda status: sum(status["reloads"].values()) >= 2)
        recipients = Counter(message["Delivered-To"] for message in service.messages())
        assert sum(recipients.values()) == MESSAGES
        assert set(recipients.values()) == {1}, recipients.most_common(3)
        assert status["counters"]["messages"] == MESSAGES and status["counters"]["refused"] == 0
        assert hangups >= 4 and status["reloads"]["loaded"] >= 1 and status["reloads"]["refused"] >= 1

        assert service.stop() == 0
        refused = [record for record in service.records() if record["event"] == "reload-refused"]
        assert refused and all(any("Q202" in line for line in record["lines"]) for record in refused)
        digests = {record["rules"] for record in service.records() if record["event"] == "message"}
        loaded = {record["rules"] for record in service.records() if record["event"] in ("ready", "reload-loaded")}
        assert digests <= loaded, "a refused set of rules was used"
