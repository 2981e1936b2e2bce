"""The pages of the terminal view as lines of text, at most `WIDTH` wide; tables say what stands where.

A figure that is not GOOD is "--", never a number.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from qh1a.channels import CHANNELS, Channel
from qh1a.config.texts import Texts
from qh1a.tick import ACTUATORS, Actuator, EventCode, Priority, Quality
from qh1a.units import NS_PER_S
from qh1a.watch.model import PAST, PAST_KEPT, Happened, View, Watched, audible, margins

WIDTH: Final = 79
"""Of a terminal of 80 columns; the last is for the scroll bar."""
NONE: Final = "--"
INJECTED: Final = "injected"
"""What the event of an injected fault says."""
NEVER: Final = "nothing has come yet"
_FAR: Final = 1000
_BARS: Final = "▁▂▃▄▅▆▇█"
_C, _A = Channel, Actuator

MEASURED: Final = {
    _A.BP: _C.Q_B, _A.PP: _C.Q_P, _A.CP: _C.Q_C, _A.RP: _C.Q_R, _A.W: _C.T_W1, _A.G_O2: _C.G_O2,
    _A.G_AIR: _C.G_AIR, _A.G_CO2: _C.G_CO2, _A.AC: _C.POS_AC, _A.VC: _C.POS_VC, _A.PC: _C.POS_PC,
    _A.SC: _C.POS_SC, _A.SR: _C.POS_SR, _A.WC: _C.POS_WC, _A.RC: _C.POS_RC, _A.BV: _C.POS_BV,
}  # fmt: skip
"""Where an actuator's effect is read; the heparin pump has a volume only."""


MARKS: Final = {
    Priority.HIGH: ("▲▲▲", "bold white on red"),
    Priority.MEDIUM: ("▲▲", "bold black on yellow"),
    Priority.LOW: ("▲", "bold black on cyan"),
}
"""Shape and style of an alarm: the style adds nothing that the shape, and the word beside it, do not say."""


class _Row(NamedTuple):
    """A line of page 1: what it is, and up to four cells. An actuator's cell is measured/command."""

    label: str
    cells: tuple[Channel | Actuator, ...]


_STATE_ROWS: Final = (
    _Row("mL/min", (_A.BP, _A.PP, _A.CP, _A.RP)),
    _Row("mmHg", (_C.P_ACC, _C.P_PRE, _C.P_VEN, _C.TMP)),
    _Row("", (_C.P_FIL, _C.P_BRI, _C.P_BRO, _C.P_RET)),
    _Row("", (_C.P_F2, _C.P_F2O, _C.P_GAS, _C.DP_BR)),
    _Row("C", (_A.W, _C.T_W2, _C.T_BR, _C.T_RET)),
    _Row("gas mL/min", (_A.G_O2, _A.G_AIR, _A.G_CO2)),
    _Row("O2 mmHg, pH", (_C.DO_IN, _C.DO_OUT, _C.PH)),
    _Row("balance mL", (_C.BALANCE, _C.PLASMA, _C.LVL_R)),
    _Row("weights g", (_C.W_R, _C.W_S, _C.W_W)),
    _Row("heparin mL", (_C.V_HEP,)),
    _Row("air mL", (_C.AIR_V, _C.AIR_P)),
)


def clock(ns: int) -> str:
    """A time as hours, minutes and seconds."""
    minutes, seconds = divmod(ns // NS_PER_S, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


def figure(view: View, channel: Channel) -> str:
    """A channel in its own decimals."""
    value = view.value[channel]
    return NONE if value is None else _rounded(value, CHANNELS[channel].decimals)


def _rounded(value: float, decimals: int) -> str:
    return f"{round(value, decimals) + 0.0:.{decimals}f}"  # + 0.0: no minus before a zero


def _cut(text: str, width: int) -> str:
    """The text on one line, in no more than `width`."""
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"


def _title(texts: Texts, rule: str) -> str:
    text = texts.rule.get(rule)
    return text.title if text else ""


# -- what is always there ---------------------------------------------------------------------------------


def header(watched: Watched, link: str, *, live: bool) -> str:
    """What runs, how far it is, and what the link is like; first of all whether it is so now."""
    about, view = watched.about, watched.view
    where = f"{view.session.state.name} {clock(view.session.effective_ns)}" if view else NONE
    if not live:
        return f"NOT LIVE  qh1a {about.plant}  {_cut(link, 30)}  last {where}"
    left, right = f"qh1a {about.plant}  ", f"  {where} / {clock(watched.nominal_ns)}  {link}"
    return f"{left}{_cut(about.prescription.name, WIDTH + 1 - len(left) - len(right))}{right}"


def alarm_line(watched: Watched, texts: Texts) -> tuple[str, str]:
    """The alarm that comes first, and its style."""
    alarms = audible(watched.view) if watched.view else ()
    if not alarms:
        return ("alarms: none active" if watched.view else f"alarms: {NONE}"), ""
    first = alarms[0]
    mark, style = MARKS[first.priority]
    how = "" if first.active else ", over, waits for reset"
    how += ", acknowledged" if first.acknowledged else ""
    more = f"  +{len(alarms) - 1} more" if len(alarms) > 1 else ""
    word = texts.priority[first.priority.name]
    text = f"{mark} {word} {first.rule} {_title(texts, first.rule)}{how}"
    return f"{_cut(text, WIDTH - 2 - len(more))}{more}", style


# -- pages ------------------------------------------------------------------------------------------------


def _state(watched: Watched, view: View, texts: Texts) -> list[str]:
    state, outcome = view.session.state.name, view.session.outcome.name
    speed = "max" if view.speed is None else f"x{view.speed:g}"
    lines = [
        _cut(f"{state}: {texts.state[state]}, outcome: {texts.outcome[outcome]}", WIDTH),
        f"speed {speed}  late ticks {view.late_ticks}  record {view.chain.n} {view.chain.head[:16]}",
        "",
    ]
    lines += [
        f"{row.label:<12}{' '.join(_cell(view, cell) for cell in row.cells)}".rstrip() for row in _STATE_ROWS
    ]
    lines.append("")
    columns = zip(*watched.past, strict=True)
    for channel, points in zip(PAST, columns, strict=True):
        lines.append(f"{CHANNELS[channel].id:<6}{figure(view, channel):>6} {sparkline(points)}")
    return lines


def _cell(view: View, cell: Channel | Actuator) -> str:
    if isinstance(cell, Channel):
        return f"{CHANNELS[cell].id:<7}{figure(view, cell):>8} "
    channel = MEASURED[cell]
    command = _rounded(view.command[cell], CHANNELS[channel].decimals)
    return f"{CHANNELS[channel].id:<6}{f'{figure(view, channel)}/{command}':>10}"


def sparkline(points: Sequence[float | None]) -> str:
    """Bars from the least to the greatest of the points, and these two; a gap where there is no figure."""
    known = [p for p in points if p is not None]
    if not known:
        return NONE
    lo, hi = min(known), max(known)
    step = (hi - lo) / (len(_BARS) - 1)
    bars = "".join(" " if p is None else _BARS[round((p - lo) / step) if step else 0] for p in points)
    return f"{bars:<{PAST_KEPT}} {_rounded(lo, 0)}..{_rounded(hi, 0)}"


def _loops(_: Watched, view: View, __: Texts) -> list[str]:
    lines = [f"{'loop':<12}{'feed':>10}{'P':>10}{'I':>10}{'D':>10}{'output':>10}  leads"]
    for name, terms in view.loops.items():
        cells = "".join(f"{NONE if term is None else f'{term:.4g}':>10}" for term in terms[:-1])
        lines.append(f"{name:<12}{cells}  {f'limiter {terms.leader}' if terms.leader else 'loop'}")
    return [*lines, "", *_commands(view)]


def _commands(view: View) -> list[str]:
    lines = [f"{'':<6} {'command':>9} {'measured':>9} {'unit':<7} {'delivery':<10} "]
    for actuator, row in zip(Actuator, ACTUATORS, strict=True):
        channel = MEASURED.get(actuator)
        measured = "" if channel is None else figure(view, channel)
        delivery = view.delivery(actuator)
        said = NONE if delivery is None else delivery.name
        command = _rounded(view.command[actuator], 1)
        lines.append(f"{row.id:<6} {command:>9} {measured:>9} {row.unit:<7} {said:<10} {row.text}")
    return lines


def _monitors(watched: Watched, view: View, texts: Texts) -> list[str]:
    found = margins(view, watched.about.limits)
    lines = [f"{'rule':<6} {'margin':>8}  {'channel':<14}{'value':>9} {'limit':>9}  armed rules first"]
    for m in found:
        row = CHANNELS[m.rule.channel]
        what = _cut(_title(texts, m.rule.id) if m.armed else "not armed", 27)
        lines.append(
            f"{m.rule.id:<6} {_share(m.percent):>8}  {row.id:<14}{m.value:>9.5g} {m.limit:>9.5g}  {what}"
        )
    return lines


def _share(percent: float) -> str:
    """A margin; of a limit of zero there is no percentage, and far away nobody needs one."""
    if math.isinf(percent):
        return "" if percent > 0 else "past"
    return f"{_rounded(percent, 0)} %" if abs(percent) < _FAR else f"{'>' if percent > 0 else '<-'}{_FAR} %"


def _bus(_: Watched, view: View, __: Texts) -> list[str]:
    bad = sum(1 for quality in view.quality if quality is not Quality.GOOD)
    lines = [f"state {view.seq} at {clock(view.now)}, {view.label}; {bad} of {len(CHANNELS)} not good"]
    lines.append(f"{'channel':<15}{'value':>10} {'unit':<8} {'quality':<12} {'age ms':>7}")
    ages = dict(zip(Channel, view.age_ms, strict=False))  # derived channels have none
    for channel, row in zip(Channel, CHANNELS, strict=True):
        quality, age = view.quality[channel].name, ages.get(channel, "")
        text = _cut(row.text, 23)
        lines.append(f"{row.id:<15}{figure(view, channel):>10} {row.unit:<8} {quality:<12} {age:>7} {text}")
    return lines


def _faults(watched: Watched, view: View, _: Texts) -> list[str]:
    known = watched.about.faults
    if not known:
        return ["nothing can be injected into this plant"]
    given = [e for e in watched.log if e.code is EventCode.ENTERED and e.detail == INJECTED]
    lines = ["i: inject a fault (watch --inject), as: NAME [MAGNITUDE], or end:NAME", ""]
    lines += [f"{clock(e.now)} {e.subject} {e.value or 0.0:g}" for e in reversed(given)]
    lines += ["", f"{'fault':<40}{'least':>10}{'most':>10}{'usual':>10}"]
    lines += [f"{_cut(n, 39):<40}{lo:>10g}{hi:>10g}{usual:>10g}" for n, (lo, hi, usual) in known.items()]
    return lines


def _log(watched: Watched, _: View, texts: Texts) -> list[str]:
    lost = f", {watched.missed} came too fast to be kept" if watched.missed else ""
    lines = [f"{len(watched.log)} events since this view began, newest first{lost}"]
    lines += [_cut(f"{clock(event.now)} {told(event, texts)}", WIDTH) for event in reversed(watched.log)]
    return lines


def told(event: Happened, texts: Texts) -> str:
    """An event in words."""
    value = math.nan if event.value is None else event.value
    return texts.told(event.code, event.subject, value, event.detail)


class Page(NamedTuple):
    """One page: the key that shows it, its name, and its lines."""

    key: str
    name: str
    lines: Callable[[Watched, View, Texts], list[str]]


PAGES: Final = (
    Page("1", "state", _state),
    Page("2", "loops", _loops),
    Page("3", "monitors", _monitors),
    Page("4", "bus", _bus),
    Page("5", "faults", _faults),
    Page("6", "log", _log),
)


def footer(shown: Page) -> str:
    """The keys; the page that is shown stands in angle brackets."""
    keys = (f">{p.key}<{p.name}" if p is shown else f"[{p.key}]{p.name}" for p in PAGES)
    return f"{' '.join(keys)}  arrows scroll  q quit"


def body(watched: Watched, page: Page, texts: Texts) -> str:
    """The text of a page."""
    return NEVER if watched.view is None else "\n".join(page.lines(watched, watched.view, texts))
