"""Water between plasma and interstitium, in deviations from the start (physics reference 1.5.1).

The interstitial proteins are the peripheral pools of albumin and globulin. Lymph and the steady filtration
that feeds it balance at the start and are not followed; what pressures and proteins move comes on top.
"""

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim.jit import compiled
from qh1a.sim.person import Person, plasma_volume
from qh1a.sim.species import Species

_MOST: Final = 0.1
"""Share of a compartment that one step may take from it."""
_NEVER_DRY: Final = 1.0  # mL: concentrations in plasma divide by it


class FluidConst(IntEnum):
    """mL, s, mmHg."""

    FILTRATION = 0
    REFLECTION = 1
    VENOUS_SHARE = 2
    CVP = 3
    VENOUS_COMPLIANCE = 4
    INTERSTITIAL = 5
    INTERSTITIAL_COMPLIANCE = 6
    ONCOTIC = 7
    ONCOTIC_INTERSTITIAL = 8
    INTAKE = 9  # infusion less urine and insensible loss


class FluidState(IntEnum):
    """mL."""

    INTERSTITIAL = 0
    TAKEN_IN = 1  # infusion less urine and insensible loss since the start


@compiled
def oncotic(protein: float) -> float:
    """Landis-Pappenheimer oncotic pressure in mmHg of `protein` g/L (physics reference 1.1.1)."""
    c = 0.1 * protein
    return c * (2.1 + c * (0.16 + c * 0.009))


@compiled
def oncotic_slope(protein: float) -> float:
    """Change of `oncotic` per relative change of concentration, mmHg."""
    c = 0.1 * protein
    return c * (2.1 + c * (0.32 + c * 0.027))


def fluid_constants(person: Person) -> NDArray[np.float64]:
    """Constants as in `FluidConst`."""
    f = person.fluid
    protein, interstitial = person.albumin + person.globulin, f.interstitial * 1e3
    outside = protein * plasma_volume(person) * person.protein_interstitial / interstitial
    values = {
        FluidConst.FILTRATION: f.filtration / 60.0,
        FluidConst.REFLECTION: f.reflection,
        FluidConst.VENOUS_SHARE: f.venous_share,
        FluidConst.CVP: person.cvp,
        FluidConst.VENOUS_COMPLIANCE: person.venous_compliance,
        FluidConst.INTERSTITIAL: interstitial,
        FluidConst.INTERSTITIAL_COMPLIANCE: f.interstitial_compliance,
        FluidConst.ONCOTIC: oncotic(protein),
        FluidConst.ONCOTIC_INTERSTITIAL: oncotic(outside),
        FluidConst.INTAKE: (f.infusion - f.urine - f.insensible) / 3600.0,
    }
    return np.array([values[c] for c in FluidConst])


def fluid_state(k: NDArray[np.float64]) -> NDArray[np.float64]:
    """The state at the start."""
    return np.array([k[FluidConst.INTERSTITIAL], 0.0])


@compiled
def exchange(
    s: NDArray[np.float64],
    k: NDArray[np.float64],
    vol: float,
    m: NDArray[np.float64],
    p: NDArray[np.float64],
    cvp: float,
    dt: float,
) -> float:
    """Water in mL that enters the plasma in `dt` s; below 0 it leaves.

    `vol` mL of blood, `m` and `p` the patient's rows of amounts, `cvp` mmHg. Linearised implicit: stable at
    any step, and nothing flows at the start's pressures and proteins.
    """
    plasma = max(vol - m[Species.RBC], _NEVER_DRY)
    inside = (m[Species.ALBUMIN] + m[Species.GLOBULIN]) / plasma
    interstitial = s[FluidState.INTERSTITIAL]
    outside = (p[Species.ALBUMIN] + p[Species.GLOBULIN]) / interstitial
    share, sigma, stiff = (
        k[FluidConst.VENOUS_SHARE],
        k[FluidConst.REFLECTION],
        1.0 / k[FluidConst.INTERSTITIAL_COMPLIANCE],
    )
    hydrostatic = share * (cvp - k[FluidConst.CVP]) - stiff * (interstitial - k[FluidConst.INTERSTITIAL])
    held = (oncotic(inside) - k[FluidConst.ONCOTIC]) - (oncotic(outside) - k[FluidConst.ONCOTIC_INTERSTITIAL])
    # What a mL filtered takes off the pressure that drives it.
    slope = (
        share / k[FluidConst.VENOUS_COMPLIANCE]
        + stiff
        + sigma * (oncotic_slope(inside) / plasma + oncotic_slope(outside) / interstitial)
    )
    reach = dt * k[FluidConst.FILTRATION]
    filtered = reach * (hydrostatic - sigma * held) / (1.0 + reach * slope)
    filtered = min(max(filtered, -_MOST * interstitial), _MOST * plasma)
    taken_in = dt * k[FluidConst.INTAKE]
    s[FluidState.INTERSTITIAL] += filtered
    s[FluidState.TAKEN_IN] += taken_in
    return taken_in - filtered
