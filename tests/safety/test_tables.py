"""The tables of danger hold together, and say what the circuit description says."""

import ast
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from qh1a.channels import BY_ID, CHANNELS
from qh1a.config import ConfigError, build_limits
from qh1a.control.estimators import CLAMP_NS
from qh1a.hazards import HAZARDS, HOLD_S, LIMITS, NODE_RULES, RESPONSES, RULES, Restrict, Side, unarmed
from qh1a.node import SENSES, Fact, NodeRule, NodeTrip, Sense
from qh1a.tick import Actuator, Priority, Quality, Response, State
from tests.safety.bench import LIMITS as DEFAULT
from tests.safety.bench import Bench, S

ROOT = Path(__file__).parents[2]
ROW = {row.key: row for row in LIMITS}
UP, DOWN = Side.ABOVE, Side.BELOW
R = Response


SEVERITIES = "54445 44544 44555 35435 33344 53455 44554 55535 54444 35533 44".replace(" ", "")
"""Of H01 to H52, the worst that each names, 5 is death: safety 4.3, and circuit 2 for H51 and H52."""


def test_a_hazard_is_as_severe_as_its_source_says() -> None:
    assert "".join(str(h.severity) for h in HAZARDS) == SEVERITIES


def test_a_trip_of_the_node_says_what_it_was() -> None:
    """A perfusionist reads it off the node when the host is dead."""
    assert {rule.id: rule.trip for rule in NODE_RULES} == {
        "N01": NodeTrip.HEAT, "N02": NodeTrip.AIR, "N03": NodeTrip.AIR_PLASMA, "N04": NodeTrip.PRESSURE,
        "N05": NodeTrip.PRESSURE, "N06": NodeTrip.LINE_OPEN, "N07": NodeTrip.LINE_OPEN,
        "N08": NodeTrip.CLAMP_OPEN, "N09": NodeTrip.CLAMP_SHUT, "N10": NodeTrip.BACKWARDS,
    }  # fmt: skip


def test_ids_and_keys_are_unique() -> None:
    for ids in ([r.key for r in LIMITS], [r.id for r in RULES], [h.id for h in HAZARDS]):
        assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("row", LIMITS, ids=[r.key for r in LIMITS])
def test_a_limit_has_bounds_around_its_default_and_a_source(row: "object") -> None:
    limit = next(r for r in LIMITS if r is row)
    assert limit.hard_lo <= DEFAULT[limit.key] <= limit.hard_hi
    assert limit.source.startswith(("circuit", "safety", "clinical", "design"))


def test_every_limit_is_set_and_every_set_limit_exists() -> None:
    assert set(DEFAULT.value) == set(ROW)


@pytest.mark.parametrize("row", LIMITS, ids=[r.key for r in LIMITS])
def test_no_file_leaves_the_hard_bounds(row: "object") -> None:
    limit = next(r for r in LIMITS if r is row)
    for bad in (limit.hard_lo - 0.001, limit.hard_hi + 0.001, float("nan"), float("inf")):
        tree = {"schema": 1, "name": "x", **DEFAULT.value, limit.key: bad}
        with pytest.raises(ConfigError, match=limit.key):
            build_limits(tree, "x.toml", {})


@pytest.mark.parametrize("rule", RULES, ids=[r.id for r in RULES])
def test_a_rule_refers_to_what_exists(rule: "object") -> None:
    r = next(x for x in RULES if x is rule)
    assert r.limit in ROW
    assert CHANNELS[r.channel].unit == ROW[r.limit].unit
    assert CHANNELS[r.channel].lo <= DEFAULT[r.limit] <= CHANNELS[r.channel].hi
    assert r.delay_s >= 0.0
    assert r.armed
    assert State.ENDED not in r.armed
    assert set(r.suppressed_by) <= {x.id for x in RULES} - {r.id}
    assert bool(r.holds or r.stops) == (r.response is Response.R1)
    assert r.response is not Response.NONE
    assert r.id[:3] == r.hazard
    assert r.hazard in {h.id for h in HAZARDS}


def test_suppression_goes_to_a_higher_priority_and_never_hides_a_stronger_response() -> None:
    by_id = {r.id: r for r in RULES}
    for rule in RULES:
        for other in rule.suppressed_by:
            assert by_id[other].priority > rule.priority
            assert by_id[other].response >= rule.response


def test_stages_of_one_signal_grow_with_the_response() -> None:
    for a in RULES:
        for b in RULES:
            same = a.channel is b.channel and a.side is b.side and a.armed & b.armed and a is not b
            sign = 1.0 if a.side is UP else -1.0
            if same and a.hazard == b.hazard and DEFAULT[a.limit] * sign < DEFAULT[b.limit] * sign:
                assert a.response <= b.response, (a.id, b.id)
                assert a.priority <= b.priority, (a.id, b.id)


# -- hazards ------------------------------------------------------------------------------------------------


def test_every_hazard_of_the_analysis_has_a_row_in_its_order() -> None:
    known = [f"H{n:02d}" for n in range(1, 53)]
    assert [h.id for h in HAZARDS] == known
    assert {r.hazard for r in RULES} <= set(known)


@cache
def functions(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


@pytest.mark.parametrize("hazard", HAZARDS, ids=[h.id for h in HAZARDS])
def test_every_control_of_a_hazard_names_a_test_that_exists(hazard: "object") -> None:
    h = next(x for x in HAZARDS if x is hazard)
    assert 1 <= h.severity <= 5
    assert h.harm
    assert [r.id for r in h.rules] == [c.ref for c in h.controls if c.ref in {r.id for r in RULES}]
    assert len({c.ref for c in h.controls}) == len(h.controls)
    assert len(h.controls) > len(h.rules), "only alarms stand against it"
    for control in h.controls:
        file, _, function = control.test.partition("::")
        assert function.startswith("test_")
        assert function in functions(ROOT / file), control.test


def test_every_hazard_that_the_node_watches_itself_names_it() -> None:
    for hazard in HAZARDS:
        watched = any(hazard.id in rule.hazards for rule in NODE_RULES)
        named = any(c.ref == "the node's own eyes" for c in hazard.controls)
        assert named == watched, hazard.id


@pytest.mark.parametrize("rule", NODE_RULES, ids=[r.id for r in NODE_RULES])
def test_a_rule_of_the_node_stands_behind_one_of_the_host(rule: NodeRule) -> None:
    assert ROW[rule.limit].unit == SENSES[rule.sense].unit
    assert set(rule.hazards) <= {h.id for h in HAZARDS}
    if rule.behind == "I1":
        return
    host = next(r for r in RULES if r.id == rule.behind)
    assert host.hazard in rule.hazards
    assert (host.side is UP) == rule.above
    # Its delay is longer by the time in which clamps close; or else its limit is wider, and it has none.
    mine, theirs = DEFAULT[rule.limit], DEFAULT[host.limit]
    # H29 counts its half second in the channel itself.
    delay = host.delay_s + (CLAMP_NS / 1e9 if host.hazard == "H29" else 0.0)
    assert rule.delay_s >= delay + 0.3 or (mine > theirs if rule.above else mine < theirs)
    assert mine == theirs or (mine > theirs) == rule.above


def test_ids_and_codes_of_the_nodes_rules() -> None:
    assert [r.id for r in NODE_RULES] == [f"N{k:02d}" for k in range(1, len(NODE_RULES) + 1)]
    assert {r.trip for r in NODE_RULES} | {NodeTrip.NONE, NodeTrip.LEASE} == set(NodeTrip)
    assert [t.value for t in NodeTrip] == list(range(len(NodeTrip)))
    assert max(NodeTrip) <= CHANNELS[BY_ID["NODE"]].hi
    assert len(SENSES) == len(Sense)


class Own(NamedTuple):
    """A rule of the node as it is required: hazards, sense, limit, delay, what must be so."""

    hazards: str
    sense: Sense
    above: bool
    value: float
    delay_s: float
    when: Fact


OWN = (
    Own("H20", Sense.T_W, True, 41.5, 0.0, Fact.ALWAYS),
    Own("H01", Sense.AIR_V, True, 0.2, 0.3, Fact.ACCESS_OPEN | Fact.VC_OPEN),
    Own("H03", Sense.AIR_P, True, 0.2, 0.3, Fact.ACCESS_OPEN | Fact.PC_OPEN),
    Own("H06", Sense.P_VEN, True, 350.0, 5.0, Fact.ACCESS_OPEN | Fact.BLOOD_RUNS | Fact.RETURN_RUNS),
    Own("H06", Sense.P_VEN, True, 450.0, 5.0, Fact.ACCESS_OPEN | Fact.BLOOD_RUNS),
    Own("H05", Sense.P_VEN, False, 10.0, 5.0, Fact.ACCESS_OPEN | Fact.BLOOD_RUNS | Fact.RETURN_RUNS),
    Own("H05", Sense.P_VEN, False, 2.0, 5.0, Fact.ACCESS_OPEN | Fact.BLOOD_RUNS),
    Own("H29 H30", Sense.UNCLOSED, True, 1.0, 1.0, Fact.ALWAYS),
    Own("H06", Sense.TURNING, True, 0.5, 0.6, Fact.VC_CLOSED),
    Own("H28", Sense.BACKWARDS, False, -0.5, 2.0, Fact.ALWAYS),
)
"""Limits of circuit 2, each some time after the host; I1 in hardware; safety 4.3 H28, H29."""


def test_the_nodes_rules_are_those_required() -> None:
    found = [
        Own(" ".join(r.hazards), r.sense, r.above, DEFAULT[r.limit], r.delay_s, r.when) for r in NODE_RULES
    ]
    assert found == list(OWN)


def test_every_interlock_stands_against_something() -> None:
    refs = {c.ref for h in HAZARDS for c in h.controls}
    assert {f"I{k}" for k in range(1, 15)} <= refs


def test_death_is_met_by_more_than_a_warning() -> None:
    for hazard in HAZARDS:
        if hazard.severity == 5 and hazard.rules:
            # Too much heparin is met by stopping its pump: nothing else is the cause.
            assert max(r.response for r in hazard.rules) >= Response.R2 or hazard.id == "H26", hazard.id
            assert max(r.priority for r in hazard.rules) is Priority.HIGH, hazard.id


# -- responses ----------------------------------------------------------------------------------------------


def test_every_response_has_a_row_and_none_switches_on() -> None:
    assert set(RESPONSES) == set(Response)
    assert all(len(row) == len(Actuator) for row in RESPONSES.values())
    assert list(Restrict) == sorted(Restrict)
    for response in (R.NONE, R.R0, R.R1):
        assert set(RESPONSES[response]) == {Restrict.FREE}


def off(response: Response) -> set[str]:
    return {a.name for a, x in zip(Actuator, RESPONSES[response], strict=True) if x is Restrict.OFF}


def test_the_ladder_of_circuit_3() -> None:
    cells = {"CP", "W", "G_O2", "G_AIR", "G_CO2"}
    stop = {"BP", "PP", "RP", "HP"}
    assert off(R.R2) == {"PP", "RP", "PC"}
    assert off(R.R2W) == off(R.R2) | {"W"}
    assert off(R.R2X) == off(R.R2) | cells
    assert off(R.R4S) == stop
    assert off(R.R4) == off(R.R5) == stop | cells | {"AC", "VC", "PC"}
    kept = {a.name for a, x in zip(Actuator, RESPONSES[R.R4S], strict=True) if x is Restrict.KEEP}
    assert kept == {"AC", "VC", "PC", "SC", "SR", "WC", "RC", "BV"}
    assert off(R.R2B) == off(R.R2)
    assert RESPONSES[R.R2B][Actuator.BP] is Restrict.LEAST
    assert {r: s for r, s in HOLD_S.items() if s} == {R.R0: 10.0, R.R1: 30.0, R.R4S: 3.0}


# -- circuit 2, transcribed ---------------------------------------------------------------------------------


class Row(NamedTuple):
    """One limit of the circuit description; a delay of None is not given there."""

    signal: str
    side: Side
    value: float
    delay_s: float | None
    response: Response
    high: bool | None = None
    latch: bool | None = None


RAMP_TREAT = {S.RAMP, S.TREAT}
OPTIONAL = (
    "P_gas", "DO_in", "DO_out", "pH", "G_O2", "G_air", "G_CO2", "BLD", "TURB_r", "TRAY", "WET", "V_hep",
    "HP_force", "UPS_min",
)  # fmt: skip
"""Sensors that a rig may do without."""
CIRCUIT = (
    Row("Qp_Qb", UP, 0.27, None, R.R0),
    Row("P_acc", DOWN, -150.0, None, R.R0),
    Row("P_acc", DOWN, -250.0, 1.0, R.R4S),
    Row("P_acc_fast", UP, -10.0, 1.0, R.R4),
    Row("P_pre", UP, 250.0, None, R.R0),
    Row("P_pre", UP, 350.0, 1.0, R.R4S),
    Row("P_ven", UP, 250.0, 3.0, R.R4S),
    Row("P_ven", UP, 350.0, 3.0, R.R4S),
    Row("P_ven", UP, 450.0, 3.0, R.R4S),
    Row("r4s_s", UP, 2.0, None, R.R4),
    Row("P_fil", DOWN, -10.0, None, R.R0),
    Row("P_fil", DOWN, -50.0, None, R.R2),
    Row("TMP", UP, 45.0, None, R.R1),
    Row("TMP", UP, 60.0, None, R.R2, high=False),
    Row("TMP", UP, 80.0, None, R.R2, high=True),
    Row("P_bri", UP, 150.0, None, R.R0),
    Row("P_bri", UP, 200.0, 2.0, R.R2X),
    Row("P_f2o", DOWN, -60.0, None, R.R0),
    Row("P_f2o", DOWN, -100.0, 2.0, R.R2, high=True, latch=True),
    Row("dP_f2", UP, 60.0, None, R.R0),
    Row("dP_f2", UP, 100.0, 5.0, R.R2),
    Row("R_f2_fall", UP, 40.0, 5.0, R.R2),
    Row("P_ret", UP, 200.0, None, R.R0),
    Row("P_ret", UP, 300.0, 1.0, R.R2, high=True),
    Row("T_w_max", UP, 39.5, 60.0, R.R1),
    Row("T_br", UP, 38.5, 60.0, R.R1),
    Row("T_w_max", UP, 41.0, 1.0, R.R2W),
    Row("T_br", UP, 41.0, 1.0, R.R2X),
    Row("T_ret_run", DOWN, 32.0, None, R.R0),
    Row("T_ret_run", DOWN, 30.0, 60.0, R.R2),
    Row("W_r", DOWN, 50.0, None, R.R2),
    Row("W_r", UP, 360.0, None, R.R2),
    Row("LVL_W_r", UP, 30.0, 30.0, R.R2),
    Row("balance_abs", UP, 50.0, 30.0, R.R0),
    Row("balance_abs", UP, 150.0, 30.0, R.R2),
    Row("balance_away", UP, 100.0, 30.0, R.R2),
    Row("ratio_residual", UP, 1.0, None, R.R2),
    Row("ratio_volume", UP, 100.0, None, R.R2),
    Row("touch_s", UP, 300.0, None, R.R2),
    Row("P_ven_drop", UP, 20.0, 3.0, R.R4),
    Row("P_ven_run", DOWN, 10.0, 3.0, R.R4),
    Row("P_ven_fast", DOWN, 2.0, 3.0, R.R4),
    Row("TMP_run", DOWN, -10.0, 3.0, R.R2),
    Row("AIR_v_bubble", UP, 0.2, 0.0, R.R4),
    Row("AIR_p_bubble", UP, 0.2, 0.0, R.R2),
    Row("air_1min", UP, 0.015, 2.0, R.R4),
    Row("air_5min", UP, 0.05, 2.0, R.R4),
    Row("blood_stop_s", UP, 30.0, None, R.R0),
    Row("blood_stop_s", UP, 120.0, None, R.R0, high=True),
    Row("BP_short", UP, 0.3, 10.0, R.R4S),
    Row("PP_short", UP, 0.5, 5.0, R.R2),
    Row("CP_short", UP, 0.5, 5.0, R.R2X),
    Row("rinse_plasma", UP, 400.0, None, R.R2),
    Row("rinse_saline", UP, 300.0, None, R.R4),
    Row("lost_qb", UP, 1.0, 10.0, R.R4S),
    Row("lost_tmp", UP, 1.0, 60.0, R.R2),
    Row("lost_qp", UP, 1.0, None, R.R2),
    Row("lost_cells", UP, 1.0, 10.0, R.R2X),
    Row("DO_out", DOWN, 30.0, None, R.R0),
    Row("DO_out", DOWN, 15.0, 120.0, R.R2),
    Row("DO_in", UP, 180.0, None, R.R0),
    Row("pH", DOWN, 7.25, None, R.R0),
    Row("pH", UP, 7.55, None, R.R0),
    Row("pH", DOWN, 7.10, 60.0, R.R2),
    Row("pH", UP, 7.60, 60.0, R.R2),
    Row("WET", UP, 1.0, None, R.R4),
)
SAFETY = (
    Row("BLD", UP, 0.35, 5.0, R.R2B, high=True, latch=True),
    Row("DO_out", DOWN, 30.0, 120.0, R.R0, high=False, latch=False),
    Row("DO_out", DOWN, 15.0, 120.0, R.R2, high=False, latch=False),
    Row("pH", DOWN, 7.25, 60.0, R.R0, high=False, latch=False),
    Row("pH", UP, 7.60, 60.0, R.R2, high=False, latch=False),
    Row("P_gas_over", UP, -20.0, 1.0, R.R2X, high=True, latch=False),
    Row("hep_over", UP, 10.0, 5.0, R.R1, high=True, latch=True),
    Row("hep_past_cap", UP, 0.1, 5.0, R.R1, high=True, latch=True),
    Row("hep_short", UP, 10.0, 60.0, R.R0, high=False, latch=False),
    Row("UPS_min", DOWN, 20.0, 1.0, R.R1, high=False, latch=False),
    Row("UPS_min", DOWN, 10.0, 1.0, R.R2W, high=False, latch=False),
    Row("UPS_min", DOWN, 5.0, 1.0, R.R2W, high=True, latch=False),
    Row("UPS_min", DOWN, 5.0, 1.0, R.R1, high=True, latch=False),
    Row("TRAY", UP, 1.0, 5.0, R.R2, high=False, latch=False),
    Row("WET", UP, 1.0, None, R.R4, high=True, latch=True),
)
"""Safety 4.3, the rows that the circuit description does not change."""


def found(row: Row) -> bool:
    return any(
        rule.channel is BY_ID[row.signal]
        and rule.side is row.side
        and DEFAULT[rule.limit] == row.value
        and (row.delay_s is None or rule.delay_s == row.delay_s)
        and rule.response is row.response
        and row.high in {None, rule.priority is Priority.HIGH}
        and row.latch in {None, rule.latch}
        for rule in RULES
    )


@pytest.mark.parametrize("row", CIRCUIT, ids=lambda r: f"{r.signal}-{r.value:g}")
def test_the_limits_of_circuit_2(row: Row) -> None:
    assert found(row)


@pytest.mark.parametrize("row", SAFETY, ids=lambda r: f"{r.signal}-{r.value:g}-{r.response.name}")
def test_the_limits_of_safety_4_3(row: Row) -> None:
    assert found(row)


def test_moisture_at_the_catheter_stops_the_blood_within_five_seconds() -> None:
    rule = next(r for r in RULES if r.id == "H05.4")
    assert rule.delay_s + CHANNELS[rule.channel].stale_s <= 5.0


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("p_acc_limiter_mmhg", -180.0),
        ("p_pre_limiter_mmhg", 300.0),
        ("tmp_limiter_mmhg", 38.0),
        ("p_bri_limiter_mmhg", 150.0),
        ("p_f2o_limiter_mmhg", -40.0),
        ("balance_band_low_g", 80.0),
        ("balance_band_high_g", 320.0),
    ],
)
def test_the_limiters_of_circuit_2(key: str, value: float) -> None:
    assert DEFAULT[key] == value


@pytest.mark.parametrize(
    ("limiter", "trip", "side"),
    [
        ("p_acc_limiter_mmhg", "p_acc_trip_mmhg", DOWN),
        ("p_pre_limiter_mmhg", "p_pre_trip_mmhg", UP),
        ("tmp_limiter_mmhg", "tmp_hold_mmhg", UP),
        ("p_bri_limiter_mmhg", "p_bri_trip_mmhg", UP),
        ("p_f2o_limiter_mmhg", "p_f2o_trip_mmhg", DOWN),
        ("t_set_high_c", "t_w_hold_c", UP),
    ],
)
def test_a_limiter_acts_before_its_trip(limiter: str, trip: str, side: Side) -> None:
    assert (DEFAULT[limiter] < DEFAULT[trip]) == (side is UP)


ARMED = {
    "H05.1": {S.RAMP, S.TREAT, S.TREAT_END, S.PAUSE_PLASMA},
    "H05.2": {S.RAMP, S.TREAT, S.TREAT_END, S.PAUSE_PLASMA, S.RINSE_PLASMA},
    "H05.3": {S.CONNECT_FILL, S.CONNECT_VENOUS, S.RINSE_BLOOD},
    "H06.2": {S.RINSE_PLASMA, S.RINSE_BLOOD},
    "H06.3": {S.CONNECT_FILL, S.CONNECT_VENOUS},
    "H05.4": {S.RAMP, S.TREAT, S.TREAT_END, S.PAUSE_PLASMA, S.RINSE_PLASMA, S.RINSE_BLOOD},
    "H21.1": RAMP_TREAT,
    "H21.2": RAMP_TREAT,
    "H22.1": RAMP_TREAT | {S.TREAT_END},
    "H22.2": RAMP_TREAT | {S.TREAT_END},
    "H23.4": {S.TREAT},
    "H23.5": {S.TREAT},
    "H42.1": {S.RINSE_PLASMA, S.RINSE_BLOOD},
    "H42.2": {S.RINSE_PLASMA, S.RINSE_BLOOD},
}
"""Circuit 2 and 6: where a row holds."""


@pytest.mark.parametrize(("rule", "states"), ARMED.items(), ids=ARMED)
def test_armed_where_the_circuit_says(rule: str, states: set[State]) -> None:
    assert next(r for r in RULES if r.id == rule).armed == states


def test_heparin_is_stopped_wherever_a_patient_may_be_and_nothing_else_is() -> None:
    for rule in RULES:
        heat = (Actuator.W,) if rule.response is R.R1 else ()
        assert rule.stops == {"H26": (Actuator.HP,), "H37": heat}.get(rule.hazard, ()), rule.id
        if rule.hazard == "H26":
            assert rule.armed >= {S.CONNECT_FILL, S.RAMP, S.TREAT, S.TREAT_END, S.PAUSE_PLASMA, S.SAFE}


def test_a_battery_nearly_empty_is_a_high_alarm_everywhere_and_leaves_the_rinse_back_free() -> None:
    armed = {r.id: r.armed for r in RULES if r.hazard == "H37"}
    assert armed["H37.2"] == armed["H37.3"] == RAMP_TREAT
    assert armed["H37.3"] | armed["H37.4"] == armed["H37.1"] == frozenset(State) - {S.ENDED}
    assert not armed["H37.3"] & armed["H37.4"]


def test_rules_without_their_sensor_are_named() -> None:
    without = [BY_ID[id_] for id_ in OPTIONAL]
    bench = Bench()
    bench.lose(*without, quality=Quality.NOT_FITTED)
    bench.seconds(1)
    blind = [r.id for r in RULES if bench.q[r.channel] == Quality.NOT_FITTED]
    assert [r.id for r in unarmed(without)] == blind
    assert {"H05.4", "H13.1", "H24.1", "H26.1", "H49.1"} <= set(blind)
    assert unarmed(()) == ()


def test_balance_and_reservoir_rows_end_with_the_treatment_and_air_rows_do_not() -> None:
    rinse = {S.RINSE_PLASMA, S.RINSE_BLOOD}
    for rule in RULES:
        if rule.hazard in {"H17", "H18"}:
            assert rule.armed >= RAMP_TREAT, rule.id
            assert not rule.armed & rinse, rule.id
        if rule.hazard in {"H01", "H02", "H03"}:
            assert rule.armed >= RAMP_TREAT | rinse, rule.id


@pytest.mark.parametrize(("sensor", "blind"), [
    ("V_hep", ["H26.1", "H26.2", "H26.3", "H27.1", "H27.3"]),
    ("P_gas", ["H24.1"]),
])  # fmt: skip
def test_what_is_reckoned_from_a_sensor_is_lost_with_it(sensor: str, blind: list[str]) -> None:
    assert [r.id for r in unarmed({BY_ID[sensor]})] == blind


def test_only_a_balance_that_ran_away_asks_what_it_was() -> None:
    """Safety H17: it is reset with a cause."""
    assert {r.hazard for r in RULES if r.asks_cause} == {"H17"}
