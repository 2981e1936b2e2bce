"""Where each constant and each state lies in the two arrays a kernel works on.

Two arrays rather than many: every further array argument costs a third of a microsecond per step.
Internally flows are mL/s and resistances mmHg.s/mL.
"""

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import (
    acid,
    binding,
    bubbles,
    coagulation,
    fifo,
    fluid,
    haemodynamics,
    harm,
    oxygen,
    oxygenator,
    pools,
    pumps,
    separator,
)
from qh1a.sim.bioreactor import N_CELLS, N_PROFILE, N_ZONES, BioreactorConst, ExchangeConst
from qh1a.sim.cells import N_ADHERENT, CellConst
from qh1a.sim.graph import N_FLOWS, N_LINES, N_NODES, N_TANKS
from qh1a.sim.jit import compiled
from qh1a.sim.march import N_RATES, MarchConst
from qh1a.sim.species import N_SPECIES

ATMOSPHERE: Final = 760.0  # mmHg
PLASMA_G_PER_ML: Final = 1.025  # the convention of every weight (circuit description, 4)
SALINE_G_PER_ML: Final = 1.005
LINE_BORE_UM: Final = 4070.0  # 2.6 mL in 20 cm (circuit description, 1)


class C(IntEnum):
    """Scalar constants; R_* in mmHg.s/mL at the reference fluid."""

    R_ACCESS = 0
    ACCESS_COLLAPSE = 1
    ACCESS_COLLAPSE_WIDTH = 2
    R_RETURN = 3
    R_RETURN_OPEN = 4
    R_S1_HALF = 5  # per relative viscosity
    R_CHAMBER_INLET = 6
    R_JOINT = 7
    R_CP_SUCTION = 8
    R_OX = 9
    R_LUMEN = 10
    R_PORTS = 11
    R_BYPASS = 12
    R_RESTRICTOR = 13
    R_RC = 14
    R_F2 = 15
    R_F2_INLET = 16
    R_PLASMA_RETURN = 17
    R_WASTE = 18
    R_SALINE_ACCESS = 19
    R_SALINE_RES = 20
    HEAD = 21
    R_CLAMP = 22
    TRAVEL = 23
    BAG_COLLAPSE = 24
    RES_OUTLET = 25
    RES_CAPACITY = 26
    CHAMBER = 27
    CHAMBER_WALL = 28
    CHAMBER_ML_PER_MM = 29
    CHAMBER_OUTLET = 30
    MU_BLOOD = 31  # Pa.s, reference
    MU_PLASMA = 32
    LAYER_S = 33
    F2_FOULING_MAX = 34
    F2_FOULING_ML = 35
    F2_DEBRIS = 36  # cells that foul the second filter by 1 - 1/e
    AMBIENT = 37
    PLATE = 38
    PLATE_EXCHANGE = 39
    PLATE_LOSS = 40
    SECOND_PROBE = 41
    POWER_MAX = 42
    GAIN = 43
    INTEGRAL_S = 44
    RX_LOSS = 45
    HEAT_PER_ML = 46
    CVP = 47
    VENOUS_COMPLIANCE = 48
    BLOOD_0 = 49
    PLASMA_0 = 50
    CORE = 51  # patient's temperature, C
    PCO2 = 52  # patient's blood, mmHg
    PO2 = 53
    V_DETECTOR = 54  # mL from the chamber
    V_END = 55
    P_DETECTOR = 56  # mL from the return pump
    P_END = 57
    BLOOD_TUBE_REF = 58
    FIBRE_UM = 59
    SYRINGE = 60
    PLUNGER_CM2 = 61
    PLUNGER_N = 62
    BATTERY_MIN = 63
    LATENT = 64  # mL K per mL of water that evaporates
    PLUNGER_N_PER_ML = 65
    PLUNGER_MOST_N = 66
    TRANSFUSED_HCT = 67
    R_ACCESS_OPEN = 68
    FILM = 69  # share of its liquid that a blood line keeps when air passes
    FILM_SOFT = 70
    V_ACCESS = 71  # mL of the lines that air may fill, in the order of the path
    V_BLOOD_PUMP = 72
    V_FILTER_IN = 73
    V_FILTER_OUT = 74
    CHAMBER_LID = 75


class Source(IntEnum):
    """Where amounts come from or go to outside the fluid: rows of the ledger of what was made."""

    BODY = 0
    """The patient's metabolism, organs and lung; for heat, the body that keeps its core warm."""
    CELLS = 1
    """The bioreactor's cells, and the hydration of carbon dioxide around them."""
    EXCHANGE = 2
    """Sweep gas; for heat, warmer and evaporation."""
    LOSS = 3
    """Heat to the room."""
    REACTION = 4
    """One species into another: carbon dioxide into bicarbonate, red cells into free haemoglobin."""


class S(IntEnum):
    """Scalar states; volumes mL."""

    PLATE = 0
    INTEGRAL_W = 1
    HEATER_W = 2
    AIR = 3  # in the chamber, at atmospheric pressure
    F2_FOULING = 4
    F2_DEBRIS = 5  # cells it has kept back when last looked
    Q_LIMIT = 6
    NET = 7
    AIR_V = 8
    AIR_P = 9
    AIR_PATIENT = 10
    AIR_RES = 11
    BUBBLES_V = 12  # how many are on their way
    BUBBLES_P = 13
    ACCESS_ON = 14
    VENOUS_ON = 15
    TICKS = 16
    VOLUME_0 = 17
    SOLUTE_RESIDUAL = 18
    OXYGEN_RESIDUAL = 19
    CARBON_RESIDUAL = 20
    HEAT_RESIDUAL = 21
    CIRCUIT_RBC = 22
    AMBIENT = 23
    CHAMBER_AIR = 24  # air leaving with the return flow, mL/s
    RES_AIR = 25  # air drawn by CP, mL/s
    ACT = 26  # patient's clotting time, s
    O2_TAKEN = 27  # by the plasma from the gas in the last step, nmol
    CO2_TAKEN = 28
    BATTERY = 29  # min left
    RX_LP = 30  # m/s/Pa
    RX_DROP = 31  # pressure drop over that of the lumen alone
    T_OUT = 32  # of what leaves the warmer, C
    FILTERED = 33  # through the membrane since the last slow step, mL
    PUMPED = 34  # by the blood pump since then
    POOLED = 35  # blood that vessels without tone hold without pressure, mL
    RECIRCULATED = 36  # share of what the access draws
    PUSHED = 37  # against a plunger that is stuck, mL
    HEPARIN_OFF = 38  # 1: nothing presses back on the plunger
    F2_BREACH = 39  # share of the second filter's flow that passes it unfiltered


def _after(*sizes: int) -> list[int]:
    """Offsets of consecutive blocks, and where the last one ends."""
    return [sum(sizes[:i]) for i in range(len(sizes) + 1)]


N_SOURCES: Final = len(Source)
N_CLAMPS: Final = 8
N_GAS: Final = 7
N_ACTUATORS: Final = 17
HP: Final = 4
W: Final = 5
G_O2: Final = 6
FIRST_CLAMP: Final = 9

_c = _after(
    len(C),
    len(harm.HarmConst),
    pumps.N_DRIVES * pumps.N_DRIVE_CONSTANTS,
    3,
    separator.SEPARATOR_SIZE,
    separator.TABLE_SIZE,
    N_NODES,
    N_NODES,
    N_TANKS,
    N_LINES,
    N_LINES,
    N_LINES + 1,
    N_SPECIES,
    N_SPECIES * pools.N_COLUMNS,
    N_SPECIES,
    len(oxygen.OxygenConst),
    len(acid.AcidConst),
    len(oxygenator.GasConst) + 6,
    N_SPECIES * len(binding.SiteConst),
    len(fluid.FluidConst),
    len(coagulation.CoagulationConst),
    len(haemodynamics.HaemoConst),
    len(BioreactorConst),
    len(ExchangeConst) * N_SPECIES,
    len(MarchConst),
    len(CellConst),
)
(
    HARM_LIMITS,
    DRIVES,
    INLET,
    SEPARATOR,
    TABLE,
    REST,
    COMPLIANCE,
    LOSS,
    LINE_LOSS,
    LINE_SIZE,
    LINE_FIRST,
    CENTRAL,
    POOLS,
    SECOND_FILTER,
    OXYGEN,
    ACID,
    GAS,
    SITES,
    FLUID,
    COAGULATION,
    HAEMO,
    RX_HYDRAULICS,
    RX_EXCHANGE,
    RX_MARCH,
    RX_CELLS,
    CONSTANTS_SIZE,
) = _c[1:]

_s = _after(
    len(S),
    harm.N_HARM,
    N_NODES,
    N_FLOWS,
    N_FLOWS,
    pumps.N_DRIVES,
    pumps.N_DRIVES,
    pumps.N_DRIVES,
    N_CLAMPS,
    separator.N_SEPARATOR_STATES,
    oxygenator.N_GAS_STATES,
    len(haemodynamics.HaemoState),
    len(fluid.FluidState),
    N_TANKS,
    N_FLOWS,
    N_TANKS,
    N_TANKS * N_SPECIES,
    N_SPECIES,
    N_SOURCES * N_SPECIES,
    N_SPECIES,
    N_SPECIES,
    3,
    N_ZONES * N_CELLS * N_SPECIES,
    N_ADHERENT * N_CELLS,
    N_PROFILE * (N_CELLS + 1),
    N_SPECIES,
    N_SPECIES,
    N_SPECIES,
    N_RATES * N_CELLS * N_SPECIES,
    2 * N_LINES,
    N_GAS,
    bubbles.CAPACITY * bubbles.N_COLUMNS,
    bubbles.CAPACITY * bubbles.N_COLUMNS,
)
(
    HARM,
    PRESSURE,
    FLOW,
    VISCOSITY,
    RPM,
    ANGLE,
    RUN_S,
    POSITION,
    S1,
    OX_GAS,
    VESSELS,
    TISSUE,
    VOL,
    MOVED,
    HELD,
    MASS,
    PERIPHERAL,
    MADE,
    INVENTORY,
    SIEVING,
    FREE,
    ZONES,
    ADHERENT,
    PROFILE,
    KA_LUMEN,
    KA_SHELL,
    RX_SIEVING,
    RX_RATES,
    RINGS,
    GAS_FILLED,
    AIR_V_LINE,
    AIR_P_LINE,
    PARCELS,
) = _s[1:]
_ROW: Final = 1 + N_SPECIES
View = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
"""What an accessor of a part of the state returns; writing to it writes the state."""


@compiled
def parcels(state: NDArray[np.float64]) -> View:
    """The parcels of all lines, one row each."""
    return state[PARCELS:].reshape((state.shape[0] - PARCELS) // _ROW, _ROW)


@compiled
def row_of(state: NDArray[np.float64], c: NDArray[np.float64], line: int, position: float) -> int:
    """Row of the parcel `position` mL from the start of a line; the last one beyond its end."""
    first, end = int(c[LINE_FIRST + line]), int(c[LINE_FIRST + line + 1])
    ring = state[RINGS + 2 * line : RINGS + 2 * line + 2]
    return first + fifo.at(parcels(state)[first:end], ring, position)
