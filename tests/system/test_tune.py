"""The installed `qh1a tune`: its relay is made by the compiled core."""

from pathlib import Path

from tests.system.commands import qh1a, traceback_in


def test_a_loop_is_tuned_into_a_file_that_is_a_tuning(tmp_path: Path) -> None:
    said = qh1a(tmp_path, "tune", "bench-10min.toml", "--loop", "perfusion", "--out", "g.toml", "--json")
    assert (said.code, said.err) == (0, "")
    found = said.json()
    assert found["tuning_file"] == "g.toml"
    assert found["failed"] == []
    assert qh1a(tmp_path, "check", "g.toml").out == "g.toml: tuning, ok\n"


def test_a_loop_nobody_knows_is_one_line(tmp_path: Path) -> None:
    said = qh1a(tmp_path, "tune", "bench-10min.toml", "--loop", "flux")
    assert said.code == 2
    assert not traceback_in(said)
    names = "blood, separation, perfusion, balance, temperature, oxygen, ph, all"
    assert said.err == f"--loop = flux: allowed {names}\n"
