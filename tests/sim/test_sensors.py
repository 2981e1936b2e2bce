"""The sensor stage: every value on its grid, its noise its own, its lag exact."""

import dataclasses
import math
import tomllib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from qh1a.channels import BY_ID, CHANNELS, N_MEASURED, Channel
from qh1a.config import ConfigError, load, root
from qh1a.sim.counter import mix, normal_at, stream_key, unit, unit_at
from qh1a.sim.sensors import (
    SIGNALS,
    ZEROED,
    SensorBank,
    SensorFigures,
    SensorFile,
    SensorRow,
    sensor_rows,
)
from qh1a.sim.truth import Truth
from qh1a.tick import Quality

FILE = root() / "devices" / "sensors.toml"
ROWS = [
    dataclasses.replace(row, figures=dataclasses.replace(row.figures, cross=()))
    for row in sensor_rows(load(SensorFile, FILE))
]
"""The sensors of the machine, each seeing only what it is meant to see."""
FIGURES = {row.channel: row.figures for row in ROWS}
TICK = 100_000_000
Array = npt.NDArray[np.float64]
PLAIN = SensorFigures(source="test")


def bank(seed: int = 1) -> SensorBank:
    return SensorBank(ROWS, seed)


def one(channel: Channel, figures: SensorFigures, seed: int = 1) -> SensorBank:
    return SensorBank([SensorRow(channel, SIGNALS[channel], figures)], seed)


def truth_of(value: float = 0.0) -> Array:
    return np.full(len(Truth), value)


def series(sensors: SensorBank, channel: Channel, value: float, ticks: int, first: int = 0) -> Array:
    truth = truth_of(value)
    found = np.empty(ticks)
    for i in range(ticks):
        sensors.step(truth, first + i, (first + i) * TICK)
        found[i] = sensors.value[channel]
    return found


# The random numbers.


def test_splitmix64_is_the_published_one() -> None:
    # First outputs of SplitMix64 seeded with 1234567, from its reference implementation.
    golden = 0x9E3779B97F4A7C15
    assert [mix((1234567 + k * golden) % 2**64) for k in (1, 2, 3)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**40))
def test_compiled_and_plain_numbers_agree(key: int, counter: int) -> None:
    signed = key - 2**64 if key >= 2**63 else key
    assert unit_at(signed, counter) == unit(key, counter)
    assert 0.0 < unit(key, counter) < 1.0


def test_normal_numbers_follow_the_inverse_of_the_normal_distribution() -> None:
    key = stream_key(7, "anything")
    signed = key - 2**64 if key >= 2**63 else key
    found = np.array([normal_at(signed, k) for k in range(20_000)])
    wanted = stats.norm.ppf([unit(key, k) for k in range(20_000)])
    assert np.max(np.abs(found - wanted)) < 1e-7


# Grid, range, quality.


@given(st.lists(st.floats(-1e6, 1e6), min_size=len(Truth), max_size=len(Truth)), st.integers(0, 2**64 - 1))
def test_every_value_is_on_its_grid_and_in_its_range(values: list[float], seed: int) -> None:
    sensors = bank(seed)
    for tick in range(3):
        sensors.step(np.array(values), tick, tick * TICK)
        for channel in SIGNALS:
            row, value = CHANNELS[channel], float(sensors.value[channel])
            counts = round(value / row.lsb)
            assert value == float(counts) * row.lsb
            assert row.lo <= value <= row.hi
            assert math.copysign(1.0, value) == 1.0 or value < 0.0


def test_what_no_sensor_sees_is_not_fitted() -> None:
    sensors = bank()
    sensors.step(truth_of(37.0), 0, 5)
    for channel in range(N_MEASURED):
        fitted = channel in SIGNALS
        assert sensors.quality[channel] == (Quality.GOOD if fitted else Quality.NOT_FITTED)
        assert fitted or sensors.value[channel] == 0.0
        assert sensors.at[channel] == 5


def test_not_a_number_is_a_quality_and_passes() -> None:
    sensors = one(Channel.P_VEN, PLAIN)
    sensors.step(truth_of(math.nan), 0, 0)
    assert sensors.quality[Channel.P_VEN] == Quality.NOT_A_NUMBER
    assert sensors.value[Channel.P_VEN] == 0.0
    sensors.step(truth_of(12.0), 1, TICK)
    assert sensors.quality[Channel.P_VEN] == Quality.GOOD
    assert sensors.value[Channel.P_VEN] == 12.0


def test_every_fitted_channel_sees_the_truth_it_should() -> None:
    for channel, signal in SIGNALS.items():
        sensors = one(channel, PLAIN)
        truth = np.zeros(len(Truth))
        truth[signal] = 1.0
        sensors.step(truth, 0, 0)
        assert sensors.value[channel] == 1.0, channel


def test_clamps_read_an_end_only_at_the_end() -> None:
    sensors = one(Channel.POS_VC, PLAIN)
    for tick, (position, reading) in enumerate(
        ((0.0, 0.0), (0.01, 0.5), (0.5, 0.5), (0.99, 0.5), (1.0, 1.0))
    ):
        sensors.step(truth_of(position), tick, 0)
        assert sensors.value[Channel.POS_VC] == reading


# Lag, noise, offsets.


@given(st.floats(0.05, 60.0), st.integers(1, 200))
def test_a_step_is_answered_by_an_exact_exponential(tau_s: float, ticks: int) -> None:
    sensors = one(Channel.W_S, dataclasses.replace(PLAIN, tau_s=tau_s))
    sensors.step(truth_of(0.0), 0, 0)
    found = series(sensors, Channel.W_S, 5000.0, ticks, first=1)[-1]
    assert found == pytest.approx(5000.0 * (1.0 - math.exp(-0.1 * ticks / tau_s)), abs=0.051)


def test_v34_noise_has_the_sd_of_noise_and_grid() -> None:
    figures = dataclasses.replace(PLAIN, noise=0.5)
    found = series(one(Channel.P_VEN, figures), Channel.P_VEN, 60.03, 100_000)
    assert np.std(found) == pytest.approx(0.500833, rel=0.01)
    assert np.mean(found) == pytest.approx(60.03, abs=0.01)
    other = series(one(Channel.P_VEN, figures, seed=2), Channel.P_VEN, 60.03, 100_000)
    assert abs(np.corrcoef(found, other)[0, 1]) < 0.01
    again = series(one(Channel.P_VEN, figures), Channel.P_VEN, 60.03, 100_000)
    assert found.tobytes() == again.tobytes()


def test_noise_of_two_channels_and_of_two_ticks_is_unrelated() -> None:
    figures = dataclasses.replace(PLAIN, noise=0.5)
    ven = series(one(Channel.P_VEN, figures), Channel.P_VEN, 60.0, 50_000)
    pre = series(one(Channel.P_PRE, figures), Channel.P_PRE, 60.0, 50_000)
    assert abs(np.corrcoef(ven, pre)[0, 1]) < 0.015
    assert abs(np.corrcoef(ven[1:], ven[:-1])[0, 1]) < 0.015


def test_relative_noise_adds_in_quadrature() -> None:
    figures = dataclasses.replace(PLAIN, noise=0.3, noise_rel=0.005)
    found = series(one(Channel.Q_B, figures), Channel.Q_B, 200.0, 20_000)
    assert np.std(found) == pytest.approx(math.hypot(0.3, 1.0), rel=0.03)


@given(st.permutations(ROWS), st.integers(0, 2**32))
def test_neither_order_nor_company_changes_a_sensor(rows: list[SensorRow], seed: int) -> None:
    whole, shuffled = SensorBank(ROWS, seed), SensorBank(rows, seed)
    alone = SensorBank(rows[:1], seed)
    channel = rows[0].channel
    for tick in range(7):
        for sensors in (whole, shuffled, alone):
            sensors.step(truth_of(37.5), tick, tick * TICK)
        assert whole.value.tobytes() == shuffled.value.tobytes()
        assert whole.at.tobytes() == shuffled.at.tobytes()
        assert whole.value[channel] == alone.value[channel]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: CHANNELS[row.channel].id)
def test_what_differs_between_machines_stays_inside_its_bounds(row: SensorRow) -> None:
    quiet = dataclasses.replace(row.figures, noise=0.0, noise_rel=0.0, period_s=0.1)
    top, lsb = CHANNELS[row.channel].hi, CHANNELS[row.channel].lsb
    level = min(60.0, 0.5 * top)
    allowed = quiet.gain_error * level + quiet.offset + lsb / 2 + 1e-9
    found = set()
    for seed in range(60):
        sensors = one(row.channel, quiet, seed)
        sensors.step(truth_of(level), 0, 0)
        value = float(sensors.value[row.channel])
        assert abs(value - level) <= allowed + (quiet.creep * 1e-4)
        found.add(value)
    assert len(found) > 1 or allowed < 1.5 * lsb


def test_flow_meters_allow_the_accuracy_that_is_asked_for() -> None:
    for channel, flow, asked in (
        (Channel.Q_B, 80.0, 0.01),
        (Channel.Q_P, 15.0, 0.03),
        (Channel.Q_R, 15.0, 0.03),
    ):
        figures = FIGURES[channel]
        assert figures.gain_error + figures.offset / flow < asked


def test_scales_creep_and_drift_within_the_specification() -> None:
    quiet = dataclasses.replace(FIGURES[Channel.W_R], noise=0.0, gain_error=0.0)
    worst = 0.0
    for seed in range(20):
        sensors = one(Channel.W_R, quiet, seed)
        found = series(sensors, Channel.W_R, 150.0, 4)
        assert np.max(np.abs(found - 150.0)) <= 0.1
        hours = 8
        sensors.step(truth_of(150.0), hours * 36_000, 0)
        worst = max(worst, abs(float(sensors.value[Channel.W_R]) - 150.0))
    assert 0.5 < worst <= 3.0 + 0.2 * 8 + 0.1


def test_creep_settles_with_its_own_time() -> None:
    figures = dataclasses.replace(PLAIN, creep=3.0, creep_tau_s=60.0)
    sensors = one(Channel.W_S, figures, seed=3)
    found = series(sensors, Channel.W_S, 100.0, 6000) - 100.0
    assert abs(found[-1]) > 0.5
    assert found[599] / found[-1] == pytest.approx(1.0 - math.exp(-1.0), abs=0.06)


def test_zeroing_leaves_only_a_residual_on_the_pressures() -> None:
    for seed in range(40):
        quiet = [
            dataclasses.replace(r, figures=dataclasses.replace(r.figures, noise=0.0, noise_rel=0.0))
            for r in ROWS
        ]
        sensors = SensorBank(quiet, seed)
        sensors.step(truth_of(0.0), 0, 0)
        before = sensors.value.copy()
        sensors.zero()
        sensors.step(truth_of(0.0), 10, 10 * TICK)
        for channel in ZEROED:
            assert abs(before[channel]) <= 3.0 + 0.05
            assert abs(sensors.value[channel]) <= 1.0 + 0.05 + 0.01
        assert sensors.value[Channel.T_BR] == before[Channel.T_BR]


# Sampling.


def test_samples_are_taken_at_their_period_and_held() -> None:
    sensors = bank()
    ages: dict[int, set[int]] = {c: set() for c in SIGNALS}
    for tick in range(120):
        sensors.step(truth_of(30.0 + tick), tick, tick * TICK)
        for channel in SIGNALS:
            ages[channel].add(tick - int(sensors.at[channel]) // TICK)
            assert channel in sensors.slow or sensors.at[channel] == tick * TICK
    for channel, figures in FIGURES.items():
        every = round(figures.period_s / 0.1)
        assert ages[channel] == set(range(every)), CHANNELS[channel].id
        assert (every - 1) * 0.1 <= CHANNELS[channel].stale_s


def test_air_counters_only_count_up_and_are_exact() -> None:
    sensors = bank()
    truth = truth_of(0.0)
    last = 0.0
    for tick in range(200):
        truth[Truth.AIR_V_ML] += 0.0173
        sensors.step(truth, tick, 0)
        value = float(sensors.value[Channel.AIR_V])
        assert value >= last
        assert abs(value - truth[Truth.AIR_V_ML]) <= 0.0005 + 1e-12
        last = value


# Snapshot.


@given(st.integers(0, 60), st.integers(0, 2**64 - 1))
def test_a_restored_bank_goes_on_bit_identically(ticks: int, seed: int) -> None:
    first, second = bank(seed), bank(seed)
    for tick in range(ticks):
        first.step(truth_of(20.0 + tick), tick, tick * TICK)
    second.restore(first.snapshot())
    for tick in range(ticks, ticks + 12):
        for sensors in (first, second):
            sensors.step(truth_of(5.0 * tick), tick, tick * TICK)
        assert first.value.tobytes() == second.value.tobytes()
        assert first.at.tobytes() == second.at.tobytes()
        assert first.quality.tobytes() == second.quality.tobytes()
    assert first.snapshot() == second.snapshot()


def test_a_bank_refuses_the_state_of_another() -> None:
    with pytest.raises(ValueError, match="another seed"):
        bank(1).restore(bank(2).snapshot())
    with pytest.raises(ValueError, match="does not fit"):
        bank(1).restore(bank(1).snapshot()[:-1])
    with pytest.raises(ValueError, match="does not fit"):
        bank(1).restore(SensorBank(ROWS[1:], 1).snapshot())


# The file.


def refusal(tmp_path: Path, old: str, new: str) -> str:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "sensors.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(SensorFile, path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("tau_s = 0.1", "tau_s = -0.1", "sensor.Q_b.tau_s = -0.1: allowed 0 to 600"),
        ("tau_s = 0.1", "tau_s = nan", "sensor.Q_b.tau_s = nan: allowed 0 to 600"),
        ("tau_s = 0.1", 'tau_s = "0.1"', "sensor.Q_b.tau_s = "),
        ("tau_s = 0.1", "tau_s = true", "sensor.Q_b.tau_s = true"),
        ("tau_s = 0.1", "lag = 0.1", "sensor.Q_b.lag = 0.1: unknown key"),
        ("gain_error = 0.007", "gain_error = 0.3", "sensor.Q_b.gain_error = 0.3: allowed 0 to 0.2"),
        ("[sensor.Q_b]", "[sensor.Q_x]", "sensor.Q_b: fitted, but has no figures"),
        (
            "[sensor.Q_b]",
            '[sensor.WET]\nsource = "x"\n[sensor.Q_b]',
            "sensor.WET: no sensor sees this channel",
        ),
        ("period_s = 0.5", "period_s = 0.25", "period_s = 0.25: allowed whole steps of 0.1 s"),
        ("noise_rel = 0.005", "offset_zeroed = 0.1", "Q_b.offset_zeroed = 0.1: only pressures are zeroed"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in refusal(tmp_path, old, new)


def test_every_row_of_the_file_names_its_source() -> None:
    for row in ROWS:
        assert row.figures.source, row.channel


def test_the_rig_file_lists_what_no_sensor_sees() -> None:
    seen = {CHANNELS[c].id for c in SIGNALS}
    own = {r.id for r in CHANNELS[:N_MEASURED] if r.id in ("NODE", "limits_n") or r.id.startswith("DLV_")}
    rig = tomllib.loads((root() / "rigs" / "sim.toml").read_text(encoding="utf-8"))["rig"]
    assert {r.id for r in CHANNELS[:N_MEASURED]} - seen - own == set(rig["not_fitted"])
    assert all(id_ in BY_ID for id_ in rig["not_fitted"])
