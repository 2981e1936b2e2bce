"""Every mistake of a user is one line on stderr with file, key, value and what is allowed; exit 2."""

from pathlib import Path

import pytest

from qh1a.config import root
from tests.system.commands import qh1a, traceback_in, whole_lines


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with a user's files, each wrong in one way."""
    text = (root() / "prescriptions" / "4h.toml").read_text(encoding="utf-8")

    def write(name: str, old: str, new: str) -> None:
        assert text.count(old) == 1, old
        (tmp_path / name).write_text(text.replace(old, new), encoding="utf-8")

    write("five.toml", "nominal_h = 4.0", "nominal_h = 5")
    write("unknown.toml", "weight_kg = 65.0", "weight_kg = 65.0\nshoe_size = 42")
    write("nan.toml", "haematocrit = 0.37", "haematocrit = nan")
    write("unit.toml", "blood_ml_min = 130.0", "blood_l_min = 0.13")
    write("fast.toml", "blood_ml_min = 130.0", "blood_ml_min = 999.0")
    (tmp_path / "gremlins.toml").write_text('[[fault]]\nfault = "gremlins"\nat_s = 60\n', encoding="utf-8")
    (tmp_path / "taken.qh1a").touch()
    return tmp_path


MISTAKES = {
    "missing file": (("run", "nosuch.toml"), ["nosuch.toml: no such file", "4h.toml"]),
    "unknown key": (
        ("run", "unknown.toml"),
        ["unknown.toml: ", "prescription.patient.shoe_size", " = 42", "unknown key"],
    ),
    "5 h": (("run", "five.toml"), ["five.toml: prescription.nominal_h = 5: allowed 4, 6, 8"]),
    "NaN in a file": (("run", "nan.toml"), ["nan.toml: prescription.patient.haematocrit = nan: allowed "]),
    "NaN on the line": (
        ("run", "4h.toml", "--set", "limits.tmp_trip_mmhg=nan"),
        ["--set: limits.tmp_trip_mmhg = nan: allowed 30 to 60 mmHg"],
    ),
    "wrong unit": (
        ("run", "unit.toml"),
        ["unit.toml: prescription.flows.blood_l_min = 0.13: unknown key", "expected is mL/min: blood_ml_min"],
    ),
    "set point outside": (
        ("run", "fast.toml"),
        ["fast.toml: prescription.flows.blood_ml_min = 999.0: allowed ", " mL/min"],
    ),
    "limit outside its hard bounds": (
        ("run", "4h.toml", "--set", "limits.tmp_trip_mmhg=61"),
        ["--set: limits.tmp_trip_mmhg = 61: allowed 30 to 60 mmHg"],
    ),
    "gain outside": (
        ("run", "4h.toml", "--set", "tuning.blood.kp=-1"),
        ["--set: tuning.blood.kp = -1: allowed 0 to "],
    ),
    "existing file": (("run", "4h.toml", "--out", "taken.qh1a"), ["taken.qh1a: exists already", "--out"]),
    "no folder": (("run", "4h.toml", "--out", "no/s.qh1a"), ["no/s.qh1a: there is no folder no"]),
    "unknown fault": (
        ("run", "4h.toml", "--faults", "gremlins.toml"),
        ["gremlins.toml: fault[0].fault = 'gremlins': allowed ", "return_disconnection"],
    ),
    "speed 0": (("run", "4h.toml", "--speed", "0"), ["--speed = 0: allowed max or a factor above 0"]),
    "speed nan": (("run", "4h.toml", "--speed", "nan"), ["--speed = nan: allowed max or a factor above 0"]),
    "plant rig": (("run", "4h.toml", "--plant", "rig"), ["--plant = rig: ", "allowed sim"]),
    "plant bench": (("run", "4h.toml", "--plant", "bench"), ["--plant = bench: allowed sim"]),
    "plant patient": (("run", "4h.toml", "--plant", "patient"), ["--plant = patient: allowed sim"]),
    "check": (("check", "five.toml"), ["five.toml: prescription.nominal_h = 5: allowed 4, 6, 8"]),
    "check, missing": (("check", "nosuch.toml"), ["nosuch.toml: ", "No such file"]),
    "verify, missing": (("verify", "nosuch.qh1a"), ["nosuch.qh1a is no file"]),
    "replay, no session": (("replay", "taken.qh1a"), ["taken.qh1a: ", "session file"]),
    "report, no session": (("report", "taken.qh1a", "-o", "r.html"), ["taken.qh1a: ", "session file"]),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_and_exit_2(here: Path, mistake: str) -> None:
    args, words = MISTAKES[mistake]
    before = sorted(here.iterdir())
    said = qh1a(here, *args)
    assert (said.code, said.out) == (2, ""), said
    assert not traceback_in(said)
    assert len(whole_lines(said.err)) == 1, said.err
    assert [word for word in words if word not in said.err] == [], said.err
    assert sorted(here.iterdir()) == before, "nothing is left behind"


@pytest.mark.parametrize(
    "args", [("run",), ("run", "4h.toml", "--seed", "x"), ("fly",), ("describe", "colours")]
)
def test_bad_use_is_explained_and_exit_2(tmp_path: Path, args: tuple[str, ...]) -> None:
    said = qh1a(tmp_path, *args)
    assert (said.code, said.out) == (2, "")
    assert "Usage: " in said.err
    assert "Traceback" not in said.err
