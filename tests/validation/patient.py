"""The patient's pools against closed forms, and the books of the whole circuit with a patient."""

from dataclasses import replace
from functools import cache, partial
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim.person import Solute, plasma_volume
from qh1a.sim.pools import Pool, solute_row
from qh1a.sim.truth import Truth
from tests.sim.circuits import PARAMETERS, PATIENT, W, bench
from tests.sim.kinetics import row, run
from tests.validation.check import Check

Floats = NDArray[np.float64]
HEPARIN: Final = np.array(solute_row(Solute(start=0.0, central=4.76, clearance=28.0)))
"""68 mL/kg of 70 kg, 28 mL/min."""
BOLUS: Final = 50.0 * 70.0 * 1e3 / HEPARIN[Pool.CENTRAL]  # IU/L
INFUSED: Final = HEPARIN + np.eye(len(Pool))[Pool.GENERATION] * 1000.0 * 1e3 / 3600.0  # 1000 IU/h
PLASMA: Final = plasma_volume(PATIENT)


def _without_step(k: Floats, start: float, duration: float, steps: int = 20_000) -> float:
    """Central concentration, extrapolated from two steps to none."""
    return 2.0 * run(k, start, duration, 2 * steps)[0] - run(k, start, duration, steps)[0]


def _one_pool() -> float:
    return _without_step(row(10.0, generation=0.3, clearance=0.05), 200.0, 360.0)


def exchanged(volumes: float) -> float:
    """Share removed by an exchange of so many plasma volumes."""
    return 1.0 - _without_step(row(PLASMA, clearance=1.0), 300.0, volumes * PLASMA) / 300.0


def ammonia(generation: float, clearance: float) -> float:
    """Steady concentration in umol/L; umol/min and mL/min."""
    k = np.array(solute_row(replace(PATIENT.ammonia, generation=generation, clearance=clearance)))
    return run(k, 60.0, 1e6, 10_000)[0]


@cache
def _books() -> dict[Truth, float]:
    """Largest imbalance in 8 h of treatment at 130/30/100 mL/min and 37.5 C, as a share of what there is."""
    it = bench(parameters=PARAMETERS, patient=PATIENT)
    it.actuators[:4], it.actuators[W] = [130.0, 30.0, 100.0, 30.0], 37.5
    it.actuators[6:9] = [20.0, 75.0, 5.0]
    blood = it[Truth.BLOOD_VOLUME_ML]
    scales = {
        Truth.VOLUME_LEDGER_ML: blood, Truth.SOLUTE_LEDGER: 1.0, Truth.OXYGEN_LEDGER: 1.0,
        Truth.CARBON_LEDGER: 1.0, Truth.HEAT_LEDGER: 1.0,
    }  # fmt: skip
    worst = dict.fromkeys(scales, 0.0)
    for _ in range(8 * 60):
        it.run(60.0)
        for ledger, scale in scales.items():
            worst[ledger] = max(worst[ledger], abs(it[ledger]) / scale)
    return worst


def _book(ledger: Truth) -> float:
    return _books()[ledger]


EXCHANGES: Final = ((0.5, 0.393469), (1.0, 0.632121), (1.5, 0.776870), (2.0, 0.864665))
BOOKS: Final = (
    ("V18", "volume", Truth.VOLUME_LEDGER_ML), ("V21", "the worst of all solutes", Truth.SOLUTE_LEDGER),
    ("V21", "oxygen", Truth.OXYGEN_LEDGER), ("V21", "carbon dioxide", Truth.CARBON_LEDGER),
    ("V21", "heat", Truth.HEAT_LEDGER),
)  # fmt: skip

CHECKS: Final = (
    *(
        Check(v, f"8 h of treatment, imbalance: {name}", "1", 0.0,
              partial(_book, ledger), 1e-9, relative=False)
        for v, name, ledger in BOOKS
    ),
    Check("V23", "one pool: V 10, K 0.05, G 0.3, 200 at the start; after 360", "1", 38.0680, _one_pool, 2e-6),
    *(
        Check("V26", f"plasma exchange of {volumes:g} volumes: removed", "1", left,
              partial(exchanged, volumes), 2e-6)
        for volumes, left in EXCHANGES
    ),
    Check("V30", "heparin, 50 IU/kg, 70 kg, 4.76 L", "IU/mL", 0.735294, lambda: BOLUS / 1e3, 1e-6),
    Check("V30", "60 min later, 28 mL/min", "IU/mL", 0.516631,
          lambda: _without_step(HEPARIN, BOLUS, 3600.0) / 1e3, 1e-6),
    Check("V30", "1000 IU/h, steady", "IU/mL", 0.595238, lambda: run(INFUSED, 0.0, 4e5, 4000)[0] / 1e3, 1e-6),
    Check("V30", "half-life", "min", 117.835,
          lambda: log(2.0) * HEPARIN[Pool.CENTRAL] / HEPARIN[Pool.CLEARANCE] / 60.0, 4e-6),
    Check("V31", "ammonia, 49 umol/min, 3.5 L/min, steady", "umol/L", 14.0,
          lambda: ammonia(49.0, 3500.0), 1e-6),
    Check("V31", "100 umol/min, 0.8 and 0.05 L/min, steady", "umol/L", 117.647,
          lambda: ammonia(100.0, 850.0), 5e-6),
)  # fmt: skip
