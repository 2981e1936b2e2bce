"""The march against closed forms, against a stiff solver on the same equations, and its ledgers."""

from functools import cache
from math import exp, log10

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.sparse import csr_matrix
from scipy.special import lambertw

from qh1a.sim.bioreactor import N_CELLS, N_ZONES, Configuration
from qh1a.sim.march import Rate, ph, quadratic
from qh1a.sim.species import N_SPECIES, Species
from tests.sim.reactor_reference import (
    ACID,
    CELLS,
    Q_100,
    UNSIGNED,
    Array,
    Reactor,
    fluid,
    reactor,
    semi_discrete,
    well_mixed,
)

S = Species
CONFIGURATIONS: tuple[Configuration, ...] = ("A", "B", "C", "D")
FOREVER = 1e13  # s: backward Euler is then the steady state
O2_PER_CELL = 98e-6 / 3600  # nmol/s
UNTOUCHED = [
    *(S.RBC, S.ALBUMIN, S.GLOBULIN, S.CB, S.UCB, S.BILE_ACIDS, S.UREA, S.CREATININE, S.AMMONIA),
    *(S.TNF, S.HEPARIN, S.CITRATE, S.FHB, S.HEAT),
]
"""What the cells neither take nor make."""


def oxygen_out(cells: float) -> float:
    """Oxygen at the outlet of 20 tanks without films, at 100 mL/min and 195 umol/L."""
    r = well_mixed()
    r.rates[Rate.UPTAKE, :, S.O2] = cells * O2_PER_CELL / N_CELLS
    r.step(Q_100, fluid({S.O2: 195.0}), FOREVER)
    return float(r.out[S.O2] / (Q_100 * FOREVER))


@pytest.mark.parametrize(
    ("cells", "plug", "tanks", "dispersion"),
    [(1e9, 179.336549, 179.337894, 7.5e-6), (1e10, 43.642425, 44.091369, 1.03e-2)],
)
def test_oxygen_along_the_reactor(cells: float, plug: float, tanks: float, dispersion: float) -> None:  # V10
    km, c_0 = 8.0, 195.0
    exact = km * float(lambertw(c_0 / km * exp((c_0 - cells * O2_PER_CELL / Q_100) / km)).real)
    assert exact == pytest.approx(plug, rel=1e-8)
    assert oxygen_out(cells) == pytest.approx(tanks, rel=1e-8)
    assert oxygen_out(cells) / exact - 1 == pytest.approx(dispersion, rel=1e-2)


def test_without_saturation_oxygen_falls_by_what_the_cells_take() -> None:  # V10, zero order
    r = well_mixed()
    r.rates[Rate.UPTAKE, :, S.O2] = 1e9 * O2_PER_CELL / N_CELLS
    r.k[3] = 1e-9
    r.step(Q_100, fluid({S.O2: 195.0}), FOREVER)
    assert r.out[S.O2] / (Q_100 * FOREVER) == pytest.approx(178.667, abs=5e-4)


@pytest.mark.parametrize(
    ("da", "plug", "tanks"),
    [(0.5, 0.606531, 0.610271), (1.0, 0.367879, 0.376889), (2.0, 0.135335, 0.148644)],
)
def test_first_order_removal(da: float, plug: float, tanks: float) -> None:  # V14
    r = well_mixed()
    r.rates[Rate.SINK, :, S.AMMONIA] = da * Q_100 / N_CELLS
    r.step(Q_100, fluid({S.AMMONIA: 1.0}), FOREVER)
    left = r.out[S.AMMONIA] / (Q_100 * FOREVER)
    assert left == pytest.approx((1 + da / N_CELLS) ** -N_CELLS, rel=1e-10)
    assert left == pytest.approx(tanks, abs=1e-6)
    assert plug < left
    assert r.made[S.AMMONIA] == pytest.approx(-(1 - left) * Q_100 * FOREVER, rel=1e-10)


def test_residence_time_distribution() -> None:  # V16
    r, dt, steps = well_mixed(), 0.05, 12_000
    volume = 3.0 * N_CELLS
    response = np.empty(steps)
    for n in range(steps):
        r.step(Q_100, fluid({S.CITRATE: float(n == 0)}), dt)
        response[n] = r.out[S.CITRATE]
    response /= Q_100 * dt
    t = dt * np.arange(steps)
    mean = (response * t).sum()
    assert response.sum() == pytest.approx(1.0, rel=1e-12)
    assert mean == pytest.approx(volume / Q_100, rel=1e-9)
    variance = (response * (t - mean) ** 2).sum() / mean**2
    assert variance == pytest.approx(1 / N_CELLS + dt / mean, rel=1e-8)  # the step itself disperses too
    pe = 38.97
    assert 2 / pe - 2 / pe**2 * (1 - exp(-pe)) == pytest.approx(1 / N_CELLS, rel=1e-4)


SHOCK = {
    S.O2: 150.0,
    S.HCO3: 20000.0,
    S.SID: 31000.0,
    S.LACTATE: 1000.0,
    S.ALBUMIN: 20.0,
    S.IL6: 50.0,
    S.HEAT: 36.0,
}
REACTING = [S.ALBUMIN, S.GLOBULIN, S.GLUCOSE, S.LACTATE, S.SID, S.CO2, S.HCO3, S.O2]
RUNS: list[tuple[Configuration, float]] = [
    ("A", Q_100),
    ("B", -Q_100),
    ("C", 0.3 * Q_100),
    ("D", -0.5 * Q_100),
]


def busy(configuration: Configuration, start: Array) -> Reactor:
    """With something going on in every species."""
    r = reactor(start, configuration)
    r.rates[Rate.SINK, :, [S.CB, S.UCB, S.AMMONIA]] = 0.01
    r.rates[Rate.SOURCE, :, S.DEBRIS] = 5.0
    return r


@cache
def stiff(configuration: Configuration, q: float, *, shocked: bool, until: float) -> Array:
    """The method of lines, solved by BDF."""
    r, c_in = busy(configuration, fluid(SHOCK if shocked else None)), fluid({S.CITRATE: 500.0 * shocked})
    species = np.eye(N_SPECIES)
    species[np.ix_(REACTING, REACTING)] = 1.0
    neighbours = np.eye(N_CELLS) + np.eye(N_CELLS, k=1) + np.eye(N_CELLS, k=-1)
    pattern = csr_matrix(np.kron(np.ones((N_ZONES, N_ZONES)), np.kron(neighbours, species)))
    solution = solve_ivp(
        semi_discrete(r, q, c_in),
        (0.0, until),
        r.zones.ravel(),
        method="BDF",
        rtol=1e-8,
        atol=1e-5,
        jac_sparsity=pattern,
    )
    assert solution.success
    end: Array = solution.y[:, -1].reshape(r.zones.shape)
    return end


def error(configuration: Configuration, q: float, dt: float, *, shocked: bool, until: float) -> Array:
    """Largest error of the march in each zone and species, over the species' largest concentration."""
    r, c_in = busy(configuration, fluid(SHOCK if shocked else None)), fluid({S.CITRATE: 500.0 * shocked})
    r.run(q, c_in, dt, round(until / dt))
    exact = stiff(configuration, q, shocked=shocked, until=until)
    scale = np.abs(exact).max(axis=(0, 1)) + 1e-9
    worst: Array = (np.abs(r.zones - exact) / scale).max(axis=1)
    return worst


@pytest.mark.parametrize(("configuration", "q"), RUNS)
def test_the_march_follows_a_stiff_solver(configuration: Configuration, q: float) -> None:
    assert error(configuration, q, 0.5, shocked=False, until=7200.0)[1].max() < 1e-4


@pytest.mark.parametrize(("configuration", "q"), RUNS)
def test_the_march_is_first_order_in_the_step(configuration: Configuration, q: float) -> None:
    coarse = error(configuration, q, 0.5, shocked=True, until=60.0)
    fine = error(configuration, q, 0.25, shocked=True, until=60.0)
    still = [S.RBC, S.UREA, S.CREATININE]
    moved = [s for s in S if s not in still]
    assert coarse.max() < 1e-2
    assert coarse[:, still].max() < 1e-12
    assert (coarse[:, moved].max(axis=0) > 1e-7).all()
    visible = coarse > 1e-6
    assert coarse[visible] / fine[visible] == pytest.approx(2.0, abs=0.15)


steps = st.tuples(
    st.floats(-5.0, 5.0) | st.just(0.0),
    st.floats(1e-3, 1e4),
    st.dictionaries(st.sampled_from(UNSIGNED), st.floats(0.0, 1e4), max_size=8),
)


def working(configuration: Configuration) -> Reactor:
    r = reactor(fluid({S.O2: 20.0, S.RBC: 0.01}), configuration, cells=1e10)
    r.rates[Rate.SINK, :, [S.CB, S.UCB, S.AMMONIA]] = 0.1
    return r


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CONFIGURATIONS), st.lists(steps, min_size=1, max_size=12))
def test_amounts_are_kept_and_stay_positive(
    configuration: Configuration, course: list[tuple[float, float, dict[Species, float]]]
) -> None:
    r = working(configuration)
    start = r.amounts()
    throughput = start.copy()
    for q, dt, change in course:
        made = r.made.copy()
        r.step(q, fluid(change), dt)
        throughput += dt * abs(q) * np.abs(fluid(change)) + np.abs(r.made - made)
        assert (r.zones[..., UNSIGNED] >= 0.0).all()
        assert (r.out[UNSIGNED] >= 0.0).all()
    balance = r.amounts() - start - r.entered + r.left - r.made
    # The strong ions and the carbon dioxide are marched as sums with protein and bicarbonate.
    throughput[[S.SID, S.CO2]] += throughput[S.HCO3] + 400 * (throughput[S.ALBUMIN] + throughput[S.GLOBULIN])
    assert (np.abs(balance) <= 1e-12 * throughput + 1e-250).all()


def test_the_ledger_of_eight_hours() -> None:  # V21, V18
    r = reactor(fluid({S.O2: 20.0}))
    start, throughput = r.amounts(), r.amounts()
    for minute in range(480):
        q = (Q_100, 0.5, 0.0, -0.2)[minute // 7 % 4]
        c_in = fluid({S.O2: 100.0 + minute % 90, S.GLUCOSE: 4000.0 + minute, S.CB: 300.0 - minute % 200})
        r.run(q, c_in, 0.5, 120)
        r.metabolise()
        throughput += 60 * abs(q) * np.abs(c_in)
    balance = r.amounts() - start - r.entered + r.left - r.made
    assert (np.abs(balance) <= 1e-11 * (throughput + np.abs(r.made))).all()


def test_fluid_at_rest_with_its_surroundings_does_not_change() -> None:
    still = fluid({S.CO2: 1230.0, S.HCO3: 1230.0 * 10 ** (7.4 - 6.1)})
    still[S.SID] = still[S.HCO3] + 60.0 * ACID.protein_charge
    small = [
        s
        for s in S
        if s not in {S.ALBUMIN, S.GLOBULIN, S.IL6, S.TNF, S.HEPARIN, S.FHB, S.CB, S.UCB, S.BILE_ACIDS}
    ]
    for configuration in CONFIGURATIONS:
        for q in (Q_100, -0.7, 0.0):
            r = reactor(still, configuration, cells=0.0)
            # Without hindrance, water that crosses the wall takes everything with it.
            r.sieving[:] = 1.0
            r.run(q, still, 0.5, 50)
            assert r.zones == pytest.approx(np.tile(still, (N_ZONES, N_CELLS, 1)), rel=1e-12)
            assert r.out == pytest.approx(0.5 * abs(q) * still, rel=1e-12)
            assert r.made[small] == pytest.approx(0.0, abs=1e-7)


def test_reversed_flow_is_the_mirror_image() -> None:
    forth, back = reactor(fluid(SHOCK)), reactor(fluid(SHOCK))
    forth.run(Q_100, fluid(), 0.5, 100)
    back.run(-Q_100, fluid(), 0.5, 100)
    assert back.zones == pytest.approx(forth.zones[:, ::-1], rel=1e-9)
    assert back.left == pytest.approx(forth.left, rel=1e-9)
    gradient = forth.zones[0, 0, S.O2] - forth.zones[0, -1, S.O2]
    assert gradient > 5.0


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_fluid_enters_and_leaves_by_the_ports_of_the_configuration(configuration: Configuration) -> None:
    marked = fluid({S.RBC: 0.4})  # never crosses the wall
    for q, enters, leaves in ((Q_100, 0, -1), (-Q_100, -1, 0)):
        r = reactor(fluid(), configuration)
        r.step(q, marked, 0.01)
        shares = r.profile[:2, enters]
        assert r.zones[[0, 2], enters, S.RBC] * r.k[[0, 2]] == pytest.approx(
            0.01 * Q_100 * 0.4 * shares, rel=0.05, abs=1e-15
        )
        r.zones[0, :, S.RBC], r.zones[2, :, S.RBC] = 0.1, 0.2
        r.step(q, marked, 1e-6)
        mixed = r.profile[:2, leaves] @ np.array([0.1, 0.2])
        assert r.out[S.RBC] / (1e-6 * Q_100) == pytest.approx(mixed, rel=1e-5)


def test_without_flow_nothing_enters_or_leaves() -> None:
    r, other = reactor(fluid(SHOCK)), reactor(fluid(SHOCK))
    before = r.zones.copy()
    r.run(0.0, fluid(), 0.5, 600)
    other.run(0.0, fluid() * 3.0, 0.5, 600)
    assert (r.zones == other.zones).all()
    assert (r.out == 0.0).all()
    assert (r.zones[..., S.O2] < before[..., S.O2] - 10.0).all()


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_the_cells_touch_only_what_they_live_on(configuration: Configuration) -> None:
    with_cells, without = (reactor(fluid(SHOCK), configuration, cells) for cells in (1e9, 0.0))
    for q, steps_ in ((Q_100, 300), (0.0, 100), (-0.4, 200)):
        for r in (with_cells, without):
            r.run(q, fluid({S.RBC: 0.001}), 0.5, steps_)
            r.metabolise()
    for alive, bare in (
        (with_cells.zones, without.zones),
        (with_cells.left, without.left),
        (with_cells.made, without.made),
    ):
        assert alive[..., UNTOUCHED].tobytes() == bare[..., UNTOUCHED].tobytes()
        for species in (S.O2, S.GLUCOSE, S.LACTATE, S.SID, S.CO2, S.HCO3, S.EV, S.HGF, S.PGE2, S.IL6):
            assert (alive[..., species] != bare[..., species]).any()
    hydration = without.made[S.CO2] + without.made[S.HCO3]
    assert hydration == pytest.approx(0.0, abs=1e-6)
    only = [s for s in S if s not in {S.CO2, S.HCO3}]
    assert (without.made[only] == 0.0).all()


def test_what_the_cells_take_is_what_they_give() -> None:
    r = reactor(fluid())
    r.run(Q_100, fluid(), 0.5, 200)
    kinetics = CELLS.kinetics
    assert r.made[S.O2] < 0.0
    assert r.made[S.LACTATE] == pytest.approx(-kinetics.lactate_yield * r.made[S.GLUCOSE], rel=1e-12)
    assert r.made[S.SID] == pytest.approx(-r.made[S.LACTATE], rel=1e-12)
    respired = r.made[S.CO2] + r.made[S.HCO3]
    assert respired == pytest.approx(-kinetics.respiratory_quotient * r.made[S.O2], rel=1e-9)


def test_glucose_is_taken_faster_without_oxygen() -> None:
    rich, poor = reactor(fluid({S.O2: 1e9})), reactor(fluid({S.O2: 0.0}))
    for r in (rich, poor):
        r.step(0.0, fluid(), 1.0)
    assert poor.made[S.GLUCOSE] / rich.made[S.GLUCOSE] == pytest.approx(1 + CELLS.kinetics.pasteur, rel=1e-3)
    glucose = rich.zones[1, 0, S.GLUCOSE]
    expected = rich.rates[Rate.UPTAKE, :, S.GLUCOSE].sum() * glucose / (CELLS.kinetics.glucose_km + glucose)
    assert -rich.made[S.GLUCOSE] == pytest.approx(expected, rel=1e-6)


def imbalance(r: Reactor) -> float:
    """Farthest any place is from the equilibrium of carbonic acid, in pH."""
    worst = 0.0
    for c in r.zones.reshape(-1, N_SPECIES):
        at = ph(c[S.SID], c[S.HCO3], c[S.ALBUMIN] + c[S.GLOBULIN], r.k)
        worst = max(worst, abs(at - ACID.pk - log10(c[S.HCO3] / c[S.CO2])))
    return worst


@pytest.mark.parametrize("protein", [0.0, 30.0])
@pytest.mark.parametrize("dt", [0.5, 10.0, 300.0])
def test_carbonic_acid_settles_with_any_step(protein: float, dt: float) -> None:
    # Much CO2 in weakly buffered fluid: with the old pH alone it would swing for ever.
    start = fluid({S.CO2: 9000.0, S.HCO3: 20000.0, S.ALBUMIN: protein, S.GLOBULIN: protein})
    start[S.SID] = 28000.0 + 2 * protein * ACID.protein_charge
    r = reactor(start, cells=0.0)
    assert imbalance(r) > 0.3
    r.run(0.0, start, dt, max(40, round(200 / dt)))
    assert imbalance(r) < 1e-6
    total = r.zones[..., S.CO2] + r.zones[..., S.HCO3]
    assert total == pytest.approx(29000.0, rel=1e-12)
    assert r.made[S.HCO3] == pytest.approx(-r.made[S.CO2], rel=1e-9)


def test_strong_ions_do_not_outrun_the_protein_they_balance() -> None:
    # A cartridge primed with saline: plasma comes, and its protein much later than its salts.
    r, plasma = reactor(np.zeros(N_SPECIES), cells=0.0), fluid()
    r.run(Q_100, plasma, 0.5, 240)
    shell = r.zones[2, 10]
    assert shell[S.ALBUMIN] + shell[S.GLOBULIN] < 20.0
    assert ph(shell[S.SID], shell[S.HCO3], shell[S.ALBUMIN] + shell[S.GLOBULIN], r.k) == pytest.approx(
        7.4, abs=0.2
    )


def test_debris_passes_through_defects_only() -> None:
    r = reactor(fluid(), "B", cells=0.0)
    r.zones[1, :, S.DEBRIS] = 1000.0
    r.ka_s[S.DEBRIS] = 0.0
    r.step(Q_100, fluid(), 0.1)
    # All plasma crosses, and takes 1e-4 of the debris that is in the wall.
    assert r.amounts()[S.DEBRIS] - r.zones[1].sum(axis=0)[S.DEBRIS] * r.k[1] + r.out[
        S.DEBRIS
    ] == pytest.approx(1e-4 * 1000.0 * Q_100 * 0.1, rel=1e-4)


@given(st.floats(1e-6, 1e6), st.floats(0.0, 1e9), st.floats(0.0, 1e6), st.floats(1e-3, 1e3))
def test_the_root_of_the_wall(g: float, r: float, largest: float, km: float) -> None:
    w = quadratic(g, r, largest, km)
    assert 0.0 <= w <= r / g * (1 + 1e-12)
    assert g * w + largest * w / (km + w) == pytest.approx(r, rel=1e-9, abs=1e-300)


def test_ph() -> None:
    k = reactor(fluid()).k
    assert ph(36000.0, 24000.0, 60.0, k) == 7.4
    assert ph(36650.0, 24000.0, 60.0, k) == pytest.approx(7.5, abs=1e-12)
    assert ph(24050.0, 24000.0, 0.0, k) == pytest.approx(7.5, abs=1e-12)
    assert ph(1e6, 0.0, 0.0, k) == 12.0
    assert ph(-1e6, 0.0, 0.0, k) == 2.0
