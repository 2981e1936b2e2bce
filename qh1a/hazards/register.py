"""The register of hazards: what can hurt whom, what stands against it, and the test that proves it."""

from dataclasses import dataclass
from typing import Final

from qh1a.hazards.rules import RULES, Rule


@dataclass(frozen=True, slots=True)
class Control:
    """One means against a hazard, and the test that proves it.

    `ref` is a rule, an interlock (I1-I14), a start gate or a design property; `test` is `file::function`.
    """

    ref: str
    test: str


@dataclass(frozen=True, slots=True)
class Hazard:
    """What can hurt whom, how badly (1-5, 5 is death), and what stands against it."""

    id: str
    harm: str
    severity: int
    controls: tuple[Control, ...] = ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The stages of this hazard."""
        return tuple(r for r in RULES if r.hazard == self.id)


_PROOF: Final = {
    "I1": "safety/test_interlocks.py::test_i01_venous_clamp_closed_stops_blood_and_return",
    "I2": "safety/test_interlocks.py::test_i02_a_standing_blood_pump_stops_separation_and_return",
    "I3": "safety/test_interlocks.py::test_i03_separation_stays_within_the_lowest_blood_flow",
    "I4": "safety/test_interlocks.py::test_i04_no_return_without_its_eyes",
    "I5": "safety/test_interlocks.py::test_i05_no_heat_without_two_good_probes_below_the_trip",
    "I6": "safety/test_interlocks.py::test_i06_heparin_stops_thirty_seconds_after_the_blood",
    "I7": "safety/test_interlocks.py::test_i07_a_balance_at_its_limit_stops_separation_and_return",
    "I8": "safety/test_interlocks.py::test_i08_no_command_is_valid_for_more_than_a_second",
    "I9": "safety/test_interlocks.py::test_i09_what_may_not_run_in_a_phase",
    "I10": "safety/test_interlocks.py::test_i10_no_intent_can_move_a_limit",
    "I11": "safety/test_interlocks.py::test_i11_no_return_into_a_closed_plasma_clamp",
    "I12": "safety/test_interlocks.py::test_i12_the_return_stays_below_perfusion",
    "I13": "safety/test_interlocks.py::test_i13_no_gas_and_no_heat_without_perfusion",
    "I14": "safety/test_interlocks.py::test_i14_no_blood_without_its_eyes",
    "limiter": "safety/test_loops.py::test_a_limiter_takes_over_before_the_trip_and_gives_back",
    "R1 lowers separation": "safety/test_loops.py::test_r1_takes_separation_down_in_steps_to_ten",
    "air counters lose nothing": "safety/test_estimators.py::test_a_missed_poll_loses_no_air",
    "air sums outlast a pause": "safety/test_estimators.py::test_a_pause_does_not_reset_the_air_sums",
    "expected pressure freezes": "safety/test_estimators.py::test_expected_pressure_freezes_beyond_its_limit",
    "R4s lets pressure out": "safety/test_core.py::test_r4s_lets_the_pressure_out_then_closes",
    "balance by scales": "safety/test_balance.py::test_each_term_of_the_balance",
    "a touched scale freezes": "safety/test_balance.py::test_a_touched_bag_freezes_the_trim",
    "two eyes on the balance": "safety/test_balance.py::test_a_return_that_leaves_the_learned_ratio",
    "clamp before pump": "safety/test_loops.py::test_the_clamp_opens_before_the_return_pump_and_closes_after",
    "saline holds the level": "safety/test_loops.py::test_the_saline_clamp_holds_the_level",
    "caps are given once": "safety/test_balance.py::test_a_pause_does_not_give_the_rinse_caps_again",
    "an extension ends by force":
        "control/test_time_rules.py::test_the_longest_extension_ends_the_plasma_side_by_force",
    "the cap wins": "control/test_time_rules.py::test_the_cap_wins_over_an_extension",
    "heparin cap": "safety/test_loops.py::test_heparin_gives_the_bolus_then_the_rate_and_stops_at_the_cap",
    "heparin against its command": "safety/test_heparin.py::test_a_pump_that_gives_too_much_is_stopped",
    "gas against plasma": "safety/test_gas_pressure.py::test_gas_pressure_counts_against_the_plasma",
    "perfusion missing is seen":
        "safety/test_estimators.py::test_a_share_of_the_commanded_flow_is_a_fault",
    "the supervisor only lowers": "safety/test_supervisor.py::test_any_wish_any_reading_any_response",
    "only GOOD readings are used": "safety/test_alarm_battery.py::test_a_reading_not_good_never_trips",
    "the node's own eyes": "faults/test_node_trips.py::test_a_rule_trips_for_a_host_that_does_not_act",
    "equal limits before a start": "safety/test_agreement.py::test_one_flipped_bit_and_no_session_starts",
    "limits summed every ten seconds":
        "safety/test_agreement.py::test_one_flipped_bit_in_a_treatment_stops_it_within_ten_seconds",
    "silence is safe": "sim/test_node.py::test_the_lease_ends_exactly_at_valid_until",
    "a trip stays": "sim/test_node.py::test_a_trip_stays_against_any_running_command",
    "two eyes agree": "safety/test_plausible.py::test_two_eyes_may_differ_up_to_their_limit",
    "a flat line is seen":
        "safety/test_plausible.py::test_a_line_that_stands_still_while_its_pump_turns_is_flat",
    "an old reading is not used":
        "safety/test_validate.py::test_a_value_is_good_to_the_last_nanosecond_of_its_age",
    "delivery is read back": "contract/test_plant_contract.py::test_delivery_is_pending_then_confirmed",
    "a void command does nothing":
        "contract/test_plant_contract.py::test_a_command_that_is_already_void_does_nothing",
    "a restart finds it safe":
        "contract/test_plant_contract.py::test_a_host_that_comes_back_after_a_gap_finds_it_safe",
    "patient off is believed late":
        "control/test_time_rules.py::test_disconnected_is_believed_only_when_everything_stands_and_is_clamped",
    "set points have limits":
        "control/test_time_rules.py::test_a_set_point_is_taken_at_its_limits_and_refused_beyond",
    "two presses on two places":
        "system/test_console_races.py::test_no_single_key_and_no_double_tap_changes_therapy",
    "a step nobody saw is not confirmed":
        "link/test_link.py::test_a_wish_is_stale_once_another_was_taken_after_what_was_seen",
    "a second person signs": "console/test_app.py::test_beyond_the_soft_limit_two_people_change_it",
    "on the screen within a second":
        "system/test_console.py::test_a_high_alarm_is_on_the_screen_within_a_second_and_in_every_page",
    "a dead console says so":
        "system/test_console.py::test_a_dead_console_says_so_and_the_treatment_goes_on",
    "reminders": "safety/test_alarm_signals.py::test_an_answered_alarm_whose_cause_stays_speaks_again",
    "an audio pause ends":
        "safety/test_alarm_signals.py::test_an_audio_pause_is_silent_for_two_minutes_and_touches_nothing_else",
    "the greater alarm speaks":
        "safety/test_alarm_battery.py::test_silent_while_the_greater_alarm_is_present",
    "ripple is one alarm": "safety/test_alarm_signals.py::test_ripple_about_a_limit_is_one_alarm",
    "a full disk is told":
        "record/test_durable.py::test_a_full_disk_is_an_error_and_what_was_durable_stays",
    "any changed byte is found": "record/test_verify.py::test_any_byte_of_a_record_counts",
    "no path from the network":
        "project/test_contracts.py::test_the_tree_keeps_every_contract_and_each_is_proved_here",
    "the watchdog trips in every self-test":
        "safety/test_watchdog.py::test_the_lease_is_withheld_until_the_node_says_that_it_has_tripped",
    "a deaf watchdog starts nothing":
        "safety/test_watchdog.py::test_a_node_that_ignores_the_lease_or_stays_tripped_is_refused",
    "patient and cartridge are scanned":
        "safety/test_scans.py::test_one_scan_missing_the_step_is_not_confirmed",
    "a wrong scan stops the step":
        "safety/test_scans.py::test_a_wrong_scan_is_refused_and_so_is_the_step_even_after_a_right_one",
    "an earlier scan is void": "safety/test_scans.py::test_a_scan_of_an_earlier_attempt_does_not_count",
    "patient off is scanned again":
        "safety/test_scans.py::test_who_comes_back_after_patient_off_is_scanned_again",
    "an expired cartridge starts nothing":
        "safety/test_start_gates.py::test_a_cartridge_is_good_on_its_last_day",
    "limits gate the prescription":
        "safety/test_start_gates.py::"
        "test_what_the_limits_would_trip_on_at_once_is_refused_at_the_limit_itself",
    "the plant is the rig file's":
        "safety/test_start_gates.py::test_the_plant_is_what_its_rig_file_says",
    "serials say what is real":
        "safety/test_start_gates.py::test_a_simulator_never_stands_in_for_a_device_nor_a_device_for_it",
    "a missing device starts nothing":
        "safety/test_start_gates.py::test_a_device_that_does_not_answer_stops_the_start",
    "swapped devices are strangers":
        "safety/test_start_gates.py::test_two_swapped_devices_are_both_strangers",
    "a simulator never stands in":
        "project/test_contracts.py::test_one_forbidden_import_breaks_its_contract_and_no_other",
}  # fmt: skip
"""What else stands against hazards, besides their rules, and where each is proved."""


def _hazard(id_: str, severity: int, harm: str, *others: str) -> Hazard:
    """A row whose controls are its rules, each proved by its row of the sources, and the others named."""
    proof = "tests/safety/test_expected_behaviour.py::test_a_rule_behaves_as_its_row_says"
    stages = tuple(Control(r.id, proof) for r in RULES if r.hazard == id_)
    return Hazard(id_, harm, severity, stages + tuple(Control(o, f"tests/{_PROOF[o]}") for o in others))


_EYES: Final = "the node's own eyes"
_SUP: Final = "the supervisor only lowers"

HAZARDS: Final[tuple[Hazard, ...]] = (
    _hazard("H01", 5, "air to the patient: embolism", "I1", "I14", "air counters lose nothing", _EYES),
    _hazard("H02", 4, "micro-air adds up: embolism", "air sums outlast a pause", "air counters lose nothing"),
    _hazard("H03", 4, "air in the plasma return: embolism", "I4", "I11", "air counters lose nothing", _EYES),
    _hazard("H04", 4, "the venous chamber runs empty: air", "I14"),
    _hazard("H05", 5, "venous line off: blood loss", "I14", "expected pressure freezes", _EYES),
    _hazard("H06", 4, "return line closed: burst, haemolysis", "I1", "R4s lets pressure out", _EYES),
    _hazard("H07", 4, "suction at the access: vessel injury, haemolysis, degassing", "I14", "limiter"),
    _hazard("H08", 5, "access line open before the pump: air, blood loss", "I14"),
    _hazard("H09", 4, "pressure before the separator: burst, haemolysis", "I14", "limiter"),
    _hazard("H10", 4, "high TMP: haemolysis, membrane tear", "I3", "limiter", "R1 lowers separation"),
    _hazard("H11", 4, "reverse TMP: plasma and debris pressed into the blood", "I2"),
    _hazard("H12", 4, "too much plasma taken from the blood: haemoconcentration, clots", "I2", "I3"),
    _hazard("H13", 5, "red cells or free haemoglobin in the plasma: cell damage", "I3", "limiter"),
    _hazard("H14", 5, "reactor over-pressure: fibres break, cells reach the patient", "limiter", _SUP),
    _hazard("H15", 5, "second filter breach: cells or particles to the patient", "I11"),
    _hazard("H16", 3, "second filter clogs: back-pressure, balance", "limiter", "I12"),
    _hazard(
        "H17", 5, "fluid lost or gained: hypo- or hypervolaemia", "I7", "balance by scales",
        "a touched scale freezes", "two eyes on the balance",
    ),
    _hazard("H18", 4, "the reservoir runs empty: air to the return pump", "I4", "I12"),
    _hazard("H19", 3, "the reservoir overflows: plasma lost, contamination", "balance by scales"),
    _hazard(
        "H20", 5, "plasma over-heated: denatured protein, haemolysis, dead cells", "I5", "I13", "I8", _EYES,
    ),
    _hazard("H21", 3, "cold return: hypothermia, arrhythmia; cold cells", "I12"),
    _hazard("H22", 3, "cells without oxygen: function lost, debris", "perfusion missing is seen"),
    _hazard("H23", 3, "too much oxygen or a wrong pH: cells and patient", "I13"),
    _hazard("H24", 4, "gas pressed through the oxygenator: bubbles", "gas against plasma", "I13"),
    _hazard("H25", 4, "standing blood clots: 180-250 mL of blood lost", "I6", "heparin cap"),
    _hazard("H26", 5, "too much heparin: bleeding", "I6", "heparin cap", "heparin against its command"),
    _hazard("H27", 3, "too little heparin: clots", "limiter", "heparin against its command"),
    _hazard("H28", 4, "a pump runs wrong or backwards: harm by any pump", "I2", "I3", "I9", _SUP, _EYES),
    _hazard("H29", 5, "a clamp does not close when it must", "I1", "I11", "clamp before pump", _EYES),
    _hazard("H30", 5, "a patient clamp opens by itself in a stop", "I1", "silence is safe", _EYES),
    _hazard(
        "H31", 4, "a sensor lies or falls silent", "I4", "I5", "I14", "only GOOD readings are used",
        "two eyes agree", "a flat line is seen",
    ),
    _hazard("H32", 4, "old data are taken for new", "I4", "I14", "an old reading is not used"),
    _hazard("H33", 5, "the controller hangs or dies", "I8", "silence is safe"),
    _hazard(
        "H34", 5, "the watchdog itself is dead: nothing acts for a hung controller",
        "the watchdog trips in every self-test", "a deaf watchdog starts nothing",
    ),
    _hazard(
        "H35", 4, "protective and control limits differ: one side acts late or never",
        "equal limits before a start", "limits summed every ten seconds",
    ),
    _hazard(
        "H36", 5, "a garbled message moves something", "delivery is read back", "a void command does nothing"
    ),
    _hazard("H37", 5, "mains lost, battery empty: everything stops", "I8", "silence is safe"),
    _hazard("H38", 5, "power returns, pumps start by themselves", "a restart finds it safe", "a trip stays"),
    _hazard("H39", 3, "session too long or too short", "an extension ends by force", "the cap wins"),
    _hazard(
        "H40", 5, "the wrong patient, prescription or cartridge", "patient and cartridge are scanned",
        "a wrong scan stops the step", "an earlier scan is void", "patient off is scanned again",
        "an expired cartridge starts nothing",
    ),
    _hazard("H41", 5, "disconnection while blood still moves: blood loss", "patient off is believed late"),
    _hazard("H42", 4, "rinse-back: too much volume, air", "caps are given once", "saline holds the level"),
    _hazard(
        "H43", 4, "an operator's slip sets what is unsafe", "set points have limits", "I3", "I10",
        "limits gate the prescription", "two presses on two places", "a step nobody saw is not confirmed",
        "a second person signs",
    ),
    _hazard(
        "H44", 4, "an alarm is not perceived", "reminders", "an audio pause ends",
        "on the screen within a second", "a dead console says so",
    ),
    _hazard("H45", 4, "a flood of alarms hides the cause", "the greater alarm speaks", "ripple is one alarm"),
    _hazard("H46", 3, "the record is lost or altered", "a full disk is told", "any changed byte is found"),
    _hazard("H47", 5, "somebody on the network changes the therapy", "no path from the network"),
    _hazard(
        "H48", 5, "a simulator is taken for the machine, or the reverse", "a simulator never stands in",
        "the plant is the rig file's", "serials say what is real", "a missing device starts nothing",
        "swapped devices are strangers",
    ),
    _hazard("H49", 3, "blood or plasma leaks to the floor", "balance by scales", "two eyes on the balance"),
    _hazard("H50", 3, "the cells stand without perfusion: function lost", "I13"),
    _hazard("H51", 4, "return line closed behind the return pump: burst", "I11", "clamp before pump"),
    _hazard("H52", 4, "suction behind the second filter: degassing, air", "I12", "limiter"),
)  # fmt: skip
"""Safety 4.3 with the rows that the circuit changes and adds."""
