"""The state a circuit starts from."""

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import (
    acid,
    coagulation,
    fifo,
    fluid,
    haemodynamics,
    harm,
    layout,
    ledger,
    network,
    oxygen,
    oxygenator,
    pools,
    reactor,
    separator,
    slow,
)
from qh1a.sim.constants import line_volumes
from qh1a.sim.graph import N_TANKS, NODE_TANK, Line, Tank
from qh1a.sim.layout import C, S
from qh1a.sim.parameters import CircuitParameters
from qh1a.sim.person import Person
from qh1a.sim.separator import SeparatorState
from qh1a.sim.species import N_SPECIES, Species


def state_size(c: NDArray[np.float64]) -> int:
    """Length of the state: the lines' parcels come last."""
    return layout.PARCELS + int(c[layout.LINE_FIRST + len(Line)]) * (1 + N_SPECIES)


def prime(p: CircuitParameters, albumin: float, temperature: float) -> NDArray[np.float64]:
    """Concentrations in the prime; without albumin it is what the saline bag holds."""
    conc, k = np.zeros(N_SPECIES), acid.acid_constants(p.acid_base)
    sid = acid.sid_for(p.prime.pco2, p.prime.ph, albumin, k)
    co2, hco3 = acid.equilibrium(p.prime.pco2, sid, albumin, k)
    conc[[Species.ALBUMIN, Species.GLUCOSE]] = albumin, p.prime.glucose * 1e3
    conc[[Species.SID, Species.CO2, Species.HCO3]] = sid, co2, hco3
    conc[Species.O2] = p.oxygen.solubility * p.prime.po2
    conc[Species.HEAT] = temperature
    return conc


def _fill_patient(
    state: NDArray[np.float64], c: NDArray[np.float64], p: CircuitParameters, person: Person
) -> None:
    """Blood and tissue of the patient."""
    m = state[layout.MASS + Tank.PATIENT * N_SPECIES : layout.MASS + (Tank.PATIENT + 1) * N_SPECIES]
    rows = pools.pool_constants(person)
    m[:] = rows[:, pools.Pool.CENTRAL] * rows[:, pools.Pool.START]
    state[layout.PERIPHERAL : layout.MADE] = (
        rows[:, pools.Pool.PERIPHERAL] * rows[:, pools.Pool.START_PERIPHERAL]
    )
    k, protein = acid.acid_constants(p.acid_base), person.albumin + person.globulin
    gas = person.blood_gas
    sid = acid.sid_for(gas.pco2, gas.ph, protein, k)
    co2, hco3 = acid.equilibrium(gas.pco2, sid, protein, k)
    m[Species.SID] = sid * rows[Species.SID, pools.Pool.CENTRAL]
    state[layout.PERIPHERAL + Species.SID] = sid * rows[Species.SID, pools.Pool.PERIPHERAL]
    m[[Species.CO2, Species.HCO3]] = co2 * c[C.PLASMA_0], hco3 * c[C.PLASMA_0]
    m[Species.O2] = (
        oxygen.content(gas.po2_venous, person.hct, oxygen.oxygen_constants(p.oxygen)) * c[C.BLOOD_0]
    )
    state[layout.VESSELS : layout.TISSUE] = haemodynamics.haemo_state(c[layout.HAEMO : layout.RX_HYDRAULICS])
    state[layout.TISSUE : layout.VOL] = fluid.fluid_state(c[layout.FLUID : layout.COAGULATION])
    state[layout.VOL + Tank.PATIENT] = c[C.BLOOD_0]
    state[layout.VOL + Tank.INTERSTITIUM] = person.fluid.interstitial * 1e3
    state[layout.HARM : layout.PRESSURE] = harm.harm_state(
        c[C.CORE], *(m[k] + state[layout.PERIPHERAL + k] for k in (Species.FHB, Species.DEBRIS))
    )
    state[S.ACT] = coagulation.act(c[layout.COAGULATION : layout.HAEMO], person.heparin.start)


def _fill_lines(
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    volumes: NDArray[np.float64],
    conc: NDArray[np.float64],
) -> None:
    """Every line full of the same fluid, in full parcels and one smaller one."""
    parcels = layout.parcels(state)
    for line in Line:
        first, size = int(c[layout.LINE_FIRST + line]), c[layout.LINE_SIZE + line]
        full = int(volumes[line] / size)
        rest = volumes[line] - full * size
        sizes = [size] * full + ([rest] if rest > 0.0 else [])
        for i, volume in enumerate(sizes):
            parcels[first + i, 0] = volume
            parcels[first + i, 1:] = volume * conc
        state[layout.RINGS + 2 * line + fifo.FIRST] = 0.0
        state[layout.RINGS + 2 * line + fifo.COUNT] = len(sizes)


def fill(
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    p: CircuitParameters,
    person: Person,
    *,
    primed: bool,
) -> None:
    """Set the state of the start: `primed` or holding prime at room temperature, with RES empty."""
    vol = state[layout.VOL : layout.MOVED]
    mass = state[layout.MASS : layout.PERIPHERAL].reshape(N_TANKS, N_SPECIES)
    conc = prime(p, p.prime.albumin, p.thermal.prime if primed else p.thermal.ambient)
    _fill_patient(state, c, p, person)
    vol[Tank.SALINE] = p.bags.saline / layout.SALINE_G_PER_ML
    vol[Tank.WASTE] = p.bags.waste_primed / layout.SALINE_G_PER_ML if primed else 0.0
    vol[Tank.RES] = p.reservoir.start / layout.PLASMA_G_PER_ML if primed else 0.0
    vol[Tank.SYRINGE] = c[C.SYRINGE]
    vol[NODE_TANK:] = c[layout.REST : layout.COMPLIANCE]
    for tank in (Tank.RES, *range(NODE_TANK, N_TANKS)):
        mass[tank] = conc * vol[tank]
    mass[Tank.SALINE] = prime(p, 0.0, p.thermal.ambient) * vol[Tank.SALINE]
    mass[[Tank.WASTE, Tank.SYRINGE], Species.HEAT] = p.thermal.ambient * vol[[Tank.WASTE, Tank.SYRINGE]]
    mass[Tank.SYRINGE, Species.HEPARIN] = p.pumps.heparin_syringe.strength * 1e3 * vol[Tank.SYRINGE]
    _fill_lines(state, c, line_volumes(p), conc)
    state[layout.HELD : layout.MASS] = vol
    reactor.fill(state, c, p, conc)
    state[layout.OX_GAS : layout.VESSELS] = oxygenator.room_air()
    state[layout.S1 + SeparatorState.OPEN] = 1.0
    state[[S.PLATE, S.T_OUT]] = conc[Species.HEAT]
    state[S.AMBIENT] = p.thermal.ambient
    state[S.BATTERY] = c[C.BATTERY_MIN]
    state[S.AIR] = p.chamber.volume - p.chamber.blood
    state[S.Q_LIMIT] = separator.limit(c[layout.TABLE : layout.REST], 0.0, 0.0, 0.0)
    # Unpowered clamps: all closed but the recirculation (circuit description, 5); BV at bypass.
    state[layout.POSITION + network.RC] = 1.0
    slow.refresh(state, c)
    reactor.metabolise(state, c)
    ledger.open_books(state, c)
