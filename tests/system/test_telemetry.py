"""`qh1a mqtt` beside a real session: killed, interrupted, refused, and to the end."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.mqtt.mosquitto import PRODUCT, Heard, Mosquitto, Subscriber
from tests.system.commands import finish, qh1a, start, traceback_in, until_minutes


@contextmanager
def session(folder: Path, speed: str) -> Iterator[subprocess.Popen[str]]:
    """A running session with its link."""
    args = ("--speed", speed, "--link", "s.sock", "--out", "s.qh1a")
    with start(folder, "run", "bench-10min.toml", *args) as process:
        try:
            until_minutes(process, folder / "s.qh1a", 1)
            yield process
        finally:
            process.terminate()
            finish(process)


def telemetry(folder: Path, port: int) -> subprocess.Popen[str]:
    (folder / "b.toml").write_text(
        f'[broker]\nschema = 1\nhost = "127.0.0.1"\nport = {port}\ntls = false\nkeepalive_s = 2\n'
    )
    return start(folder, "mqtt", "s.sock", "--broker", "b.toml")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 130), (signal.SIGINT, 130)]
)
async def test_one_that_dies_or_is_stopped_is_offline(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    async with Mosquitto(tmp_path) as broker, Subscriber(broker.port) as sub:
        with session(tmp_path, "10"), telemetry(tmp_path, broker.port) as process:
            online = await sub.until("status")
            await sub.until("state")
            process.send_signal(number)
            assert await sub.until("status", "offline") == online._replace(body="offline")
            said = finish(process)
            assert said.code == code
            assert not traceback_in(said)
    assert not broker.of(PRODUCT, "SUBSCRIBE")


async def test_a_session_is_published_to_its_end_and_nobody_is_named(tmp_path: Path) -> None:
    heard: list[Heard] = []
    async with Mosquitto(tmp_path) as broker, Subscriber(broker.port) as sub:
        with session(tmp_path, "60"), telemetry(tmp_path, broker.port) as process:
            while not heard or heard[-1][1:] != ("status", "ended"):
                heard.append(await sub.hear())
            assert finish(process) == (0, "", "")
    events = [h.json() for h in heard if h.topic == "event"]
    first = events[0]["number"]
    assert isinstance(first, int)
    assert [e["number"] for e in events] == list(range(first, first + len(events)))
    last = [h for h in heard if h.topic == "state"][-1].json()["session"]
    assert isinstance(last, dict)
    assert (last["state"], last["outcome"]) == ("ENDED", "COMPLETED")
    assert not [h for h in heard if "SIM-" in h.body or "auto" in h.body]


def test_mistakes_are_one_line(tmp_path: Path) -> None:
    for args, text in (
        (
            ("nobody.sock", "--broker", "nosuch.toml"),
            "nosuch.toml: no such file; shipped telemetry are local.toml\n",
        ),
        (("nobody.sock", "--broker", "local.toml"), "nobody.sock: no controller answers"),
    ):
        said = qh1a(tmp_path, "mqtt", *args)
        assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
        assert said.err.startswith(text)
