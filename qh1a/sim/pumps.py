"""Roller pumps, their drives, and clamps (physics.md 1.3.1)."""

from enum import IntEnum
from math import exp, pi, sin
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim.jit import compiled
from qh1a.sim.parameters import Pump, Pumps


class Drive(IntEnum):
    """Rows of the drives, in actuator order."""

    BP = 0
    PP = 1
    CP = 2
    RP = 3


N_DRIVES: Final = len(Drive)


class DriveConstant(IntEnum):
    """Columns of a drive's constants."""

    STROKE = 0
    MOTOR_S = 1
    SLEW = 2
    LEAK = 3  # conductance; times the healthy over the present occlusion's resistance when the tube gapes
    STALL = 4
    STALL_BAND = 5
    WEAR = 6
    WEAR_S = 7
    ROLLERS = 8
    RIPPLE_1 = 9
    RIPPLE_2 = 10


N_DRIVE_CONSTANTS: Final = len(DriveConstant)


def drive_constants(pumps: Pumps) -> NDArray[np.float64]:
    """One row per drive, columns as in `DriveConstant`; the leak as a conductance in mL/s/mmHg."""

    def row(p: Pump) -> tuple[float, ...]:
        return (
            p.stroke,
            p.motor,
            p.slew,
            1.0 / p.back_leak,
            p.stall,
            p.stall_band,
            p.wear,
            p.wear_time * 3600.0,
            p.rollers,
            p.ripple_1,
            p.ripple_2,
        )

    return np.array([row(p) for p in (pumps.blood, pumps.separation, pumps.perfusion, pumps.return_plasma)])


@compiled
def speed(
    rpm: float, command: float, lift: float, stalled: bool, drive: NDArray[np.float64], dt: float
) -> float:
    """Speed in 1/min after `dt` s under a command in mL/min; `lift` is outlet less inlet pressure.

    First order and slew limited; above `stall - stall_band` the drive gives way, at `stall` it stands.
    """
    target = command / drive[DriveConstant.STROKE]
    against = lift if target >= 0.0 else -lift
    strength = (drive[DriveConstant.STALL] - against) / drive[DriveConstant.STALL_BAND]
    target *= min(max(strength, 0.0), 1.0)
    if stalled:
        target = 0.0
    change = (target - rpm) * (1.0 - exp(-dt / drive[DriveConstant.MOTOR_S]))
    most = drive[DriveConstant.SLEW] * dt
    return rpm + min(max(change, -most), most)


@compiled
def worn(run_s: float, drive: NDArray[np.float64]) -> float:
    """Share of the nominal stroke that is left after `run_s` s of running: the tube tires."""
    return 1.0 - drive[DriveConstant.WEAR] * (1.0 - exp(-run_s / drive[DriveConstant.WEAR_S]))


@compiled
def stroke(run_s: float, factor: float, drive: NDArray[np.float64]) -> float:
    """Volume in mL of one revolution after `run_s` s of running."""
    return drive[DriveConstant.STROKE] * worn(run_s, drive) * factor


@compiled
def displaced(angle: float, turned: float, factor: float, drive: NDArray[np.float64]) -> float:
    """Volume in mL that is pushed on while the rotor turns by `turned` from `angle`, both in revolutions.

    The integral of `1 + sum_k A_k sin(k rollers theta)` (physics reference 1.3.1), exact for any `turned` of
    either sign: a whole number of revolutions moves a whole number of strokes. `factor` is the stroke over
    the nominal one: `worn` times a disturbance. The caller keeps `angle` in 0..1.
    """
    nominal = drive[DriveConstant.STROKE] * factor
    pulsed = 0.0
    for k in (1, 2):
        half = pi * k * drive[DriveConstant.ROLLERS]
        # A difference of cosines as a product: as accurate for a small turn as for a large one.
        moved = sin(half * (2.0 * angle + turned)) * sin(half * turned) / half
        pulsed += drive[DriveConstant.RIPPLE_1 + k - 1] * moved
    return nominal * (turned + pulsed)


@compiled
def inlet_factor(p: float, inlet: NDArray[np.float64]) -> tuple[float, float]:
    """Share of the stroke that fills at inlet pressure `p` mmHg, and its slope; `inlet` as in `InletLoss`."""
    open_share = 1.0 / (1.0 + exp((-p - inlet[1]) / inlet[2]))
    linear = 1.0 - inlet[0] * max(0.0, -p)
    slope = linear * open_share * (1.0 - open_share) / inlet[2]
    if p < 0.0:
        slope += inlet[0] * open_share
    return linear * open_share, slope


@compiled
def travel(position: float, command: float, travel_s: float, dt: float) -> float:
    """Clamp position 0..1 after `dt` s towards a command, open above 0.5."""
    most = dt / travel_s
    if command > 0.5:
        return min(1.0, position + most)
    # A remainder of rounding would leave a clamp open for ever.
    return 0.0 if position <= most * 1.000001 else position - most


@compiled
def throttled(conductance: float, position: float, half_resistance: float) -> float:
    """Conductance (mL/s/mmHg) of a line with a clamp: exactly 0 when closed, the line's when open."""
    if position <= 0.0 or conductance <= 0.0:
        return 0.0
    clamp = half_resistance / 3.0 * (1.0 / (position * position) - 1.0)
    return 1.0 / (1.0 / conductance + clamp)
