"""The loops: what the actuators should do in this state, from set points, measurements and limiters.

Blood, separation, perfusion, return, temperature, oxygen and pH are PID loops; each limiter is a controller
of its own on the limited signal, and the lowest output leads (min-select). All follow what really left the
supervisor (`observe`), so that giving back is bumpless. Heparin is open loop. Phase actions come from
`phases.PLANS`.
"""

from collections.abc import Callable
from typing import Final, assert_never

from mypy_extensions import mypyc_attr

from qh1a.control.alarms import Active
from qh1a.control.gas import LEAST_FLOW, GasLoops
from qh1a.control.heparin import HeparinPump
from qh1a.control.index import (
    ACT_G_AIR,
    ACT_G_CO2,
    ACT_G_O2,
    BP,
    CP,
    DP_BR_OVER,
    N_RP,
    P_ACC,
    P_BRI,
    P_F2O,
    P_PRE,
    PC,
    POS_AC,
    POS_PC,
    POS_SC,
    POS_VC,
    PP,
    Q_B,
    Q_B_2S,
    Q_C,
    Q_C_2S,
    Q_P,
    Q_P_2S,
    RINSE_CHASE,
    RP,
    SR,
    T_BR,
    T_W1,
    TMP,
    W_R,
    W_SP,
    W,
)
from qh1a.control.limited import Limited
from qh1a.control.phases import PLANS, Plan
from qh1a.control.pid import Pid, Terms, scheduled
from qh1a.control.reduction import FLOOR, Reduction
from qh1a.control.setpoints import SetPoints
from qh1a.control.windows import MEAN_2S, Highest, Mean
from qh1a.settings import Limits, PidGains, Prescription, Tuning
from qh1a.tick import Actuator, Quality, Response, State

_GOOD: Final = int(Quality.GOOD)
_R1: Final = Response.R1
_RINSE_PLASMA: Final = State.RINSE_PLASMA
_PP: Final = Actuator.PP


def _fixed(plan: Plan) -> tuple[float, ...]:
    """The clamps as the plan has them; those that depend on the tick start closed."""
    clamps = (plan.ac, plan.vc, plan.pc, plan.sc, plan.sr, plan.wc, plan.rc, plan.bv)
    return tuple([float(c == "open") for c in clamps])


_PLANNED: Final = tuple((PLANS[state], _fixed(PLANS[state])) for state in State)
BLOOD_MAX: Final = 225.0
PLASMA_MAX: Final = 60.0
PERFUSION_MAX: Final = 250.0
RATIO_LEAD: Final = 0.295
"""The loop stays this far under the 0.30 of I3, so that a healthy loop never meets the supervisor."""
SWING_LEAD: Final = 0.2999
"""The same in the dip of a slow swing, where every share of the lead is separation lost."""
RETURN_LEAD: Final = 4.0
"""The loop stays this far under perfusion; I12 bites at 3 mL/min."""
SECOND: Final = 9
"""Ticks in which a flow that was low is low to I3 and I12: rollers make it swing longer than that."""
FLUSH: Final = 20.0
TEST_SHARE: Final = 0.2
TEST_BLOOD: Final = 20.0
TEST_PLASMA: Final = 4.0
"""The test pattern of SELF_TEST: blood and perfusion, separation and return (mL/min)."""
TRIM_SHARE: Final = 0.10
"""The balance trim stays within +/-10 % of Q_p (circuit 4)."""
RETURN_LAG_S: Final = 20.0
"""How slowly the return follows what separation falls short of its set point: of 0.3 Hz it sees 1/40."""
WARM_LOSS_C: Final = 0.35
"""Warmer outlet above the reactor at Q_c 100: UA 0.15 W/K against 6.66 W/K of flow (circuit 1)."""
EMPTY_G: Final = 15.0
"""Below this the perfusion pump would draw air from the reservoir."""
WARM_RATE_MOST: Final = 2.5
"""At the highest perfusion there is: between warmer and reactor lies a volume and little else."""
WARM_SLACK_C: Final = 0.5
"""A warmer this far behind its set point is at full power: the integrator then follows the outlet itself."""
LEVEL_BAND_G: Final = 2.0
CHASE_LOW_G: Final = 30.0
CHASE_HIGH_G: Final = 50.0


def _pid(gains: PidGains, lo: float, hi: float) -> Pid:
    return Pid(gains.kp, gains.ti_s, gains.td_s, lo, hi)


class Situation:
    """What the loops must know of a tick besides its readings."""

    __slots__ = ("active", "dt", "in_state_s", "sets", "state", "trim_frozen")

    def __init__(
        self, dt: float, state: State, in_state_s: float, sets: SetPoints, active: Active, trim_frozen: bool
    ) -> None:
        self.dt = dt
        self.state = state
        self.in_state_s = in_state_s
        self.sets = sets
        self.active = active
        self.trim_frozen = trim_frozen


@mypyc_attr(serializable=True)
class Loops:
    """All loops of the machine; one `step` and one `observe` a tick."""

    def __init__(self, prescription: Prescription, limits: Limits, tuning: Tuning) -> None:
        self._p = prescription
        t = tuning
        self._acc = limits["p_acc_limiter_mmhg"]
        self._pre = limits["p_pre_limiter_mmhg"]
        self._tmp = limits["tmp_limiter_mmhg"]
        self._bri = limits["p_bri_limiter_mmhg"]
        self._f2o = limits["p_f2o_limiter_mmhg"]
        self._band = (limits["balance_band_low_g"], limits["balance_band_high_g"])
        self._blood = Limited(
            _pid(t.blood, 0.0, BLOOD_MAX),
            (_pid(t.blood_access, 0.0, BLOOD_MAX), _pid(t.blood_prefilter, 0.0, BLOOD_MAX)),
            BLOOD_MAX,
            t.blood_slew_ml_min_s,
        )
        ramp = prescription.ramp
        self._soft = ramp.plasma_step_ml_min / ramp.plasma_step_s
        self._separation = Limited(
            _pid(t.separation, 0.0, PLASMA_MAX),
            (_pid(t.separation_tmp, 0.0, PLASMA_MAX),),
            PLASMA_MAX,
            self._soft,
        )
        self._perfusion = Limited(
            _pid(t.perfusion, 0.0, PERFUSION_MAX),
            (_pid(t.perfusion_inlet, 0.0, PERFUSION_MAX), _pid(t.perfusion_drop, 0.0, PERFUSION_MAX)),
            PERFUSION_MAX,
            t.perfusion_slew_ml_min_s,
        )
        self._balance = _pid(t.balance, -PLASMA_MAX, PLASMA_MAX)
        self._suction = _pid(t.return_suction, 0.0, PLASMA_MAX)
        self._suction_room = Mean(MEAN_2S)
        self._blood_flow, self._perfusion_flow = Highest(SECOND), Highest(SECOND)
        self._best_blood = self._best_perfusion = 0.0
        self._suction_leads = False
        self._temperature = _pid(t.temperature, 30.0, limits["t_set_high_c"])
        self._trim_moves = False
        self._missing = 0.0
        self._feed = 0.0
        self._warm_rate = 1.0
        self._outlet = 0.0
        self._gas = GasLoops(prescription.flows.gas_ml_min, t)
        self._heparin = HeparinPump(prescription)
        self.reduction = Reduction()
        self._level_open = False

    def step(self, now: Situation, v: list[float], q: list[int]) -> list[float]:
        """What every actuator should do, in actuator order."""
        dt, state, in_state_s, sets = now.dt, now.state, now.in_state_s, now.sets
        holds, highest = now.active.holds, now.active.highest
        plan, fixed = _PLANNED[state]
        self._best_blood = self._blood_flow.push(v[Q_B] if q[Q_B] == _GOOD else 0.0)
        self._best_perfusion = self._perfusion_flow.push(v[Q_C] if q[Q_C] == _GOOD else 0.0)
        flow = self._separated() if q[Q_P_2S] == _GOOD else FLOOR
        self.reduction.step(dt, flow, held=_PP in holds)
        bp = self._step_blood(dt, in_state_s, plan, sets, v, q)
        pp = self._step_separation(dt, in_state_s, plan, sets, v, q)
        if q[Q_P_2S] == _GOOD:
            missing = self._separation.target - v[Q_P_2S]
            self._missing += (missing - self._missing) * (dt / (RETURN_LAG_S + dt))
        cp = self._step_perfusion(dt, plan, sets, v, q)
        rp, pc = self._step_return(dt, plan, v, q, frozen=now.trim_frozen or highest >= _R1)
        fed = cp >= LEAST_FLOW
        w = self._step_warmer(dt, sets, v, q, on=plan.warm and fed)
        hp = self._heparin.step(plan.heparin, v, q)
        gas = self._gas.step(dt, sets, v, q, on=plan.gas and fed)
        out = [bp, pp, cp, rp, hp, w, *gas, *fixed]
        out[PC] = pc
        if plan.sr == "level":
            out[SR] = self._level(state, v, q)
        return out

    def observe(self, sent: list[float], dt: float) -> None:
        """Tell every controller what really left the supervisor."""
        self._blood.observe(sent[BP], dt)
        self._separation.observe(sent[PP], dt)
        self._perfusion.observe(sent[CP], dt)
        # The trim stands while a limiter or the supervisor leads: with Ti of 20 min it would come back late.
        if self._trim_moves and sent[RP] == self._feed + self._balance.out:
            self._balance.observe(self._balance.out, dt)
        if self._suction_leads:
            self._suction.observe(sent[RP], dt)
        else:
            self._suction.seed(sent[RP], 0.0)
        if sent[W] > 0.0:
            reached = self._outlet + WARM_SLACK_C
            self._temperature.observe(sent[W] if sent[W] < reached else reached, dt, self._warm_rate)
        self._gas.observe(sent[ACT_G_O2], sent[ACT_G_AIR], sent[ACT_G_CO2], dt)

    def _separated(self) -> float:
        """Q_p without its ripple, and without lag behind a set point that ramps."""
        return self._separation.target - self._missing

    def terms(self) -> dict[str, Terms]:
        """What each controller's last output was made of, by the names of their gains; for people."""
        return {
            "blood": self._blood.terms(),
            "separation": self._separation.terms(),
            "perfusion": self._perfusion.terms(),
            "balance": self._balance.terms(),
            "temperature": self._temperature.terms(),
            **self._gas.terms(),
        }

    def put(self, loop: str, make: Callable[[Pid], Pid]) -> None:
        """Give the loop of these gains the controller that `make` makes of its own. Raises `KeyError`."""
        match loop:
            case "balance":
                self._balance = make(self._balance)
            case "temperature":
                self._temperature = make(self._temperature)
            case "oxygen" | "ph":
                self._gas.put(loop, make)
            case _:
                flows = {"blood": self._blood, "separation": self._separation, "perfusion": self._perfusion}
                flows[loop].put(make)

    # -- one loop each ----------------------------------------------------------------------------------

    def _step_blood(
        self, dt: float, in_state_s: float, plan: Plan, sets: SetPoints, v: list[float], q: list[int]
    ) -> float:
        p = self._p
        loop = self._blood
        match plan.blood:
            case "set":
                wanted = sets.blood
            case "off":
                return loop.stop()
            case "ramp":
                ramp = p.ramp
                stairs = ramp.blood_start_ml_min + ramp.blood_step_ml_min * (in_state_s // ramp.blood_step_s)
                wanted = stairs if stairs < sets.blood else sets.blood
            case "rinse":
                wanted = p.rinseback.blood_ml_min
            case "prime":
                wanted = p.preparation.prime_flow_ml_min
            case "fill":
                wanted = p.preparation.connect_flow_ml_min
            case "test":
                return TEST_BLOOD if v[POS_VC] == 1.0 else 0.0
            case _:
                assert_never(plan.blood)
        if v[POS_VC] != 1.0 or (v[POS_AC] != 1.0 and v[POS_SC] != 1.0):
            return loop.stop()  # the way is not open yet
        if q[Q_B] != _GOOD:
            return loop.hold()
        loop.ramp(wanted, dt, loop.slew, loop.slew)
        room = (
            v[P_ACC] - self._acc if q[P_ACC] == _GOOD else None,
            self._pre - v[P_PRE] if q[P_PRE] == _GOOD else None,
        )
        return loop.step(v[Q_B], room, dt)

    def _step_separation(
        self, dt: float, in_state_s: float, plan: Plan, sets: SetPoints, v: list[float], q: list[int]
    ) -> float:
        loop = self._separation
        blood = self._blood.target if self._blood.target < sets.blood else sets.blood
        match plan.separation:
            case "ratio":
                wanted = sets.plasma / sets.blood * blood
            case "off":
                return loop.stop()
            case "later":
                if in_state_s < self._p.ramp.plasma_delay_s:
                    return loop.stop()
                wanted = sets.plasma / sets.blood * blood
            case "flush":
                wanted = FLUSH
            case "test":
                share = TEST_SHARE * v[Q_B_2S]  # blood first, and its meter has to say so
                return 0.0 if share < 1.0 else share if share < TEST_PLASMA else TEST_PLASMA
            case _:
                assert_never(plan.separation)
        if q[Q_P] != _GOOD or q[Q_B_2S] != _GOOD:
            return loop.stop()
        lead = RATIO_LEAD * (v[Q_B_2S] if v[Q_B_2S] < blood else blood)
        wanted = wanted if wanted < lead else lead
        if q[TMP] != _GOOD and wanted > FLOOR:
            wanted = FLOOR
        cap = self.reduction.cap
        if cap is not None and wanted > cap:
            wanted = cap
        loop.ramp(wanted, dt, loop.slew, PLASMA_MAX / dt)
        room = (self._tmp - v[TMP] if q[TMP] == _GOOD else None,)
        u = loop.step(v[Q_P], room, dt)
        best = SWING_LEAD * self._best_blood
        lead = lead if lead < best else best
        return u if u < lead else lead if lead > 0.0 else 0.0

    def _step_perfusion(self, dt: float, plan: Plan, sets: SetPoints, v: list[float], q: list[int]) -> float:
        loop = self._perfusion
        match plan.perfusion:
            case "set":
                pass
            case "off":
                return loop.stop()
            case "test":
                return TEST_BLOOD
            case _:
                assert_never(plan.perfusion)
        if q[W_R] == _GOOD and v[W_R] < EMPTY_G:
            return loop.stop()
        if q[Q_C] != _GOOD:
            return loop.hold()
        loop.ramp(sets.perfusion, dt, loop.slew, loop.slew)
        room = (
            self._bri - v[P_BRI] if q[P_BRI] == _GOOD else None,
            -v[DP_BR_OVER] if q[DP_BR_OVER] == _GOOD else None,
        )
        return loop.step(v[Q_C], room, dt)

    def _step_return(
        self, dt: float, plan: Plan, v: list[float], q: list[int], *, frozen: bool
    ) -> tuple[float, float]:
        """The return pump and its clamp: the clamp opens first, and closes once the pump stands."""
        self._trim_moves = False
        match plan.back:
            case "balance":
                wanted = self._balanced(dt, v, q, frozen=frozen)
            case "off":
                wanted = 0.0
                self._balance.seed(0.0, 0.0)
            case "rinse":
                wanted = self._p.rinseback.plasma_ml_min
            case "flush":
                wanted = FLUSH
            case "test":
                return TEST_PLASMA if v[POS_PC] == v[POS_VC] == 1.0 else 0.0, 1.0
            case _:
                assert_never(plan.back)
        self._suction_leads = False
        if wanted > 0.0 and q[P_F2O] == _GOOD:
            least = self._suction.step(self._suction_room.push(v[P_F2O] - self._f2o), 0.0, dt)
            if least < wanted:
                wanted = least
                self._suction_leads = True
        else:
            self._suction_room.clear()
        most = (v[Q_C_2S] if v[Q_C_2S] < self._best_perfusion else self._best_perfusion) - RETURN_LEAD
        wanted = wanted if wanted < most else most
        if plan.pc != "return":
            return 0.0, 0.0
        turning = abs(v[N_RP]) > 0.2
        open_clamp = wanted > 0.5 or turning
        ready = q[POS_PC] == _GOOD and v[POS_PC] == 1.0
        return (wanted if ready and wanted > 0.0 else 0.0), float(open_clamp)

    def _balanced(self, dt: float, v: list[float], q: list[int], *, frozen: bool) -> float:
        """Q_p measured, plus a trim on the reservoir's weight within +/-10 % of Q_p (circuit 4)."""
        if q[Q_P_2S] != _GOOD or q[Q_C_2S] != _GOOD:
            return 0.0
        q_p = self._separated()
        if v[Q_P_2S] < 0.5 or q_p < 0.5:
            return 0.0
        if frozen or q[W_SP] != _GOOD or q[W_R] != _GOOD:
            trim = self._balance.out
        else:
            low, high = self._band
            w_sp = v[W_SP]
            w_sp = low if w_sp < low else high if w_sp > high else w_sp
            most = TRIM_SHARE * q_p
            self._balance.lo, self._balance.hi = -most, most
            trim = self._balance.step(v[W_R] - w_sp, 0.0, dt)
            self._trim_moves = True
            self._feed = q_p
        return q_p + trim

    def _step_warmer(self, dt: float, sets: SetPoints, v: list[float], q: list[int], *, on: bool) -> float:
        flow = v[Q_C_2S]
        if not on or q[T_BR] != _GOOD or q[Q_C_2S] != _GOOD or flow < LEAST_FLOW:
            self._temperature.seed(sets.temperature, sets.temperature)
            return 0.0
        self._warm_rate = scheduled(flow, 0.0, WARM_RATE_MOST)
        self._outlet = v[T_W1]
        ff = sets.temperature + WARM_LOSS_C / self._warm_rate
        gain = scheduled(flow, 0.0, 1.0)
        return self._temperature.step(sets.temperature - v[T_BR], v[T_BR], dt, ff, gain)

    def _level(self, state: State, v: list[float], q: list[int]) -> float:
        """SR holds the reservoir's weight: at the prescribed fill in PRIME, at 30-50 g in RINSEBACK."""
        if q[W_R] != _GOOD:
            self._level_open = False
        elif state is _RINSE_PLASMA:
            chased = v[RINSE_CHASE] >= self._p.rinseback.chase_ml
            self._level_open = not chased and v[W_R] < (CHASE_HIGH_G if self._level_open else CHASE_LOW_G)
        else:
            target = self._p.preparation.reservoir_g
            self._level_open = v[W_R] < (target if self._level_open else target - LEVEL_BAND_G)
        return float(self._level_open)
