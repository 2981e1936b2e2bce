"""The simulator's steps beside adaptive solvers that begin anew with every tick, on the same equations.

The equations are those the simulator is tested against (`tests.sim.reference_rhs`): every line a mixed cell,
flows and gas other in every tick. That is what a controller makes of any solver: 36 000 beginnings an hour.
"""

from collections.abc import Callable
from dataclasses import replace
from math import sin
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from sksundae.cvode import CVODE

from benchmarks.bench import Bench
from benchmarks.measure import Figure, blocks
from qh1a.sim.circuit import SOLUTE_TICKS
from qh1a.sim.disturbance import NEUTRAL
from tests.sim.carried import carry, steady
from tests.sim.oracle import Setting, scales, setting
from tests.sim.reference_rhs import Held

Floats = NDArray[np.float64]
TICK_S: Final = 0.1
RTOL: Final = 1e-6
QUICK: Final = 1000
SLOW: Final = 10
"""Ticks in a block: of what takes microseconds, of what takes tens of milliseconds."""
ACTUATORS: Final = (
    *(130.0, 30.0, 100.0, 30.0, 1.0, 37.5, 20.0, 75.0, 5.0),
    *(1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0),
)
"""In the order of `Circuit.step`: a treatment."""


def moving(held: Held, count: int) -> list[Held]:
    """Conditions that change from tick to tick."""
    rows = []
    for k in range(count):
        by = 1.0 + 0.1 * sin(0.3 * k)
        rows.append(
            replace(
                held,
                blood=held.blood * by,
                plasma=held.plasma * by,
                perfusion=held.perfusion * by,
                p_o2=held.p_o2 * by,
                p_co2=held.p_co2 / by,
            )
        )
    return rows


def _stepped(it: Setting, every: int) -> Callable[[], None]:
    """Transport, chemistry and metabolism every so many ticks, by the simulator's kernels."""
    state, dt = it.state.copy(), every * TICK_S
    rows = [(h, steady(h.blood, h.plasma, h.perfusion)) for h in moving(it.reference.held, QUICK)[::every]]

    def body() -> None:
        for held, flows in rows:
            carry(state, it.c, flows, held.p_o2, held.p_co2, held.watts, dt)

    return body


def _by_bdf(it: Setting) -> Callable[[Floats], Floats]:
    """A tick by scipy, with the sparse Jacobian of the tests."""

    def solve(y: Floats) -> Floats:
        found = solve_ivp(
            it.reference, (0.0, TICK_S), y, method="BDF", rtol=RTOL, atol=tolerance, jac=it.jacobian
        )
        return np.asarray(found.y[:, -1])

    tolerance = 1e-7 * scales(it.start)
    return solve


def _by_cvode(it: Setting) -> Callable[[Floats], Floats]:
    """A tick by CVODE, with the linear solver; a sparse one takes eight times as long."""

    def rates(t: float, y: Floats, out: Floats) -> None:
        out[:] = it.reference(t, y)

    def solve(y: Floats) -> Floats:
        return np.asarray(solver.solve(np.array([0.0, TICK_S]), y).y[-1])

    solver = CVODE(rates, rtol=RTOL, atol=1e-7 * scales(it.start), linsolver="gmres")
    return solve


def _adaptive(it: Setting, solve: Callable[[Floats], Floats]) -> Callable[[], None]:
    """`solve` from one tick to the next, under conditions that move."""
    rows, start = moving(it.reference.held, SLOW), it.start

    def body() -> None:
        y = start
        for held in rows:
            it.reference.hold(held)
            y = solve(y)

    return body


def compared(bench: Bench) -> list[Figure]:
    """Per tick: the simulator's kernels, two adaptive solvers, and the whole circuit called from Python."""
    setting.cache_clear()
    it = setting()
    plug = setting("plug")
    circuit, quiet, start = bench.circuit(), np.array(NEUTRAL), it.start
    circuit.connect(access=True, venous=True)

    def whole() -> None:
        for _ in range(QUICK):
            circuit.step(ACTUATORS, quiet)

    def rates() -> None:
        for _ in range(QUICK // 10):
            it.reference(0.0, start)

    return [
        blocks("carried every tick", _stepped(it, 1), QUICK),
        blocks("carried every 0.5 s", _stepped(it, SOLUTE_TICKS), QUICK),
        blocks("the same, lines in order", _stepped(plug, SOLUTE_TICKS), QUICK),
        blocks("solve_ivp, BDF", _adaptive(it, _by_bdf(it)), SLOW, 4),
        blocks("CVODE", _adaptive(it, _by_cvode(it)), SLOW, 4),
        blocks("one right-hand side", rates, QUICK // 10),
        blocks("circuit, whole tick", whole, QUICK),
    ]


def print_compared(rows: list[Figure]) -> None:
    """As a table, beside the first row."""
    first = rows[0].min_us
    print(f"\n{'physics, CPU time per tick':26}{'min us':>11}{'median us':>11}{'ratio':>11}")
    for row in rows:
        print(f"{row.part:26}{row.min_us:11.2f}{row.median_us:11.2f}{row.min_us / first:11.3f}")
