"""Where the fluid is and how it may move: tanks, pressure nodes, flows, and the paths between them.

A path is one flow through lines from a tank to a tank. A line keeps the order of what is in it (`fifo`); a
tank is well mixed; a pressure node is a tank whose volume follows its pressure.
"""

from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np


class Node(IntEnum):
    """Pressure nodes."""

    ACC = 0
    PRE = 1
    LUMEN = 2
    CHAMBER = 3
    FIL = 4
    OX = 5
    TEE = 6
    F2O = 7
    RET = 8
    JOINT = 9


class Tank(IntEnum):
    """Tanks; those of the pressure nodes follow at `NODE_TANK`.

    RETAINED is what the second filter has kept back. LEAKED is blood on the tray. Three are balances, which
    may be below 0: WATER is the water outside, evaporated and passed, less what was infused; BESIDE is what
    went past circuit and patient, less what the patient was given (blood he bled himself, heparin that
    dripped, transfusions); LINES is what the blood lines have given up to air.
    """

    PATIENT = 0
    SALINE = 1
    WASTE = 2
    RES = 3
    OUTSIDE = 4
    SPILT = 5
    SYRINGE = 6
    INTERSTITIUM = 7
    WATER = 8
    RETAINED = 9
    BESIDE = 10
    LINES = 11
    LEAKED = 12


class Flow(IntEnum):
    """Volume flows, positive in the direction of treatment.

    The first `N_SOLVED` come out of the pressure solve, the others follow from them.
    DRAIN_* is what a line gives up to its end besides what enters it: air takes its place.
    """

    ACCESS = 0
    SALINE_ACCESS = 1
    BP = 2
    S1_IN = 3
    S1_OUT = 4
    MEMBRANE = 5
    RETURN = 6
    PP = 7
    CP = 8
    RX = 9
    RC = 10
    F2 = 11
    WASTE = 12
    RP = 13
    PLASMA_RETURN = 14
    JOINT_WASTE = 15
    SALINE_RES = 16
    HEPARIN = 17
    OVERFLOW = 18
    ACCESS_PATIENT = 19
    ACCESS_JOINT = 20
    RETURN_PATIENT = 21
    RETURN_JOINT = 22
    RETURN_OUTSIDE = 23
    RX_LUMEN = 24
    RX_BYPASS = 25
    EVAPORATION = 26
    CAPILLARY = 27
    INTAKE = 28
    HEPARIN_ASIDE = 29
    BLEEDING = 30
    TRANSFUSION = 31
    ACCESS_OUTSIDE = 32
    CATHETER = 33
    RUPTURE = 34
    DRAIN_ACCESS = 35
    DRAIN_BLOOD_PUMP = 36
    DRAIN_FILTER_IN = 37
    DRAIN_FILTER_OUT = 38


N_SOLVED: Final = 16
N_FLOWS: Final = len(Flow)
N_NODES: Final = len(Node)
NODE_TANK: Final = len(Tank)
N_TANKS: Final = NODE_TANK + N_NODES


class Line(IntEnum):
    """Lines, each with one flow; the warmer is three mixed parts in series."""

    ACCESS = 0
    BLOOD_PUMP = 1
    FILTER_IN = 2
    FILTER_OUT = 3
    CHAMBER_INLET = 4
    RETURN = 5
    FILTRATE = 6
    RES_OUTLET = 7
    WARMER_1 = 8
    WARMER_2 = 9
    WARMER_3 = 10
    WARMER_OUTLET = 11
    OX_INLET = 12
    BUNDLE = 13
    RX_INLET = 14
    RECIRCULATION = 15
    F2_INLET = 16
    PLASMA_RETURN = 17


N_LINES: Final = len(Line)


MIXED: Final = frozenset({Line.WARMER_1, Line.WARMER_2, Line.WARMER_3})
"""Lines that are well mixed even where the others keep their order."""


class End(IntEnum):
    """Ends of paths that are not one tank."""

    ACCESS = -1
    """The access line's end: patient, joint or the outside."""
    RETURN = -2
    """The return line's end: patient, joint or the outside."""
    BIOREACTOR = -3
    """Bioreactor and bypass, then the tee."""
    AIR = -5
    """Nothing: air follows what leaves the first line."""
    SECOND_FILTER = -4
    """Through the second filter's membrane into its outlet."""


class Path(NamedTuple):
    """One flow from `start` through `lines` to `end`: tanks, or an `End`."""

    flow: Flow
    start: int
    lines: tuple[Line, ...]
    end: int


def node(n: Node) -> int:
    """The tank of a pressure node."""
    return NODE_TANK + n


_L = Line
PATHS: Final = (
    Path(Flow.ACCESS, End.ACCESS, (_L.ACCESS,), node(Node.ACC)),
    Path(Flow.DRAIN_ACCESS, End.AIR, (_L.ACCESS,), node(Node.ACC)),
    Path(Flow.CATHETER, Tank.PATIENT, (), Tank.OUTSIDE),
    Path(Flow.SALINE_ACCESS, Tank.SALINE, (), node(Node.ACC)),
    Path(Flow.BP, node(Node.ACC), (_L.BLOOD_PUMP,), node(Node.PRE)),
    Path(Flow.DRAIN_BLOOD_PUMP, End.AIR, (_L.BLOOD_PUMP,), node(Node.PRE)),
    Path(Flow.HEPARIN, Tank.SYRINGE, (), node(Node.PRE)),
    Path(Flow.HEPARIN_ASIDE, Tank.SYRINGE, (), Tank.BESIDE),
    Path(Flow.BLEEDING, Tank.PATIENT, (), Tank.BESIDE),
    Path(Flow.S1_IN, node(Node.PRE), (_L.FILTER_IN,), node(Node.LUMEN)),
    Path(Flow.RUPTURE, node(Node.PRE), (), Tank.LEAKED),
    Path(Flow.DRAIN_FILTER_IN, End.AIR, (_L.FILTER_IN,), node(Node.LUMEN)),
    Path(Flow.MEMBRANE, node(Node.LUMEN), (), node(Node.FIL)),
    Path(Flow.S1_OUT, node(Node.LUMEN), (_L.FILTER_OUT, _L.CHAMBER_INLET), node(Node.CHAMBER)),
    Path(Flow.DRAIN_FILTER_OUT, End.AIR, (_L.FILTER_OUT, _L.CHAMBER_INLET), node(Node.CHAMBER)),
    Path(Flow.PP, node(Node.FIL), (_L.FILTRATE,), Tank.RES),
    Path(Flow.SALINE_RES, Tank.SALINE, (), Tank.RES),
    Path(Flow.OVERFLOW, Tank.RES, (), Tank.SPILT),
    Path(
        Flow.CP,
        Tank.RES,
        (_L.RES_OUTLET, _L.WARMER_1, _L.WARMER_2, _L.WARMER_3, _L.WARMER_OUTLET, _L.OX_INLET),
        node(Node.OX),
    ),
    Path(Flow.RX, node(Node.OX), (_L.BUNDLE, _L.RX_INLET), End.BIOREACTOR),
    Path(Flow.RC, node(Node.TEE), (_L.RECIRCULATION,), Tank.RES),
    Path(Flow.F2, node(Node.TEE), (_L.F2_INLET,), End.SECOND_FILTER),
    Path(Flow.WASTE, node(Node.TEE), (), Tank.WASTE),
    Path(Flow.RP, node(Node.F2O), (), node(Node.RET)),
    Path(Flow.PLASMA_RETURN, node(Node.RET), (_L.PLASMA_RETURN,), node(Node.CHAMBER)),
    Path(Flow.RETURN, node(Node.CHAMBER), (_L.RETURN,), End.RETURN),
    Path(Flow.JOINT_WASTE, node(Node.JOINT), (), Tank.WASTE),
)
"""Downstream, every tank filled before it gives, but where a loop closes: a step is implicit in each tank."""

_DEEPEST: Final = max(len(p.lines) for p in PATHS)
PATH_ENDS: Final = np.array([(p.flow, p.start, p.end) for p in PATHS], dtype=np.int64)
PATH_LINES: Final = np.array([[*p.lines, *[-1] * (_DEEPEST - len(p.lines))] for p in PATHS], dtype=np.int64)
N_PATHS: Final = len(PATHS)

_TWO_ENDS: Final = {
    Flow.ACCESS_PATIENT: (Tank.PATIENT, node(Node.ACC)),
    Flow.ACCESS_JOINT: (node(Node.JOINT), node(Node.ACC)),
    Flow.ACCESS_OUTSIDE: (Tank.OUTSIDE, node(Node.ACC)),
    Flow.RETURN_PATIENT: (node(Node.CHAMBER), Tank.PATIENT),
    Flow.RETURN_JOINT: (node(Node.CHAMBER), node(Node.JOINT)),
    Flow.RETURN_OUTSIDE: (node(Node.CHAMBER), Tank.OUTSIDE),
    Flow.RX: (node(Node.OX), node(Node.TEE)),
    Flow.F2: (node(Node.TEE), node(Node.F2O)),
    Flow.EVAPORATION: (node(Node.OX), Tank.WATER),
    Flow.CAPILLARY: (Tank.INTERSTITIUM, Tank.PATIENT),
    Flow.INTAKE: (Tank.WATER, Tank.PATIENT),
    Flow.TRANSFUSION: (Tank.BESIDE, Tank.PATIENT),
    Flow.DRAIN_ACCESS: (Tank.LINES, node(Node.ACC)),
    Flow.DRAIN_BLOOD_PUMP: (Tank.LINES, node(Node.PRE)),
    Flow.DRAIN_FILTER_IN: (Tank.LINES, node(Node.LUMEN)),
    Flow.DRAIN_FILTER_OUT: (Tank.LINES, node(Node.CHAMBER)),
}


def _edges() -> list[tuple[int, int, int]]:
    """Flow, the tank it empties, the tank it fills; lines hold a constant volume."""
    plain = [(int(p.flow), p.start, p.end) for p in PATHS if p.start >= 0 and p.end >= 0]
    return plain + [(int(flow), a, b) for flow, (a, b) in _TWO_ENDS.items()]


EDGES: Final = np.array(_edges(), dtype=np.int64)
N_EDGES: Final = len(EDGES)
