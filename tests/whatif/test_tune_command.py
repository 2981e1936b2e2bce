"""`qh1a tune` from its arguments to the file it leaves."""

import dataclasses
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qh1a.cli import app
from qh1a.config import Configuration, load_tuning, resolve
from qh1a.settings import PidGains, Tuning
from qh1a.whatif.models import Model
from qh1a.whatif.robustness import Point, margins
from qh1a.whatif.table import BY_NAME, LOOPS
from qh1a.whatif.tunefile import tuned, write

NAMES = [row.name for row in LOOPS]
DEFAULT = load_tuning(resolve("default.toml", "tuning"))


def qh1a(*args: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, args)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(scope="module")
def all_loops(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, object], Path]:
    """What tuning every loop said, and the file it wrote."""
    out = tmp_path_factory.mktemp("all") / "gains.toml"
    with pytest.MonkeyPatch.context() as patch:
        for row in LOOPS:  # an hour less
            short = dataclasses.replace(row, settle_s=min(row.settle_s, 900.0), cycles=min(row.cycles, 20))
            patch.setitem(BY_NAME, row.name, short)
        code, said, err = qh1a("tune", "bench-10min.toml", "--loop", "all", "--out", str(out), "--json")
    assert (code, err) == (0, "")
    return json.loads(said), out


def test_every_loop_is_tuned_and_robust(all_loops: tuple[dict[str, object], Path]) -> None:
    said, out = all_loops
    tuning = load_tuning(out)
    assert said["plant"] == "SIM"
    assert said["failed"] == []
    assert said["tuning_file"] == str(out)
    loops = said["loops"]
    assert isinstance(loops, list)
    assert [row["loop"] for row in loops] == NAMES == list(tuning.robustness)
    for row in loops:
        gains: PidGains = getattr(tuning, row["loop"])
        kept = tuning.robustness[row["loop"]]
        assert (gains.kp, gains.ti_s) == (row["kp"], row["ti_s"])
        assert kept.ms <= 1.7
        assert kept.gain_margin > 2.0
        assert kept.phase_margin_deg > 45.0
        # The figures of the file stand for themselves.
        lag = None if kept.process == "integrator" else kept.lag_s
        again = margins(Point(Model(kept.process_gain, lag, kept.delay_s, kept.mean_s)), gains)
        assert again.ms == pytest.approx(kept.ms, rel=0.01)
        (point,) = row["points"]
        assert again.ms == pytest.approx(point["ms"], rel=0.01)
        assert point["at"] == row["at"] == "bench-10min.toml, aclf-typical.toml"
    assert tuning.robustness["balance"].damping is not None
    assert tuning.robustness["balance"].damping >= 0.8
    # Circuit 4: about 0.2 mL/min per mL, 20 min. Circuit 5: T_br sits 36-60 s behind, its sensor beyond that.
    assert tuning.balance.kp == pytest.approx(0.2, rel=0.1)
    assert tuning.balance.ti_s == pytest.approx(1200.0, rel=0.05)
    for name in ("temperature", "oxygen", "ph"):
        late = tuning.robustness[name]
        assert 36.0 < late.delay_s + late.lag_s < 80.0
    # What a 2-s mean leaves of the ripple goes through kp.
    for name in ("blood", "separation", "perfusion"):
        assert tuning.robustness[name].mean_s == 2.0
        assert getattr(tuning, name).kp <= 0.03


def test_the_file_is_whole_says_where_it_comes_from_and_runs_a_session(
    all_loops: tuple[dict[str, object], Path], tmp_path: Path
) -> None:
    _, out = all_loops
    tuning = load_tuning(out)
    for field in dataclasses.fields(Tuning):
        if field.name not in (*NAMES, "provenance", "robustness"):
            assert getattr(tuning, field.name) == getattr(DEFAULT, field.name)
    for part in ("relay on SIM", "bench-10min.toml", "aclf-typical.toml", "seed 1"):
        assert part in tuning.provenance
        assert part in tuning.robustness["blood"].source
    before = f"# default.toml: kp = {DEFAULT.blood.kp:g}, ti_s = {DEFAULT.blood.ti_s:g}, Ms 1.0"
    assert f"[tuning.blood] {before}" in out.read_text(encoding="utf-8")
    c = Configuration.load("bench-10min.toml", tuning=str(out))
    assert Configuration.from_header(c.header()).tuning == tuning
    assert qh1a("check", str(out)) == (0, f"{out}: tuning, ok\n", "")
    session = tmp_path / "s.qh1a"
    code, said, _ = qh1a(
        "run", "bench-10min.toml", "--speed", "max", "--tuning", str(out), "--out", str(session), "--json"
    )
    assert code == 0
    alarms = json.loads(said)["alarms"]
    assert (alarms["high"], alarms["medium"]) == (0, 0)


def test_one_loop_is_a_table_for_people_and_a_second_tuning_keeps_the_first(
    all_loops: tuple[dict[str, object], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = dataclasses.replace(BY_NAME["blood"], settle_s=5.0, cycles=6, rest_s=20.0)
    monkeypatch.setitem(BY_NAME, "blood", row)
    _, first = all_loops
    out = tmp_path / "again.toml"
    code, said, err = qh1a(
        "tune",
        "bench-10min.toml",
        "--loop",
        "blood",
        "--tuning",
        str(first),
        "--seed",
        "2",
        "--out",
        str(out),
    )
    assert (code, err) == (0, "")
    heading, line = said.splitlines()
    cells = dict(zip(heading.split("\t"), line.split("\t"), strict=True))
    assert (cells["loop"], cells["at"]) == ("blood", "bench-10min.toml, aclf-typical.toml")
    assert float(cells["L s"]) == pytest.approx(1.1, abs=0.15)  # of which 1 s by the mean
    assert 1.0 < float(cells["Ms"]) < 1.2
    before, after = load_tuning(first), load_tuning(out)
    assert after.temperature == before.temperature
    assert after.robustness["temperature"] == before.robustness["temperature"]
    assert "seed 2" in after.robustness["blood"].source
    assert "seed 1" in after.robustness["temperature"].source


def test_two_operating_points_give_gains_for_both(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    row = dataclasses.replace(BY_NAME["perfusion"], settle_s=5.0, cycles=10, rest_s=10.0)
    monkeypatch.setitem(BY_NAME, "perfusion", row)
    text = resolve("bench-10min.toml", "prescriptions").read_text(encoding="utf-8")
    low = tmp_path / "low.toml"
    low.write_text(text.replace("perfusion_ml_min = 100.0", "perfusion_ml_min = 70.0"), encoding="utf-8")
    args = ("--loop", "perfusion", "--json")
    code, said, _ = qh1a("tune", "bench-10min.toml", str(low), *args)
    assert code == 0
    both = json.loads(said)
    names = ["bench-10min.toml, aclf-typical.toml", "low.toml, aclf-typical.toml"]
    assert "; ".join(names) in both["provenance"]
    (found,) = both["loops"]
    assert [point["at"] for point in found["points"]] == names
    assert max(point["ms"] for point in found["points"]) <= 1.6
    assert found["at"] in names
    sets = "perfusion_ml_min=70.0,ph=7.40"
    code, said, _ = qh1a("tune", f"bench-10min.toml@{sets}", *args)
    ((point,),) = [one["points"] for one in json.loads(said)["loops"]]
    assert point == {**found["points"][1], "at": f"bench-10min.toml@{sets}, aclf-typical.toml"} | {
        key: point[key] for key in ("ms", "gain_margin", "phase_margin_deg")
    }


MISTAKES = [
    (
        ("--loop", "blod"),
        "--loop = blod: allowed blood, separation, perfusion, balance, temperature, oxygen, ph, all",
    ),
    (
        ("4h.toml@ph=7.4,perfusion_ml_min=9",),
        "4h.toml@ph=7.4,perfusion_ml_min=9: prescription.flows.perfusion_ml_min = 9: allowed 30 to 200",
    ),
    (("4h.toml@flow=9",), "4h.toml@flow=9: prescription.flows.flow = 9: unknown key, known are "),
    (("4h.toml@ph",), '4h.toml@ph: "prescription.flows.ph" is not key=value'),
    (("--plant", "rig"), "--plant = rig: not available in this version, allowed sim"),
    (("--seed", "-1"), "--seed = -1: allowed 0 to 9223372036854775807"),
    (("--patient", "nobody.toml"), "nobody.toml: no such file; shipped patients are "),
    (("--tuning", "fast.toml"), "fast.toml: no such file; shipped tuning are default.toml"),
    (("--out", "no/g.toml"), "no/g.toml: there is no folder no"),
    (
        ("--out", "taken.toml"),
        "taken.toml: exists already and is not overwritten; name another with --out",
    ),
]


@pytest.mark.parametrize(("args", "words"), MISTAKES, ids=[" ".join(args) for args, _ in MISTAKES])
def test_a_mistake_is_one_line_and_exit_2(
    args: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken.toml").touch()
    code, out, err = qh1a("tune", "bench-10min.toml", *args)
    assert (code, out) == (2, "")
    assert err.startswith(words)
    assert err.count("\n") == 1


def test_a_loop_that_cannot_be_tuned_is_said_exits_1_and_leaves_no_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deaf = dataclasses.replace(BY_NAME["blood"], settle_s=5.0, rest_s=5.0, limit_s=20.0, hysteresis=50.0)
    quick = dataclasses.replace(BY_NAME["perfusion"], settle_s=5.0, rest_s=10.0, cycles=10)
    monkeypatch.setattr("qh1a.whatif.table.BY_NAME", {"blood": deaf, "perfusion": quick})
    out = tmp_path / "g.toml"
    code, said, err = qh1a("tune", "bench-10min.toml", "--out", str(out))
    assert code == 1
    assert [line.split("\t")[0] for line in said.splitlines()] == ["loop", "perfusion"]
    assert err.splitlines() == [
        "blood: no limit cycle: 0 cycles of 20 in 20 s; the relay steps +15 and -20 at +/-50 mL/min",
        f"{out}: not written, for what could not be tuned",
    ]
    assert not out.exists()
    code, said, _ = qh1a("tune", "bench-10min.toml", "--loop", "blood", "--json")
    assert code == 1
    assert (json.loads(said)["loops"], len(json.loads(said)["failed"])) == ([], 1)


def test_an_interrupted_tuning_exits_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("qh1a.whatif.tune.treat", interrupted)
    assert qh1a("tune", "bench-10min.toml") == (130, "", "interrupted: nothing was written\n")


def test_robustness_of_a_loop_that_does_not_exist_is_refused(
    all_loops: tuple[dict[str, object], Path], tmp_path: Path
) -> None:
    _, out = all_loops
    wrong = tmp_path / "wrong.toml"
    text = out.read_text(encoding="utf-8").replace("[tuning.robustness.blood]", "[tuning.robustness.blod]")
    wrong.write_text(text, encoding="utf-8")
    assert qh1a("check", str(wrong)) == (
        2, "", f"{wrong}: tuning.robustness.blod: unknown loop, nearest is blood\n",
    )  # fmt: skip


def test_a_long_provenance_is_cut_to_what_the_file_may_hold(tmp_path: Path) -> None:
    tuning = tuned(DEFAULT, [], "x" * 300)
    assert tuning.provenance == "x" * 197 + "..."
    path = tmp_path / "g.toml"
    path.write_text(write(tuning, [], "default.toml"), encoding="utf-8")
    assert load_tuning(path) == tuning
