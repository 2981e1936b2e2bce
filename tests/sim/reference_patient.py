"""The patient's pools as an ordinary differential equation, part of `reference_rhs`."""

import numpy as np
from numpy.typing import NDArray

from qh1a.sim.person import Person, Solute
from qh1a.sim.species import N_SPECIES, Species

Floats = NDArray[np.float64]
S = Species


def _solutes(person: Person) -> dict[Species, Solute]:
    return {
        S.CB: person.conjugated_bilirubin,
        S.UCB: person.unconjugated_bilirubin,
        S.BILE_ACIDS: person.bile_acids,
        S.UREA: person.urea,
        S.CREATININE: person.creatinine,
        S.AMMONIA: person.ammonia,
        S.GLUCOSE: person.glucose,
        S.LACTATE: person.lactate,
        S.IL6: person.interleukin_6,
        S.TNF: person.tumour_necrosis_factor,
        S.HGF: person.hepatocyte_growth_factor,
        S.PGE2: person.prostaglandin_e2,
        S.EV: person.vesicles,
        S.HEPARIN: person.heparin,
        S.CITRATE: person.citrate,
        S.DEBRIS: person.debris,
        S.FHB: person.free_haemoglobin,
    }


class Patient:
    """Pools as rows over species: mL, mL/s, amount/s; concentrations in the unit of the species."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.blood = person.weight * person.blood_per_kg
        self.plasma = self.blood * (1.0 - person.hct)
        self.central = np.full(N_SPECIES, self.plasma)
        self.outside = np.ones(N_SPECIES)
        self.half = np.ones(N_SPECIES)
        self.exchange, self.made, self.clearance, self.maximum = np.zeros((4, N_SPECIES))
        for k, s in _solutes(person).items():
            self.central[k], self.outside[k] = s.central * 1e3, s.peripheral * 1e3 or 1.0
            self.exchange[k], self.clearance[k] = s.exchange / 60.0, s.clearance / 60.0
            self.maximum[k], self.half[k] = s.maximum * 1e3 / 60.0, s.half
            eliminated = s.clearance * s.start + s.maximum * 1e3 * s.start / (s.half + s.start)
            self.made[k] = (eliminated if s.generation is None else s.generation * 1e3) / 60.0
        self.outside[[S.ALBUMIN, S.GLOBULIN]] = person.protein_interstitial * self.plasma
        self.exchange[[S.ALBUMIN, S.GLOBULIN]] = person.protein_escape * self.plasma / 3600.0
        for row in (self.central, self.outside, self.exchange):
            row[S.SID] = row[S.LACTATE]

    def spread(self, rbc: float) -> Floats:
        """Central volumes in mL when `rbc` mL of red cells are left in a constant blood volume."""
        gained = self.blood - rbc - self.plasma
        return np.maximum(self.central + gained, 0.05 * self.central)

    def change(self, m: Floats, p: Floats) -> tuple[Floats, Floats]:
        """Amount/s that body and tissue add to the blood's amounts `m` and the tissue's `p`."""
        c = m / self.spread(m[S.RBC])
        net = self.made - self.clearance * c - self.maximum * c / (self.half + c)
        net[S.SID] -= net[S.LACTATE]
        out = self.exchange * (c - p / self.outside)
        return net - out, out
