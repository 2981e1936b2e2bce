"""The patient's pools, against figures computed elsewhere (V and P numbers: physics reference, 3)."""

from dataclasses import replace
from math import exp, log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from qh1a.config import load, root
from qh1a.sim.person import Person, Solute, blood_volume, plasma_volume
from qh1a.sim.pools import N_COLUMNS, Pool, central_volume, metabolise, pool_constants, pool_step, solute_row
from qh1a.sim.species import N_SPECIES, Species
from tests.sim.kinetics import row, run

FOLDER = root() / "patients"
PERSON = load(Person, FOLDER / "aclf-typical.toml")
K = pool_constants(PERSON)
INERT = (Species.RBC, Species.CO2, Species.HCO3, Species.O2, Species.HEAT)
Floats = NDArray[np.float64]


def begin(k: Floats) -> tuple[Floats, Floats, Floats]:
    """Amounts in both pools at the start, and nothing made."""
    return (
        k[:, Pool.START] * k[:, Pool.CENTRAL],
        k[:, Pool.START_PERIPHERAL] * k[:, Pool.PERIPHERAL],
        np.zeros(N_SPECIES),
    )


def test_v30_heparin() -> None:
    per_min = solute_row(Solute(start=0.0, central=4.76, clearance=28.0))
    k = np.array(per_min)
    bolus = 50.0 * 70.0 * 1e3 / k[Pool.CENTRAL]  # IU/L
    assert bolus == pytest.approx(735.294, abs=1e-3)
    assert run(k, bolus, 3600.0, 3600)[0] == pytest.approx(516.631, abs=0.03)
    assert log(2.0) * k[Pool.CENTRAL] / k[Pool.CLEARANCE] / 60.0 == pytest.approx(117.835, abs=1e-3)
    k[Pool.GENERATION] = 1000.0 * 1e3 / 3600.0  # 1000 IU/h in mIU/s
    assert run(k, 0.0, 4e5, 4000)[0] == pytest.approx(595.238, abs=1e-3)
    # Bolus and infusion together after 4 h (physics reference 1.5.3).
    assert run(k, bolus, 4 * 3600.0, 4 * 3600)[0] == pytest.approx(629.0, abs=0.5)


def test_heparin_of_the_shipped_patient() -> None:
    k = K[Species.HEPARIN]
    assert k[Pool.CENTRAL] == pytest.approx(68.0 * 65.0)
    assert k[Pool.CLEARANCE] * 60.0 == pytest.approx(28.0)
    assert k[Pool.V_MAX] == k[Pool.EXCHANGE] == k[Pool.GENERATION] == 0.0


@pytest.mark.parametrize(("dose", "half_life"), [(25.0, 30.0), (100.0, 60.0), (400.0, 150.0)])
def test_saturable_heparin_lives_longer_after_a_larger_dose(dose: float, half_life: float) -> None:
    """The fit that the patient files name (physics reference 1.5.3)."""
    dosed = replace(PERSON.heparin, clearance=5.86, maximum=67.5, half=437.0)
    k = np.array(solute_row(dosed))
    start = dose / 0.068
    assert run(k, start, half_life * 60.0, 3000)[0] / start == pytest.approx(0.5, abs=2e-3)


def test_saturable_elimination_is_michaelis_menten() -> None:
    """Km ln(c0/c) + c0 - c = Vmax t / V."""
    k = row(4000.0, v_max=1500.0, km=500.0)
    c = run(k, 900.0, 3600.0, 100_000)[0]
    assert 500.0 * log(900.0 / c) + 900.0 - c == pytest.approx(1500.0 * 3600.0 / 4000.0, rel=1e-4)


def test_ammonia_of_the_shipped_patient() -> None:
    k = K[Species.AMMONIA]
    assert k[Pool.START] == k[Pool.GENERATION] / k[Pool.CLEARANCE] == pytest.approx(125.0)
    assert log(2.0) * k[Pool.CENTRAL] / k[Pool.CLEARANCE] / 60.0 == pytest.approx(39.0, abs=0.05)


@pytest.mark.parametrize(("clearance", "steady"), [(195.6, 852.0), (152.5, 1093.0), (686.0, 243.0)])
def test_p09_citrate(clearance: float, steady: float) -> None:
    """10 mmol/h reach the patient."""
    assert PERSON.citrate.clearance == 195.6
    citrate = replace(PERSON.citrate, clearance=clearance, generation=10.0e3 / 60.0)
    assert run(np.array(solute_row(citrate)), 0.0, 1e6, 10_000)[0] == pytest.approx(steady, abs=1.0)


def test_p01_published_session() -> None:
    """Schneditz 2006, means: 134.4 mg/L at start, K 18.6, 6 h: 48 +/- 10 % less, 54 +/- 13 % removed."""
    anchor = load(Person, FOLDER / "anchor-schneditz.toml").conjugated_bilirubin
    start = 134.4 / 0.585  # umol/L
    assert anchor.start == pytest.approx(start, rel=1e-3)
    session = replace(anchor, start=start, clearance=18.6)
    k = np.array(solute_row(session))
    central, peripheral, made = run(k, start, 6 * 3600.0, 6 * 3600)
    reduction = 1.0 - central / start
    assert 0.38 <= reduction <= 0.58
    assert reduction == pytest.approx(0.464, abs=0.001)
    all_of_it = start * (k[Pool.CENTRAL] + k[Pool.PERIPHERAL])
    removed = k[Pool.GENERATION] * 6 * 3600 - made
    assert removed / all_of_it == pytest.approx(0.524, abs=0.001)
    rebound = (all_of_it + made) / (k[Pool.CENTRAL] + k[Pool.PERIPHERAL]) - central
    assert rebound / central == pytest.approx(0.069, abs=0.001)
    assert peripheral > central


def test_p04_bile_acids() -> None:
    """Stadlbauer 2007: 45 % less in 6 h; two pools of 3 and 7 L, 0.1 L/min between, need K 15.6 mL/min."""
    anchor = load(Person, FOLDER / "anchor-stadlbauer.toml").bile_acids
    k = np.array(solute_row(replace(anchor, clearance=15.6)))
    left = run(k, anchor.start, 6 * 3600.0, 6 * 3600)[0] / anchor.start
    assert 1.0 - left == pytest.approx(0.45, abs=0.002)


@pytest.mark.parametrize("part", ["conjugated_bilirubin", "unconjugated_bilirubin"])
def test_plasma_exchange_and_its_rebound(part: str) -> None:
    """Yao 2019, clinical reference 5.4, T2 and T4: 28 mL/min for 100 min; then 1, 24 and 72 h."""
    anchor: Solute = getattr(load(Person, FOLDER / "anchor-yao.toml"), part)
    resting = replace(anchor, start=360.0)
    own = np.array(solute_row(resting))
    treated = own.copy()
    treated[Pool.CLEARANCE] += 28.0 / 60.0
    central, peripheral = 360.0 * own[Pool.CENTRAL], 360.0 * own[Pool.PERIPHERAL]
    found = []
    stages = ((treated, 100), (own, 60), (own, 1380), (own, 2880))
    for k, minutes in stages:
        for _ in range(minutes * 6):
            central, peripheral, _ = pool_step(
                central, peripheral, own[Pool.CENTRAL], own[Pool.GENERATION], k, 10.0
            )
        found.append(central / own[Pool.CENTRAL] / 360.0 - 1.0)
    assert found == pytest.approx([-0.436, -0.305, -0.146, -0.130], abs=2e-3)


def test_columns_and_units() -> None:
    assert K.shape == (N_SPECIES, N_COLUMNS)
    urea = K[Species.UREA]
    assert urea.tolist() == pytest.approx(
        [11700.0, 23300.0, 560.0 / 60.0, 150e3 / 60.0, 25.0 / 60.0, 0.0, 1.0, 6000.0, 6000.0]
    )
    saturable = solute_row(replace(PERSON.heparin, maximum=60.0, half=437.0))
    assert saturable[Pool.V_MAX] == pytest.approx(1000.0)
    assert saturable[Pool.KM] == 437.0
    plasma = plasma_volume(PERSON)
    for species in (Species.ALBUMIN, Species.GLOBULIN):
        assert K[species].tolist() == pytest.approx(
            [plasma, 1.5 * plasma, plasma * 0.06 / 3600.0, 0.0, 0.0, 0.0, 1.0, 31.0, 31.0]
        )
    assert K[Species.RBC, [Pool.CENTRAL, Pool.START]].tolist() == [blood_volume(PERSON), 0.37]
    assert K[Species.HEAT, Pool.START] == 37.0
    assert (K[Species.SID, :3] == K[Species.LACTATE, :3]).all()


def test_every_solute_of_the_file_has_its_own_row() -> None:
    assert K[Species.CB, Pool.START] == 259.0
    starts = {
        "bile_acids": Species.BILE_ACIDS, "creatinine": Species.CREATININE, "ammonia": Species.AMMONIA,
        "glucose": Species.GLUCOSE, "lactate": Species.LACTATE, "unconjugated_bilirubin": Species.UCB,
        "interleukin_6": Species.IL6, "tumour_necrosis_factor": Species.TNF, "vesicles": Species.EV,
        "hepatocyte_growth_factor": Species.HGF, "prostaglandin_e2": Species.PGE2, "urea": Species.UREA,
        "heparin": Species.HEPARIN, "citrate": Species.CITRATE, "debris": Species.DEBRIS,
        "free_haemoglobin": Species.FHB, "conjugated_bilirubin": Species.CB,
    }  # fmt: skip
    for i, (name, species) in enumerate(starts.items()):
        sets = {f"patient.{name}.start": 1000.0 + i}
        changed = pool_constants(load(Person, FOLDER / "aclf-typical.toml", overrides=sets, prefix="patient"))
        assert changed[species, Pool.START] == 1000.0 + i
        assert np.argwhere((changed != K).any(axis=1)).ravel().tolist() == [species]


def test_an_unstated_generation_keeps_the_start() -> None:
    k = np.array(solute_row(Solute(start=80.0, central=3.0, clearance=30.0, maximum=5.0, half=40.0)))
    assert k[Pool.GENERATION] == pytest.approx(0.5 * 80.0 + 5e3 / 60.0 * 80.0 / 120.0)
    assert run(k, 80.0, 36000.0, 1000)[0] == pytest.approx(80.0, rel=1e-12)
    # "0" is a statement.
    falls = Solute(start=80.0, central=3.0, clearance=30.0, generation=0.0)
    assert solute_row(falls)[Pool.GENERATION] == 0.0


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.toml")), ids=lambda f: f.stem)
def test_untreated_patients_stand_still_but_for_bilirubin_and_creatinine(file: Path) -> None:
    k = pool_constants(load(Person, file))
    m, p, made = begin(k)
    before = m.copy()
    for _ in range(3600):
        metabolise(m, p, k, 0.0, 1.0, made)
    drifting = {Species.CB, Species.UCB, Species.CREATININE}
    for species in set(Species) - drifting - {Species.SID}:
        assert m[species] == pytest.approx(before[species], rel=1e-3), species
    bilirubin = [Species.CB, Species.UCB]
    # 1 h of generation, shared by the pools; or in balance with a native clearance.
    rising = k[bilirubin, Pool.CLEARANCE] == 0.0
    assert made[bilirubin] == pytest.approx(3600.0 * k[bilirubin, Pool.GENERATION] * rising)
    assert ((made[bilirubin] > 0.0) == rising).all()


def test_inert_rows_do_not_move() -> None:
    m, p, made = np.full(N_SPECIES, 7.0), np.full(N_SPECIES, 5.0), np.zeros(N_SPECIES)
    metabolise(m, p, K, -1000.0, 1.0, made)
    for species in INERT:
        assert (m[species], p[species], made[species]) == (7.0, 5.0, 0.0)


@given(st.floats(-3000.0, 3000.0), st.floats(0.0, 1e8), st.floats(0.0, 1e8))
def test_what_lactate_gains_the_strong_ion_difference_loses(
    excess: float, inside: float, outside: float
) -> None:
    m, p, made = begin(K)
    m[Species.LACTATE], p[Species.LACTATE] = inside, outside
    m[Species.SID], p[Species.SID] = 40e3 * 5e3 - inside, 40e3 * 15e3 - outside
    for _ in range(50):
        metabolise(m, p, K, excess, 1.0, made)
    assert made[Species.SID] == pytest.approx(-made[Species.LACTATE], rel=1e-12)
    # Both spread alike, so where their sum was even it stays so.
    v_c = max(5e3 + excess, 250.0)
    total = m[Species.LACTATE] + m[Species.SID]
    if excess == 0.0:
        assert total == pytest.approx(40e3 * v_c, rel=1e-9)
    both = total + p[Species.LACTATE] + p[Species.SID]
    assert both == pytest.approx(40e3 * 20e3, rel=1e-12)


def test_acid_moves_the_strong_ion_difference_in_one_pool_too() -> None:
    one = replace(PERSON, lactate=Solute(start=2000.0, central=20.0, clearance=500.0, generation=3000.0))
    k = pool_constants(one)
    m, p, made = begin(k)
    metabolise(m, p, k, 0.0, 1.0, made)
    assert made[Species.LACTATE] > 1e4
    assert m[Species.SID] == -made[Species.LACTATE]


def test_central_volume() -> None:
    assert central_volume(3000.0, 250.0) == 3250.0
    assert central_volume(3000.0, -250.0) == 2750.0
    assert central_volume(3000.0, -5000.0) == pytest.approx(150.0)


def test_excess_dilutes_and_so_slows_elimination() -> None:
    k = row(3000.0, clearance=10.0)
    for excess in (0.0, 600.0, -600.0):
        m, p = np.zeros(N_SPECIES), np.zeros(N_SPECIES)
        rows = K.copy()
        rows[Species.EV] = k
        m[Species.EV] = 3e6
        metabolise(m, p, rows, excess, 1e-3, np.zeros(N_SPECIES))
        assert 3e6 - m[Species.EV] == pytest.approx(0.01 * 3e6 / (3000.0 + excess), rel=1e-4)


ROWS = st.builds(
    row,
    st.floats(1.0, 6e4), st.floats(1.0, 6e4), st.floats(0.0, 17.0), st.floats(0.0, 2e6),
    st.floats(0.0, 170.0), st.one_of(st.just(0.0), st.floats(1e-6, 2e6)), st.floats(1e-9, 1e6),
)  # fmt: skip


@settings(max_examples=300)
@given(ROWS, st.floats(0.0, 1e9), st.floats(0.0, 1e9), st.floats(1e-4, 1.0))
def test_conservation_and_positivity(k: Floats, central: float, peripheral: float, dt: float) -> None:
    start, made, turned = central + peripheral, 0.0, 0.0
    for _ in range(20):
        central, peripheral, more = pool_step(central, peripheral, k[Pool.CENTRAL], k[Pool.GENERATION], k, dt)
        made += more
        turned += dt * k[Pool.GENERATION]
        assert central >= 0.0
        assert peripheral >= 0.0
    assert central + peripheral - made == pytest.approx(
        start, rel=1e-12, abs=1e-12 * (start + turned) + 1e-300
    )


@given(ROWS, st.floats(0.0, 1e9), st.floats(0.0, 1e9), st.floats(1e-4, 1.0))
def test_the_step_solves_its_own_equations(k: Floats, central: float, peripheral: float, dt: float) -> None:
    """Backward Euler: the rates at the end of the step explain the step."""
    x, y, made = pool_step(central, peripheral, k[Pool.CENTRAL], k[Pool.GENERATION], k, dt)
    c, d = x / k[Pool.CENTRAL], y / k[Pool.PERIPHERAL]
    lost = k[Pool.CLEARANCE] * c + k[Pool.V_MAX] * c / (k[Pool.KM] + c)
    flow = k[Pool.EXCHANGE] * (c - d)
    scale = central + peripheral + dt * k[Pool.GENERATION] + 1e-300
    assert made == pytest.approx(dt * (k[Pool.GENERATION] - lost), abs=1e-9 * scale)
    assert y - peripheral == pytest.approx(dt * flow, abs=1e-9 * scale)


def rates(y: Floats, k: Floats, excess: float) -> Floats:
    """The pools' differential equations, written anew."""
    m, p = y[:N_SPECIES], y[N_SPECIES:]
    c = m / (k[:, Pool.CENTRAL] + excess)
    two = k[:, Pool.EXCHANGE] > 0.0
    d = np.divide(p, k[:, Pool.PERIPHERAL], out=np.zeros(N_SPECIES), where=two)
    flow = np.where(two, k[:, Pool.EXCHANGE] * (c - d), 0.0)
    made = (
        k[:, Pool.GENERATION]
        - k[:, Pool.CLEARANCE] * c
        - k[:, Pool.V_MAX] * c / (k[:, Pool.KM] + np.maximum(c, 0.0))
    )
    made[Species.SID] -= made[Species.LACTATE]
    return np.concatenate([made - flow, flow])


def worst_error(excess: float, factors: Floats, dt: float, seconds: int) -> float:
    """Largest error over the larger of the start and the exact value, any species, either pool."""
    k = K.copy()
    k[Species.HEPARIN, [Pool.V_MAX, Pool.KM]] = 1125.0, 437.0
    k[:, Pool.START] = np.maximum(k[:, Pool.START], 100.0)
    m, p, made = begin(k)
    m *= factors
    y = np.concatenate([m, p])
    exact = solve_ivp(
        lambda _, y: rates(y, k, excess), (0.0, seconds), y, rtol=1e-10, atol=1e-3, method="LSODA"
    )
    for _ in range(round(seconds / dt)):
        metabolise(m, p, k, excess, dt, made)
    size = np.concatenate([k[:, Pool.START] * k[:, Pool.CENTRAL]] * 2)
    error = np.abs(np.concatenate([m, p]) - exact.y[:, -1]) / np.maximum(size, np.abs(exact.y[:, -1]))
    return float(error.max())


@settings(max_examples=10, deadline=None)
@given(st.floats(-1000.0, 1000.0), st.lists(st.floats(0.0, 3.0), min_size=N_SPECIES, max_size=N_SPECIES))
def test_steps_of_one_second_follow_the_differential_equations(excess: float, factors: list[float]) -> None:
    # The fastest, prostaglandin, has a time constant of 86 s: half of 1/86 is the error of its rate.
    assert worst_error(excess, np.array(factors), 1.0, 1200) < 1.5e-2
    assert worst_error(excess, np.array(factors), 0.1, 300) < 2e-3


def test_the_error_goes_with_the_step() -> None:
    factors = np.linspace(0.5, 2.0, N_SPECIES)
    coarse, fine = worst_error(300.0, factors, 1.0, 600), worst_error(300.0, factors, 0.25, 600)
    assert fine == pytest.approx(0.25 * coarse, rel=0.05)
    assert coarse < 5e-3


def test_no_time_no_change() -> None:
    k = row(3000.0, 6000.0, 5.0, 100.0, 5.0, 50.0, 10.0)
    central, peripheral, made = pool_step(1e6, 2e5, 3000.0, 100.0, k, 0.0)
    assert (central, peripheral, made) == pytest.approx((1e6, 2e5, 0.0), rel=1e-15, abs=0.0)


def test_half_life_of_the_vesicles() -> None:
    k = K[Species.EV]
    assert run(k, 100.0, 600.0, 6000)[0] == pytest.approx(100.0 * exp(-log(2.0)), rel=2e-3)
