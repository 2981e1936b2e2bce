"""Cross-sensitivities: what else a sensor sees, and that nobody else notices."""

import dataclasses
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qh1a.channels import CHANNELS, Channel
from qh1a.config import ConfigError, load, root
from qh1a.sim.sensors import (
    SIGNALS,
    CrossTerm,
    SensorBank,
    SensorFigures,
    SensorFile,
    SensorRow,
    sensor_rows,
)
from qh1a.sim.truth import Truth
from qh1a.tick import Quality

FILE = root() / "devices" / "sensors.toml"
ROWS = sensor_rows(load(SensorFile, FILE))
PLAIN = SensorFigures(source="test")
TICK = 100_000_000
HCT = CrossTerm(signal="HCT_PATIENT", reference=0.37, gain=-0.02)
WARM = CrossTerm(signal="T_BR", reference=37.0, add=0.5)
BOTH = CrossTerm(signal="T_AMB", reference=23.0, gain=0.001, add=-0.2)
Array = npt.NDArray[np.float64]


def crossed(row: SensorRow, *terms: CrossTerm) -> SensorRow:
    return dataclasses.replace(row, figures=dataclasses.replace(row.figures, cross=terms))


def one(channel: Channel, *terms: CrossTerm, figures: SensorFigures = PLAIN) -> SensorBank:
    return SensorBank([crossed(SensorRow(channel, SIGNALS[channel], figures), *terms)], 1)


def truth_of(**values: float) -> Array:
    truth = np.zeros(len(Truth))
    for name, value in values.items():
        truth[Truth[name]] = value
    return truth


def reading(channel: Channel, truth: Array, *terms: CrossTerm) -> float:
    bank = one(channel, *terms)
    bank.step(truth, 0, 0)
    return float(bank.value[channel])


# What a term does.


def test_a_gain_acts_on_the_reading_and_an_add_beside_it() -> None:
    truth = truth_of(W_S=2000.0, HCT_PATIENT=0.27, T_BR=39.0, T_AMB=33.0)
    assert reading(Channel.W_S, truth) == 2000.0
    assert reading(Channel.W_S, truth, HCT) == 2004.0  # 2000 (1 + 0.02 x 0.1)
    assert reading(Channel.W_S, truth, WARM) == 2001.0
    assert reading(Channel.W_S, truth, BOTH) == 2018.0  # 2000 x 1.01 - 2
    assert reading(Channel.W_S, truth, HCT, WARM, BOTH) == 2023.0  # 2000 (1 + 0.002 + 0.01) + 1 - 2


def test_at_its_reference_a_term_does_nothing() -> None:
    truth = truth_of(W_S=2000.0, HCT_PATIENT=0.37, T_BR=37.0, T_AMB=23.0)
    assert reading(Channel.W_S, truth, HCT, WARM, BOTH) == 2000.0


def test_a_gain_shows_nothing_where_there_is_nothing_and_an_add_does() -> None:
    truth = truth_of(HCT_PATIENT=0.20, T_BR=41.0)
    assert reading(Channel.W_S, truth, HCT) == 0.0
    assert reading(Channel.W_S, truth, WARM) == 2.0


@given(
    st.floats(0.0, 300.0),
    st.lists(
        st.tuples(
            st.sampled_from(["HCT_PATIENT", "T_BR", "T_AMB", "Q_B"]),
            st.floats(-50.0, 50.0),
            st.floats(-0.01, 0.01),
            st.floats(-1.0, 1.0),
        ),
        max_size=3,
    ),
    st.lists(st.floats(-40.0, 40.0), min_size=4, max_size=4),
)
def test_terms_add_up_as_written(
    x: float, made: list[tuple[str, float, float, float]], z: list[float]
) -> None:
    truth = truth_of(HCT_PATIENT=z[0], T_BR=z[1], T_AMB=z[2], Q_B=z[3], W_S=x)
    terms = [CrossTerm(signal=s, reference=r, gain=g, add=a) for s, r, g, a in made]
    gain = sum(t.gain * (truth[Truth[t.signal]] - t.reference) for t in terms)
    add = sum(t.add * (truth[Truth[t.signal]] - t.reference) for t in terms)
    wanted = min(max(x * (1.0 + gain) + add, CHANNELS[Channel.W_S].lo), CHANNELS[Channel.W_S].hi)
    assert reading(Channel.W_S, truth, *terms) == pytest.approx(wanted, abs=0.0501)


def test_what_a_sensor_sees_besides_lags_with_it() -> None:
    bank = one(Channel.W_S, WARM, figures=dataclasses.replace(PLAIN, tau_s=10.0))
    bank.step(truth_of(W_S=100.0, T_BR=37.0), 0, 0)
    assert bank.value[Channel.W_S] == 100.0
    for tick in range(1, 101):
        bank.step(truth_of(W_S=100.0, T_BR=137.0), tick, tick * TICK)
    assert bank.value[Channel.W_S] == pytest.approx(100.0 + 50.0 * (1.0 - np.exp(-1.0)), abs=0.06)


def test_a_clamp_of_range_and_grid_holds_for_what_is_seen_besides() -> None:
    row = CHANNELS[Channel.P_VEN]
    for t_br, end in ((2000.0, row.hi), (-2000.0, row.lo)):
        assert reading(Channel.P_VEN, truth_of(P_VEN=60.0, T_BR=t_br), WARM) == end


def test_a_signal_that_is_no_number_is_a_quality_and_passes() -> None:
    bank = one(Channel.P_VEN, WARM, figures=dataclasses.replace(PLAIN, tau_s=5.0))
    bank.step(truth_of(P_VEN=60.0, T_BR=np.nan), 0, 0)
    assert bank.quality[Channel.P_VEN] == Quality.NOT_A_NUMBER
    bank.step(truth_of(P_VEN=60.0, T_BR=37.0), 1, TICK)
    assert bank.quality[Channel.P_VEN] == Quality.GOOD
    assert bank.value[Channel.P_VEN] == 60.0


# That nobody else notices.


def run(rows: list[SensorRow], seed: int, ticks: int = 40) -> tuple[Array, npt.NDArray[np.int64]]:
    """Values and times of every channel over some ticks of a moving truth."""
    bank = SensorBank(rows, seed)
    values, times = [], []
    for tick in range(ticks):
        bank.step(np.linspace(10.0, 40.0, len(Truth)) + 0.3 * tick, tick, tick * TICK)
        values.append(bank.value.copy())
        times.append(bank.at.copy())
    return np.array(values), np.array(times)


@pytest.mark.parametrize("added", ROWS, ids=lambda row: CHANNELS[row.channel].id)
def test_adding_a_sensor_changes_no_other_channel(added: SensorRow) -> None:
    fewer = [row for row in ROWS if row is not added]
    values, times = run(fewer, 7)
    more = [crossed(added, HCT, WARM), *fewer]
    more_values, more_times = run(more, 7)
    others = [int(row.channel) for row in fewer]
    assert values[:, others].tobytes() == more_values[:, others].tobytes()
    assert times[:, others].tobytes() == more_times[:, others].tobytes()


@given(st.sampled_from(ROWS), st.integers(0, 2**32), st.integers(1, 3))
def test_adding_a_term_changes_its_own_channel_only(row: SensorRow, seed: int, count: int) -> None:
    others = [int(r.channel) for r in ROWS if r is not row]
    plain, _ = run(list(ROWS), seed, 12)
    rows = [crossed(r, *(HCT, WARM, BOTH)[:count]) if r is row else r for r in ROWS]
    changed, _ = run(rows, seed, 12)
    assert plain[:, others].tobytes() == changed[:, others].tobytes()


def test_a_term_leaves_the_noise_of_its_own_channel() -> None:
    figures = dataclasses.replace(PLAIN, noise=0.5)
    far = CrossTerm(signal="T_BR", reference=0.0, add=1.0)
    found = []
    for terms in ((), (far,)):
        bank = one(Channel.P_VEN, *terms, figures=figures)
        series = []
        for tick in range(200):
            bank.step(truth_of(P_VEN=60.0, T_BR=100.0), tick, tick * TICK)
            series.append(float(bank.value[Channel.P_VEN]))
        found.append(np.array(series))
    assert found[1] - found[0] == pytest.approx(100.0)


def test_the_place_of_a_sensor_does_not_move_its_terms() -> None:
    rows = [
        crossed(row, *terms) for row, terms in zip(ROWS, ((HCT,), (WARM, BOTH), (), (BOTH,)), strict=False)
    ]
    forth, _ = run(rows, 3)
    back, _ = run(rows[::-1], 3)
    assert forth.tobytes() == back.tobytes()


def test_a_bank_refuses_the_state_of_sensors_with_other_terms() -> None:
    plain, other = one(Channel.Q_B, HCT), one(Channel.Q_B, dataclasses.replace(HCT, gain=-0.03))
    state = plain.snapshot()
    with pytest.raises(ValueError, match="other sensors"):
        other.restore(state)
    with pytest.raises(ValueError, match="other sensors"):
        one(Channel.Q_B).restore(state)
    one(Channel.Q_B, HCT).restore(state)


def test_a_restored_bank_goes_on_bit_identically_with_its_terms() -> None:
    rows = [crossed(row, HCT, WARM) for row in ROWS]
    first, second = SensorBank(rows, 5), SensorBank(rows, 5)
    for tick in range(30):
        first.step(np.full(len(Truth), 20.0 + tick), tick, tick * TICK)
    second.restore(first.snapshot())
    for tick in range(30, 40):
        for bank in (first, second):
            bank.step(np.full(len(Truth), 3.0 * tick), tick, tick * TICK)
        assert first.value.tobytes() == second.value.tobytes()


# The file.


def written(tmp_path: Path, cross: str) -> Path:
    """The shipped file with these cross-sensitivities for the blood flow meter."""
    path = tmp_path / "sensors.toml"
    before, after = FILE.read_text(encoding="utf-8").split("[sensor.Q_b]\n")
    section, rest = after.split("\n\n", 1)
    kept = [line for line in section.splitlines() if not line.startswith("cross")]
    text = "\n".join((before + "[sensor.Q_b]", f"cross = {cross}", *kept, "", rest))
    path.write_text(text, encoding="utf-8")
    return path


def test_terms_are_read_from_the_file(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '[{signal = "HCT_PATIENT", reference = 0.37, gain = -0.02},'
        ' {signal = "T_BR", reference = 37.0, add = 0.5}]',
    )
    assert load(SensorFile, path).sensor["Q_b"].cross == (HCT, WARM)
    assert load(SensorFile, path).sensor["P_acc"].cross == ()


@pytest.mark.parametrize(
    ("cross", "said"),
    [
        (
            '[{signal = "HCT_PATIENTS", reference = 0.3, gain = 0.1}]',
            'sensor.Q_b.cross[0].signal = "HCT_PATIENTS": unknown truth signal, nearest is HCT_PATIENT',
        ),
        (
            '[{signal = "T_BR", reference = 37.0, add = 0.5}, {signal = "?", reference = 0.3, gain = 0.1}]',
            'sensor.Q_b.cross[1].signal = "?": unknown truth signal, known are P_ACC, P_PRE, ',
        ),
        ('[{signal = "T_BR", reference = 37.0}]', "Q_b.cross[0]: allowed a gain or an add other than 0"),
        ('[{signal = "T_BR", add = 0.5}]', "sensor.Q_b.cross[0].reference: missing"),
        ('[{signal = "T_BR", reference = 37, gane = 0.5}]', "[0].gane = 0.5: unknown key, nearest is gain"),
        ('[{signal = "T_BR", reference = 37.0, gain = 1.5}]', "cross[0].gain = 1.5: allowed -1 to 1"),
        ('[{signal = "T_BR", reference = nan, gain = 0.5}]', "[0].reference = nan: allowed -1000 to 1e+06"),
        ("[{signal = 7, reference = 37.0, gain = 0.5}]", "cross[0].signal = 7: allowed a text of 1 to 40"),
        (
            "[" + ", ".join(['{signal = "T_BR", reference = 37.0, add = 0.5}'] * 4) + "]",
            "sensor.Q_b.cross: 4 terms, allowed up to 3",
        ),
        ('"T_BR"', 'sensor.Q_b.cross = "T_BR": allowed a list'),
    ],
)
def test_a_bad_term_is_refused_in_one_line(tmp_path: Path, cross: str, said: str) -> None:
    path = written(tmp_path, cross)
    with pytest.raises(ConfigError) as caught:
        load(SensorFile, path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert said in message
    assert "\n" not in message
