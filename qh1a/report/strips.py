"""What the trends show: one row per strip, and the levels on it, from tables and configs alone."""

from dataclasses import dataclass
from typing import Final

from qh1a.channels import CHANNELS, Channel
from qh1a.hazards import RULES, Rule
from qh1a.report.data import Study
from qh1a.report.events import response_text
from qh1a.settings import PLASMA_TO_BLOOD_MAX
from qh1a.tick import STATES, Actuator, Phase, Priority, Response

_C = Channel
_A = Actuator


@dataclass(frozen=True, slots=True)
class Strip:
    """One strip chart.

    `others` are further traces with their names; `planned` the prescription's key under `flows`; `rules_on`
    the derived channels whose limits are levels of this signal, too; `limiters` the keys of loop limiters;
    `below` a channel and the limit that may not be missing from it. A `mirrored` strip has each limit on
    both sides of zero.
    """

    channel: Channel
    others: tuple[tuple[Channel, str], ...] = ()
    command: Actuator | None = None
    command_text: str = "commanded"
    planned: str = ""
    rules_on: tuple[Channel, ...] = ()
    limiters: tuple[str, ...] = ()
    below: tuple[Channel, str] | None = None
    mirrored: bool = False

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules whose alarms are marked on this strip."""
        relative = {_C.P_VEN_DROP} if self.below else set()
        channels = {self.channel, *self.rules_on} | relative
        return tuple(r for r in RULES if r.channel in channels and r.priority is not Priority.NONE)


@dataclass(frozen=True, slots=True)
class Group:
    """Strips under one heading."""

    title: str
    strips: tuple[Strip, ...]


GROUPS: Final = (
    Group(
        "Flows",
        (
            Strip(_C.Q_B, command=_A.BP, planned="blood_ml_min"),
            Strip(_C.Q_P, command=_A.PP, planned="plasma_ml_min"),
            Strip(_C.Q_C, command=_A.CP, planned="perfusion_ml_min"),
            Strip(_C.Q_R, command=_A.RP),
            Strip(_C.QP_QB),
        ),
    ),
    Group(
        "Balance",
        (
            Strip(_C.BALANCE, rules_on=(_C.BALANCE_ABS,), mirrored=True),
            Strip(_C.W_R, others=((_C.W_SP, "set point"),)),
        ),
    ),
    Group(
        "Pressures, blood side",
        (
            Strip(_C.P_ACC, rules_on=(_C.P_ACC_FAST,), limiters=("p_acc_limiter_mmhg",)),
            Strip(_C.P_PRE, limiters=("p_pre_limiter_mmhg",)),
            Strip(
                _C.P_VEN,
                others=((_C.P_VEN_EXP, "expected"),),
                rules_on=(_C.P_VEN_RUN, _C.P_VEN_FAST),
                below=(_C.P_VEN_EXP, "p_ven_drop_mmhg"),
            ),
            Strip(_C.P_FIL),
            Strip(_C.TMP, rules_on=(_C.TMP_RUN,), limiters=("tmp_limiter_mmhg",)),
        ),
    ),
    Group(
        "Pressures, plasma side",
        (
            Strip(_C.P_BRI, others=((_C.P_BRO, "P_bro"),), limiters=("p_bri_limiter_mmhg",)),
            Strip(_C.P_F2O, limiters=("p_f2o_limiter_mmhg",)),
            Strip(_C.DP_F2),
            Strip(_C.P_RET),
        ),
    ),
    Group(
        "Temperatures",
        (
            Strip(_C.T_W1, command=_A.W, command_text="warmer set point", rules_on=(_C.T_W_MAX,)),
            Strip(_C.T_BR, planned="temperature_c"),
            Strip(_C.T_RET, rules_on=(_C.T_RET_RUN,)),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line: what it is, and where it is in force. `core`: it must be inside the drawing."""

    value: float
    text: str
    kind: str
    phases: frozenset[Phase]
    core: bool


ALWAYS: Final = frozenset(Phase)
_TREATMENT: Final = frozenset({Phase.RAMP, Phase.TREAT})


def figure(value: float, channel: Channel) -> str:
    """A value with the channel's decimals and a real minus."""
    text = f"{value:.{CHANNELS[channel].decimals}f}"
    return ("−" + text[1:] if text.startswith("-") else text) if float(text) else text.lstrip("-")


def phases_of(rule: Rule) -> frozenset[Phase]:
    """The phases in which a rule can be armed."""
    return frozenset(STATES[state].phase for state in rule.armed)


def levels(strip: Strip, study: Study) -> tuple[Level, ...]:
    """Every level of a strip that the session's limits and prescription name."""
    found: list[Level] = []
    for rule in strip.rules:
        value = study.limit(rule.limit)
        if value is None or rule.channel is Channel.P_VEN_DROP:
            continue
        armed = phases_of(rule)
        kind = "warn" if rule.response <= Response.R0 else "trip"
        text = f"{response_text(rule.response)}  {rule.id}"
        for v in (value, -value) if strip.mirrored else (value,):
            label = f"{figure(v, strip.channel)} {text}"
            found.append(Level(v, label, kind, armed, bool(armed & _TREATMENT)))
    for key in strip.limiters:
        value = study.limit(key)
        if value is not None:
            label = f"{figure(value, strip.channel)} limiter"
            found.append(Level(value, label, "limiter", ALWAYS, core=True))
    if strip.channel is Channel.QP_QB:
        label = f"{figure(PLASMA_TO_BLOOD_MAX, strip.channel)} never above  I3"
        found.append(Level(PLASMA_TO_BLOOD_MAX, label, "trip", ALWAYS, core=True))
    sets = study.changes.get(strip.planned, ())
    if sets:
        value = sets[-1][1]
        word = "set" if len(sets) > 1 else "prescribed"
        found.append(Level(value, f"{figure(value, strip.channel)} {word}", "set", ALWAYS, core=True))
    return tuple(found)


def needed() -> frozenset[Channel]:
    """Every channel that some strip draws."""
    channels = {c for g in GROUPS for s in g.strips for c in (s.channel, *(o for o, _ in s.others))}
    return frozenset(channels)
