"""A virtual patient's parameters: every figure comes from a patient file, none from here.

Key names carry no unit where the annotation gives it. A solute's unit of concentration is that of its row in
`species.SPECIES`.
"""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Interval, Unit

Litres = Annotated[float, Interval(gt=0, le=60), Unit("L")]
SomeLitres = Annotated[float, Interval(ge=0, le=60), Unit("L")]
Exchange = Annotated[float, Interval(ge=0, le=1000), Unit("mL/min")]
Clearance = Annotated[float, Interval(ge=0, le=10000), Unit("mL/min")]
Concentration = Annotated[float, Interval(ge=0, le=1e5), Unit("unit of the species")]
Generation = Annotated[float, Interval(ge=0, le=1e5), Unit("L/min x unit of the species")]
GramsPerLitre = Annotated[float, Interval(gt=0, le=80), Unit("g/L")]
Pressure = Annotated[float, Interval(ge=0, le=25), Unit("mmHg")]
Compliance = Annotated[float, Interval(ge=20, le=1000), Unit("mL/mmHg")]
Share = Annotated[float, Interval(ge=0, le=1), Unit("1")]
HourlyFlow = Annotated[float, Interval(ge=0, le=1000), Unit("mL/h")]
ClottingTime = Annotated[float, Interval(ge=20, le=300), Unit("s")]
Calcium = Annotated[float, Interval(gt=0, le=5), Unit("mmol/L")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Solute:
    """One solute in one pool (`peripheral` 0) or two, both at `start` (physics reference 1.5.2).

    `clearance` is the body's own, from the central pool; `maximum` (as a generation) and `half` (as a
    concentration) add a saturable elimination. Without `generation` the body makes what it eliminates at
    `start`, so that the start is steady.
    """

    start: Concentration
    central: Litres
    peripheral: SomeLitres = 0.0
    exchange: Exchange = 0.0
    generation: Generation | None = None
    clearance: Clearance = 0.0
    maximum: Generation = 0.0
    half: Annotated[float, Interval(gt=0, le=1e6), Unit("unit of the species")] = 1.0

    def __post_init__(self) -> None:
        if (self.peripheral > 0.0) != (self.exchange > 0.0):
            msg = "a second pool takes both peripheral and exchange above 0"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class BloodGas:
    """Central venous blood, kept by lung and heart (physics reference 1.4.3)."""

    ph: Annotated[float, Interval(ge=6.9, le=7.8), Unit("1")]
    pco2: Annotated[float, Interval(ge=10, le=100), Unit("mmHg")]
    po2_venous: Annotated[float, Interval(ge=15, le=80), Unit("mmHg")]


@dataclass(frozen=True, slots=True)
class Fluid:
    """Water between plasma and interstitium, and in and out of the body (physics reference 1.5.1).

    `venous_share` of a change of venous pressure reaches the capillaries.
    """

    filtration: Annotated[float, Interval(ge=0, le=20), Unit("mL/min/mmHg")]
    reflection: Share
    venous_share: Share
    interstitial: Annotated[float, Interval(ge=2, le=60), Unit("L")]
    interstitial_compliance: Annotated[float, Interval(ge=50, le=10000), Unit("mL/mmHg")]
    infusion: HourlyFlow = 0.0
    urine: HourlyFlow = 0.0
    insensible: HourlyFlow = 0.0


@dataclass(frozen=True, slots=True)
class Coagulation:
    """Clotting times under heparin, and calcium under citrate (physics reference 1.5.3).

    `antithrombin` weighs heparin's effect; above `aptt_max` blood does not clot in the instrument.
    """

    act: ClottingTime
    act_per_heparin: Annotated[float, Interval(ge=0, le=500), Unit("s per IU/mL")]
    aptt: ClottingTime
    aptt_exponent: Annotated[float, Interval(ge=0, le=10), Unit("mL/IU")]
    aptt_max: Annotated[float, Interval(ge=100, le=1000), Unit("s")]
    antithrombin: Annotated[float, Interval(ge=0.5, le=1), Unit("1")]
    calcium: Calcium
    calcium_diffusible: Calcium
    citrate_binding: Annotated[float, Interval(ge=0, le=1e5), Unit("L/mol")]

    def __post_init__(self) -> None:
        if self.calcium_diffusible > self.calcium:
            msg = "calcium_diffusible is part of calcium"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Haemodynamics:
    """Systemic circulation (physics reference 1.5.4).

    Output goes with the blood volume to the power `output_exponent`. The reflexes raise resistance by `gain`
    and heart rate by `heart_gain` times the relative loss of pressure, both by `reflex_limit` at most.
    Interleukin-6 lowers the logarithm of resistance by up to `il6_dilation` (half of it at `il6_half`), heat
    by `heat_dilation`.
    """

    map: Annotated[float, Interval(ge=40, le=140), Unit("mmHg")]
    cardiac_output: Annotated[float, Interval(ge=2, le=20), Unit("L/min")]
    heart_rate: Annotated[float, Interval(ge=40, le=160), Unit("1/min")]
    output_exponent: Annotated[float, Interval(ge=0, le=3), Unit("1")]
    reflex_time: Annotated[float, Interval(ge=5, le=600), Unit("s")]
    gain: Annotated[float, Interval(ge=0, le=5), Unit("1")]
    heart_gain: Annotated[float, Interval(ge=0, le=5), Unit("1")]
    reflex_limit: Annotated[float, Interval(ge=0, le=0.9), Unit("1")]
    il6_dilation: Annotated[float, Interval(ge=0, le=1), Unit("1")]
    il6_half: Annotated[float, Interval(gt=0, le=1e4), Unit("pg/mL")]
    heat_dilation: Annotated[float, Interval(ge=0, le=0.5), Unit("1/K")]


@dataclass(frozen=True, slots=True)
class Person:
    """A virtual patient; adults."""

    weight: Annotated[float, Interval(ge=35, le=150), Unit("kg")]
    hct: Annotated[float, Interval(ge=0.15, le=0.6), Unit("1")]
    blood_per_kg: Annotated[float, Interval(ge=50, le=100), Unit("mL/kg")]
    cvp: Pressure
    venous_compliance: Compliance
    temperature: Annotated[float, Interval(ge=33, le=42), Unit("C")]
    albumin: GramsPerLitre
    globulin: GramsPerLitre
    protein_escape: Annotated[float, Interval(ge=0, le=0.2), Unit("1/h")]
    protein_interstitial: Annotated[float, Interval(gt=0, le=5), Unit("interstitial over plasma volume")]
    blood_gas: BloodGas
    fluid: Fluid
    coagulation: Coagulation
    haemodynamics: Haemodynamics
    conjugated_bilirubin: Solute
    unconjugated_bilirubin: Solute
    bile_acids: Solute
    urea: Solute
    creatinine: Solute
    ammonia: Solute
    glucose: Solute
    lactate: Solute
    interleukin_6: Solute
    tumour_necrosis_factor: Solute
    hepatocyte_growth_factor: Solute
    prostaglandin_e2: Solute
    vesicles: Solute
    heparin: Solute
    citrate: Solute
    debris: Solute
    free_haemoglobin: Solute


def blood_volume(person: Person) -> float:
    """Total blood volume in mL."""
    return person.weight * person.blood_per_kg


def plasma_volume(person: Person) -> float:
    """Plasma volume in mL."""
    return blood_volume(person) * (1.0 - person.hct)
