"""SIGINT, SIGTERM and a closed terminal end a run through `make_safe`, and the record is whole."""

import re
import signal
import time
from pathlib import Path

import pytest

from qh1a.record import SessionFile
from tests.system import stamped
from tests.system.commands import QH1A, Said, finish, qh1a, start, traceback_in, until_minutes

WITHIN_S = 0.5
ENDING = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]
RUN = ("run", "4h.toml", "--speed", "max", "--out")


def interrupted(path: Path, number: signal.Signals, script: Path = QH1A) -> tuple[int, Said]:
    """Start a 4 h session, send a signal in its third minute: when it was sent, and how the run ended."""
    with start(path.parent, *RUN, str(path), script=script) as process:
        until_minutes(process, path)
        sent = time.monotonic_ns()
        process.send_signal(number)
        return sent, finish(process)


@pytest.mark.parametrize("number", ENDING, ids=lambda n: n.name)
def test_a_signal_makes_safe_within_half_a_second(tmp_path: Path, number: signal.Signals) -> None:
    """Measured to `make_safe` itself: the closing of the record and the summary come after it."""
    sent, said = interrupted(tmp_path / "s.qh1a", number, Path(stamped.__file__))
    at = re.search(rf"^{stamped.MADE_SAFE} (\d+)$", said.err, re.MULTILINE)
    assert at is not None, said
    assert int(at[1]) - sent <= WITHIN_S * 1e9
    assert said.code == 130


@pytest.mark.parametrize("number", ENDING, ids=lambda n: n.name)
def test_an_interrupted_session_is_told_and_whole(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "s.qh1a"
    _, said = interrupted(path, number)
    assert said.code == 130
    assert not traceback_in(said)
    assert said.err == "interrupted: the plant was made safe and the record closed\n"
    assert said.out.startswith("outcome")
    verified = qh1a(tmp_path, "verify", str(path))
    assert (verified.code, verified.err) == (0, "")
    with SessionFile(path) as file:
        assert "ended" in file.labels
        assert 1200 <= file.ticks < 4 * 3600 * 10
    assert [p.name for p in tmp_path.iterdir()] == ["s.qh1a"], "one plain file"


def test_an_interrupted_session_replays_equal(tmp_path: Path) -> None:
    path = tmp_path / "s.qh1a"
    interrupted(path, signal.SIGTERM)
    assert qh1a(tmp_path, "replay", str(path)).code == 0


def test_a_second_signal_changes_nothing(tmp_path: Path) -> None:
    """An impatient Ctrl-C: both arrive before the run has closed its record."""
    path = tmp_path / "s.qh1a"
    with start(tmp_path, *RUN, str(path)) as process:
        until_minutes(process, path)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        said = finish(process)
    assert said.code == 130
    assert not traceback_in(said)
    assert qh1a(tmp_path, "verify", str(path)).code == 0
