"""The patient: blood, venous pressure and two-pool solutes (physics.md 1.5)."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Interval, Unit
from numpy.typing import NDArray

from qh1a.sim.jit import compiled

Litres = Annotated[float, Interval(gt=0, le=60), Unit("L")]
Clearance = Annotated[float, Interval(ge=0, le=1000), Unit("mL/min")]
Generation = Annotated[float, Interval(ge=0, le=1000), Unit("umol/min")]
Micromolar = Annotated[float, Interval(ge=0, le=1e5), Unit("umol/L")]
GramsPerLitre = Annotated[float, Interval(gt=0, le=80), Unit("g/L")]


@dataclass(frozen=True, slots=True)
class TwoPool:
    """One solute: both pools start at `start` (physics.md 1.5.2)."""

    start: Micromolar
    central: Litres
    peripheral: Litres
    exchange: Clearance
    generation: Generation
    clearance: Clearance


@dataclass(frozen=True, slots=True)
class Patient:
    """A virtual patient; adults."""

    weight: Annotated[float, Interval(ge=35, le=150), Unit("kg")]
    hct: Annotated[float, Interval(ge=0.15, le=0.6), Unit("1")]
    blood_per_kg: Annotated[float, Interval(ge=50, le=100), Unit("mL/kg")]
    cvp: Annotated[float, Interval(ge=0, le=25), Unit("mmHg")]
    venous_compliance: Annotated[float, Interval(ge=20, le=1000), Unit("mL/mmHg")]
    temperature: Annotated[float, Interval(ge=33, le=42), Unit("C")]
    albumin: GramsPerLitre
    globulin: GramsPerLitre
    protein_escape: Annotated[float, Interval(ge=0, le=0.2), Unit("1/h")]
    protein_interstitial: Annotated[float, Interval(gt=0, le=5), Unit("interstitial over plasma volume")]
    conjugated_bilirubin: TwoPool
    unconjugated_bilirubin: TwoPool
    urea: TwoPool
    creatinine: TwoPool


def blood_volume(patient: Patient) -> float:
    """Total blood volume in mL."""
    return patient.weight * patient.blood_per_kg


def plasma_volume(patient: Patient) -> float:
    """Plasma volume in mL."""
    return blood_volume(patient) * (1.0 - patient.hct)


def pools(patient: Patient) -> NDArray[np.float64]:
    """One row per solute, in `lines.Species` order from ALBUMIN on.

    Columns: central mL, peripheral mL, exchange mL/s, generation per s, clearance mL/s, start. Amounts are
    mL x (umol/L or g/L), that is nmol or mg.
    """
    plasma = plasma_volume(patient)
    outside, escape = plasma * patient.protein_interstitial, plasma * patient.protein_escape / 3600.0
    rows = [(plasma, outside, escape, 0.0, 0.0, start) for start in (patient.albumin, patient.globulin)]
    rows += [
        (
            solute.central * 1e3,
            solute.peripheral * 1e3,
            solute.exchange / 60.0,
            solute.generation * 1e3 / 60.0,
            solute.clearance / 60.0,
            solute.start,
        )
        for solute in (
            patient.conjugated_bilirubin,
            patient.unconjugated_bilirubin,
            patient.urea,
            patient.creatinine,
        )
    ]
    return np.array(rows)


@compiled
def two_pool_step(
    central: float,
    peripheral: float,
    v_c: float,
    v_p: float,
    exchange: float,
    generation: float,
    clearance: float,
    dt: float,
) -> tuple[float, float, float]:
    """Backward Euler over `dt` s: new amounts in both pools and the net amount generated; conservative."""
    k_c, k_p = dt * exchange / v_c, dt * exchange / v_p
    a = 1.0 + k_c + dt * clearance / v_c
    d = 1.0 + k_p
    inflow = central + dt * generation
    det = a * d - k_c * k_p
    new_central = (inflow * d + k_p * peripheral) / det
    new_peripheral = (a * peripheral + k_c * inflow) / det
    moved = k_c * new_central - k_p * new_peripheral
    made = dt * (generation - clearance * new_central / v_c)
    return central - moved + made, peripheral + moved, made
