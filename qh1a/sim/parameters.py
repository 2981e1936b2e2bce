"""The circuit's parameters: every figure comes from a rig file's `[circuit]` table, none from here.

Key names carry no unit where the annotation gives it: resistances are mmHg per mL/min at the reference fluid,
compliances mL/mmHg, volumes mL.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Interval, Unit

from qh1a.sim.acid import AcidBase
from qh1a.sim.binding import Binding
from qh1a.sim.bioreactor import Bioreactor
from qh1a.sim.cells import Cells
from qh1a.sim.harm import HarmLimits
from qh1a.sim.oxygen import Oxygen
from qh1a.sim.oxygenator import Oxygenator

Resistance = Annotated[float, Interval(gt=0, le=20), Unit("mmHg per mL/min")]
Compliance = Annotated[float, Interval(gt=0, le=1), Unit("mL/mmHg")]
Volume = Annotated[float, Interval(gt=0, le=1000), Unit("mL")]
Bag = Annotated[float, Interval(ge=0, le=10000), Unit("g")]
Pressure = Annotated[float, Interval(gt=0, le=2000), Unit("mmHg")]
Fraction = Annotated[float, Interval(ge=0, le=1), Unit("1")]
Positive = Annotated[float, Interval(gt=0, le=100), Unit("1")]
Seconds = Annotated[float, Interval(gt=0, le=3600), Unit("s")]
Hours = Annotated[float, Interval(gt=0, le=100), Unit("h")]
Celsius = Annotated[float, Interval(ge=0, le=45), Unit("C")]
Conductance = Annotated[float, Interval(ge=0, le=100), Unit("W/K")]
PerVolume = Annotated[float, Interval(ge=0, le=1), Unit("W/K per mL")]
HeatCapacity = Annotated[float, Interval(gt=0, le=10000), Unit("J/K")]
Protein = Annotated[float, Interval(ge=0, le=120), Unit("g/L")]
Haematocrit = Annotated[float, Interval(ge=0, le=0.7), Unit("1")]


@dataclass(frozen=True, slots=True)
class Pump:
    """A roller pump and its drive (physics.md 1.3.1)."""

    stroke: Annotated[float, Interval(gt=0, le=50), Unit("mL per revolution")]
    motor: Seconds
    slew: Annotated[float, Interval(gt=0, le=1000), Unit("1/min per s")]
    back_leak: Annotated[float, Interval(ge=1e3, le=1e6), Unit("mmHg.s/mL")]
    stall: Pressure
    stall_band: Pressure
    wear: Fraction
    wear_time: Hours
    rollers: Annotated[int, Interval(ge=2, le=4), Unit("1")]
    # Together below 1: the flow pulses, the rotor never sucks back.
    ripple_1: Annotated[float, Interval(ge=0, le=0.6), Unit("first harmonic over mean flow")]
    ripple_2: Annotated[float, Interval(ge=0, le=0.3), Unit("second harmonic over mean flow")]


@dataclass(frozen=True, slots=True)
class InletLoss:
    """Loss of stroke at low inlet pressure (physics.md 1.3.1)."""

    per_mmhg: Annotated[float, Interval(ge=0, le=0.01), Unit("1/mmHg")]
    collapse: Pressure
    collapse_width: Pressure


@dataclass(frozen=True, slots=True)
class Syringe:
    """The heparin pump's syringe: what it holds, and what moves its plunger.

    `stiffness` of its drive against a plunger that is stuck; `drive` is the most it pushes.
    """

    volume: Volume
    strength: Annotated[float, Interval(ge=1, le=5000), Unit("IU/mL")]
    section: Annotated[float, Interval(gt=0, le=20), Unit("cm2")]
    friction: Annotated[float, Interval(ge=0, le=50), Unit("N")]
    stiffness: Annotated[float, Interval(ge=1, le=1000), Unit("N/mL")]
    drive: Annotated[float, Interval(ge=50, le=200), Unit("N")]


@dataclass(frozen=True, slots=True)
class Pumps:
    """All pumps."""

    blood: Pump
    separation: Pump
    perfusion: Pump
    return_plasma: Pump
    inlet: InletLoss
    heparin_syringe: Syringe


@dataclass(frozen=True, slots=True)
class Reference:
    """The fluids at which resistances are given."""

    hct: Haematocrit
    protein: Protein
    blood_temperature: Celsius
    plasma_temperature: Celsius


@dataclass(frozen=True, slots=True)
class Lines:
    """Resistances outside filters, and how an access collapses."""

    access: Resistance
    access_open: Resistance
    film: Annotated[float, Interval(gt=0, le=0.5), Unit("1")]
    film_soft: Annotated[float, Interval(ge=0.5, le=5), Unit("mL")]
    access_collapse: Pressure
    access_collapse_width: Pressure
    return_blood: Resistance
    return_open: Resistance
    chamber_inlet: Resistance
    joint: Resistance
    perfusion_suction: Resistance
    oxygenator: Resistance
    bioreactor_lumen: Resistance
    bioreactor_ports: Resistance
    bypass: Resistance
    restrictor: Resistance
    recirculation: Resistance
    second_filter_inlet: Resistance
    plasma_return: Resistance
    waste: Resistance
    saline_access: Resistance
    saline_reservoir: Resistance
    saline_head: Pressure


@dataclass(frozen=True, slots=True)
class Clamps:
    """Travel and throttling."""

    travel: Annotated[float, Interval(ge=0.1, le=1.0), Unit("s")]
    resistance: Annotated[float, Interval(gt=0, le=1), Unit("mmHg per mL/min at half opening")]


@dataclass(frozen=True, slots=True)
class Sieving:
    """S1: sieving of the clean membrane, and how deposits lower it (physics.md 1.2.2).

    `half_*`: deposit, over the clean membrane's resistance, at which half passes.
    """

    albumin: Fraction
    globulin: Fraction
    mediators: Fraction
    vesicles: Fraction
    half_protein: Positive
    half_vesicles: Positive
    power: Annotated[float, Interval(ge=0.5, le=8), Unit("1")]


@dataclass(frozen=True, slots=True)
class Clotting:
    """S1: how fast fibres clot (physics.md 1.2.3)."""

    rate: Annotated[float, Interval(ge=0, le=1), Unit("1/h at the reference ACT and Hct, flowing")]
    act: Annotated[float, Interval(ge=60, le=600), Unit("s")]
    act_scale: Annotated[float, Interval(ge=5, le=500), Unit("s")]
    hct: Annotated[float, Interval(ge=0.1, le=0.7), Unit("1")]
    stasis: Annotated[float, Interval(ge=0, le=100), Unit("added rate over the flowing one")]
    stasis_flow: Annotated[float, Interval(ge=0, le=200), Unit("mL/min")]


@dataclass(frozen=True, slots=True)
class Haemolysis:
    """Red cells lost at S1's membrane and in the gap of the blood pump (physics.md 1.2.3)."""

    tmp_least: Pressure
    tmp_most: Pressure
    tmp_per_shear: Annotated[float, Interval(ge=0, le=1), Unit("mmHg.s")]
    shear: Annotated[float, Interval(ge=0, le=5000), Unit("1/s")]
    rate: Annotated[float, Interval(ge=0, le=1000), Unit("nmol/s of haem per m2 and mmHg^1.5")]
    cell_haem: Annotated[float, Interval(ge=15000, le=25000), Unit("umol/L of red cells")]
    gap_stress: Annotated[float, Interval(ge=0, le=1000), Unit("Pa at the reference flow")]
    gap_time: Annotated[float, Interval(gt=0, le=10), Unit("s at the reference flow")]


@dataclass(frozen=True, slots=True)
class Separator:
    """S1: geometry, polarisation, permeability and fouling (physics.md 1.2, circuit.md 1)."""

    area: Annotated[float, Interval(ge=0.05, le=2), Unit("m2")]
    fibre_diameter: Annotated[float, Interval(ge=150, le=600), Unit("um")]
    length: Annotated[float, Interval(ge=0.05, le=0.5), Unit("m")]
    cell_radius: Annotated[float, Interval(ge=2.5, le=6), Unit("um")]
    wall_hct: Annotated[float, Interval(ge=0.8, le=0.99), Unit("1")]
    layer_time: Seconds
    permeability: Annotated[float, Interval(gt=0, le=20), Unit("mL/min/mmHg")]
    fouling_max: Annotated[float, Interval(ge=0, le=10), Unit("1")]
    fouling_protein: Annotated[float, Interval(gt=0, le=1e5), Unit("g")]
    critical: Fraction
    cake_growth: Annotated[float, Interval(ge=0, le=1), Unit("1/min per mL/min")]
    cake_release: Annotated[float, Interval(ge=0, le=1), Unit("1/min at the reference shear")]
    reference_flow: Annotated[float, Interval(ge=10, le=500), Unit("mL/min of blood, all fibres open")]
    sieving: Sieving
    clotting: Clotting
    haemolysis: Haemolysis


@dataclass(frozen=True, slots=True)
class SecondFilter:
    """F2: membrane resistance and its slow fouling."""

    resistance: Resistance
    fouling_max: Annotated[float, Interval(ge=0, le=20), Unit("1")]
    fouling_volume: Annotated[float, Interval(gt=0, le=1e4), Unit("L")]
    fouling_cells: Annotated[float, Interval(gt=0, le=1e6), Unit("1e6 cells of debris")]
    sieving_vesicles: Fraction


@dataclass(frozen=True, slots=True)
class Chamber:
    """Venous chamber."""

    volume: Volume
    blood: Volume
    section: Annotated[float, Interval(gt=0, le=50), Unit("cm2")]
    wall: Compliance
    outlet: Volume
    lid: Volume


@dataclass(frozen=True, slots=True)
class Reservoir:
    """RES, vented, and what an almost empty vessel does."""

    start: Bag
    capacity: Volume
    outlet: Volume


@dataclass(frozen=True, slots=True)
class Bags:
    """Collapsible bags: saline, waste."""

    saline: Bag
    waste_primed: Bag
    collapse: Volume


@dataclass(frozen=True, slots=True)
class Compliances:
    """Of the soft parts around each pressure node."""

    access: Compliance
    pre_filter: Compliance
    filter_lumen: Compliance
    filtrate: Compliance
    oxygenator: Compliance
    tee: Compliance
    second_filter_outlet: Compliance
    plasma_return: Compliance
    joint: Compliance


@dataclass(frozen=True, slots=True)
class Volumes:
    """Hold-up, part by part; `*_node` is the well-mixed part that carries a compliance."""

    access_line: Volume
    access_node: Volume
    blood_pump: Volume
    pre_filter_node: Volume
    filter_inlet_half: Volume
    filter_node: Volume
    filter_outlet_half: Volume
    chamber_inlet: Volume
    chamber_to_detector: Volume
    detector_to_clamp: Volume
    clamp_to_patient: Volume
    filtrate_node: Volume
    filtrate_line: Volume
    reservoir_outlet: Volume
    warmer: Volume
    warmer_outlet: Volume
    oxygenator_inlet_part: Volume
    oxygenator_node: Volume
    oxygenator_bundle: Volume
    bioreactor_inlet: Volume
    tee_node: Volume
    recirculation: Volume
    second_filter_inlet: Volume
    second_filter_node: Volume
    plasma_return_node: Volume
    plasma_detector_to_clamp: Volume
    plasma_clamp_to_chamber: Volume
    joint_node: Volume


@dataclass(frozen=True, slots=True)
class Thermal:
    """Warmer, heat losses, heat capacities."""

    ambient: Celsius
    prime: Celsius
    heat_capacity: Annotated[float, Interval(ge=3, le=4.5), Unit("J/K per mL")]
    blood_tubing_loss: PerVolume
    plasma_tubing_loss: PerVolume
    separator_loss: Conductance
    warmer_to_bioreactor_loss: Annotated[float, Interval(ge=0, le=0.15), Unit("W/K")]
    reservoir_loss: Conductance
    second_filter_loss: Conductance
    bioreactor_loss: Conductance
    bioreactor_exchange: Conductance
    plate: HeatCapacity
    plate_exchange: Conductance
    plate_loss: Conductance
    plate_in_second_probe: Fraction
    power_max: Annotated[float, Interval(ge=0, le=60), Unit("W")]
    gain: Annotated[float, Interval(gt=0, le=200), Unit("W/K")]
    integral_time: Seconds


@dataclass(frozen=True, slots=True)
class Prime:
    """What fills a circuit that starts primed."""

    albumin: Protein
    ph: Annotated[float, Interval(ge=6.5, le=8), Unit("pH")]
    pco2: Annotated[float, Interval(ge=0.1, le=100), Unit("mmHg")]
    po2: Annotated[float, Interval(ge=0, le=700), Unit("mmHg")]
    glucose: Annotated[float, Interval(ge=0, le=50), Unit("mmol/L")]


@dataclass(frozen=True, slots=True)
class Transport:
    """How a line carries: in order ("plug"), or as one mixed tank, as differential equations have it."""

    lines: Literal["plug", "mixed"]


@dataclass(frozen=True, slots=True)
class Supply:
    """The machine's own power."""

    battery: Annotated[float, Interval(ge=1, le=600), Unit("min")]


@dataclass(frozen=True, slots=True)
class Transfusion:
    """What a bag of red cells holds."""

    hct: Annotated[float, Interval(ge=0.3, le=0.9), Unit("1")]


@dataclass(frozen=True, slots=True)
class CircuitParameters:
    """The whole circuit."""

    pumps: Pumps
    reference: Reference
    lines: Lines
    clamps: Clamps
    separator: Separator
    second_filter: SecondFilter
    chamber: Chamber
    reservoir: Reservoir
    bags: Bags
    compliances: Compliances
    volumes: Volumes
    thermal: Thermal
    prime: Prime
    transport: Transport
    oxygen: Oxygen
    acid_base: AcidBase
    oxygenator: Oxygenator
    binding: Binding
    bioreactor: Bioreactor
    cells: Cells
    supply: Supply
    transfusion: Transfusion
    harm: HarmLimits
