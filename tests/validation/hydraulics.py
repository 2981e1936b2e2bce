"""Lines, fibres, separator, pumps, network: pressures and flows."""

from dataclasses import replace
from functools import cache, partial
from math import log, pi, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad

from qh1a.sim import layout, network, pumps, rheology, separator
from qh1a.sim.bioreactor import (
    N_CELLS,
    N_PROFILE,
    BioreactorConst,
    Profile,
    bioreactor_constants,
    hydraulics,
)
from qh1a.sim.constants import constants
from qh1a.sim.disturbance import NEUTRAL
from qh1a.sim.graph import Node
from qh1a.sim.layout import C, S
from qh1a.sim.pumps import N_DRIVE_CONSTANTS, N_DRIVES, Drive, DriveConstant
from qh1a.sim.rheology import MMHG_PA
from qh1a.sim.separator import FILM, N_SEPARATOR_STATES, SeparatorConst, SeparatorState
from qh1a.sim.start import fill, state_size
from tests.sim.circuits import DRY, PARAMETERS
from tests.sim.reactor_reference import BIOREACTOR, MU, Q_100
from tests.validation.check import Check

Floats = NDArray[np.float64]
K = BioreactorConst
SIX_DIGITS: Final = 5e-6

# -- bioreactor: 9000 fibres of 200/300 um, 0.25 m, packing 0.40, 1.2 mPa.s, 100 mL/min ------------------

_FIBRES_ML: Final = 9000 * pi * 150e-6**2 * 0.25 * 1e6
RX: Final = replace(BIOREACTOR, shell=_FIBRES_ML * (1 / 0.40 - 1), configuration="A")
RX_K: Final = bioreactor_constants(RX)


@cache
def closed_shell(permeability: float) -> tuple[float, float, Floats]:
    """Lumen drop and inlet TMP in mmHg, and the profile."""
    profile = np.zeros((N_PROFILE, N_CELLS + 1))
    drop, _, inlet = hydraulics(RX_K, MU, permeability, profile)
    return drop * Q_100, inlet * Q_100, profile


def _lumen_drop() -> float:
    return closed_shell(5e-10)[0]


def _lumen_shear_rate() -> float:
    """By the balance of forces on the fluid in a fibre."""
    return _lumen_drop() * MMHG_PA * 100e-6 / (2 * 0.25 * MU)


def _happel_over_its_integral() -> float:
    a, b = 150e-6, 150e-6 / sqrt(0.40)
    flow, _ = quad(lambda r: 2 * pi * r * ((a * a - r * r) / 4 + b * b / 2 * log(r / a)), a, b, epsrel=1e-12)
    return float(0.25 / (RX_K[K.SHELL_RESISTANCE] * 9000 * MMHG_PA * 1e6) / flow)


def _lambda(permeability: float) -> float:
    both = (RX_K[K.LUMEN_RESISTANCE] + RX_K[K.SHELL_RESISTANCE]) * MU
    return sqrt(RX_K[K.WALL_CONDUCTANCE] * permeability * both)


def _mid_shell(permeability: float) -> float:
    return float(closed_shell(permeability)[2][Profile.SHELL, N_CELLS // 2])


def _net_crossing() -> float:
    return float(closed_shell(5e-10)[2][Profile.CROSSING, :N_CELLS].sum())


# -- separator: 0.5 m2, 330 um, 0.20 m; cells as spheres of 90 fL ----------------------------------------

S1: Final = replace(PARAMETERS.separator, cell_radius=2.78004)
S1_K: Final = separator.separator_constants(S1)
S1_OPEN: Final = np.eye(N_SEPARATOR_STATES)[SeparatorState.OPEN]


def _shear_rate(flow: float) -> float:
    return separator.wall_shear(S1_K, S1_OPEN, flow / 60.0)


def _prefactor() -> float:
    """Of the average flux in D^(2/3) (gamma/L)^(1/3), D = 0.03 a^2 gamma, out of the constants."""
    radius = S1.fibre_diameter * 0.5e-6
    return float(S1_K[FILM:].sum() * radius**2 / (8.0 * 2.78004e-6 ** (4 / 3) * S1.length ** (2 / 3)))


def _average_flow(hct: float, flow: float) -> float:
    return float(flow * S1_K[FILM:].sum() * log(S1.wall_hct / hct))


def _average_flux() -> float:
    """In um/s: mL/s over m2."""
    return _average_flow(0.40, 1000.0 / _shear_rate(60.0)) / S1.area


# -- network: one node or three, everything else shut ----------------------------------------------------

_STILL: Final = 1e9  # mL/mmHg: a node that keeps its pressure
_DT: Final = 0.1


def _shut(**compliance: float) -> tuple[Floats, Floats]:
    """State and constants with closed clamps, water-tight pumps and unit viscosities."""
    c = constants(PARAMETERS, DRY)
    c[layout.COMPLIANCE : layout.COMPLIANCE + len(Node)] = _STILL
    for name, value in compliance.items():
        c[layout.COMPLIANCE + Node[name]] = value
    c[C.R_CP_SUCTION] = 0.0
    c[layout.DRIVES : layout.INLET].reshape(N_DRIVES, N_DRIVE_CONSTANTS)[:, DriveConstant.LEAK] = 0.0
    state = np.zeros(state_size(c))
    fill(state, c, PARAMETERS, DRY, primed=True)
    state[layout.VISCOSITY : layout.RPM] = 1.0
    state[layout.POSITION : layout.S1] = 0.0
    state[S.VENOUS_ON] = 1.0
    return state, c


def _solved(state: Floats, c: Floats, wanted: Floats, node: Node, seconds: float) -> float:
    """Pressure of a node after so many seconds."""
    for _ in range(round(seconds / _DT)):
        network.solve(state, c, wanted, 0.0, np.array(NEUTRAL), _DT)
    return float(state[layout.PRESSURE + node])


def _decay() -> float:
    """Return node of 1 mL/mmHg behind 0.8 mmHg per mL/min: what is gone after 48 s."""
    state, c = _shut(RET=1.0)
    c[C.R_PLASMA_RETURN] = 0.8 * 60.0
    c[C.R_RETURN] = 1e-6
    state[[layout.POSITION + network.PC, layout.POSITION + network.VC]] = 1.0
    end = float(c[C.CVP])
    state[layout.PRESSURE + Node.CHAMBER] = end
    state[layout.PRESSURE + Node.RET] = end + 80.0
    return 1.0 - (_solved(state, c, np.zeros(N_DRIVES), Node.RET, 48.0) - end) / 80.0


def _occlusion() -> float:
    """Return pump against a closed clamp: mmHg/s."""
    state, c = _shut(RET=0.03)
    wanted = np.zeros(N_DRIVES)
    wanted[Drive.RP] = 150.0 / 60.0
    before = float(state[layout.PRESSURE + Node.RET])
    return _solved(state, c, wanted, Node.RET, 2.0) / 2.0 - before / 2.0


def _mismatch() -> float:
    """Perfusion pump 1 % above the return pump: mmHg/min, once the flow has settled."""
    state, c = _shut(OX=0.02, TEE=0.02, F2O=0.01)
    wanted = np.zeros(N_DRIVES)
    wanted[Drive.CP], wanted[Drive.RP] = 40.4 / 60.0, 40.0 / 60.0
    state[layout.PRESSURE : layout.FLOW] = 100.0  # no pump lacks fluid at its inlet
    before = _solved(state, c, wanted, Node.TEE, 60.0)
    return _solved(state, c, wanted, Node.TEE, 60.0) - before


# -- pumps -----------------------------------------------------------------------------------------------

BLOOD: Final = pumps.drive_constants(PARAMETERS.pumps)[Drive.BP]


def _displaced(turned: float, steps: int) -> Floats:
    """mL in each of equal steps of the blood pump's rotor."""
    each = turned / steps
    return np.array([pumps.displaced(0.3 + i * each, each, 1.0, BLOOD) for i in range(steps)])


def _ripple_line() -> float:
    """Pulses a revolution: the strongest line of the flow's spectrum."""
    return float(np.abs(np.fft.rfft(_displaced(1.0, 120)))[1:].argmax() + 1)


_ROUNDED: Final = " ({:g} with the prefactor as 0.078)"

AVERAGE: Final = ((0.25, 61.2921, 61.359), (0.30, 52.9213, 52.979), (0.40, 39.7137, 39.757))
CHECKS: Final = (
    Check("V01", "tube 1 m x 4 mm, 1.2 mPa.s, 100 mL/min: drop", "Pa", 318.31,
          lambda: 100.0 * MMHG_PA * rheology.tube_resistance(1.2e-3, 1.0, 4e-3), 1e-6),
    Check("V01", "the same", "mmHg", 2.3875, lambda: 100.0 * rheology.tube_resistance(1.2e-3, 1.0, 4e-3),
        2e-5),
    Check("V01", "2 m x 3 mm", "mmHg", 15.0915, lambda: 100.0 * rheology.tube_resistance(1.2e-3, 2.0, 3e-3),
        SIX_DIGITS),
    Check("V02", "lumen of the bioreactor, 100 mL/min: drop", "mmHg", 10.6112, _lumen_drop, SIX_DIGITS),
    Check("V02", "the same", "Pa", 1414.71, lambda: MMHG_PA * _lumen_drop(), SIX_DIGITS),
    Check("V02", "wall shear rate", "1/s", 235.785, _lumen_shear_rate, SIX_DIGITS),
    Check("V02", "residence time", "s", 42.411, lambda: RX_K[K.V_LUMEN] * N_CELLS / Q_100, 1.2e-5),
    Check("V03", "shell as Happel's cell, packing 0.40: drop", "mmHg", 1.23034,
        lambda: RX_K[K.SHELL_RESISTANCE] * MU * Q_100, SIX_DIGITS),
    Check("V03", "shear stress on the cells", "Pa", 0.073814, lambda: RX_K[K.SHEAR] * MU * Q_100, 7e-6),
    Check("V03", "conductance over the integral of its profile", "1", 1.0, _happel_over_its_integral, 1e-6),
    Check("V04", "closed shell, Lp 5e-10 m/s/Pa: Lambda L", "1", 0.818271, lambda: _lambda(5e-10), 1e-6),
    Check("V04", "TMP at the inlet", "mmHg", 5.02814, lambda: closed_shell(5e-10)[1], 1e-6),
    Check("V04", "shell flow at the middle over inlet flow", "1", 0.0701025, lambda: _mid_shell(5e-10), 1e-6),
    Check("V04", "the same at Lp 5e-9", "1", 0.43900, lambda: _mid_shell(5e-9), 1.2e-5),
    Check("V05", "separator: fibres", "1", 2411.4, lambda: separator.fibres(S1), 2e-5),
    Check("V05", "wall shear rate at 150 mL/min", "1/s", 293.848, lambda: _shear_rate(150.0), 1e-5),
    Check("V05", "drop at 3.0 mPa.s", "mmHg", 16.029, lambda: S1_K[SeparatorConst.DROP] * 3e-3 * 2.5, 3e-5),
    Check("V06", "flux law: prefactor 0.807 x 0.03^(2/3)", "1", 0.0779150, _prefactor, 1e-6),
    Check("V06", "average flux at 1000 1/s, Hct 0.40" + _ROUNDED.format(4.50991), "um/s",
        4.50500, _average_flux, 1e-4),
    *(
        Check("V07", f"average formula, 150 mL/min, Hct {hct}" + _ROUNDED.format(rounded), "mL/min",
            flow, partial(_average_flow, hct, 150.0), 1e-4)
        for hct, flow, rounded in AVERAGE
    ),
    Check("V18", "closed shell: net flow through the wall over inlet flow", "1", 0.0, _net_crossing, 1e-9,
        relative=False),
    Check("V19", "0.8 mmHg per mL/min, 1 mL/mmHg, steps of 0.1 s: gone after 48.0 s", "1", 0.6321, _decay,
        5e-3),
    Check("V19", "150 mL/min into 0.03 mL/mmHg", "mmHg/s", 83.33, _occlusion, 5e-3),
    Check("V20", "two pumps 1 % of 40 mL/min apart, 0.05 mL/mmHg between", "mmHg/min", 8.00, _mismatch, 5e-3),
    *(
        Check("V33", f"relative viscosity in 330 um, Hct {hct}", "1", relative,
            partial(rheology.relative_viscosity, hct, 330.0), SIX_DIGITS)
        for hct, relative in ((0.30, 2.07959), (0.45, 3.00503), (0.55, 3.92352))
    ),
    Check("V36", "ripple: volume of 180 revolutions over that of 180 strokes", "1", 1.0,
          lambda: _displaced(180.0, 7500).sum() / (180.0 * BLOOD[DriveConstant.STROKE]), 1e-12),
    Check("V36", "pulses a revolution, 2 rollers", "1", 2.0, _ripple_line, 0.0),
)  # fmt: skip
