"""`qh1a watch --json`, and the command's own words."""

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from qh1a.channels import CHANNELS, Channel
from qh1a.link import LinkLostError, Role
from qh1a.link import State as Said
from qh1a.tick import ACTUATORS, Quality, State
from qh1a.units import NS_PER_S
from qh1a.watch.model import about_of
from qh1a.watch.pipe import follow
from tests.link.bench import Wall, Ward, console
from tests.watch.views import ABOUT, GOOD, SESSION, Told, alarm, event, reading

ENDED = replace(GOOD, session={**SESSION, "state": "ENDED", "outcome": "COMPLETED"})
ROOT = Path(__file__).parents[2]


async def said_of(*told: Said, lost: bool = False, step_ns: int = NS_PER_S) -> list[dict[str, object]]:
    """What is printed of these states, one every `step_ns`."""
    source, wall, lines = Told(*told), Wall(), list[str]()
    wall.wall -= step_ns

    def wall_ns() -> int:
        wall.wall += step_ns
        return wall.wall

    if lost:
        source.lose()
        with pytest.raises(LinkLostError):
            await follow(source, about_of(ABOUT), lines.append, wall_ns)
    else:
        await follow(source, about_of(ABOUT), lines.append, wall_ns)
    assert not any("\n" in line for line in lines)
    return [json.loads(line) for line in lines]


async def test_a_line_has_everything_under_its_name() -> None:
    said = reading(Channel.P_VEN, 61.5, said=replace(ENDED, alarms=(alarm("H06.1", NS_PER_S),)))
    said = reading(Channel.DLV_BP, 2.0, said=reading(Channel.DLV_PP, 0.0, said=said))
    [line] = await said_of(said)
    channels, commands, unconfirmed = line["channels"], line["commands"], line["unconfirmed"]
    assert isinstance(channels, dict)
    assert isinstance(commands, dict)
    assert isinstance(unconfirmed, dict)
    assert list(channels) == [row.id for row in CHANNELS]
    assert commands == {row.id: row.hi for row in ACTUATORS}
    assert channels["P_ven"] == 61.5
    assert (unconfirmed["BP"], "PP" in unconfirmed) == ("UNCERTAIN", False)
    assert line["bad"] == {}
    assert line["alarms"] == [
        {"rule": "H06.1", "priority": "HIGH", "since_s": 1.0, "active": True, "acknowledged": False}
    ]
    expected = {
        "seq": 1, "now_s": 1.0, "plant": "SIM", "state": "ENDED", "outcome": "COMPLETED", "effective_s": 61.0,
        "nominal_s": 360.0, "label": "2026-11-23T03:00:00Z", "plasma_ml": 3.0,
    }  # fmt: skip
    assert {key: line[key] for key in expected} == expected


@pytest.mark.parametrize("quality", [quality for quality in Quality if quality is not Quality.GOOD])
async def test_a_bad_figure_is_null_and_named(quality: Quality) -> None:
    [line] = await said_of(reading(Channel.P_VEN, 61.5, quality, ENDED))
    channels = line["channels"]
    assert isinstance(channels, dict)
    assert [key for key, value in channels.items() if value is None] == ["P_ven"]
    assert line["bad"] == {"P_ven": quality.name}


async def test_a_line_a_second_with_every_event() -> None:
    told = [replace(GOOD, seq=n, events=(event(n, "FROZEN"),), missed=1) for n in range(1, 10)]
    lines = await said_of(*told, replace(ENDED, seq=10), step_ns=NS_PER_S // 4)
    assert [line["seq"] for line in lines] == [1, 4, 8, 10]
    events = [e for line in lines for e in line["events"]]  # type: ignore[attr-defined]
    assert [e["number"] for e in events] == list(range(1, 10))
    assert [line["missed"] for line in lines] == [1, 3, 4, 1]


async def test_slower_states_are_a_line_each() -> None:
    told = [replace(GOOD, seq=n) for n in range(1, 4)]
    assert len(await said_of(*told, ENDED, step_ns=5 * NS_PER_S)) == 4


async def test_a_link_that_is_lost_before_the_end_is_an_error() -> None:
    assert len(await said_of(GOOD, lost=True)) == 1


async def test_the_end_of_a_session_is_told_whenever_it_comes(tmp_path: Path) -> None:
    async with Ward(tmp_path / "s.sock", about=ABOUT) as ward, console(ward, Role.WATCH) as client:
        assert (await ward.round(client)).session["state"] == "SELF_WAIT"
        frame, decision = ward.session.frame, ward.session.decision
        assert frame is not None
        over = decision._replace(session=decision.session._replace(state=State.ENDED))
        ward.link.observe(frame, (), over)  # in the same quarter of a second
        assert (await client.state()).session["state"] == "ENDED"


# -- the command --------------------------------------------------------------------------------------------


def started(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "qh1a", "watch", *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT)}
    )


class Answered:
    """A command in its own process beside a ward that ticks while it runs."""

    def __init__(self, ward: Ward, process: subprocess.Popen[str]) -> None:
        self.ward, self.process = ward, process

    async def greeted(self) -> None:
        """Until it is a client that is told."""
        while not any(client.greeted for client in self.ward.link._clients):  # noqa: SLF001
            await asyncio.to_thread(self.process.poll)

    async def lines(self, most: int) -> list[dict[str, object]]:
        self.ward.tick()
        assert self.process.stdout is not None
        return [json.loads(await asyncio.to_thread(self.process.stdout.readline)) for _ in range(most)]

    async def left(self) -> tuple[int, str]:
        _, err = await asyncio.to_thread(self.process.communicate)
        return self.process.returncode, err


async def test_the_command_prints_and_says_that_the_link_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    async with Ward(path, about=ABOUT) as ward:
        run = Answered(ward, started(str(path), "--json"))
        await run.greeted()
        [line] = await run.lines(1)
        assert line["state"] == "SELF_WAIT"
    assert await run.left() == (1, f"{path}: the controller is gone\n")


async def test_the_command_ends_with_the_session(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    async with Ward(path, about=ABOUT) as ward:
        run = Answered(ward, started(str(path), "--json"))
        await run.greeted()
        await run.lines(1)
        frame, decision = ward.session.frame, ward.session.decision
        assert frame is not None
        ward.link.observe(frame, (), decision._replace(session=decision.session._replace(state=State.ENDED)))
        assert await run.left() == (0, "")


async def test_ctrl_c_and_a_closed_pipe_end_it_quietly(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    async with Ward(path, about=ABOUT) as ward:
        run = Answered(ward, started(str(path), "--json"))
        await run.greeted()
        await run.lines(1)
        run.process.send_signal(2)
        assert await run.left() == (130, "")
    async with Ward(path, about=ABOUT) as ward:
        run = Answered(ward, started(str(path), "--json"))
        await run.greeted()
        assert run.process.stdout is not None
        run.process.stdout.close()
        ward.tick()
        code = await asyncio.to_thread(run.process.wait)
        assert run.process.stderr is not None
        assert (code, run.process.stderr.read()) == (0, "")
        run.process.stderr.close()


def test_mistakes_are_one_line(tmp_path: Path) -> None:
    for arguments, why in (
        ((str(tmp_path / "no.sock"), "--json"), "no controller answers"),
        ((str(tmp_path / "no.sock"),), "needs a terminal; for a pipe add --json"),
    ):
        process = started(*arguments)
        out, err = process.communicate()
        assert (process.returncode, out) == (2, "")
        assert why in err
        assert err.count("\n") == 1
