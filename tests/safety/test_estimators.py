"""Derived channels: each mean, drop, sum and timer against its definition (circuit 2, 4, 6)."""

import math

import pytest

from qh1a.channels import Channel
from qh1a.control.alarms import Alarms
from qh1a.tick import Event, EventCode, Quality, Response, State
from qh1a.units import NS_PER_S
from tests.safety.bench import LIMITS, P4H, Bench, C, S

KG = P4H.patient.weight_kg


def trips(bench: Bench, seconds: float) -> list[str]:
    """The rules that an alarm system raises while the bench runs on."""
    alarms = Alarms(LIMITS)
    events: list[Event] = []
    for _ in range(round(seconds * 10)):
        bench.run()
        alarms.step(bench.now, bench.state, bench.v, bench.q, events)
    return [e.subject for e in events if e.code is EventCode.ALARM_RAISED]


# -- pressures ----------------------------------------------------------------------------------------------


def test_a_healthy_treatment_raises_nothing() -> None:
    assert trips(Bench(), 120) == []


def test_tmp_is_the_mean_of_both_blood_ends_minus_the_filtrate() -> None:
    bench = Bench(changes={C.P_PRE: 83.0, C.P_VEN: 61.0, C.P_FIL: 50.0}).run()
    assert bench[C.TMP] == pytest.approx(22.0)


@pytest.mark.parametrize("lost", [C.P_PRE, C.P_VEN, C.P_FIL], ids=lambda c: c.name)
def test_tmp_needs_all_three_inputs(lost: Channel) -> None:
    bench = Bench()
    bench.lose(lost, quality=Quality.FROZEN)
    bench.run()
    assert bench.quality(C.TMP) is Quality.FROZEN
    assert bench[C.LOST_TMP] == 1.0
    bench.find(lost)
    assert bench.run()[C.LOST_TMP] == 0.0


def test_drops_over_reactor_and_second_filter() -> None:
    bench = Bench(changes={C.P_BRI: 81.0, C.P_BRO: 59.0, C.P_F2: 55.0, C.P_F2O: 40.0}).run()
    assert bench[C.DP_BR] == 22.0
    assert bench[C.DP_F2] == 15.0
    bench.lose(C.P_BRO, C.P_F2O)
    bench.run()
    assert bench.quality(C.DP_BR) is bench.quality(C.DP_F2) is Quality.STALE


def test_ratio_of_flows_on_ten_second_means() -> None:
    bench = Bench().seconds(12)
    assert bench[C.QP_QB] == pytest.approx(30.0 / 130.0)
    assert bench[C.PLASMA_SHARE] == pytest.approx(30.0 / 130.0 / (1.0 - P4H.patient.haematocrit))
    bench[C.Q_P] = 40.0
    bench.seconds(1)
    assert bench[C.Q_P_2S] == pytest.approx(35.0)
    bench.seconds(5)
    assert 33.0 / 130.0 < bench[C.QP_QB] < 37.0 / 130.0, "half of it"
    assert bench.seconds(7)[C.QP_QB] == pytest.approx(40.0 / 130.0)
    bench[C.Q_B] = 9.0
    assert bench.seconds(13).quality(C.QP_QB) is Quality.NOT_READY


def test_a_lost_meter_starts_its_means_afresh() -> None:
    bench = Bench().seconds(30)
    bench.lose(C.Q_B)
    bench[C.Q_B] = math.nan
    bench.run()
    assert bench.quality(C.Q_B_2S) is bench.quality(C.Q_B_10S) is Quality.STALE
    assert bench.v[C.Q_B_2S] == 130.0
    bench.find(C.Q_B)
    bench[C.Q_B] = 80.0
    assert bench.run()[C.Q_B_2S] == 80.0
    assert bench.seconds(2)[C.Q_B_10S] == 80.0


# -- expected venous pressure (H05) -------------------------------------------------------------------------


def settled(state: State = S.TREAT) -> Bench:
    """Expected pressure known, its re-centring done, 30 s of treatment."""
    bench = Bench(state).seconds(30)
    assert bench[C.P_VEN_DROP] == pytest.approx(0.0, abs=1e-9)
    return bench


def test_expected_venous_pressure_is_learned_ten_seconds_after_the_start() -> None:
    bench = Bench()
    assert bench.seconds(9.9).quality(C.P_VEN_DROP) is Quality.NOT_READY
    assert bench.seconds(0.3)[C.P_VEN_EXP] == pytest.approx(60.0)


def test_expected_venous_pressure_moves_with_measured_flows_at_once() -> None:
    bench = settled()
    bench[C.Q_B] = 100.0
    bench.seconds(2)
    assert bench[C.P_VEN_EXP] == pytest.approx(60.0 - 0.40 * 30.0, abs=0.2)
    bench[C.Q_P], bench[C.Q_R] = 20.0, 35.0
    bench.seconds(2)
    assert bench[C.P_VEN_EXP] == pytest.approx(60.0 - 12.0 + 0.40 * 15.0, abs=0.4)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_expected_venous_pressure_tracks_at_most_five_mmhg_a_minute(sign: float) -> None:
    bench = settled()
    bench[C.P_VEN] = 60.0 + 15.0 * sign
    last = bench.run()[C.P_VEN_EXP]
    start = last
    for _ in range(60):
        now = bench.seconds(1)[C.P_VEN_EXP]
        assert abs(now - last) <= 5.0 / 60.0 + 1e-9
        last = now
    assert (last - start) * sign == pytest.approx(5.0, abs=0.01)
    assert bench.seconds(180)[C.P_VEN_EXP] == pytest.approx(60.0 + 15.0 * sign)


def test_expected_pressure_freezes_beyond_its_limit() -> None:
    bench = settled()
    bench[C.P_VEN] = 40.0
    before = bench.run()[C.P_VEN_EXP]
    assert bench[C.P_VEN_DROP] >= 20.0 - 1e-9
    bench.seconds(300)
    assert bench[C.P_VEN_EXP] == pytest.approx(before)
    assert bench[C.P_VEN_DROP] == pytest.approx(20.0)


def test_a_slipped_line_trips_three_seconds_later() -> None:
    bench = settled()
    bench[C.P_VEN] = 39.0
    assert trips(bench, 2.9) == []
    bench = settled()
    bench[C.P_VEN] = 39.0
    assert trips(bench, 3.1) == ["H05.1"]


def test_a_fall_within_the_limit_does_not_trip() -> None:
    bench = settled()
    bench[C.P_VEN] = 41.0
    assert trips(bench, 600) == []


@pytest.mark.parametrize("lost", [C.Q_P, C.Q_R, C.Q_B, C.P_VEN], ids=lambda c: c.name)
def test_a_reading_lost_for_a_moment_does_not_hide_a_slipped_line(lost: Channel) -> None:
    bench = settled()
    bench[C.P_VEN] = 35.0
    bench.seconds(1)
    bench.lose(lost)
    assert bench.run().quality(C.P_VEN_DROP) is Quality.STALE
    bench.find(lost)
    assert "H05.1" in trips(bench, 3.1)


def test_recentred_ten_seconds_after_a_commanded_flow_step() -> None:
    bench = settled()
    bench.command(BP=120.0)
    bench[C.Q_B] = 120.0
    bench[C.P_VEN] = 66.0  # the model says 56: the resistance was learned wrong by 10 mmHg
    bench.seconds(9.9)
    assert bench[C.P_VEN_DROP] == pytest.approx(-10.0, abs=1.0)
    assert bench.seconds(0.3)[C.P_VEN_DROP] == pytest.approx(0.0, abs=0.2)


def test_a_small_commanded_change_does_not_recentre() -> None:
    bench = settled()
    bench[C.P_VEN] = 50.0
    bench.run()
    bench.command(BP=132.0)
    assert bench.seconds(15)[C.P_VEN_DROP] > 8.0


def test_recentring_never_takes_a_fall_beyond_the_limit_as_normal() -> None:
    bench = settled()
    bench.command(BP=120.0)
    bench[C.Q_B] = 120.0
    bench[C.P_VEN] = 30.0
    assert bench.seconds(60)[C.P_VEN_DROP] >= 20.0


def test_expected_venous_pressure_is_learned_fast_in_ramp() -> None:
    bench = settled(S.RAMP)
    bench[C.P_VEN] = 50.0
    assert bench.seconds(10)[C.P_VEN_DROP] == pytest.approx(0.0, abs=0.11)


def test_a_stopped_blood_pump_forgets_what_was_expected() -> None:
    bench = settled()
    bench.command(BP=0.0, PP=0.0, RP=0.0)
    for c in (C.Q_B, C.Q_P, C.Q_R, C.N_BP, C.N_PP, C.N_RP):
        bench[c] = 0.0
    bench[C.P_VEN] = 8.0
    bench.seconds(30)
    assert bench.quality(C.P_VEN_DROP) is Quality.NOT_READY
    bench.command(BP=130.0)
    bench[C.Q_B] = 130.0
    bench[C.P_VEN] = 62.0
    assert bench.seconds(9).quality(C.P_VEN_DROP) is Quality.NOT_READY
    assert bench.seconds(2)[C.P_VEN_DROP] == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize(
    ("channel", "source", "q_b"),
    [(C.P_VEN_RUN, C.P_VEN, 40.0), (C.P_VEN_FAST, C.P_VEN, 49.9), (C.P_ACC_FAST, C.P_ACC, 99.9)],
)
def test_pressures_that_need_a_flow(channel: Channel, source: Channel, q_b: float) -> None:
    bench = Bench(changes={C.Q_B: q_b}).seconds(3)
    assert bench.quality(channel) is Quality.NOT_READY
    bench[C.Q_B] = q_b + 0.2
    bench[source] = -7.0
    bench.seconds(3)
    assert bench[channel] == -7.0
    bench.lose(source)
    assert bench.run().quality(channel) is Quality.STALE


# -- reverse TMP, reactor, second filter --------------------------------------------------------------------


def test_reverse_tmp_is_watched_after_ten_seconds_of_separation() -> None:
    bench = Bench(changes={C.Q_P: 0.0})
    bench.command(PP=0.0)
    bench.seconds(20)
    assert bench.quality(C.TMP_RUN) is Quality.NOT_READY
    bench.command(PP=30.0)
    bench[C.Q_P] = 30.0
    bench.seconds(10.0)
    assert bench.quality(C.TMP_RUN) is Quality.NOT_READY
    assert bench.seconds(1)[C.TMP_RUN] == bench[C.TMP]
    bench[C.Q_P] = -5.0  # reversed while commanded forward: still watched
    assert bench.seconds(5)[C.TMP_RUN] == bench[C.TMP]
    bench.command(PP=0.0)
    assert bench.run().quality(C.TMP_RUN) is Quality.NOT_READY


def test_reactor_drop_is_judged_against_its_own_baseline() -> None:
    bench = Bench(changes={C.P_BRI: 71.0, C.P_BRO: 60.0})
    bench.seconds(59)
    assert bench.quality(C.DP_BR_OVER) is Quality.NOT_READY
    assert bench.seconds(2)[C.DP_BR_OVER] == pytest.approx(11.0 - 26.0)
    bench[C.P_BRI] = 87.0
    assert bench.seconds(4)[C.DP_BR_OVER] == pytest.approx(27.0 - 26.0, abs=1.0)


def test_reactor_baseline_above_fifteen_counts_double() -> None:
    bench = Bench(changes={C.P_BRI: 80.0, C.P_BRO: 60.0}).seconds(61)
    assert bench[C.DP_BR_OVER] == pytest.approx(20.0 - 40.0)


def test_reactor_baseline_is_taken_in_treat_only_and_for_ten_minutes() -> None:
    bench = Bench(S.RAMP, {C.P_BRI: 71.0, C.P_BRO: 60.0}).seconds(100)
    assert bench.quality(C.DP_BR_OVER) is Quality.NOT_READY
    bench.state = S.TREAT
    bench.seconds(601)
    bench[C.P_BRI] = 86.0
    assert bench.seconds(900)[C.DP_BR_OVER] == pytest.approx(26.0 - 26.0, abs=0.1)


def test_a_reading_that_is_no_number_does_not_poison_the_reactor_baseline() -> None:
    bench = Bench(changes={C.P_BRI: 71.0, C.P_BRO: 60.0}).seconds(20)
    bench.lose(C.P_BRI, quality=Quality.NOT_A_NUMBER)
    bench[C.P_BRI] = math.nan
    bench.seconds(1)
    assert bench.quality(C.DP_BR_OVER) is Quality.NOT_A_NUMBER
    bench.find(C.P_BRI)
    bench[C.P_BRI] = 71.0
    assert bench.seconds(60)[C.DP_BR_OVER] == pytest.approx(11.0 - 26.0)


def test_second_filter_breach_is_a_fall_against_its_own_median() -> None:
    bench = Bench(changes={C.P_F2: 54.5, C.P_F2O: 44.0})
    assert bench.seconds(50).quality(C.R_F2_FALL) is Quality.NOT_READY
    bench.seconds(60)
    assert bench[C.R_F2_FALL] == pytest.approx(0.0, abs=1e-6)
    bench[C.P_F2] = 44.0 + 10.5 * 0.59
    assert trips(bench, 5.2) == ["H15.1"]
    assert bench[C.R_F2_FALL] == pytest.approx(41.0)


def test_a_fall_of_resistance_within_forty_per_cent_is_not_a_breach() -> None:
    bench = Bench(changes={C.P_F2: 54.5, C.P_F2O: 44.0}).seconds(120)
    bench[C.P_F2] = 44.0 + 10.5 * 0.61
    assert trips(bench, 30) == []


def test_second_filter_resistance_is_valid_above_eight_only() -> None:
    bench = Bench(changes={C.Q_R: 8.0}).seconds(120)
    assert bench.quality(C.R_F2_FALL) is Quality.NOT_READY
    bench.lose(C.P_F2O)
    assert bench.run().quality(C.R_F2_FALL) is Quality.STALE


# -- air ----------------------------------------------------------------------------------------------------


def test_a_bubble_split_over_ticks_is_one_bubble() -> None:
    bench = Bench().run(5)
    for _ in range(4):
        bench[C.AIR_V] += 0.06
        bench.run()
    assert bench[C.AIR_V_BUBBLE] == pytest.approx(0.24)
    assert bench.run(2)[C.AIR_V_BUBBLE] == pytest.approx(0.24)
    assert bench.run()[C.AIR_V_BUBBLE] == 0.0


def test_two_bubbles_far_apart_are_two() -> None:
    bench = Bench().run(5)
    seen = []
    for _ in range(4):
        bench[C.AIR_V] += 0.15
        seen.append(bench.run()[C.AIR_V_BUBBLE])
        bench.run(3)
    assert seen == pytest.approx([0.15] * 4)


def test_the_count_at_power_on_is_no_bubble() -> None:
    bench = Bench(changes={C.AIR_V: 47.3, C.AIR_P: 2.0}).run()
    assert bench[C.AIR_V_BUBBLE] == bench[C.AIR_P_BUBBLE] == bench[C.AIR_5MIN] == 0.0


def test_a_missed_poll_loses_no_air() -> None:
    bench = Bench().run(5)
    bench.lose(C.AIR_V, C.AIR_P)
    bench.v[C.AIR_V] += 0.3
    bench.v[C.AIR_P] += 0.3
    bench.run(2)
    assert bench.quality(C.AIR_V_BUBBLE) is bench.quality(C.AIR_P_BUBBLE) is Quality.STALE
    bench.find(C.AIR_V, C.AIR_P)
    bench.run()
    assert bench[C.AIR_V_BUBBLE] == bench[C.AIR_P_BUBBLE] == pytest.approx(0.3)
    assert bench[C.AIR_1MIN] == pytest.approx(0.3 / KG)


def test_a_counter_that_starts_over_counts_no_air_back() -> None:
    bench = Bench(changes={C.AIR_V: 5.0}).run(5)
    bench[C.AIR_V] = 0.0
    assert bench.run()[C.AIR_1MIN] == 0.0
    bench[C.AIR_V] = 0.1
    assert bench.run()[C.AIR_1MIN] == pytest.approx(0.1 / KG)


def test_each_line_has_its_own_bubble() -> None:
    bench = Bench().run(3)
    bench[C.AIR_P] += 0.25
    bench.run()
    assert bench[C.AIR_P_BUBBLE] == pytest.approx(0.25)
    assert bench[C.AIR_V_BUBBLE] == 0.0
    assert bench[C.AIR_1MIN] == 0.0  # H02 sums what goes to the patient


def test_air_is_summed_per_kg_over_one_and_five_minutes() -> None:
    bench = Bench().run(5)
    for _ in range(60):
        bench[C.AIR_V] += 0.01
        bench.seconds(1)
    assert bench[C.AIR_1MIN] == pytest.approx(0.6 / KG, abs=0.011 / KG)
    assert bench[C.AIR_5MIN] == pytest.approx(0.6 / KG)
    assert bench.seconds(30)[C.AIR_1MIN] == pytest.approx(0.3 / KG, abs=0.011 / KG)
    assert bench.seconds(32)[C.AIR_1MIN] == pytest.approx(0.0, abs=1e-9)
    assert bench[C.AIR_5MIN] == pytest.approx(0.6 / KG)
    assert bench.seconds(240)[C.AIR_5MIN] == pytest.approx(0.0, abs=1e-9)


def test_a_pause_does_not_reset_the_air_sums() -> None:
    bench = Bench().run(5)
    bench[C.AIR_V] += 1.5
    bench.seconds(10)
    for state in (S.PAUSE_STOPPED, S.PAUSE_PLASMA, S.TREAT):
        bench.state = state
        bench.seconds(20)
        assert bench[C.AIR_5MIN] == pytest.approx(1.5 / KG)


def test_slow_foam_trips_on_the_minute_sum() -> None:
    bench = Bench().run(5)
    alarms, events = Alarms(LIMITS), list[Event]()
    for k in range(600):  # 0.01 mL every half second: 1.2 mL in a minute, 0.018 mL/kg
        bench[C.AIR_V] += 0.01 * (k % 5 == 0)
        bench.run()
        alarms.step(bench.now, bench.state, bench.v, bench.q, events)
    assert [e.subject for e in events if e.code is EventCode.ALARM_RAISED] == ["H02.1"]


def test_foam_without_a_clear_gap_counts_as_one_bubble() -> None:
    # On the safe side: 1 mL/min of the finest foam trips H01 after 12 s, long before the minute sum.
    bench = Bench().run(5)
    for _ in range(120):
        bench[C.AIR_V] += 0.002
        bench.run()
    assert bench[C.AIR_V_BUBBLE] == pytest.approx(0.24)


# -- timers -------------------------------------------------------------------------------------------------


def standing(bench: Bench) -> Bench:
    bench.command(BP=0.0, PP=0.0, RP=0.0)
    bench[C.N_BP] = bench[C.Q_B] = 0.0
    return bench


@pytest.mark.parametrize("first", [S.CONNECT_FILL, S.RAMP], ids=lambda s: s.name)
def test_standing_blood_counts_from_first_blood_only(first: State) -> None:
    bench = standing(Bench(S.READY))
    assert bench.seconds(60)[C.BLOOD_STOP_S] == 0.0
    bench.state = first
    bench[C.N_BP] = 6.0
    assert bench.seconds(10)[C.BLOOD_STOP_S] == 0.0
    bench.state = S.PAUSE_STOPPED
    bench[C.N_BP] = 0.0
    assert bench.seconds(12)[C.BLOOD_STOP_S] == pytest.approx(12.0)
    for state in (S.PATIENT_OFF, S.READY_TEST, S.READY, S.SAFE):  # the kind of stop does not matter
        bench.state = state
        bench.seconds(1)
    assert bench[C.BLOOD_STOP_S] == pytest.approx(16.0)
    bench[C.N_BP] = -3.0  # backwards is not standing
    assert bench.run()[C.BLOOD_STOP_S] == 0.0


def test_standing_blood_ends_with_the_blood_rinse() -> None:
    bench = standing(Bench(S.RAMP))
    assert bench.seconds(5)[C.BLOOD_STOP_S] == pytest.approx(5.0)
    bench.state = S.RINSE_BLOOD
    assert bench.run()[C.BLOOD_STOP_S] == 0.0
    bench.state = S.DISCONNECT
    assert bench.seconds(60)[C.BLOOD_STOP_S] == 0.0


def test_standing_blood_counts_through_a_lost_tachometer() -> None:
    bench = standing(Bench(S.RAMP)).seconds(20)
    bench.lose(C.N_BP)
    assert bench.seconds(5)[C.BLOOD_STOP_S] == pytest.approx(25.0)
    bench.command(BP=100.0)  # told to run, nobody sees it: not called standing
    assert bench.run()[C.BLOOD_STOP_S] == 0.0


def test_cells_without_perfusion_count_from_the_moment_they_are_in_the_circuit() -> None:
    bench = Bench(S.PRIME_BLOOD, {C.Q_C: 0.0}).seconds(10)
    assert bench[C.CELL_STOP_S] == 0.0
    bench.state = S.PRIME_PLASMA
    assert bench.seconds(10)[C.CELL_STOP_S] == pytest.approx(10.0)
    bench[C.Q_C] = 100.0
    assert bench.seconds(3)[C.CELL_STOP_S] == 0.0
    bench.state = S.TREAT
    bench.lose(C.Q_C)
    assert bench.seconds(10)[C.CELL_STOP_S] == pytest.approx(10.0)
    bench.state = S.DISCONNECT
    assert bench.run()[C.CELL_STOP_S] == 0.0


@pytest.mark.parametrize(
    "state",
    [S.PRIME_WARM, S.READY_TEST, S.READY, S.CONNECT_ACCESS, S.PATIENT_OFF, S.TREAT],
    ids=lambda s: s.name,
)
def test_cells_without_perfusion_are_reported_wherever_they_stand(state: State) -> None:
    bench = Bench(S.PRIME_WARM).seconds(5)
    bench.state = state
    bench[C.Q_C] = bench[C.N_CP] = 0.0
    bench.command(CP=0.0, W=0.0)
    assert "H50.1" in trips(bench, 305)


@pytest.mark.parametrize(
    "state", [S.PATIENT_OFF, S.READY_TEST, S.READY, S.CONNECT_ACCESS], ids=lambda s: s.name
)
def test_standing_blood_is_reported_with_the_patient_off(state: State) -> None:
    bench = Bench(S.RAMP).seconds(5)
    bench.state = state
    assert "H25.1" in trips(standing(bench), 31)


def test_r4s_counts_while_venous_pressure_is_in_its_window() -> None:
    bench = Bench(changes={C.P_VEN: 250.0})
    bench.r4s = True
    assert bench.seconds(5)[C.R4S_S] == 0.0
    bench[C.P_VEN] = 249.0
    assert bench.seconds(2)[C.R4S_S] == pytest.approx(2.0)
    bench.lose(C.P_VEN)
    assert bench.run()[C.R4S_S] == 0.0


def test_a_clamp_not_where_it_was_commanded_is_missed_after_half_a_second() -> None:
    bench = Bench().run(5)
    bench.command(VC=0.0)
    missed = [bench.run()[C.CLAMP_MISS] for _ in range(8)]
    # The command left at the end of the tick before: 0.5 s for the clamp, seen by the next look.
    assert missed == [0.0] * 5 + [1.0] * 3
    bench.command(PC=0.0, AC=0.0)
    assert bench.run(8)[C.CLAMP_MISS] == 3.0
    bench[C.POS_VC] = bench[C.POS_PC] = 0.0
    assert bench.run()[C.CLAMP_MISS] == 1.0
    bench[C.POS_AC] = 0.0
    assert bench.run()[C.CLAMP_MISS] == 0.0


def test_a_clamp_that_arrives_in_time_or_is_unknown() -> None:
    bench = Bench().run(5)
    bench.command(VC=0.0)
    bench.run(4)
    bench[C.POS_VC] = 0.5
    bench.run()
    bench[C.POS_VC] = 0.0
    assert bench.run(10)[C.CLAMP_MISS] == 0.0
    bench.lose(C.POS_VC)
    assert bench.run(5)[C.CLAMP_MISS] == 0.0
    assert bench.run(2)[C.CLAMP_MISS] == 1.0


def test_a_clamp_that_the_protective_node_let_fall_is_not_missed_and_an_open_one_is() -> None:
    bench = Bench(changes={C.NODE: 2.0}).run(5)
    bench.command(BV=1.0)
    bench[C.POS_BV] = 0.0  # no power: the reactor is bypassed, whatever is commanded
    assert bench.run(10)[C.CLAMP_MISS] == 0.0
    bench.command(VC=0.0)
    bench[C.POS_VC] = 1.0
    assert bench.run(10)[C.CLAMP_MISS] == 1.0
    bench[C.POS_VC] = 0.0
    bench[C.NODE] = 0.0
    assert bench.run(10)[C.CLAMP_MISS] == 1.0  # with power again, the bypass is not where it is wanted
    bench[C.NODE] = 2.0
    bench.lose(C.NODE)
    assert bench.run(10)[C.CLAMP_MISS] == 1.0


def test_flow_missing_from_the_command() -> None:
    bench = Bench(changes={C.Q_P: 14.0}).seconds(3)
    assert bench[C.PP_SHORT] == pytest.approx(1.0 - 14.0 / 30.0)
    assert bench[C.CP_SHORT] == pytest.approx(0.0)
    bench.command(PP=5.0)
    assert bench.run().quality(C.PP_SHORT) is Quality.NOT_READY
    bench.lose(C.Q_C)
    assert bench.run().quality(C.CP_SHORT) is Quality.STALE


@pytest.mark.parametrize(
    ("channel", "rule", "share", "delay_s"),
    [
        (C.Q_B, "H28.1", 0.7, 10.0), (C.Q_P, "H28.2", 0.5, 5.0), (C.Q_C, "H28.3", 0.5, 5.0),
        (C.Q_R, "H28.4", 0.7, 10.0),
    ],
)  # fmt: skip
def test_a_share_of_the_commanded_flow_is_a_fault(
    channel: Channel, rule: str, share: float, delay_s: float
) -> None:
    for seconds, found in ((delay_s, False), (delay_s + 2.0, True)):  # of 2-s means
        bench = Bench().seconds(15)
        bench[channel] *= share - 0.05
        assert (rule in trips(bench, seconds)) is found
    bench = Bench().seconds(15)
    bench[channel] *= share + 0.05
    assert rule not in trips(bench, 30.0)


@pytest.mark.parametrize(
    ("channel", "rule"), [(C.Q_B, "H28.6"), (C.Q_P, "H28.7"), (C.Q_C, "H28.8"), (C.Q_R, "H28.9")]
)
def test_more_than_the_commanded_flow_is_a_fault_too(channel: Channel, rule: str) -> None:
    bench = Bench().seconds(15)
    bench[channel] *= 1.14
    assert rule not in trips(bench, 30.0)
    for seconds, found in ((5.0, False), (7.0, True)):
        bench = Bench().seconds(15)
        bench[channel] *= 1.17
        assert (rule in trips(bench, seconds)) is found


def test_the_most_backward_pump() -> None:
    bench = Bench(changes={C.N_RP: -0.6}).run()
    assert bench[C.N_MIN] == -0.6
    bench.lose(C.N_CP)
    assert bench.run()[C.N_MIN] == -0.6, "one lost tachometer does not blind the others"
    for lost in (C.N_BP, C.N_PP, C.N_RP):
        bench.lose(lost)
    assert bench.run().quality(C.N_MIN) is Quality.STALE


def test_the_hotter_probe_counts() -> None:
    bench = Bench(changes={C.T_W1: 37.0, C.T_W2: 39.0}).run()
    assert bench[C.T_W_MAX] == 39.0
    bench[C.T_W1] = 40.0
    assert bench.run()[C.T_W_MAX] == 40.0
    bench.lose(C.T_W2)
    assert bench.run().quality(C.T_W_MAX) is Quality.STALE


def test_return_temperature_counts_after_three_minutes_of_return() -> None:
    bench = Bench(changes={C.T_RET: 25.0})
    assert bench.seconds(180).quality(C.T_RET_RUN) is Quality.NOT_READY
    assert bench.seconds(2)[C.T_RET_RUN] == 25.0
    bench[C.Q_R] = 5.0
    assert bench.seconds(3).quality(C.T_RET_RUN) is Quality.NOT_READY


# -- signals lost -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "needs"),
    [
        (C.LOST_BLOOD, (C.AIR_V, C.P_VEN, C.P_ACC, C.P_PRE)),
        (C.LOST_RETURN, (C.AIR_V, C.AIR_P, C.P_VEN, C.P_RET)),
        (C.LOST_WARM, (C.T_W1, C.T_W2, C.T_BR)),
        (C.LOST_CELLS, (C.Q_C, C.P_BRI, C.P_BRO)),
        (C.LOST_TMP, (C.P_PRE, C.P_VEN, C.P_FIL)),
        (C.LOST_QP, (C.Q_P,)),
        (C.LOST_QB, (C.Q_B,)),
    ],
)
def test_lost_signals_are_counted(target: Channel, needs: tuple[Channel, ...]) -> None:
    bench = Bench().run()
    assert bench[target] == 0.0
    for k, c in enumerate(needs):
        bench.lose(c, quality=Quality.COMM_LOST)
        assert bench.run()[target] == k + 1.0
    bench.find(*needs)
    assert bench.run()[target] == 0.0


# -- the tick before ----------------------------------------------------------------------------------------


def test_response_of_the_tick_before_is_a_channel() -> None:
    bench = Bench()
    bench.highest = Response.R2
    assert bench.run()[C.RESPONSE] == float(Response.R2)
    assert bench[C.PHASE] == 5.0


def test_derived_values_of_a_pause_use_real_gaps() -> None:
    bench = standing(Bench(S.RAMP)).seconds(1)
    bench.run(1, tick_ns=29 * NS_PER_S)
    assert bench[C.BLOOD_STOP_S] == pytest.approx(30.0)
