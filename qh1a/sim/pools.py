"""The patient's solutes: one or two pools each, generation and elimination (physics reference 1.5.2).

Amounts are mL x the unit of the species. Strong acid made by the body takes its charge from the strong ion
difference: what lactate gains, SID loses. The gases and SID start at 0 here; whoever knows the gas laws fills
them from `person.blood_gas`, and lung and heart keep the gases, so their rows stand still.
"""

from enum import IntEnum
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim.jit import compiled
from qh1a.sim.person import Person, Solute, blood_volume, plasma_volume
from qh1a.sim.species import N_SPECIES, Species


class Pool(IntEnum):
    """Columns of a species' constants: mL, mL/s, amount/s, unit of the species."""

    CENTRAL = 0
    PERIPHERAL = 1
    EXCHANGE = 2
    GENERATION = 3
    CLEARANCE = 4
    V_MAX = 5
    KM = 6
    START = 7
    START_PERIPHERAL = 8


N_COLUMNS: Final = len(Pool)
_LEAST = 0.05
"""Share of a central volume that stays when plasma is lost: a concentration must not run away."""

Row = tuple[float, float, float, float, float, float, float, float, float]


def solutes(person: Person) -> dict[Species, Solute]:
    """The species that the file gives as solutes."""
    return {
        Species.CB: person.conjugated_bilirubin,
        Species.UCB: person.unconjugated_bilirubin,
        Species.BILE_ACIDS: person.bile_acids,
        Species.UREA: person.urea,
        Species.CREATININE: person.creatinine,
        Species.AMMONIA: person.ammonia,
        Species.GLUCOSE: person.glucose,
        Species.LACTATE: person.lactate,
        Species.IL6: person.interleukin_6,
        Species.TNF: person.tumour_necrosis_factor,
        Species.HGF: person.hepatocyte_growth_factor,
        Species.PGE2: person.prostaglandin_e2,
        Species.EV: person.vesicles,
        Species.HEPARIN: person.heparin,
        Species.CITRATE: person.citrate,
        Species.DEBRIS: person.debris,
        Species.FHB: person.free_haemoglobin,
    }


def solute_row(s: Solute) -> Row:
    """One solute's constants, columns as in `Pool`."""
    clearance, v_max = s.clearance / 60.0, s.maximum * 1e3 / 60.0
    balance = clearance * s.start + v_max * s.start / (s.half + s.start)
    generation = balance if s.generation is None else s.generation * 1e3 / 60.0
    central, peripheral, exchange = s.central * 1e3, s.peripheral * 1e3, s.exchange / 60.0
    return central, peripheral, exchange, generation, clearance, v_max, s.half, s.start, s.start


def pool_constants(person: Person) -> NDArray[np.float64]:
    """One row per species, columns as in `Pool`; rows without rates stand still."""
    blood, plasma = blood_volume(person), plasma_volume(person)

    def still(volume: float, start: float) -> Row:
        return volume, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, start, 0.0

    def protein(start: float) -> Row:
        outside, escape = plasma * person.protein_interstitial, plasma * person.protein_escape / 3600.0
        return plasma, outside, escape, 0.0, 0.0, 0.0, 1.0, start, start

    acid = person.lactate
    rows = {k: solute_row(s) for k, s in solutes(person).items()} | {
        Species.RBC: still(blood, person.hct),
        Species.ALBUMIN: protein(person.albumin),
        Species.GLOBULIN: protein(person.globulin),
        # SID goes where lactate goes.
        Species.SID: solute_row(
            Solute(start=0.0, central=acid.central, peripheral=acid.peripheral, exchange=acid.exchange)
        ),
        Species.CO2: still(plasma, 0.0),
        Species.HCO3: still(plasma, 0.0),
        Species.O2: still(plasma, 0.0),
        Species.HEAT: still(blood, person.temperature),
    }
    return np.array([rows[k] for k in Species])


@compiled
def central_volume(start: float, excess: float) -> float:
    """Central volume in mL when the patient has gained `excess` mL of plasma, above 0."""
    return max(start + excess, _LEAST * start)


@compiled
def pool_step(
    central: float,
    peripheral: float,
    v_c: float,
    generation: float,
    k: NDArray[np.float64],
    dt: float,
) -> tuple[float, float, float]:
    """Backward Euler over `dt` s: new amounts in both pools and the net amount generated; conservative.

    `v_c` mL is the present central volume, `k` a row of `pool_constants`, `generation` amount/s in place of
    its own. Saturable elimination is part of the step (physics reference 2.1, 2), so the amounts stay above 0
    at any step.
    """
    k_c = k_p = 0.0
    if k[Pool.EXCHANGE] > 0.0:
        k_c, k_p = dt * k[Pool.EXCHANGE] / v_c, dt * k[Pool.EXCHANGE] / k[Pool.PERIPHERAL]
    first_order = dt * k[Pool.CLEARANCE] / v_c
    # The peripheral pool is eliminated: a x + w x / (h + x) = r for the central amount x.
    a = 1.0 + first_order + k_c / (1.0 + k_p)
    r = central + dt * generation + k_p * peripheral / (1.0 + k_p)
    x = r / a
    saturable = 0.0
    if k[Pool.V_MAX] > 0.0 and r > 0.0:
        w, h = dt * k[Pool.V_MAX], k[Pool.KM] * v_c
        b = a * h + w - r
        root = sqrt(b * b + 4.0 * a * r * h)
        x = 2.0 * r * h / (b + root) if b > 0.0 else (root - b) / (2.0 * a)
        saturable = w * x / (h + x)
    moved = k_c * x - k_p * (peripheral + k_c * x) / (1.0 + k_p)
    made = dt * generation - first_order * x - saturable
    return central - moved + made, peripheral + moved, made


@compiled
def metabolise(
    m: NDArray[np.float64],
    p: NDArray[np.float64],
    k: NDArray[np.float64],
    excess: float,
    dt: float,
    made: NDArray[np.float64],
) -> None:
    """Exchange between the pools, generation and own elimination over `dt` s, all species.

    `m`, `p`: amounts in the central and the peripheral pool; `k` of `pool_constants`; `excess`: plasma gained
    by the patient since the start, mL; `made` accumulates the net amounts generated by the body.
    """
    acid = 0.0
    for i in range(N_SPECIES):
        generation = k[i, Pool.GENERATION]
        if i == Species.SID:
            generation -= acid / dt
        v_c = central_volume(k[i, Pool.CENTRAL], excess)
        m[i], p[i], more = pool_step(m[i], p[i], v_c, generation, k[i], dt)
        made[i] += more
        if i == Species.LACTATE:
            acid = more
