"""`qh1a tune`: gains of the loops, from a relay experiment on the simulated plant."""

import dataclasses
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from qh1a.cli.options import refuse_out, refuse_plant, refuse_seed
from qh1a.cli.say import (
    DONE,
    FAILED,
    INTERRUPTED,
    RefusedError,
    complain,
    polite,
    result_json,
    result_table,
)

if TYPE_CHECKING:
    from qh1a.config import Configuration
    from qh1a.settings import Tuning
    from qh1a.whatif.bench import Bench
    from qh1a.whatif.relay import Progress
    from qh1a.whatif.table import LoopRow
    from qh1a.whatif.tune import Tuned

ALL: Final = "all"
LONG_H: Final = 8.0
"""Every session is run as one of this nominal time, so that no experiment meets its end."""
MOST_HEPARIN_ML: Final = 60.0
"""And with the most heparin there can be, so that none is without."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Job:
    """A tuning that has passed every check and can start."""

    rows: "Sequence[LoopRow]"
    base: str
    tuning: "Tuning"
    benches: "Mapping[str, Callable[[], Bench]]"
    provenance: str
    out: Path | None


def tune(
    prescriptions: Annotated[
        list[str],
        typer.Argument(
            help="Files, or shipped names such as 4h.toml, each with other set points if need be, as in "
            "4h.toml@perfusion_ml_min=50,ph=7.35: one operating point each.",
            metavar="PRESCRIPTION[@KEY=VALUE,...]...",
        ),
    ],
    *,
    loop: Annotated[str, typer.Option(help="Which loop, or all.")] = ALL,
    plant: Annotated[str, typer.Option(help="What it runs on: sim.")] = "sim",
    patient: Annotated[
        list[str] | None,
        typer.Option(help="Virtual patient; several are several points. Without: aclf-typical.toml."),
    ] = None,
    tuning: Annotated[
        str, typer.Option(help="Gains to start from, and of all other loops.")
    ] = "default.toml",
    seed: Annotated[int, typer.Option(help="Seed of everything drawn.")] = 1,
    out: Annotated[Path | None, typer.Option(help="File for the gains, with where they come from.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Find the gains of one loop, or of all, by relay experiments in simulated treatment."""
    with polite():
        job = _prepare(prescriptions, loop, plant, patient or ["aclf-typical.toml"], tuning, seed, out)
        try:
            code = _tune(job, as_json=json)
        except KeyboardInterrupt:
            complain("interrupted: nothing was written")
            code = INTERRUPTED
    raise typer.Exit(code)


def _prepare(
    prescriptions: Sequence[str],
    loop: str,
    plant: str,
    patients: Sequence[str],
    tuning: str,
    seed: int,
    out: Path | None,
) -> _Job:
    """Check everything before anything starts."""
    from qh1a import __version__
    from qh1a.whatif.table import BY_NAME

    refuse_plant(plant)
    refuse_seed(seed)
    if loop != ALL and loop not in BY_NAME:
        raise RefusedError(where="--loop", value=loop, allowed=f"allowed {', '.join((*BY_NAME, ALL))}")
    if out is not None:
        refuse_out(out)
    loaded = {name: _load(name, tuning) for name in prescriptions}
    benches = {
        f"{Path(name).name}, {Path(person).name}": _bench(configuration, person, seed)
        for name, configuration in loaded.items()
        for person in patients
    }
    return _Job(
        tuple(BY_NAME.values()) if loop == ALL else (BY_NAME[loop],),
        Path(tuning).name,
        loaded[prescriptions[0]].tuning,
        benches,
        f"qh1a tune {__version__}, relay on SIM: {'; '.join(benches)}; seed {seed}",
        out,
    )


def _load(point: str, tuning: str) -> "Configuration":
    """A prescription, after an @ with other set points."""
    from qh1a.config import ConfigError, Configuration, parse_set
    from qh1a.config.load import SET

    name, _, sets = point.partition("@")
    items = tuple(f"prescription.flows.{item.strip()}" for item in sets.split(",") if item)
    try:
        return Configuration.load(name, tuning=tuning, overrides=parse_set(items))
    except ConfigError as error:
        where = point if error.file == SET else error.file
        raise ConfigError(where, error.key, error.value, error.allowed) from None


def _bench(configuration: "Configuration", patient: str, seed: int) -> "Callable[[], Bench]":
    """What makes a bench of a configuration and a patient; their files have been read by then."""
    from qh1a.cli.plant import Bedside, build_plant, load_parts
    from qh1a.control.kernel import Kernel
    from qh1a.script import ScriptedOperator
    from qh1a.whatif.bench import Bench

    c = configuration
    # Long enough for any experiment, and heparin for as long.
    heparin = dataclasses.replace(c.prescription.anticoagulation, cap_ml=MOST_HEPARIN_ML)
    prescription = dataclasses.replace(c.prescription, nominal_h=LONG_H, anticoagulation=heparin)
    parts = load_parts(prescription, "sim.toml", patient, None, {})

    def make() -> Bench:
        plant = build_plant(parts, prescription, seed)
        kernel = Kernel(prescription, c.limits, c.tuning, c.rig)
        return Bench(plant, kernel, ScriptedOperator.of("auto", prescription), lambda: Bedside(plant))

    return make


def _tune(job: _Job, *, as_json: bool) -> int:
    """Run, write, print; the exit code."""
    from qh1a.whatif.errors import TuneError
    from qh1a.whatif.tune import tune as find
    from qh1a.whatif.tunefile import tuned, write

    done: list[Tuned] = []
    failed: list[TuneError] = []
    with _progress() as progress:
        try:
            done, failed = find(job.benches, job.rows, job.tuning, progress)
        except TuneError as unreached:
            failed = [unreached]
    written = job.out if done and not failed else None
    if written is not None:
        text = write(tuned(job.tuning, done, job.provenance), done, job.base)
        try:
            written.write_text(text, encoding="utf-8")
        except OSError as error:
            raise RefusedError(where=str(written), allowed=f"cannot be written: {error.strerror}") from None
    if as_json:
        result_json(
            {
                "plant": "SIM",
                "provenance": job.provenance,
                "tuning_file": None if written is None else str(written),
                "loops": [_row(one) for one in done],
                "failed": [str(error) for error in failed],
            }
        )
    elif done:
        result_table(_HEADINGS, [cells for one in done for cells in _cells(one)])
    for untuned in failed:
        complain(str(untuned))
    if failed and job.out is not None:
        complain(f"{job.out}: not written, for what could not be tuned")
    return FAILED if failed else DONE


def _row(one: "Tuned") -> dict[str, object]:
    d, before = one.design, one.before
    return {
        "loop": one.row.name,
        "kp": d.gains.kp,
        "ti_s": d.gains.ti_s,
        "kept_by": d.decided,
        "closed_s": d.closed_s,
        "damping": d.damping,
        "at": d.point.name,
        "before": {"kp": before.kp, "ti_s": before.ti_s, "td_s": before.td_s},
        "points": [
            {
                "at": point.name,
                "process_gain": point.model.gain,
                "lag_s": point.model.lag_s,
                "delay_s": point.model.delay_s,
                "mean_s": point.model.mean_s,
                "gain_schedule": point.gain,
                "rate_schedule": point.rate,
                "ms": after.ms,
                "gain_margin": after.gain,
                "phase_margin_deg": after.phase_deg,
                "ms_before": _finite(was.ms),
                "nrmse": found.nrmse,
                "noise": found.noise,
                "cycle": {
                    "period_s": found.cycle.period_s,
                    "amplitude": found.cycle.amplitude,
                    "static_gain": found.cycle.gain,
                    "ultimate_gain": _finite(found.cycle.ultimate_gain),
                },
            }
            for found, point, after, was in one.each()
        ],
    }


_HEADINGS: Final = (
    "loop", "kp", "Ti s", "kept by", "was kp", "Ti s", "at", "K", "T s", "L s", "Ms", "GM", "PM", "was Ms",
)  # fmt: skip


def _cells(one: "Tuned") -> list[list[str]]:
    d, before = one.design, one.before
    gains = [f"{x:g}" for x in (d.gains.kp, d.gains.ti_s, before.kp, before.ti_s)]
    return [
        [
            one.row.name, *gains[:2], d.decided, *gains[2:], point.name, f"{point.model.gain:.3g}",
            "-" if point.model.lag_s is None else f"{point.model.lag_s:.3g}", f"{point.model.dead_s:.3g}",
            f"{after.ms:.2f}", f"{after.gain:.3g}", f"{after.phase_deg:.0f}", f"{was.ms:.2f}",
        ]
        for _, point, after, was in one.each()
    ]  # fmt: skip


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


@contextmanager
def _progress() -> "Iterator[Progress]":
    """A bar on a terminal, silence in a pipe."""
    if not sys.stderr.isatty():
        yield lambda what, done, of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("SIM {task.description:30}"), BarColumn(bar_width=20), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda what, done, of: bar.update(task, description=what, completed=done, total=of)
