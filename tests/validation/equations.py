"""The equations of the simulator, part by part, as docs/model.md shows them."""

from collections.abc import Mapping, Sequence
from typing import Final

from tests.validation import laws_body as body
from tests.validation import laws_circuit as circuit
from tests.validation.law import Law
from tests.validation.table import table

PARTS: Final[Mapping[str, Sequence[Law]]] = {
    "Hydraulics of the bioreactor": circuit.HYDRAULICS,
    "Transport in the bioreactor": circuit.TRANSPORT,
    "Cells": circuit.CELLS,
    "Binding": circuit.BINDING,
    "Separator and second filter": circuit.SEPARATOR,
    "Fouling, clotting, haemolysis": circuit.HARM,
    "Rheology": circuit.RHEOLOGY,
    "Pumps and network": circuit.NETWORK,
    "Delays": body.DELAYS,
    "Heat": body.HEAT,
    "Gas, acid and base": body.GAS,
    "The patient's fluid": body.FLUID,
    "Solutes": body.SOLUTES,
    "Coagulation": body.COAGULATION,
    "Haemodynamics": body.HAEMODYNAMICS,
    "Sensors and accounts": body.SENSORS,
}
MARKS: Final = ("found", "knowledge", "derived", "design", "calibrated")
PLUMBING: Final = frozenset({"layout"})
"""Modules with compiled functions and no physics of their own."""

_HEAD = """\
## Equations

What the code does, each with the function of `qh1a/sim` that computes it; a test holds that every function
exists and that no module with compiled physics is missing. Numbers are sections of the physics reference.
Marks as there: *found*, read in a public source, mostly an abstract; *knowledge*, recalled from the
literature with the confidence given, not read again; *derived*, algebra from the lines above it; *design*, a
choice that nobody has measured; *calibrated*, fitted to the circuit description. Inside: mL, s, mmHg, C,
concentrations in the unit of the species (umol/L, proteins g/L).
"""
_DIFFERS = """\
### Where the code differs from the reference

The reference proposes; this is what was built instead, or left out.
"""


LAWS: Final = tuple(law for part in PARTS.values() for law in part)


def _row(law: Law) -> Sequence[str]:
    functions = ", ".join(f"`{name}`" for name in law.where)
    return law.what, f"`{law.equation}`", law.symbols, f"{law.source} [{law.mark}]", functions


def section() -> str:
    """The page's section."""
    head = ("what", "equation", "units and symbols", "source [mark]", "computed by")
    parts = (f"### {name}\n\n{table(head, map(_row, part))}" for name, part in PARTS.items())
    differs = ((name, law.what, law.differs) for name, part in PARTS.items() for law in part if law.differs)
    return "\n".join((_HEAD, *parts, _DIFFERS, table(("part", "what", "how"), differs)))
