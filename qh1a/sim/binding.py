"""Equilibrium binding of toxins to albumin, two classes of sites (physics reference 1.1.7).

Each ligand is alone on albumin: ligands do not compete.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Final

import numpy as np
from annotated_types import Interval, Unit
from numpy.typing import NDArray

from qh1a.sim.jit import compiled
from qh1a.sim.species import N_SPECIES, Species

Number = Annotated[float, Interval(ge=0, le=20), Unit("sites per albumin")]
Affinity = Annotated[float, Interval(ge=0, le=1e9), Unit("L/mol")]


@dataclass(frozen=True, slots=True)
class Sites:
    """One ligand's two classes of sites on albumin."""

    n1: Number
    k1: Affinity
    n2: Number
    k2: Affinity


@dataclass(frozen=True, slots=True)
class Binding:
    """The ligands of albumin."""

    albumin_molar_mass: Annotated[float, Interval(ge=60, le=70), Unit("kg/mol")]
    conjugated_bilirubin: Sites
    unconjugated_bilirubin: Sites
    bile_acids: Sites


class SiteConst(IntEnum):
    """Columns of a ligand's constants: sites in umol/g of albumin, affinities in L/umol."""

    SITES_1 = 0
    AFFINITY_1 = 1
    SITES_2 = 2
    AFFINITY_2 = 3


_ITERATIONS: Final = 50  # never reached; 3 to 8 are usual
_CONVERGED: Final = 1e-8  # of the free concentration; the error left is its square


def binding_constants(b: Binding) -> NDArray[np.float64]:
    """One row per species, columns as in `SiteConst`; species that do not bind have rows of 0."""
    rows = np.zeros((N_SPECIES, len(SiteConst)))
    per_gram = 1e3 / b.albumin_molar_mass
    for species, s in (
        (Species.CB, b.conjugated_bilirubin),
        (Species.UCB, b.unconjugated_bilirubin),
        (Species.BILE_ACIDS, b.bile_acids),
    ):
        rows[species] = s.n1 * per_gram, s.k1 * 1e-6, s.n2 * per_gram, s.k2 * 1e-6
    return rows


@compiled
def free_fraction(total: float, albumin: float, sites: NDArray[np.float64]) -> float:
    """Free over total concentration, above 0 to 1, of `total` umol/L at `albumin` g/L.

    `sites`: a row of `binding_constants`. At `total` 0 the limit of a trace; without albumin all is free.
    """
    a = max(albumin, 0.0)
    s1, k1 = a * sites[SiteConst.SITES_1], sites[SiteConst.AFFINITY_1]
    s2, k2 = a * sites[SiteConst.SITES_2], sites[SiteConst.AFFINITY_2]
    trace = 1.0 / (1.0 + s1 * k1 + s2 * k2)
    if total <= 0.0 or trace == 1.0:
        return trace
    # The balance is concave in b: from below Newton climbs to the root and never passes it. Three bounds from
    # below: empty sites, a full first class, both full.
    b = max(total * trace, (total - s1) / (1.0 + s2 * k2), total - s1 - s2)
    for _ in range(_ITERATIONS):
        d1, d2 = 1.0 + k1 * b, 1.0 + k2 * b
        missing = total - b - s1 * k1 * b / d1 - s2 * k2 * b / d2
        step = missing / (1.0 + s1 * k1 / (d1 * d1) + s2 * k2 / (d2 * d2))
        b += step
        if abs(step) <= _CONVERGED * b:
            break
    return min(b / total, 1.0)
