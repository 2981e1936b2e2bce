"""Pressures, output and reflexes (physics reference 1.5.4)."""

from dataclasses import replace
from math import exp
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qh1a.config import load, root
from qh1a.sim.haemodynamics import (
    HaemoConst,
    HaemoState,
    advance,
    arterial_pressure,
    cardiac_output,
    haemo_constants,
    haemo_state,
    heart_rate,
    set_point,
    venous_pressure,
)
from qh1a.sim.person import Person

FOLDER = root() / "patients"
PERSON = load(Person, FOLDER / "aclf-typical.toml")
K = haemo_constants(PERSON)
VOLUME, IL6, WARMTH = 4550.0, 40.0, 37.0
VOLUMES = st.floats(500.0, 9000.0)


def settled(k: NDArray[np.float64], vol: float, il6: float = IL6, temperature: float = WARMTH) -> float:
    """Arterial pressure after the reflexes."""
    s = haemo_state(k)
    advance(s, k, vol, il6, temperature, 0.0, 1e5)
    return arterial_pressure(s, k, vol)


def test_published_resistance() -> None:
    """CO 7.5, MAP 75, CVP 5: 746.7 dyn.s/cm5, of which 80 are 1 mmHg.min/L."""
    k = haemo_constants(
        replace(PERSON, cvp=5.0, haemodynamics=replace(PERSON.haemodynamics, map=75.0, cardiac_output=7.5))
    )
    per_l_min = k[HaemoConst.RESISTANCE] * 1e3 / 60.0
    assert 80.0 * per_l_min == pytest.approx(746.7, abs=0.05)


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.toml")), ids=lambda f: f.stem)
def test_the_start_is_steady(file: Path) -> None:
    person = load(Person, file)
    k = haemo_constants(person)
    s, vol, il6 = haemo_state(k), person.weight * person.blood_per_kg, person.interleukin_6.start
    for _ in range(1000):
        advance(s, k, vol, il6, person.temperature, 0.0, 1.0)
    h = person.haemodynamics
    assert arterial_pressure(s, k, vol) == pytest.approx(h.map, rel=1e-12)
    assert venous_pressure(k, vol) == person.cvp
    assert cardiac_output(k, vol) * 0.06 == pytest.approx(h.cardiac_output)
    assert heart_rate(k, h.map) == h.heart_rate


def test_venous_pressure_and_output() -> None:
    assert venous_pressure(K, VOLUME - 300.0) == pytest.approx(8.0 - 2.0)
    assert cardiac_output(K, 0.9 * VOLUME) == pytest.approx(125.0 * 0.9**1.75)
    assert cardiac_output(K, -1.0) == 0.0


def test_reflexes_take_one_time_constant() -> None:
    s, vol = haemo_state(K), VOLUME - 500.0
    goal, start = set_point(K, vol, IL6, WARMTH, 0.0), K[HaemoConst.RESISTANCE]
    assert goal > start
    for _ in range(60):
        advance(s, K, vol, IL6, WARMTH, 0.0, 1.0)
    assert (s[HaemoState.RESISTANCE] - start) / (goal - start) == pytest.approx(1.0 - exp(-1.0), rel=1e-12)


@given(VOLUMES, st.floats(0.0, 5e3), st.floats(34.0, 41.0), st.floats(0.01, 600.0))
def test_one_long_step_is_many_short_ones(vol: float, il6: float, temperature: float, dt: float) -> None:
    once, often = haemo_state(K), haemo_state(K)
    advance(once, K, vol, il6, temperature, 0.0, dt)
    for _ in range(10):
        advance(often, K, vol, il6, temperature, 0.0, dt / 10.0)
    assert often[0] == pytest.approx(once[0], rel=1e-12)
    assert once[0] > 0.0


@given(st.floats(0.7, 1.3))
def test_the_gain_is_that_of_a_closed_loop(filling: float) -> None:
    """With gain G the change of resistance over its unaided value is G x the pressure error that is left."""
    vol = filling * VOLUME
    k = K.copy()
    k[HaemoConst.REFLEX_LIMIT] = 0.9
    left = 1.0 - settled(k, vol) / 84.0
    tone = set_point(k, vol, IL6, WARMTH, 0.0) / k[HaemoConst.RESISTANCE] - 1.0
    assert tone == pytest.approx(1.0 * left, abs=1e-12)


@given(st.floats(0.3, 2.0), st.floats(0.0, 5.0))
def test_reflexes_never_overcompensate(filling: float, gain: float) -> None:
    vol = filling * VOLUME
    k = K.copy()
    k[HaemoConst.GAIN] = gain
    unaided = venous_pressure(k, vol) + cardiac_output(k, vol) * k[HaemoConst.RESISTANCE]
    aided = settled(k, vol)
    assert min(unaided, 84.0) - 1e-9 <= aided <= max(unaided, 84.0) + 1e-9


def test_the_limit_holds() -> None:
    assert set_point(K, 800.0, IL6, WARMTH, 0.0) == pytest.approx(1.5 * K[HaemoConst.RESISTANCE])
    assert set_point(K, 12000.0, IL6, WARMTH, 0.0) == pytest.approx(0.5 * K[HaemoConst.RESISTANCE])
    assert heart_rate(K, 10.0) == pytest.approx(1.5 * 85.0)
    assert heart_rate(K, 200.0) == pytest.approx(0.5 * 85.0)
    assert heart_rate(K, 75.6) == pytest.approx(1.1 * 85.0)


def test_interleukin_and_heat_dilate() -> None:
    assert (
        settled(K, VOLUME, il6=400.0)
        < settled(K, VOLUME, il6=100.0)
        < settled(K, VOLUME)
        == pytest.approx(84.0)
    )
    assert settled(K, VOLUME, temperature=38.0) < 84.0 < settled(K, VOLUME, temperature=36.0)
    stiff = K.copy()
    stiff[HaemoConst.GAIN] = 0.0
    # Half of the receptors at 200 pg/mL, a sixth at the start; 5 % per K.
    assert settled(stiff, VOLUME, il6=200.0) == pytest.approx(8.0 + 76.0 * exp(-0.3 * (0.5 - 1.0 / 6.0)))
    assert settled(stiff, VOLUME, temperature=38.0) == pytest.approx(8.0 + 76.0 * exp(-0.05))


def test_connecting_a_circuit_costs_a_few_mmhg() -> None:
    """200 mL outside the body: 5-10 mmHg, transiently (clinical reference 5.4)."""
    s = haemo_state(K)
    at_once = 84.0 - arterial_pressure(s, K, VOLUME - 200.0)
    assert 5.0 <= at_once <= 10.0
    assert 2.0 < 84.0 - settled(K, VOLUME - 200.0) < 0.7 * at_once
