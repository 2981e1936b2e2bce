"""The product's kernels against the same physics as one ODE (`reference_rhs`), solved by two adaptive codes.

At the step of the circuit the difference is that step alone: it halves with the step, and extrapolated to no
step at all it is gone.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray

from qh1a.sim.species import N_SPECIES, Species
from tests.sim.oracle import by_bdf, by_cvode, scales, setting
from tests.sim.reference_rhs import CELLS, N_PLACES, N_ROWS, WARMER, Place

Floats = NDArray[np.float64]
K, P = Species, Place
STEP: Final = 0.5  # s, of the circuit
HOUR: Final = 3600
EARLY: Final = (60, 300, 1200, HOUR)
ALL: Final = (*EARLY, 2 * HOUR, 4 * HOUR, 6 * HOUR)
BIOREACTOR = slice(N_PLACES, N_ROWS)
WALL = slice(N_PLACES + CELLS, N_PLACES + 2 * CELLS)
FLOOR: Final = 0.01
"""Share of a species' largest concentration anywhere at the start, below which an error is absolute."""
RISING = [K.IL6, K.EV]
"""Made by the cells, from little or nothing."""
GASES = [K.CO2, K.HCO3, K.O2]


@cache
def exact() -> Floats:
    """States of the reference at `ALL`."""
    return by_bdf(setting(), ALL)


@cache
def stepped(dt: float) -> Floats:
    """States of the product at `EARLY`, at the circuit's own step at `ALL`."""
    return setting().stepped(dt, ALL if dt == STEP else EARLY)


def table(y: Floats) -> Floats:
    """Concentrations by time, row and species."""
    return y[:, :-1].reshape(len(y), N_ROWS, N_SPECIES)


def errors(y: Floats, by: Floats) -> Floats:
    """Relative errors by time, row and species."""
    scale = FLOOR * scales(setting().start)
    return table(np.abs(y - by) / np.maximum(np.abs(by), scale))


def extrapolated(y: Sequence[Floats]) -> Floats:
    """What states of steps h, h/2 and h/4 make of no step at all, to third order."""
    return (y[0] - 6.0 * y[1] + 8.0 * y[2]) / 3.0


def all_steps() -> list[Floats]:
    return [stepped(dt)[: len(EARLY)] for dt in (STEP, STEP / 2.0, STEP / 4.0)]


def test_bdf_and_cvode_agree() -> None:
    assert errors(by_cvode(setting(), ALL), exact()).max() < 1e-6


def test_the_error_halves_with_the_step() -> None:
    h, half, quarter = (np.abs(table(y - exact()[: len(EARLY)])).sum(axis=1) for y in all_steps())
    largest = scales(setting().start)[:N_SPECIES]
    for time in range(1, len(EARLY)):  # at 60 s the fronts are steeper than the coarse step resolves
        moving = quarter[time] > 1e-7 * largest
        assert moving.sum() >= N_SPECIES - 2  # heat stands still
        assert (h / half)[time, moving] == pytest.approx(2.0, abs=0.1)
        assert (half / quarter)[time, moving] == pytest.approx(2.0, abs=0.05)


def test_without_a_step_the_product_solves_the_reference() -> None:
    found = errors(extrapolated(all_steps()), exact()[: len(EARLY)])
    assert found[:, P.PATIENT].max() < 1e-8
    assert found[1:].max() < 2e-6


def test_patient_at_the_step_of_the_circuit() -> None:
    found = errors(stepped(STEP), exact())[:, P.PATIENT]
    late = [time >= HOUR for time in ALL]
    # While the prime mixes in, and for what still rises, this is a delay of a second at most.
    assert found.max() < 1e-4
    assert np.delete(found[late], RISING, axis=1).max() < 1e-5
    assert found[-1].max() < 1e-5


def test_bioreactor_at_the_step_of_the_circuit() -> None:
    found = errors(stepped(STEP), exact())[:, WALL].max(axis=1)
    settled = found[[time >= 2 * HOUR for time in ALL]]
    # What is left of the debris of the start falls to nothing, with the error of its rate.
    assert np.delete(settled, K.DEBRIS, axis=1).max() < 1e-4
    assert settled[-1].max() < 1e-4
    assert found.max() < 1e-2


def test_lines_that_keep_their_order_need_no_shorter_step() -> None:
    it = setting("plug")
    coarse, fine = (it.stepped(dt, [HOUR]) for dt in (STEP, STEP / 4.0))
    found = errors(coarse, fine)[0]
    assert np.delete(found[P.PATIENT], RISING).max() < 1e-5
    assert np.delete(found[WALL], K.DEBRIS, axis=1).max() < 1.2e-4
    assert found[WALL, GASES].max() < 1.2e-4


def test_heat_and_what_depends_on_it() -> None:
    it = setting(heated=True)
    by = by_bdf(it, EARLY)
    states = [it.stepped(dt, EARLY) for dt in (STEP, STEP / 2.0, STEP / 4.0)]

    def kelvin(y: Floats) -> tuple[Floats, Floats]:
        off = np.abs(y - by)
        return table(off)[:, :, K.HEAT], off[:, -1]

    places, plate = kelvin(extrapolated(states))
    assert max(places[1:].max(), plate[1:].max()) < 1e-6
    assert errors(extrapolated(states), by)[1:].max() < 2e-6
    places, plate = kelvin(states[0])
    assert plate.max() < 0.01
    assert places[1:, BIOREACTOR].max() < 0.01
    # Heat is exchanged after transport and read after that: a place is off by what it exchanges in one step,
    # 0.6 K in the first third of the warmer. What flows out of it is not.
    assert np.delete(places, WARMER, axis=1).max() < 0.1
    assert places[1:, P.WARMER_OUTLET : P.RX_INLET + 1].max() < 0.01
