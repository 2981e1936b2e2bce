"""The report of one session: a single HTML page that needs nothing else, for the screen and for A4."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final

from qh1a.channels import CHANNELS, Channel
from qh1a.plant import PlantKind
from qh1a.record.reader import SessionFile
from qh1a.record.summary import Summary, summarise
from qh1a.report import sections
from qh1a.report.configs import Json, text
from qh1a.report.data import Session, Study, study
from qh1a.report.figures import timeline, trends
from qh1a.report.measures import BALANCE_CHANNELS, KEPT_CHANNELS
from qh1a.report.parts import css_text, esc
from qh1a.report.strips import GROUPS, needed

ACTUATORS: Final = frozenset(s.command for g in GROUPS for s in g.strips if s.command is not None)
CHANNELS_USED: Final = needed() | BALANCE_CHANNELS | KEPT_CHANNELS | {Channel.RESPONSE}
NO_TEXTS: Final[Mapping[str, Json]] = {}
_PLANTS: Final = {
    PlantKind.SIM: ("SIMULATED, not a patient", "#6E5A9E", "#FFFFFF"),
    PlantKind.RIG: ("RIG: emulated devices, no patient", "#4A5A78", "#FFFFFF"),
    PlantKind.BENCH: ("BENCH: real devices, no patient", "#4A5A78", "#C9D2E3"),
    PlantKind.PATIENT: ("PATIENT", "#1B2030", "#1B2030"),
}


@dataclass(frozen=True, slots=True)
class Proof:
    """What the file says of its own soundness, and the labels that stand outside the record."""

    name: str
    head: str
    problems: tuple[str, ...]
    labels: Mapping[str, str]


def write(session: Path, out: Path, texts: Mapping[str, Json] = NO_TEXTS) -> None:
    """Write the report of a session file to `out`, whole or not at all.

    `texts` are the alarms' texts by rule id. The same file gives the same bytes. Raises `RecordError` when
    the session cannot be read, `OSError` when the report cannot be written.
    """
    with SessionFile(session) as file:
        proof = Proof(session.name, file.head, tuple(file.verify()), file.labels)
        html = render(file, summarise(file), proof, texts)
    part = out.with_name(out.name + ".part")
    try:
        part.write_text(html, encoding="utf-8")
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)


def render(session: Session, summary: Summary, proof: Proof, texts: Mapping[str, Json] = NO_TEXTS) -> str:
    """The report as HTML."""
    seen = study(session, CHANNELS_USED, ACTUATORS)
    words, stripe_a, stripe_b = _PLANTS[seen.head.plant]
    plant = f"{seen.head.plant.value}: {words}" if seen.head.plant is PlantKind.SIM else words
    template = Template(files("qh1a.report").joinpath("page.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=esc(f"{proof.name}: session report"),
        plant=esc(plant),
        stripe_a=stripe_a,
        stripe_b=stripe_b,
        css_plant=css_text(f"{plant} - research software"),
        css_name=css_text(f"{proof.name} - {text(seen.configs, 'prescription', 'patient', 'subject')}"[:80]),
        css_head=css_text(f"chain {proof.head}"),
        body=_body(seen, summary, proof, texts),
    )


def _body(seen: Study, summary: Summary, proof: Proof, texts: Mapping[str, Json]) -> str:
    blocks = [
        sections.identity(seen, summary, proof.name, proof.head, proof.problems, proof.labels),
        sections.outcome(seen, summary),
        "<h2>Course</h2>",
        _figure(timeline(seen), "Phases, alarms by priority, responses and intents over wall time"),
        sections.phases(seen),
        sections.set_points(seen),
        sections.net_balance(seen),
        sections.alarm_table(seen, texts),
        '<h2 class="trends">Trends</h2>',
        sections.how_to_read(seen),
    ]
    for group in GROUPS:
        drawing = trends(seen, group)
        if drawing:
            blocks.append(
                f'<section class="group"><h3>{esc(group.title)}</h3>{_figure(drawing, group.title)}</section>'
            )
    blocks += [
        _left_out(seen),
        sections.faults(seen),
        sections.journal(seen),
        sections.honesty(seen, summary),
        sections.limits(seen),
        f"<footer>{esc(seen.head.software)} · {esc(proof.name)} · chain head <code>{esc(proof.head)}</code></footer>",
    ]
    return "\n".join(block for block in blocks if block)


def _figure(svg: str, label: str) -> str:
    return f'<figure role="img" aria-label="{esc(label)}">{svg}</figure>'


def _left_out(seen: Study) -> str:
    missing = ", ".join(CHANNELS[c].id for c in seen.not_fitted)
    line = f"Not fitted: {missing}." if missing else "Every channel of the machine was fitted."
    gaps = sections.unusable(seen)
    more = f" Left out because not usable, RAMP to RINSEBACK: {gaps}." if gaps else ""
    return f'<p class="note">{esc(line + more)}</p>'
