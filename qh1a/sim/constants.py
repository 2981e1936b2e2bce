"""From the files' figures to the constants a kernel reads."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import (
    acid,
    binding,
    bioreactor,
    cells,
    coagulation,
    fifo,
    fluid,
    haemodynamics,
    harm,
    layout,
    march,
    oxygen,
    oxygenator,
    pools,
    pumps,
    rheology,
    separator,
)
from qh1a.sim.graph import MIXED, N_TANKS, NODE_TANK, Line, Node, Tank
from qh1a.sim.layout import LINE_BORE_UM, C
from qh1a.sim.parameters import CircuitParameters
from qh1a.sim.person import Person, blood_volume, plasma_volume
from qh1a.sim.species import N_SPECIES, Species

LATENT_J_PER_ML: Final = 2410.0  # heat of evaporation of water at 37 C
_BLOOD_LINES: Final = (Line.ACCESS, Line.BLOOD_PUMP, Line.CHAMBER_INLET, Line.RETURN)
_BLOOD_NODES: Final = (Node.ACC, Node.PRE, Node.CHAMBER, Node.JOINT)


def _scalars(p: CircuitParameters, patient: Person) -> dict[C, float]:
    """Every scalar constant."""
    ln, ref, sep, th, v = p.lines, p.reference, p.separator, p.thermal, p.volumes
    mu_blood = rheology.plasma_viscosity(ref.protein, ref.blood_temperature)
    tube = rheology.relative_viscosity(ref.hct, LINE_BORE_UM)
    # A fibre's own resistance per Pa.s, brought to the reference plasma.
    half = rheology.bundle_resistance(
        mu_blood, 0.5 * sep.length, sep.fibre_diameter * 1e-6, separator.fibres(sep)
    )
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
        C.F2_DEBRIS: p.second_filter.fouling_cells * 1e6,
        C.AMBIENT: th.ambient,
        C.PLATE: th.plate,
        C.PLATE_EXCHANGE: th.plate_exchange,
        C.PLATE_LOSS: th.plate_loss,
        C.SECOND_PROBE: th.plate_in_second_probe,
        C.POWER_MAX: th.power_max,
        C.GAIN: th.gain,
        C.INTEGRAL_S: th.integral_time,
        C.RX_LOSS: th.bioreactor_loss,
        C.HEAT_PER_ML: th.heat_capacity,
        C.CVP: patient.cvp,
        C.VENOUS_COMPLIANCE: patient.venous_compliance,
        C.BLOOD_0: blood_volume(patient),
        C.PLASMA_0: plasma_volume(patient),
        C.CORE: patient.temperature,
        C.PCO2: patient.blood_gas.pco2,
        C.PO2: patient.blood_gas.po2_venous,
        C.V_DETECTOR: v.chamber_to_detector,
        C.V_END: v.chamber_to_detector + v.detector_to_clamp + v.clamp_to_patient,
        C.P_DETECTOR: v.plasma_return_node,
        C.P_END: v.plasma_return_node + v.plasma_detector_to_clamp + v.plasma_clamp_to_chamber,
        C.BLOOD_TUBE_REF: tube,
        C.FIBRE_UM: sep.fibre_diameter,
        C.SYRINGE: p.pumps.heparin_syringe.volume,
        C.PLUNGER_CM2: p.pumps.heparin_syringe.section,
        C.PLUNGER_N: p.pumps.heparin_syringe.friction,
        C.BATTERY_MIN: p.supply.battery,
        C.LATENT: LATENT_J_PER_ML / th.heat_capacity,
        C.PLUNGER_N_PER_ML: p.pumps.heparin_syringe.stiffness,
        C.PLUNGER_MOST_N: p.pumps.heparin_syringe.drive,
        C.TRANSFUSED_HCT: p.transfusion.hct,
        C.R_ACCESS_OPEN: ln.access_open * 60.0,
        C.FILM: ln.film,
        C.FILM_SOFT: ln.film_soft,
        C.CHAMBER_LID: p.chamber.lid,
        C.V_ACCESS: v.access_line,
        C.V_BLOOD_PUMP: v.blood_pump,
        C.V_FILTER_IN: v.filter_inlet_half,
        C.V_FILTER_OUT: v.filter_outlet_half,
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


def line_volumes(p: CircuitParameters) -> NDArray[np.float64]:
    """Volume of every line in mL."""
    v = p.volumes
    rows = {
        Line.ACCESS: v.access_line,
        Line.BLOOD_PUMP: v.blood_pump,
        Line.FILTER_IN: v.filter_inlet_half,
        Line.FILTER_OUT: v.filter_outlet_half,
        Line.CHAMBER_INLET: v.chamber_inlet,
        Line.RETURN: v.chamber_to_detector + v.detector_to_clamp + v.clamp_to_patient,
        Line.FILTRATE: v.filtrate_line,
        Line.RES_OUTLET: v.reservoir_outlet,
        Line.WARMER_1: v.warmer / 3.0,
        Line.WARMER_2: v.warmer / 3.0,
        Line.WARMER_3: v.warmer / 3.0,
        Line.WARMER_OUTLET: v.warmer_outlet,
        Line.OX_INLET: v.oxygenator_inlet_part,
        Line.BUNDLE: v.oxygenator_bundle,
        Line.RX_INLET: v.bioreactor_inlet,
        Line.RECIRCULATION: v.recirculation,
        Line.F2_INLET: v.second_filter_inlet,
        Line.PLASMA_RETURN: v.plasma_detector_to_clamp + v.plasma_clamp_to_chamber,
    }
    return np.array([rows[line] for line in Line])


def parcel_sizes(p: CircuitParameters) -> NDArray[np.float64]:
    """Parcel size of every line in mL."""
    plug = fifo.PARCEL_ML if p.transport.lines == "plug" else fifo.MIXED_ML
    return np.array([fifo.MIXED_ML if line in MIXED else plug for line in Line])


def _losses(p: CircuitParameters) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Heat loss of tanks as mL/s (conductance over heat capacity), and of lines as a share per second."""
    th, rest, lines = p.thermal, _nodes(p)[0], line_volumes(p)
    tank, line = np.zeros(N_TANKS), th.plasma_tubing_loss * lines
    for n in Node:
        tubing = th.blood_tubing_loss if n in _BLOOD_NODES else th.plasma_tubing_loss
        tank[NODE_TANK + n] = tubing * rest[n]
    line[list(_BLOOD_LINES)] = th.blood_tubing_loss * lines[list(_BLOOD_LINES)]
    line[[Line.WARMER_1, Line.WARMER_2, Line.WARMER_3]] = 0.0  # they lose heat through their plate
    shared: tuple[tuple[float, tuple[Line, ...], Node], ...] = (
        (th.separator_loss, (Line.FILTER_IN, Line.FILTER_OUT), Node.LUMEN),
        (th.second_filter_loss, (Line.F2_INLET,), Node.F2O),
        (
            th.warmer_to_bioreactor_loss,
            (Line.WARMER_OUTLET, Line.OX_INLET, Line.BUNDLE, Line.RX_INLET),
            Node.OX,
        ),
    )
    for conductance, parts, n in shared:
        whole = sum(lines[list(parts)]) + rest[n]
        line[list(parts)] = conductance * lines[list(parts)] / whole
        tank[NODE_TANK + n] = conductance * rest[n] / whole
    tank[Tank.RES] = th.reservoir_loss
    return tank / th.heat_capacity, line / (lines * th.heat_capacity)


def constants(p: CircuitParameters, patient: Person) -> NDArray[np.float64]:
    """All constants, as `layout` has them."""
    c = np.zeros(layout.CONSTANTS_SIZE)
    scalars = _scalars(p, patient)
    for key in C:
        c[key] = scalars[key]
    inlet, lines, sizes = p.pumps.inlet, line_volumes(p), parcel_sizes(p)
    hydraulics, a = bioreactor.bioreactor_constants(p.bioreactor), p.acid_base
    buffers = march.Acid(a.hydration, a.pk, a.protein_charge, a.protein_slope, a.other_buffer)
    blocks = {
        layout.HARM_LIMITS: harm.harm_constants(p.harm, patient.weight),
        layout.DRIVES: pumps.drive_constants(p.pumps).ravel(),
        layout.INLET: np.array([inlet.per_mmhg, inlet.collapse, inlet.collapse_width]),
        layout.SEPARATOR: separator.separator_constants(p.separator),
        layout.TABLE: separator.limit_table(p.separator),
        layout.REST: np.array(_nodes(p)[0]),
        layout.COMPLIANCE: np.array(_nodes(p)[1]),
        layout.LOSS: _losses(p)[0],
        layout.LINE_LOSS: _losses(p)[1],
        layout.LINE_SIZE: sizes,
        layout.LINE_FIRST: np.cumsum([0, *map(fifo.capacity, lines, sizes)]).astype(np.float64),
        layout.CENTRAL: pools.pool_constants(patient)[:, pools.Pool.CENTRAL],
        layout.POOLS: pools.pool_constants(patient).ravel(),
        layout.SECOND_FILTER: _second_filter(p),
        layout.OXYGEN: oxygen.oxygen_constants(p.oxygen),
        layout.ACID: acid.acid_constants(p.acid_base),
        layout.GAS: oxygenator.gas_constants(p.oxygenator, p.oxygen, p.acid_base, lines[Line.BUNDLE]),
        layout.SITES: binding.binding_constants(p.binding).ravel(),
        layout.FLUID: fluid.fluid_constants(patient),
        layout.COAGULATION: coagulation.coagulation_constants(patient.coagulation),
        layout.HAEMO: haemodynamics.haemo_constants(patient),
        layout.RX_HYDRAULICS: hydraulics,
        layout.RX_EXCHANGE: bioreactor.exchange_constants(
            p.bioreactor, p.thermal.bioreactor_exchange / p.thermal.heat_capacity
        ).ravel(),
        layout.RX_MARCH: march.march_constants(hydraulics, p.cells.kinetics, buffers),
        layout.RX_CELLS: cells.cell_constants(p.cells, p.bioreactor),
    }
    for offset, block in blocks.items():
        c[offset : offset + len(block)] = block
    return c


def _second_filter(p: CircuitParameters) -> NDArray[np.float64]:
    """What passes the second filter of each species."""
    passes = np.ones(N_SPECIES)
    passes[[Species.RBC, Species.DEBRIS]] = 0.0
    passes[Species.EV] = p.second_filter.sieving_vesicles
    return passes
