"""The drawings of a report, as SVG text: the timeline and the strips, all on one time axis.

Red, yellow and cyan are alarms and nothing else; traces are blue, commands violet, limits grey and told
apart by their dashes and labels. The same session gives the same bytes.
"""

import io
import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from matplotlib.ticker import FixedLocator, MaxNLocator

from qh1a.channels import CHANNELS, Channel
from qh1a.report.configs import number, rows, text
from qh1a.report.data import Alarm, Flags, Floats, Span, Study, Trace, response_text
from qh1a.report.decimate import Envelope, decimate, steps
from qh1a.report.strips import Group, Level, Strip, levels
from qh1a.tick import Phase, Priority, Response

INK: Final = "#1B2030"
MUTED: Final = "#5D6475"
RULE_GREY: Final = "#6B7280"
BLUE: Final = "#1F4E9E"
BLUE_BAND: Final = "#A9C1E8"
VIOLET: Final = "#7A3FA8"
VIOLET_BAND: Final = "#CFB6E6"
ALARM: Final = {
    Priority.HIGH: ("#B3141A", "8", 1.9),
    Priority.MEDIUM: ("#FFC53D", "^", 1.3),
    Priority.LOW: ("#36CFC9", "o", 0.7),
}
"""Colour, shape and size of an alarm by its priority, the console's own."""
PHASE: Final = {
    Phase.SELF_TEST: ("#ECEDF1", INK),
    Phase.PRIME: ("#D9DCE5", INK),
    Phase.READY: ("#E3E5EC", INK),
    Phase.CONNECT: ("#CBC7E6", INK),
    Phase.RAMP: ("#B4C5E8", INK),
    Phase.TREAT: ("#3F66B0", "#FFFFFF"),
    Phase.PAUSE: ("#737A8A", "#FFFFFF"),
    Phase.RINSEBACK: ("#BFAEDC", INK),
    Phase.DISCONNECT: ("#D9DCE5", INK),
    Phase.ENDED: ("#ECEDF1", INK),
    Phase.SAFE: ("#2B2F3A", "#FFFFFF"),
}

WIDTH: Final = 7.2
LEFT: Final = 0.56
RIGHT: Final = 1.36
"""Inches: every drawing has the same margins, so that times stand above each other."""
SIZE: Final = 6.8
_STYLE: Final = {
    "font.family": "DejaVu Sans",
    "font.size": SIZE,
    "svg.fonttype": "none",
    "text.parse_math": False,
    "path.simplify": False,
    "axes.unicode_minus": True,
    "axes.edgecolor": "#9AA1AF",
    "axes.linewidth": 0.5,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.0,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.major.pad": 2.0,
    "ytick.major.pad": 2.0,
    "text.color": INK,
    "hatch.linewidth": 0.5,
}
_DASHES: Final = {
    "warn": (0, (4.0, 2.0)),
    "trip": (0, ()),
    "limiter": (0, (1.0, 1.6)),
    "set": (0, (6.0, 1.5, 1.0, 1.5)),
}
_BLANK: Final = re.compile(r' id="([^"]*)"')
_USED: Final = re.compile(r'(?:url\(#|href="#)([^)"]+)')
_PATH: Final = re.compile(r' d="([^"]*)"')
_LONG: Final = re.compile(r"-?\d+\.\d{3,}")


def clock(s: float) -> str:
    """Seconds as h:mm, the sign in front."""
    minutes = round(abs(s) / 60)
    return f"{'−' if s < 0 and minutes else ''}{minutes // 60}:{minutes % 60:02d}"


def _tidy(svg: str) -> str:
    """An SVG document as an element inside a page: no prologue, no unused ids, short coordinates."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<defs>\s*<style type=\"text/css\">.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(?::xlink)?="[^"]*"', "", svg)
    used = set(_USED.findall(svg))
    svg = _BLANK.sub(lambda m: m.group(0) if m.group(1) in used else "", svg)
    svg = _PATH.sub(
        lambda m: ' d="' + " ".join(_LONG.sub(lambda n: f"{float(n.group()):.2f}", m.group(1)).split()) + '"', svg
    )
    return re.sub(r"\n\s*", "\n", svg).strip()


def _svg(figure: Figure, name: str) -> str:
    out = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": f"qh1a-{name}"}):
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(out, format="svg", metadata=nothing, transparent=True)
    return _tidy(out.getvalue())


def _width_in(words: str) -> float:
    """Width of a text at the drawings' size, in inches."""
    path = TextPath((0, 0), words, size=SIZE, prop=FontProperties(family="DejaVu Sans"), usetex=False)
    return float(path.get_extents().width) / 72


class Sheet(NamedTuple):
    """A figure and its vertical measure; axes are placed in inches from the top."""

    figure: Figure
    height: float
    x: tuple[float, float]

    def axes(self, top: float, height: float) -> Axes:
        """Axes over the common time axis."""
        box = (LEFT / WIDTH, 1 - (top + height) / self.height, (WIDTH - LEFT - RIGHT) / WIDTH, height / self.height)
        ax = self.figure.add_axes(box)
        ax.set_xlim(*self.x)
        ax.set_facecolor("none")
        return ax

    def inches(self, seconds: float) -> float:
        """Length of a time on paper."""
        return seconds / (self.x[1] - self.x[0]) * (WIDTH - LEFT - RIGHT)


def _sheet(study: Study, height: float) -> Sheet:
    start, end = (float(study.t[0]), float(study.t[-1])) if study.t.size else (0.0, 60.0)
    return Sheet(Figure(figsize=(WIDTH, height)), height, (start, max(end, start + 1.0)))


def _ticks(x: tuple[float, float]) -> list[float]:
    length = x[1] - x[0]
    step = next((s for s in (60, 120, 300, 600, 900, 1800, 3600) if length / s <= 14), 7200)
    return [float(i * step) for i in range(int(np.ceil(x[0] / step)), int(np.floor(x[1] / step)) + 1)]


def _time_axis(ax: Axes, x: tuple[float, float], *, labels: bool) -> None:
    ticks = _ticks(x)
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    if labels:
        ax.set_xticklabels([clock(t) for t in ticks])
    else:
        ax.tick_params(axis="x", length=0, labelbottom=False)


def _bare(ax: Axes) -> None:
    for side in ("top", "right", "left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.set_yticks([])
    ax.tick_params(axis="x", length=0, labelbottom=False)


def _phase_band(sheet: Sheet, top: float, height: float, spans: Sequence[Span]) -> Axes:
    ax = sheet.axes(top, height)
    _bare(ax)
    ax.set_ylim(0, 1)
    for span in spans:
        fill, ink = PHASE[span.phase]
        hatch = "/////" if span.phase is Phase.PAUSE else None
        ax.axvspan(span.start, span.end, facecolor=fill, edgecolor="#FFFFFF", linewidth=0.4, hatch=hatch)
        name = span.phase.name
        if _width_in(name) + 0.06 < sheet.inches(span.end - span.start):
            back = {"facecolor": fill, "edgecolor": "none", "pad": 1.0} if hatch else None
            middle = (span.start + span.end) / 2
            ax.text(middle, 0.47, name, ha="center", va="center", color=ink, bbox=back)
    return ax


def _runs(t: Floats, on: Flags) -> list[tuple[float, float]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], on, [False])).astype(np.int8)))
    return [(float(t[a]), float(t[min(b, t.size - 1)])) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _marks(ax: Axes, alarms: Iterable[Alarm], y: float, size: float) -> None:
    for priority, (fill, shape, large) in ALARM.items():
        at = [a.raised for a in alarms if a.priority is priority]
        if at:
            ax.scatter(
                at, [y] * len(at), s=size * large, marker=shape, facecolor=fill, edgecolor=INK, linewidth=0.5,
                zorder=6, clip_on=False,
            )  # fmt: skip


def timeline(study: Study) -> str:
    """Phases, responses, alarms by priority, the operator's hand and injected faults over wall time."""
    lane, gap = 0.19, 0.05
    faults = rows(study.configs, "faults", "fault") or rows(study.configs, "faults")
    lanes = 5 + bool(faults)
    height = 0.34 + lanes * (lane + gap) + 0.24
    with mpl.rc_context(_STYLE):
        sheet = _sheet(study, height)
        band = _phase_band(sheet, 0.02, 0.28, study.spans)
        _label(band, "phase", "")
        top = 0.36

        def next_lane(name: str, note: str) -> Axes:
            nonlocal top
            ax = sheet.axes(top, lane)
            _bare(ax)
            ax.set_ylim(0, 1)
            ax.axhline(0.5, color="#DDE0E8", linewidth=0.6, zorder=0)
            _label(ax, name, note)
            top += lane + gap
            return ax

        for priority, (fill, _, _) in ALARM.items():
            alarms = [a for a in study.alarms if a.priority is priority]
            ax = next_lane(priority.name.lower(), f"{len(alarms)} alarm{'s' * (len(alarms) != 1)}")
            for alarm in alarms:
                end = sheet.x[1] if alarm.cleared is None else alarm.cleared
                ax.axvspan(alarm.raised, end, ymin=0.28, ymax=0.72, facecolor=fill, edgecolor="none", zorder=2)
            _marks(ax, alarms, 0.5, 26)
        response = study.traces.get(Channel.RESPONSE)
        stops = [] if response is None else _runs(response.t, response.good & (response.v >= Response.R2))
        ax = next_lane("response", f"{len(stops)} × R2 or above")
        for start, end in stops:
            ax.axvspan(start, end, ymin=0.2, ymax=0.8, facecolor=INK, edgecolor=INK, linewidth=0.5)
        hands = [e.at for e in study.journal if e.who != "machine"]
        ax = next_lane("operator", f"{len(hands)} intent{'s' * (len(hands) != 1)}")
        ax.scatter(hands, [0.5] * len(hands), s=22, marker="|", color=BLUE, linewidth=0.8, clip_on=False)
        if faults:
            _fault_lane(next_lane("faults", f"{len(faults)} injected"), study, sheet)
        _time_axis(ax, sheet.x, labels=False)
        axis = sheet.axes(top - gap, 0.001)
        _bare(axis)
        axis.spines["bottom"].set_visible(True)
        axis.tick_params(axis="x", length=2.5, labelbottom=True)
        _time_axis(axis, sheet.x, labels=True)
        return _svg(sheet.figure, "timeline")


def _label(ax: Axes, name: str, note: str) -> None:
    ax.annotate(name, (0, 0.5), (-4, 0), "axes fraction", "offset points", ha="right", va="center", color=INK)
    ax.annotate(note, (1, 0.5), (5, 0), "axes fraction", "offset points", ha="left", va="center", color=MUTED)


def _fault_lane(ax: Axes, study: Study, sheet: Sheet) -> None:
    for row in rows(study.configs, "faults", "fault") or rows(study.configs, "faults"):
        start, end = fault_span(study, row, sheet.x[1])
        if start is not None:
            ax.axvspan(
                start, end, ymin=0.12, ymax=0.88, facecolor="#E4D8F0", edgecolor=VIOLET, linewidth=0.6, hatch="...."
            )


def fault_span(study: Study, row: object, last: float) -> tuple[float | None, float]:
    """When a fault of the script was on; None when its phase was never reached."""
    phase = text(row, "phase").upper()
    zero = study.first(Phase[phase]) if phase in Phase.__members__ else (0.0 if study.ramped else None)
    at, duration = number(row, "at_s"), number(row, "duration_s")
    if zero is None or at is None:
        return None, last
    return zero + at, min(last, zero + at + duration) if duration else last


def trends(study: Study, group: Group) -> str:
    """The strips of a group under one phase band; empty when no channel of it is fitted."""
    fitted = [s for s in group.strips if s.channel not in study.not_fitted]
    if not fitted:
        return ""
    head, strip_height, foot = 0.235, 0.80, 0.22
    height = 0.2 + len(fitted) * (head + strip_height) + foot
    with mpl.rc_context(_STYLE):
        sheet = _sheet(study, height)
        _phase_band(sheet, 0.0, 0.17, study.spans)
        top = 0.2
        for strip in fitted:
            ax = sheet.axes(top + head, strip_height)
            _draw(ax, study, strip, sheet)
            _time_axis(ax, sheet.x, labels=strip is fitted[-1])
            top += head + strip_height
        return _svg(sheet.figure, group.title)


def _shade(ax: Axes, spans: Sequence[Span]) -> None:
    for span in spans:
        if span.phase is not Phase.TREAT:
            ax.axvspan(span.start, span.end, facecolor=PHASE[span.phase][0], alpha=0.28, edgecolor="none", zorder=0)


def _band(ax: Axes, shape: Envelope) -> None:
    ax.fill_between(
        shape.t, shape.lo, shape.hi, facecolor=BLUE_BAND, edgecolor=BLUE_BAND, linewidth=0.5, zorder=3
    )
    ax.plot(shape.t, shape.mean, color=BLUE, linewidth=0.8, zorder=4, label="measured")


def _draw(ax: Axes, study: Study, strip: Strip, sheet: Sheet) -> None:
    row = CHANNELS[strip.channel]
    trace = study.traces[strip.channel]
    _shade(ax, study.spans)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    shape = decimate(trace.t, trace.v, trace.good)
    _band(ax, shape)
    drawn = [trace]
    if strip.command is not None:
        command = study.commands[strip.command]
        on = command > 0 if row.unit == "C" else np.isfinite(command)
        t, v = steps(study.t, command, on)
        ax.plot(t, v, color=VIOLET_BAND, linewidth=2.4, zorder=2.5, label=strip.command_text)
        drawn.append(Trace(study.t, command, on))
    for channel, name in strip.others:
        other = study.traces[channel]
        line = decimate(other.t, other.v, other.good)
        ax.plot(line.t, line.mean, color=VIOLET_BAND, linewidth=2.4, zorder=2.5, label=name)
        drawn.append(other)
    lines = list(levels(strip, study))
    labels = [(level.value, level.text) for level in lines]
    if strip.below is not None:
        labels += _draw_below(ax, study, strip)
    _range(ax, drawn, lines, labels)
    for level in lines:
        if level.kind != "set":
            _draw_level(ax, level, study)
    _draw_sets(ax, study, strip)
    _alarms_on(ax, study, strip)
    _gutter(ax, labels)
    note = "" if trace.good.any() else "   no valid sample"
    name = "Q_p/Q_b" if strip.channel is Channel.QP_QB else row.id
    ax.annotate(
        name, (0, 1), (0, 3), "axes fraction", "offset points", weight="bold", ha="left", va="bottom"
    )
    ax.annotate(
        f"{row.text}, {row.unit}{note}", (_width_in(name) * 1.22 / (WIDTH - LEFT - RIGHT) + 0.012, 1), (0, 3),
        "axes fraction", "offset points", ha="left", va="bottom", color=MUTED,
    )  # fmt: skip
    if len(drawn) > 1:
        ax.legend(
            loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, frameon=False, fontsize=SIZE,
            handlelength=1.8, columnspacing=1.2, handletextpad=0.4, borderpad=0.0, borderaxespad=0.35,
        )  # fmt: skip
    ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))


def _draw_below(ax: Axes, study: Study, strip: Strip) -> list[tuple[float, str]]:
    """The moving limit: a drop below an expected value."""
    if strip.below is None:
        return []
    channel, key = strip.below
    drop = study.limit(key)
    trace = study.traces[channel]
    if drop is None or not trace.good.any():
        return []
    line = decimate(trace.t, trace.v - drop, trace.good)
    ax.plot(line.t, line.mean, color=RULE_GREY, linewidth=0.7, zorder=2)
    rule = next(r for r in strip.rules if r.limit == key)
    last = float(trace.v[trace.good][-1]) - drop
    return [(last, f"expected −{drop:g} {response_text(rule.response)}  {rule.id}")]


def _range(ax: Axes, traces: Sequence[Trace], lines: Sequence[Level], labels: list[tuple[float, str]]) -> None:
    """Room for every sample and every limit of the treatment; others are named at the edge."""
    found = [float(f(t.v[t.good])) for t in traces if t.good.any() for f in (np.min, np.max)]
    found += [level.value for level in lines if level.core]
    low, high = (min(found), max(found)) if found else (0.0, 1.0)
    room = max(high - low, 1e-3 * max(abs(high), abs(low), 1.0)) * 0.07
    ax.set_ylim(low - room, high + room)
    for i, (value, words) in enumerate(labels):
        if value > high + room:
            labels[i] = (high + room, words + " ↑")
        elif value < low - room:
            labels[i] = (low - room, words + " ↓")


def _draw_sets(ax: Axes, study: Study, strip: Strip) -> None:
    """The set point over time: prescribed, then as changed."""
    sets = study.changes.get(strip.planned, ())
    if sets:
        at = [*(t for t, _ in sets), max(float(study.t[-1]), sets[-1][0])]
        values = [*(v for _, v in sets), sets[-1][1]]
        ax.plot(at, values, color=INK, linewidth=0.7, linestyle=_DASHES["set"], drawstyle="steps-post", zorder=2)


def _draw_level(ax: Axes, level: Level, study: Study) -> None:
    for span in study.spans:
        if span.phase in level.phases:
            ax.plot(
                [span.start, span.end], [level.value] * 2, color=RULE_GREY, linestyle=_DASHES[level.kind],
                linewidth=0.9 if level.kind == "trip" else 0.7, zorder=2,
            )  # fmt: skip


def _alarms_on(ax: Axes, study: Study, strip: Strip) -> None:
    mine = {rule.id for rule in strip.rules}
    alarms = [a for a in study.alarms if a.rule in mine]
    top = ax.get_ylim()[1]
    for alarm in alarms:
        ax.plot([alarm.raised] * 2, ax.get_ylim(), color=INK, linewidth=0.4, zorder=1)
    _marks(ax, alarms, top, 20)


def _gutter(ax: Axes, labels: Sequence[tuple[float, str]]) -> None:
    """Labels of the levels beside the strip, moved apart where they would touch."""
    low, high = ax.get_ylim()
    figure = ax.get_figure()
    box = ax.get_position()
    tall = box.height * (figure.get_figheight() if isinstance(figure, Figure) else 1.0)
    wanted = sorted(((value - low) / (high - low) * tall, words) for value, words in labels)
    for (at, words), place in zip(wanted, spread([at for at, _ in wanted], SIZE * 1.22 / 72, 0.0, tall), strict=True):
        ax.annotate(
            words, (1, at / tall), (13, (place - at) * 72), "axes fraction", "offset points",
            ha="left", va="center", color=INK,
            arrowprops={"arrowstyle": "-", "color": "#9AA1AF", "linewidth": 0.5, "shrinkA": 0, "shrinkB": 0,
                        "relpos": (0.0, 0.5)},
        )  # fmt: skip


def spread(places: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Ascending places moved as little as needed to stand `apart`, in `low`..`high` while they fit there."""
    blocks: list[list[float]] = []  # [sum of wished starts, count]
    for i, place in enumerate(places):
        blocks.append([place - i * apart, 1.0, float(i)])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            total, count, _ = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    room = max(low, high - (len(places) - 1) * apart)
    starts = [min(max(total / count, low), room) for total, count, _ in blocks for _ in range(int(count))]
    return [start + i * apart for i, start in enumerate(starts)]

