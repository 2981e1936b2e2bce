"""`qh1a run`: one session, from its files to its record."""

import asyncio
import math
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qh1a.cli.options import refuse_out, refuse_plant, refuse_seed
from qh1a.cli.say import (
    DONE,
    FAILED,
    INTERRUPTED,
    RefusedError,
    complain,
    number,
    polite,
    result_json,
    result_pairs,
)

if TYPE_CHECKING:
    from qh1a.cli.plant import SimParts
    from qh1a.clock import VirtualClock
    from qh1a.config import Configuration
    from qh1a.control.kernel import Kernel
    from qh1a.link import Link, Status
    from qh1a.plant import PlantKind
    from qh1a.record import Recorder
    from qh1a.runtime import Operator, RunResult
    from qh1a.script import ScriptedOperator
    from qh1a.tick import Decision, Intent
    from qh1a.units import Ns


CONSOLE = "console"
"""The operator who is whoever sits at the console."""


@dataclass(frozen=True, slots=True)
class _Job:
    """A session that has passed every check and can start."""

    configuration: "Configuration"
    parts: "SimParts"
    operator: "ScriptedOperator | None"
    """None: whoever sits at the console."""
    link: Path | None
    seed: int
    speed: float | None
    out: Path


def run(  # noqa: PLR0913 - one argument per option of the command line
    prescription: Annotated[str, typer.Argument(help="A file, or a shipped name such as 4h.toml.")],
    *,
    plant: Annotated[str, typer.Option(help="What runs: sim.")] = "sim",
    speed: Annotated[str, typer.Option(help="Times real time, or max.")] = "1",
    patient: Annotated[
        str, typer.Option(help="Virtual patient; of a cohort: aclf-300#17.")
    ] = "aclf-typical.toml",
    faults: Annotated[str | None, typer.Option(help="Fault script.")] = None,
    operator: Annotated[str, typer.Option(help="auto, console, or a script.")] = "auto",
    link: Annotated[
        Path | None,
        typer.Option(help="Socket for console, watch and mqtt; with --operator console [SESSION.sock]."),
    ] = None,
    limits: Annotated[str, typer.Option(help="Limits.")] = "default.toml",
    tuning: Annotated[str, typer.Option(help="Gains of the loops.")] = "default.toml",
    seed: Annotated[int, typer.Option(help="Seed of everything drawn.")] = 1,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override one value, e.g. limits.tmp_trip_mmhg=50."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Session file [PRESCRIPTION-SEED.qh1a].")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Run a session in simulation and record it."""
    with polite():
        job = _prepare(
            prescription, plant=plant, speed=speed, patient=patient, faults=faults, operator=operator,
            link=link, limits=limits, tuning=tuning, seed=seed, sets=tuple(sets or ()), out=out,
        )  # fmt: skip
        result = asyncio.run(_session(job))
        code = _report(job, result, as_json=json)
    raise typer.Exit(code)


def _prepare(  # noqa: PLR0913 - as `run`
    prescription: str,
    *,
    plant: str,
    speed: str,
    patient: str,
    faults: str | None,
    operator: str,
    link: Path | None,
    limits: str,
    tuning: str,
    seed: int,
    sets: tuple[str, ...],
    out: Path | None,
) -> _Job:
    """Check everything before anything starts."""
    from qh1a.cli.plant import load_parts
    from qh1a.config import Configuration, parse_set
    from qh1a.script import ScriptedOperator, load_script, script_tree

    refuse_plant(plant)
    factor = _speed(speed)
    refuse_seed(seed)
    path = out or Path(f"{Path(prescription).stem}-{seed}.qh1a")
    refuse_out(path)
    overrides = parse_set(sets)
    configuration = Configuration.load(prescription, limits=limits, tuning=tuning, overrides=overrides)
    parts = load_parts(configuration.prescription, "sim.toml", patient, faults, overrides, limits)
    if operator == CONSOLE:
        played: ScriptedOperator | None = None
        trees: Mapping[str, object] = {**parts.trees, "operator": {"name": CONSOLE}}
        link = link or path.with_suffix(".sock")
    else:
        script = load_script(operator)
        played = ScriptedOperator(script, configuration.prescription)
        trees = {**parts.trees, "operator": script_tree(script)}
    return _Job(configuration.beside(trees), parts, played, link, seed, factor, path)


def _speed(text: str) -> float | None:
    """A factor on real time; None for max."""
    if text == "max":
        return None
    try:
        factor = float(text)
    except ValueError:
        factor = math.nan
    if not (math.isfinite(factor) and factor > 0.0):
        raise RefusedError(where="--speed", value=text, allowed="allowed max or a factor above 0")
    return factor


@contextmanager
def _deaf() -> Iterator[None]:
    """Nothing interrupts the half second in which the record is closed; the plant is safe by then."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(n, signal.SIG_IGN) for n in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


async def _session(job: _Job) -> "RunResult":
    """Compose and run; the record is closed whatever happens."""
    from qh1a import __version__, runtime
    from qh1a.cli.pace import Pace
    from qh1a.cli.plant import TRUTH, Bedside, TruthKeeper, build_plant, tell_cold, warm_up
    from qh1a.cli.progress import progress
    from qh1a.cli.start import refuse_start
    from qh1a.clock import VirtualClock, today
    from qh1a.control.kernel import Kernel
    from qh1a.gates import kind_of, shut
    from qh1a.record import Header, Recorder

    c = job.configuration
    tell_cold()
    plant = build_plant(job.parts, c.prescription, job.seed)
    identities = await plant.open()
    clock = VirtualClock(job.speed)
    kernel = Kernel(c.prescription, c.limits, c.tuning, c.rig)
    told = _Told(clock, kernel)
    link = _link(job, kind_of(plant.kind, identities), clock, told)
    try:
        refuse_start(shut(plant.kind, identities, c.rig, c.prescription, c.limits, today()))
        warm_up(job.parts, c.prescription)
        if link is not None:
            await link.open()
        kind = kind_of(plant.kind, identities)
        header = Header(kind, c.tree(), c.digest(), __version__, job.seed, identities, TRUTH)
        recorder = told.recorder = Recorder(job.out, header, clock)
    except BaseException:
        await plant.close()
        if link is not None:
            await link.close()
        raise
    keeper = TruthKeeper(plant, recorder)
    labels: dict[str, str] = {}
    pace = () if job.operator else (Pace(clock, job.speed),)
    observers = (keeper, Bedside(plant), *pace, *((link.observe,) if link else ()))
    try:
        with progress(c.prescription, clock) as show:
            clock.set_speed(job.speed)  # paced from here: preparing is not to be caught up
            result = await runtime.run(
                plant=plant,
                clock=clock,
                kernel=kernel,
                operator=_Operators(job.operator, link),
                recorder=recorder,
                observers=(*observers, *show),
            )
        keeper.finish()
        labels = {"late_ticks": str(result.late_ticks)}
        if result.wall_s > 0.0:
            labels["x_real_time"] = f"{result.sim_s / result.wall_s:.1f}"
    finally:
        with _deaf():
            recorder.close(labels)
            await plant.close()
            if link is not None:
                await link.close()
    return result


class _Operators:
    """A script, whoever sits at the console, or both: beside a script the link asks for faults only."""

    def __init__(self, *of: "Operator | None") -> None:
        self._of = tuple(operator for operator in of if operator is not None)

    def poll(self, now: "Ns", last: "Decision | None") -> "tuple[Intent, ...]":
        """The intents of all."""
        if len(self._of) == 1:
            return self._of[0].poll(now, last)
        return tuple(intent for operator in self._of for intent in operator.poll(now, last))


class _Told:
    """What the link tells beside the tick; the recorder comes later than the link."""

    def __init__(self, clock: "VirtualClock", kernel: "Kernel") -> None:
        self._clock, self._kernel = clock, kernel
        self.recorder: Recorder | None = None

    def __call__(self) -> "Status":
        """As it stands now."""
        from qh1a.link import Status

        chain = (self.recorder.links, self.recorder.head) if self.recorder else (0, "")
        return Status(self._clock.speed, chain, self._kernel.terms())


def _link(job: _Job, kind: "PlantKind", clock: "VirtualClock", told: _Told) -> "Link | None":
    """Where a console finds this session; none that nobody asked for."""
    from qh1a import __version__
    from qh1a.config import to_tree
    from qh1a.control.setpoints import settable_rows
    from qh1a.link import Link
    from qh1a.sim.faults import INJECTABLE

    if job.link is None:
        return None
    c = job.configuration
    about = {
        "plant": kind.name, "version": __version__, "seed": job.seed, "config": c.digest(),
        "prescription": to_tree(c.prescription), "limits": to_tree(c.limits),
        "set_points": settable_rows(), "session_file": str(job.out.absolute()),
        "faults": {name: [row.lo, row.hi, row.default] for name, (row, _) in INJECTABLE.items()},
    }  # fmt: skip
    faults = {name: (row.lo, row.hi) for name, (row, _) in INJECTABLE.items()}
    return Link(job.link, about, clock, wishes=job.operator is None, faults=faults, status=told)


def _report(job: _Job, result: "RunResult", *, as_json: bool) -> int:
    """Print what the session came to; the exit code."""
    from qh1a.record import SessionFile, summarise

    with SessionFile(job.out) as file:
        summary = summarise(file)
    if as_json:
        result_json(summary.as_dict())
    else:
        a = summary.alarms
        result_pairs(
            (
                ("outcome", f"{summary.outcome}, {summary.phase or 'not started'}"),
                ("plant", f"{summary.plant}, research software"),
                (
                    "effective",
                    f"{number(_minutes(summary.effective_s), 'min')} of {summary.prescribed_h * 60:.0f} min, "
                    f"{'inside' if summary.within_window else 'OUTSIDE'} the window",
                ),
                ("blood", number(_minutes(summary.blood_s), "min")),
                ("wall", number(_minutes(summary.wall_s), "min")),
                ("plasma", number(summary.plasma_ml, "mL", 0)),
                ("net balance", number(summary.net_balance_ml, "mL")),
                ("with connect, rinse", number(summary.session_balance_ml, "mL")),
                ("alarms", f"{a.high} high, {a.medium} medium, {a.low} low"),
                ("protective stops", str(summary.protective_stops)),
                ("ticks", f"{summary.ticks:,}, {summary.late_ticks} late"),
                ("speed", f"{number(summary.x_real_time, decimals=0)} x real time"),
                ("session file", summary.session_file),
                ("config", summary.config_hash),
                ("seed", str(summary.seed)),
            )
        )
    for trouble in (result.fault, *result.dropped_observers):
        if trouble:
            complain(f"{job.out}: {trouble}")
    if result.interrupted:
        complain("interrupted: the plant was made safe and the record closed")
        return INTERRUPTED
    if result.fault or result.dropped_observers:
        return FAILED
    good = summary.outcome in ("completed", "ended_early") and summary.within_window
    return DONE if good else FAILED


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60.0
