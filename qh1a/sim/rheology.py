"""Viscosity of plasma and blood, and the resistance of a tube."""

from math import exp, pi

from qh1a.sim.jit import compiled

MMHG_PA = 133.322  # Pa per mmHg
_WATER_37C = 0.69e-3  # Pa.s, water at 37 C
# Joins water to 1.2 mPa.s at 70 g/L (physics.md 1.2.4), whose own linear form is wrong in saline.
_PER_PROTEIN = 0.0079  # L/g
_PER_KELVIN = 0.022  # physics.md 1.2.4


@compiled
def plasma_viscosity(protein_g_l: float, temperature_c: float) -> float:
    """Viscosity of plasma or saline in Pa.s: 1.2e-3 at 70 g/L and 37 C."""
    return _WATER_37C * exp(_PER_PROTEIN * protein_g_l - _PER_KELVIN * (temperature_c - 37.0))


@compiled
def relative_viscosity(hct: float, diameter_um: float) -> float:
    """Pries' in-vitro tube viscosity of blood over that of its plasma; 1 at hct 0 (physics.md 1.2.4)."""
    at_45 = 220.0 * exp(-1.3 * diameter_um) + 3.2 - 2.44 * exp(-0.06 * diameter_um**0.645)
    shape = 1.0 / (1.0 + 1e-11 * diameter_um**12)
    c = (0.8 + exp(-0.075 * diameter_um)) * (shape - 1.0) + shape
    return 1.0 + (at_45 - 1.0) * ((1.0 - hct) ** c - 1.0) / (0.55**c - 1.0)


def tube_resistance(viscosity_pa_s: float, length_m: float, diameter_m: float) -> float:
    """Hagen-Poiseuille resistance in mmHg per mL/min (physics.md V01)."""
    return 128.0 * viscosity_pa_s * length_m / (pi * diameter_m**4) / MMHG_PA / 60e6


def bundle_resistance(viscosity_pa_s: float, length_m: float, diameter_m: float, fibres: float) -> float:
    """Resistance of parallel fibres in mmHg per mL/min (physics.md V02, V05)."""
    return tube_resistance(viscosity_pa_s, length_m, diameter_m) / fibres
