"""From the state of the circuit to its truth vector."""

from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import (
    acid,
    coagulation,
    haemodynamics,
    layout,
    ledger,
    network,
    oxygenator,
    pools,
    reactor,
    transport,
)
from qh1a.sim.acid import AcidConst
from qh1a.sim.bioreactor import N_CELLS, Zone
from qh1a.sim.cells import Adherent
from qh1a.sim.graph import NODE_TANK, Flow, Line, Node, Tank
from qh1a.sim.harm import HarmState
from qh1a.sim.jit import compiled
from qh1a.sim.layout import ATMOSPHERE, PLASMA_G_PER_ML, SALINE_G_PER_ML, C, S, Source
from qh1a.sim.oxygen import OxygenConst
from qh1a.sim.oxygenator import GasState
from qh1a.sim.pools import Pool
from qh1a.sim.separator import SeparatorState
from qh1a.sim.species import N_SPECIES, Species
from qh1a.sim.truth import Truth

_FIL: Final = NODE_TANK + Node.FIL
_TEE: Final = NODE_TANK + Node.TEE
_BLD_HCT: Final = 0.32
"""Blood leaks are given as blood of this haematocrit."""
_EVERYTHING: Final = 1e9  # mL: the end of a line, however long


@compiled
def _temperature(state: NDArray[np.float64], tank: int) -> float:
    """Temperature of a tank in C; the room's when it is empty."""
    volume = state[layout.VOL + tank]
    if volume < 1e-6:
        return state[S.AMBIENT]
    return state[layout.MASS + tank * N_SPECIES + Species.HEAT] / volume


@compiled
def _pressures(state: NDArray[np.float64], c: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
    """Pressures: those of nodes, and those between the parts of a branch."""
    p = state[layout.PRESSURE : layout.FLOW]
    q = state[layout.FLOW : layout.VISCOSITY]
    v = state[layout.VISCOSITY : layout.RPM]
    truth[Truth.P_ACC] = p[Node.ACC]
    truth[Truth.P_PRE] = p[Node.PRE]
    truth[Truth.P_VEN] = p[Node.CHAMBER]
    truth[Truth.P_FIL] = p[Node.FIL]
    truth[Truth.P_BRI] = p[Node.OX] - c[C.R_OX] * v[Flow.RX] * q[Flow.RX]
    truth[Truth.P_BRO] = p[Node.TEE]
    truth[Truth.P_F2] = p[Node.TEE] - c[C.R_F2_INLET] * v[Flow.F2] * q[Flow.F2]
    truth[Truth.P_F2O] = p[Node.F2O]
    truth[Truth.P_RET] = p[Node.RET]
    truth[Truth.TMP] = 0.5 * (p[Node.PRE] + p[Node.CHAMBER]) - p[Node.FIL]
    truth[Truth.CVP] = network.cvp(state, c)


@compiled
def _flows(state: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
    """Flows in mL/min, speeds, clamp positions."""
    q = state[layout.FLOW : layout.VISCOSITY]
    truth[Truth.Q_B] = q[Flow.BP] * 60.0
    truth[Truth.Q_P] = q[Flow.PP] * 60.0
    truth[Truth.Q_C] = q[Flow.CP] * 60.0
    truth[Truth.Q_R] = q[Flow.RP] * 60.0
    truth[Truth.Q_ACC_IN] = q[Flow.ACCESS_PATIENT] * 60.0
    truth[Truth.Q_VEN_OUT] = q[Flow.RETURN_PATIENT] * 60.0
    truth[Truth.Q_RETURN_LINE] = q[Flow.RETURN] * 60.0
    truth[Truth.Q_RX] = q[Flow.RX_LUMEN] * 60.0
    truth[Truth.Q_RC] = q[Flow.RC] * 60.0
    truth[Truth.Q_WASTE] = (q[Flow.WASTE] + q[Flow.JOINT_WASTE]) * 60.0
    truth[Truth.Q_SALINE] = (q[Flow.SALINE_ACCESS] + q[Flow.SALINE_RES]) * 60.0
    for i in range(4):
        truth[Truth.N_BP + i] = state[layout.RPM + i]
    for i in range(layout.N_CLAMPS):
        truth[Truth.POS_AC + i] = state[layout.POSITION + i]


@compiled
def _inlet(state: NDArray[np.float64], c: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
    """Temperature and gases of the plasma, from the warmer to the tee."""
    parcels = layout.parcels(state)
    warm = state[S.T_OUT]
    truth[Truth.T_W1] = warm
    truth[Truth.T_W2] = warm + c[C.SECOND_PROBE] * (state[S.PLATE] - warm)
    parcel = parcels[layout.row_of(state, c, Line.RX_INLET, _EVERYTHING)]
    volume = parcel[0]
    protein = (parcel[1 + Species.ALBUMIN] + parcel[1 + Species.GLOBULIN]) / volume
    k = c[layout.ACID : layout.GAS]
    truth[Truth.T_BR] = parcel[1 + Species.HEAT] / volume
    truth[Truth.PH_BR] = acid.ph(
        parcel[1 + Species.SID] / volume, parcel[1 + Species.HCO3] / volume, protein, k
    )
    truth[Truth.PCO2_BR] = parcel[1 + Species.CO2] / volume / k[AcidConst.CO2_SOLUBILITY]
    solubility = c[layout.OXYGEN + OxygenConst.SOLUBILITY]
    truth[Truth.DO_IN] = parcel[1 + Species.O2] / volume / solubility
    tee = layout.MASS + _TEE * N_SPECIES + Species.O2
    truth[Truth.DO_OUT] = state[tee] / state[layout.VOL + _TEE] / solubility
    truth[Truth.T_RET] = _temperature(state, NODE_TANK + Node.RET)
    truth[Truth.T_AMB] = state[S.AMBIENT]
    truth[Truth.T_RES] = _temperature(state, Tank.RES)
    truth[Truth.HEATER_W] = state[S.HEATER_W]


@compiled
def _gas(state: NDArray[np.float64], c: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
    """Sweep gas."""
    s = state[layout.OX_GAS : layout.VESSELS]
    truth[Truth.P_GAS] = oxygenator.gas_pressure(s, c[layout.GAS : layout.SITES])
    for i in range(3):
        truth[Truth.G_O2 + i] = s[GasState.G_O2 + i] * 60.0
    made = layout.MADE + Source.EXCHANGE * N_SPECIES
    truth[Truth.GAS_O2_UMOL] = state[made + Species.O2] * 1e-3
    truth[Truth.GAS_CO2_UMOL] = state[made + Species.CO2] * 1e-3


@compiled
def _cells(state: NDArray[np.float64], c: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
    """The bioreactor's cells."""
    zones, adherent = reactor.zones(state), reactor.adherent(state)
    alive, warm, least = 0.0, 0.0, inf
    for i in range(N_CELLS):
        alive += adherent[Adherent.LIVE, i]
        warm += zones[Zone.SHELL, i, Species.HEAT]
        least = min(least, zones[Zone.WALL, i, Species.O2])
    truth[Truth.CELLS] = alive * 1e-6
    truth[Truth.T_RX] = warm / N_CELLS
    truth[Truth.DO_CELLS_MIN] = least / c[layout.OXYGEN + OxygenConst.SOLUBILITY]
    made = layout.MADE + Source.CELLS * N_SPECIES
    truth[Truth.CELLS_O2_UMOL] = state[made + Species.O2] * 1e-3
    truth[Truth.CELLS_GLUCOSE_UMOL] = state[made + Species.GLUCOSE] * 1e-3
    truth[Truth.CELLS_LACTATE_UMOL] = state[made + Species.LACTATE] * 1e-3


@compiled
def _volumes(state: NDArray[np.float64], c: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
    """Bags, levels, air, losses."""
    vol = state[layout.VOL : layout.MOVED]
    truth[Truth.W_R] = vol[Tank.RES] * PLASMA_G_PER_ML
    truth[Truth.W_S] = vol[Tank.SALINE] * SALINE_G_PER_ML
    truth[Truth.W_W] = vol[Tank.WASTE] * SALINE_G_PER_ML
    truth[Truth.LVL_R] = vol[Tank.RES]
    gas = state[S.AIR] * ATMOSPHERE / (state[layout.PRESSURE + Node.CHAMBER] + ATMOSPHERE)
    truth[Truth.LVL_VEN] = (c[C.CHAMBER] - gas) / c[C.CHAMBER_ML_PER_MM]
    truth[Truth.AIR_V_ML] = state[S.AIR_V]
    truth[Truth.AIR_P_ML] = state[S.AIR_P]
    truth[Truth.AIR_PATIENT_ML] = state[S.AIR_PATIENT]
    truth[Truth.AIR_RES_ML] = state[S.AIR_RES]
    truth[Truth.V_HEP_ML] = c[C.SYRINGE] - vol[Tank.SYRINGE]
    truth[Truth.NET_BALANCE_ML] = state[S.NET]
    truth[Truth.BLOOD_LOST_ML] = vol[Tank.OUTSIDE] + vol[Tank.LEAKED]
    truth[Truth.SPILT_ML] = vol[Tank.SPILT]
    truth[Truth.TRAY] = vol[Tank.SPILT] + vol[Tank.LEAKED]
    truth[Truth.S1_LIMIT] = state[S.Q_LIMIT] * 60.0
    truth[Truth.BLOOD_VOLUME_ML] = vol[Tank.PATIENT]
    truth[Truth.INTERSTITIUM_ML] = vol[Tank.INTERSTITIUM]
    given = state[layout.FLOW + Flow.HEPARIN] + state[layout.FLOW + Flow.HEPARIN_ASIDE] + state[S.PUSHED]
    moving = c[C.PLUNGER_N] if given > 0.0 else 0.0
    behind = max(0.0, state[layout.PRESSURE + Node.PRE]) * (1.0 - state[S.HEPARIN_OFF])
    # mmHg on cm2 is 0.0133 N.
    force = behind * c[C.PLUNGER_CM2] * 0.0133322 + moving + c[C.PLUNGER_N_PER_ML] * state[S.PUSHED]
    truth[Truth.HP_FORCE] = force
    truth[Truth.UPS_MIN] = state[S.BATTERY]


@compiled
def _filtrate(state: NDArray[np.float64], c: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
    """What the separator lets through, and its own condition."""
    m, volume = layout.MASS + _FIL * N_SPECIES, state[layout.VOL + _FIL]
    leak = state[m + Species.RBC] / volume / _BLD_HCT * state[layout.FLOW + Flow.PP] * 60.0
    truth[Truth.BLD] = max(0.0, leak)
    truth[Truth.FHB_FILTRATE] = state[m + Species.FHB] / volume
    truth[Truth.BILIRUBIN_FILTRATE] = (state[m + Species.CB] + state[m + Species.UCB]) / volume
    truth[Truth.PROTEIN_FILTRATE] = (state[m + Species.ALBUMIN] + state[m + Species.GLOBULIN]) / volume
    s1 = state[layout.S1 : layout.OX_GAS]
    truth[Truth.S1_LP_LOSS] = 1.0 - 1.0 / (1.0 + s1[SeparatorState.FOULING])
    truth[Truth.S1_OPEN] = s1[SeparatorState.OPEN]
    truth[Truth.FHB_UMOL] = state[layout.MADE + Source.REACTION * N_SPECIES + Species.FHB] * 1e-3
    lost = layout.MASS + Species.RBC
    truth[Truth.RBC_LOST_ML] = state[lost + Tank.OUTSIDE * N_SPECIES] + state[lost + Tank.LEAKED * N_SPECIES]
    truth[Truth.RBC_CIRCUIT_ML] = state[S.CIRCUIT_RBC]


@compiled
def _patient(state: NDArray[np.float64], c: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
    """Blood and plasma of the patient."""
    m, blood = layout.MASS + Tank.PATIENT * N_SPECIES, state[layout.HELD + Tank.PATIENT]
    cells = state[m + Species.RBC]
    truth[Truth.HCT_PATIENT] = cells / blood
    excess = blood - cells - c[C.PLASMA_0]
    for k in range(Species.ALBUMIN, Species.HEAT):
        volume = pools.central_volume(c[layout.CENTRAL + k], excess)
        spread = blood if k == Species.O2 else volume
        truth[Truth.ALBUMIN + k - Species.ALBUMIN] = state[m + k] / spread
    protein = truth[Truth.ALBUMIN] + truth[Truth.GLOBULIN]
    truth[Truth.PH_PATIENT] = acid.ph(
        truth[Truth.SID], truth[Truth.HCO3], protein, c[layout.ACID : layout.GAS]
    )
    truth[Truth.ACT] = state[S.ACT]
    k_c = c[layout.COAGULATION : layout.HAEMO]
    truth[Truth.ICA] = coagulation.ionised_calcium(k_c, truth[Truth.CITRATE]) * 1e-3
    laws, vessels = c[layout.HAEMO : layout.RX_HYDRAULICS], state[layout.VESSELS : layout.TISSUE]
    truth[Truth.MAP] = haemodynamics.arterial_pressure(vessels, laws, blood - state[S.POOLED])
    truth[Truth.CO] = haemodynamics.cardiac_output(laws, blood - state[S.POOLED]) * 0.06
    here = layout.parcels(state)[layout.row_of(state, c, Line.RETURN, c[C.V_DETECTOR])]
    truth[Truth.OPT_V] = min(1.0, here[1 + Species.RBC] / here[0] * blood / cells)


@compiled
def _accounts(state: NDArray[np.float64], c: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
    """Where the patient's solutes came from and went to: litres x unit, and the mL they spread in."""
    body, cells = layout.MADE + Source.BODY * N_SPECIES, layout.MADE + Source.CELLS * N_SPECIES
    kept = layout.MASS + Tank.RETAINED * N_SPECIES
    rows = c[layout.POOLS : layout.SECOND_FILTER].reshape(N_SPECIES, pools.N_COLUMNS)
    excess = transport.plasma_excess(state, c)
    i = 0
    for k in range(Species.ALBUMIN, Species.HEPARIN):
        if Species.SID <= k <= Species.O2:
            continue
        outside = rows[k, Pool.PERIPHERAL] * rows[k, Pool.START_PERIPHERAL]
        truth[Truth.BODY_ALBUMIN + i] = (state[body + k] + outside - state[layout.PERIPHERAL + k]) * 1e-3
        truth[Truth.TAKEN_ALBUMIN + i] = (state[kept + k] - state[cells + k]) * 1e-3
        truth[Truth.SPREAD_ALBUMIN + i] = pools.central_volume(c[layout.CENTRAL + k], excess)
        i += 1


@compiled
def _harm(state: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
    """The harm ledger."""
    s = state[layout.HARM : layout.PRESSURE]
    truth[Truth.HARM_AIR_BOLUS_ML] = s[HarmState.AIR_BOLUS]
    truth[Truth.HARM_AIR_5MIN_ML_KG] = s[HarmState.AIR_WINDOW]
    truth[Truth.HARM_HOTTEST_C] = s[HarmState.HOTTEST]
    truth[Truth.HARM_COLDEST_C] = s[HarmState.COLDEST]
    truth[Truth.HARM_FLUID_GAIN_ML] = s[HarmState.GAIN]
    truth[Truth.HARM_FLUID_LOSS_ML] = s[HarmState.LOSS]
    truth[Truth.HARM_FREE_HAEM_UMOL] = s[HarmState.FREE_HAEM] * 1e-3
    truth[Truth.HARM_DEBRIS_1E6] = s[HarmState.DEBRIS] * 1e-6
    truth[Truth.HARM_CLOTTING_MIN] = s[HarmState.CLOTTING_MIN]
    truth[Truth.HARM_HYPOXIA_MIN] = s[HarmState.HYPOXIA_MIN]
    truth[Truth.HARM_HEAT_MIN] = s[HarmState.HEAT_MIN]
    truth[Truth.HARM_STANDSTILL_MIN] = s[HarmState.STANDSTILL_MIN]
    truth[Truth.HARM_FLUID_ERROR_ML] = s[HarmState.FLUID_ERROR]


@compiled
def _ledgers(state: NDArray[np.float64], c: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
    """What is unaccounted for."""
    truth[Truth.VOLUME_LEDGER_ML] = ledger.total_volume(state, c) - state[S.VOLUME_0]
    truth[Truth.SOLUTE_LEDGER] = state[S.SOLUTE_RESIDUAL]
    truth[Truth.OXYGEN_LEDGER] = state[S.OXYGEN_RESIDUAL]
    truth[Truth.CARBON_LEDGER] = state[S.CARBON_RESIDUAL]
    truth[Truth.HEAT_LEDGER] = state[S.HEAT_RESIDUAL]


@compiled
def observe_content(state: NDArray[np.float64], c: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
    """Refresh what follows from what the fluid carries; it changes with the transport only."""
    _inlet(state, c, truth)
    _gas(state, c, truth)
    _cells(state, c, truth)
    _filtrate(state, c, truth)
    _patient(state, c, truth)
    _accounts(state, c, truth)
    _harm(state, truth)
    _ledgers(state, c, truth)


@compiled
def observe(state: NDArray[np.float64], c: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
    """Refresh what changes in every step."""
    _pressures(state, c, truth)
    _flows(state, truth)
    _volumes(state, c, truth)
