"""What `qh1a run` keeps of the simulator's truth, and that keeping it changes nothing else."""

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from qh1a import runtime
from qh1a.cli import app
from qh1a.cli.plant import TRUTH, TruthKeeper, build_plant, load_parts
from qh1a.config import Configuration
from qh1a.control.kernel import Kernel
from qh1a.record import Recorder, SessionFile
from qh1a.replay import replay
from qh1a.sim.plant import SimPlant
from qh1a.sim.truth import TRUTHS, Truth
from qh1a.tick import Decision, Frame, Intent
from tests.record.ticks import HEADER, StillClock, lively

BENCH = "bench-10min.toml"
TICKS = 1250


def run(path: Path, monkeypatch: pytest.MonkeyPatch, speed: str = "max") -> dict[int, NDArray[np.float64]]:
    """`qh1a run`, stopped after `TICKS`; the truth beside it, tick by tick."""
    seen: dict[int, NDArray[np.float64]] = {}
    whole = runtime.run

    async def short(**parts: object) -> runtime.RunResult:
        stop = asyncio.Event()
        plant, observers = parts["plant"], parts["observers"]
        assert isinstance(plant, SimPlant)
        assert isinstance(observers, tuple)

        def watch(_: Frame, _intents: tuple[Intent, ...], _decision: Decision) -> None:
            seen[len(seen)] = plant.truth.copy()
            if len(seen) == TICKS:
                stop.set()

        # Before the others: what was true at the frame, whatever they do.
        return await whole(**{**parts, "observers": (watch, *observers), "stop": stop})  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(runtime, "run", short)
        done = CliRunner().invoke(app, ["run", BENCH, "--speed", speed, "--out", str(path)])
    assert done.exit_code == 130, done.output
    return seen


def tables(path: Path) -> dict[str, list[tuple[object, ...]]]:
    db = sqlite3.connect(path)
    names = ("header", "chunk", "tail", "chain", "truth")
    found = {name: db.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in names}  # noqa: S608
    db.close()
    return found


def test_a_run_keeps_the_truth_of_every_minute_and_of_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.qh1a"
    seen = run(path, monkeypatch)
    with SessionFile(path) as file:
        assert file.verify() == []
        rows = file.truth()
        assert rows.ticks.tolist() == [0, 600, 1200, TICKS - 1]
        for tick, values in zip(rows.ticks.tolist(), rows.values, strict=True):
            assert values.tobytes() == seen[tick].tobytes()
        assert [signal.id for signal in file.header.truth] == [signal.name for signal in Truth]
        assert [(s.unit, s.meaning) for s in file.header.truth] == [(r.unit, r.meaning) for r in TRUTHS]
        c = Configuration.from_tree(file.header.configs)
        assert replay(file, lambda: Kernel(c.prescription, c.limits, c.tuning, c.rig)).equal
        assert rows.values[0][Truth.CB] == 259.0
        assert rows.values[1].tobytes() != rows.values[2].tobytes()


def test_one_seed_gives_equal_files_at_any_speed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path / "max.qh1a", monkeypatch)
    run(tmp_path / "paced.qh1a", monkeypatch, speed="200")
    assert tables(tmp_path / "max.qh1a") == tables(tmp_path / "paced.qh1a")


@pytest.mark.parametrize(
    ("ticks", "kept"),
    [(0, []), (1, [0]), (2, [0, 1]), (600, [0, 599]), (601, [0, 600]), (602, [0, 600, 601]),
     (1201, [0, 600, 1200])],
)  # fmt: skip
def test_the_first_tick_every_minute_and_the_last(tmp_path: Path, ticks: int, kept: list[int]) -> None:
    prescription = Configuration.load(BENCH).prescription
    plant = build_plant(load_parts(prescription, "sim.toml", "aclf-typical.toml", None, {}), prescription, 1)
    recorder = Recorder(tmp_path / "s.qh1a", replace(HEADER, truth=TRUTH), StillClock())
    keeper = TruthKeeper(plant, recorder)
    for n in range(ticks):
        frame, intents, decision = lively(n)
        recorder.put(frame, intents, decision)
        keeper(frame, intents, decision)
    keeper.finish()
    recorder.close({})
    with SessionFile(tmp_path / "s.qh1a") as file:
        assert file.truth().ticks.tolist() == kept
        assert file.verify() == []
