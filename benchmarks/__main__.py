"""`python -m benchmarks [--full]`: print what things cost and keep the figures in build/bench.json."""

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from itertools import count
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.measure import REFERENCE, Figure, reference_unit
from benchmarks.physics import compared, print_compared
from benchmarks.session import Whole, pid_step, put_alone, raw_bytes, replayed, sleep_until, verified, whole
from benchmarks.tick import Stamps, Ticks, figures, stamped_session

OUT = Path("build/bench.json")
SESSIONS = 4
"""Stamped bench sessions: six whole minutes of TREAT each."""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--full", action="store_true", help="a whole 4 h session too (about 15 s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        numbers = count()
        found = measure(lambda: Path(folder) / f"{next(numbers)}.qh1a", full=options.full)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"\nwritten: {OUT}")


def measure(new_path: Callable[[], Path], *, full: bool) -> dict[str, object]:
    """Every figure, printed as it comes."""
    bench = Bench.of("bench-10min.toml")
    machine = {
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "numba": version("numba"),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
    }
    print("  ".join(f"{k} {v}" for k, v in machine.items()))
    # The first session warms the caches and gives the ticks that are used alone below.
    stamps, ticks = Stamps(), Ticks()
    stamped_session(bench, new_path(), stamps, ticks)
    references = [reference_unit()]
    blocks = [b for _ in range(SESSIONS) for b in stamped_session(bench, new_path(), stamps)]
    references.append(reference_unit())
    runs, bare, path = _sessions(bench, new_path)
    references.append(reference_unit())
    rows = [
        *figures(blocks),
        _per_tick("whole tick, recorded", runs),
        _per_tick("whole tick, no record", bare),
        sleep_until(),
        pid_step(),
        put_alone(bench, ticks, new_path),
        replayed(bench, path),
        verified(path),
    ]
    references.append(reference_unit())
    unit = Figure.of("reference unit", [r.min_us for r in references], references[0].calls)
    _print_ticks(unit, rows, stamps.cost_ns)
    wholes = [min(runs, key=lambda run: run.cpu_s)]
    if full:
        wholes.append(whole(Bench.of("4h.toml"), new_path()))
    _print_sessions(wholes, raw_bytes(ticks) / len(ticks.frames), unit)
    physics = compared(bench)
    print_compared(physics)
    return {
        "machine": machine,
        "reference": {"what": REFERENCE, **asdict(unit)},
        "stamp_ns": stamps.cost_ns,
        "ticks": [asdict(row) | _ratios(row, unit) for row in rows],
        "sessions": [
            asdict(w) | {"us_per_tick": w.us_per_tick, "x_cpu": w.x_cpu, "x_wall": w.x_wall} for w in wholes
        ],
        "physics": [asdict(row) | _ratios(row, unit) for row in physics],
        "raw_bytes_per_tick": raw_bytes(ticks) / len(ticks.frames),
    }


def _sessions(bench: Bench, new_path: Callable[[], Path]) -> tuple[list[Whole], list[Whole], Path]:
    """Recorded and unrecorded sessions in turn, so that both see the same machine; the last file."""
    runs, bare = [], []
    path = new_path()
    for _ in range(4):
        path = new_path()
        runs.append(whole(bench, path))
        bare.append(whole(bench, new_path(), record=False))
    return runs, bare, path


def _per_tick(part: str, runs: list[Whole]) -> Figure:
    return Figure.of(part, [run.us_per_tick for run in runs], runs[0].ticks)


def _ratios(row: Figure, unit: Figure) -> dict[str, float]:
    return {"median_ref": row.median_us / unit.median_us, "min_ref": row.min_us / unit.min_us}


def _print_ticks(unit: Figure, rows: list[Figure], stamp_ns: float) -> None:
    total = next(row for row in rows if row.part == "whole tick, recorded").min_us
    print(f"reference unit: {REFERENCE}; min {unit.min_us:.2f} us, median {unit.median_us:.2f} us")
    print(f"stamp: {stamp_ns:.0f} ns, taken off each interval\n")
    print(f"{'CPU time per tick or call':26}{'min us':>9}{'median us':>11}{'min / ref':>11}{'share':>8}")
    for row in rows:
        share = f"{row.min_us / total:8.1%}" if row.part != "Pid.step + observe" else ""
        ratio = row.min_us / unit.min_us
        print(f"{row.part:26}{row.min_us:9.2f}{row.median_us:11.2f}{ratio:11.3f}{share}")


def _print_sessions(wholes: list[Whole], raw_per_tick: float, unit: Figure) -> None:
    print("\nwhole sessions, recorded, from the first tick to the closed file")
    for w in wholes:
        print(
            f"{w.prescription}: {w.ticks:,} ticks, CPU {w.cpu_s:.2f} s = {w.x_cpu:,.0f} x real time,"
            f" wall {w.wall_s:.2f} s = {w.x_wall:,.0f} x;"
            f" {w.us_per_tick:.1f} us = {w.us_per_tick / unit.min_us:.2f} ref a tick"
        )
        print(
            f"  file {w.file_bytes:,} bytes, {w.file_bytes / w.ticks:.1f} a tick,"
            f" {w.file_bytes / w.ticks / raw_per_tick:.3f} of raw 8-byte numbers"
        )


if __name__ == "__main__":
    main()
