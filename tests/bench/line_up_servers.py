"""How each server of the line-up is configured: the same checks in the same order, each server's cheapest queue, little logging.

The line-up is qpsmtpd's classic one: earlytalker, count_unrecognized_commands, dnsbl, greylisting, rcpt_ok, headers, clamdscan
and spamassassin.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import place
from bench.line_up_daemons import CLAMD, SPAMD, ZONE
from bench.servers import HARAKA, OURS, Command

QPSMTPD = "qpsmtpd"

WAIT = 0.25
"""Seconds that a client is listened to before the greeting: idle time, which costs no CPU."""
DELAY = 1
"""Seconds after which a client that was asked to come again may do so."""
_CHILDREN = 100
"""Connections that qpsmtpd takes at once, a process each."""

_RULES = """\
server:
    hostname = "mx.bench.example"
    max_connections = 20000
    max_connections_per_ip = 20000
    log = "{folder}/journal.jsonl"
    state = "sqlite://{folder}/state.db"

listener bench:
    bind = "0.0.0.0:{port}"

apply earlytalker(wait = {wait}ms)
apply count_unrecognized_commands(max = 4)
on connect: if dnsbl("{zone}") deny 5.7.1 "Listed on {zone}" and disconnect
apply greylisting(delay = {delay}s)
apply rcpt_ok()
apply headers(require = ["From", "Date"], past = 15d, future = 2d)
apply clamdscan(socket = "{clamd}")
apply spamassassin(socket = "{spamd}", reject_threshold = 12)
on queue: discard
"""

_PLUGINS = """\
earlytalker wait {wait}
count_unrecognized_commands 4
dnsbl reject 1 reject_type disconnect
greylisting black_timeout {delay} db_dir {folder}/state
rcpt_ok
headers require From,Date past 15 future 2
virus/clamdscan clamd_socket {clamd}
spamassassin reject 12 spamd_socket {spamd}
queue/bench_discard
"""
_DISCARD = """\
use Qpsmtpd::Constants;
sub hook_queue { return (OK, "Queued! discarded"); }
"""
"""qpsmtpd has no queue plugin that drops messages."""

_PLUGIN_FOLDER = Path("/usr/share/qpsmtpd/plugins")
_BROKEN = "return DECLINED if !$self->is_p0f_match();"

_HARAKA_PLUGINS = """\
early_talker
dns-list
rcpt_to.in_host_list
greylist
headers
clamd
spamassassin
queue/discard
"""
_HARAKA = {
    "smtp.ini": "listen=0.0.0.0:{port}\n",
    "me": f"{place.DOMAIN}\n",
    "host_list": f"{place.DOMAIN}\n",
    "log.ini": "[main]\nlevel=error\n",
    "plugins": _HARAKA_PLUGINS,
    "early_talker.ini": "pause={wait}\n",
    "dns-list.ini": f"[main]\nperiodic_checks=0\nzones={ZONE}\nsearch=first\n",
    "greylist.ini": "[period]\nblack={delay}\ngrey=90000\nwhite=3024000\n",
    "headers.ini": (
        "required=From,Date\ndate_future_days=2\ndate_past_days=15\n"
        "[check]\ninvalid_return_path=false\nuser_agent=false\ndirect_to_mx=false\nfrom_match=false\n"
        "mailing_list=false\ndelivered_to=false\nfrom_phish=false\n"
        "[reject]\nmissing_required=true\nduplicate_singular=true\ninvalid_date=true\n"
    ),
    "clamd.ini": f"clamd_socket={CLAMD}\n",
    "spamassassin.ini": f"spamd_socket={SPAMD}\nreject_threshold=12\n",
}
"""Haraka's files; it has nothing that counts unrecognized commands."""


def _ours(folder: Path, port: int) -> Sequence[str | Path]:
    return [place.PYTHON, "-m", "qpsmtpd", "serve", "--loop", "uvloop", write_rules(folder, port)]


def write_rules(folder: Path, port: int) -> Path:
    """Writes our rules and their data file into a folder; returns the rules file. What was remembered there is forgotten."""
    for remembered in folder.glob("state.db*"):
        remembered.unlink()
    rules = folder / "rules.q"
    (folder / "rcpthosts").write_text(f"{place.DOMAIN}\n")
    values = {"folder": folder, "port": port, "wait": round(WAIT * 1000), "delay": DELAY}
    rules.write_text(_RULES.format(**values, zone=ZONE, clamd=CLAMD, spamd=SPAMD))
    return rules


def _haraka(folder: Path, port: int) -> Sequence[str | Path]:
    config = folder / "config"
    config.mkdir(exist_ok=True)
    for name, text in _HARAKA.items():
        (config / name).write_text(text.format(port=port, wait=WAIT, delay=DELAY))
    (folder / "package.json").write_text(json.dumps({"private": True}))
    # without a connection.ini that has a section [message] Haraka 3.3 fails at the first message
    shutil.copy(place.HARAKA / "config" / "connection.ini", config)
    return ["env", "YES_REALLY_DO_DISCARD=1", place.HARAKA.parent / ".bin" / "haraka", "-c", folder]


def _configure_qpsmtpd(folder: Path) -> None:
    """Writes its configuration; what was remembered is forgotten."""
    shutil.rmtree(folder / "state", ignore_errors=True)
    for name in ("config", "plugins/queue", "state", "spool"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "plugins" / "queue" / "bench_discard").write_text(_DISCARD)
    # as Debian has it, greylisting calls a method that there is not, and never holds anybody
    greylisting = (_PLUGIN_FOLDER / "greylisting").read_text()
    (folder / "plugins" / "greylisting").write_text(greylisting.replace(_BROKEN, ""))
    plugins = _PLUGINS.format(wait=WAIT, delay=DELAY, folder=folder, clamd=CLAMD, spamd=SPAMD)
    files = {
        "plugins": plugins,
        "plugin_dirs": f"{folder}/plugins\n{_PLUGIN_FOLDER}\n",
        "me": f"{place.DOMAIN}\n",
        "rcpthosts": f"{place.DOMAIN}\n",
        "dnsbl_zones": f"{ZONE}\n",
        "logging": "logging/warn 4\n",
        "loglevel": "4\n",
        "spool_dir": f"{folder}/spool\n",
        "databytes": "0\n",
    }
    for name, text in files.items():
        (folder / "config" / name).write_text(text)
    for name, mode in (("state", 0o700), ("spool", 0o710)):
        shutil.chown(folder / name, "qpsmtpd")
        (folder / name).chmod(mode)


def _qpsmtpd(folder: Path, port: int) -> Sequence[str | Path]:
    """The server with processes in reserve, which costs less than the one that forks for each connection; without warnings."""
    _configure_qpsmtpd(folder)
    perl = ["env", f"QPSMTPD_CONFIG={folder}/config", "perl", "-TX", "/usr/bin/qpsmtpd-prefork"]
    limits = ["--max-from-ip", "0", "--children", str(_CHILDREN), "--idle-children", "20", "--user", "qpsmtpd"]
    return [*perl, "--listen-address", "0.0.0.0", "--port", str(port), *limits]


SERVERS: Mapping[str, Command] = {QPSMTPD: _qpsmtpd, HARAKA: _haraka, OURS: _ours}
"""Every server, in the order of the table's columns."""
