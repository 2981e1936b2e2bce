"""The bioreactor RX: geometry, hydraulics of its four configurations, exchange through the fibre wall.

Cells grow on the outside of hollow fibres. Along the fibres there are `N_CELLS` axial cells; each holds a
lumen, a wall (membrane pores and cell layer) and a shell (physics reference 1.1.1, 1.1.2).
"""

from dataclasses import dataclass
from enum import IntEnum
from math import exp, log, pi, sinh, sqrt, tanh
from typing import Annotated, Final, Literal

import numpy as np
from annotated_types import Interval, Unit
from numpy.typing import NDArray

from qh1a.sim.jit import compiled
from qh1a.sim.rheology import MMHG_PA
from qh1a.sim.species import N_SPECIES, Species

Configuration = Literal["A", "B", "C", "D"]
Diffusivity = Annotated[float, Interval(gt=0, le=1e-8), Unit("m2/s")]
Fraction = Annotated[float, Interval(ge=0, le=1), Unit("1")]
Hindrance = Annotated[float, Interval(gt=0, le=1), Unit("1")]

N_CELLS: Final = 20
"""Axial cells: as many tanks as the whole cartridge disperses like (physics reference 2.2)."""


class Zone(IntEnum):
    """First index of the concentrations."""

    LUMEN = 0
    WALL = 1
    SHELL = 2


N_ZONES: Final = len(Zone)


@dataclass(frozen=True, slots=True)
class Diffusivities:
    """In plasma at 37 C; `bicarbonate` holds for all carbon dioxide and the strong ions that pair with it."""

    albumin: Diffusivity
    globulin: Diffusivity
    bilirubin: Diffusivity
    bile_acids: Diffusivity
    urea: Diffusivity
    creatinine: Diffusivity
    ammonia: Diffusivity
    glucose: Diffusivity
    lactate: Diffusivity
    bicarbonate: Diffusivity
    oxygen: Diffusivity
    il6: Diffusivity
    tnf: Diffusivity
    hgf: Diffusivity
    pge2: Diffusivity
    vesicles: Diffusivity
    heparin: Diffusivity
    citrate: Diffusivity
    haemoglobin: Diffusivity


@dataclass(frozen=True, slots=True)
class Bioreactor:
    """Cartridge and membrane.

    Configurations: A plasma through the lumen, shell closed; B into the lumen, out of the shell; C through
    the shell, lumen stagnant; D into the lumen, out of both, joined.
    """

    fibres: Annotated[float, Interval(ge=1, le=1e6), Unit("1")]
    inner_radius: Annotated[float, Interval(ge=20, le=1000), Unit("um")]
    outer_radius: Annotated[float, Interval(ge=25, le=1500), Unit("um")]
    length: Annotated[float, Interval(ge=0.02, le=1), Unit("m")]
    shell: Annotated[float, Interval(gt=0, le=1000), Unit("mL")]
    porosity: Annotated[float, Interval(gt=0, le=1), Unit("1")]
    cell_layer: Annotated[float, Interval(ge=0, le=500), Unit("um")]
    permeability: Annotated[float, Interval(ge=1e-11, le=5e-9), Unit("m/s/Pa")]
    fouling: Annotated[float, Interval(ge=0, le=2), Unit("1/h")]
    sherwood: Annotated[float, Interval(ge=1, le=50), Unit("1")]
    pore_diffusion: Annotated[float, Interval(gt=0, le=1), Unit("porosity over tortuosity")]
    protein_sieving: Fraction
    protein_hindrance: Hindrance
    vesicle_sieving: Fraction
    vesicle_hindrance: Hindrance
    fibre_defect_fraction: Annotated[float, Interval(ge=0, le=0.1), Unit("1")]
    debris_release: Annotated[float, Interval(gt=0, le=3600), Unit("s")]
    diffusivity: Diffusivities
    configuration: Configuration = "A"


class BioreactorConst(IntEnum):
    """Columns of the constants; resistances of the whole length, volumes of one axial cell."""

    LUMEN_RESISTANCE = 0  # mmHg/(mL/s) per Pa.s
    SHELL_RESISTANCE = 1
    WALL_CONDUCTANCE = 2  # mL/s/mmHg per m/s/Pa
    SHEAR = 3  # Pa per mL/s of shell flow, per Pa.s
    INLET = 4  # share of the inlet flow that starts in the lumen
    OUTLET = 5  # share that ends there, unless the outlets are joined
    JOINED = 6
    FOULING = 7  # 1/s
    V_LUMEN = 8
    V_WALL = 9
    V_SHELL = 10


class Profile(IntEnum):
    """Rows of the profile per unit inlet flow: two at faces 0..N_CELLS, two in axial cells 0..N_CELLS - 1."""

    LUMEN = 0  # flow at the face, 1
    SHELL = 1
    CROSSING = 2  # flow from lumen to shell, 1
    SHEAR = 3  # on the cells, Pa per mL/s


N_PROFILE: Final = len(Profile)


class ExchangeConst(IntEnum):
    """Rows of `exchange_constants`, one column per species: unbound solutes, mL/s and 1, per axial cell."""

    LUMEN = 0
    SHELL = 1
    SIEVING = 2


BOUND: Final = (Species.CB, Species.UCB, Species.BILE_ACIDS)
"""The species bound to albumin, in the order of their free fractions."""

_K = BioreactorConst
_P = Profile
_ENDS: Final = {"A": (1.0, 1.0, 0.0), "B": (1.0, 0.0, 0.0), "C": (0.0, 0.0, 0.0), "D": (1.0, 0.0, 1.0)}


def inner_area(b: Bioreactor) -> float:
    """Area of the inner fibre surfaces in m2."""
    return 2.0 * pi * b.inner_radius * 1e-6 * b.fibres * b.length


def outer_area(b: Bioreactor) -> float:
    """Area of the outer fibre surfaces, where the cells grow, in m2."""
    return inner_area(b) * b.outer_radius / b.inner_radius


def packing(b: Bioreactor) -> float:
    """Share of the housing's section that fibres fill."""
    fibres_ml = outer_area(b) * b.outer_radius * 1e-6 / 2.0 * 1e6
    return fibres_ml / (fibres_ml + b.shell)


def bioreactor_constants(b: Bioreactor) -> NDArray[np.float64]:
    """Hydraulics and volumes, columns as in `BioreactorConst` (physics reference 1.1.1)."""
    r_i, r_o = b.inner_radius * 1e-6, b.outer_radius * 1e-6
    outside = r_o**2 / packing(b)  # square of the radius of Happel's free-surface cell
    happel = (
        pi
        / 8.0
        * (2.0 * outside**2 * log(outside / r_o**2) - 3.0 * outside**2 + 4.0 * r_o**2 * outside - r_o**4)
    )
    per_si = b.length / (b.fibres * MMHG_PA * 1e6)
    shell_gradient = 1.0 / (b.fibres * happel) * 1e-6  # Pa/m per mL/s, per Pa.s
    lumen = inner_area(b) * r_i / 2.0 * 1e6
    pores = pi * (r_o**2 - r_i**2) * b.fibres * b.length * 1e6 * b.porosity
    layer = outer_area(b) * b.cell_layer
    return np.array(
        [
            8.0 / (pi * r_i**4) * per_si,
            per_si / happel,
            inner_area(b) * MMHG_PA * 1e6,
            shell_gradient * (outside - r_o**2) / (2.0 * r_o),
            *_ENDS[b.configuration],
            b.fouling / 3600.0,
            lumen / N_CELLS,
            (pores + layer) / N_CELLS,
            b.shell / N_CELLS,
        ]
    )


def _solutes(b: Bioreactor) -> list[tuple[Species, float, float, float]]:
    """Species, diffusivity, sieving, hindrance in the pores."""
    d, s = b.diffusivity, Species
    small = [
        (s.CB, d.bilirubin),
        (s.UCB, d.bilirubin),
        (s.BILE_ACIDS, d.bile_acids),
        (s.UREA, d.urea),
        (s.CREATININE, d.creatinine),
        (s.AMMONIA, d.ammonia),
        (s.GLUCOSE, d.glucose),
        (s.LACTATE, d.lactate),
        (s.SID, d.bicarbonate),
        (s.CO2, d.bicarbonate),
        (s.HCO3, d.bicarbonate),
        (s.O2, d.oxygen),
        (s.PGE2, d.pge2),
        (s.CITRATE, d.citrate),
    ]
    proteins = [
        (s.ALBUMIN, d.albumin),
        (s.GLOBULIN, d.globulin),
        (s.IL6, d.il6),
        (s.TNF, d.tnf),
        (s.HGF, d.hgf),
        (s.HEPARIN, d.heparin),
        (s.FHB, d.haemoglobin),
    ]
    return [
        *((species, diffusivity, 1.0, 1.0) for species, diffusivity in small),
        *(
            (species, diffusivity, b.protein_sieving, b.protein_hindrance)
            for species, diffusivity in proteins
        ),
        (s.EV, d.vesicles, b.vesicle_sieving, b.vesicle_hindrance),
    ]


def exchange_constants(b: Bioreactor, heat: float) -> NDArray[np.float64]:
    """Rows as in `ExchangeConst`; `heat` between lumen and shell in mL/s, as conductance over heat capacity.

    The wall is taken where the cells are, outside: towards the lumen lie the membrane and the lumen's film,
    towards the shell the shell's film (physics reference 1.1.2). Red cells do not pass; debris passes
    defects.
    """
    r_i, r_o = b.inner_radius * 1e-6, b.outer_radius * 1e-6
    hydraulic = 2.0 * r_o * (1.0 / packing(b) - 1.0)
    inner, outer = inner_area(b) * 1e6 / N_CELLS, outer_area(b) * 1e6 / N_CELLS
    k = np.zeros((len(ExchangeConst), N_SPECIES))
    for species, d, sieving, hindrance in _solutes(b):
        film = 2.0 * r_i / (b.sherwood * d)
        membrane = r_i * log(r_o / r_i) / (b.pore_diffusion * hindrance * d)
        k[:, species] = inner / (film + membrane), outer * b.sherwood * d / hydraulic, sieving
    wall = float(bioreactor_constants(b)[_K.V_WALL])
    k[:, Species.DEBRIS] = 0.0, wall / b.debris_release, b.fibre_defect_fraction
    k[:, Species.HEAT] = 2.0 * heat / N_CELLS, 2.0 * heat / N_CELLS, 1.0
    return k


@compiled
def exchange(
    k: NDArray[np.float64],
    free: NDArray[np.float64],
    out_ka_l: NDArray[np.float64],
    out_ka_s: NDArray[np.float64],
    out_s: NDArray[np.float64],
) -> None:
    """What exchanges lumen and wall, wall and shell (mL/s per axial cell), and sieving, per species.

    Bound solutes move with albumin, their `free` fractions (order of `BOUND`) on their own.
    """
    out_ka_l[:] = k[ExchangeConst.LUMEN]
    out_ka_s[:] = k[ExchangeConst.SHELL]
    out_s[:] = k[ExchangeConst.SIEVING]
    for i in range(len(BOUND)):
        s = BOUND[i]
        for out in (out_ka_l, out_ka_s, out_s):
            out[s] = free[i] * out[s] + (1.0 - free[i]) * out[Species.ALBUMIN]


@compiled
def fouled(permeability: float, k: NDArray[np.float64], dt: float) -> float:
    """Permeability in m/s/Pa after `dt` s of first-order fouling."""
    return permeability * exp(-k[_K.FOULING] * dt)


@compiled
def hydraulics(
    k: NDArray[np.float64], viscosity: float, permeability: float, profile: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Fill the profile and return pressure drop, mean and inlet lumen-less-shell pressure, mmHg per mL/s.

    `viscosity` Pa.s and `permeability` m/s/Pa, both above 0. Lumen and shell flow add up to the inlet flow
    everywhere, so that the lumen flow less its share in a leaky bundle obeys u'' = (Lambda L)^2 u. Osmotic
    pressure is left out: where it is even along the fibres it shifts the pressure of the shell and no flow.
    """
    r_l, r_s = k[_K.LUMEN_RESISTANCE] * viscosity, k[_K.SHELL_RESISTANCE] * viscosity
    conductance = k[_K.WALL_CONDUCTANCE] * permeability
    x = sqrt(conductance * (r_l + r_s))
    leaky = r_s / (r_l + r_s)
    u_0 = k[_K.INLET] - leaky
    u_n = k[_K.OUTLET] - leaky
    if k[_K.JOINED] > 0.0:  # no pressure across the wall there
        u_n = u_0 / (0.5 * (exp(x) + exp(-x)))
    for i in range(N_CELLS + 1):
        z = i / N_CELLS
        u = (u_0 * sinh(x * (1.0 - z)) + u_n * sinh(x * z)) / sinh(x)
        profile[_P.LUMEN, i] = min(max(leaky + u, 0.0), 1.0)
    profile[_P.LUMEN, 0] = k[_K.INLET]
    if k[_K.JOINED] == 0.0:
        profile[_P.LUMEN, N_CELLS] = k[_K.OUTLET]
    for i in range(N_CELLS + 1):
        profile[_P.SHELL, i] = 1.0 - profile[_P.LUMEN, i]
    for i in range(N_CELLS):
        profile[_P.CROSSING, i] = profile[_P.LUMEN, i] - profile[_P.LUMEN, i + 1]
        shell = 0.5 * (profile[_P.SHELL, i] + profile[_P.SHELL, i + 1])
        profile[_P.SHEAR, i] = k[_K.SHEAR] * viscosity * shell
    at_0 = x * (u_0 / tanh(x) - u_n / sinh(x)) / conductance
    at_n = x * (u_0 / sinh(x) - u_n / tanh(x)) / conductance
    drop = r_l * (leaky + (u_0 + u_n) * tanh(0.5 * x) / x)
    drop += (1.0 - k[_K.OUTLET]) * at_n - (1.0 - k[_K.INLET]) * at_0
    if k[_K.INLET] * k[_K.OUTLET] == 1.0:
        # The circuit's figure for the lumen is the bundle's own; what runs through the closed shell would
        # take 5 % off it at 5e-10 m/s/Pa.
        drop = r_l
    mean = (profile[_P.LUMEN, 0] - profile[_P.LUMEN, N_CELLS]) / conductance
    return drop, mean, at_0
