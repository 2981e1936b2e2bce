import json
import math
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from qh1a.channels import CHANNELS
from qh1a.cli import app
from qh1a.config import root
from qh1a.hazards import LIMITS, NODE_RULES, RULES
from qh1a.record import SessionFile, summarise
from qh1a.sim.fault_table import FAULTS
from qh1a.tick import Phase, State


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Said(NamedTuple):
    code: int
    out: str
    err: str


def qh1a(*args: str) -> Said:
    result = CliRunner().invoke(app, args)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Said(result.exit_code, result.stdout, result.stderr)


def in_its_own_process(folder: Path, *args: str) -> Said:
    command = [sys.executable, "-m", "qh1a", *args]
    repo = str(Path(__file__).resolve().parent.parent)
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, env={"PYTHONPATH": repo}, check=False
    )
    return Said(done.returncode, done.stdout, done.stderr)


# -- a user's mistakes -----------------------------------------------------------------------------------

BAD_RUNS = [
    (
        ("nosuch.toml",),
        "nosuch.toml: no such file; shipped prescriptions are 4h.toml, 6h.toml, 8h.toml, bench-10min.toml",
    ),
    (
        ("4h.tom",),
        "4h.tom: no such file; shipped prescriptions are 4h.toml, 6h.toml, 8h.toml, bench-10min.toml",
    ),
    (("4h.toml", "--plant", "rig"), "--plant = rig: not available in this version, allowed sim"),
    (("4h.toml", "--plant", "patient"), "--plant = patient: allowed sim"),
    (
        ("4h.toml", "--operator", "console", "--link", "nowhere/s.sock"),
        "nowhere/s.sock: No such file or directory",
    ),
    (("4h.toml", "--operator", "nobody.toml"), "nobody.toml: no such file; shipped operators are auto.toml"),
    (("4h.toml", "--speed", "fast"), "--speed = fast: allowed max or a factor above 0"),
    (("4h.toml", "--speed", "0"), "--speed = 0: allowed max or a factor above 0"),
    (("4h.toml", "--speed", "nan"), "--speed = nan: allowed max or a factor above 0"),
    (("4h.toml", "--seed", "-1"), "--seed = -1: allowed 0 to 9223372036854775807"),
    (("4h.toml", "--out", "no/s.qh1a"), "no/s.qh1a: there is no folder no"),
    (
        ("4h.toml", "--out", "taken.qh1a"),
        "taken.qh1a: exists already and is not overwritten; name another with --out",
    ),
    (("4h.toml", "--set", "prescription.nominal_h=5"), "--set: prescription.nominal_h = 5: allowed 4, 6, 8"),
    (("4h.toml", "--set", "patient.weight=10"), "--set: patient.weight = 10: allowed 35 to 150 kg"),
    (
        ("4h.toml", "--set", "limits.tmp_trip_mmhg=61"),
        "--set: limits.tmp_trip_mmhg = 61: allowed 30 to 60 mmHg",
    ),
    (
        ("4h.toml", "--set", "limits.tmp_tripp_mmhg=60"),
        "--set: limits.tmp_tripp_mmhg = 60: unknown key, nearest is tmp_trip_mmhg",
    ),
    (
        ("4h.toml", "--set", "colour=red"),
        "--set: colour = red: unknown key, keys start with prescription., limits., tuning., patient., rig.",
    ),
    (
        ("broken.toml",),
        "broken.toml: not TOML: Expected ']' at the end of a table declaration (at line 1, column 14)",
    ),
    (("five.toml",), "five.toml: prescription.nominal_h = 5: allowed 4, 6, 8"),
    (
        ("4h.toml", "--faults", "late.toml"),
        "late.toml: fault[0].at_s = 99999: allowed 0 .. 14400 s (the prescribed end)",
    ),
]


@pytest.mark.parametrize(("args", "words"), BAD_RUNS, ids=[" ".join(args) for args, _ in BAD_RUNS])
def test_a_mistake_is_one_line_and_exit_2(here: Path, args: tuple[str, ...], words: str) -> None:
    (here / "taken.qh1a").touch()
    (here / "broken.toml").write_text("[prescription\n", encoding="utf-8")
    text = (root() / "prescriptions" / "4h.toml").read_text(encoding="utf-8")
    (here / "five.toml").write_text(text.replace("nominal_h = 4.0", "nominal_h = 5"), encoding="utf-8")
    (here / "late.toml").write_text(
        f'[[fault]]\nfault = "{FAULTS[0].name}"\nat_s = 99999\n', encoding="utf-8"
    )
    before = sorted(here.iterdir())
    assert qh1a("run", *args) == Said(2, "", words + "\n")
    assert sorted(here.iterdir()) == before


def test_an_unknown_fault_is_refused_with_the_known_ones(here: Path) -> None:
    (here / "f.toml").write_text('[[fault]]\nfault = "gremlins"\nat_s = 1\n', encoding="utf-8")
    said = qh1a("run", "4h.toml", "--faults", "f.toml")
    assert said.code == 2
    assert said.err.startswith("f.toml: fault[0].fault = 'gremlins': allowed ")
    assert all(fault.name in said.err for fault in FAULTS)
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("command", ["replay", "verify", "report"])
def test_what_is_no_session_file_is_refused(here: Path, command: str) -> None:
    (here / "text.qh1a").write_text("no session", encoding="utf-8")
    more = ("-o", "r.html") if command == "report" else ()
    for name in ("text.qh1a", "nosuch.qh1a"):
        said = qh1a(command, name, *more)
        assert said.code == 2
        assert said.out == ""
        assert said.err.startswith(name)
        assert said.err.count("\n") == 1


def test_mistakes_in_a_real_process_leave_no_traceback(here: Path) -> None:
    assert in_its_own_process(here, "run", "4h.toml", "--set", "prescription.flows.blood_l_min=0.13") == Said(
        2,
        "",
        "--set: prescription.flows.blood_l_min = 0.13: "
        "unknown key, the unit expected is mL/min: blood_ml_min\n",
    )
    assert in_its_own_process(here, "check", "nosuch.toml") == Said(
        2, "", "nosuch.toml: cannot be read: No such file or directory\n"
    )


def test_help_is_quick(here: Path) -> None:
    # What makes a start slow must not be imported for help.
    slow = "numba numpy matplotlib pydantic"
    code = (
        "import sys; sys.argv = ['qh1a', '--help']\n"
        "from qh1a.cli import app\n"
        "app(standalone_mode=False)\n"
        f"print([m for m in '{slow}'.split() if m in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=Path(__file__).resolve().parent.parent,
    )
    assert done.stderr == "[]\n"
    assert "replay" in done.stdout


def test_version() -> None:
    assert qh1a("--version").out == "0.1.0\n"


# -- check -----------------------------------------------------------------------------------------------


def test_every_shipped_file_passes_check() -> None:
    files = [str(p) for p in sorted(root().rglob("*.toml"))]
    said = qh1a("check", *files)
    assert said.err == ""
    assert said.code == 0
    kinds = {line.rsplit(": ", 1)[1] for line in said.out.splitlines() if "not armed" not in line}
    assert kinds == {
        f"{kind}, ok"
        for kind in (
            "prescription",
            "limits",
            "tuning",
            "rig",
            "patient",
            "faults",
            "sensors",
            "operator",
            "texts",
            "cohort",
            "telemetry",
            "console",
            "words",
        )
    }


def test_check_names_the_rules_that_a_rig_leaves_without_effect() -> None:
    file = str(root() / "rigs" / "sim.toml")
    said = qh1a("check", file)
    assert said.out.splitlines() == [
        f"{file}: rig, ok",
        f"{file}: not armed, their sensor is not fitted: H15.2 (TURB_r), H05.4 (WET)",
    ]
    found = json.loads(qh1a("check", "--json", file).out)
    assert found["files"][0]["unarmed"] == ["H15.2 (TURB_r)", "H05.4 (WET)"]


def test_check_names_every_error_of_every_file(here: Path) -> None:
    text = (root() / "prescriptions" / "4h.toml").read_text(encoding="utf-8")
    text = text.replace("weight_kg = 65.0", "weight_kg = 6").replace("hold_s = 60.0", "hold_min = 1")
    (here / "a.toml").write_text(text, encoding="utf-8")
    (here / "b.toml").write_text("colour = 1\n", encoding="utf-8")
    said = qh1a("check", "a.toml", "b.toml", str(root() / "limits" / "default.toml"))
    assert said.code == 2
    assert said.err.splitlines() == [
        "a.toml: prescription.patient.weight_kg = 6: allowed 35 to 150 kg",
        "a.toml: prescription.ramp.hold_min = 1: unknown key, the unit expected is s: hold_s",
        "a.toml: prescription.ramp.hold_s: missing, allowed 0 to 14400 s",
        "b.toml: cannot tell what this is, none of its tables is one of frame, prescription, limits, tuning, "
        "rig, circuit, fault, sensor, act, rule, variable, broker, console, weight, hct",
    ]
    assert said.out.count("\n") == 1
    found = json.loads(qh1a("check", "--json", "a.toml").out)
    assert found["ok"] is False
    assert found["files"][0]["kind"] == "prescription"
    assert len(found["files"][0]["errors"]) == 3


# -- describe --------------------------------------------------------------------------------------------


def rows(table: str) -> list[dict[str, object]]:
    said = qh1a("describe", table, "--json")
    assert said.code == 0
    assert said.err == ""
    found = json.loads(said.out)
    assert isinstance(found, list)
    return found


def test_describe_has_the_promised_fields() -> None:
    promised = {
        "channels": "id unit lo hi stale_s decimals lsb derived",
        "hazards": "id harm severity controls rules",
        "limits": "key unit value hard_lo hard_hi source",
        "node": "id code trip sense side limit value unit delay_s when hazards behind text",
        "phases": "name actuators next",
        "faults": "code name mechanism label unit lo hi default profile over_s earliest_s response harm "
        "channels signature",
    }
    for table, fields in promised.items():
        for row in rows(table):
            assert set(fields.split()) <= set(row), table


def test_a_fault_that_no_sensor_shows_has_no_earliest_time() -> None:
    unseen = {r["name"] for r in rows("faults") if r["earliest_s"] is None}
    assert unseen == {f.name for f in FAULTS if math.isinf(f.earliest_s)} != set()


def test_describe_shows_the_whole_tables() -> None:
    assert [r["id"] for r in rows("channels")] == [c.id for c in CHANNELS]
    assert [r["key"] for r in rows("limits")] == [row.key for row in LIMITS]
    assert [r["id"] for r in rows("node")] == ["N00", *(rule.id for rule in NODE_RULES)]
    assert [r["name"] for r in rows("phases")] == [p.name for p in Phase]
    assert [r["name"] for r in rows("faults")] == [f.name for f in FAULTS]
    ids = set()
    for row in rows("hazards"):
        found = row["rules"]
        assert isinstance(found, list)
        ids |= {rule["id"] for rule in found}
    assert ids == {rule.id for rule in RULES}


def test_phases_follow_the_session() -> None:
    by_name = {row["name"]: row for row in rows("phases")}
    assert by_name["ENDED"]["next"] == []
    assert by_name["ENDED"]["actuators"] == ["RC", "BV"]
    treat = by_name["TREAT"]
    assert isinstance(treat["next"], list)
    assert {"PAUSE", "RINSEBACK", "SAFE"} <= set(treat["next"])
    states = treat["states"]
    assert isinstance(states, list)
    assert [s["name"] for s in states] == [State.TREAT.name, State.TREAT_END.name]


def test_describe_for_people_is_tab_separated_in_a_pipe() -> None:
    lines = qh1a("describe", "limits").out.splitlines()
    assert lines[0] == "key\tunit\tvalue\thard_lo\thard_hi\tsource"
    assert lines[1].split("\t")[:3] == ["air_bubble_ml", "mL", "0.2"]
    assert qh1a("describe", "colours").code == 2


# -- a session -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """One bench session through the command line, and its JSON."""
    path = tmp_path_factory.mktemp("session") / "s.qh1a"
    said = qh1a("run", "bench-10min.toml", "--speed", "max", "--seed", "7", "--out", str(path), "--json")
    assert said.err == ""
    assert said.code == 0
    found = json.loads(said.out)
    assert isinstance(found, dict)
    return path, found


def test_run_prints_what_the_file_says(session: tuple[Path, dict[str, object]]) -> None:
    path, found = session
    with SessionFile(path) as file:
        assert found == json.loads(json.dumps(summarise(file).as_dict()))
        assert set(file.header.configs) == {
            "prescription",
            "limits",
            "tuning",
            "rig",
            "circuit",
            "patient",
            "sensors",
            "operator",
        }
    assert found["outcome"] == "completed"
    assert found["within_window"] is True
    assert found["plant"] == "SIM"
    assert found["seed"] == 7
    assert found["late_ticks"] == 0


def test_a_session_replays_equal(session: tuple[Path, dict[str, object]]) -> None:
    path, found = session
    said = qh1a("replay", str(path), "--json")
    assert said.code == 0
    again = json.loads(said.out)
    assert again["equal"] is True
    assert again["divergence"] is None
    assert again["ticks"] == again["compared"] == found["ticks"]


def test_a_changed_configuration_shows_the_first_difference(session: tuple[Path, dict[str, object]]) -> None:
    path, _ = session
    said = qh1a("replay", str(path), "--set", "tuning.blood.kp=0.5")
    assert said.code == 1
    assert said.out.startswith("first difference")
    assert "changed by --set" in said.out
    bad = qh1a("replay", str(path), "--set", "tuning.blood.kp=-1")
    assert bad == Said(2, "", "--set: tuning.blood.kp = -1: allowed 0 to 1000\n")


def test_verify_proves_a_file_or_says_where_it_breaks(
    session: tuple[Path, dict[str, object]], here: Path
) -> None:
    path, _ = session
    assert qh1a("verify", str(path)).code == 0
    broken = here / "broken.qh1a"
    data = bytearray(path.read_bytes())
    place = data.index(b"INTENT_TAKEN") if b"INTENT_TAKEN" in data else data.rindex(b"START")
    data[place] ^= 1
    broken.write_bytes(bytes(data))
    said = qh1a("verify", "broken.qh1a")
    assert said.code == 1
    assert said.out == ""
    assert said.err.startswith("broken.qh1a: ")


def test_the_default_file_is_named_after_prescription_and_seed(here: Path) -> None:
    (here / "bench-10min-3.qh1a").touch()
    said = qh1a("run", "bench-10min.toml", "--seed", "3")
    assert said == Said(
        2, "", "bench-10min-3.qh1a: exists already and is not overwritten; name another with --out\n"
    )


# -- start gates -----------------------------------------------------------------------------------------


def test_a_start_is_refused_with_every_reason_and_leaves_nothing(here: Path) -> None:
    sets = (
        "prescription.flows.plasma_ml_min=36.0", 'prescription.cartridge.expires="2020-01-01"',
        'rig.devices.node.serial="SIM-OTHER"', 'rig.devices.scale.serial="SIM-SCALE"',
    )  # fmt: skip
    said = qh1a("run", "4h.toml", "--speed", "max", *[x for s in sets for x in ("--set", s)])
    assert (said.code, said.out) == (2, "")
    lines = [line for line in said.err.splitlines() if line.startswith("start refused: ")]
    gates = [line.removeprefix("start refused: ").split(":")[0] for line in lines]
    assert gates == ["DEVICE_MISSING", "DEVICE_STRANGER", "PRESCRIPTION_LIMITS", "CARTRIDGE_EXPIRED"]
    assert lines[0].endswith("scale = no answer: expected with serial SIM-SCALE")
    assert lines[2].endswith(
        "prescription.flows.plasma_ml_min = 36: allowed below 35.1, limits.qp_qb_warn 0.27 x blood_ml_min"
    )
    assert not list(here.iterdir())


def test_check_says_what_would_keep_a_prescription_from_starting(here: Path) -> None:
    text = (root() / "prescriptions" / "4h.toml").read_text(encoding="utf-8")
    old = text.replace('expires = "2099-12-31"', 'expires = "2020-01-01"').replace("250.0 #", "300.0 #")
    (here / "old.toml").write_text(old, encoding="utf-8")
    said = qh1a("check", "old.toml")
    assert (said.code, said.out) == (2, "")
    assert [line.split(": ")[:2] for line in said.err.splitlines()] == [
        ["old.toml", "PRESCRIPTION_LIMITS"], ["old.toml", "CARTRIDGE_EXPIRED"],
    ]  # fmt: skip
