"""Where the fluid is: well-mixed tanks in chains, and the exact transport between them.

A line is a chain of equal tanks, which gives its plug flow the dispersion of that many tanks; a pressure node
is one tank whose volume follows its pressure. Every tank holds amounts (mL x concentration), so that what
leaves one enters another but for rounding.
"""

from enum import IntEnum
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qh1a.sim.jit import compiled
from qh1a.sim.parameters import CircuitParameters


class Species(IntEnum):
    """Per mL of whole fluid: red cells mL, proteins g/L, others umol/L, temperature C."""

    RBC = 0
    ALBUMIN = 1
    GLOBULIN = 2
    CB = 3
    UCB = 4
    UREA = 5
    CREATININE = 6
    HEAT = 7


N_SPECIES: Final = len(Species)
N_SOLUTES: Final = N_SPECIES - 1
"""All but heat: what is conserved."""


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


class Flow(IntEnum):
    """Volume flows, positive in the direction of treatment.

    The first `N_SOLVED` come out of the pressure solve, the others follow from them.
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


N_SOLVED: Final = 16
N_NODES: Final = len(Node)


class Tank(IntEnum):
    """Tanks outside the chains; node tanks follow at `NODE_TANK`, chains after those."""

    PATIENT = 0
    SALINE = 1
    WASTE = 2
    RES = 3
    OUTSIDE = 4
    SPILT = 5
    SYRINGE = 6


NODE_TANK: Final = len(Tank)
FIRST_LINE: Final = NODE_TANK + N_NODES


class Chain(NamedTuple):
    """`tanks` equal tanks sharing the volume `part` of `parameters.Volumes`, passed by `flow`."""

    part: str
    flow: Flow
    tanks: int


# In order of flow. Tanks of 1-4 mL; the lumen has 20 (physics.md 2.2).
CHAINS: Final = (
    Chain("access_line", Flow.ACCESS, 10),
    Chain("blood_pump", Flow.BP, 2),
    Chain("filter_inlet_half", Flow.S1_IN, 3),
    Chain("filter_outlet_half", Flow.S1_OUT, 3),
    Chain("chamber_inlet", Flow.S1_OUT, 5),
    Chain("chamber_to_detector", Flow.RETURN, 3),
    Chain("detector_to_clamp", Flow.RETURN, 2),
    Chain("clamp_to_patient", Flow.RETURN, 6),
    Chain("filtrate_line", Flow.PP, 3),
    Chain("reservoir_outlet", Flow.CP, 4),
    Chain("warmer", Flow.CP, 3),
    Chain("warmer_outlet", Flow.CP, 4),
    Chain("oxygenator_inlet_part", Flow.CP, 3),
    Chain("oxygenator_outlet_part", Flow.RX, 3),
    Chain("bioreactor_inlet", Flow.RX, 2),
    Chain("bioreactor_lumen", Flow.RX_LUMEN, 20),
    Chain("recirculation", Flow.RC, 1),
    Chain("second_filter_inlet", Flow.F2, 3),
    Chain("plasma_detector_to_clamp", Flow.PLASMA_RETURN, 2),
    Chain("plasma_clamp_to_chamber", Flow.PLASMA_RETURN, 2),
)
N_TANKS: Final = FIRST_LINE + sum(chain.tanks for chain in CHAINS)


def _spans() -> dict[str, tuple[int, int]]:
    """First tank of each chain and the one after its last."""
    spans, first = {}, FIRST_LINE
    for chain in CHAINS:
        spans[chain.part] = (first, first + chain.tanks)
        first += chain.tanks
    return spans


SPAN: Final = _spans()


def _run(flow: Flow, start: int, parts: tuple[str, ...], end: int) -> list[tuple[int, int, int]]:
    """Edges (from, to, flow) from tank `start` through whole chains to tank `end`."""
    stops = [start, *(tank for part in parts for tank in range(*SPAN[part])), end]
    return [(a, b, int(flow)) for a, b in pairwise(stops)]


def _edges() -> NDArray[np.int64]:
    """All edges; the membrane is not one, because only plasma passes it."""
    node = [NODE_TANK + n for n in Node]
    access = range(*SPAN["access_line"])
    patient_end = SPAN["clamp_to_patient"][1] - 1
    inlet = SPAN["bioreactor_inlet"][1] - 1
    joint = node[Node.JOINT]
    edges = [
        (Tank.PATIENT, access[0], Flow.ACCESS_PATIENT),
        (joint, access[0], Flow.ACCESS_JOINT),
        *_run(Flow.ACCESS, access[0], ("access_line",), node[Node.ACC])[1:],
        (Tank.SALINE, node[Node.ACC], Flow.SALINE_ACCESS),
        *_run(Flow.BP, node[Node.ACC], ("blood_pump",), node[Node.PRE]),
        (Tank.SYRINGE, node[Node.PRE], Flow.HEPARIN),
        *_run(Flow.S1_IN, node[Node.PRE], ("filter_inlet_half",), node[Node.LUMEN]),
        *_run(Flow.S1_OUT, node[Node.LUMEN], ("filter_outlet_half", "chamber_inlet"), node[Node.CHAMBER]),
        *_run(
            Flow.RETURN,
            node[Node.CHAMBER],
            ("chamber_to_detector", "detector_to_clamp", "clamp_to_patient"),
            Tank.PATIENT,
        )[:-1],
        (patient_end, Tank.PATIENT, Flow.RETURN_PATIENT),
        (patient_end, joint, Flow.RETURN_JOINT),
        (patient_end, Tank.OUTSIDE, Flow.RETURN_OUTSIDE),
        (joint, Tank.WASTE, Flow.JOINT_WASTE),
        *_run(Flow.PP, node[Node.FIL], ("filtrate_line",), Tank.RES),
        (Tank.SALINE, Tank.RES, Flow.SALINE_RES),
        (Tank.RES, Tank.SPILT, Flow.OVERFLOW),
        *_run(
            Flow.CP,
            Tank.RES,
            ("reservoir_outlet", "warmer", "warmer_outlet", "oxygenator_inlet_part"),
            node[Node.OX],
        ),
        *_run(Flow.RX, node[Node.OX], ("oxygenator_outlet_part", "bioreactor_inlet"), -1)[:-1],
        *_run(Flow.RX_LUMEN, inlet, ("bioreactor_lumen",), node[Node.TEE]),
        (inlet, node[Node.TEE], Flow.RX_BYPASS),
        *_run(Flow.RC, node[Node.TEE], ("recirculation",), Tank.RES),
        *_run(Flow.F2, node[Node.TEE], ("second_filter_inlet",), node[Node.F2O]),
        (node[Node.TEE], Tank.WASTE, Flow.WASTE),
        (node[Node.F2O], node[Node.RET], Flow.RP),
        *_run(
            Flow.PLASMA_RETURN,
            node[Node.RET],
            ("plasma_detector_to_clamp", "plasma_clamp_to_chamber"),
            node[Node.CHAMBER],
        ),
    ]
    return np.array(edges, dtype=np.int64)


EDGES: Final = _edges()
N_EDGES: Final = len(EDGES)
_LUMEN: Final = NODE_TANK + Node.LUMEN
_FIL: Final = NODE_TANK + Node.FIL


def line_volumes(parameters: CircuitParameters) -> NDArray[np.float64]:
    """Volume in mL of every tank from `FIRST_LINE` on."""
    volumes = parameters.volumes
    part = {
        "access_line": volumes.access_line,
        "blood_pump": volumes.blood_pump,
        "filter_inlet_half": volumes.filter_inlet_half,
        "filter_outlet_half": volumes.filter_outlet_half,
        "chamber_inlet": volumes.chamber_inlet,
        "chamber_to_detector": volumes.chamber_to_detector,
        "detector_to_clamp": volumes.detector_to_clamp,
        "clamp_to_patient": volumes.clamp_to_patient,
        "filtrate_line": volumes.filtrate_line,
        "reservoir_outlet": volumes.reservoir_outlet,
        "warmer": volumes.warmer,
        "warmer_outlet": volumes.warmer_outlet,
        "oxygenator_inlet_part": volumes.oxygenator_inlet_part,
        "oxygenator_outlet_part": volumes.oxygenator_outlet_part,
        "bioreactor_inlet": volumes.bioreactor_inlet,
        "bioreactor_lumen": volumes.bioreactor_lumen,
        "recirculation": volumes.recirculation,
        "second_filter_inlet": volumes.second_filter_inlet,
        "plasma_detector_to_clamp": volumes.plasma_detector_to_clamp,
        "plasma_clamp_to_chamber": volumes.plasma_clamp_to_chamber,
    }
    return np.concatenate([np.full(chain.tanks, part[chain.part] / chain.tanks) for chain in CHAINS])


@compiled
def concentrations(
    vol: NDArray[np.float64],
    mass: NDArray[np.float64],
    conc: NDArray[np.float64],
    central: NDArray[np.float64],
    plasma_excess: float,
) -> None:
    """Fill `conc`, per mL of whole fluid.

    The patient's solutes spread over their central volumes (mL, at the start), which grow by `plasma_excess`,
    the plasma gained since.
    """
    for i in range(1, N_TANKS):
        per_ml = 1.0 / vol[i] if vol[i] > 1e-9 else 0.0
        for k in range(N_SPECIES):
            conc[i, k] = mass[i, k] * per_ml
    hct = mass[Tank.PATIENT, Species.RBC] / vol[Tank.PATIENT]
    conc[Tank.PATIENT, Species.RBC] = hct
    for k in range(N_SOLUTES - 1):
        in_plasma = mass[Tank.PATIENT, k + 1] / (central[k] + plasma_excess)
        conc[Tank.PATIENT, k + 1] = in_plasma * (1.0 - hct)


@compiled
def substeps(vol: NDArray[np.float64], flow: NDArray[np.float64], dt: float) -> int:
    """Steps into which `dt` s must be cut so that no edge takes more than half of a tank at once."""
    worst = abs(flow[Flow.MEMBRANE]) / min(vol[_LUMEN], vol[_FIL])
    for e in range(N_EDGES):
        q = flow[EDGES[e, 2]]
        donor = EDGES[e, 0] if q > 0.0 else EDGES[e, 1]
        if q != 0.0 and vol[donor] > 1e-9:
            worst = max(worst, abs(q) / vol[donor])
    return 1 + int(2.0 * worst * dt)


@compiled
def move(
    vol: NDArray[np.float64],
    mass: NDArray[np.float64],
    conc: NDArray[np.float64],
    flow: NDArray[np.float64],
    sieving: NDArray[np.float64],
    dt: float,
) -> None:
    """Move `dt` s of every flow (mL/s): upwind, volumes and amounts together."""
    for e in range(N_EDGES):
        q = flow[EDGES[e, 2]] * dt
        if q != 0.0:
            a, b = EDGES[e, 0], EDGES[e, 1]
            donor = a if q > 0.0 else b
            vol[a] -= q
            vol[b] += q
            for k in range(N_SPECIES):
                amount = q * conc[donor, k]
                mass[a, k] -= amount
                mass[b, k] += amount
    q = flow[Flow.MEMBRANE] * dt
    vol[_LUMEN] -= q
    vol[_FIL] += q
    plasma = 1.0 - conc[_LUMEN, Species.RBC]
    for k in range(1, N_SPECIES):
        if q <= 0.0:
            amount = q * conc[_FIL, k]
        elif k == Species.HEAT:
            amount = q * conc[_LUMEN, k]
        else:
            amount = q * sieving[k] * conc[_LUMEN, k] / plasma
        mass[_LUMEN, k] -= amount
        mass[_FIL, k] += amount
