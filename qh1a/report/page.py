"""The report of one session: a single HTML page that needs nothing else, for the screen and for A4."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final

from qh1a.channels import CHANNELS, Channel
from qh1a.config.texts import load_texts
from qh1a.hazards import unarmed
from qh1a.plant import PlantKind
from qh1a.record.reader import SessionFile
from qh1a.record.summary import Summary, summarise
from qh1a.report import sections, tables, truth_figures, truth_pages
from qh1a.report.alarm_budget import alarm_budget
from qh1a.report.configs import text
from qh1a.report.data import Session, Study, study
from qh1a.report.figures import timeline, trends
from qh1a.report.measures import BALANCE_CHANNELS, KEPT_CHANNELS
from qh1a.report.parts import css_text, esc, figure
from qh1a.report.strips import GROUPS, needed

ACTUATORS: Final = truth_figures.ACTUATORS_USED | {
    s.command for g in GROUPS for s in g.strips if s.command is not None
}
CHANNELS_USED: Final = (
    needed() | BALANCE_CHANNELS | KEPT_CHANNELS | truth_figures.CHANNELS_USED | {Channel.RESPONSE}
)
NO_TITLES: Final[Mapping[str, str]] = {}
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


def write(session: Path | SessionFile, out: Path, titles: Mapping[str, str] | None = None) -> None:
    """Write the report of a session to `out`, whole or not at all.

    `titles` name the alarms by rule id and the node's trips by name; the shipped English ones unless given.
    The same file gives the same bytes. Raises `RecordError` when the session cannot be read, `ConfigError`
    when the texts cannot, `OSError` when the report cannot be written.
    """
    if titles is None:
        texts = load_texts()
        titles = {**{rule: row.title for rule, row in texts.rule.items()}, **texts.node}
    if isinstance(session, Path):
        with SessionFile(session) as file:
            html = _html(file, titles)
    else:
        html = _html(session, titles)
    part = out.with_name(out.name + ".part")
    try:
        part.write_text(html, encoding="utf-8")
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _html(file: SessionFile, titles: Mapping[str, str]) -> str:
    proof = Proof(file.path.name, file.head, tuple(file.verify()), file.labels)
    return render(file, summarise(file), proof, titles)


def render(session: Session, summary: Summary, proof: Proof, titles: Mapping[str, str] = NO_TITLES) -> str:
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
        body=_body(seen, summary, proof, titles),
    )


def _body(seen: Study, summary: Summary, proof: Proof, titles: Mapping[str, str]) -> str:
    blocks = [
        sections.identity(seen, summary, proof.name, proof.head, proof.problems, proof.labels),
        sections.outcome(seen, summary),
        "<h2>Course</h2>",
        figure(timeline(seen), "Phases, alarms by priority, responses and intents over wall time"),
        sections.phases(seen),
        sections.set_points(seen),
        sections.net_balance(seen),
        truth_pages.harm_figures(seen),
        tables.alarm_table(seen, titles),
        alarm_budget(seen.alarms, seen.journal, (summary.wall_s or 0.0) / 3600.0),
        '<h2 class="trends">Trends</h2>',
        sections.how_to_read(seen),
    ]
    for group in GROUPS:
        drawing = trends(seen, group)
        if drawing:
            blocks.append(
                f'<section class="group"><h3>{esc(group.title)}</h3>{figure(drawing, group.title)}</section>'
            )
    blocks += [
        _left_out(seen),
        truth_pages.pages(seen),
        tables.faults(seen),
        tables.journal(seen),
        sections.honesty(seen, summary),
        tables.limits(seen),
        f"<footer>{esc(f'qh1a {seen.head.software} · {proof.name} · chain head {proof.head}')}</footer>",
    ]
    return "\n".join(block for block in blocks if block)


def _left_out(seen: Study) -> str:
    missing = ", ".join(CHANNELS[c].id for c in seen.not_fitted)
    line = f"Not fitted: {missing}." if missing else "Every channel of the machine was fitted."
    idle = ", ".join(rule.id for rule in unarmed(seen.not_fitted))
    line += f" Unarmed without them: {idle}." if idle else ""
    gaps = sections.unusable(seen)
    more = f" Left out because not usable, RAMP to RINSEBACK: {gaps}." if gaps else ""
    return f'<p class="note">{esc(line + more)}</p>'
