import dataclasses
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import pytest
from annotated_types import Interval, Unit
from hypothesis import given
from hypothesis import strategies as st

from qh1a.channels import CHANNELS, N_MEASURED, Channel
from qh1a.config import (
    ConfigError,
    Configuration,
    build,
    canonical,
    load,
    load_limits,
    load_prescription,
    load_rig,
    load_tuning,
    parse_set,
    resolve,
    root,
    rows_of,
    shipped,
    to_tree,
)
from qh1a.config.tables import text_of
from qh1a.hazards import LIMITS
from qh1a.settings import Prescription, Rig, Tuning
from qh1a.sim.sensors import SIGNALS
from qh1a.tick import Actuator

STARTS = "prescription., limits., tuning., patient., rig."
PRESCRIPTIONS = ("4h.toml", "6h.toml", "8h.toml", "bench-10min.toml")


def shipped_text(kind: str, name: str) -> str:
    return (root() / kind / name).read_text(encoding="utf-8")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, so that messages name files as a user would type them."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


# -- what is shipped -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRESCRIPTIONS)
def test_shipped_sessions_load_and_survive_the_header(name: str) -> None:
    c = Configuration.load(name)
    again = Configuration.from_header(c.header())
    assert again == c
    assert again.digest() == c.digest()
    assert re.fullmatch(r"[0-9a-f]{64}", c.digest())


def test_digests_tell_sessions_apart() -> None:
    digests = {Configuration.load(name).digest() for name in PRESCRIPTIONS}
    changed = Configuration.load("4h.toml", overrides={"tuning.blood.kp": 0.31})
    beside = Configuration.load("4h.toml").beside({"patient": {"weight": 65.0}})
    assert len({*digests, changed.digest(), beside.digest()}) == len(PRESCRIPTIONS) + 2


def test_the_treatments_differ_in_time_and_heparin_only() -> None:
    four, six, eight = (load_prescription(resolve(n, "prescriptions")) for n in PRESCRIPTIONS[:3])
    assert [p.nominal_h for p in (four, six, eight)] == [4.0, 6.0, 8.0]
    for p in (six, eight):
        cap = dataclasses.replace(p.anticoagulation, cap_ml=four.anticoagulation.cap_ml)
        assert dataclasses.replace(p, name=four.name, nominal_h=4.0, anticoagulation=cap) == four


def test_the_bench_session_is_a_fortieth() -> None:
    four, bench = (load_prescription(resolve(n, "prescriptions")) for n in ("4h.toml", "bench-10min.toml"))
    a, b = to_tree(four.marks), to_tree(bench.marks)
    assert isinstance(a, dict)
    assert isinstance(b, dict)
    fortieth = {k: v / 40.0 for k, v in a.items()}
    assert b == {**fortieth, "window_s": 36.0, "extension_max_s": 36.0}
    assert bench.rinseback.reservoir_end_g == bench.preparation.reservoir_g - 41.0


def test_every_limit_has_a_default_inside_its_hard_bounds() -> None:
    limits = load_limits(resolve("default.toml", "limits"))
    assert set(limits.value) == {row.key for row in LIMITS}
    for row in LIMITS:
        assert row.hard_lo <= limits[row.key] <= row.hard_hi


def test_the_rig_says_which_channels_no_sensor_sees() -> None:
    own = {Channel.NODE, Channel.LIMITS_N, *(Channel.DLV_BP + a for a in Actuator)}
    unseen = {CHANNELS[c].id for c in Channel if c < N_MEASURED and c not in SIGNALS and c not in own}
    assert set(load_rig(resolve("sim.toml", "rigs")).not_fitted) == unseen


# -- what is refused -------------------------------------------------------------------------------------

LOADERS: dict[str, Callable[[Path], object]] = {
    "prescriptions": load_prescription,
    "limits": load_limits,
    "tuning": load_tuning,
    "rigs": load_rig,
}
DEVICES = "".join(
    f'{name} = {{ serial = "SIM-{name.upper()}" }}\n' for name in ("circuit", "sensors", "node")
)
BAD = [
    ("prescriptions/4h", "nominal_h = 4.0", "nominal_h = 5", "prescription.nominal_h = 5: allowed 4, 6, 8"),
    (
        "prescriptions/4h",
        "nominal_h = 4.0",
        "nominal_h = 0.1",
        "prescription.nominal_h = 0.1: allowed 4, 6, 8",
    ),
    (
        "prescriptions/4h",
        "nominal_h = 4.0",
        'nominal_h = "4"',
        'prescription.nominal_h = "4": allowed above 0 to 8 h',
    ),
    (
        "prescriptions/4h",
        "blood_ml_min = 130.0",
        "blood_ml_min = nan",
        "prescription.flows.blood_ml_min = nan: allowed 80 to 180 mL/min",
    ),
    (
        "prescriptions/4h",
        "blood_ml_min = 130.0",
        "blood_ml_min = inf",
        "prescription.flows.blood_ml_min = inf: allowed 80 to 180 mL/min",
    ),
    (
        "prescriptions/4h",
        "blood_ml_min = 130.0",
        "blood_ml_min = true",
        "prescription.flows.blood_ml_min = true: allowed 80 to 180 mL/min",
    ),
    (
        "prescriptions/4h",
        "blood_ml_min = 130.0",
        "blood_ml_min = 181",
        "prescription.flows.blood_ml_min = 181: allowed 80 to 180 mL/min",
    ),
    (
        "prescriptions/4h",
        "blood_ml_min = 130.0",
        "blood_l_min = 0.13",
        "prescription.flows.blood_l_min = 0.13: unknown key, the unit expected is mL/min: blood_ml_min",
    ),
    (
        "prescriptions/4h",
        "haematocrit = 0.37",
        "haematocrit_percent = 37",
        "prescription.patient.haematocrit_percent = 37: unknown key, it has no unit: haematocrit",
    ),
    (
        "prescriptions/4h",
        "temperature_c = 37.0",
        "temprature_c = 37.0",
        "prescription.flows.temprature_c = 37.0: unknown key, nearest is temperature_c",
    ),
    (
        "prescriptions/4h",
        "do_in_mmhg = 150.0",
        "do_in_kpa = 20.0",
        "prescription.flows.do_in_kpa = 20.0: unknown key, the unit expected is mmHg: do_in_mmhg",
    ),
    (
        "prescriptions/4h",
        "ph = 7.40",
        "ph = 7.6",
        "prescription.flows.ph = 7.6: allowed 7.3 to 7.5 pH",
    ),
    (
        "prescriptions/4h",
        "gas_ml_min = 100.0",
        "gas_ml_min = 501.0",
        "prescription.flows.gas_ml_min = 501.0: allowed 20 to 500 mL/min",
    ),
    (
        "prescriptions/4h",
        "plasma_ml_min = 30.0",
        "plasma_ml_min = 40.0",
        "prescription.flows.plasma_ml_min = 40: allowed up to 39 mL/min, 0.3 of blood_ml_min",
    ),
    (
        "prescriptions/4h",
        "perfusion_ml_min = 100.0",
        "perfusion_ml_min = 37.0",
        "prescription.flows.perfusion_ml_min = 37: allowed from 38 mL/min, 1.1 x plasma_ml_min + 5",
    ),
    (
        "prescriptions/4h",
        'agent = "UFH"',
        'agent = "none"',
        'prescription.anticoagulation.bolus_ml = 5.2: allowed 0 with agent = "none"',
    ),
    (
        "prescriptions/4h",
        'agent = "UFH"',
        'agent = "RCA"',
        'prescription.anticoagulation.agent = "RCA": allowed "none", "UFH"',
    ),
    (
        "prescriptions/4h",
        "cap_ml = 17.0",
        "cap_ml = 13.0",
        "prescription.anticoagulation.cap_ml = 13: allowed from 13.2 mL, bolus_ml + rate_ml_h x nominal_h",
    ),
    (
        "prescriptions/4h",
        "starts_primed = false",
        "starts_primed = true",
        'prescription.preparation.starts_primed = true: allowed false unless purpose = "bench"',
    ),
    (
        "prescriptions/4h",
        "starts_primed = false",
        "starts_primed = 0",
        "prescription.preparation.starts_primed = 0: allowed true or false",
    ),
    (
        "prescriptions/4h",
        "extension_max_s = 900.0",
        "extension_max_s = 901.0",
        "prescription.marks.extension_max_s = 901: allowed up to 900 s, 15 min",
    ),
    (
        "prescriptions/4h",
        'name = "4 h treatment"',
        'name = ""',
        'prescription.name = "": allowed a text of 1 to 200 characters',
    ),
    ("prescriptions/4h", "schema = 1", "schema = 2", "prescription.schema = 2: allowed 1"),
    ("prescriptions/4h", "schema = 1", "schema = true", "prescription.schema = true: allowed 1"),
    (
        "prescriptions/4h",
        "weight_kg = 65.0",
        "",
        "prescription.patient.weight_kg: missing, allowed 35 to 150 kg",
    ),
    (
        "prescriptions/4h",
        "[prescription]",
        "[perscription]",
        "[perscription]: unknown table, nearest is prescription",
    ),
    (
        "prescriptions/4h",
        "[prescription.ramp]",
        "[extra]\n[prescription.ramp]",
        "[extra]: unknown table, known are prescription",
    ),
    ("prescriptions/4h", "nominal_h = 4.0", "nominal_h = ", "not TOML: Invalid value (at line 8, column 14)"),
    (
        "limits/default",
        "tmp_trip_mmhg = 60.0",
        "tmp_trip_mmhg = 61.0",
        "limits.tmp_trip_mmhg = 61.0: allowed 30 to 60 mmHg",
    ),
    (
        "limits/default",
        "tmp_trip_mmhg = 60.0",
        "tmp_trip_kpa = 8.0",
        "limits.tmp_trip_kpa = 8.0: unknown key, the unit expected is mmHg: tmp_trip_mmhg",
    ),
    ("limits/default", "tmp_trip_mmhg = 60.0", "", "limits.tmp_trip_mmhg: missing, allowed 30 to 60 mmHg"),
    (
        "limits/default",
        "clamps_missed = 1.0",
        "clamps_missed = 2.0",
        "limits.clamps_missed = 2.0: allowed 1 count",
    ),
    (
        "tuning/default",
        "kp = 0.02\nti_s = 0.5",
        "kp = 0.02\nti_min = 0.5",
        "tuning.blood.ti_min = 0.5: unknown key, the unit expected is s: ti_s",
    ),
    (
        "tuning/default",
        "kp = 0.02\nti_s = 0.5",
        "kp = 0.02\nti_s = 0.0",
        "tuning.blood.ti_s = 0.0: allowed above 0 to 100000 s",
    ),
    ("rigs/sim", '"TURB_r"', '"TURB_x"', 'rig.not_fitted = "TURB_x": unknown channel, nearest is TURB_r'),
    (
        "rigs/sim",
        '"SIM-NODE"',
        '"EMU-1"',
        'rig.devices.node.serial = "EMU-1": allowed SIM-* with kind = "SIM"',
    ),
    ("rigs/sim", '"SIM-NODE"', '""', 'rig.devices.node.serial = "": allowed a text of 1 to 200 characters'),
    (
        "rigs/sim",
        '"SIM-NODE"',
        '"SIM-CIRCUIT"',
        'rig.devices.circuit.serial = "SIM-CIRCUIT": allowed once: each device has its own',
    ),
    ("rigs/sim", "node = {", "Node = {", 'rig.devices = "Node": allowed small letters, digits and _'),
    (
        "rigs/sim",
        'kind = "SIM"',
        'kind = "RIG"',
        'rig.devices.circuit.serial = "SIM-CIRCUIT": allowed any but SIM-* with kind = "RIG"',
    ),
    (
        "rigs/sim",
        'kind = "SIM"',
        'kind = "BENCH"',
        'rig.devices.circuit.serial = "SIM-CIRCUIT": allowed any but SIM-* and EMU-* with kind = "BENCH"',
    ),
    (
        "prescriptions/4h",
        '"2099-12-31"',
        '"2030-02-30"',
        'prescription.cartridge.expires = "2030-02-30": allowed a date, as "2030-12-31"',
    ),
    (
        "prescriptions/4h",
        '"2099-12-31"',
        '"31.12.2030"',
        'prescription.cartridge.expires = "31.12.2030": allowed a date, as "2030-12-31"',
    ),
    (
        "prescriptions/4h",
        '"2099-12-31"',
        '"2030-W01-1"',
        'prescription.cartridge.expires = "2030-W01-1": allowed a date, as "2030-12-31"',
    ),
    (
        "prescriptions/4h",
        "self_node_s = 5.0",
        "self_node_s = 2.0",
        "prescription.preparation.self_node_s = 2.0: allowed 2.5 to 60 s",
    ),
    ("rigs/sim", DEVICES, "", "rig.devices = {}: allowed is at least one device"),
    ("rigs/sim", '"TURB_r"', "7", "rig.not_fitted[0] = 7: allowed a text"),
    ("rigs/sim", 'kind = "SIM"', 'kind = "PATIENT"', 'rig.kind = "PATIENT": allowed "SIM", "RIG", "BENCH"'),
]


@pytest.mark.parametrize(("source", "old", "new", "words"), BAD, ids=[b[3].split(":")[0] for b in BAD])
def test_bad_file_is_refused_in_one_line(here: Path, source: str, old: str, new: str, words: str) -> None:
    kind, name = source.split("/")
    text = shipped_text(kind, f"{name}.toml")
    assert old in text
    (here / "my.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        LOADERS[kind](Path("my.toml"))
    assert str(refused.value) == f"my.toml: {words}"


def test_an_error_has_its_parts_and_the_further_errors(here: Path) -> None:
    text = shipped_text("prescriptions", "4h.toml")
    text = text.replace("blood_ml_min = 130.0", "blood_ml_min = 13").replace(
        "weight_kg = 65.0", "weight_kg = 6"
    )
    (here / "my.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_prescription(Path("my.toml"))
    e = refused.value
    assert (e.file, e.key, e.value) == ("my.toml", "prescription.flows.blood_ml_min", "13")
    assert e.allowed == "allowed 80 to 180 mL/min"
    assert [other.key for other in e.others] == ["prescription.patient.weight_kg"]


def test_missing_and_unreadable_files(here: Path) -> None:
    (here / "folder.toml").mkdir()
    (here / "latin.toml").write_bytes(b'name = "\xe9"')
    with pytest.raises(ConfigError, match=r"^no\.toml: cannot be read: No such file or directory$"):
        load_prescription(Path("no.toml"))
    with pytest.raises(ConfigError, match=r"^latin\.toml: not TOML: not UTF-8 text$"):
        load_prescription(Path("latin.toml"))
    with pytest.raises(ConfigError, match=r"^folder\.toml: is a folder, not a file$"):
        resolve("folder.toml", "prescriptions")


def test_an_existing_path_wins_over_a_shipped_name(here: Path) -> None:
    assert resolve("4h.toml", "prescriptions") == root() / "prescriptions" / "4h.toml"
    (here / "4h.toml").write_text(shipped_text("prescriptions", "6h.toml"), encoding="utf-8")
    assert load_prescription(resolve("4h.toml", "prescriptions")).nominal_h == 6.0


def test_nothing_but_the_name_is_tried(here: Path) -> None:
    for name in ("4h", "prescriptions/4h.toml", "../4h.toml", "configs/prescriptions/4h.toml"):
        with pytest.raises(
            ConfigError, match=rf"^{re.escape(name)}: no such file; shipped prescriptions are 4h\.toml"
        ):
            resolve(name, "prescriptions")


# -- overrides -------------------------------------------------------------------------------------------


def test_overrides_go_through_the_same_checks() -> None:
    path = resolve("4h.toml", "prescriptions")
    assert load_prescription(path, {"prescription.flows.blood_ml_min": 140}).flows.blood_ml_min == 140.0
    for overrides, words in (
        (
            {"prescription.flows.blood_ml_min": 999},
            "--set: prescription.flows.blood_ml_min = 999: allowed 80 to 180 mL/min",
        ),
        ({"prescription.flows": 5}, "--set: prescription.flows = 5: allowed is a table"),
        ({"prescription.flow.blood_ml_min": 5}, "--set: prescription.flow: unknown key, nearest is flows"),
        # The plasma flow of the file does not fit the new blood flow: it is the option that made it wrong.
        (
            {"prescription.flows.blood_ml_min": 90},
            "--set: prescription.flows.plasma_ml_min = 30: allowed up to 27 mL/min, 0.3 of blood_ml_min",
        ),
    ):
        with pytest.raises(ConfigError) as refused:
            load_prescription(path, overrides)
        assert str(refused.value) == words


def test_set_options_are_toml_values() -> None:
    assert parse_set(('rig.name = "x = y"', "limits.touch_s=60", "patient.hct=0.3")) == {
        "rig.name": "x = y",
        "limits.touch_s": 60,
        "patient.hct": 0.3,
    }
    for item, words in (
        ("limits.touch_s", '--set: "limits.touch_s" is not key=value'),
        (
            "touch_s=1",
            f"--set: touch_s = 1: unknown key, keys start with {STARTS}",
        ),
        (
            "limits=1",
            f"--set: limits = 1: unknown key, keys start with {STARTS}",
        ),
        ("rig.name=me", '--set: rig.name = me: not a TOML value; a text stands in quotes, as in "UFH"'),
        (
            "rig.name=1\nb=2",
            '--set: rig.name = 1 b=2: not a TOML value; a text stands in quotes, as in "UFH"',
        ),
    ):
        with pytest.raises(ConfigError) as refused:
            parse_set((item,))
        assert str(refused.value) == words


def test_a_header_is_checked_like_a_file() -> None:
    tree = json.loads(Configuration.load("4h.toml").header())
    tree["limits"]["tmp_trip_mmhg"] = 600.0
    with pytest.raises(
        ConfigError, match=r"^session header: limits\.tmp_trip_mmhg = 600\.0: allowed 30 to 60 mmHg$"
    ):
        Configuration.from_tree(tree)
    del tree["limits"]
    with pytest.raises(ConfigError, match=r"^session header: \[limits\]: missing table"):
        Configuration.from_tree(tree)
    with pytest.raises(ConfigError, match=r"^session header: configs: not JSON$"):
        Configuration.from_header("{")


def test_canonical_is_sorted_and_exact() -> None:
    assert canonical({"b": 0.1, "a": [1, True, None, "é"]}) == '{"a":[1,true,null,"é"],"b":0.1}'


# -- any table -------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Inner:
    size_mm: Annotated[float, Interval(ge=0, le=10), Unit("mm")]


@dataclasses.dataclass(frozen=True, slots=True)
class Shelf:
    inner: Inner
    many: tuple[Inner, ...]
    named: dict[str, Inner]
    kind: Literal["a", "b"] = "a"
    count: Annotated[int, Interval(ge=1)] = 1
    maybe: Annotated[float, Interval(gt=0)] | None = None


def test_any_dataclass_loads(here: Path) -> None:
    (here / "any.toml").write_text(
        "[x]\nmany = [{size_mm = 1}, {size_mm = 2.5}]\n[x.inner]\nsize_mm = 3\n[x.named.n]\nsize_mm = 4\n",
        encoding="utf-8",
    )
    assert load(Shelf, Path("any.toml"), "x") == Shelf(
        Inner(3.0), (Inner(1.0), Inner(2.5)), {"n": Inner(4.0)}
    )
    for key, value, words in (
        ("many", [{"size_mm": 11}], "x.many[0].size_mm = 11: allowed 0 to 10 mm"),
        (
            "named",
            {"n": {"size_cm": 1}},
            "x.named.n.size_cm = 1: unknown key, the unit expected is mm: size_mm",
        ),
        ("count", 1.0, "x.count = 1.0: allowed from 1"),
        ("maybe", 0, "x.maybe = 0: allowed above 0"),
        ("kind", "c", 'x.kind = "c": allowed "a", "b"'),
    ):
        tree = {"inner": {"size_mm": 1}, "many": [], "named": {}, key: value}
        with pytest.raises(ConfigError) as refused:
            build(Shelf, tree, "f", "x")
        assert str(refused.value) == f"f: {words}"


def test_units_and_bounds_come_from_the_annotations() -> None:
    rows = {row.key: row for row in rows_of(Prescription, "prescription")}
    blood = rows["prescription.flows.blood_ml_min"]
    assert (blood.unit, blood.lo, blood.hi, blood.required) == ("mL/min", 80.0, 180.0, True)
    assert rows["prescription.anticoagulation.agent"].choices == ('"none"', '"UFH"')
    assert not {row.key: row for row in rows_of(Tuning)}["blood.td_s"].required
    assert {row.kind for row in rows_of(Rig)} == {"number", "text", "choice", "list", "table"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
LEAVES = [row.key.split(".")[1:] for row in rows_of(Prescription, "prescription")]


@given(st.sampled_from(LEAVES), JSON)
def test_whatever_stands_there_is_either_used_exactly_or_refused_in_one_line(
    path: list[str], value: object
) -> None:
    tree = tomllib.loads(shipped_text("prescriptions", "4h.toml"))["prescription"]
    at = tree
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    made: object = None
    refused = ""
    try:
        made = to_tree(build(Prescription, tree, "f", "prescription"))
    except ConfigError as error:
        refused = str(error)
    if made is None:
        assert "\n" not in refused
        assert refused.startswith("f: prescription.")
        return
    for name in path:
        assert isinstance(made, dict)
        made = made[name]
    assert made == value
    assert isinstance(value, str) or isinstance(made, bool) is isinstance(value, bool)


@given(JSON)
def test_values_are_shown_on_one_line(value: object) -> None:
    assert "\n" not in text_of(value)
    assert len(text_of(value)) <= 80


def test_every_kind_of_file_is_shipped() -> None:
    kinds = "prescriptions limits tuning rigs patients cohorts faults operators telemetry texts console"
    for kind in kinds.split():
        assert shipped(kind)
