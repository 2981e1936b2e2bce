"""Clotting times and calcium (physics reference 1.5.3)."""

from dataclasses import replace
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qh1a.config import load, root
from qh1a.sim.coagulation import act, aptt, calcium_ratio, coagulation_constants, ionised_calcium
from qh1a.sim.person import Person

COAGULATION = load(Person, root() / "patients" / "aclf-typical.toml").coagulation
K = coagulation_constants(COAGULATION)
FULL = coagulation_constants(replace(COAGULATION, antithrombin=1.0))
HEPARIN = st.floats(0.0, 1e6)


@pytest.mark.parametrize("heparin", [0.0, 200.0, 500.0, 735.294])
def test_laws(heparin: float) -> None:
    """ACT = ACT0 + 130 C, aPTT = aPTT0 exp(2.5 C), C in IU/mL."""
    c = heparin / 1e3
    assert act(FULL, heparin) == pytest.approx(140.0 + 130.0 * c)
    assert aptt(FULL, heparin) == pytest.approx(min(45.0 * exp(2.5 * c), 300.0))
    # Antithrombin 0.75 weighs heparin, not the clotting time without it.
    assert act(K, heparin) == pytest.approx(140.0 + 130.0 * 0.75 * c)
    assert aptt(K, heparin) == pytest.approx(45.0 * exp(2.5 * 0.75 * c))


def test_the_range_of_membrane_plasma_exchange_reaches_the_target() -> None:
    """0.2-0.5 IU/mL are kept (P08); targets are ACT 160-220 s (clinical reference 1.5)."""
    assert 155.0 < act(K, 200.0) < act(K, 500.0) < 220.0


def test_what_does_not_clot() -> None:
    assert aptt(K, 1e9) == pytest.approx(300.0)
    slow = coagulation_constants(replace(COAGULATION, aptt=200.0, aptt_max=100.0))
    assert aptt(slow, 0.0) == aptt(slow, 1e4) == 200.0


@given(HEPARIN, st.floats(1.0, 1e5), st.floats(0.5, 0.99))
def test_more_heparin_or_antithrombin_is_never_faster(
    heparin: float, more: float, antithrombin: float
) -> None:
    weak = coagulation_constants(replace(COAGULATION, antithrombin=antithrombin))
    assert act(K, heparin + more) > act(K, heparin) >= 140.0
    assert aptt(K, heparin + more) >= aptt(K, heparin) >= 45.0
    assert act(FULL, heparin) >= act(weak, heparin)
    assert aptt(FULL, heparin) >= aptt(weak, heparin)


def test_p09_calcium_under_citrate() -> None:
    """iCa = tCa_diff / (1 + 1.6e3 cit): 10 mmol/h reach a patient with ACLF, 852 umol/L."""
    assert ionised_calcium(K, 0.0) == pytest.approx(1120.0)
    assert ionised_calcium(K, 852.0) == pytest.approx(1120.0 / (1.0 + 1.6e3 * 852e-6))
    assert calcium_ratio(K, 0.0) == pytest.approx(2.05 / 1.12)
    assert calcium_ratio(K, 852.0) > 2.5 > calcium_ratio(K, 200.0) > calcium_ratio(K, 0.0)


@given(st.floats(0.0, 1e5), st.floats(1.0, 1e4))
def test_citrate_takes_calcium(citrate: float, more: float) -> None:
    assert 0.0 < ionised_calcium(K, citrate + more) < ionised_calcium(K, citrate) <= 1120.0
    assert ionised_calcium(K, citrate) * calcium_ratio(K, citrate) == pytest.approx(2050.0)
