"""Faults of the cells: what they take up, make and leave behind, against the figures they are given by."""

from dataclasses import replace
from math import exp

import pytest

from qh1a.sim.disturbance import Disturbance
from qh1a.sim.truth import Truth
from tests.sim.circuits import SMOOTH, Bench, W, bench, treating

D, T = Disturbance, Truth
MADE = (T.CELLS_O2_UMOL, T.CELLS_GLUCOSE_UMOL, T.CELLS_LACTATE_UMOL)
LEDGERS = (T.SOLUTE_LEDGER, T.OXYGEN_LEDGER, T.CARBON_LEDGER, T.HEAT_LEDGER)


def made_in(it: Bench, seconds: float) -> tuple[float, ...]:
    """Oxygen, glucose and lactate made, umol/min."""
    before = [it[signal] for signal in MADE]
    it.run(seconds)
    assert max(it[signal] for signal in LEDGERS) < 1e-9
    return tuple((it[signal] - old) / seconds * 60.0 for signal, old in zip(MADE, before, strict=True))


def test_dead_cells_take_up_and_make_nothing() -> None:
    it = treating(120.0)
    it.fault(D.CELL_ACTIVITY, 0.0)
    it.run(1.0)  # the step before has set the rates of this one
    assert made_in(it, 60.0) == (0.0, 0.0, 0.0)


def test_activity_is_a_factor_on_all_of_it() -> None:
    it = treating(300.0)
    usual = made_in(it, 60.0)
    assert usual[0] == pytest.approx(-1.5, rel=0.1)
    it.fault(D.CELL_ACTIVITY, 3.0)
    it.run(1.0)
    assert made_in(it, 60.0) == pytest.approx([3.0 * rate for rate in usual], rel=0.02)


def test_bacteria_take_what_they_are_given_by_and_make_acid_of_glucose() -> None:
    it, twin = treating(300.0), treating(300.0)
    for one in (it, twin):
        one.fault(D.CELL_ACTIVITY, 0.0)
    it.fault(D.BACTERIA_UMOL_MIN, 6.0)
    it.run(1.0)
    oxygen, glucose, lactate = made_in(it, 600.0)
    # Of the largest uptake, O2/(Km + O2) at some 130 mmHg is 95 %.
    assert oxygen == pytest.approx(-6.0, rel=0.07)
    assert glucose / oxygen == pytest.approx(SMOOTH.cells.bacteria_glucose, rel=0.1)
    assert lactate == pytest.approx(-SMOOTH.cells.kinetics.lactate_yield * glucose, rel=1e-9)
    twin.run(601.0)
    assert it[T.PH_BR] < twin[T.PH_BR] - 0.01
    assert it[T.DO_OUT] < twin[T.DO_OUT] - 30.0


@pytest.mark.parametrize("fault", [D.CELL_DETACHMENT_H, D.CELL_KILLING_H])
def test_cells_go_at_the_rate_that_is_given(fault: Disturbance) -> None:
    it, twin = treating(60.0), treating(60.0)
    it.fault(fault, 6.0)
    it.run(600.0)
    twin.run(600.0)
    assert it[T.CELLS] / twin[T.CELLS] == pytest.approx(exp(-1.0), rel=1e-3)
    assert it[T.SOLUTE_LEDGER] < 1e-9


def out_of_the_shell() -> Bench:
    it = bench(parameters=replace(SMOOTH, bioreactor=replace(SMOOTH.bioreactor, configuration="B")))
    it.actuators[W] = 37.5
    it.hold(120.0, 130.0, 30.0, 100.0)
    return it


def test_detached_cells_clog_the_second_filter_where_the_shell_is_open() -> None:
    it, twin = out_of_the_shell(), out_of_the_shell()
    it.fault(D.CELL_DETACHMENT_H, 6.0)
    for one in (it, twin):
        one.run(900.0)
    drop, healthy = (one[T.P_F2] - one[T.P_F2O] for one in (it, twin))
    assert drop > 1.1 * healthy
    assert it[T.HARM_DEBRIS_1E6] < 1e-9


def test_a_breach_lets_its_share_of_the_debris_through() -> None:
    through = []
    for factor in (0.3, 0.6):
        it = out_of_the_shell()
        it.fault(D.CELL_DETACHMENT_H, 6.0)
        it.fault(D.R_F2_FACTOR, factor)
        it.run(900.0)
        assert it[T.SOLUTE_LEDGER] < 1e-9
        through.append(it[T.HARM_DEBRIS_1E6])
    assert through[1] > 1.0
    # What passes unfiltered goes as the conductance that the breach has added.
    assert through[0] / through[1] == pytest.approx(0.7 / 0.4, rel=0.03)
