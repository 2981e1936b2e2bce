"""Estimators, alarms and supervisor together: what a response does over seconds."""

from qh1a.control.alarms import Alarms
from qh1a.control.supervisor import Supervisor
from qh1a.tick import Event, EventCode, Response
from tests.safety.bench import LIMITS, RIG, A, Bench, C, S, commands


class Core:
    """The three of them in the kernel's order; the state follows the ladder to PAUSE (stopped) by hand."""

    def __init__(self) -> None:
        self.bench = Bench().seconds(30)
        self.alarms = Alarms(LIMITS)
        self.supervisor = Supervisor(LIMITS, RIG)
        self.want = commands()
        self.events: list[Event] = []
        self.out: tuple[float, ...] = ()
        self.seconds(1)
        assert self.alarms.views == ()

    def tick(self) -> "Core":
        b = self.bench
        b.sent = list(self.out) if self.out else commands()
        b.run()
        self.alarms.step(b.now, b.state, b.v, b.q, self.events)
        b.highest = self.alarms.active.highest
        b.r4s = Response.R4S in self.alarms.active.responses
        if b.highest >= Response.R4S and b.state is S.TREAT:
            b.state = S.PAUSE_STOPPED
            stopped = {A.BP: 0.0, A.PP: 0.0, A.RP: 0.0, A.HP: 0.0, A.AC: 0.0, A.VC: 0.0, A.PC: 0.0}
            self.want = commands(stopped)
        self.out = self.supervisor.step(b.now, self.want, b.v, b.q, b.state, self.alarms.active)
        for clamp, position in ((A.AC, C.POS_AC), (A.VC, C.POS_VC), (A.PC, C.POS_PC)):
            b[position] = self.out[clamp]
        for pump, speed, flow in ((A.BP, C.N_BP, C.Q_B), (A.PP, C.N_PP, C.Q_P), (A.RP, C.N_RP, C.Q_R)):
            if self.out[pump] == 0.0:
                b.v[speed] = b.v[flow] = 0.0
        return self

    def seconds(self, s: float) -> "Core":
        for _ in range(round(s * 10)):
            self.tick()
        return self

    @property
    def highest(self) -> Response:
        return self.alarms.active.highest

    def raised(self, rule: str) -> int:
        return sum(e.subject == rule and e.code is EventCode.ALARM_RAISED for e in self.events)


def test_r4s_lets_the_pressure_out_then_closes() -> None:
    core = Core()
    core.bench[C.P_ACC] = -260.0
    core.seconds(1.1)
    assert core.alarms.active.highest is Response.R4S
    assert core.out[A.BP] == 0.0
    assert core.out[A.VC] == core.out[A.AC] == 1.0
    core.bench[C.P_ACC] = -20.0
    core.seconds(1.8)
    assert core.out[A.VC] == 1.0
    core.seconds(0.4)
    assert core.out[A.VC] == core.out[A.AC] == core.out[A.PC] == 0.0
    assert core.raised("H06.4") == 1
    core.seconds(10)
    assert core.out[A.VC] == core.out[A.AC] == 0.0
    assert core.raised("H06.4") == 1


def test_a_latched_r4s_becomes_r4_once_and_stays_so() -> None:
    core = Core()
    core.bench[C.P_PRE] = 360.0
    core.seconds(1.1)
    core.bench[C.P_PRE] = 20.0
    core.seconds(60)
    assert core.raised("H09.2") == 1
    assert core.raised("H06.4") == 1
    assert core.highest is Response.R4
    assert core.alarms.acknowledge(core.bench.now, "", [])
    assert core.seconds(1).highest is Response.NONE


def test_over_pressure_is_not_trapped_while_it_lasts() -> None:
    core = Core()
    core.bench[C.P_VEN] = 300.0
    core.seconds(3.1)
    assert core.out[A.BP] == 0.0
    assert core.seconds(20).out[A.VC] == 1.0


def test_r2_isolates_the_patient_and_keeps_the_cells_alive() -> None:
    core = Core()
    core.bench[C.P_RET] = 310.0
    core.seconds(1.2)
    assert core.alarms.active.highest is Response.R2
    assert [core.out[a] for a in (A.PP, A.RP, A.PC)] == [0.0, 0.0, 0.0]
    assert [core.out[a] for a in (A.BP, A.CP, A.W, A.VC, A.AC)] == [130.0, 100.0, 37.4, 1.0, 1.0]


def test_air_closes_the_way_to_the_patient_in_the_tick_that_counts_it() -> None:
    core = Core()
    core.bench[C.AIR_V] += 0.2
    core.tick()
    assert [core.out[a] for a in (A.BP, A.PP, A.RP, A.VC, A.AC, A.PC)] == [0.0] * 6
    assert core.alarms.views[0].rule == "H01.1"


def test_air_in_the_plasma_return_leaves_the_blood_running() -> None:
    core = Core()
    core.bench[C.AIR_P] += 0.25
    core.tick()
    assert [core.out[a] for a in (A.PP, A.RP, A.PC)] == [0.0, 0.0, 0.0]
    assert core.out[A.BP] == 130.0


def test_a_hot_warmer_loses_its_power_at_once_and_the_patient_his_plasma_after_a_second() -> None:
    core = Core()
    core.bench[C.T_W1] = 41.0
    core.tick()
    assert core.out[A.W] == 0.0  # I5
    core.seconds(1.6)  # the trip, and the plasma clamp's half second for the pump to stand
    assert [core.out[a] for a in (A.PP, A.RP, A.PC, A.W)] == [0.0] * 4
    assert core.out[A.CP] == 100.0
    core.bench[C.T_W1] = 37.0
    assert core.seconds(60).out[A.W] == 0.0  # latched


def test_a_tripped_node_stops_everything() -> None:
    core = Core()
    core.bench[C.NODE] = 1.0
    core.tick()
    assert core.alarms.active.highest is Response.R5
    assert all(core.out[a] == 0.0 for a in A if a not in {A.RC, A.BV, A.SC, A.SR, A.WC})
