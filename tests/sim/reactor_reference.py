"""The bioreactor of the rig file, and its semi-discrete equations written a second time, in plain numpy."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from qh1a.sim.bioreactor import (
    N_CELLS,
    N_PROFILE,
    N_ZONES,
    Bioreactor,
    Configuration,
    bioreactor_constants,
    exchange,
    exchange_constants,
    hydraulics,
)
from qh1a.sim.cells import Cells, cell_constants, rates, seeded
from qh1a.sim.march import N_RATES, Acid, march, march_constants
from qh1a.sim.species import N_SPECIES, Species

S = Species
Array = NDArray[np.float64]

_TOML: Final = tomllib.loads(
    (Path(__file__).parents[2] / "configs" / "rigs" / "sim.toml").read_text(encoding="utf-8")
)["circuit"]
BIOREACTOR: Final = TypeAdapter(Bioreactor).validate_python(_TOML["bioreactor"])
CELLS: Final = TypeAdapter(Cells).validate_python(_TOML["cells"])
ACID: Final = Acid(hydration=0.15, pk=6.1, protein_charge=200.0, protein_slope=100.0, other_buffer=500.0)
HEAT: Final = 20.0 / 3.9975  # mL/s
MU: Final = 1.2e-3  # Pa.s
Q_100: Final = 100.0 / 60.0  # mL/s
FREE: Final = np.array([0.02, 0.001, 0.1])
PLASMA: Final = {
    S.ALBUMIN: 30.0,
    S.GLOBULIN: 30.0,
    S.CB: 200.0,
    S.UCB: 150.0,
    S.BILE_ACIDS: 120.0,
    S.UREA: 15000.0,
    S.CREATININE: 200.0,
    S.AMMONIA: 100.0,
    S.GLUCOSE: 5000.0,
    S.LACTATE: 2500.0,
    S.SID: 36200.0,
    S.CO2: 1230.0,
    S.HCO3: 24300.0,
    S.O2: 195.0,
    S.IL6: 200.0,
    S.TNF: 30.0,
    S.HEPARIN: 300.0,
    S.FHB: 2.0,
    S.HEAT: 37.0,
}
UNSIGNED: Final = [s for s in S if s is not S.SID]
"""Species that are never negative."""


def fluid(change: dict[S, float] | None = None) -> Array:
    """Concentrations of plasma, some of them changed."""
    row = np.zeros(N_SPECIES)
    for species, value in {**PLASMA, **(change or {})}.items():
        row[species] = value
    return row


@dataclass
class Reactor:
    """All the arrays of one bioreactor."""

    zones: Array
    adherent: Array
    profile: Array
    ka_l: Array
    ka_s: Array
    sieving: Array
    rates: Array
    k: Array
    cell_k: Array
    made: Array
    out: Array
    entered: Array
    left: Array

    def step(self, q: float, c_in: Array, dt: float) -> None:
        march(
            self.zones,
            self.profile,
            q,
            c_in,
            self.ka_l,
            self.ka_s,
            self.sieving,
            self.rates,
            self.k,
            self.made,
            self.out,
            dt,
        )
        self.entered += dt * abs(q) * c_in
        self.left += self.out

    def run(self, q: float, c_in: Array, dt: float, steps: int) -> None:
        for _ in range(steps):
            self.step(q, c_in, dt)

    def amounts(self) -> Array:
        total: Array = np.tensordot(self.k[:N_ZONES], self.zones.sum(axis=1), axes=1)
        return total

    def metabolise(self) -> None:
        rates(self.adherent, self.zones, self.cell_k, self.k, self.rates)


def reactor(
    start: Array,
    configuration: Configuration = "A",
    cells: float = 1e9,
    bioreactor: Bioreactor = BIOREACTOR,
    culture: Cells = CELLS,
) -> Reactor:
    """Filled with `start`, cells at work."""
    b, c = replace(bioreactor, configuration=configuration), replace(culture, count=cells)
    constants, profile = bioreactor_constants(b), np.zeros((N_PROFILE, N_CELLS + 1))
    hydraulics(constants, MU, b.permeability, profile)
    ka_l, ka_s, sieving = np.zeros((3, N_SPECIES))
    exchange(exchange_constants(b, HEAT), FREE, ka_l, ka_s, sieving)
    made = Reactor(
        zones=np.tile(start, (N_ZONES, N_CELLS, 1)),
        adherent=seeded(c),
        profile=profile,
        ka_l=ka_l,
        ka_s=ka_s,
        sieving=sieving,
        rates=np.zeros((N_RATES, N_CELLS, N_SPECIES)),
        k=march_constants(constants, c.kinetics, ACID),
        cell_k=cell_constants(c, b),
        made=np.zeros(N_SPECIES),
        out=np.zeros(N_SPECIES),
        entered=np.zeros(N_SPECIES),
        left=np.zeros(N_SPECIES),
    )
    made.metabolise()
    return made


def well_mixed(v_lumen: float = 2.0, v_wall: float = 1.0) -> Reactor:
    """Plug flow in `N_CELLS` tanks: nothing crosses, wall and lumen as one, nothing reacts yet."""
    made = reactor(np.zeros(N_SPECIES), cells=0.0)
    made.profile[:] = 0.0
    made.profile[0] = 1.0
    made.ka_l[:] = 1e13
    made.ka_s[:] = 0.0
    made.k[:2] = v_lumen, v_wall
    return made


def _wall_fluxes(r: Reactor, c: Array, q: float) -> tuple[Array, Array]:
    """Amount/s from lumen to wall and from wall to shell, (N_CELLS, N_SPECIES)."""
    lumen, wall, shell = c
    j = q * r.profile[2, :N_CELLS, None]
    forth, back = np.maximum(j, 0.0), np.maximum(-j, 0.0)
    inner = r.ka_l * (lumen - wall) + r.sieving * (forth * lumen - back * wall)
    outer = r.ka_s * (wall - shell) + r.sieving * (forth * wall - back * shell)
    return inner, outer


def semi_discrete(r: Reactor, q: float, c_in: Array) -> Callable[[float, Array], Array]:
    """Time derivative of all concentrations, flat; the method of lines that the march steps through."""
    kin, p_charge = CELLS.kinetics, ACID.protein_charge
    uptake, source, sink = r.rates[2], r.rates[0], r.rates[1]
    volumes = r.k[:N_ZONES, None, None]

    def along(flow: Array, zone: Array) -> Array:
        """Inflow less outflow by upwind differences, `flow` at faces."""
        carried = np.vstack([c_in, zone]) if q >= 0.0 else np.vstack([zone, c_in])
        flux = q * flow[:, None] * carried
        return flux[:-1] - flux[1:]

    def derivative(_: float, flat: Array) -> Array:
        c = flat.reshape(N_ZONES, N_CELLS, N_SPECIES)
        inner, outer = _wall_fluxes(r, c, q)
        # Strong ions beside protein cross with it, the others with bicarbonate.
        protein = c[..., S.ALBUMIN] + c[..., S.GLOBULIN]
        ions = c.copy()
        ions[..., S.SID] -= p_charge * protein
        for flux, ion_flux in zip((inner, outer), _wall_fluxes(r, ions, q), strict=True):
            flux[:, S.SID] = ion_flux[:, S.SID] + p_charge * (flux[:, S.ALBUMIN] + flux[:, S.GLOBULIN])
        change = np.empty_like(c)
        change[0] = along(r.profile[0], c[0]) - inner
        change[1] = inner - outer
        change[2] = along(r.profile[1], c[2]) + outer
        wall = c[1]
        o2, glucose = wall[:, S.O2], wall[:, S.GLUCOSE]
        aerobic = o2 / (kin.oxygen_km + o2)
        breathed = uptake[:, S.O2] * aerobic
        fed = (
            uptake[:, S.GLUCOSE]
            * (1.0 + kin.pasteur * (1.0 - aerobic))
            * glucose
            / (kin.glucose_km + glucose)
        )
        change[1] += source - sink * wall
        change[1, :, S.O2] -= breathed
        change[1, :, S.CO2] += kin.respiratory_quotient * breathed
        change[1, :, S.GLUCOSE] -= fed
        change[1, :, S.LACTATE] += kin.lactate_yield * fed
        change[1, :, S.SID] -= kin.lactate_yield * fed
        change /= volumes
        hco3 = c[..., S.HCO3]
        buffer = ACID.other_buffer + ACID.protein_slope * protein
        ph = 7.4 + (c[..., S.SID] - p_charge * protein - hco3) / buffer
        hydrated = ACID.hydration * (c[..., S.CO2] - hco3 * 10.0 ** (ACID.pk - ph))
        change[..., S.CO2] -= hydrated
        change[..., S.HCO3] += hydrated
        return change.ravel()

    return derivative
