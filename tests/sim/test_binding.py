"""Binding to albumin (physics reference 1.1.7, V27)."""

import tomllib
from math import isclose

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import brentq

from qh1a.config import ConfigError, build, root, rows_of, to_tree
from qh1a.config.tables import FieldRow
from qh1a.sim.binding import Binding, SiteConst, binding_constants, free_fraction
from qh1a.sim.species import N_SPECIES, Species

RIG = root() / "rigs" / "sim.toml"
TREE = tomllib.loads(RIG.read_text(encoding="utf-8"))["circuit"]["binding"]
BINDING = build(Binding, TREE, "sim.toml", "circuit.binding")
SITES = binding_constants(BINDING)
UCB = SITES[Species.UCB]
ONE_CLASS = np.array([*UCB[:2], 0.0, 0.0])
Floats = NDArray[np.float64]


@pytest.mark.parametrize(
    ("total", "albumin", "sites", "free_nm"),
    [
        (300.0, 30.0, UCB, 25.3834),
        (300.0, 20.0, UCB, 114.3555),
        (600.0, 30.0, UCB, 439.7518),
        (100.0, 30.0, UCB, 3.97524),
        (300.0, 30.0, ONE_CLASS, 28.3502),
    ],
)
def test_v27(total: float, albumin: float, sites: Floats, free_nm: float) -> None:
    assert 1e3 * total * free_fraction(total, albumin, sites) == pytest.approx(free_nm, rel=1e-5)


def test_rows() -> None:
    assert SITES.shape == (N_SPECIES, len(SiteConst))
    bound = {Species.CB, Species.UCB, Species.BILE_ACIDS}
    assert {s for s in Species if SITES[s].any()} == bound
    per_gram = 1e3 / 66.5
    assert SITES[Species.CB].tolist() == pytest.approx([per_gram, 0.3, 0.0, 0.0])
    assert SITES[Species.BILE_ACIDS].tolist() == pytest.approx([2 * per_gram, 0.02, 0.0, 0.0])
    assert UCB.tolist() == pytest.approx([per_gram, 70.0, 2 * per_gram, 0.5])


def test_order_of_the_toxins() -> None:
    """Of the mean patient: unconjugated bilirubin is the tightest bound, bile acids the loosest."""
    ucb, cb, bile = (
        free_fraction(total, 31.0, SITES[s])
        for total, s in ((101.0, Species.UCB), (259.0, Species.CB), (250.0, Species.BILE_ACIDS))
    )
    assert ucb < 1e-4 < cb < 0.02 < bile < 0.2


@pytest.mark.parametrize("total", [0.0, 1.0, 600.0])
def test_all_is_free_without_albumin_or_sites(total: float) -> None:
    assert free_fraction(total, 0.0, UCB) == 1.0
    assert free_fraction(total, -1e-12, UCB) == 1.0
    assert free_fraction(total, 30.0, SITES[Species.UREA]) == 1.0


def test_limits() -> None:
    trace = 1.0 / (1.0 + 30.0 * (UCB[0] * UCB[1] + UCB[2] * UCB[3]))
    assert free_fraction(0.0, 30.0, UCB) == free_fraction(-1e-9, 30.0, UCB)
    assert free_fraction(0.0, 30.0, UCB) == pytest.approx(trace, rel=1e-14)
    assert free_fraction(1e-9, 30.0, UCB) == pytest.approx(trace, rel=1e-9)
    assert free_fraction(100.0, 1e-12, UCB) == pytest.approx(1.0, abs=1e-10)
    # Far above all sites: what is left over is free.
    sites = 30.0 * (UCB[0] + UCB[2])
    assert 1e6 * free_fraction(1e6, 30.0, UCB) == pytest.approx(1e6 - sites, rel=1e-6)


SITE_ROWS = st.builds(
    lambda *x: np.array(x), st.floats(0, 300), st.floats(0, 1e3), st.floats(0, 300), st.floats(0, 1e3)
)


@given(st.floats(1e-9, 1e6), st.floats(0.0, 80.0), SITE_ROWS)
def test_free_and_bound_are_the_total(total: float, albumin: float, sites: Floats) -> None:
    fraction = free_fraction(total, albumin, sites)
    assert 0.0 < fraction <= 1.0
    b = total * fraction
    held = sum(albumin * n * k * b / (1.0 + k * b) for n, k in ((sites[0], sites[1]), (sites[2], sites[3])))
    assert isclose(b + held, total, rel_tol=1e-9)


@given(st.floats(1e-3, 1e4), st.floats(1.0, 80.0), st.floats(1.001, 3.0))
def test_more_toxin_or_less_albumin_frees_more(total: float, albumin: float, factor: float) -> None:
    fraction = free_fraction(total, albumin, UCB)
    assert free_fraction(total * factor, albumin, UCB) > fraction
    assert free_fraction(total, albumin / factor, UCB) > fraction
    # Both together leave it: only their ratio and the affinity count when nearly all is bound.
    if fraction < 1e-4:
        k = UCB * np.array([factor, 1.0, factor, 1.0])
        assert free_fraction(total, albumin / factor, k) == pytest.approx(fraction, rel=1e-9)


@given(st.floats(1.0, 2000.0), st.floats(5.0, 60.0))
def test_against_a_bracketing_solver(total: float, albumin: float) -> None:
    def missing(b: float) -> float:
        return float(
            b
            + albumin * UCB[0] * UCB[1] * b / (1 + UCB[1] * b)
            + albumin * UCB[2] * UCB[3] * b / (1 + UCB[3] * b)
            - total
        )

    root = brentq(missing, 0.0, total, xtol=1e-15, rtol=1e-14)
    assert total * free_fraction(total, albumin, UCB) == pytest.approx(root, rel=1e-8)


@pytest.mark.parametrize("row", rows_of(Binding), ids=lambda r: r.key)
def test_every_bound_is_kept(row: FieldRow) -> None:
    assert row.lo is not None
    assert row.hi is not None
    key = f"binding.{row.key}"
    for value in (row.lo - 1e-6, row.hi * (1.0 + 1e-6), float("nan")):
        with pytest.raises(ConfigError, match="allowed"):
            build(Binding, to_tree(BINDING), "f", "binding", {key: value})
