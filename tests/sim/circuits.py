"""Circuits to experiment on: shipped parameters, a bench that holds flows."""

import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from qh1a.sim.circuit import DT_S, Circuit
from qh1a.sim.disturbance import NEUTRAL, Disturbance
from qh1a.sim.layout import N_ACTUATORS
from qh1a.sim.parameters import CircuitParameters
from qh1a.sim.person import Person
from qh1a.sim.truth import Truth

CONFIGS = Path(__file__).parents[2] / "configs"
BP, PP, CP, RP, HP, W = range(6)
AC, VC, PC, SC, SR, WC, RC, BV = range(9, 17)
TREAT = (AC, VC, PC, RC, BV)


def table(path: str) -> dict[str, object]:
    """A shipped TOML file."""
    with (CONFIGS / path).open("rb") as file:
        return tomllib.load(file)


PARAMETERS = TypeAdapter(CircuitParameters).validate_python(table("rigs/sim.toml")["circuit"])
SMOOTH = replace(
    PARAMETERS,
    pumps=replace(
        PARAMETERS.pumps,
        **{
            name: replace(getattr(PARAMETERS.pumps, name), ripple_1=0.0, ripple_2=0.0)
            for name in ("blood", "separation", "perfusion", "return_plasma")
        },
    ),
)
"""The shipped circuit with pumps that do not pulse, so that one reading says what flows."""
PATIENT = TypeAdapter(Person).validate_python(table("patients/aclf-typical.toml"))
DRY = replace(PATIENT, fluid=replace(PATIENT.fluid, filtration=0.0))
"""The default patient, whose tissue gives and takes no water: the circuit alone moves his blood."""


@dataclass(slots=True)
class Bench:
    """A circuit with its actuators and faults at hand."""

    circuit: Circuit
    actuators: list[float] = field(default_factory=lambda: [0.0] * N_ACTUATORS)
    disturbance: NDArray[np.float64] = field(default_factory=lambda: np.array(NEUTRAL))

    def __getitem__(self, signal: Truth) -> float:
        return float(self.circuit.truth[signal])

    def open(self, *clamps: int) -> None:
        """Open these clamps, close all others."""
        for clamp in range(AC, BV + 1):
            self.actuators[clamp] = float(clamp in clamps)

    def fault(self, disturbance: Disturbance, value: float) -> None:
        self.disturbance[disturbance] = value

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / DT_S)):
            self.circuit.step(self.actuators, self.disturbance)

    def hold(self, seconds: float, blood: float, plasma: float, perfusion: float) -> None:
        """Run with the pumps trimmed every 5 s to these true flows, return equal to plasma."""
        targets = ((BP, Truth.Q_B, blood), (PP, Truth.Q_P, plasma), (CP, Truth.Q_C, perfusion))
        for pump, _, flow in targets:
            self.actuators[pump] = flow
        self.actuators[RP] = plasma
        for _ in range(round(seconds / 5.0)):
            self.run(5.0)
            for pump, signal, flow in (*targets, (RP, Truth.Q_R, plasma)):
                self.actuators[pump] += 0.5 * (flow - self[signal])


def bench(
    *,
    parameters: CircuitParameters = SMOOTH,
    patient: Person = DRY,
    primed: bool = True,
    connected: bool = True,
) -> Bench:
    """A circuit whose clamps are set as in TREAT."""
    it = Bench(Circuit(parameters, patient, primed=primed))
    it.circuit.connect(access=connected, venous=connected)
    it.open(*TREAT)
    return it


def treating(seconds: float = 600.0) -> Bench:
    """A circuit that has treated for a while at 130/30/100 mL/min and 37.5 C."""
    it = bench()
    it.actuators[W] = 37.5
    it.hold(seconds, 130.0, 30.0, 100.0)
    return it
