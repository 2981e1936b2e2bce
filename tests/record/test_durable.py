"""What survives a kill and a full disk, and that speed leaves no trace."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from qh1a.record import Recorder, RecordError, SessionFile
from qh1a.report.events import alarms_of
from qh1a.tick import Event, EventCode, Intent, IntentName
from tests.record.ticks import HEADER, StillClock, Tick, lively, write

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
STOP = Intent(1, IntentName.STOP, who="nurse")


def tables(path: Path) -> dict[str, list[tuple[object, ...]]]:
    db = sqlite3.connect(path)
    found = {
        name: db.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()  # noqa: S608
        for name in ("header", "chunk", "tail", "chain", "truth")
    }
    db.close()
    return found


@pytest.mark.parametrize("kill_at", [1, 340, 1300])
def test_a_killed_recorder_loses_no_acknowledged_tick(tmp_path: Path, kill_at: int) -> None:
    path = tmp_path / "s.qh1a"
    command = [sys.executable, str(HERE / "crash_writer.py"), str(path)]
    acknowledged = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            acknowledged = int(line)
            if acknowledged >= kill_at:
                break
        writer.send_signal(signal.SIGKILL)
        # What it said between the last line read and the kill counts as well.
        rest = writer.stdout.read()
    whole = [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    acknowledged = int(whole[-1]) if whole else acknowledged
    assert acknowledged >= kill_at
    with SessionFile(path) as file:
        assert file.ticks >= acknowledged
        assert file.verify() == []
        assert "ended" not in file.labels
        truth = file.truth()
        rows = truth.ticks.size
        assert truth.values[:, 0].tolist() == truth.ticks.tolist() == list(range(0, 20 * rows, 20))
        # A tick with an intent is said to be durable before its row is.
        assert 20 * rows >= acknowledged - 1
        for n, (frame, intents, decision) in enumerate(file.ticks_iter()):
            put, _, decided = lively(n)
            assert frame == put
            assert decision.commands == decided.commands
            assert [i.id for i in intents] == ([n] if n % 7 == 0 else [])
            assert [e.subject for e in decision.events] == ([str(n)] if n % 7 == 0 else [])


@pytest.mark.parametrize("limit", [300_000, 700_000])
def test_a_full_disk_is_an_error_and_what_was_durable_stays(tmp_path: Path, limit: int) -> None:
    path = tmp_path / "s.qh1a"
    command = [sys.executable, str(HERE / "full_writer.py"), str(path), str(limit), "full"]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=60, check=True)
    first, *rest = done.stdout.splitlines()
    durable, _, message = first.partition(" ")
    assert message.startswith("the session file cannot be written")
    assert len(rest) == 1
    assert rest[0].startswith("close the session file cannot be")
    assert done.stderr == ""
    with SessionFile(path) as file:
        assert file.ticks >= int(durable) > 0
        assert file.verify() == []


def test_a_disk_that_is_full_from_the_start_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "s.qh1a"
    command = [sys.executable, str(HERE / "full_writer.py"), str(path), "50000", "full"]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=60, check=False)
    assert f"{path} cannot be created" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("limit", [300_000, 700_000])
def test_a_disk_that_recovers_loses_nothing(tmp_path: Path, limit: int) -> None:
    path = tmp_path / "s.qh1a"
    command = [sys.executable, str(HERE / "full_writer.py"), str(path), str(limit), "recovers"]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=60, check=True)
    assert done.stdout.count("the session file cannot be written") == len(done.stdout.splitlines()) == 1
    with SessionFile(path) as file:
        assert file.ticks == 700
        assert file.verify() == []


def test_a_foreign_lock_is_an_error_and_not_a_wait(tmp_path: Path) -> None:
    path = tmp_path / "s.qh1a"
    recorder = Recorder(path, HEADER, StillClock())
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    recorder.put(*lively(0))
    with pytest.raises(RecordError, match="locked"):
        recorder.commit()
    other.execute("ROLLBACK")
    other.close()
    recorder.put(*lively(1))
    recorder.close({})
    with SessionFile(path) as file:
        assert file.ticks == 2
        assert file.verify() == []


def test_an_intent_is_durable_when_put_returns_and_frames_within_a_wall_second(tmp_path: Path) -> None:
    path = tmp_path / "s.qh1a"
    clock = StillClock()
    recorder = Recorder(path, HEADER, clock)

    def durable() -> int:
        with SessionFile(path) as file:
            return file.ticks

    recorder.put(*lively(0))
    assert durable() == 0
    recorder.put(*lively(1, intents=(STOP,)))
    assert durable() == 2
    clock.wall += 999_999_999
    recorder.put(*lively(2))
    assert durable() == 2
    clock.wall += 1
    recorder.put(*lively(3))
    assert durable() == 4
    recorder.close({})


def test_equal_sessions_leave_equal_tables_at_any_speed(tmp_path: Path) -> None:
    def session() -> list[Tick]:
        event = Event(EventCode.ALARM_RAISED, "H1.1", 2.5, "HIGH")
        return [lively(n, (event,) * (n % 500 == 3), (STOP,) * (n == 77)) for n in range(1250)]

    one = write(tmp_path / "max.qh1a", session(), StillClock())
    two = write(tmp_path / "slow.qh1a", session(), StillClock(step_ns=10**9))
    three = write(tmp_path / "odd.qh1a", session(), StillClock(step_ns=7 * 10**6))
    assert one == two == three
    expected = tables(tmp_path / "max.qh1a")
    assert tables(tmp_path / "slow.qh1a") == tables(tmp_path / "odd.qh1a") == expected
    assert expected["tail"] == []
    assert {row[0] for row in expected["chunk"]} == {0, 1, 2}


def test_another_session_leaves_another_head(tmp_path: Path) -> None:
    one = write(tmp_path / "a.qh1a", [lively(n) for n in range(3)])
    frame, _, decision = lively(2)
    moved = frame._replace(quality=(1, *frame.quality[1:]))
    two = write(tmp_path / "b.qh1a", [lively(0), lively(1), (moved, (), decision)])
    assert one != two


def test_the_log_of_a_thousand_alarms_survives_a_loss_of_power(tmp_path: Path) -> None:
    """IEC 60601-1-8's alarm log: when raised, acknowledged and cleared, in order, with what it was."""
    path = tmp_path / "s.qh1a"
    command = [sys.executable, str(HERE / "alarm_writer.py"), str(path)]
    acknowledged = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            acknowledged = int(line)
            if acknowledged >= 1000:
                break
        writer.send_signal(signal.SIGKILL)
        writer.stdout.read()
    with SessionFile(path) as file:
        assert file.verify() == []
        alarms = alarms_of(list(file.records()), file.now_s())
    assert len(alarms) >= acknowledged >= 1000
    for n, alarm in enumerate(alarms[:acknowledged]):
        assert alarm.rule == ("H01.1", "H05.1", "H10.2", "H17.3")[n % 4]
        assert alarm.value == n
        assert alarm.raised == alarm.acknowledged == alarm.cleared
        assert n == 0 or alarm.raised > alarms[n - 1].raised
