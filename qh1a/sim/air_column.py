"""Air that an open access line sucks in: it pushes the blood ahead of it through the lines to the chamber.

The way from the access to the venous chamber is a chain of four lines with a soft node after each but the
last. The pressure solve knows volume only; here each of its flows is parted into liquid and air. A line or
node passes on liquid as long as it holds more than a film, then what reaches it: the front is a plug in every
part. Volume is that at ambient pressure. The inlet of the chamber keeps its blood: air skips it. The air
stays where it is when the blood stands or turns, and what has once got into a line stays there until the
circuit is primed anew: blood that flows again goes past it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import layout
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.graph import NODE_TANK, Flow, Node
from qh1a.sim.jit import compiled
from qh1a.sim.layout import C, S

STAGES: Final = np.array(
    [
        (Flow.ACCESS, Flow.DRAIN_ACCESS, Node.ACC),
        (Flow.BP, Flow.DRAIN_BLOOD_PUMP, Node.PRE),
        (Flow.S1_IN, Flow.DRAIN_FILTER_IN, Node.LUMEN),
        (Flow.S1_OUT, Flow.DRAIN_FILTER_OUT, Node.CHAMBER),
    ],
    dtype=np.int64,
)
"""Flow, what its line gives up to air, and the node at its end; the lines' volumes stand at `C.V_ACCESS`."""
N_STAGES: Final = 4


@compiled
def wet(state: NDArray[np.float64], c: NDArray[np.float64], stage: int) -> float:
    """Share of a stage's line that is filled with liquid, 0..1."""
    return 1.0 - state[layout.GAS_FILLED + stage] / c[C.V_ACCESS + stage]


@compiled
def _passed(arriving: float, whole: float, held: float, rest: float, c: NDArray[np.float64]) -> float:
    """Liquid in mL/s that leaves a part with the flow `whole`, when `arriving` reaches it.

    `held`: liquid in mL that it has, of `rest` when it is full.
    """
    if whole <= 0.0:
        return whole
    least = min(max(arriving, 0.0), whole)
    return least + (whole - least) * min(1.0, max(0.0, (held - c[C.FILM] * rest) / c[C.FILM_SOFT]))


@compiled
def split(state: NDArray[np.float64], c: NDArray[np.float64], d: NDArray[np.float64], dt: float) -> None:
    """Part the solved flows of the blood lines: each becomes its liquid, the rest is air that moves on.

    `GAS_FILLED`: mL of air in the four lines, then in the three nodes after them.
    """
    flow, gas = state[layout.FLOW : layout.VISCOSITY], state[layout.GAS_FILLED : layout.AIR_V_LINE]
    vol = state[layout.VOL : layout.MOVED]
    whole = flow[Flow.ACCESS]
    # Nobody feeds a line that is off.
    entering = min(whole, 0.0) if d[Disturbance.ACCESS_OPEN] > 0.5 else whole
    for i in range(N_STAGES):
        rest = c[C.V_ACCESS + i]
        leaving = _passed(entering, whole, rest - gas[i], rest, c)
        flow[STAGES[i, 0]], flow[STAGES[i, 1]] = entering, leaving - entering
        gas[i] += (leaving - entering) * dt
        air = (whole - leaving) * dt
        if i == N_STAGES - 1:
            state[S.AIR] += air
            return
        node = STAGES[i, 2]
        beside = flow[Flow.SALINE_ACCESS] if i == 0 else 0.0
        whole = flow[STAGES[i + 1, 0]]
        entering = _passed(leaving + beside, whole, vol[NODE_TANK + node], c[layout.REST + node], c)
        gas[N_STAGES + i] += air - (whole - entering) * dt
