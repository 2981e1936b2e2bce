"""Where each constant and each state lies in the two arrays a kernel works on.

Two arrays rather than many: every further array argument costs a third of a microsecond per step.
Internally flows are mL/s and resistances mmHg.s/mL.
"""

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import lines, pumps, rheology, separator
from qh1a.sim.lines import N_NODES, N_SOLUTES, N_SPECIES, N_TANKS, NODE_TANK, SPAN, Node
from qh1a.sim.parameters import CircuitParameters
from qh1a.sim.patient import Patient, blood_volume, plasma_volume, pools

ATMOSPHERE: Final = 760.0  # mmHg
PLASMA_G_PER_ML: Final = 1.025  # the convention of every weight (circuit description, 4)
SALINE_G_PER_ML: Final = 1.005
BIN_ML: Final = 0.2  # resolution of bubbles on their way
LINE_BORE_UM: Final = 4070.0  # 2.6 mL in 20 cm (circuit description, 1)


class C(IntEnum):
    """Scalar constants; R_* in mmHg.s/mL at the reference fluid."""

    R_ACCESS = 0
    ACCESS_COLLAPSE = 1
    ACCESS_COLLAPSE_WIDTH = 2
    R_RETURN = 3
    R_RETURN_OPEN = 4
    R_S1_HALF = 5  # per relative viscosity
    R_CHAMBER_INLET = 6
    R_JOINT = 7
    R_CP_SUCTION = 8
    R_OX = 9
    R_LUMEN = 10
    R_PORTS = 11
    R_BYPASS = 12
    R_RESTRICTOR = 13
    R_RC = 14
    R_F2 = 15
    R_F2_INLET = 16
    R_PLASMA_RETURN = 17
    R_WASTE = 18
    R_SALINE_ACCESS = 19
    R_SALINE_RES = 20
    HEAD = 21
    R_CLAMP = 22
    TRAVEL = 23
    LP = 24  # mL/s/mmHg
    BAG_COLLAPSE = 25
    RES_OUTLET = 26
    RES_CAPACITY = 27
    CHAMBER = 28
    CHAMBER_WALL = 29
    CHAMBER_ML_PER_MM = 30
    CHAMBER_OUTLET = 31
    MU_BLOOD = 32  # Pa.s, reference
    MU_PLASMA = 33
    LAYER_S = 34
    F2_FOULING_MAX = 35
    F2_FOULING_ML = 36
    AMBIENT = 37
    PLATE = 38
    PLATE_EXCHANGE = 39
    PLATE_LOSS = 40
    SECOND_PROBE = 41
    POWER_MAX = 42
    GAIN = 43
    INTEGRAL_S = 44
    SHELL = 45
    RX_EXCHANGE = 46
    RX_LOSS = 47
    HEAT_PER_ML = 48
    CVP = 49
    VENOUS_COMPLIANCE = 50
    BLOOD_0 = 51
    PLASMA_0 = 52
    Q_B_REF = 53  # mL/s, at which the cake's release is given
    BINS_V_DETECTOR = 54
    BINS_V_END = 55
    BINS_P_DETECTOR = 56
    BINS_P_END = 57
    BLOOD_TUBE_REF = 58
    FIBRE_UM = 59
    SYRINGE = 60


def _after(*sizes: int) -> list[int]:
    """Offsets of consecutive blocks."""
    return [sum(sizes[:i]) for i in range(len(sizes) + 1)]


N_CONSTANTS: Final = len(C)
_c = _after(N_CONSTANTS, 32, 3, 5, N_SPECIES, separator.TABLE_SIZE, N_NODES, N_NODES, N_TANKS, 36)
DRIVES, INLET, SEPARATOR, SIEVING, TABLE, REST, COMPLIANCE, LOSS, POOLS, CONSTANTS_SIZE = _c[1:]


class S(IntEnum):
    """Scalar states; volumes mL."""

    PLATE = 0
    SHELL = 1
    INTEGRAL_W = 2
    HEATER_W = 3
    AIR = 4  # in the chamber, at atmospheric pressure
    FOULING = 5
    CAKE = 6
    F2_FOULING = 7
    Q_LIMIT = 8
    NET = 9
    AIR_V = 10
    AIR_P = 11
    AIR_PATIENT = 12
    AIR_RES = 13
    SHIFT_V = 14
    SHIFT_P = 15
    ACCESS_ON = 16
    VENOUS_ON = 17
    TICKS = 18
    VOLUME_0 = 19
    SOLUTE_RESIDUAL = 20
    CIRCUIT_RBC = 21
    AMBIENT = 22
    CHAMBER_AIR = 23  # air leaving with the return flow, mL/s
    RES_AIR = 24  # air drawn by CP, mL/s


N_STATES: Final = len(S)
BINS_V: Final = 256
BINS_P: Final = 64
N_FLOWS: Final = len(lines.Flow)
N_CLAMPS: Final = 8
_s = _after(
    N_STATES,
    N_NODES,
    N_FLOWS,
    N_FLOWS,
    pumps.N_DRIVES,
    pumps.N_DRIVES,
    N_CLAMPS,
    N_TANKS,
    N_TANKS * N_SPECIES,
    N_TANKS * N_SPECIES,
    N_SOLUTES - 1,
    N_SOLUTES - 1,
    N_SOLUTES,
    BINS_V,
    BINS_P,
)
(
    PRESSURE,
    FLOW,
    VISCOSITY,
    RPM,
    RUN_S,
    POSITION,
    VOL,
    MASS,
    CONC,
    PERIPHERAL,
    MADE,
    INVENTORY,
    AIR_BINS_V,
    AIR_BINS_P,
    STATE_SIZE,
) = _s[1:]


def _scalars(p: CircuitParameters, patient: Patient) -> dict[C, float]:
    """Every scalar constant."""
    ln, ref, sep, th, v = p.lines, p.reference, p.separator, p.thermal, p.volumes
    mu_blood = rheology.plasma_viscosity(ref.protein, ref.blood_temperature)
    tube = rheology.relative_viscosity(ref.hct, LINE_BORE_UM)
    # A fibre's own resistance per Pa.s, brought to the reference plasma.
    half = rheology.bundle_resistance(
        mu_blood, 0.5 * sep.length, sep.fibre_diameter * 1e-6, separator.fibres(sep)
    )
    lead = v.chamber_to_detector
    lead_p = v.plasma_return_node
    return {
        C.R_ACCESS: ln.access * 60.0,
        C.ACCESS_COLLAPSE: ln.access_collapse,
        C.ACCESS_COLLAPSE_WIDTH: ln.access_collapse_width,
        C.R_RETURN: ln.return_blood * 60.0,
        C.R_RETURN_OPEN: ln.return_open * 60.0,
        C.R_S1_HALF: half * 60.0,
        C.R_CHAMBER_INLET: ln.chamber_inlet * 60.0,
        C.R_JOINT: ln.joint * 60.0,
        C.R_CP_SUCTION: ln.perfusion_suction * 60.0,
        C.R_OX: ln.oxygenator * 60.0,
        C.R_LUMEN: ln.bioreactor_lumen * 60.0,
        C.R_PORTS: ln.bioreactor_ports * 60.0,
        C.R_BYPASS: ln.bypass * 60.0,
        C.R_RESTRICTOR: ln.restrictor * 60.0,
        C.R_RC: ln.recirculation * 60.0,
        C.R_F2: p.second_filter.resistance * 60.0,
        C.R_F2_INLET: ln.second_filter_inlet * 60.0,
        C.R_PLASMA_RETURN: ln.plasma_return * 60.0,
        C.R_WASTE: ln.waste * 60.0,
        C.R_SALINE_ACCESS: ln.saline_access * 60.0,
        C.R_SALINE_RES: ln.saline_reservoir * 60.0,
        C.HEAD: ln.saline_head,
        C.R_CLAMP: p.clamps.resistance * 60.0,
        C.TRAVEL: p.clamps.travel,
        C.LP: sep.permeability / 60.0,
        C.BAG_COLLAPSE: p.bags.collapse,
        C.RES_OUTLET: p.reservoir.outlet,
        C.RES_CAPACITY: p.reservoir.capacity,
        C.CHAMBER: p.chamber.volume,
        C.CHAMBER_WALL: p.chamber.wall,
        C.CHAMBER_ML_PER_MM: p.chamber.section * 0.1,
        C.CHAMBER_OUTLET: p.chamber.outlet,
        C.MU_BLOOD: mu_blood,
        C.MU_PLASMA: rheology.plasma_viscosity(ref.protein, ref.plasma_temperature),
        C.LAYER_S: sep.layer_time,
        C.F2_FOULING_MAX: p.second_filter.fouling_max,
        C.F2_FOULING_ML: p.second_filter.fouling_volume * 1e3,
        C.AMBIENT: th.ambient,
        C.PLATE: th.plate,
        C.PLATE_EXCHANGE: th.plate_exchange,
        C.PLATE_LOSS: th.plate_loss,
        C.SECOND_PROBE: th.plate_in_second_probe,
        C.POWER_MAX: th.power_max,
        C.GAIN: th.gain,
        C.INTEGRAL_S: th.integral_time,
        C.SHELL: th.bioreactor_shell,
        C.RX_EXCHANGE: th.bioreactor_exchange,
        C.RX_LOSS: th.bioreactor_loss,
        C.HEAT_PER_ML: th.heat_capacity,
        C.CVP: patient.cvp,
        C.VENOUS_COMPLIANCE: patient.venous_compliance,
        C.BLOOD_0: blood_volume(patient),
        C.PLASMA_0: plasma_volume(patient),
        C.Q_B_REF: 130.0 / 60.0,
        C.BINS_V_DETECTOR: round(lead / BIN_ML),
        C.BINS_V_END: round((lead + v.detector_to_clamp + v.clamp_to_patient) / BIN_ML),
        C.BINS_P_DETECTOR: round(lead_p / BIN_ML),
        C.BINS_P_END: round((lead_p + v.plasma_detector_to_clamp + v.plasma_clamp_to_chamber) / BIN_ML),
        C.BLOOD_TUBE_REF: tube,
        C.FIBRE_UM: sep.fibre_diameter,
        C.SYRINGE: p.pumps.heparin_syringe,
    }


def _nodes(p: CircuitParameters) -> tuple[list[float], list[float]]:
    """Volume at ambient pressure and compliance of every node; the chamber's come from its gas law."""
    v, c = p.volumes, p.compliances
    rows = {
        Node.ACC: (v.access_node, c.access),
        Node.PRE: (v.pre_filter_node, c.pre_filter),
        Node.LUMEN: (v.filter_node, c.filter_lumen),
        Node.CHAMBER: (p.chamber.blood, 0.0),
        Node.FIL: (v.filtrate_node, c.filtrate),
        Node.OX: (v.oxygenator_node, c.oxygenator),
        Node.TEE: (v.tee_node, c.tee),
        Node.F2O: (v.second_filter_node, c.second_filter_outlet),
        Node.RET: (v.plasma_return_node, c.plasma_return),
        Node.JOINT: (v.joint_node, c.joint),
    }
    for node, (rest, compliance) in rows.items():
        # The deepest suction a pump makes; a node must not run dry before the tube collapses.
        if rest <= 600.0 * compliance:
            msg = f"{node.name}: 600 mmHg of suction empties {rest} mL at {compliance} mL/mmHg"
            raise ValueError(msg)
    return [rows[n][0] for n in Node], [rows[n][1] for n in Node]


def _losses(p: CircuitParameters) -> NDArray[np.float64]:
    """Share of the excess over room temperature that each tank loses per second."""
    th, v = p.thermal, p.volumes
    volume = np.concatenate([np.ones(NODE_TANK), _nodes(p)[0], lines.line_volumes(p)])
    ua = np.zeros(N_TANKS)
    ua[NODE_TANK:] = th.plasma_tubing_loss * volume[NODE_TANK:]
    blood = range(SPAN["access_line"][0], SPAN["clamp_to_patient"][1])
    for tank in (*(NODE_TANK + n for n in (Node.ACC, Node.PRE, Node.CHAMBER, Node.JOINT)), *blood):
        ua[tank] = th.blood_tubing_loss * volume[tank]
    ua[lines.Tank.RES] = th.reservoir_loss
    filter_ml = v.filter_inlet_half + v.filter_node + v.filter_outlet_half
    shared = {
        ("filter_inlet_half", "filter_outlet_half", Node.LUMEN): (th.separator_loss, filter_ml),
        ("second_filter_inlet", Node.F2O): (
            th.second_filter_loss,
            v.second_filter_inlet + v.second_filter_node,
        ),
    }
    warm = ("warmer_outlet", "oxygenator_inlet_part", "oxygenator_outlet_part", "bioreactor_inlet", Node.OX)
    warm_ml = (
        v.warmer_outlet
        + v.oxygenator_inlet_part
        + v.oxygenator_outlet_part
        + v.bioreactor_inlet
        + v.oxygenator_node
    )
    shared[warm] = (th.warmer_to_bioreactor_loss, warm_ml)
    for parts, (conductance, ml) in shared.items():
        for part in parts:
            tanks = slice(*SPAN[part]) if isinstance(part, str) else NODE_TANK + part
            ua[tanks] = conductance * volume[tanks] / ml
    # The bioreactor's lumen and the warmer lose heat through shell and plate.
    ua[slice(*SPAN["bioreactor_lumen"])] = 0.0
    ua[slice(*SPAN["warmer"])] = 0.0
    rate = np.zeros(N_TANKS)
    rate[NODE_TANK:] = ua[NODE_TANK:] / (volume[NODE_TANK:] * th.heat_capacity)
    # The reservoir's volume varies: its loss stays a conductance over heat capacity, in mL/s.
    rate[lines.Tank.RES] = ua[lines.Tank.RES] / th.heat_capacity
    return rate


def constants(p: CircuitParameters, patient: Patient) -> NDArray[np.float64]:
    """All constants, as laid out above."""
    c = np.zeros(CONSTANTS_SIZE)
    scalars = _scalars(p, patient)
    for key in C:
        c[key] = scalars[key]
    if scalars[C.BINS_V_END] > BINS_V or scalars[C.BINS_P_END] > BINS_P:
        msg = f"air is followed over {BINS_V * BIN_ML} mL of return and {BINS_P * BIN_ML} mL of plasma line"
        raise ValueError(msg)
    s, i = p.separator, p.pumps.inlet
    c[DRIVES:INLET] = pumps.drive_constants(p.pumps).ravel()
    c[INLET:SEPARATOR] = i.per_mmhg, i.collapse, i.collapse_width
    c[SEPARATOR:SIEVING] = s.fouling_max, s.fouling_protein, s.critical, s.cake_growth, s.cake_release
    protein, bilirubin, small = s.sieving_protein, s.sieving_bilirubin, s.sieving_small
    c[SIEVING:TABLE] = 0.0, protein, protein, bilirubin, bilirubin, small, small, 1.0
    c[TABLE:REST] = separator.limit_table(s)
    c[REST:COMPLIANCE], c[COMPLIANCE:LOSS] = _nodes(p)
    c[LOSS:POOLS] = _losses(p)
    c[POOLS:] = pools(patient).ravel()
    return c
