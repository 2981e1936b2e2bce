"""Faults that come together hasten each other, hide each other, add up, or leave each other alone."""

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pytest

from qh1a.channels import Channel
from qh1a.cli.plant import load_faults
from qh1a.config import Configuration, resolve, shipped
from qh1a.node import NodeTrip
from qh1a.sim.truth import Truth
from qh1a.tick import Outcome, State
from tests.faults.compounds import (
    COMPOUNDS,
    SIX_TIMES,
    TYPICAL,
    YELLOW,
    Compound,
    Seen,
    lasting,
    script,
    watch,
)
from tests.faults.harms import LEDGER
from tests.sessions.harness import run

RATIOS: Final = (Truth.SOLUTE_LEDGER, Truth.OXYGEN_LEDGER, Truth.CARBON_LEDGER, Truth.HEAT_LEDGER)
ONE_BY_ONE: Final = frozenset(
    {
        "access-needle-on-wall", "air-in-return-line", "heater-stuck-on", "perfusion-pump-stall",
        "pressure-frozen-then-disconnection", "return-disconnection", "return-line-kink",
        "separation-pump-stall",
    }
)  # fmt: skip
"""Scripts whose faults have tests of their own."""


def _of(name: str) -> Compound:
    return next(c for c in COMPOUNDS if c.script == name)


def _both(name: str) -> Seen:
    """The whole script, as in the table."""
    case = _of(name)
    return watch(script(name), case.watched_s, case.corner, case.beside)


def _part(name: str, *which: int) -> Seen:
    """Some rows of it only."""
    case, rows = _of(name), script(name)
    return watch(tuple(rows[i] for i in which), case.watched_s, case.corner, case.beside)


def _books_close(true: npt.NDArray[np.float64]) -> None:
    blood = true[0, Truth.BLOOD_VOLUME_ML]
    assert np.abs(true[:, Truth.VOLUME_LEDGER_ML]).max() <= 1e-9 * blood
    for ledger in RATIOS:
        assert np.abs(true[:, ledger]).max() <= 1e-9, ledger.name


def test_every_shipped_script_is_in_a_table() -> None:
    names = {name.removesuffix(".toml") for name in shipped("faults")}
    assert names == {c.script for c in COMPOUNDS} | ONE_BY_ONE


@pytest.mark.parametrize("case", COMPOUNDS, ids=lambda c: c.script)
def test_what_is_raised_and_what_harm_is_left(case: Compound) -> None:
    seen = _both(case.script)
    assert [rule for rule, _ in seen.raised] == [rule for rule, _ in case.raised], seen.raised
    for (_, at), (_, expected) in zip(seen.raised, case.raised, strict=True):
        assert at == pytest.approx(expected, abs=1.0, rel=0.02), seen.raised
    assert seen.states[-1] is case.state
    twin = watch((), case.watched_s, case.corner, case.beside)
    assert twin.raised == ()
    more = seen.true[-1] - twin.true[-1]
    more[Truth.HARM_COLDEST_C] *= -1.0
    found = {figure: float(more[figure]) for figure in LEDGER}
    said = ", ".join(f"{f.name} {by:.4g}" for f, by in found.items() if by > LEDGER[f])
    assert {f for f, by in found.items() if by > LEDGER[f]} == set(case.harm), said
    for figure, (least, most) in case.harm.items():
        assert least <= found[figure] <= most, said
    _books_close(seen.true)


@pytest.mark.parametrize("name", sorted(n.removesuffix(".toml") for n in shipped("faults")))
def test_a_shipped_script_runs_a_whole_session(name: str) -> None:
    file = resolve(f"{name}.toml", "faults")
    prescription = Configuration.load("bench-10min.toml", overrides={}).prescription
    rows = load_faults(file, prescription.nominal_h * 3600.0)
    trace = run(faults=file)
    treat = trace.entered(State.TREAT)
    assert all(treat + row.at_s < trace.now_s[-1] for row in rows)
    assert trace.last is not None
    assert trace.last.outcome in {Outcome.COMPLETED, Outcome.ENDED_EARLY}
    _books_close(np.array(trace.true))


def test_the_needle_pulls_deeper_on_an_emptier_vein() -> None:
    name = "needle-on-wall-in-hypotension"
    both, hypotension, needle = _both(name), _part(name, 0), _part(name, 1)
    assert hypotension.raised == ()
    # All that an access pressure sees of a circulation at half its pressure is the fall of CVP ...
    apart = needle.mean - both.mean
    assert 4.0 < apart[181:201, Truth.CVP].mean() < 5.0
    assert 2.8 < apart[181:201, Truth.P_ACC].mean() < 4.2
    # ... and the water that the low pressure draws from the tissue thins the blood and takes that back.
    assert apart[-120:, Truth.HCT_PATIENT].mean() > 0.005
    assert -2.0 < apart[-120:, Truth.P_ACC].mean() < 1.0
    assert both.truth(Truth.MAP)[-1] < 0.5 * needle.truth(Truth.MAP)[-1]
    assert both.first("H07.1") < needle.first("H07.1") - 60.0


def test_less_heparin_clots_faster_and_clotted_fibres_run_into_the_limiter_sooner() -> None:
    name = "heparin-off-to-haemolysis"
    chain, runaway, clotting = _part(name, 0, 1, 2), _part(name, 2), _part(name, 1)
    unheparinised = _part(name, 0, 1)
    assert chain.raised == runaway.raised == clotting.raised == ()
    shut = [-np.log(s.truth(Truth.S1_OPEN)[-1]) for s in (unheparinised, clotting)]
    assert 1.005 < shut[0] / shut[1] < 1.05, shut
    assert _limited_s(chain) < _limited_s(runaway) < _limited_s(clotting)
    # What a limiter does quietly: less plasma.
    assert chain.truth(Truth.Q_P)[-60:].mean() < runaway.truth(Truth.Q_P)[-60:].mean() - 1.0
    # At less flow per open fibre fewer cells burst at the wall: the chain hurts less than its link alone.
    burst = [s.true[-1, Truth.HARM_FREE_HAEM_UMOL] for s in (chain, runaway)]
    assert burst[0] < 0.2 * burst[1], burst


def _limited_s(seen: Seen) -> float:
    """When TMP, without its ripple, has come within 2 mmHg of its limiter."""
    smooth = np.convolve(seen.truth(Truth.TMP), np.full(20, 0.05), mode="valid")
    return float(np.argmax(smooth > 36.0)) if smooth.max() > 36.0 else float("inf")


def test_a_pump_mismatch_neither_hides_nor_hastens_a_falling_level() -> None:
    name = "pump-mismatch-and-chamber-level"
    both, mismatch, level = _both(name), _part(name, 0), _part(name, 1)
    assert mismatch.raised == ()
    assert both.truth(Truth.Q_P)[31:35].mean() > 1.05 * level.truth(Truth.Q_P)[31:35].mean()
    assert mismatch.truth(Truth.Q_P)[90:].mean() == pytest.approx(30.0, abs=0.6)
    assert both.first("H04.1") == pytest.approx(level.first("H04.1"), abs=3.0)
    # The chamber's blood went to the patient, and the balance by scales cannot know.
    given = both.true[175, Truth.NET_BALANCE_ML] - both.true[50, Truth.NET_BALANCE_ML]
    known = both.read[Channel.BALANCE][175] - both.read[Channel.BALANCE][50]
    assert 19.0 < given < 25.0
    assert abs(known) < 2.0
    hurt = watch(script(name), 240.0, bare=True).true[-1]
    assert hurt[Truth.AIR_PATIENT_ML] > 5.0
    assert both.true[-1, Truth.AIR_PATIENT_ML] == 0.0


def test_without_the_patients_plasma_a_stuck_heater_heats_the_circuit_faster() -> None:
    name = "separation-stall-with-heater-stuck"
    both, heater = _both(name), _part(name, 0)
    assert 1.0 <= heater.first("H20.3") - both.first("H20.3") <= 3.0
    for seen in (both, heater):
        assert 41.0 < seen.truth(Truth.T_W1).max() < 42.0
        assert seen.truth(Truth.T_RX).max() < 38.0
        assert seen.truth(Truth.Q_C)[-60:].mean() > 90.0
        assert not seen.read[Channel.NODE].any()
    stuck, stalled = (lasting(row, 600.0) for row in script(name))
    hot, warm = (watch(rows, 600.0, bare=True) for rows in ((stuck, stalled), (stuck,)))
    assert 3.0 < hot.true[-1, Truth.T_RES] - warm.true[-1, Truth.T_RES] < 4.5
    assert 2.0 < hot.true[-1, Truth.T_BR] - warm.true[-1, Truth.T_BR] < 4.0
    assert hot.true[-1, Truth.HARM_HEAT_MIN] > 5.0
    # What overheats does not get to the patient: nothing returns.
    assert hot.true[-1, Truth.T_RET] < 25.0
    assert warm.true[-1, Truth.T_RET] > 38.0


def test_a_fouled_sensor_before_the_cells_puts_the_alarm_off_and_one_behind_them_brings_it_forward() -> None:
    name = "gas-lost-behind-fouled-sensor"
    both, gas = _both(name), _part(name, 1)
    late = both.first("H22.1") - gas.first("H22.1")
    assert 340.0 < late < 420.0
    # The loop believed the sensor: it had filled the store, past what H23.1 would allow if it could see.
    assert both.truth(Truth.DO_IN).max() > 180.0
    assert both.read[Channel.DO_IN].max() < 155.0
    fouling, lost = script(name)
    behind = watch((replace(fouling, channel=Channel.DO_OUT), lost), 1200.0, TYPICAL, SIX_TIMES)
    assert 180.0 < gas.first("H22.1") - behind.first("H22.1") < 240.0
    # What gives it away with these cells: no cells make oxygen. There is no rule on it.
    usual = watch(script(name), 420.0)
    assert usual.raised == ()
    assert (usual.read[Channel.DO_OUT] - usual.read[Channel.DO_IN])[-60:].min() > 15.0
    assert (usual.truth(Truth.DO_OUT) - usual.truth(Truth.DO_IN))[-60:].max() < -2.0


def test_killed_cells_are_told_from_starving_ones_by_the_signs_of_the_oxygen() -> None:
    healthy = watch((), 1800.0)
    killed, starving = _both("cells-killed"), _both("cells-starving")
    changes = {
        name: {key: _change(seen, healthy, key) for key in ("DO_out", "OCR", "pH")}
        for name, seen in (("killed", killed), ("starving", starving))
    }
    assert 8.0 < changes["killed"]["DO_out"] < 12.0, changes
    assert -125.0 < changes["starving"]["DO_out"] < -112.0, changes
    # As measured, mL/min x mmHg: a healthy one takes 1200.
    assert -1150.0 < changes["killed"]["OCR"] < -800.0, changes
    assert 11000.0 < changes["starving"]["OCR"] < 12500.0, changes
    assert changes["killed"]["pH"] > 0.0005, changes
    assert -0.1 < changes["starving"]["pH"] < -0.06, changes
    # DO_in says nothing: the loop holds it.
    for seen in (killed, starving):
        assert _last(seen.read[Channel.DO_IN]) == pytest.approx(_last(healthy.read[Channel.DO_IN]), abs=1.0)
    assert killed.true[-1, Truth.CELLS] < 0.1 * healthy.true[-1, Truth.CELLS]
    assert starving.true[-1, Truth.CELLS] > 0.99 * healthy.true[-1, Truth.CELLS]


def _last(read: npt.NDArray[np.float64]) -> float:
    return float(read[-120:].mean())


def _change(seen: Seen, healthy: Seen, key: str) -> float:
    """What the sensors show beyond the healthy treatment's, in the last 2 min."""
    shown = [
        {
            "DO_out": _last(s.read[Channel.DO_OUT]),
            "OCR": _last(s.read[Channel.Q_C] * (s.read[Channel.DO_IN] - s.read[Channel.DO_OUT])),
            "pH": _last(s.read[Channel.PH]),
        }[key]
        for s in (seen, healthy)
    ]
    return shown[0] - shown[1]


def test_yellow_plasma_neither_fakes_nor_hides_burst_cells() -> None:
    name = "haemolysis-in-yellow-plasma"
    yellow, clearer = _both(name), watch(script(name), 300.0)
    alone = watch((), 1800.0, YELLOW)
    assert alone.raised == ()
    assert alone.truth(Truth.BILIRUBIN_FILTRATE)[-1] > 500.0
    assert 0.08 < alone.read[Channel.BLD].mean() < 0.15
    assert alone.read[Channel.BLD].max() < 0.5 * 0.35
    # 185 umol/L of bilirubin more are 0.028 mL/min on the detector, worth 2.5 umol/L of haem.
    haem = [_haem_at_trip(seen) for seen in (yellow, clearer)]
    assert 1.0 < haem[1] - haem[0] < 5.0, haem
    assert all(20.0 < h < 31.0 for h in haem), haem


def _haem_at_trip(seen: Seen) -> float:
    """Free haem in the filtrate where the rule was raised, umol/L."""
    return float(seen.truth(Truth.FHB_FILTRATE)[round(seen.first("H13.1")) - 5])


def test_a_pump_mismatch_adds_nothing_to_a_clogging_filter() -> None:
    name = "second-filter-clogging-and-mismatch"
    both, clogging = _both(name), _part(name, 0)
    for rule in ("H16.1", "H17.3"):
        assert both.first(rule) == pytest.approx(clogging.first(rule), abs=3.0)
    # No runaway: where the return is throttled the rest goes round.
    for seen in (both, clogging):
        assert seen.truth(Truth.P_BRI).max() < 110.0
        assert seen.truth(Truth.P_F2O).min() > -60.0
    bare = watch(script(name), 1200.0, bare=True)
    assert bare.truth(Truth.P_BRI).max() < 110.0
    assert 50.0 < bare.true[-1, Truth.HARM_FLUID_ERROR_ML] < 65.0
    assert both.true[-1, Truth.HARM_FLUID_ERROR_ML] < 6.0


@pytest.mark.parametrize("which", [0, 1, 2])
def test_after_a_dip_of_the_power_nothing_starts_by_itself(which: int) -> None:
    dip = script("power-dips")[which]
    seen = watch((dip,), dip.at_s + 60.0)
    assert seen.first("H29.1") == pytest.approx(dip.at_s + 0.6, abs=0.2)
    assert seen.states == (State.TREAT, State.PAUSE_STOPPED)
    after = seen.true[round(dip.at_s) + 5 :]
    for flow in (Truth.N_BP, Truth.N_PP, Truth.N_CP, Truth.N_RP):
        assert np.abs(after[:, flow]).max() < 0.5, flow.name
    for clamp in (Truth.POS_AC, Truth.POS_VC, Truth.POS_PC):
        assert after[:, clamp].max() == 0.0
    assert after[-1, Truth.BLOOD_LOST_ML] == after[-1, Truth.AIR_PATIENT_ML] == 0.0


def test_a_dip_shorter_than_the_clamps_rule_is_ridden_through() -> None:
    dip = lasting(script("power-dips")[0], 0.4)
    seen = watch((dip,), 90.0)
    assert seen.raised == ()
    assert seen.states == (State.TREAT,)
    assert seen.truth(Truth.Q_B)[-20:].mean() == pytest.approx(130.0, abs=10.0)


def test_behind_a_blind_detector_air_is_stopped_by_the_nodes_own() -> None:
    name = "air-behind-blind-detector"
    blind, sighted = _both(name), _part(name, 1)
    bare = watch(script(name)[1:], 300.0, bare=True)
    assert 60.0 < sighted.first("H01.1") < 66.0
    assert 0.2 <= blind.first("H33.1") - sighted.first("H01.1") <= 0.8
    assert bare.true[-1, Truth.AIR_PATIENT_ML] == pytest.approx(5.9, abs=0.2)
    assert blind.true[-1, Truth.AIR_PATIENT_ML] == sighted.true[-1, Truth.AIR_PATIENT_ML] == 0.0
    assert set(blind.read[Channel.NODE].tolist()) == {0.0, float(NodeTrip.AIR)}
    assert not sighted.read[Channel.NODE].any()
    # Past the detector, and held before the clamp: the line between them holds 2.6 mL.
    passed = blind.truth(Truth.AIR_V_ML)[-1] - blind.truth(Truth.AIR_V_ML)[0]
    assert 0.2 <= passed <= 0.35
    assert np.ptp(blind.truth(Truth.LVL_VEN)[:60]) < 1.0


def test_the_chambers_level_keeps_air_out_that_a_blind_detector_would_let_pass() -> None:
    blind = script("air-behind-blind-detector")[0]
    low = script("pump-mismatch-and-chamber-level")[1]
    seen = watch((blind, low), 240.0)
    assert seen.raised[0][0] == "H04.1"
    assert seen.true[-1, Truth.AIR_PATIENT_ML] == 0.0


def test_a_stuck_clamp_is_missed_when_it_is_needed_and_the_rollers_hold_the_blood() -> None:
    name = "disconnection-with-clamp-stuck-open"
    both, clamp, line = _both(name), _part(name, 0), _part(name, 1)
    assert clamp.raised == ()
    assert both.first("H05.1") == line.first("H05.1")
    assert 0.3 < both.first("H29.1") - both.first("H05.1") < 1.0
    assert "H29.1" not in [rule for rule, _ in line.raised]
    # A second after the command the node cuts the power; where the clamp closes it has nothing to do.
    assert 0.3 < both.first("H33.1") - both.first("H29.1") < 0.9
    assert not line.read[Channel.NODE].any()
    lost = [s.truth(Truth.BLOOD_LOST_ML) for s in (both, line)]
    assert 0.5 < lost[0][-1] - lost[1][-1] < 1.5
    assert both.true[150, Truth.POS_VC] == 1.0
    assert line.true[150, Truth.POS_VC] == 0.0
    assert lost[0][-1] - lost[0][70] < 0.1
    bare = watch(script(name), 240.0, bare=True)
    assert bare.true[-1, Truth.BLOOD_LOST_ML] > 10.0 * lost[0][-1]
