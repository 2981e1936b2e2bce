"""Fault scripts: the profiles, the clock they count on, and every refusal."""

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qh1a.channels import Channel
from qh1a.config import read as parse
from qh1a.config import root
from qh1a.sim.disturbance import NEUTRAL, Disturbance
from qh1a.sim.fault_row import Drive, FaultRow, Profile
from qh1a.sim.fault_table import FAULTS
from qh1a.sim.faults import BY_NAME, INJECTABLE, FaultError, FaultScript, ScriptedFault, read_script
from qh1a.sim.misreading import UNDISTURBED, Misreading, slot
from qh1a.tick import Phase
from qh1a.units import NS_PER_S, TICK_NS, Ns

SHIPPED = sorted((root() / "faults").glob("*.toml"))
KINK = BY_NAME["return_line_kink"]


def fault(
    at_s: float = 10.0,
    duration_s: float | None = None,
    profile: Profile = Profile.STEP,
    name: str = "return_line_kink",
    phase: Phase = Phase.RAMP,
) -> ScriptedFault:
    row = BY_NAME[name]
    return ScriptedFault(row, at_s, duration_s, row.default, profile, phase)


def played(script: FaultScript, times_s: list[float]) -> list[float]:
    """The factor on the return line's resistance at these times after entering RAMP."""
    array = np.array(NEUTRAL)
    found = []
    script.enter(Phase.RAMP, Ns(0))
    for s in times_s:
        script.disturb(round(s * NS_PER_S), array)
        found.append(float(array[Disturbance.R_RET_FACTOR]))
    return found


def read(*tables: dict[str, object]) -> tuple[ScriptedFault, ...]:
    return read_script({"fault": list(tables)}, "F.toml", 14400.0)


# The catalogue.


@pytest.mark.parametrize("row", FAULTS, ids=lambda row: row.name)
def test_a_row_of_the_catalogue_is_whole(row: FaultRow) -> None:
    assert row.lo <= row.default <= row.hi
    assert row.mechanism.endswith(".")
    assert row.signature
    assert row.label
    assert row.earliest_s > 0.0
    # A dip passes of itself.
    lasts = row.profile not in {Profile.STEP, Profile.INTERMITTENT} or row.name == "power_dip"
    assert (row.over_s > 0.0) == lasts
    assert row.name == row.name.lower().replace(" ", "_")
    assert bool(row.channels) == isinstance(row.disturbance, Misreading)
    neutral = UNDISTURBED[slot(row.disturbance, next(iter(row.channels), None))]
    assert neutral == (0.0 if row.drive is Drive.SET else 1.0)


def test_codes_and_names_are_unique() -> None:
    assert len({r.code for r in FAULTS}) == len({r.name for r in FAULTS}) == len(FAULTS)
    assert [r.code for r in FAULTS] == sorted(r.code for r in FAULTS)


# Profiles.


def test_a_step_is_there_from_at_s_to_its_end() -> None:
    script = FaultScript([fault(duration_s=5.0)])
    assert played(script, [0.0, 9.9, 10.0, 14.9, 15.0, 100.0]) == [1.0, 1.0, 10.0, 10.0, 1.0, 1.0]


def test_a_step_without_duration_stays() -> None:
    assert played(FaultScript([fault()]), [9.9, 10.0, 1e6]) == [1.0, 10.0, 10.0]


def test_a_ramp_is_a_line_that_stays_at_its_end() -> None:
    script = FaultScript([fault(duration_s=100.0, profile=Profile.RAMP)])
    assert played(script, [10.0, 60.0, 110.0, 500.0]) == pytest.approx([1.0, 5.5, 10.0, 10.0])


@given(st.floats(1.0, 10_000.0), st.floats(0.0, 3.0))
def test_an_exponential_has_a_third_of_its_duration_as_time_constant(duration_s: float, share: float) -> None:
    script = FaultScript([fault(0.0, duration_s, Profile.EXPONENTIAL)])
    found = played(script, [share * duration_s])[0]
    assert found == pytest.approx(1.0 + 9.0 * (1.0 - math.exp(-3.0 * share)), rel=1e-6)


@given(st.floats(1.0, 10_000.0), st.integers(0, 10))
def test_growth_doubles_ten_times_on_its_way_to_all_of_it(duration_s: float, doublings: int) -> None:
    script = FaultScript([fault(0.0, duration_s, Profile.GROWTH)])
    found = played(script, [0.1 * doublings * duration_s, 2.0 * duration_s])
    assert found == pytest.approx([1.0 + 9.0 * 2.0 ** (doublings - 10), 10.0], rel=1e-6)


def test_an_intermittent_fault_is_seeded_and_repeats() -> None:
    times = [10.0 + 0.1 * i for i in range(2000)]
    rows = [fault(duration_s=200.0, profile=Profile.INTERMITTENT)]
    first = played(FaultScript(rows, seed=1), times)
    assert first == played(FaultScript(rows, seed=1), times)
    assert first != played(FaultScript(rows, seed=2), times)
    assert first[0] == 10.0
    assert set(first) == {1.0, 10.0}
    assert 0.35 < first.count(10.0) / len(first) < 0.65
    assert played(FaultScript(rows, seed=1), [210.0]) == [1.0]


def test_two_faults_in_turn_on_one_disturbance() -> None:
    script = FaultScript([fault(10.0, 5.0), fault(15.0, 5.0)])
    assert played(script, [14.9, 15.0, 19.9, 20.0]) == [10.0, 10.0, 10.0, 1.0]


# Time.


def test_time_counts_from_the_first_entry_of_the_phase() -> None:
    script = FaultScript([fault(phase=Phase.TREAT)])
    array = np.array(NEUTRAL)

    def kinked(s: float) -> bool:
        script.disturb(round(s * NS_PER_S), array)
        return bool(array[Disturbance.R_RET_FACTOR] != 1.0)

    script.enter(Phase.RAMP, Ns(0))
    assert not kinked(500.0)
    script.enter(Phase.TREAT, Ns(600 * NS_PER_S))
    assert not kinked(609.9)
    script.enter(Phase.PAUSE, Ns(605 * NS_PER_S))
    script.enter(Phase.TREAT, Ns(609 * NS_PER_S))
    assert kinked(610.0)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=30))
def test_what_is_disturbed_depends_on_the_time_alone(ticks: list[int]) -> None:
    rows = [fault(3.0, 4.0), fault(9.0, 10.0, Profile.RAMP, "heater_stuck_on"), fault(12.0, 9.0)]
    one, array = FaultScript(rows, 5), np.array(NEUTRAL)
    one.enter(Phase.RAMP, Ns(0))
    for tick in sorted(ticks):
        one.disturb(tick * TICK_NS, array)
    other, fresh = FaultScript(rows, 5), np.array(NEUTRAL)
    other.enter(Phase.RAMP, Ns(0))
    other.disturb(max(ticks) * TICK_NS, fresh)
    assert array.tobytes() == fresh.tobytes()


def test_a_restored_script_goes_on_alike() -> None:
    rows = [fault(3.0, 4.0)]
    first, second = FaultScript(rows), FaultScript(rows)
    first.enter(Phase.RAMP, Ns(NS_PER_S))
    second.restore(first.snapshot())
    for tick in range(100):
        a, b = np.array(NEUTRAL), np.array(NEUTRAL)
        first.disturb(tick * TICK_NS, a)
        second.disturb(tick * TICK_NS, b)
        assert a.tobytes() == b.tobytes() or not 40 <= tick < 80
    with pytest.raises(ValueError, match="fault state"):
        second.restore(b"")


def test_active_says_when_each_fault_was_on() -> None:
    script = FaultScript([fault(10.0, 5.0), fault(20.0, name="heater_stuck_on")])
    assert script.active(100 * NS_PER_S) == ()
    script.enter(Phase.RAMP, Ns(NS_PER_S))
    assert script.active(10 * NS_PER_S) == ()
    (kink,) = script.active(12 * NS_PER_S)
    assert (kink.code, kink.name, kink.since, kink.until) == ("F03", "return_line_kink", 11 * NS_PER_S, None)
    kink, heater = script.active(30 * NS_PER_S)
    assert kink.until == 16 * NS_PER_S
    assert (heater.since, heater.until, heater.magnitude) == (21 * NS_PER_S, None, 60.0)
    assert heater.channel is None


def test_active_says_which_sensor_is_at_fault() -> None:
    rows = read(
        {"fault": "pressure_offset", "at_s": 0}, {"fault": "pressure_offset", "at_s": 0, "channel": "P_acc"}
    )
    script = FaultScript(rows)
    script.enter(Phase.RAMP, Ns(0))
    assert [a.channel for a in script.active(0)] == [Channel.P_VEN, Channel.P_ACC]


def test_without_a_fault_nothing_is_touched() -> None:
    array: npt.NDArray[np.float64] = np.full(len(Disturbance), 7.0)
    script = FaultScript()
    for phase in Phase:
        script.enter(phase, Ns(0))
    script.disturb(10**12, array)
    assert set(array) == {7.0}


# Files.


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_a_shipped_script_can_be_used_in_the_bench_session(path: Path) -> None:
    rows = read_script(parse(path), path.name, 360.0)
    assert rows
    assert path.stem == path.stem.lower().replace("_", "-")


def test_a_row_is_read_with_its_defaults() -> None:
    (row,) = read({"fault": "return_line_kink", "at_s": 10})
    assert row == fault()
    (row,) = read(
        {"fault": "access_needle_on_wall", "at_s": 0, "duration_s": 60, "magnitude": 3, "profile": "ramp",
         "phase": "TREAT"}
    )  # fmt: skip
    assert (row.magnitude, row.profile, row.phase) == (3.0, Profile.RAMP, Phase.TREAT)


def test_a_row_goes_on_record_with_nothing_left_to_defaults() -> None:
    rows = read({"fault": "pressure_offset", "at_s": 5}, {"fault": "access_clotting", "at_s": 10})
    tables = [row.table() for row in rows]
    assert tables == [
        {"fault": "pressure_offset", "phase": "RAMP", "at_s": 5.0, "profile": "step", "magnitude": 15.0,
         "channel": "P_ven"},
        {"fault": "access_clotting", "phase": "RAMP", "at_s": 10.0, "duration_s": 1800.0, "profile": "ramp",
         "magnitude": 4.0},
    ]  # fmt: skip
    assert read(*tables) == rows


def test_a_fault_without_a_profile_comes_on_as_it_usually_does() -> None:
    clot = {"fault": "access_clotting", "at_s": 10}
    (row,) = read(clot)
    assert (row.profile, row.duration_s) == (Profile.RAMP, BY_NAME["access_clotting"].over_s)
    (row,) = read(clot | {"duration_s": 60})
    assert (row.profile, row.duration_s) == (Profile.RAMP, 60.0)
    (row,) = read(clot | {"profile": "step"})
    assert (row.profile, row.duration_s) == (Profile.STEP, None)
    with pytest.raises(FaultError, match=r"fault\[0\]\.duration_s missing"):
        read(clot | {"profile": "ramp"})


@pytest.mark.parametrize("row", FAULTS, ids=lambda row: row.name)
def test_every_fault_can_be_scripted_from_its_row(row: FaultRow) -> None:
    (shortest,) = read({"fault": row.name, "at_s": 0})
    assert shortest.magnitude == row.default
    for magnitude in (row.lo, row.hi):
        (scripted,) = read({"fault": row.name, "at_s": 0, "magnitude": magnitude})
        assert scripted.magnitude == magnitude
    switch = row.lo == row.hi
    allowed = f"{row.lo:g} only" if switch else f"{row.lo:g} .. {row.hi:g} {row.unit}"
    for beyond in (row.lo - 1e-6, row.hi + 1e-6):
        with pytest.raises(FaultError, match=f"allowed {allowed}"):
            read({"fault": row.name, "at_s": 0, "magnitude": beyond})


def test_a_fault_of_a_sensor_names_its_channel() -> None:
    off = {"fault": "pressure_offset", "at_s": 10}
    assert read(off)[0].channel is Channel.P_VEN
    assert read(off | {"channel": "P_f2o"})[0].channel is Channel.P_F2O
    assert len(read(off, off | {"channel": "P_acc"})) == 2
    for channel in ("Q_b", "p_ven", 3):
        with pytest.raises(FaultError, match=r"fault\[0\]\.channel = .*: allowed .*P_ven, P_acc, "):
            read(off | {"channel": channel})
    with pytest.raises(FaultError, match=r"fault\[0\] drives OFFSET of P_ven too"):
        read(off, off | {"channel": "P_ven"})


def test_a_name_that_is_nearly_right_is_answered_with_the_one_meant() -> None:
    with pytest.raises(FaultError, match=r"'access_disconect': allowed access_disconnection\? Or any of "):
        read({"fault": "access_disconect", "at_s": 0})


GOOD: dict[str, object] = {"fault": "return_line_kink", "at_s": 10.0}


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("fault", "needle", "access_needle_on_wall, access_clotting"),
        ("fault", None, "access_needle_on_wall"),
        ("fault", 3, "access_needle_on_wall"),
        ("at", 3.0, "the keys fault, at_s, duration_s, magnitude, profile, phase"),
        ("at_s", None, "0 .. 14400 s (the prescribed end)"),
        ("at_s", "10", "0 .. 14400 s"),
        ("at_s", True, "0 .. 14400 s"),
        ("at_s", math.nan, "0 .. 14400 s"),
        ("at_s", -0.1, "0 .. 14400 s"),
        ("at_s", 14400.1, "0 .. 14400 s"),
        ("duration_s", -1.0, "0.1 .. 86400 s (step)"),
        ("duration_s", math.inf, "0.1 .. 86400 s (step)"),
        ("magnitude", 1.0, "1.1 .. 50 times"),
        ("magnitude", 51, "1.1 .. 50 times"),
        ("magnitude", math.nan, "1.1 .. 50 times"),
        ("magnitude", [10.0], "1.1 .. 50 times"),
        ("profile", "sudden", "step, ramp, exponential, intermittent, growth"),
        ("profile", "", "step, ramp, exponential, intermittent, growth"),
        ("phase", "treat", "SELF_TEST, PRIME, READY, CONNECT, RAMP, TREAT"),
        ("phase", 5, "SELF_TEST"),
        ("channel", "P_ven", "no channel with return_line_kink"),
    ],
)
def test_a_bad_value_is_refused_with_what_is_allowed(key: str, value: object, allowed: str) -> None:
    table = {k: v for k, v in (GOOD | {key: value}).items() if v is not None}
    with pytest.raises(FaultError) as caught:
        read({"fault": "heater_stuck_on", "at_s": 1.0}, table)
    error = caught.value
    assert (error.file, error.key) == ("F.toml", f"fault[1].{key}")
    assert error.value is value
    assert allowed in error.allowed
    shown = "missing" if value is None else f"= {value!r}"
    assert str(error).startswith(f"F.toml: fault[1].{key} {shown}: allowed ")
    assert "\n" not in str(error)


@pytest.mark.parametrize("profile", ["ramp", "exponential", "growth"])
def test_an_onset_over_time_needs_its_duration(profile: str) -> None:
    with pytest.raises(FaultError, match=r"fault\[0\]\.duration_s missing: allowed 0\.1 \.\. 86400 s"):
        read(GOOD | {"profile": profile})


def test_a_time_after_the_prescribed_end_is_refused() -> None:
    assert read_script({"fault": [GOOD | {"at_s": 360.0}]}, "F.toml", 360.0)
    with pytest.raises(FaultError, match=r"allowed 0 \.\. 360 s"):
        read_script({"fault": [GOOD | {"at_s": 360.1}]}, "F.toml", 360.0)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((10.0, 5.0), (14.9, None)),
        ((10.0, None), (5000.0, 1.0)),
        ((100.0, 1.0), (10.0, None)),
        ((10.0, 5.0), (10.0, 5.0)),
        ((10.0, 100.0), (20.0, 5.0)),
    ],
)
def test_an_overlap_on_one_disturbance_is_refused(
    first: tuple[float, float | None], second: tuple[float, float | None]
) -> None:
    def table(at_s: float, duration_s: float | None) -> dict[str, object]:
        return GOOD | {"at_s": at_s} | ({} if duration_s is None else {"duration_s": duration_s})

    with pytest.raises(FaultError, match=r"fault\[1\]\.at_s = .*fault\[0\] drives R_RET_FACTOR too"):
        read(table(*first), table(*second))


def test_an_onset_over_time_stays_and_overlaps_what_comes_later() -> None:
    with pytest.raises(FaultError, match=r"allowed not within 10 s \.\. the end"):
        read(GOOD | {"profile": "ramp", "duration_s": 5.0}, GOOD | {"at_s": 100.0})


def test_times_in_two_phases_cannot_be_compared() -> None:
    with pytest.raises(FaultError, match=r"fault\[1\]\.phase = 'TREAT': allowed RAMP, because fault\[0\]"):
        read(GOOD | {"duration_s": 1.0}, GOOD | {"phase": "TREAT"})


def test_faults_in_turn_and_faults_of_different_things_are_fine() -> None:
    rows = read(
        GOOD | {"duration_s": 5.0},
        GOOD | {"at_s": 15.0},
        {"fault": "heater_stuck_on", "at_s": 10.0},
        {"fault": "perfusion_pump_stall", "at_s": 10.0},
    )
    assert len(rows) == 4


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({}, r"fault = \[\]: allowed one or more \[\[fault\]\] tables"),
        ({"fault": 3}, r"fault = 3: allowed one or more"),
        ({"fault": [3]}, r"fault\[0\] = 3: allowed a \[\[fault\]\] table"),
        ({"seed": 1}, r"seed = 1: allowed only \[\[fault\]\] tables"),
    ],
)
def test_a_tree_that_is_no_script_is_refused(tree: dict[str, object], said: str) -> None:
    with pytest.raises(FaultError, match=f"^F.toml: {said}"):
        read_script(tree, "F.toml", 360.0)


# Injected while the session runs.


def test_an_injected_fault_begins_at_once_and_ends_when_it_is_taken_away() -> None:
    array = np.array(NEUTRAL)
    script = FaultScript([fault(at_s=50.0, duration_s=10.0)])
    script.enter(Phase.SELF_TEST, Ns(0))
    script.enter(Phase.RAMP, Ns(0))
    found = []
    for s in (0, 20, 39, 40, 49, 55, 59, 60, 61):
        if s == 20:
            script.inject("return_line_kink", 3.0, Ns(20 * NS_PER_S))
        if s == 40:
            script.inject("end:return_line_kink", 0.0, Ns(40 * NS_PER_S))
        script.disturb(s * NS_PER_S, array)
        found.append(float(array[Disturbance.R_RET_FACTOR]))
    assert found == [1.0, 3.0, 3.0, 1.0, 1.0, 10.0, 10.0, 1.0, 1.0]
    seconds = [(a.since // NS_PER_S, a.until and a.until // NS_PER_S) for a in script.active(61 * NS_PER_S)]
    assert seconds == [(50, 60), (20, 40)]


def test_injected_twice_the_last_counts_and_both_end() -> None:
    array = np.array(NEUTRAL)
    script = FaultScript()
    script.inject("return_line_kink", 3.0, Ns(0))
    script.inject("return_line_kink", 5.0, Ns(NS_PER_S))
    script.disturb(NS_PER_S, array)
    assert array[Disturbance.R_RET_FACTOR] == 5.0
    script.inject("end:return_line_kink", 0.0, Ns(2 * NS_PER_S))
    script.disturb(2 * NS_PER_S, array)
    assert array[Disturbance.R_RET_FACTOR] == 1.0


def test_a_scripted_fault_can_be_taken_away_too_and_one_to_come_stays() -> None:
    array = np.array(NEUTRAL)
    script = FaultScript([fault(at_s=0.0), fault(at_s=30.0, duration_s=5.0)])
    script.enter(Phase.RAMP, Ns(0))
    script.disturb(0, array)
    script.inject("end:return_line_kink", 0.0, Ns(10 * NS_PER_S))
    assert played(script, [10.0, 29.0, 31.0, 36.0]) == [1.0, 1.0, 10.0, 1.0]


def test_a_sensors_fault_names_its_channel_or_means_its_first() -> None:
    for name, (row, channel) in INJECTABLE.items():
        assert name.partition(":")[0] == row.name
        assert channel in (row.channels or (None,))
        script = FaultScript()
        script.inject(name, row.default, Ns(0))
        array = np.array(UNDISTURBED)
        script.disturb(0, array)
        at = slot(row.disturbance, channel)
        assert array[at] == pytest.approx(row.default)
        assert script.misleads == isinstance(row.disturbance, Misreading)
