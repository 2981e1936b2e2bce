"""Binding, gases, acid and base, oncotic pressure, and what sensors make of the truth."""

from dataclasses import replace
from functools import cache, partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.channels import Channel
from qh1a.sim import acid, binding, oxygen
from qh1a.sim.fluid import oncotic
from qh1a.sim.sensors import SIGNALS, SensorBank, SensorFigures, SensorRow
from qh1a.sim.species import Species
from qh1a.sim.truth import Truth
from tests.sim.circuits import PARAMETERS
from tests.validation.check import Check

Floats = NDArray[np.float64]
UCB: Final = binding.binding_constants(PARAMETERS.binding)[Species.UCB]
ONE_CLASS: Final = np.array([*UCB[:2], 0.0, 0.0])
ACID: Final = acid.acid_constants(replace(PARAMETERS.acid_base, co2_solubility=30.7))
TICK: Final = 100_000_000  # ns
DRAWS: Final = 100_000


def _free(total: float, albumin: float, sites: Floats = UCB) -> float:
    """nmol/L."""
    return 1e3 * total * binding.free_fraction(total, albumin, sites)


def _ph(hco3: float, pco2: float) -> float:
    """At mmol/L and mmHg, through the strong ion difference and back."""
    at = acid.henderson_hasselbalch(ACID[acid.AcidConst.CO2_SOLUBILITY] * pco2, hco3 * 1e3, ACID)
    sid = acid.sid_for(pco2, at, 60.0, ACID)
    return acid.ph(sid, acid.equilibrium(pco2, sid, 60.0, ACID)[1], 60.0, ACID)


@cache
def _readings(seed: int, again: int = 0) -> bytes:
    """Of a pressure that stands still, noise 0.5 and grid 0.1 mmHg."""
    row = SensorRow(Channel.P_VEN, SIGNALS[Channel.P_VEN], SensorFigures(source="design", noise=0.5))
    sensors, truth, found = SensorBank([row], seed), np.full(len(Truth), 60.03), np.empty(DRAWS)
    for tick in range(DRAWS):
        sensors.step(truth, tick, tick * TICK)
        found[tick] = sensors.value[Channel.P_VEN]
    return found.tobytes()


def _deviation() -> float:
    return float(np.std(np.frombuffer(_readings(1))))


def _correlation() -> float:
    both = np.corrcoef(np.frombuffer(_readings(1)), np.frombuffer(_readings(2)))
    return float(both[0, 1])


def _changed() -> float:
    """Readings that differ between two runs of one seed."""
    return float((np.frombuffer(_readings(1)) != np.frombuffer(_readings(1, 1))).sum())


BOUND: Final = (
    (300.0, 30.0, 25.3834),
    (300.0, 20.0, 114.3555),
    (600.0, 30.0, 439.7518),
    (100.0, 30.0, 3.97524),
)
PROTEINS: Final = ((25.0, 6.3906), (50.0, 15.625), (60.0, 20.304), (70.0, 25.627))

CHECKS: Final = (
    *(
        Check("V27", f"free unconjugated bilirubin of {total:g} umol/L at albumin {albumin:g} g/L", "nmol/L",
              free, partial(_free, total, albumin), 1e-4)
        for total, albumin, free in BOUND
    ),
    Check("V27", "300 umol/L at 30 g/L, one class of sites", "nmol/L",
          28.3502, lambda: _free(300.0, 30.0, ONE_CLASS), 1e-4),
    Check("V28", "pH, HCO3 24 mmol/L, pCO2 40 mmHg", "1", 7.3910, lambda: _ph(24.0, 40.0), 7e-6),
    Check("V28", "pH, HCO3 24 mmol/L, pCO2 20 mmHg", "1", 7.6920, lambda: _ph(24.0, 20.0), 7e-6),
    Check("V28", "NH3 over all ammonia at pH 7.4", "1", 0.0223956,
          lambda: acid.ammonia_share(7.4, ACID), 3e-6),
    Check("V28", "oxygen saturation at 26.8 mmHg", "1", 0.498595, lambda: oxygen.saturation(26.8), 1e-6),
    *(
        Check("V29", f"oncotic pressure of {protein:g} g/L", "mmHg", mmhg, partial(oncotic, protein), 3e-5)
        for protein, mmhg in PROTEINS
    ),
    Check("V34", "standard deviation of 100,000 readings, noise 0.5, grid 0.1", "mmHg",
          0.500833, _deviation, 1e-2),
    Check("V34", "correlation of two seeds", "1", 0.0, _correlation, 0.01, relative=False),
    Check("V34", "readings that two runs of one seed differ in", "1", 0.0, _changed, 0.0, relative=False),
)  # fmt: skip
