"""Quantity types, and the only conversions between units.

A quantity's unit is in its type and, where it leaves the process, in its name. Flows are mL/min
(heparin mL/h), pressures mmHg above ambient, temperatures degrees Celsius, weights g, volumes mL, time
integer nanoseconds.
"""

from typing import Final, NewType

Ns = NewType("Ns", int)
Seconds = NewType("Seconds", float)
Ml = NewType("Ml", float)
MlPerMin = NewType("MlPerMin", float)
MlPerH = NewType("MlPerH", float)
MmHg = NewType("MmHg", float)
Celsius = NewType("Celsius", float)
Grams = NewType("Grams", float)
Rpm = NewType("Rpm", float)

NS_PER_S: Final = 1_000_000_000
NS_PER_MIN: Final = 60 * NS_PER_S
TICK_NS: Final = Ns(100_000_000)
"""The control period, 10 Hz."""

PLASMA_G_PER_ML: Final = 1.025
"""Density of plasma at 37 C (physics reference, section 0)."""
SALINE_G_PER_ML: Final = 1.005
"""Density of 0.9 % saline at room temperature."""
EVAPORATION_MG_PER_L: Final = 44.0
"""Water that 1 L of sweep gas takes along at 37 C (circuit 4)."""


def seconds(ns: int) -> Seconds:
    """Nanoseconds as seconds."""
    return Seconds(ns / NS_PER_S)


def nanoseconds(s: float) -> Ns:
    """Seconds as the nearest whole nanosecond."""
    return Ns(round(s * NS_PER_S))


def ml_of_plasma(grams: float) -> Ml:
    """Volume of a mass of plasma."""
    return Ml(grams / PLASMA_G_PER_ML)


def ml_of_saline(grams: float) -> Ml:
    """Volume of a mass of saline."""
    return Ml(grams / SALINE_G_PER_ML)
