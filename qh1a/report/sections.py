"""The sections of the report, each as HTML from what was read of the session."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from qh1a.channels import CHANNELS, Channel
from qh1a.plant import PlantKind
from qh1a.record.summary import Summary
from qh1a.report.configs import number, table, text
from qh1a.report.data import Study
from qh1a.report.measures import Spread, balance, kept
from qh1a.report.parts import DASH, boxes, chip, esc, gauge, hms, length
from qh1a.report.parts import number as shown
from qh1a.report.parts import table as grid
from qh1a.tick import Phase, Priority

MAX_SPANS: Final = 100
_LABELS: Final = {Channel.QP_QB: "Q_p/Q_b", Channel.PLASMA_SHARE: "plasma share"}


def identity(
    study: Study, summary: Summary, name: str, head: str, problems: tuple[str, ...], labels: Mapping[str, str]
) -> str:
    """Who, what, with which software, and whether the record is sound."""
    patient = table(study.configs, "prescription", "patient")
    weight, hct = number(patient, "weight_kg"), number(patient, "haematocrit")
    about = [f"{shown(weight, 0)} kg" if weight else "", f"haematocrit {shown(hct, 2)}" if hct else ""]
    if problems:
        sound = f'<span class="tag loud">NOT SOUND</span> {esc("; ".join(problems[:5]))}'
        sound += f" and {len(problems) - 5} more" if len(problems) > 5 else ""
    else:
        sound = "sound: chain, header and every minute agree with their hashes"
    when = " to ".join(labels[key] for key in ("started", "ended") if key in labels)
    prescription = text(study.configs, "prescription", "name") or DASH
    pairs = [
        ("session", esc(name), ""),
        ("subject", esc(", ".join(x for x in (text(patient, "subject") or DASH, *about) if x)), ""),
        ("rig", esc(text(study.configs, "rig", "name") or DASH), ""),
        ("limits", esc(text(study.configs, "limits", "name") or DASH), ""),
        ("software", esc(f"qh1a {study.head.software}"), ""),
        ("seed", esc(str(study.head.seed)), ""),
        ("wall clock (label)", esc(when or DASH), "wide"),
        ("config hash", f"<code>{esc(study.head.config_hash)}</code>", "wide"),
        ("chain head", f"<code>{esc(head)}</code>", "wide"),
        ("record", sound, "wide"),
    ]
    cells = "".join(
        f"<dt>{esc(key)}</dt><dd{f' class={chr(34)}{css}{chr(34)}' if css else ''}>{value}</dd>"
        for key, value, css in pairs
    )
    subject = esc(text(patient, "subject") or DASH)
    hours = f"{summary.prescribed_h:g} h prescribed"
    return (
        f'<h1>{esc(prescription)}</h1><p class="lead">Session report · {subject} · {esc(hours)}</p>'
        f'<dl class="id">{cells}</dl>'
    )


def outcome(study: Study, summary: Summary) -> str:
    """How it ended, the four clocks, the balances, the alarms."""
    nominal = summary.prescribed_h * 3600
    window = study.prescribed("marks", "window_s") or 0.0
    effective = summary.effective_s
    short = effective is not None and effective < nominal - window
    tags = [
        '<span class="tag">inside the window</span>'
        if summary.within_window
        else '<span class="tag loud">outside the window</span>'
    ]
    if text(study.configs, "prescription", "purpose") == "bench":
        tags.append('<span class="tag">bench session, not for a trial</span>')
    if short:
        tags.append('<span class="tag loud">SHORT</span>')
    share = (
        f"{100 * effective / nominal:.1f} % of {hms(nominal)}" if effective is not None and nominal else ""
    )
    litres = None if summary.plasma_ml is None else summary.plasma_ml / 1000
    alarms = summary.alarms
    chips = "".join(
        chip(p, f"{n} {p.name.lower()}", off=n == 0)
        for p, n in (
            (Priority.HIGH, alarms.high),
            (Priority.MEDIUM, alarms.medium),
            (Priority.LOW, alarms.low),
        )
    )
    speed = "" if summary.x_real_time is None else f", {summary.x_real_time:.0f} × real time"
    cells = (
        ("effective", hms(effective), "", share),
        ("wall, since RAMP", hms(summary.wall_s), "", "pauses included"),
        ("blood circulating", hms(summary.blood_s), "", "Q_b 10 mL/min or more"),
        ("plasma processed", shown(litres, 2), "L", "separated, RAMP and TREAT"),
        ("net balance", shown(summary.net_balance_ml, 0, sign=True), "mL", "RAMP to TREAT, + is gain"),
        (
            "session balance",
            shown(summary.session_balance_ml, 0, sign=True),
            "mL",
            "with CONNECT and RINSEBACK",
        ),
        ("protective stops", str(summary.protective_stops), "", "responses R2 and above"),
        ("ticks", f"{summary.ticks:,}".replace(",", " "), "", f"{summary.late_ticks} late{speed}"),
    )
    word = summary.outcome.replace("_", " ")
    borders = f"{hms(nominal - window)} to {hms(nominal + window)}"
    within = f"prescribed {hms(nominal)}, window {borders} of effective time"
    return (
        f'<h2>Outcome</h2><div class="verdict"><strong>{esc(word)}</strong>{"".join(tags)}</div>'
        f'{gauge(effective or 0.0, nominal, window)}<p class="note">{esc(within)}</p>'
        f'{boxes(cells)}<div class="chips" aria-label="alarms by priority">{chips}</div>'
    )


def phases(study: Study) -> str:
    """Every stay in a phase with its beginning and length."""
    items = "".join(
        f"<li><b>{span.phase.name}</b> {hms(span.start)} ({length(span.end - span.start)})</li>"
        for span in study.spans[:MAX_SPANS]
    )
    if len(study.spans) > MAX_SPANS:
        items += f"<li>and {len(study.spans) - MAX_SPANS} more</li>"
    zero = "RAMP began" if study.ramped else "the record began (RAMP was not reached)"
    return f'<ul class="phases">{items}</ul><p class="note">Times are h:mm:ss since {zero}.</p>'


def _spread(spread: Spread | None, decimals: int) -> str:
    return DASH if spread is None else f"{shown(spread.mean, decimals)} ± {shown(spread.sd, decimals)}"


def set_points(study: Study) -> str:
    """What was prescribed and what was kept."""
    lines, last_s = kept(study)
    changed = any(line.set_at_end is not None for line in lines)
    body = []
    for line in lines:
        row = CHANNELS[line.channel]
        usable = DASH if line.treat is None else f"{100 * line.treat.usable:.1f} %"
        cells = [
            f"<b>{esc(label(line.channel))}</b> {esc(line.note or row.text)}",
            esc(row.unit),
            shown(line.prescribed, row.decimals),
            shown(line.set_at_end, row.decimals),
            _spread(line.treat, row.decimals + 1),
            _spread(line.last, row.decimals + 1),
            usable,
        ]
        body.append(("", cells if changed else cells[:3] + cells[4:]))
    heads = [
        ("signal", ""), ("unit", ""), ("prescribed", "num"), ("set at the end", "num"),
        ("TREAT, mean ± sd", "num"), (f"its last {length(last_s)}", "num"), ("usable", "num"),
    ]  # fmt: skip
    table_ = grid(heads if changed else heads[:3] + heads[4:], body)
    return f'<section class="keep"><h2>Set points</h2>{table_}</section>'


def label(channel: Channel) -> str:
    """A channel as the circuit's drawing writes it."""
    return _LABELS.get(channel, CHANNELS[channel].id)


def net_balance(study: Study) -> str:
    """The balance by its terms."""
    found = balance(study)
    if found is None:
        return "<h2>Balance</h2><p>RAMP was not reached: there is no balance.</p>"
    body = [("", (esc(part.name), esc(part.how), shown(part.ml, 1, sign=True))) for part in found.parts]
    body.append(
        (
            "total",
            ("sum of the terms", "from the recorded scales, 10-s medians", shown(found.total, 1, sign=True)),
        )
    )
    body.append(
        (
            "",
            ("the controller's estimate", "last value before RINSEBACK", shown(found.estimate, 1, sign=True)),
        )
    )
    if found.total is not None and found.estimate is not None:
        difference = shown(found.estimate - found.total, 1, sign=True)
        body.append(("quiet", ("estimate minus sum", "", difference)))
    reservoir = (
        f"Reservoir {shown(found.reservoir_start_g, 1)} g on entering RAMP, "
        f"{shown(found.reservoir_end_g, 1)} g at the end of treatment. Positive: "
        "the patient gained. Flow meters are not integrated."
    )
    missing = f" Not to be derived: {', '.join(found.unmeasured)}." if found.unmeasured else ""
    heads = (("term", ""), ("how", ""), ("mL", "num"))
    note = f'<p class="note">{esc(reservoir + missing)}</p>'
    return f'<section class="keep"><h2>Balance</h2>{grid(heads, body)}{note}</section>'


def how_to_read(study: Study) -> str:
    """How the strips are drawn."""
    zero = "RAMP began" if study.ramped else "the record began"
    return (
        f'<p class="note">Hours and minutes since {zero}. Dark blue is the mean and light blue everything '
        "between the smallest and the largest sample of a column, so that no peak is lost; a sample that is "
        "not usable is a gap. Broad violet is what was commanded, expected or aimed at. Grey lines are "
        "limits where they are armed: solid stops or lowers something, dashed warns, dotted is the limiter "
        "of a loop. At the right: value, response, rule; an arrow points to a limit outside the strip. Alarm "
        "shapes stand where the alarm was raised.</p>"
    )


def unusable(study: Study) -> str:
    """Channels with samples that were left out, with their share."""
    inside = study.within(Phase.RAMP, Phase.TREAT, Phase.PAUSE, Phase.RINSEBACK)
    found = []
    for channel, trace in study.traces.items():
        if channel in study.not_fitted or CHANNELS[channel].derived or not inside.any():
            continue
        share = 1 - float(np.count_nonzero(trace.good & inside)) / float(np.count_nonzero(inside))
        if share > 0:
            found.append(f"{CHANNELS[channel].id} {100 * share:.2g} %")
    return ", ".join(found)


def honesty(study: Study, summary: Summary) -> str:
    """What the figures above cannot say."""
    lines = []
    if study.head.plant is PlantKind.SIM:
        lines.append(
            "The plant is a simulation. The report shows what controller, alarms and operator did with a "
            "modelled patient; it is no evidence of an effect of treatment."
        )
    solutes = [
        n.replace("_", " ")
        for n, v in table(study.configs, "patient").items()
        if number(v, "clearance") is not None
    ]
    if study.truth is not None:
        lines.append(
            "Solutes, gas exchange, cells and harm are simulated truth: no sensor here measures them."
        )
    elif solutes:
        lines.append(
            f"Solutes ({', '.join(solutes)}) are simulated truth. No sensor of this machine measures them "
            "and none is shown here. Where a change of bilirubin is reported elsewhere: dilution by the "
            "prime alone lowers it by 10 to 20 %, removal by the cells is 0 by default."
        )
    fitted = {Channel.WET, Channel.TURB_R} - set(study.not_fitted)
    if Channel.WET not in fitted:
        lines.append(
            "WET is not fitted: a catheter that slips out of the vein lowers P_ven by the venous pressure "
            "only and may not be seen."
        )
    if Channel.TURB_R not in fitted:
        lines.append(
            "TURB_r is not fitted: a single broken fibre of the second filter is not detectable by pressure."
        )
    if summary.late_ticks:
        lines.append(f"{summary.late_ticks} ticks were late and skipped; nothing was caught up.")
    if study.head.plant is PlantKind.SIM and study.truth is None:
        lines.append(
            "Blood lost to the outside and blood trapped in the circuit are truths of the simulator, not of "
            "this file."
        )
    items = "".join(f"<li>{esc(line)}</li>" for line in lines)
    return f'<h2>What this report does not say</h2><ul class="plain">{items}</ul>' if lines else ""
