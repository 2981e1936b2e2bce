"""A session operated from another process: its socket, its answers, and a console that dies."""

import asyncio
import signal
import subprocess
from pathlib import Path

import pytest

from qh1a.link import Delivered, LinkClient, LinkLostError, Role, State, Wish
from qh1a.record import SessionFile
from qh1a.tick import Intent
from tests.system.commands import PATIENCE_S, finish, qh1a, start, traceback_in

RUN = ("run", "bench-10min.toml", "--speed", "60", "--operator", "console", "--out", "s.qh1a")


@pytest.fixture
def running(tmp_path: Path) -> "subprocess.Popen[str]":
    """A session that waits for its console."""
    process = start(tmp_path, *RUN)
    for _ in range(int(PATIENCE_S / 0.05)):
        try:
            process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            if (tmp_path / "s.sock").is_socket():
                return process
        else:
            pytest.fail(f"it ended before it listened: {finish(process)}")
    process.kill()
    pytest.fail(f"no socket in {PATIENCE_S} s: {finish(process)}")


def asked(name: str, ref: str) -> Wish:
    return Wish(ref=ref, name=name, who="nurse", why="handover")


async def _start(path: Path) -> State:
    """Start the session, and leave without a word."""
    async with LinkClient(path, Role.CONSOLE) as client:
        answer = await client.ask(asked("START", "one"))
        assert answer.delivered is Delivered.TAKEN
        again = await client.ask(asked("START", "one"))
        assert again == answer
        refused = await client.ask(asked("RESUME", "two"))
        assert (refused.delivered, refused.reason) == (Delivered.REFUSED, "NOT_NOW")
        return await client.state()


async def _later(path: Path, than: State) -> State:
    """A state of a console that came after the first had gone."""
    async with LinkClient(path, Role.CONSOLE) as client:
        state = await client.state()
        while state.session["state"] != "PRIME_LOAD":
            state = await client.state()
        assert state.seq > than.seq
        return state


def test_a_console_operates_leaves_and_comes_back(running: "subprocess.Popen[str]", tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    first = asyncio.run(_start(path))
    asyncio.run(_later(path, first))
    running.send_signal(signal.SIGTERM)
    said = finish(running)
    assert said.code == 130
    assert not traceback_in(said)
    assert [p.name for p in tmp_path.iterdir()] == ["s.qh1a"], "the socket goes with the session"
    with SessionFile(tmp_path / "s.qh1a") as file:
        intents = [entry.what for entry in file.records() if isinstance(entry.what, Intent)]
    assert [(i.name.name, i.who, i.why) for i in intents] == [
        ("START", "nurse", "handover"), ("RESUME", "nurse", "handover"),
    ]  # fmt: skip
    assert qh1a(tmp_path, "replay", "s.qh1a").code == 0


def test_a_second_session_does_not_take_the_socket(running: "subprocess.Popen[str]", tmp_path: Path) -> None:
    other = qh1a(tmp_path, "run", "bench-10min.toml", "--link", "s.sock", "--out", "other.qh1a")
    assert other.code == 2
    assert other.err.splitlines()[-1] == "s.sock: another controller listens there"
    assert not (tmp_path / "other.qh1a").exists()
    asyncio.run(_start(tmp_path / "s.sock"))  # the first goes on
    running.send_signal(signal.SIGTERM)
    finish(running)
    with pytest.raises(LinkLostError):
        asyncio.run(_start(tmp_path / "s.sock"))
