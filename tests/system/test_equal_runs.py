"""The same session at every speed and every time; another seed is another session."""

from pathlib import Path

import pytest

from tests.system.commands import TABLES, Said, first_difference, qh1a, rows


def bench(folder: Path, name: str, *args: str) -> tuple[Path, Said]:
    path = folder / name
    said = qh1a(folder, "run", "bench-10min.toml", "--seed", "7", "--out", str(path), "--json", *args)
    return path, said


@pytest.mark.parametrize("speed", ["max", "60"])
def test_the_same_seed_gives_the_same_tables(tmp_path: Path, recorded: Path, speed: str) -> None:
    path, said = bench(tmp_path, "again.qh1a", "--speed", speed)
    assert (said.code, said.err) == (0, "")
    assert said.json()["late_ticks"] == 0
    for table in TABLES:
        assert first_difference(rows(recorded, table), rows(path, table)) == "", table
    assert len(rows(path, "chunk")) > 100
    assert len(rows(path, "chain")) > 50
    if speed == "60":
        x = said.json()["x_real_time"]
        assert isinstance(x, float)
        # The pace counts from the making of the clock: what the start took is caught up.
        assert x <= 66.0, "paced, however slow the machine"


def test_another_seed_is_another_session(tmp_path: Path, recorded: Path) -> None:
    path, said = bench(tmp_path, "other.qh1a", "--speed", "max", "--seed", "8")
    assert said.code == 0
    assert said.json()["seed"] == 8
    for table in ("header", "chunk", "chain"):
        assert first_difference(rows(recorded, table), rows(path, table)), table
