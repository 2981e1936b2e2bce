"""The start gates: what keeps a session from starting at all (H34, H40, H43, H48; swapped devices).

Pure functions over what a session is told and what answered; each gives every refusal it finds, so that all
of them can be said in one go. Nothing here substitutes anything: a gate that is shut stays shut.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from enum import Enum
from typing import Final, NamedTuple

from qh1a.plant import Identity, PlantKind
from qh1a.settings import Limits, Prescription, Rig

EMULATED: Final = "EMU-"
SIMULATED: Final = "SIM-"
"""How the serials of devices that are no hardware begin."""
CVP_MMHG: Final = 8.0
"""Pressure of the vein that the blood returns to (circuit 1)."""
WARMER_OVER_C: Final = 0.5
"""How far the warmer's outlet lies above the plasma at the bioreactor: T_w 37.5 for T_br 37.0 (circuit 2)."""
SWING_C: Final = 0.3
"""How far the plasma's temperature may swing about its set point without being wrong [design]."""
RETURN_UNDER_C: Final = 1.0
"""How far the returned plasma lies at least below the bioreactor's: T_ret 36 at most for 37 (circuit 2)."""


class Gate(Enum):
    """Why a session may not start; the texts stand in the catalogues."""

    PLANT_KIND = "what answers is not the kind of plant that was asked for"
    PURPOSE = "a bench session is for SIM and RIG only"
    DEVICE_MISSING = "a device that the rig file names does not answer"
    DEVICE_STRANGER = "a device answers that the rig file does not name"
    DEVICE_TWICE = "two devices say that they are the same"
    PRESCRIPTION_LIMITS = "the limits in force would refuse the prescription or trip at once"
    CARTRIDGE_EXPIRED = "the cartridge is past its last day"


class GateRefusal(NamedTuple):
    """One shut gate: the key or device, its value, and what is allowed."""

    gate: Gate
    what: str
    value: str
    allowed: str


Refusals = tuple[GateRefusal, ...]


def kind_of(plant: PlantKind, identities: Sequence[Identity]) -> PlantKind:
    """What a plant is, by what answered: emulated devices make it RIG whatever it says."""
    return PlantKind.RIG if any(i.serial.startswith(EMULATED) for i in identities) else plant


def shut(
    plant: PlantKind,
    identities: Sequence[Identity],
    rig: Rig,
    prescription: Prescription,
    limits: Limits,
    today: date,
) -> Refusals:
    """Every shut gate; none: the session may start."""
    kind = kind_of(plant, identities)
    return (
        *kind_refusals(plant, identities, rig),
        *device_refusals(identities, rig),
        *purpose_refusals(kind, prescription),
        *prescription_refusals(prescription, limits, today, rig),
    )


def kind_refusals(plant: PlantKind, identities: Sequence[Identity], rig: Rig) -> Refusals:
    """A plant is of the kind that its rig file says, and no simulated device stands in for a real one."""
    kind, found = kind_of(plant, identities), []
    if PlantKind.PATIENT in (plant, kind):
        allowed = "allowed SIM, RIG, BENCH: PATIENT is reserved, this is research software"
        found.append(GateRefusal(Gate.PLANT_KIND, "plant", PlantKind.PATIENT.value, allowed))
    elif kind.value != rig.kind:
        why = f"allowed {rig.kind}, the kind in the rig file"
        if kind is not plant:
            why += f"; serials {EMULATED}* make a plant RIG whatever it says"
        found.append(GateRefusal(Gate.PLANT_KIND, "plant", kind.value, why))
    for i in identities:
        if i.serial.startswith(SIMULATED) is not (plant is PlantKind.SIM):
            only = (
                f"allowed {SIMULATED}* on SIM" if plant is PlantKind.SIM else f"{SIMULATED}* is for SIM only"
            )
            found.append(GateRefusal(Gate.PLANT_KIND, f"serial of {i.device}", i.serial, only))
    return tuple(found)


def device_refusals(identities: Sequence[Identity], rig: Rig) -> Refusals:
    """Exactly the devices of the rig file answer, each once and with its serial."""
    found = []
    here = Counter(i.device for i in identities)
    for name, device in rig.devices.items():
        if not here[name]:
            serial = "any serial" if device.serial is None else f"serial {device.serial}"
            found.append(GateRefusal(Gate.DEVICE_MISSING, name, "no answer", f"expected with {serial}"))
    for i in identities:
        known = rig.devices.get(i.device)
        if known is None:
            names = ", ".join(rig.devices)
            found.append(GateRefusal(Gate.DEVICE_STRANGER, i.device, i.serial, f"the rig has {names}"))
        elif known.serial is not None and i.serial != known.serial:
            why = f"allowed {known.serial}, its serial in the rig file"
            found.append(GateRefusal(Gate.DEVICE_STRANGER, i.device, i.serial, why))
    for name, times in here.items():
        if times > 1:
            found.append(GateRefusal(Gate.DEVICE_TWICE, name, f"{times} answers", "allowed one"))
    for serial in dict.fromkeys(i.serial for i in identities):
        owners = sorted({i.device for i in identities if i.serial == serial})
        if len(owners) > 1:
            why = "allowed one device of each serial"
            found.append(GateRefusal(Gate.DEVICE_TWICE, " and ".join(owners), serial, why))
    return tuple(found)


def purpose_refusals(kind: PlantKind, prescription: Prescription) -> Refusals:
    """A session that ends within minutes and starts primed is nothing for a real machine."""
    if prescription.purpose != "bench" or kind in (PlantKind.SIM, PlantKind.RIG):
        return ()
    why = f'allowed on SIM and RIG, not on {kind.value}; prescribe purpose = "treatment"'
    return (GateRefusal(Gate.PURPOSE, "prescription.purpose", "bench", why),)


def prescription_refusals(
    prescription: Prescription, limits: Limits, today: date, rig: Rig | None = None
) -> Refusals:
    """What can be said of a prescription without a plant, and with a rig file what that adds."""
    found = [
        GateRefusal(Gate.PRESCRIPTION_LIMITS, f"prescription.{b.key}", f"{b.value:g}", b.why)
        for b in _bounds(prescription, limits, rig)
        if b.broken
    ]
    last = date.fromisoformat(prescription.cartridge.expires)
    if today > last:
        why = f"allowed from {today.isoformat()}, today"
        found.append(GateRefusal(Gate.CARTRIDGE_EXPIRED, "prescription.cartridge.expires", str(last), why))
    return tuple(found)


class _Bound(NamedTuple):
    """A value that must lie below, or above, what a limit makes of it."""

    key: str
    value: float
    side: str
    bound: float
    reason: str

    @property
    def broken(self) -> bool:
        return self.value >= self.bound if self.side == "below" else self.value <= self.bound

    @property
    def why(self) -> str:
        return f"allowed {self.side} {self.bound:g}, {self.reason}"


def _bounds(p: Prescription, limits: Limits, rig: Rig | None) -> tuple[_Bound, ...]:
    """Every set point against the limits that look at what it makes. The limit itself trips."""
    f, prepared, rinse = p.flows, p.preparation, p.rinseback
    hot, warm = limits["t_br_hold_c"], limits["t_w_hold_c"]
    low = max((limits[key], key) for key in ("w_r_low_g", "balance_band_low_g"))
    high = min((limits[key], key) for key in ("w_r_high_g", "balance_band_high_g"))
    oxygen = limits["do_in_warn_mmhg"]
    share, warmer, cold = limits["qp_qb_warn"], limits["t_set_high_c"], limits["t_ret_warn_c"]
    rows = (
        _Bound("flows.plasma_ml_min", f.plasma_ml_min, "below", share * f.blood_ml_min,
               f"limits.qp_qb_warn {share:g} x blood_ml_min"),
        _Bound("flows.temperature_c", f.temperature_c, "below", hot - SWING_C,
               f"limits.t_br_hold_c {hot:g} less {SWING_C:g} C that it may swing"),
        _Bound("flows.temperature_c", f.temperature_c, "below", warm - WARMER_OVER_C,
               f"limits.t_w_hold_c {warm:g} less {WARMER_OVER_C:g} C that the warmer stands above it"),
        _Bound("flows.temperature_c", f.temperature_c, "below", warmer - WARMER_OVER_C,
               f"limits.t_set_high_c {warmer:g} less {WARMER_OVER_C:g} C that the warmer stands above it"),
        _Bound("flows.temperature_c", f.temperature_c, "above", cold + RETURN_UNDER_C,
               f"limits.t_ret_warn_c {cold:g} and {RETURN_UNDER_C:g} C that are lost up to the return"),
        _Bound("flows.do_in_mmhg", f.do_in_mmhg, "below", oxygen, "limits.do_in_warn_mmhg"),
        _Bound("flows.ph", f.ph, "above", limits["ph_low_warn"], "limits.ph_low_warn"),
        _Bound("flows.ph", f.ph, "below", limits["ph_high_warn"], "limits.ph_high_warn"),
        _Bound("anticoagulation.cap_ml", p.anticoagulation.cap_ml, "below", limits["hep_used_ml"],
               "limits.hep_used_ml, where the syringe is as good as empty"),
        _Bound("preparation.reservoir_g", prepared.reservoir_g, "above", low[0], f"limits.{low[1]}"),
        _Bound("preparation.reservoir_g", prepared.reservoir_g, "below", high[0], f"limits.{high[1]}"),
        _Bound("rinseback.chase_ml", rinse.chase_ml, "below", limits["rinse_plasma_extra_ml"],
               "limits.rinse_plasma_extra_ml"),
        _Bound("rinseback.saline_ml", rinse.saline_ml, "below", limits["rinse_saline_ml"],
               "limits.rinse_saline_ml"),
    )  # fmt: skip
    if rig is None:
        return rows
    high_ven, resistance = limits["p_ven_high_mmhg"], rig.return_resistance
    why = f"limits.p_ven_high_mmhg {high_ven:g} at rig.return_resistance {resistance:g}"
    most = (high_ven - CVP_MMHG) / resistance
    return (*rows, _Bound("flows.blood_ml_min", f.blood_ml_min, "below", most, why))
