"""How much each fault of the catalogue hurts where nothing reacts, and what is left with the protections."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from qh1a.sim.disturbance import Disturbance
from qh1a.sim.truth import Truth


@dataclass(frozen=True, slots=True)
class Hurt:
    """A figure of the ledger, beyond the twin's, in its own unit: `by` to 1.5 `by`, of which `left` remains.

    `left`: at most this is there when the protections act; None where they leave it as it is.
    """

    by: float
    left: float | None


@dataclass(frozen=True, slots=True)
class Case:
    """A fault watched for `watched_s`: the figures that its row names.

    `magnitude`: where the usual one hurts too little to be told from nothing. `beside`: disturbances that the
    twin has, too, so that a slow harm comes soon. `helpless`: why the response of the row makes none of them
    clearly less.
    """

    hurts: Mapping[Truth, Hurt]
    watched_s: float = 900.0
    magnitude: float | None = None
    beside: tuple[tuple[Disturbance, float], ...] = ()
    helpless: str = ""


_D, _T = Disturbance, Truth
LEDGER: Final[Mapping[Truth, float]] = {
    _T.AIR_PATIENT_ML: 0.0, _T.HARM_AIR_BOLUS_ML: 0.0, _T.HARM_AIR_5MIN_ML_KG: 0.0,
    _T.BLOOD_LOST_ML: 0.0, _T.RBC_LOST_ML: 0.0,
    # 40 mL of blood, which the blood side holds more or less of at other pressures.
    _T.RBC_CIRCUIT_ML: 15.0,
    # Half of what the balance warns at.
    _T.HARM_FLUID_ERROR_ML: 25.0,
    _T.HARM_HOTTEST_C: 0.3, _T.HARM_COLDEST_C: 0.5,
    _T.HARM_FREE_HAEM_UMOL: 0.15, _T.HARM_DEBRIS_1E6: 1e-9,
    _T.HARM_CLOTTING_MIN: 0.0, _T.HARM_HYPOXIA_MIN: 0.0, _T.HARM_HEAT_MIN: 0.0, _T.HARM_STANDSTILL_MIN: 0.0,
}  # fmt: skip
"""The figures judged, and how far each may be off the twin's where a row does not name it."""

_CELLS_ONLY: Final = (
    "R2 keeps the plasma from the patient; more oxygen than there is it cannot bring the cells"
)
# What is not modelled does no harm here: lines that burst under pressure (return_line_kink), blood that clots
# where it stands in a line (blood_pump_stall), endotoxin (contamination).
CASES: Final[Mapping[str, Case]] = {
    # Q_b, 130 mL/min, Hct 0.38: for 5 min; or the 3 s of the rule and what runs after.
    "return_disconnection": Case(
        {
            _T.BLOOD_LOST_ML: Hurt(550.0, 15.0), _T.RBC_LOST_ML: Hurt(210.0, 6.0),
            _T.HARM_FLUID_ERROR_ML: Hurt(540.0, 5.0),
        },
        300.0,
    ),
    # The blood side swells, TMP climbs, cells burst at the membrane; what still returns is cold.
    "return_line_kink": Case(
        {
            _T.HARM_FREE_HAEM_UMOL: Hurt(0.35, 0.0), _T.HARM_FLUID_ERROR_ML: Hurt(21.0, 18.0),
            _T.HARM_COLDEST_C: Hurt(4.0, 0.5),
        },
        magnitude=50.0,
    ),
    # P_acc tells in a second, the air takes a minute to the chamber; the catheter drips until somebody comes.
    "access_disconnection": Case(
        {
            _T.AIR_PATIENT_ML: Hurt(750.0, 0.0), _T.HARM_AIR_BOLUS_ML: Hurt(4.0, 0.0),
            _T.HARM_AIR_5MIN_ML_KG: Hurt(11.0, 0.0), _T.BLOOD_LOST_ML: Hurt(55.0, None),
            _T.RBC_LOST_ML: Hurt(21.0, None), _T.HARM_FLUID_ERROR_ML: Hurt(105.0, 5.0),
        },
        300.0,
    ),
    "tube_rupture": Case(
        {
            _T.BLOOD_LOST_ML: Hurt(125.0, None), _T.RBC_LOST_ML: Hurt(48.0, None),
            _T.HARM_FLUID_ERROR_ML: Hurt(120.0, None),
        },
        300.0,
        helpless="R2 stops the plasma side; the blood pump feeds the leak until somebody looks",
    ),
    "blood_leak": Case({_T.RBC_CIRCUIT_ML: Hurt(16.0, 0.0)}, magnitude=0.1),
    "tmp_runaway": Case({_T.HARM_FREE_HAEM_UMOL: Hurt(0.65, None)}),
    # The blood pump at its least flow goes on, and with it what it bursts.
    "haemolysis": Case({_T.HARM_FREE_HAEM_UMOL: Hurt(22.0, 6.0)}),
    "heparin_overdose": Case({_T.HARM_CLOTTING_MIN: Hurt(12.0, None)}, 3600.0),
    "membrane_fouling": Case({_T.HARM_FREE_HAEM_UMOL: Hurt(0.75, None)}),
    # Q_p, 30 mL/min, is kept.
    "return_pump_stall": Case({_T.HARM_FLUID_ERROR_ML: Hurt(370.0, 5.0)}),
    "plasma_return_kink": Case({_T.HARM_FLUID_ERROR_ML: Hurt(310.0, 5.0)}),
    "second_filter_clogging": Case({_T.HARM_FLUID_ERROR_ML: Hurt(85.0, 6.0)}, 1800.0),
    # Some hundred cells: next to nothing leaves the closed shell.
    "second_filter_breach": Case({_T.HARM_DEBRIS_1E6: Hurt(3e-4, 0.0)}),
    "air_in_plasma_line": Case(
        {
            _T.AIR_PATIENT_ML: Hurt(14.0, 0.0), _T.HARM_AIR_BOLUS_ML: Hurt(0.08, 0.0),
            _T.HARM_AIR_5MIN_ML_KG: Hurt(0.19, 0.0),
        }
    ),
    "chamber_level_low": Case(
        {
            _T.AIR_PATIENT_ML: Hurt(15.0, 0.0), _T.HARM_AIR_BOLUS_ML: Hurt(0.09, 0.0),
            _T.HARM_AIR_5MIN_ML_KG: Hurt(0.19, 0.0),
        }
    ),
    "plasma_clamp_stuck_closed": Case({_T.HARM_FLUID_ERROR_ML: Hurt(370.0, 5.0)}),
    "filtrate_line_collapsed": Case({_T.HARM_FREE_HAEM_UMOL: Hurt(5.5, 2.0)}),
    "heater_stuck_on": Case({_T.HARM_HEAT_MIN: Hurt(10.0, 0.0)}),
    "gas_supply_lost": Case(
        {_T.HARM_HYPOXIA_MIN: Hurt(3.6, None)}, 1800.0, beside=((_D.CELL_ACTIVITY, 6.0),)
    ),
    "cell_hypoxia": Case({_T.HARM_HYPOXIA_MIN: Hurt(10.0, None)}, magnitude=20.0),
    "contamination": Case({_T.HARM_HYPOXIA_MIN: Hurt(8.0, None)}, magnitude=30.0, helpless=_CELLS_ONLY),
    # The 30 g.
    "scale_creep": Case({_T.HARM_FLUID_ERROR_ML: Hurt(26.0, 5.0)}),
    # The return pump sucks in vain, and Q_p is kept.
    "perfusion_pump_stall": Case(
        {_T.HARM_STANDSTILL_MIN: Hurt(12.0, None), _T.HARM_FLUID_ERROR_ML: Hurt(370.0, 5.0)}
    ),
    "air_in_return_line": Case(
        {
            _T.AIR_PATIENT_ML: Hurt(70.0, 0.0), _T.HARM_AIR_BOLUS_ML: Hurt(0.19, 0.0),
            _T.HARM_AIR_5MIN_ML_KG: Hurt(0.38, 0.0),
        }
    ),
    "return_catheter_out": Case(
        {
            _T.BLOOD_LOST_ML: Hurt(550.0, None), _T.RBC_LOST_ML: Hurt(210.0, None),
            _T.HARM_FLUID_ERROR_ML: Hurt(540.0, None),
        },
        300.0,
    ),
}  # fmt: skip
