"""What changes slowly, advanced once a second: viscosities, deposits, clots, binding, patient, cells."""

from math import exp, inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import (
    binding,
    clotting,
    coagulation,
    fluid,
    haemodynamics,
    harm,
    layout,
    ledger,
    network,
    pools,
    reactor,
    rheology,
    separator,
    transport,
)
from qh1a.sim.bioreactor import N_CELLS, Zone
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.fluid import FluidConst, FluidState
from qh1a.sim.graph import NODE_TANK, Flow, Line, Node, Tank
from qh1a.sim.jit import compiled
from qh1a.sim.layout import LINE_BORE_UM, C, S, Source
from qh1a.sim.separator import SeparatorState
from qh1a.sim.species import N_SPECIES, Species

_PRE: Final = NODE_TANK + Node.PRE
_FILTER: Final = NODE_TANK + Node.LUMEN
_TEE: Final = NODE_TANK + Node.TEE
_END: Final = 1e9  # mL: the end of a line, however long


@compiled
def in_tank(state: NDArray[np.float64], tank: int) -> tuple[float, float, float]:
    """Hct, protein in its plasma (g/L) and temperature (C) of a tank."""
    m, volume = layout.MASS + tank * N_SPECIES, state[layout.VOL + tank]
    rbc = state[m + Species.RBC]
    protein = state[m + Species.ALBUMIN] + state[m + Species.GLOBULIN]
    return rbc / volume, protein / (volume - rbc), state[m + Species.HEAT] / volume


@compiled
def _in_line(state: NDArray[np.float64], c: NDArray[np.float64], line: int, bore_um: float) -> float:
    """Viscosity in Pa.s of what is in a line."""
    parcels = layout.parcels(state)
    volume = rbc = protein = heat = 0.0
    for row in range(int(c[layout.LINE_FIRST + line]), int(c[layout.LINE_FIRST + line + 1])):
        volume += parcels[row, 0]
        rbc += parcels[row, 1 + Species.RBC]
        protein += parcels[row, 1 + Species.ALBUMIN] + parcels[row, 1 + Species.GLOBULIN]
        heat += parcels[row, 1 + Species.HEAT]
    mu = rheology.plasma_viscosity(protein / (volume - rbc), heat / volume)
    return mu * rheology.relative_viscosity(rbc / volume, bore_um)


@compiled
def _in_lumen(state: NDArray[np.float64]) -> float:
    """Viscosity in Pa.s of what is in the bioreactor's lumen."""
    zones = reactor.zones(state)
    protein = heat = 0.0
    for i in range(N_CELLS):
        protein += zones[Zone.LUMEN, i, Species.ALBUMIN] + zones[Zone.LUMEN, i, Species.GLOBULIN]
        heat += zones[Zone.LUMEN, i, Species.HEAT]
    return rheology.plasma_viscosity(protein / N_CELLS, heat / N_CELLS)


@compiled
def viscosities(state: NDArray[np.float64], c: NDArray[np.float64]) -> None:
    """Refresh each branch's viscosity over that of the fluid its resistance is given for."""
    v = state[layout.VISCOSITY : layout.RPM]
    blood, plasma = c[C.MU_BLOOD] * c[C.BLOOD_TUBE_REF], c[C.MU_PLASMA]
    v[Flow.ACCESS] = _in_line(state, c, Line.ACCESS, LINE_BORE_UM) / blood
    v[Flow.RETURN] = _in_line(state, c, Line.RETURN, LINE_BORE_UM) / blood
    v[Flow.S1_IN] = _in_line(state, c, Line.FILTER_IN, c[C.FIBRE_UM]) / c[C.MU_BLOOD]
    v[Flow.S1_OUT] = _in_line(state, c, Line.FILTER_OUT, c[C.FIBRE_UM]) / c[C.MU_BLOOD]
    v[Flow.RX] = _in_line(state, c, Line.BUNDLE, LINE_BORE_UM) / plasma
    v[Flow.RX_LUMEN] = _in_lumen(state) / plasma
    hct, protein, temperature = in_tank(state, _TEE)
    mu = rheology.plasma_viscosity(protein, temperature)
    v[Flow.RC] = mu * rheology.relative_viscosity(hct, LINE_BORE_UM) / plasma
    v[Flow.F2] = _in_line(state, c, Line.F2_INLET, LINE_BORE_UM) / plasma
    v[Flow.PLASMA_RETURN] = _in_line(state, c, Line.PLASMA_RETURN, LINE_BORE_UM) / plasma
    _, protein, temperature = in_tank(state, _FILTER)
    v[Flow.MEMBRANE] = rheology.plasma_viscosity(protein, temperature) / plasma


@compiled
def _separator(state: NDArray[np.float64], c: NDArray[np.float64], d: NDArray[np.float64], dt: float) -> None:
    """Deposits, clots and burst cells in the separator and the blood pump; what the membrane lets through."""
    k, s = c[layout.SEPARATOR : layout.TABLE], state[layout.S1 : layout.OX_GAS]
    p = state[layout.PRESSURE : layout.FLOW]
    # Means of the step: a deposit must not grow from the peaks of a pulsing flow.
    q_f, q_b = state[S.FILTERED] / dt, state[S.PUMPED] / dt
    state[S.FILTERED] = state[S.PUMPED] = 0.0
    _, protein, _ = in_tank(state, _FILTER)
    parcels = layout.parcels(state)
    row = layout.row_of(state, c, Line.FILTER_OUT, 0.0)
    leaving = parcels[row, 1 + Species.RBC] / parcels[row, 0]
    factor = d[Disturbance.CLOTTING_FACTOR]
    clotting.advance(k, s, q_b, q_f, state[S.Q_LIMIT], protein, leaving, state[S.ACT], factor, dt)
    fouling, cake = s[SeparatorState.FOULING], s[SeparatorState.CAKE]
    free, sieving = state[layout.FREE : layout.ZONES], state[layout.SIEVING : layout.FREE]
    separator.sieving(k, fouling, cake, free, d[Disturbance.S1_LEAK], sieving)
    share, shear = s[SeparatorState.OPEN], separator.wall_shear(k, s, q_b)
    cells = state[layout.MASS + _FILTER * N_SPECIES + Species.RBC]
    haem, gone = clotting.burst_at_membrane(k, share, p[Node.PRE] - p[Node.FIL], shear, cells, dt)
    _burst(state, _FILTER, haem, gone)
    hct = state[layout.MASS + _PRE * N_SPECIES + Species.RBC] / state[layout.VOL + _PRE]
    haem, gone = clotting.burst_in_pump(k, q_b, hct, d[Disturbance.BP_SQUEEZE_FACTOR], dt)
    _burst(state, _PRE, haem, gone)


@compiled
def _burst(state: NDArray[np.float64], tank: int, haem: float, gone: float) -> None:
    """Turn red cells of a tank into free haemoglobin; their volume joins the plasma."""
    made = layout.MADE + Source.REACTION * N_SPECIES
    for species, amount in ((Species.RBC, -gone), (Species.FHB, haem)):
        state[layout.MASS + tank * N_SPECIES + species] += amount
        state[made + species] += amount


@compiled
def _bind(state: NDArray[np.float64], c: NDArray[np.float64]) -> None:
    """Free shares of the toxins bound to albumin, in the plasma of the separator."""
    m, sites = layout.MASS + _FILTER * N_SPECIES, c[layout.SITES : layout.FLUID].reshape(N_SPECIES, 4)
    plasma = state[layout.VOL + _FILTER] - state[m + Species.RBC]
    for i in range(3):
        total = state[m + Species.CB + i] / plasma
        albumin = state[m + Species.ALBUMIN] / plasma
        state[layout.FREE + i] = binding.free_fraction(total, albumin, sites[Species.CB + i])


@compiled
def _second_filter(state: NDArray[np.float64], c: NDArray[np.float64], dt: float) -> None:
    """It fouls with the plasma that passes and with the debris it keeps back."""
    passed = max(0.0, state[layout.FLOW + Flow.F2]) * dt / c[C.F2_FOULING_ML]
    kept = state[layout.MASS + Tank.RETAINED * N_SPECIES + Species.DEBRIS]
    passed += max(0.0, kept - state[S.F2_DEBRIS]) / c[C.F2_DEBRIS]
    state[S.F2_DEBRIS] = kept
    state[S.F2_FOULING] += (c[C.F2_FOULING_MAX] - state[S.F2_FOULING]) * (1.0 - exp(-passed))


@compiled
def metabolise(state: NDArray[np.float64], c: NDArray[np.float64], dt: float) -> None:
    """What the patient's body makes, clears and spreads. Not slow: it goes with transport, step by step."""
    m = state[layout.MASS : layout.MASS + N_SPECIES]
    p = state[layout.PERIPHERAL : layout.MADE]
    k = c[layout.POOLS : layout.SECOND_FILTER].reshape(N_SPECIES, pools.N_COLUMNS)
    made = layout.MADE + Source.BODY * N_SPECIES
    excess = transport.plasma_excess(state, c)
    pools.metabolise(m, p, k, excess, dt, state[made : made + N_SPECIES])


@compiled
def _patient(state: NDArray[np.float64], c: NDArray[np.float64], d: NDArray[np.float64], dt: float) -> None:
    """Water, vessels and clotting of the patient."""
    m = state[layout.MASS : layout.MASS + N_SPECIES]
    p = state[layout.PERIPHERAL : layout.MADE]
    volume = state[layout.VOL + Tank.PATIENT]
    excess = transport.plasma_excess(state, c)
    pressure = network.cvp(state, c)
    tissue = state[layout.TISSUE : layout.VOL]
    tissue[FluidState.INTERSTITIAL] = state[layout.VOL + Tank.INTERSTITIUM]
    intake = c[layout.FLUID + FluidConst.INTAKE] * dt
    water = fluid.exchange(tissue, c[layout.FLUID : layout.COAGULATION], volume, m, p, pressure, dt)
    # 0.9 % saline has no strong ion difference and nothing else that is followed: it is water.
    state[layout.FLOW + Flow.INTAKE] = intake / dt + d[Disturbance.SALINE_ML_MIN] / 60.0
    state[layout.FLOW + Flow.CAPILLARY] = (water - intake) / dt
    vessels, laws = state[layout.VESSELS : layout.TISSUE], c[layout.HAEMO : layout.RX_HYDRAULICS]
    plasma = pools.central_volume(c[layout.CENTRAL + Species.IL6], excess)
    core, lost = c[C.CORE] + d[Disturbance.T_CORE_OFFSET_K], d[Disturbance.TONE_LOST]
    il6, filling = m[Species.IL6] / plasma, network.stressed(state)
    haemodynamics.advance(vessels, laws, filling, il6, core, lost, dt)
    plasma = pools.central_volume(c[layout.CENTRAL + Species.HEPARIN], excess)
    state[S.ACT] = coagulation.act(c[layout.COAGULATION : layout.HAEMO], m[Species.HEPARIN] / plasma)


@compiled
def _battery(state: NDArray[np.float64], c: NDArray[np.float64], d: NDArray[np.float64], dt: float) -> None:
    """The battery empties without mains and is full with it."""
    if d[Disturbance.MAINS_LOST] > 0.5:
        state[S.BATTERY] = max(0.0, state[S.BATTERY] - dt / 60.0)
    else:
        state[S.BATTERY] = c[C.BATTERY_MIN]


@compiled
def _had(state: NDArray[np.float64], species: int) -> float:
    """What the patient has of a species, but for what the body itself has made of it."""
    central, outside = state[layout.MASS + species], state[layout.PERIPHERAL + species]
    return central + outside - state[layout.MADE + Source.BODY * N_SPECIES + species]


@compiled
def _harm(state: NDArray[np.float64], c: NDArray[np.float64], dt: float) -> None:
    """The harm ledger."""
    s, k = state[layout.HARM : layout.PRESSURE], c[layout.HARM_LIMITS : layout.DRIVES]
    parcel = layout.parcels(state)[layout.row_of(state, c, Line.RETURN, _END)]
    harm.watch_patient(
        s,
        k,
        state[S.AIR_PATIENT],
        state[S.NET],
        bool(state[layout.FLOW + Flow.RETURN_PATIENT] > k[harm.HarmConst.STANDSTILL]),
        parcel[1 + Species.HEAT] / parcel[0],
        state[S.ACT],
        dt,
    )
    zones = reactor.zones(state)
    oxygen, warm = inf, 0.0
    for i in range(N_CELLS):
        oxygen = min(oxygen, zones[Zone.WALL, i, Species.O2])
        warm = max(warm, zones[Zone.WALL, i, Species.HEAT])
    harm.watch_cells(s, k, oxygen, warm, state[layout.FLOW + Flow.RX_LUMEN], dt)
    harm.watch_returned(s, _had(state, Species.FHB), _had(state, Species.DEBRIS))


@compiled
def refresh(state: NDArray[np.float64], c: NDArray[np.float64]) -> None:
    """What follows from the state alone."""
    viscosities(state, c)
    _bind(state, c)
    reactor.refresh(state, c, _in_lumen(state))


@compiled
def advance(state: NDArray[np.float64], c: NDArray[np.float64], d: NDArray[np.float64], dt: float) -> None:
    """Advance all that is slow by `dt` s."""
    refresh(state, c)
    _separator(state, c, d, dt)
    _second_filter(state, c, dt)
    reactor.age(state, c, dt)
    reactor.shed(state, c, d, dt)
    _patient(state, c, d, dt)
    _battery(state, c, d, dt)
    _harm(state, c, dt)
    ledger.audit(state, c)
