"""What a session is told before it starts, as frozen values; no I/O.

Bounds in the annotations are the hard bounds of the machine: `config` refuses a file that leaves them. Key
names carry their unit. Every figure itself lives in `configs/`, with its source.
"""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from annotated_types import Interval, Len, Unit

Flow = Annotated[float, Interval(ge=0, le=225), Unit("mL/min")]
PlasmaFlow = Annotated[float, Interval(ge=0, le=60), Unit("mL/min")]
Duration = Annotated[float, Interval(ge=0, le=14400), Unit("s")]
Volume = Annotated[float, Interval(ge=0, le=5000), Unit("mL")]
Gain = Annotated[float, Interval(ge=0, le=1000)]
Text = Annotated[str, Len(1, 200)]

NOMINAL_HOURS: Final = {"treatment": (4.0, 6.0, 8.0), "bench": (0.1,)}
"""Nominal effective time by purpose (trial NCT06996392: 4, 6, 8 h; the bench session is 6 min)."""
PLASMA_TO_BLOOD_MAX: Final = 0.30
"""Q_p/Q_b above which red cells crowd at the membrane; consensus practice (clinical reference F1)."""


@dataclass(frozen=True, slots=True)
class Flows:
    """Set points at the start of TREAT. Operating point and ranges: circuit 2."""

    blood_ml_min: Annotated[float, Interval(ge=80, le=180), Unit("mL/min")]
    plasma_ml_min: Annotated[float, Interval(ge=15, le=45), Unit("mL/min")]
    perfusion_ml_min: Annotated[float, Interval(ge=30, le=200), Unit("mL/min")]
    temperature_c: Annotated[float, Interval(ge=35.0, le=38.0), Unit("C")]
    do_in_mmhg: Annotated[float, Interval(ge=135, le=170), Unit("mmHg")]
    ph: Annotated[float, Interval(ge=7.30, le=7.50), Unit("pH")]
    gas_ml_min: Annotated[float, Interval(ge=20, le=500), Unit("mL/min")]


@dataclass(frozen=True, slots=True)
class PatientEntry:
    """What the operator enters of the patient."""

    subject: Text
    weight_kg: Annotated[float, Interval(ge=35, le=150), Unit("kg")]
    haematocrit: Annotated[float, Interval(ge=0.15, le=0.55), Unit("fraction")]


@dataclass(frozen=True, slots=True)
class Cartridge:
    """The cartridge prescribed, and what it must be at its release (H40).

    `expires` is a date, YYYY-MM-DD: its last day of use.
    """

    id: Text
    expires: Annotated[str, Len(10, 10)]
    viability_percent_min: Annotated[float, Interval(ge=70, le=100), Unit("%")]
    out_of_incubator_max_s: Annotated[float, Interval(ge=60, le=14400), Unit("s")]


@dataclass(frozen=True, slots=True)
class Anticoagulation:
    """Heparin (UFH) or none; the circuit has no citrate or calcium pump."""

    agent: Literal["none", "UFH"]
    bolus_ml: Annotated[float, Interval(ge=0, le=10), Unit("mL")]
    rate_ml_h: Annotated[float, Interval(ge=0, le=20), Unit("mL/h")]
    cap_ml: Annotated[float, Interval(ge=0, le=60), Unit("mL")]


@dataclass(frozen=True, slots=True)
class Preparation:
    """SELF_TEST to CONNECT."""

    starts_primed: bool
    self_zero_s: Duration
    self_node_s: Annotated[float, Interval(ge=2.5, le=60), Unit("s")]
    """Lease 1.0 s, then a second of rest before a tripped node arms again, and a tick or two for each."""
    self_pumps_s: Duration
    prime_flow_ml_min: Annotated[float, Interval(ge=50, le=150), Unit("mL/min")]
    prime_blood_s: Duration
    prime_plasma_s: Duration
    prime_warm_s: Duration
    reservoir_g: Annotated[float, Interval(ge=100, le=300), Unit("g")]
    ready_test_s: Duration
    connect_flow_ml_min: Annotated[float, Interval(ge=30, le=100), Unit("mL/min")]
    connect_s: Duration
    prime_goes_to: Literal["waste", "patient"]


@dataclass(frozen=True, slots=True)
class Ramp:
    """From CONNECT to the set points, and every soft start of separation."""

    blood_start_ml_min: Flow
    blood_step_ml_min: Annotated[float, Interval(ge=1, le=30), Unit("mL/min")]
    blood_step_s: Annotated[float, Interval(ge=0.1, le=600), Unit("s")]
    plasma_delay_s: Duration
    plasma_step_ml_min: Annotated[float, Interval(ge=0.5, le=10), Unit("mL/min")]
    plasma_step_s: Annotated[float, Interval(ge=1, le=60), Unit("s")]
    hold_s: Duration


@dataclass(frozen=True, slots=True)
class Marks:
    """Time marks of the treatment (circuit 6, H39)."""

    window_s: Duration
    extension_max_s: Duration
    ask_before_s: Duration
    low_before_s: Duration
    medium_into_extension_s: Duration
    heparin_off_before_s: Duration
    cap_extra_s: Duration
    cap_low_before_s: Duration
    cap_medium_before_s: Duration


@dataclass(frozen=True, slots=True)
class Rinseback:
    """Return of plasma, then of blood, then the hand-over."""

    plasma_ml_min: Annotated[float, Interval(ge=5, le=50), Unit("mL/min")]
    blood_ml_min: Annotated[float, Interval(ge=50, le=100), Unit("mL/min")]
    chase_ml: Annotated[float, Interval(ge=0, le=400), Unit("mL")]
    reservoir_end_g: Annotated[float, Interval(ge=20, le=300), Unit("g")]
    saline_ml: Annotated[float, Interval(ge=0, le=300), Unit("mL")]
    disconnect_s: Duration


@dataclass(frozen=True, slots=True)
class Prescription:
    """One session as prescribed. `purpose = "bench"` is for SIM and RIG only, never for a trial ledger."""

    schema: Literal[1]
    name: Text
    purpose: Literal["treatment", "bench"]
    nominal_h: Annotated[float, Interval(gt=0, le=8), Unit("h")]
    flows: Flows
    patient: PatientEntry
    cartridge: Cartridge
    anticoagulation: Anticoagulation
    preparation: Preparation
    ramp: Ramp
    marks: Marks
    rinseback: Rinseback


@dataclass(frozen=True, slots=True)
class PidGains:
    """Proportional gain (output unit per input unit), integral time, derivative time and its filter."""

    kp: Gain
    ti_s: Annotated[float, Interval(gt=0, le=100000), Unit("s")]
    td_s: Annotated[float, Interval(ge=0, le=1000), Unit("s")] = 0.0


@dataclass(frozen=True, slots=True)
class Robustness:
    """What a loop's gains were found from and how robust they are on it; no controller reads it.

    The process is K e^(-Ls)/(Ts + 1), or K e^(-Ls)/s. With several operating points, the one with the
    largest Ms.
    """

    source: Text
    process: Literal["lag", "integrator"]
    process_gain: Annotated[float, Interval(gt=0)]
    lag_s: Annotated[float, Interval(ge=0, le=100000), Unit("s")]
    """T; 0 of an integrator."""
    delay_s: Annotated[float, Interval(ge=0, le=100000), Unit("s")]
    """L, without the mean's."""
    nrmse: Annotated[float, Interval(ge=0, le=1), Unit("fraction")]
    """What the model leaves of the response's standard deviation, beyond the noise at rest."""
    closed_s: Annotated[float, Interval(ge=0, le=100000), Unit("s")]
    """Closed-loop time constant that the gains are for."""
    ms: Annotated[float, Interval(ge=1, le=2)]
    gain_margin: Annotated[float, Interval(ge=1, le=1000)]
    phase_margin_deg: Annotated[float, Interval(ge=0, le=180), Unit("degrees")]
    damping: Annotated[float, Interval(ge=0, le=1)] | None = None
    """Of an integrator's loop."""
    mean_s: Annotated[float, Interval(ge=0, le=60), Unit("s")] = 0.0
    """The loop sees the mean of its last so many seconds."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """Gains of every controller and of every limiter that may take over from it.

    `robustness` is kept by the name of the gains it is about.
    """

    schema: Literal[1]
    provenance: Text
    blood: PidGains
    blood_access: PidGains
    blood_prefilter: PidGains
    separation: PidGains
    separation_tmp: PidGains
    perfusion: PidGains
    perfusion_inlet: PidGains
    perfusion_drop: PidGains
    balance: PidGains
    return_suction: PidGains
    temperature: PidGains
    oxygen: PidGains
    ph: PidGains
    blood_slew_ml_min_s: Annotated[float, Interval(gt=0, le=50), Unit("mL/min/s")]
    perfusion_slew_ml_min_s: Annotated[float, Interval(gt=0, le=50), Unit("mL/min/s")]
    robustness: Mapping[str, Robustness] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Device:
    """One device that a rig must have; without `serial` any of its kind will do."""

    serial: Text | None = None


@dataclass(frozen=True, slots=True)
class Rig:
    """What the controller must know of its machine."""

    schema: Literal[1]
    name: Text
    kind: Literal["SIM", "RIG", "BENCH"]
    bp_stroke_ml: Annotated[float, Interval(ge=1, le=30), Unit("mL/rev")]
    pp_stroke_ml: Annotated[float, Interval(ge=0.5, le=15), Unit("mL/rev")]
    cp_stroke_ml: Annotated[float, Interval(ge=0.5, le=15), Unit("mL/rev")]
    rp_stroke_ml: Annotated[float, Interval(ge=0.5, le=15), Unit("mL/rev")]
    return_resistance: Annotated[float, Interval(ge=0.05, le=3), Unit("mmHg/(mL/min)")]
    blood_side_ml: Volume
    plasma_side_ml: Volume
    not_fitted: tuple[str, ...]
    devices: Mapping[str, Device]
    """By the name each gives: those that must answer at a start, and no others."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits in force, by key; `hazards.LIMITS` says which keys there are and how far each may go."""

    name: str
    value: Mapping[str, float]

    def __getitem__(self, key: str) -> float:
        return self.value[key]


def limits_crc(value: Mapping[str, float]) -> int:
    """CRC-32 (zlib) of limits in their one canonical form: whoever holds equal limits gets an equal CRC.

    The keys in the order of their code points, joined by NUL, then their values in the same order as IEEE 754
    doubles, little-endian.
    """
    keys = sorted(value)
    values = struct.pack(f"<{len(keys)}d", *[value[key] for key in keys])
    return zlib.crc32(values, zlib.crc32("\0".join(keys).encode()))
