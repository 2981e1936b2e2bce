"""Oxygen content and tension of plasma and blood (V numbers: physics reference, 3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qh1a.sim import oxygen

K = oxygen.oxygen_constants(oxygen.Oxygen(solubility=1.3, capacity=20465.0))
hcts = st.floats(0.0, 0.7)


@pytest.mark.parametrize(
    ("p", "share", "places"),
    # V28 and physics reference 1.4.3.
    [(26.8, 0.498595, 5e-7), (40.0, 0.7495, 6e-5), (100.0, 0.9775, 6e-5), (0.0, 0.0, 0.0)],
)
def test_severinghaus(p: float, share: float, places: float) -> None:
    assert oxygen.saturation(p) == pytest.approx(share, abs=places)


def test_content() -> None:
    assert oxygen.content(150.0, 0.0, K) == pytest.approx(195.0)  # V10
    # 200 mL/L with Hb 150 g/L (MCHC 330) at 100 mmHg, 44.6 umol per mL.
    assert oxygen.content(100.0, 150.0 / 330.0, K) / 44.6 == pytest.approx(207.0, abs=1.0)
    assert oxygen.content(0.0, 0.37, K) == 0.0


@given(st.floats(0.0, 700.0), hcts)
def test_tension_undoes_content(p: float, hct: float) -> None:
    assert oxygen.tension(oxygen.content(p, hct, K), hct, K) == pytest.approx(p, rel=1e-9, abs=1e-300)


@given(st.floats(0.0, 20e3), hcts)
def test_content_undoes_tension(amount: float, hct: float) -> None:
    p = oxygen.tension(amount, hct, K)
    assert 0.0 <= p <= amount / 1.3 * (1.0 + 1e-12)
    assert oxygen.content(p, hct, K) == pytest.approx(amount, rel=1e-9, abs=1e-300)


def test_tension_crosses_full_haemoglobin_smoothly() -> None:
    full = 20465.0 * 0.37
    for amount in (full * (1.0 - 1e-15), full, full * (1.0 + 1e-15)):
        assert oxygen.content(oxygen.tension(amount, 0.37, K), 0.37, K) == pytest.approx(full, rel=1e-12)


@given(st.floats(0.0, 699.0), st.floats(1e-3, 1.0), hcts)
def test_more_oxygen_is_more_tension(p: float, more: float, hct: float) -> None:
    low, high = oxygen.content(p, hct, K), oxygen.content(p + more, hct, K)
    assert oxygen.tension(low, hct, K) < oxygen.tension(high, hct, K)


def test_none_left() -> None:
    assert oxygen.tension(0.0, 0.37, K) == 0.0
    assert oxygen.tension(-1e-18, 0.37, K) == 0.0
