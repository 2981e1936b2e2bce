"""S1 in depth, against figures computed elsewhere (V and P numbers, F faults: physics reference, 3 and 5)."""

from dataclasses import replace
from math import cosh, exp, log, sinh, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from qh1a.sim import clotting, rheology, separator
from qh1a.sim.parameters import Clotting, Haemolysis, Separator, Sieving
from qh1a.sim.separator import CELLS, FILM, N_SEPARATOR_STATES, SeparatorConst, SeparatorState
from qh1a.sim.species import N_SPECIES, Species

S1 = Separator(
    area=0.5, fibre_diameter=330.0, length=0.20, cell_radius=4.2, wall_hct=0.95, layer_time=5.0,
    permeability=3.0, fouling_max=1.0, fouling_protein=900.0,
    critical=0.9, cake_growth=0.02, cake_release=0.05, reference_flow=130.0,
    sieving=Sieving(
        albumin=0.98, globulin=0.97, mediators=0.95, vesicles=0.6,
        half_protein=5.0, half_vesicles=2.0, power=2.0,
    ),
    clotting=Clotting(rate=0.02, act=180.0, act_scale=40.0, hct=0.40, stasis=4.0, stasis_flow=30.0),
    haemolysis=Haemolysis(
        tmp_least=40.0, tmp_most=100.0, tmp_per_shear=0.06, shear=200.0, rate=0.8,
        cell_haem=20460.0, gap_stress=9.0, gap_time=0.01,
    ),
)  # fmt: skip
SPHERE = replace(S1, cell_radius=2.78004)  # of 90 fL, as the V checks have it
K, K_SPHERE = separator.separator_constants(S1), separator.separator_constants(SPHERE)
MU = 1.2e-3  # Pa.s, plasma
# V06 and V07 are computed with the formula's 0.078 for 0.807 x 0.03^(2/3) = 0.0779150.
ROUNDED = 0.078 / 0.0779150
Array = NDArray[np.float64]


def state(fouling: float = 0.0, cake: float = 0.0, share: float = 1.0) -> Array:
    s = np.zeros(N_SEPARATOR_STATES)
    s[SeparatorState.FOULING], s[SeparatorState.CAKE], s[SeparatorState.OPEN] = fouling, cake, share
    return s


def profile(
    q_b: float, hct: float, q_f: float, lp: float = 0.05, share: float = 1.0, k: Array = K
) -> tuple[float, Array]:
    """Inlet TMP and the axial profile; flows mL/s."""
    out = np.zeros((3, CELLS))
    return separator.profile(k, share, q_b, hct, q_f, lp, MU, out), out


def filtered(out: Array, share: float = 1.0) -> float:
    return float(out[0].sum()) * S1.area * share / CELLS


# Geometry and the polarised limit


def test_v05_geometry() -> None:
    assert separator.fibres(S1) == pytest.approx(2411.4, abs=0.05)
    assert separator.wall_shear(K, state(), 150.0 / 60.0) == pytest.approx(293.848, rel=1e-5)
    assert K[SeparatorConst.DROP] * 3e-3 * 150.0 / 60.0 == pytest.approx(16.029, rel=3e-5)


def test_v06_average_flux_at_1000_per_s() -> None:
    q = 1000.0 / separator.wall_shear(K_SPHERE, state(), 1.0)
    flux = K_SPHERE[FILM:].sum() * log(0.95 / 0.40) * q / S1.area
    assert flux * ROUNDED == pytest.approx(4.50991, rel=1e-5)  # um/s


@pytest.mark.parametrize(("hct", "flow"), [(0.25, 61.359), (0.30, 52.979), (0.40, 39.757)])
def test_v07_average_formula(hct: float, flow: float) -> None:
    assert 150.0 * K_SPHERE[FILM:].sum() * log(0.95 / hct) * ROUNDED == pytest.approx(flow, rel=2e-5)


@pytest.mark.parametrize(("hct", "fraction"), [(0.25, 0.297), (0.30, 0.262), (0.40, 0.204)])
def test_filtration_fraction_of_the_axial_march(hct: float, fraction: float) -> None:
    assert separator.polarised_fraction(SPHERE, hct) == pytest.approx(fraction, abs=5e-4)


def test_polarised_flow_and_exit_hct() -> None:
    """39.32 mL/min and 0.4066 by 1000 cells at 150 mL/min, Hct 0.30; 41.8 for the rig (circuit, 1)."""
    _, out = profile(2.5, 0.30, 1.0, k=K_SPHERE)
    assert filtered(out) * 60.0 == pytest.approx(39.32, rel=5e-4)
    assert out[1, -1] == pytest.approx(0.4066, abs=1e-4)
    assert 130.0 * separator.polarised_fraction(S1, 0.37) == pytest.approx(41.8, rel=1e-3)


@pytest.mark.parametrize("hct", [0.01, 0.2, 0.37, 0.6, 0.9])
def test_polarised_fraction_solves_the_local_law(hct: float) -> None:
    """The local law of physics reference 1.2.1, integrated in x^(2/3) to be smooth at the inlet."""
    coefficient = 0.538 * 0.03 ** (2.0 / 3.0) * (4.2e-6) ** (4.0 / 3.0) * 8.0 / (165e-6) ** 2 * 1.5

    def slope(_: float, left: Array) -> Array:
        rate: Array = -coefficient * left * np.log(0.95 * left / hct)
        return rate

    end = solve_ivp(slope, (0.0, 0.2 ** (2.0 / 3.0)), [1.0], rtol=1e-11, atol=1e-13).y[0, -1]
    assert separator.polarised_fraction(S1, hct) == pytest.approx(1.0 - end, rel=1e-8)


def test_packed_blood_gives_no_filtrate() -> None:
    assert separator.polarised_fraction(S1, 0.95) == 0.0
    assert separator.polarised_fraction(S1, 0.0) == 1.0
    _, out = profile(2.0, 0.96, 0.5)
    assert filtered(out) < 1e-6


@given(st.floats(0.02, 0.85), st.floats(0.3, 4.0), st.floats(0.2, 1.0))
def test_march_meets_the_table_whatever_the_flow_and_the_open_fibres(
    hct: float, q_b: float, share: float
) -> None:
    tmp, out = profile(q_b, hct, 2.0 * q_b, lp=1e3, share=share)
    assert tmp == 1000.0
    # Each cell's limit is kept 1e-9 mL/s above 0.
    limit = separator.polarised_fraction(S1, hct) * q_b
    assert filtered(out, share) == pytest.approx(limit, rel=1e-9, abs=CELLS * 1.1e-9)


# The axial march


@given(st.floats(0.5, 3.5), st.floats(0.0, 0.6), st.floats(-0.3, 0.9), st.floats(0.3, 1.0))
def test_march_gives_the_flow_asked_for_and_keeps_the_cells(
    q_b: float, hct: float, of_limit: float, share: float
) -> None:
    q_f = of_limit * separator.polarised_fraction(S1, hct) * q_b
    tmp, out = profile(q_b, hct, q_f, lp=0.05 * share, share=share)
    assert filtered(out, share) == pytest.approx(q_f, abs=1e-11)
    assert out[1, -1] * (q_b - q_f) == pytest.approx(hct * q_b, rel=1e-10, abs=1e-14)
    assert (np.diff(out[2]) < 0.0).all()
    assert tmp > out[2, 0]


@pytest.mark.parametrize("hct", [0.30, 0.45])
def test_v05_v33_pressure_along_the_fibres(hct: float) -> None:
    """With nothing filtered the TMP is the bundle's own drop, half of it on either side of zero."""
    tmp, out = profile(2.5, hct, 0.0, lp=1e-7)
    drop = 16.029 * MU / 3e-3 * rheology.relative_viscosity(hct, 330.0)
    assert tmp == pytest.approx(0.5 * drop, rel=1e-4)
    assert out[2, 0] - out[2, -1] == pytest.approx(drop * (CELLS - 1) / CELLS, rel=1e-4)
    assert out[2] + out[2, ::-1] == pytest.approx(np.zeros(CELLS), abs=1e-4)


def test_back_filtration_of_saline_is_the_telegraph_equation() -> None:
    """No layer, one viscosity: Q'' = r lp Q along the fibre, solved in closed form."""
    q_b, q_f, lp = 130.0 / 60.0, -0.5, 0.05
    r = K[SeparatorConst.DROP] * MU
    z = sqrt(r * lp)
    tmp_in = (q_b * (cosh(z) - 1.0) + q_f) * z / (lp * sinh(z))
    assert tmp_in < 0.0
    assert profile(q_b, 0.0, q_f)[0] == pytest.approx(tmp_in, rel=1e-3)


def test_operating_point() -> None:
    """130/30 mL/min, Hct 0.37: mean TMP about 18 (circuit, 2), highest at the inlet."""
    tmp, out = profile(130.0 / 60.0, 0.37, 0.5)
    assert out[2].mean() == pytest.approx(18.0, abs=2.5)
    assert 20.0 < tmp < 25.0
    assert (np.diff(out[0]) < 0.0).all()
    assert out[1, -1] == pytest.approx(0.37 * 130.0 / 100.0)
    lumped, _ = separator.filtration(float(out[2].mean()), 0.05, 41.8 / 60.0)
    assert lumped == pytest.approx(0.5, rel=0.06)


def test_march_without_flow_and_backwards() -> None:
    tmp, out = profile(0.0, 0.37, 0.0)
    assert 0.0 < tmp < 0.1
    assert np.isfinite(out).all()
    assert profile(-2.0, 0.37, 0.4)[0] == profile(2.0, 0.37, 0.4)[0]


def test_f15_tmp_runs_away_towards_the_limit() -> None:
    tmp = [profile(130.0 / 60.0, 0.37, q / 60.0)[0] for q in (30.0, 37.0, 40.0, 41.8)]
    assert tmp[1] < 40.0
    assert tmp[2] > 60.0
    assert tmp[3] > 200.0


def test_f17_clotted_fibres_cost_pressure() -> None:
    s = state(share=0.5)
    whole, half = profile(2.0, 0.37, 0.4)[1], profile(2.0, 0.37, 0.4, lp=0.025, share=0.5)[1]
    assert separator.permeability(K, s, 1.0) == pytest.approx(0.025)
    assert separator.wall_shear(K, s, -2.0) == pytest.approx(2.0 * separator.wall_shear(K, state(), 2.0))
    # Half the fibres: twice the drop, twice the mean TMP, the same limit and nearly the same share of it.
    assert half[0].mean() == pytest.approx(2.0 * whole[0].mean())
    assert half[2, 0] - half[2, -1] == pytest.approx(2.0 * (whole[2, 0] - whole[2, -1]), rel=0.05)
    assert half[2].mean() == pytest.approx(2.0 * whole[2].mean(), rel=0.05)


def test_permeability() -> None:
    assert separator.permeability(K, state(), 1.0) * 60.0 == pytest.approx(3.0)
    assert separator.permeability(K, state(0.5, 1.5), 1.25) * 60.0 == pytest.approx(3.0 / 3.0 / 1.25)


# Sieving

PLASMA_ONLY = {Species.RBC, Species.DEBRIS}
PROTEIN_LIKE = {Species.ALBUMIN, Species.GLOBULIN, Species.FHB, Species.IL6, Species.TNF, Species.HGF}
BOUND = (Species.CB, Species.UCB, Species.BILE_ACIDS)


def sieve(fouling: float, cake: float, free: tuple[float, float, float], leak: float = 0.0) -> Array:
    out = np.full(N_SPECIES, np.nan)
    separator.sieving(K, fouling, cake, np.array(free), leak, out)
    return out


def test_clean_sieving() -> None:
    out = sieve(0.0, 0.0, (0.0, 0.0, 0.25))
    expected = dict.fromkeys(Species, 1.0) | dict.fromkeys(PLASMA_ONLY, 0.0)
    expected |= {Species.ALBUMIN: 0.98, Species.FHB: 0.98, Species.GLOBULIN: 0.97}
    expected |= dict.fromkeys((Species.IL6, Species.TNF, Species.HGF), 0.95) | {Species.EV: 0.6}
    expected |= {Species.CB: 0.98, Species.UCB: 0.98, Species.BILE_ACIDS: 0.25 + 0.75 * 0.98}
    assert out == pytest.approx(np.array([expected[s] for s in Species]))


def test_sieving_declines_with_both_deposits() -> None:
    out = sieve(2.0, 3.0, (0.0, 0.5, 1.0))
    for species in PROTEIN_LIKE:
        assert out[species] == pytest.approx(0.5 * sieve(0.0, 0.0, (0, 0, 0))[species])
    assert out[Species.EV] == pytest.approx(0.6 / (1.0 + 2.5**2))
    assert out[list(BOUND)] == pytest.approx([0.49, 0.745, 1.0])
    assert out[Species.UREA] == out[Species.HEPARIN] == out[Species.O2] == out[Species.HEAT] == 1.0


@given(st.floats(0, 50), st.floats(0, 50), st.floats(0, 1), st.floats(0, 1), st.floats(0.0, 5.0))
def test_sieving_stays_within_0_and_1(
    fouling: float, cake: float, free: float, leak: float, more: float
) -> None:
    out = sieve(fouling, cake, (free, free, free), leak)
    assert ((out >= 0.0) & (out <= 1.0)).all()
    assert (sieve(fouling, cake + more, (free, free, free), leak) <= out + 1e-15).all()


@given(st.floats(0.0, 1.0))
def test_f14_blood_leak_lets_everything_through(leak: float) -> None:
    tight, torn = sieve(1.0, 0.0, (0.0, 0.0, 0.0)), sieve(1.0, 0.0, (0.0, 0.0, 0.0), leak)
    assert torn[Species.RBC] == torn[Species.DEBRIS] == leak
    assert torn == pytest.approx((1.0 - leak) * tight + leak)


# Deposits and clots


def run(s: Array, seconds: int, *, q_b: float, q_f: float, protein: float, hct: float, act: float) -> Array:
    """Advance by seconds at flows in mL/min, limit that of Hct 0.37 at 130."""
    for _ in range(seconds):
        clotting.advance(K, s, q_b / 60.0, q_f / 60.0, 41.8 / 60.0, protein, hct, act, 1.0, 1.0)
    return s


def test_f16_pore_fouling_follows_the_protein_filtered() -> None:
    s = run(state(), 8 * 3600, q_b=130, q_f=30, protein=62.0, hct=0.0, act=200)
    assert s[SeparatorState.FOULING] == pytest.approx(1.0 - exp(-14.4 * 62.0 / 900.0), rel=1e-9)
    assert s[SeparatorState.CAKE] == 0.0
    assert s[SeparatorState.OPEN] == 1.0
    # At most 40 % of Lp in 8 h (circuit, 1).
    assert 0.25 < 1.0 - separator.permeability(K, s, 1.0) / separator.permeability(K, state(), 1.0) < 0.40


def test_fouling_is_by_open_area() -> None:
    half = run(state(share=0.5), 3600, q_b=130, q_f=30, protein=62.0, hct=0.0, act=200)
    whole = run(state(), 7200, q_b=130, q_f=30, protein=62.0, hct=0.0, act=200)
    assert half[SeparatorState.FOULING] == pytest.approx(whole[SeparatorState.FOULING], rel=1e-9)


def test_f15_cake_grows_above_critical_flow_and_washes_off() -> None:
    below = run(state(), 600, q_b=130, q_f=37.5, protein=0.0, hct=0.0, act=200)
    assert below[SeparatorState.CAKE] == 0.0
    s = run(state(), 1, q_b=0, q_f=41.62, protein=0.0, hct=0.0, act=200)
    assert s[SeparatorState.CAKE] * 60.0 == pytest.approx(0.02 * (41.62 - 37.62), rel=1e-9)
    s = run(state(), 4 * 3600, q_b=130, q_f=41.62, protein=0.0, hct=0.0, act=200)
    assert s[SeparatorState.CAKE] == pytest.approx(0.02 * 4.0 / 0.05, rel=2e-3)
    # Twice the release at twice the shear, of either direction.
    for q_b in (260.0, -260.0):
        left = run(s.copy(), 600, q_b=q_b, q_f=10, protein=0.0, hct=0.0, act=200)
        assert left[SeparatorState.CAKE] / s[SeparatorState.CAKE] == pytest.approx(exp(-0.05 * 10 * 2), 1e-9)


def test_cake_is_by_open_area_and_shear() -> None:
    still = run(state(share=0.5), 1, q_b=0, q_f=41.62, protein=0.0, hct=0.0, act=200)
    assert still[SeparatorState.CAKE] * 60.0 == pytest.approx(2.0 * 0.02 * 4.0, rel=1e-9)
    washed = run(state(cake=1.0, share=0.5), 600, q_b=130, q_f=0, protein=0.0, hct=0.0, act=200)
    assert washed[SeparatorState.CAKE] == pytest.approx(exp(-0.05 * 10 * 2), rel=1e-9)


@pytest.mark.parametrize(
    ("q_b", "hct", "act", "per_hour"),
    [
        (130.0, 0.40, 180.0, 0.02),
        (130.0, 0.48, 180.0, 0.02 * 1.44),
        (130.0, 0.40, 140.0, 0.02 * exp(1.0)),  # no anticoagulant (F20)
        (130.0, 0.40, 300.0, 0.02 * exp(-3.0)),  # F21
        (29.9, 0.40, 180.0, 0.10),
        (-29.9, 0.40, 180.0, 0.10),
        (-30.1, 0.40, 180.0, 0.02),
        (0.0, 0.0, 100.0, 0.0),  # saline
    ],
)
def test_f17_clotting_rate(q_b: float, hct: float, act: float, per_hour: float) -> None:
    s = run(state(), 3600, q_b=q_b, q_f=0.0, protein=0.0, hct=hct, act=act)
    assert s[SeparatorState.OPEN] == pytest.approx(exp(-per_hour), rel=1e-12)
    assert clotting.clotting(K, q_b / 60.0, hct, act) * 3600.0 == pytest.approx(per_hour)


def test_some_fibres_stay_open() -> None:
    s = run(state(share=0.0011), 3600, q_b=0.0, q_f=0.0, protein=0.0, hct=0.6, act=60)
    assert s[SeparatorState.OPEN] == 1e-3


def test_f19_thick_blood_clots_faster_and_filters_less() -> None:
    assert clotting.clotting(K, 2.0, 0.60, 180.0) == pytest.approx(
        2.25 * clotting.clotting(K, 2.0, 0.4, 180.0)
    )
    assert separator.polarised_fraction(S1, 0.55) < 0.75 * separator.polarised_fraction(S1, 0.37)


@given(
    st.floats(-4, 4),
    st.floats(-1, 1),
    st.floats(1e-9, 1),
    st.floats(0, 90),
    st.floats(0, 0.9),
    st.floats(60, 600),
)
def test_states_stay_in_range(
    q_b: float, q_f: float, q_limit: float, protein: float, hct: float, act: float
) -> None:
    s = state(0.3, 0.2, 0.7)
    clotting.advance(K, s, q_b, q_f, q_limit, protein, hct, act, 1.0, 1.0)
    assert 0.3 <= s[SeparatorState.FOULING] <= 1.0
    assert s[SeparatorState.CAKE] >= 0.0
    assert 1e-3 <= s[SeparatorState.OPEN] <= 0.7
    before = s.copy()
    clotting.advance(K, s, q_b, q_f, q_limit, protein, hct, act, 1.0, 0.0)
    assert (s == before).all()


# Haemolysis


def test_p16_boundary_is_a_line_in_the_tmp_shear_plane() -> None:
    line = [clotting.critical_tmp(K, g) for g in (0.0, 200.0, 500.0, 800.0, 1200.0, 5000.0)]
    assert line == pytest.approx([40.0, 40.0, 58.0, 76.0, 100.0, 100.0])


def test_p16_boundary_index() -> None:
    """10 mmHg above the line: 30 mg/dL of free haemoglobin per m2 in plasma that passes once."""
    shear = separator.wall_shear(K, state(), 130.0 / 60.0)
    peak = clotting.critical_tmp(K, shear) + 10.0
    haem, _ = clotting.burst_at_membrane(K, 1.0, peak, shear, 15.0, 1.0)
    plasma_ml_s = 130.0 / 60.0 * 0.63
    mg_per_dl = haem / plasma_ml_s * 64500.0 / 4.0 * 1e-4
    assert mg_per_dl / S1.area == pytest.approx(30.0, rel=0.01)


def test_f18_membrane_haemolysis() -> None:
    def haem(peak: float, share: float = 1.0, cells: float = 15.0, dt: float = 0.1) -> float:
        freed, gone = clotting.burst_at_membrane(K, share, peak, 300.0, cells, dt)
        assert freed == pytest.approx(20460.0 * gone, rel=1e-15)
        assert 0.0 <= gone <= cells
        return freed

    assert haem(46.0) == haem(-50.0) == 0.0
    assert haem(47.0) == pytest.approx(0.8 * 0.5 * 0.1, rel=1e-6)
    assert haem(66.0) == pytest.approx(0.8 * 0.5 * 20.0**1.5 * 0.1, rel=1e-4)
    assert haem(66.0, share=0.5) == pytest.approx(0.5 * haem(66.0), rel=1e-4)
    assert haem(100.0, cells=0.0) == 0.0
    assert haem(1000.0, cells=1e-6, dt=100.0) == pytest.approx(20460.0 * 1e-6)


def test_giersiepen() -> None:
    assert clotting.sheared(10.0, 1.0) == pytest.approx(0.00943e-2, rel=1e-3)
    assert clotting.sheared(100.0, 0.1) == pytest.approx(0.403e-2, rel=1e-3)
    assert clotting.sheared(1e6, 10.0) == 1.0


def test_f18_pump_haemolysis() -> None:
    q = 130.0 / 60.0
    haem, gone = clotting.burst_in_pump(K, q, 0.37, 1.0, 60.0)
    assert haem == pytest.approx(20460.0 * gone, rel=1e-15)
    # An index of 0.03 g/100 L: 2e-6 of the cells per passage.
    assert gone / (130.0 * 0.37) == pytest.approx(2e-6, rel=0.05)
    assert clotting.burst_in_pump(K, -q, 0.37, 1.0, 60.0) == (haem, gone)
    assert clotting.burst_in_pump(K, 0.0, 0.37, 1.0, 60.0) == (0.0, 0.0)
    assert clotting.burst_in_pump(K, q, 0.0, 1.0, 60.0) == (0.0, 0.0)
    twice = clotting.burst_in_pump(K, 2.0 * q, 0.37, 1.0, 60.0)[1]
    assert twice / gone == pytest.approx(2.0 ** (1.0 + 2.416 - 0.785))
    assert clotting.burst_in_pump(K, q, 0.37, 3.0, 60.0)[1] / gone == pytest.approx(3.0**2.416)
