"""Carbon dioxide, bicarbonate and pH (V numbers: physics reference, 3)."""

from math import exp, log, log10

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from qh1a.sim import acid

PARAMETERS = acid.AcidBase(
    co2_solubility=30.7,
    pk=6.1,
    hydration=0.15,
    protein_charge=149.0,
    protein_slope=115.0,
    other_buffer=300.0,
    ammonia_pk=9.04,
)
K = acid.acid_constants(PARAMETERS)
PROTEIN = 62.0
SID = acid.sid_for(40.0, 7.38, PROTEIN, K)

pco2s = st.floats(0.5, 200.0)
phs = st.floats(5.0, 9.0)
proteins = st.floats(0.0, 120.0)
sids = st.floats(0.0, 60e3)
amounts = st.floats(0.0, 60e3)


def rest(co2: float, hco3: float, sid: float, protein: float) -> float:
    """Net hydration in umol/L/s by the rate law of physics reference 1.4.3."""
    h_over_k: float = 10.0 ** (PARAMETERS.pk - acid.ph(sid, hco3, protein, K))
    return PARAMETERS.hydration * (co2 - h_over_k * hco3)


def test_v28_ph_and_ammonia() -> None:
    at_40 = acid.henderson_hasselbalch(0.0307e3 * 40.0, 24e3, K)
    assert at_40 == pytest.approx(7.3910, abs=5e-5)
    assert acid.henderson_hasselbalch(0.0307e3 * 20.0, 24e3, K) == pytest.approx(7.6920, abs=5e-5)
    assert acid.ammonia_share(7.4, K) == pytest.approx(0.0223956, abs=5e-8)
    # The same plasma through the strong ion difference.
    sid = acid.sid_for(40.0, at_40, PROTEIN, K)
    assert acid.ph(sid, 24e3, PROTEIN, K) == pytest.approx(at_40, abs=1e-12)
    assert acid.equilibrium(40.0, sid, PROTEIN, K) == pytest.approx((1228.0, 24e3), rel=1e-12)


def test_electroneutrality() -> None:
    """At pH 7.4 strong ions balance bicarbonate and protein; 60 g/L buffer 5-8 mM per pH."""
    assert acid.ph(24e3 + 60.0 * 149.0, 24e3, 60.0, K) == pytest.approx(7.4)
    lost = 700.0
    fall = acid.ph(33e3, 24e3, 60.0, K) - acid.ph(33e3 - lost, 24e3, 60.0, K)
    assert fall == pytest.approx(lost / (300.0 + 60.0 * 115.0))
    assert 5e3 < lost / fall < 8e3
    assert acid.ph(0.0, 60e3, 0.0, K) == acid.PH_MIN
    assert acid.ph(60e3, 0.0, 0.0, K) == acid.PH_MAX


@given(pco2s, phs, proteins)
def test_equilibrium_undoes_sid_for(pco2: float, at_ph: float, protein: float) -> None:
    co2, hco3 = acid.equilibrium(pco2, acid.sid_for(pco2, at_ph, protein, K), protein, K)
    assert co2 == 30.7 * pco2
    assert acid.henderson_hasselbalch(co2, hco3, K) == pytest.approx(at_ph, abs=1e-9)


@given(st.floats(0.01, 700.0), sids, proteins)
def test_equilibrium_is_at_rest(pco2: float, sid: float, protein: float) -> None:
    co2, hco3 = acid.equilibrium(pco2, sid, protein, K)
    assert hco3 > 0.0
    assert acid.ph(sid, hco3, protein, K) == pytest.approx(acid.henderson_hasselbalch(co2, hco3, K), abs=1e-9)
    assert acid.hydrate(co2, hco3, sid, protein, K, 10.0) == pytest.approx((co2, hco3), rel=1e-8)


def test_no_carbon_dioxide() -> None:
    assert acid.equilibrium(0.0, SID, PROTEIN, K) == (0.0, 0.0)
    assert acid.hydrate(0.0, 0.0, SID, PROTEIN, K, 0.1) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("co2", "hco3", "sid", "protein"),
    [
        (600.0, 22e3, SID, PROTEIN),  # swept by the oxygenator
        (2400.0, 22e3, SID, PROTEIN),  # over-dosed
        (1228.0, 0.0, 0.0, 0.0),  # saline that meets carbon dioxide
        (100.0, 20e3, 24e3, 0.0),  # bicarbonate prime, swept
        (1228.0, 5e3, 20e3, 40.0),  # acidosis
    ],
)
def test_hydration_against_the_full_pair(co2: float, hco3: float, sid: float, protein: float) -> None:
    def law(_: float, y: NDArray[np.float64]) -> list[float]:
        gain = -rest(float(y[0]), float(y[1]), sid, protein)
        return [gain, -gain]

    times = np.arange(1, 301) * 0.1
    exact = solve_ivp(law, (0.0, 30.0), [co2, hco3], "LSODA", times, rtol=1e-10, atol=1e-8).y
    pair = co2, hco3
    for i in range(times.size):
        pair = acid.hydrate(*pair, sid, protein, K, 0.1)
        assert pair[0] == pytest.approx(exact[0, i], abs=1e-3 * max(co2, hco3) * 0.1)
        assert acid.ph(sid, pair[1], protein, K) == pytest.approx(
            acid.ph(sid, float(exact[1, i]), protein, K), abs=2e-3
        )


def test_hydration_is_second_order() -> None:
    def after(n: int) -> float:
        pair = 600.0, 22e3
        for _ in range(n):
            pair = acid.hydrate(*pair, SID, PROTEIN, K, 8.0 / n)
        return pair[0]

    best = after(4096)
    assert (after(8) - best) / (after(16) - best) == pytest.approx(4.0, abs=0.4)


def relaxation_s(sid: float, co2: float, hco3: float, protein: float) -> float:
    """Time constant of a small disturbance of plasma at rest."""
    start = acid.hydrate(co2 * 1.001, hco3 - co2 * 0.001, sid, protein, K, 0.0)
    later = acid.hydrate(*start, sid, protein, K, 1.0)
    return -1.0 / log((later[0] - co2) / (start[0] - co2))


def test_relaxation_takes_five_to_ten_seconds() -> None:
    """At constant pH, which a strong buffer gives; plasma is faster, because its pH helps."""
    co2, hco3 = acid.equilibrium(40.0, SID, PROTEIN, K)
    h_over_k = co2 / hco3
    plasma = 0.15 * (1.0 + h_over_k + log(10.0) * co2 / (300.0 + PROTEIN * 115.0))
    assert relaxation_s(SID, co2, hco3, PROTEIN) == pytest.approx(1.0 / plasma, rel=2e-3)
    strong = 1e6
    held = acid.sid_for(40.0, log10(1.0 / h_over_k) + 6.1, strong, K)
    slow = relaxation_s(held, co2, hco3, strong)
    assert slow == pytest.approx(1.0 / (0.15 * (1.0 + h_over_k)), rel=2e-3)
    assert 5.0 < slow < 10.0


@given(amounts, amounts, sids, proteins, st.floats(0.0, 1e6))
def test_hydration_conserves_and_stays_positive(
    co2: float, hco3: float, sid: float, protein: float, dt: float
) -> None:
    new_co2, new_hco3 = acid.hydrate(co2, hco3, sid, protein, K, dt)
    assert new_co2 + new_hco3 == pytest.approx(co2 + hco3, rel=1e-12)
    assert new_co2 >= 0.0
    assert new_hco3 >= 0.0
    # Towards rest, never away from it.
    assert (new_co2 - co2) * rest(co2, hco3, sid, protein) <= 0.0


@given(st.floats(1.0, 60e3), sids, proteins, st.floats(0.0, 1.0), st.floats(0.1, 1e4))
def test_hydration_comes_to_rest_with_any_step(
    total: float, sid: float, protein: float, share: float, dt: float
) -> None:
    pair = total * share, total * (1.0 - share)
    for _ in range(600 + int(200.0 / dt)):
        pair = acid.hydrate(*pair, sid, protein, K, dt)
    assert abs(rest(*pair, sid, protein)) < 1e-6 * total


def test_swept_plasma_turns_alkaline_only_as_it_dehydrates() -> None:
    """Physics reference 1.4.3: 7.69 at half the pCO2 with bicarbonate held, approached over seconds."""
    pair = acid.equilibrium(40.0, SID, PROTEIN, K)
    before = acid.ph(SID, pair[1], PROTEIN, K)
    pair = 0.5 * pair[0], pair[1]
    assert acid.ph(SID, pair[1], PROTEIN, K) == before
    first = acid.hydrate(*pair, SID, PROTEIN, K, 0.1)
    assert 0.0 < acid.ph(SID, first[1], PROTEIN, K) - before < 5e-3
    for _ in range(1200):
        pair = acid.hydrate(*pair, SID, PROTEIN, K, 0.1)
    after = acid.ph(SID, pair[1], PROTEIN, K)
    assert after == pytest.approx(acid.henderson_hasselbalch(*pair, K), abs=1e-6)
    assert before + 0.03 < after < before + log10(2.0)


@given(st.floats(2.0, 12.0))
def test_ammonia_share(at_ph: float) -> None:
    share = acid.ammonia_share(at_ph, K)
    assert share / (1.0 - share) == pytest.approx(exp((at_ph - 9.04) * log(10.0)), rel=1e-9)
