"""Metabolism, secretion, death and detachment of the cells."""

from dataclasses import replace
from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from qh1a.sim.bioreactor import N_CELLS, Profile, outer_area
from qh1a.sim.cells import (
    Adherent,
    CellClearance,
    Loss,
    age,
    cell_constants,
    effectiveness,
    heat_dose,
    krogh_drop,
    loss_rate,
    pace,
)
from qh1a.sim.march import Rate
from qh1a.sim.species import Species
from tests.sim.reactor_reference import BIOREACTOR, CELLS, Q_100, Array, Reactor, fluid, reactor

S = Species
K = cell_constants(CELLS, BIOREACTOR)
HOUR = 3600.0
THIN = replace(BIOREACTOR, cell_layer=0.0)
PLASMA_O2 = 1.3  # umol/L/mmHg
PER_MIN = 60.0 / 1e3  # nmol/s to umol/min


def grown(
    r: Reactor, *, hours: float, q: float = 0.0, bile_acids: float = 0.0, bilirubin: float = 0.0
) -> None:
    for _ in range(round(hours * HOUR)):
        age(r.adherent, r.zones, r.profile, q, bile_acids, bilirubin, r.cell_k, r.k, r.made, 1.0)


def with_loss(**change: float) -> Reactor:
    """Still, with only the given losses."""
    none = dict.fromkeys(("basal", "hypoxia", "ph", "bile_acids", "bilirubin", "complement", "shear"), 0.0)
    loss = replace(CELLS.loss, **{**none, "heat_dose": 1e4, **change})
    return reactor(fluid(), culture=replace(CELLS, loss=loss))


def test_the_oxygen_and_glucose_budget() -> None:  # V32
    r = reactor(fluid(), bioreactor=THIN)
    oxygen = r.rates[Rate.UPTAKE, :, S.O2].sum() * PER_MIN
    assert oxygen == pytest.approx(1.63333, rel=1e-5)
    assert r.rates[Rate.UPTAKE, :, S.GLUCOSE].sum() * PER_MIN == pytest.approx(6.389, rel=1e-3)
    for flow, pressure in ((0.100, 137.436), (0.030, 108.120)):
        assert 150.0 - oxygen / flow / PLASMA_O2 == pytest.approx(pressure, rel=1e-5)
    # Nearly zero order: the march from lumen to cells and out again ends there too.
    r.run(Q_100, fluid({S.O2: 195.0}), 5.0, 400)
    assert r.out[S.O2] / (5.0 * Q_100) / PLASMA_O2 == pytest.approx(137.436, abs=0.7)


@pytest.mark.parametrize(("phi", "eta"), [(0.5, 0.924234), (1.0, 0.761594), (3.0, 0.331685)])
def test_effectiveness(phi: float, eta: float) -> None:  # V11
    assert effectiveness(phi) * phi == pytest.approx(
        {0.5: 0.462117, 1.0: 0.761594, 3.0: 0.995055}[phi], rel=1e-5
    )
    assert effectiveness(phi) == pytest.approx(eta, rel=1e-5)
    assert effectiveness(0.0) == 1.0


def test_a_thick_layer_starves_its_depth() -> None:
    thick = replace(BIOREACTOR, cell_layer=200.0)
    r, thin = (
        reactor(fluid({S.O2: 10.0}), bioreactor=thick, cells=2e10),
        reactor(fluid({S.O2: 10.0}), bioreactor=THIN, cells=2e10),
    )
    share = r.rates[Rate.UPTAKE, 0, S.O2] / thin.rates[Rate.UPTAKE, 0, S.O2]
    # Thiele modulus squared: rate per volume over (Km + c) D, times the thickness squared.
    rate = 2e10 * 98e-15 / HOUR / (outer_area(BIOREACTOR) * 200e-6)
    phi = 200e-6 * (rate / ((8.0 + 10.0) * 1e-3 * 2e-9)) ** 0.5
    assert phi > 1.0
    assert share == pytest.approx(effectiveness(phi), rel=1e-9)


def test_radial_oxygen() -> None:  # V09
    rate, d = 2.72222e-3, 2e-9
    assert krogh_drop(rate, d, 150e-6, 250e-6) == pytest.approx(8.1167e-3, rel=1e-4)
    critical = brentq(lambda r: krogh_drop(rate, d, 150e-6, r) - 0.195, 200e-6, 1e-3)
    assert critical == pytest.approx(572.61e-6, rel=1e-4)
    # So the model may do without a radial grid: the layer's fall is far below the Km.
    monolayer = 1e9 * 98e-15 / HOUR / (outer_area(BIOREACTOR) * 10e-6)
    assert krogh_drop(monolayer, d, 150e-6, 160e-6) * 1e3 < 0.01 * CELLS.kinetics.oxygen_km


def test_metabolism_slows_in_the_cold_and_stops_in_the_heat() -> None:  # V37
    assert pace(37.0, K) == 1.0
    assert pace(30.0, K) == pytest.approx(0.576, abs=5e-4)
    assert pace(44.0, K) > 1.7
    assert pace(44.01, K) == 0.0
    cold, warm = reactor(fluid({S.HEAT: 30.0}), bioreactor=THIN), reactor(fluid(), bioreactor=THIN)
    for row, species in ((Rate.UPTAKE, S.O2), (Rate.UPTAKE, S.GLUCOSE), (Rate.SOURCE, S.EV)):
        assert cold.rates[row, :, species] == pytest.approx(
            warm.rates[row, :, species] * pace(30.0, K), rel=1e-12
        )


def test_heat_is_dosed_as_time_at_43() -> None:  # V37
    assert 60 * heat_dose(41.0) == pytest.approx(3.75, rel=1e-12)
    assert 10 * heat_dose(44.0) == pytest.approx(20.0, rel=1e-12)
    assert heat_dose(43.0) == 1.0
    assert heat_dose(37.0) == heat_dose(20.0) == 0.0


def test_secretion() -> None:  # physics reference 1.1.6
    r = reactor(fluid({S.TNF: 0.0}))
    per_minute = r.rates[Rate.SOURCE].sum(axis=0) * 60
    assert per_minute[S.EV] * 1e6 == pytest.approx(2.08e9, rel=1e-2)  # "2.1e9"
    assert per_minute[S.IL6] / 1e3 == pytest.approx(3.47, rel=1e-2)  # "3.5 ng/min"
    assert per_minute[S.HGF] / 1e3 * 1440 == pytest.approx(500, rel=1e-9)  # 0.5 ng per 1e6 and day
    assert per_minute[S.PGE2] / 1e3 * 1440 == pytest.approx(2000, rel=1e-9)
    half = reactor(fluid({S.TNF: CELLS.licensing.tnf})).rates[Rate.SOURCE].sum(axis=0) * 60
    more = {S.EV: 0.0, S.HGF: 1.0, S.PGE2: 5.0, S.IL6: 2.0}
    for species, factor in more.items():
        assert half[species] == pytest.approx(per_minute[species] * (1 + factor / 2), rel=1e-12)
    others = [s for s in S if s not in more]
    assert (half[others] == 0.0).all()


def test_clearance_is_what_the_rig_says_and_by_default_nothing() -> None:
    assert (reactor(fluid()).rates[Rate.SINK] == 0.0).all()
    given_ = replace(CELLS, clearance=CellClearance(3.0, 5.0, 7.0))
    sinks = reactor(fluid(), culture=given_, cells=2e9).rates[Rate.SINK].sum(axis=0) * 60
    assert sinks[[S.CB, S.UCB, S.AMMONIA]] == pytest.approx([6.0, 10.0, 14.0], rel=1e-12)
    assert np.count_nonzero(sinks) == 3


def test_without_cells_nothing_happens() -> None:
    r = reactor(fluid(), cells=0.0)
    assert (r.rates == 0.0).all()
    grown(r, hours=0.01)
    assert (r.made == 0.0).all()
    assert (r.adherent[Adherent.LIVE] == 0.0).all()


def rate(
    change: dict[Species, float] | None = None,
    at_ph: float = 7.4,
    shear: float = 0.0,
    complement: float = 0.0,
    toxins: tuple[float, float] = (0.0, 0.0),
    loss: Loss = CELLS.loss,
) -> float:
    """Loss per hour above the basal one."""
    k = cell_constants(replace(CELLS, loss=loss), BIOREACTOR)
    return loss_rate(fluid(change), at_ph, shear, complement, *toxins, k) * HOUR - loss.basal


def test_every_cause_of_loss() -> None:  # physics reference 1.1.5
    starved = {S.O2: 2.5, S.GLUCOSE: 500.0}
    attacked = replace(CELLS.loss, complement=0.3)
    assert rate() == pytest.approx(0.0, abs=1e-15)
    assert rate(starved) == pytest.approx(0.1 * 0.25 * 0.5, rel=1e-9)
    assert rate({S.O2: 0.0, S.GLUCOSE: 0.0}) == pytest.approx(0.1, rel=1e-9)
    assert rate({S.O2: 0.0, S.GLUCOSE: 1e9}) == pytest.approx(0.0, abs=1e-6)
    assert rate({S.O2: 200.0, S.GLUCOSE: 0.0}) == pytest.approx(0.0, abs=1e-15)
    assert rate({S.HEAT: 43.0}) == pytest.approx(log(2), rel=1e-9)
    assert rate({S.HEAT: 42.0}) == pytest.approx(log(2) / 4, rel=1e-9)
    assert rate({S.HEAT: 45.0}) == pytest.approx(log(2) * 4, rel=1e-9)
    assert rate(at_ph=6.4) == pytest.approx(0.25, rel=1e-9)
    assert rate(at_ph=8.0) == pytest.approx(0.04, rel=1e-9)
    assert rate(at_ph=6.95) == rate(at_ph=7.75) == pytest.approx(0.0, abs=1e-15)
    assert rate(toxins=(150.0, 0.0)) == pytest.approx(0.04, rel=1e-9)
    assert rate(toxins=(0.0, 0.2)) == pytest.approx(0.02, rel=1e-9)
    assert rate(toxins=(49.0, 0.099)) == pytest.approx(0.0, abs=1e-15)
    assert rate(complement=0.5, loss=attacked) == pytest.approx(0.15, rel=1e-9)
    assert rate(shear=1.9) == pytest.approx(0.0, abs=1e-15)
    assert rate(shear=6.0) == pytest.approx(8.0, rel=1e-9)


def test_cells_die_exponentially_and_become_debris() -> None:
    r = with_loss(basal=0.5)
    volume, before = r.k[1], r.zones[1, :, S.DEBRIS].sum()
    grown(r, hours=1.0)
    live = r.adherent[Adherent.LIVE]
    assert live == pytest.approx(1e9 / N_CELLS * exp(-0.5), rel=1e-9)
    lost = 1e9 - live.sum()
    assert r.made[S.DEBRIS] == pytest.approx(lost, rel=1e-12)
    assert (r.zones[1, :, S.DEBRIS].sum() - before) * volume == pytest.approx(lost, rel=1e-9)
    assert np.count_nonzero(r.made) == 1


@given(st.floats(0.01, 1e6))
def test_any_step_leaves_some_cells_and_loses_none(dt: float) -> None:
    r = reactor(fluid({S.HEAT: 44.0}))
    age(r.adherent, r.zones, r.profile, Q_100, 100.0, 1.0, r.cell_k, r.k, r.made, dt)
    live = r.adherent[Adherent.LIVE].sum()
    assert 0.0 <= live < 1e9
    assert live + r.zones[1, :, S.DEBRIS].sum() * r.k[1] == pytest.approx(1e9, rel=1e-12)


def test_fewer_cells_do_less() -> None:
    r = reactor(fluid(), bioreactor=THIN)
    before = r.rates.copy()
    r.adherent[Adherent.LIVE] *= 0.25
    r.metabolise()
    assert r.rates == pytest.approx(before * 0.25, rel=1e-12)


def test_only_the_cells_that_lack_oxygen_die() -> None:
    r = with_loss(hypoxia=0.5)
    r.zones[1, 12:, [S.O2, S.GLUCOSE]] = 0.0
    grown(r, hours=0.5)
    live = r.adherent[Adherent.LIVE] * N_CELLS / 1e9
    assert live[:12] == pytest.approx(1.0, abs=1e-12)
    assert live[12:] == pytest.approx(exp(-0.25), rel=1e-9)


def test_acid_in_the_wall_kills() -> None:
    r = with_loss(ph=1.0)
    r.zones[1, :, S.SID] -= 8000.0
    at_ph = 7.4 + (36200.0 - 8000.0 - 24300.0 - 60 * 200.0) / 6500.0
    grown(r, hours=0.5)
    expected = exp(-0.5 * (6.9 - at_ph) ** 2)
    assert r.adherent[Adherent.LIVE].sum() / 1e9 == pytest.approx(expected, rel=1e-6)


def test_toxins_and_shear_reach_the_cells() -> None:
    poisoned, stained = with_loss(bile_acids=1.0), with_loss(bilirubin=1.0)
    grown(poisoned, hours=0.1, bile_acids=100.0, bilirubin=0.0)
    grown(stained, hours=0.1, bile_acids=0.0, bilirubin=0.2)
    for r in (poisoned, stained):
        assert r.adherent[Adherent.LIVE].sum() / 1e9 == pytest.approx(exp(-0.1), rel=1e-6)
    sheared = with_loss(shear=1.0, critical_shear=1e-3)
    grown(sheared, hours=0.1, q=-Q_100)
    live: Array = sheared.adherent[Adherent.LIVE] * N_CELLS / 1e9
    shear = Q_100 * sheared.profile[Profile.SHEAR, :N_CELLS] / 1e-3
    assert shear.max() > 2.0
    assert live == pytest.approx(np.exp(-0.1 * np.maximum(shear - 1.0, 0.0) ** 2), rel=1e-6)


def test_complement_attacks_until_it_is_used_up_and_not_in_saline() -> None:
    r = with_loss(complement=0.3, complement_decay=2.0)
    r.zones[1, :5, S.GLOBULIN] = 0.0
    r.zones[1, 5:, S.SID] = 24300.0 + 60 * 200.0
    grown(r, hours=3.0)
    live = r.adherent[Adherent.LIVE] * N_CELLS / 1e9
    assert live[:5] == pytest.approx(1.0, abs=1e-12)
    assert live[5:] == pytest.approx(exp(-0.3 / 2.0 * (1 - exp(-6.0))), rel=1e-4)
    assert (r.adherent[Adherent.COMPLEMENT, :5] == 1.0).all()
    assert r.adherent[Adherent.COMPLEMENT, 5:] == pytest.approx(exp(-6.0), rel=1e-9)
