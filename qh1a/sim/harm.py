"""The harm ledger: what may have hurt the patient or the cells, kept by the physics, unknown to a controller.

Advanced once a second from the truth, beside the amounts that the circuit counts anyway (air and blood that
reached the patient or the outside). Safety is judged by these figures, not by alarms.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Final

import numpy as np
from annotated_types import Interval, Unit
from numpy.typing import NDArray

from qh1a.sim.jit import compiled

WINDOW_S: Final = 300
"""Air is judged by what arrives within 5 min (circuit description, I6)."""


@dataclass(frozen=True, slots=True)
class HarmLimits:
    """From where on time counts as harm."""

    hypoxia: Annotated[float, Interval(ge=0, le=50), Unit("umol/L of oxygen at the worst cells")]
    heat: Annotated[float, Interval(ge=38, le=50), Unit("C around the cells")]
    standstill: Annotated[float, Interval(gt=0, le=30), Unit("mL/min through bioreactor or return line")]
    clotting_time: Annotated[float, Interval(ge=150, le=1000), Unit("s")]


class HarmConst(IntEnum):
    """Columns of the constants."""

    WEIGHT = 0  # kg
    HYPOXIA = 1  # umol/L
    HEAT = 2  # C
    STANDSTILL = 3  # mL/s
    CLOTTING_TIME = 4  # s


class HarmState(IntEnum):
    """The ledger; behind it the air of each of the last `WINDOW_S` seconds, as a ring."""

    AIR_SEEN = 0  # mL, all air that had reached the patient by the last second
    NEXT = 1  # of the ring
    AIR_BOLUS = 2  # mL, most in 1 s
    AIR_WINDOW = 3  # mL/kg, most in 5 min
    HOTTEST = 4  # C, of what entered the patient
    COLDEST = 5
    GAIN = 6  # mL, most and least that the lines had brought
    LOSS = 7
    FREE_HAEM_0 = 8  # nmol that the patient had at the start
    DEBRIS_0 = 9
    FREE_HAEM = 10  # nmol that came from the circuit and stayed
    DEBRIS = 11  # cells that came from the circuit
    CLOTTING_MIN = 12  # min beyond the limit
    HYPOXIA_MIN = 13
    HEAT_MIN = 14
    STANDSTILL_MIN = 15  # longest, once they had been perfused
    STANDING_MIN = 16  # this time
    PERFUSED = 17  # 1: they have been
    COUNTED = 18  # 1: the treatment's balance is being counted
    BALANCE_0 = 19  # mL, where it began
    FLUID_ERROR = 20  # mL, most that it was off


N_HARM: Final = len(HarmState) + WINDOW_S
_K = HarmConst
_S = HarmState
_RING: Final = len(HarmState)


def harm_constants(limits: HarmLimits, weight: float) -> NDArray[np.float64]:
    """Columns as in `HarmConst`; `weight` of the patient in kg."""
    return np.array([weight, limits.hypoxia, limits.heat, limits.standstill / 60.0, limits.clotting_time])


def harm_state(core_c: float, free_haem: float, debris: float) -> NDArray[np.float64]:
    """Nothing has happened: a patient at `core_c` who has these amounts of free haem and debris already."""
    s = np.zeros(N_HARM)
    s[[_S.HOTTEST, _S.COLDEST]] = core_c
    s[_S.FREE_HAEM_0], s[_S.DEBRIS_0] = free_haem, debris
    return s


@compiled
def watch_patient(
    s: NDArray[np.float64],
    k: NDArray[np.float64],
    air: float,
    balance: float,
    returning: bool,
    returned_c: float,
    clotting_s: float,
    dt: float,
) -> None:
    """A second of the patient: `air` and `balance` so far (mL), what enters (C), the clotting time (s).

    `returning`: more than a trickle enters, whose temperature nobody feels.
    """
    arrived = air - s[_S.AIR_SEEN]
    s[_S.AIR_SEEN] = air
    if arrived > 0.0 or s[_S.AIR_WINDOW] > 0.0:
        s[_RING + int(s[_S.NEXT])] = arrived
        s[_S.AIR_BOLUS] = max(s[_S.AIR_BOLUS], arrived)
        s[_S.AIR_WINDOW] = max(s[_S.AIR_WINDOW], s[_RING:].sum() / k[_K.WEIGHT])
        s[_S.NEXT] = (s[_S.NEXT] + 1.0) % WINDOW_S
    if returning:
        s[_S.HOTTEST] = max(s[_S.HOTTEST], returned_c)
        s[_S.COLDEST] = min(s[_S.COLDEST], returned_c)
    s[_S.GAIN] = max(s[_S.GAIN], balance)
    s[_S.LOSS] = max(s[_S.LOSS], -balance)
    if s[_S.COUNTED] > 0.0:
        s[_S.FLUID_ERROR] = max(s[_S.FLUID_ERROR], abs(balance - s[_S.BALANCE_0]))
    if clotting_s > k[_K.CLOTTING_TIME]:
        s[_S.CLOTTING_MIN] += dt / 60.0


def count_balance(s: NDArray[np.float64], balance: float, *, on: bool) -> None:
    """The treatment begins (`on`), or goes on, with `balance` mL brought so far; or it is over.

    Planned is a balance of 0 from then on: what comes in by heparin and saline, the reservoir is to keep
    (circuit description, 4). Prime and rinsing back lie outside.
    """
    if on and s[_S.COUNTED] == 0.0:
        s[_S.BALANCE_0] = balance
    s[_S.COUNTED] = float(on)


@compiled
def watch_cells(
    s: NDArray[np.float64], k: NDArray[np.float64], oxygen: float, warm_c: float, flow: float, dt: float
) -> None:
    """A second of the cells: lowest oxygen (umol/L), highest temperature, plasma that passes (mL/s)."""
    if oxygen < k[_K.HYPOXIA]:
        s[_S.HYPOXIA_MIN] += dt / 60.0
    if warm_c > k[_K.HEAT]:
        s[_S.HEAT_MIN] += dt / 60.0
    if abs(flow) >= k[_K.STANDSTILL]:
        s[_S.PERFUSED], s[_S.STANDING_MIN] = 1.0, 0.0
    elif s[_S.PERFUSED] > 0.0:
        s[_S.STANDING_MIN] += dt / 60.0
        s[_S.STANDSTILL_MIN] = max(s[_S.STANDSTILL_MIN], s[_S.STANDING_MIN])


@compiled
def watch_returned(s: NDArray[np.float64], free_haem: float, debris: float) -> None:
    """What the patient has beyond what the body made of it came from the circuit."""
    s[_S.FREE_HAEM] = free_haem - s[_S.FREE_HAEM_0]
    s[_S.DEBRIS] = debris - s[_S.DEBRIS_0]
