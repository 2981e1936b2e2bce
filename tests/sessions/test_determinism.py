"""Same seed, same bytes; the record decides again to the same bits; one ulp of one gain is found."""

import math
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from qh1a.config import Configuration
from qh1a.control.kernel import Kernel
from qh1a.record import SessionFile
from qh1a.replay import replay
from tests.sessions.harness import run

BENCH = "bench-10min.toml"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One bench session with a fault in it."""
    folder = tmp_path_factory.mktemp("recorded")
    faults = folder / "faults.toml"
    faults.write_text(
        '[[fault]]\nfault = "return_line_kink"\nphase = "TREAT"\nat_s = 60.0\nprofile = "step"\n'
        "duration_s = 30.0\nmagnitude = 10.0\n"
    )
    out = folder / "bench.qh1a"
    run(BENCH, faults=faults, out=out)
    return out


def _tables(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with sqlite3.connect(path) as db:
        names = [
            row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
        ]
        return {n: db.execute(f"SELECT * FROM {n} ORDER BY 1, 2").fetchall() for n in names if n != "label"}  # noqa: S608 - the file's own names


def _kernel(path: Path, kp: float | None = None) -> Kernel:
    with SessionFile(path) as file:
        c = Configuration.from_tree(file.header.configs)
    tuning = c.tuning if kp is None else replace(c.tuning, blood=replace(c.tuning.blood, kp=kp))
    return Kernel(c.prescription, c.limits, tuning, c.rig)


def test_one_seed_gives_the_same_bytes_and_another_gives_others(tmp_path: Path) -> None:
    a, b, c = (tmp_path / name for name in ("a.qh1a", "b.qh1a", "c.qh1a"))
    run(BENCH, out=a, seed=7)
    run(BENCH, out=b, seed=7)
    run(BENCH, out=c, seed=8)
    assert _tables(a) == _tables(b)
    assert _tables(a)["chunk"] != _tables(c)["chunk"]


def test_replay_decides_the_same_in_every_tick(recorded: Path) -> None:
    with SessionFile(recorded) as file:
        assert file.verify() == []
        result = replay(file, lambda: _kernel(recorded))
        assert result.equal
        assert result.ticks == file.ticks


def test_replay_finds_one_ulp_of_one_gain(recorded: Path) -> None:
    """At the first tick whose decision differs, with the field and both values."""
    with SessionFile(recorded) as file:
        kp = Configuration.from_tree(file.header.configs).tuning.blood.kp
        result = replay(file, lambda: _kernel(recorded, math.nextafter(kp, math.inf)))
        assert not result.equal
        found = result.divergence
        assert found is not None
        assert found.field == "commands.BP"
        assert found.recorded != found.decided
        assert float(found.recorded) == pytest.approx(float(found.decided), rel=1e-12)
        untouched = replay(file, lambda: _kernel(recorded, kp))
        assert untouched.equal


def test_a_snapshot_goes_on_bit_for_bit(recorded: Path) -> None:
    """A kernel restored in the middle decides the rest as the one that never stopped."""
    with SessionFile(recorded) as file:
        ticks = [(frame, intents) for frame, intents, _ in file.ticks_iter()]
    kernel = _kernel(recorded)
    middle = len(ticks) // 2
    for frame, intents in ticks[:middle]:
        kernel.step(frame, intents)
    snapshot = kernel.snapshot()
    first = [kernel.step(frame, intents) for frame, intents in ticks[middle:]]
    other = _kernel(recorded)
    other.restore(snapshot)
    assert [other.step(frame, intents) for frame, intents in ticks[middle:]] == first
    other.restore(snapshot)
    assert other.step(*ticks[middle]) == first[0], "a snapshot can be used again"
