"""What no single bound can say: checks across the keys of one configuration."""

import dataclasses
import re
from collections import Counter
from datetime import date
from typing import Final, NamedTuple

from qh1a.channels import BY_ID, N_MEASURED
from qh1a.config.tables import unknown
from qh1a.settings import NOMINAL_HOURS, PLASMA_TO_BLOOD_MAX, PidGains, Prescription, Rig, Tuning

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DEVICE: Final = re.compile(r"[a-z][a-z0-9_]*")
_SERIALS: Final = {
    "SIM": (re.compile(r"SIM-.+"), "allowed SIM-*"),
    "RIG": (re.compile(r"(?!SIM-).+"), "allowed any but SIM-*"),
    "BENCH": (re.compile(r"(?!SIM-|EMU-).+"), "allowed any but SIM-* and EMU-*"),
}
"""By kind of rig the serials it may expect: simulated and emulated devices are no hardware."""


class Problem(NamedTuple):
    """One contradiction: the key to name, its value, what is allowed, and the other keys it depends on."""

    key: str
    value: str
    allowed: str
    also: tuple[str, ...] = ()


def prescription_problems(p: Prescription) -> tuple[Problem, ...]:
    """What contradicts itself, or a rule of the trial or the circuit, in a prescription."""
    return (*_hours(p), *_flows(p), *_heparin(p), *_bench(p), *_cartridge(p))


def _hours(p: Prescription) -> tuple[Problem, ...]:
    allowed = NOMINAL_HOURS[p.purpose]
    if p.nominal_h in allowed:
        return ()
    names = ", ".join(f"{h:g}" for h in allowed)
    return (
        Problem("prescription.nominal_h", f"{p.nominal_h:g}", f"allowed {names}", ("prescription.purpose",)),
    )


def _flows(p: Prescription) -> tuple[Problem, ...]:
    flows, found = p.flows, []
    blood, plasma, perfusion = (f"prescription.flows.{k}_ml_min" for k in ("blood", "plasma", "perfusion"))
    most = PLASMA_TO_BLOOD_MAX * flows.blood_ml_min
    if flows.plasma_ml_min > most:
        why = f"allowed up to {most:g} mL/min, {PLASMA_TO_BLOOD_MAX:g} of blood_ml_min"
        found.append(Problem(plasma, f"{flows.plasma_ml_min:g}", why, (blood,)))
    least = 1.1 * flows.plasma_ml_min + 5.0
    if flows.perfusion_ml_min < least:
        # I12: the return pump stays 3 mL/min below the perfusion flow; exactly this is single pass.
        why = f"allowed from {least:g} mL/min, 1.1 x plasma_ml_min + 5"
        found.append(Problem(perfusion, f"{flows.perfusion_ml_min:g}", why, (plasma,)))
    if p.ramp.blood_start_ml_min > flows.blood_ml_min:
        key = "prescription.ramp.blood_start_ml_min"
        why = f"allowed up to {flows.blood_ml_min:g} mL/min, flows.blood_ml_min"
        found.append(Problem(key, f"{p.ramp.blood_start_ml_min:g}", why, (blood,)))
    return tuple(found)


def _heparin(p: Prescription) -> tuple[Problem, ...]:
    a = p.anticoagulation
    bolus, rate, cap = (f"prescription.anticoagulation.{k}" for k in ("bolus_ml", "rate_ml_h", "cap_ml"))
    if a.agent == "none":
        given = ((bolus, a.bolus_ml), (rate, a.rate_ml_h), (cap, a.cap_ml))
        also = ("prescription.anticoagulation.agent",)
        return tuple(Problem(k, f"{v:g}", 'allowed 0 with agent = "none"', also) for k, v in given if v > 0)
    least = a.bolus_ml + a.rate_ml_h * p.nominal_h
    if a.bolus_ml + a.rate_ml_h <= 0:
        return (Problem(rate, "0", 'allowed above 0 with agent = "UFH" and no bolus', (bolus,)),)
    if a.cap_ml < least:
        why = f"allowed from {least:g} mL, bolus_ml + rate_ml_h x nominal_h"
        return (Problem(cap, f"{a.cap_ml:g}", why, (bolus, rate, "prescription.nominal_h")),)
    return ()


def _cartridge(p: Prescription) -> tuple[Problem, ...]:
    expires = p.cartridge.expires
    try:
        if _DATE.fullmatch(expires):
            date.fromisoformat(expires)
            return ()
    except ValueError:
        pass
    return (Problem("prescription.cartridge.expires", f'"{expires}"', 'allowed a date, as "2030-12-31"'),)


def _bench(p: Prescription) -> tuple[Problem, ...]:
    marks, found = p.marks, []
    if p.preparation.starts_primed and p.purpose != "bench":
        found.append(
            Problem(
                "prescription.preparation.starts_primed", "true", 'allowed false unless purpose = "bench"',
                ("prescription.purpose",),
            )
        )  # fmt: skip
    for name, value in (("window_s", marks.window_s), ("extension_max_s", marks.extension_max_s)):
        if p.purpose == "treatment" and value > 900.0:
            # The trial's window is +/-15 min; an extension ends inside it.
            found.append(Problem(f"prescription.marks.{name}", f"{value:g}", "allowed up to 900 s, 15 min"))
    if marks.extension_max_s > marks.window_s:
        why = f"allowed up to {marks.window_s:g} s, window_s"
        found.append(
            Problem(
                "prescription.marks.extension_max_s", f"{marks.extension_max_s:g}", why,
                ("prescription.marks.window_s",),
            )
        )  # fmt: skip
    if p.rinseback.reservoir_end_g > p.preparation.reservoir_g:
        why = f"allowed up to {p.preparation.reservoir_g:g} g, preparation.reservoir_g"
        found.append(
            Problem(
                "prescription.rinseback.reservoir_end_g", f"{p.rinseback.reservoir_end_g:g}", why,
                ("prescription.preparation.reservoir_g",),
            )
        )  # fmt: skip
    return tuple(found)


def tuning_problems(tuning: Tuning) -> tuple[Problem, ...]:
    """Robustness of gains that do not exist."""
    names = [f.name for f in dataclasses.fields(tuning) if isinstance(getattr(tuning, f.name), PidGains)]
    return tuple(
        Problem(f"tuning.robustness.{name}", "", unknown(name, names, "loop"))
        for name in tuning.robustness
        if name not in names
    )


def rig_problems(rig: Rig) -> tuple[Problem, ...]:
    """Channels that do not exist among those not fitted, and devices that no rig of its kind can have."""
    measured = {id_ for id_, channel in BY_ID.items() if channel < N_MEASURED}
    return (*_devices(rig), *_unknown(rig, measured))


def _unknown(rig: Rig, measured: set[str]) -> tuple[Problem, ...]:
    return tuple(
        Problem("rig.not_fitted", f'"{name}"', unknown(name, sorted(measured), "channel"))
        for name in rig.not_fitted
        if name not in measured
    )


def _devices(rig: Rig) -> tuple[Problem, ...]:
    found = [] if rig.devices else [Problem("rig.devices", "{}", "allowed is at least one device")]
    serials = {name: device.serial for name, device in rig.devices.items() if device.serial is not None}
    times = Counter(serials.values())
    found += [
        Problem("rig.devices", f'"{name}"', "allowed small letters, digits and _")
        for name in rig.devices
        if not _DEVICE.fullmatch(name)
    ]
    for name, serial in serials.items():
        key = f"rig.devices.{name}.serial"
        if times[serial] > 1:
            found.append(Problem(key, f'"{serial}"', "allowed once: each device has its own"))
        form, allowed = _SERIALS[rig.kind]
        if not form.fullmatch(serial):
            found.append(Problem(key, f'"{serial}"', f'{allowed} with kind = "{rig.kind}"', ("rig.kind",)))
    return tuple(found)
