"""Which assumptions are moved, how far, and why so far."""

from dataclasses import dataclass
from typing import Final

UNSTATED: Final = "no range known: -/+30 %"
BAND: Final = (0.7, 1.3)


@dataclass(frozen=True, slots=True)
class Case:
    """An assumption between `low` and `high`: values of each key or, where `share`, shares of its value.

    None: that end is the shipped value, or does not differ from it to speak of.
    Keys are dotted: `circuit` as in the rig file, `patient` as in the patient file, `sensors` as in theirs.
    """

    name: str
    what: str
    unit: str
    keys: tuple[str, ...]
    low: float | None
    high: float | None
    why: str
    share: bool = False

    def ends(self) -> tuple[str, ...]:
        """The ends that are run."""
        return tuple(end for end, at in (("low", self.low), ("high", self.high)) if at is not None)


def _band(name: str, what: str, unit: str, *keys: str) -> Case:
    return Case(name, what, unit, keys, *BAND, UNSTATED, share=True)


MARKER_KEY: Final = "circuit.cells.clearance.conjugated_bilirubin"
MARKER: Final = 50.0
"""What the cells would clear of the marker, mL/min per 1e9 cells, in every run; shipped: 0."""

_PUMPS: Final = ("blood", "separation", "perfusion", "return_plasma")
_LOSSES: Final = (
    "blood_tubing_loss", "plasma_tubing_loss", "separator_loss", "reservoir_loss", "second_filter_loss",
    "bioreactor_loss",
)  # fmt: skip
_S1: Final = "circuit.separator"
_RX: Final = "circuit.bioreactor"
_LOSS: Final = "circuit.cells.loss"

CASES: Final = (
    Case("cell_radius", "S1: effective radius of a red cell", "um", (f"{_S1}.cell_radius",), 3.4, 4.31,
         "physics 1.2.1: 2.78 to 4.2; at 2.78 no TREAT; 4.31: ADR 0013"),
    _band("permeability", "S1: permeability of the clean membrane", "mL/min/mmHg", f"{_S1}.permeability"),
    _band("fouling_protein", "S1: protein filtered for 63 % of the fouling", "g", f"{_S1}.fouling_protein"),
    Case("clotting", "S1: fibres that clot at ACT 180 s", "1/h", (f"{_S1}.clotting.rate",), 0.0, 0.02,
         "physics 1.2.3: 0.02, low confidence; 0: none"),
    Case("wear", "stroke lost by a worn pump tube, all pumps", "1",
         tuple(f"circuit.pumps.{p}.wear" for p in _PUMPS), None, 0.10, "physics 1.3.1: 0.03 to 0.10"),
    Case("back_leak", "resistance of a pump's occlusion, all pumps", "mmHg.s/mL",
         tuple(f"circuit.pumps.{p}.back_leak" for p in _PUMPS), 2e3, None,
         "physics 1.3.1: 1e3 to 1e5; above the shipped 5e4 hardly any leaks, and with 1e3 in all four the"
         " balance moves too fast for H17.3 while the flows rise"),
    _band("restrictor", "restrictor behind the bioreactor", "mmHg per mL/min", "circuit.lines.restrictor"),
    _band("second_filter", "F2: most fouling, over the clean resistance", "1",
          "circuit.second_filter.fouling_max"),
    Case("wall_permeability", "bioreactor: permeability of the fibres", "m/s/Pa", (f"{_RX}.permeability",),
         1e-11, 5e-9, "physics 1.1.1"),
    Case("pore_diffusion", "bioreactor: diffusion in the wall over that in plasma", "1",
         (f"{_RX}.pore_diffusion",), 0.2, 0.5, "physics 1.1.2"),
    _band("cells", "cells", "1", "circuit.cells.count"),
    Case("oxygen_uptake", "oxygen uptake of a cell", "fmol/h", ("circuit.cells.oxygen_uptake",), 20.0, 250.0,
         "physics 1.1.4"),
    _band("basal_death", "cells that die without a cause", "1/h", f"{_LOSS}.basal"),
    Case("hypoxia_death", "death without oxygen and glucose", "1/h", (f"{_LOSS}.hypoxia",), 0.02, 0.5,
         "physics 1.1.5"),
    Case("complement", "death by complement", "1/h", (f"{_LOSS}.complement",), None, 0.3, "physics 1.1.5"),
    Case("bile_acid_binding", "affinity of bile acids to albumin", "L/mol",
         ("circuit.binding.bile_acids.k1",), 3e3, 1e5, "physics 1.1.7"),
    Case("bilirubin_binding", "affinity of conjugated bilirubin to albumin", "L/mol",
         ("circuit.binding.conjugated_bilirubin.k1",), 1e5, 1e6, "physics 1.1.7"),
    Case("marker", "hypothetical clearance of the marker by the cells", "mL/min per 1e9 cells",
         (MARKER_KEY,), 25.0, 100.0, "chosen here: half and double"),
    _band("heat_loss", "heat losses to the room, all but warmer to bioreactor", "times the file's",
          *(f"circuit.thermal.{k}" for k in _LOSSES)),
    Case("scale", "scale of the reservoir: bound of its drift", "g/h", ("sensors.sensor.W_r.drift_per_h",),
         None, 2.0, "ten times the file's"),
    Case("peripheral", "patient: second pool of conjugated bilirubin", "L",
         ("patient.conjugated_bilirubin.peripheral",), 2.57, 10.17, "physics 1.5.2: 9.1 +/- 3.8 L in all"),
    Case("transfer", "patient: transfer between the pools of bilirubin", "mL/min",
         ("patient.conjugated_bilirubin.exchange",), 30.0, 211.0, "physics 1.5.2: 103 +/- 108, 30 at least"),
    Case("filtration", "patient: filtration of the capillaries", "mL/min/mmHg", ("patient.fluid.filtration",),
         4.0, 6.0, "physics 1.5.1"),
)  # fmt: skip
