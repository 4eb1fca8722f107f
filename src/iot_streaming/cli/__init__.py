"""The `iot` command: arguments in, a run's story on stderr, its result on stdout, an exit code."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from iot_streaming.cli.bundle import bundle_app
from iot_streaming.cli.command import (
    Debug,
    Engine,
    Home,
    Json,
    Landing,
    Remote,
    Target,
    command,
)
from iot_streaming.cli.docs import docs
from iot_streaming.cli.export import export
from iot_streaming.cli.landing_files import capture, simulate
from iot_streaming.cli.quality import quality_app
from iot_streaming.cli.quarantine import quarantine_app
from iot_streaming.cli.repair import backfill, optimize
from iot_streaming.cli.serve import serve
from iot_streaming.errors import ConfigurationError
from iot_streaming.settings import Settings

app = typer.Typer(
    name="iot",
    help="An IoT streaming lakehouse: landing files in, trusted gold tables out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(bundle_app, name="bundle")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(quality_app, name="quality")

_command = partial(command, of=app)
for each in (simulate, capture, backfill, optimize, docs, export, serve):
    _command(each)


@_command
def demo(
    home: Home = None,
    target: Target = "dev",
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 7,
    devices: Annotated[int, typer.Option(help="Size of the fleet.")] = 60,
    hours: Annotated[float, typer.Option(help="How long it is watched.")] = 48,
    faults: Annotated[str, typer.Option(help="none, light, default or heavy.")] = "default",
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Simulate a fleet, run the three jobs on its files, and score planted faults against found."""
    from iot_streaming.scorecard import scorecard
    from iot_streaming.simulation import simulate_with_progress
    from iot_streaming.simulator import Simulation
    from iot_streaming.terminal import Terminal

    settings = Settings.from_environment(home=home, target=target)
    terminal = Terminal()
    simulation = Simulation(seed=seed, devices=devices, hours=hours, faults=faults)
    with terminal:
        manifest = simulate_with_progress(terminal, simulation, settings.landing)
        result = _run(settings, terminal, [], waits=False)
    scores = scorecard(settings, manifest) if result.ok else []
    if json:
        terminal.print_json(result.to_dict() | {"scorecard": [score.to_dict() for score in scores]})
    else:
        terminal.print_summary(result)
        terminal.print_scorecard(scores)
    return 0 if result.ok and all(score.ok for score in scores) else 1


@_command
def run(
    jobs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[JOB]...",
            help="iot_ingestion_job, dbt_transformation_job, data_quality_job; none: all.",
        ),
    ] = None,
    home: Home = None,
    target: Target = "dev",
    landing: Landing = None,
    engine: Engine = "duckdb",
    remote: Remote = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait for another run.")] = 600,
    landing_events: Annotated[
        str | None,
        typer.Option(
            help="An S3 landing's SQS queue, as URL: only what it tells of is looked at. "
            "Default: IOT_LANDING_EVENTS."
        ),
    ] = None,
    relist: Annotated[
        bool, typer.Option("--relist", help="List all of a bucket, as is done once a day anyway.")
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on: new files are in the facts within seconds.")
    ] = False,
    notify_file: Annotated[
        Path | None, typer.Option(help="Write the verdict there, as JSON. A webhook: see docs.")
    ] = None,
    notify_on: Annotated[
        str | None, typer.Option(help="all or failed. Default: IOT_NOTIFY_ON, else all.")
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Run jobs: ingestion, dbt and quality, each over what is new."""
    from iot_streaming.notify import Notices
    from iot_streaming.terminal import Terminal

    settings = Settings.from_environment(
        home,
        landing,
        target,
        wait_seconds=wait,
        engine=engine,
        remote=remote,
        landing_events=landing_events,
        relist=relist,
    )
    notices = Notices.from_environment(notify_file, notify_on)
    terminal = Terminal()
    if follow:
        if jobs or json:
            raise ConfigurationError("--follow runs all jobs, many times: without names and --json")
        return _follow(settings, terminal, notices)
    with terminal:
        result = _run(settings, terminal, jobs or [], notices)
    if json:
        terminal.print_json(result.to_dict())
    else:
        terminal.print_summary(result)
    return 0 if result.ok else 1


@_command
def parity(
    home: Home = None,
    target: Target = "dev",
    landing: Landing = None,
    remote: Remote = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Empty both homes first.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write what agreed as Markdown.")] = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Run DuckDB and Spark over the same files and compare every table, row by row."""
    from iot_streaming.parity.report import report_of
    from iot_streaming.parity.runs import run_parity
    from iot_streaming.terminal import Terminal

    engine = "spark" if remote else "duckdb"
    settings = Settings.from_environment(home, landing, target, engine=engine, remote=remote)
    terminal = Terminal()
    with terminal:
        outcome = run_parity(settings, terminal, fresh)
    if report:
        report.write_text(report_of(outcome), encoding="utf-8")
    if json:
        terminal.print_json(outcome.to_dict())
    else:
        terminal.print_parity(outcome)
    return 0 if outcome.ok else 1


@_command
def query(
    sql: Annotated[str, typer.Argument(help="One SELECT; tables by their three-part names.")],
    home: Home = None,
    target: Target = "dev",
    output: Annotated[str, typer.Option("--format", help="table, json or csv.")] = "table",
    live: Annotated[
        bool, typer.Option("--live", help="As the warehouse is, with silver; waits for a run.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Ask bronze, gold and quality as the last run published them. Reads only."""
    from iot_streaming.query import run_query
    from iot_streaming.terminal import Terminal

    settings = Settings.from_environment(home, target=target)
    run_query(settings, sql, output, Terminal().say, is_live=live)


@_command
def status(
    home: Home = None,
    target: Target = "dev",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Tables, rows, last ingest, quarantined lines and freshness."""
    from iot_streaming.status import status_of
    from iot_streaming.terminal import Terminal

    terminal = Terminal()
    report = status_of(Settings.from_environment(home, target=target), terminal.say)
    if json:
        terminal.print_json(report)
    else:
        terminal.print_status(report)


@_command
def doctor(
    home: Home = None, landing: Landing = None, json: Json = False, debug: Debug = False
) -> int:
    """What is missing on this machine, and the command that mends it."""
    from iot_streaming.doctor import examine
    from iot_streaming.terminal import Terminal

    findings = examine(Settings.from_environment(home, landing))
    terminal = Terminal()
    if json:
        terminal.print_json([finding.to_dict() for finding in findings])
    else:
        terminal.print_findings(findings)
    return 0 if all(finding.ok for finding in findings) else 1


@_command
def cost(
    target: Target = "dev",
    pipeline_minutes: Annotated[
        float | None, typer.Option(help="Work of one pipeline update; default: the list's guess.")
    ] = None,
    notebook_minutes: Annotated[
        float | None, typer.Option(help="Work of one run's notebook tasks, all together.")
    ] = None,
    prices: Annotated[
        Path | None, typer.Option(help="A price list in place of the one of the package.")
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """What a target's schedule costs a month on Databricks, and what would make it cheaper."""
    from iot_streaming.bundle import resolve
    from iot_streaming.cost import PRICES, Prices, bill, estimate, with_minutes
    from iot_streaming.project import dbt_project
    from iot_streaming.terminal import Terminal

    bundle = resolve(dbt_project().parent, target)
    listed = with_minutes(Prices.read(prices or PRICES), pipeline_minutes, notebook_minutes)
    if json:
        Terminal().print_json({"target": target} | estimate(bundle, listed).to_dict())
    else:
        print(bill(target, bundle, listed))


def _run(
    settings: Settings, terminal: Any, jobs: list[str], notices: Any = None, *, waits: bool = True
) -> Any:
    from iot_streaming.notify import Notices, run_and_tell

    return run_and_tell(settings, terminal, jobs, notices or Notices(), waits=waits)


def _follow(settings: Settings, terminal: Any, notices: Any) -> int:
    from iot_streaming.jobs.follow import follow

    def whole() -> Any:
        with terminal:
            result = _run(settings, terminal, [], notices)
        terminal.print_summary(result)
        return result

    last = follow(settings, terminal, whole)
    return 0 if last is None or last.ok else 1


def main() -> None:
    """Entry point of the `iot` command."""
    app()
