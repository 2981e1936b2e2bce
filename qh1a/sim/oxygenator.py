"""The oxygenator: gas blender, gas space, transfer to plasma in the fibre bundle (physics reference 1.4.2).

The gas space is well mixed, at ambient pressure, 37 C and saturated with water, so the amount of dry gas in
it is constant: what enters beyond what the plasma takes up leaves by the vent; if the plasma takes up more
than enters, room air comes in by the vent. Gas flows are mL/s of dry gas at 0 C and 760 mmHg, amounts nmol.
"""

from dataclasses import dataclass
from enum import IntEnum
from math import expm1, log1p
from typing import Annotated, Final

import numpy as np
from annotated_types import Interval, Unit
from numpy.typing import NDArray

from qh1a.sim.acid import AcidBase
from qh1a.sim.jit import compiled
from qh1a.sim.oxygen import Oxygen
from qh1a.sim.species import Species

AIR_O2: Final = 0.2095
AIR_CO2: Final = 0.0004
_O2 = 1 + Species.O2
_CO2 = 1 + Species.CO2

Transfer = Annotated[float, Interval(ge=10, le=1000), Unit("mL/min of plasma cleared")]


@dataclass(frozen=True, slots=True)
class MassFlowController:
    """One gas of the blender: first order in `lag` s, delivers (1 + `gain_error`) of its command."""

    full_scale: Annotated[float, Interval(gt=0, le=5000), Unit("mL/min")]
    lag: Annotated[float, Interval(ge=0.01, le=30), Unit("s")]
    gain_error: Annotated[float, Interval(ge=-0.2, le=0.2), Unit("1")]


@dataclass(frozen=True, slots=True)
class Oxygenator:
    """Transfer at the plasma flow `ka_flow`, gas side and gas supply."""

    ka_o2: Transfer
    ka_co2: Transfer
    ka_flow: Annotated[float, Interval(ge=50, le=1000), Unit("mL/min")]
    ka_exponent: Annotated[float, Interval(ge=0, le=0.6), Unit("1")]
    still: Annotated[float, Interval(gt=0, le=1), Unit("1/s")]
    gas_volume: Annotated[float, Interval(ge=10, le=1000), Unit("mL")]
    vent: Annotated[float, Interval(ge=0, le=1), Unit("mmHg per mL/min")]
    evaporation: Annotated[float, Interval(ge=0, le=60), Unit("mg of water per litre of gas")]
    barometric: Annotated[float, Interval(ge=500, le=800), Unit("mmHg")]
    water_vapour: Annotated[float, Interval(ge=0, le=60), Unit("mmHg")]
    molar: Annotated[float, Interval(ge=44, le=45), Unit("umol per mL STPD")]
    oxygen: MassFlowController
    air: MassFlowController
    carbon_dioxide: MassFlowController


class Gas(IntEnum):
    """The controllers, in actuator order."""

    O2 = 0
    AIR = 1
    CO2 = 2


class GasConst(IntEnum):
    """Columns of the constants; the last three begin rows of three in `Gas` order, one per controller."""

    SOLUBILITY_O2 = 0  # umol/L/mmHg in plasma
    SOLUBILITY_CO2 = 1
    RATE_O2 = 2  # 1/s at the reference flow: KA over the volume of the bundle
    CO2_OVER_O2 = 3
    FLOW = 4  # mL/s, reference
    EXPONENT = 5
    STILL = 6  # 1/s
    CAPACITY = 7  # mL STPD of dry gas
    VENT = 8  # mmHg per mL/s
    EVAPORATION = 9  # mL of water per mL of gas
    DRY = 10  # mmHg, all dry gas together
    NMOL = 11  # per mL STPD
    FULL_SCALE_O2 = 12  # mL/s
    LAG_O2 = 15  # s
    GAIN_O2 = 18  # delivered over commanded


class GasState(IntEnum):
    """The blender and the gas space."""

    G_O2 = 0  # mL/s, true flows
    G_AIR = 1
    G_CO2 = 2
    Y_O2 = 3  # share of dry gas
    Y_CO2 = 4
    O2_DELIVERED = 5  # nmol since the start
    O2_VENTED = 6  # less what came in by the vent
    CO2_DELIVERED = 7
    CO2_VENTED = 8


N_GAS_STATES: Final = len(GasState)
_K = GasConst
_S = GasState


def gas_constants(ox: Oxygenator, oxygen: Oxygen, acid: AcidBase, bundle: float) -> NDArray[np.float64]:
    """Columns as in `GasConst`; `bundle` is the volume in mL of the plasma that exchanges gas."""
    controllers = (ox.oxygen, ox.air, ox.carbon_dioxide)
    dry = ox.barometric - ox.water_vapour
    return np.array(
        [
            oxygen.solubility,
            acid.co2_solubility,
            ox.ka_o2 / 60.0 / bundle,
            ox.ka_co2 / ox.ka_o2,
            ox.ka_flow / 60.0,
            ox.ka_exponent,
            ox.still,
            ox.gas_volume * dry / 760.0 * 273.15 / 310.15,
            ox.vent * 60.0,
            ox.evaporation * 1e-6,
            dry,
            ox.molar * 1e3,
            *(c.full_scale / 60.0 for c in controllers),
            *(c.lag for c in controllers),
            *(1.0 + c.gain_error for c in controllers),
        ]
    )


def room_air() -> NDArray[np.float64]:
    """State of an oxygenator without gas supply, filled with room air."""
    state = np.zeros(N_GAS_STATES)
    state[_S.Y_O2], state[_S.Y_CO2] = AIR_O2, AIR_CO2
    return state


@compiled
def _supply(
    s: NDArray[np.float64], k: NDArray[np.float64], gas: int, command: float, factor: float, dt: float
) -> float:
    """Advance one controller towards `factor` times its command in mL/min; its flow in mL/s."""
    target = max(command, 0.0) / 60.0 * k[_K.GAIN_O2 + gas] * factor
    target = min(target, k[_K.FULL_SCALE_O2 + gas])
    s[_S.G_O2 + gas] -= (target - s[_S.G_O2 + gas]) * expm1(-dt / k[_K.LAG_O2 + gas])
    return s[_S.G_O2 + gas]


@compiled
def _mix(
    held: float,
    supplied: float,
    room: float,
    capacity: float,
    surplus: float,
    filling: float,
    drawn: float,
    through: float,
) -> tuple[float, float]:
    """One component after a step: what the gas space holds and what left by the vent, both mL.

    `held` with the plasma's uptake gone; `supplied` and `room` its shares of fresh gas and of room air.
    Volumes in mL: `surplus` that the plasma gave off, or fresh gas `filling` and room air `drawn` in place of
    what it took, and fresh gas flowing `through`.
    """
    displaced = held * surplus / (capacity + surplus)
    held += filling * supplied + drawn * room - displaced
    washed = (supplied * capacity - held) * expm1(-through / capacity)
    return held - washed, displaced + washed + through * supplied - drawn * room


@compiled
def blend(
    s: NDArray[np.float64],
    k: NDArray[np.float64],
    o2_cmd: float,
    air_cmd: float,
    co2_cmd: float,
    supply_lost: float,
    co2_factor: float,
    o2_taken: float,
    co2_taken: float,
    dt: float,
) -> None:
    """Advance the controllers and the gas space by `dt` s.

    Commands in mL/min; `supply_lost` 1: no gas at all; `co2_factor`: CO2 delivered over what it should be.
    Taken: what the plasma took up since the last call, the sum of `relax` over its parcels.
    """
    on = 1.0 - supply_lost
    o2 = _supply(s, k, Gas.O2, o2_cmd, on, dt) * dt
    air = _supply(s, k, Gas.AIR, air_cmd, on, dt) * dt
    co2 = _supply(s, k, Gas.CO2, co2_cmd, on * co2_factor, dt) * dt
    fresh = o2 + air + co2
    y_o2 = y_co2 = 0.0
    if fresh > 0.0:
        y_o2 = (o2 + air * AIR_O2) / fresh
        y_co2 = (co2 + air * AIR_CO2) / fresh
    capacity, nmol = k[_K.CAPACITY], k[_K.NMOL]
    taken = (o2_taken + co2_taken) / nmol
    surplus = max(-taken, 0.0)
    filling = min(max(taken, 0.0), fresh)
    drawn = max(taken, 0.0) - filling
    through = fresh - filling
    held, vented = _mix(
        s[_S.Y_O2] * capacity - o2_taken / nmol, y_o2, AIR_O2, capacity, surplus, filling, drawn, through
    )
    s[_S.Y_O2] = held / capacity
    s[_S.O2_DELIVERED] += fresh * y_o2 * nmol
    s[_S.O2_VENTED] += vented * nmol
    held, vented = _mix(
        s[_S.Y_CO2] * capacity - co2_taken / nmol, y_co2, AIR_CO2, capacity, surplus, filling, drawn, through
    )
    s[_S.Y_CO2] = held / capacity
    s[_S.CO2_DELIVERED] += fresh * y_co2 * nmol
    s[_S.CO2_VENTED] += vented * nmol


@compiled
def content(s: NDArray[np.float64], k: NDArray[np.float64]) -> tuple[float, float]:
    """O2 and CO2 in the gas space: what was there + delivered - vented - taken."""
    whole = k[_K.CAPACITY] * k[_K.NMOL]
    return s[_S.Y_O2] * whole, s[_S.Y_CO2] * whole


@compiled
def tensions(s: NDArray[np.float64], k: NDArray[np.float64]) -> tuple[float, float]:
    """pO2 and pCO2 of the gas space, mmHg."""
    return s[_S.Y_O2] * k[_K.DRY], s[_S.Y_CO2] * k[_K.DRY]


@compiled
def total_flow(s: NDArray[np.float64]) -> float:
    """Gas that the blender delivers, mL/s."""
    return s[_S.G_O2] + s[_S.G_AIR] + s[_S.G_CO2]


@compiled
def gas_pressure(s: NDArray[np.float64], k: NDArray[np.float64]) -> float:
    """P_gas, mmHg above ambient: what drives the gas through the vent."""
    return k[_K.VENT] * total_flow(s)


@compiled
def evaporation(flow: float, k: NDArray[np.float64]) -> float:
    """Water in mL/s that a gas flow in mL/s, dry on entry, carries out of the plasma."""
    return k[_K.EVAPORATION] * flow


@compiled
def rates(k: NDArray[np.float64], q: float, wetting_o2: float, wetting_co2: float) -> tuple[float, float]:
    """Rates in 1/s at which O2 and CO2 of plasma in the bundle approach the gas, at `q` mL/s either way.

    KA(q) over the volume of the bundle, or that of still plasma if larger. Wetting: share of the transfer
    lost, 0..1.
    """
    rate = max(k[_K.RATE_O2] * (abs(q) / k[_K.FLOW]) ** k[_K.EXPONENT], k[_K.STILL])
    return rate * (1.0 - wetting_o2), rate * k[_K.CO2_OVER_O2] * (1.0 - wetting_co2)


@compiled
def mixed(rate_dt: float) -> float:
    """Rate times time for `relax` of a mixed cell that has just passed on what it held.

    The first-order step, together with the transport before it the implicit one: the steady state has no
    error of the step.
    """
    return -log1p(-min(rate_dt, 0.5))


@compiled
def relax(
    parcel: NDArray[np.float64],
    p_o2: float,
    p_co2: float,
    r_o2_dt: float,
    r_co2_dt: float,
    k: NDArray[np.float64],
) -> tuple[float, float]:
    """Let a parcel of plasma approach the gas at `p_o2`, `p_co2` mmHg; O2 and CO2 that it took up, nmol.

    `parcel`: volume in mL, then amounts in `Species` order; changed in place. `r_*_dt`: rate times time.
    Dissolved gas only: no haemoglobin, and bicarbonate stays for hydration to follow.
    """
    o2 = (parcel[_O2] - parcel[0] * k[_K.SOLUBILITY_O2] * p_o2) * expm1(-r_o2_dt)
    co2 = (parcel[_CO2] - parcel[0] * k[_K.SOLUBILITY_CO2] * p_co2) * expm1(-r_co2_dt)
    parcel[_O2] += o2
    parcel[_CO2] += co2
    return o2, co2
