"""Comparisons in, one page of Markdown on what agreed, on what, and what was never tried out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from iot_streaming.parity import rules
from iot_streaming.parity.comparison import TableParity
from iot_streaming.parity.runs import Parity
from iot_streaming.parity.versions import versions

NEVER_RUN = """\
Databricks itself and all that only it has: Auto Loader, pipelines with expectations, Photon, Unity
Catalog, liquid clustering, serverless compute; dbt-databricks against a workspace; S3 or any other
object store; a cluster of several machines. What they are told is checked, not what they do."""


@dataclass(frozen=True)
class Input:
    """Files that both engines were run over, in steps: what each step brought, and its outcome."""

    name: str
    about: str
    steps: Sequence[tuple[str, Parity]]

    @property
    def last(self) -> Parity:
        """What the engines had in the end."""
        return self.steps[-1][1]


def report_of(parity: Parity) -> str:
    """The page on one comparison, of files that aren't described further."""
    return render("iot parity", [Input("landing", "The files in landing.", [("landing", parity)])])


def render(command: str, inputs: Sequence[Input]) -> str:
    """The page; `command` makes it anew."""
    tables = [table for each in inputs for _, step in each.steps for table in step.tables]
    different = sum(table.different for table in tables)
    unequal = sum(not table.ok for table in tables)
    rows = sum(_most(table) for table in tables)
    verdict = (
        f"**{unequal} of {len(tables)} comparisons found differences, {different:,} rows.**"
        if unequal
        else f"**No difference** in {rows:,} rows: {len(tables)} comparisons of "
        f"{len({table.table for table in tables})} tables, one after each step."
    )
    parts = [
        "# The same tables from both engines",
        f"Written by `{command}`, never by hand. The jobs ran on DuckDB and on Spark over the same "
        "files, each in a home of its own; then every table of bronze, silver and gold was "
        "compared, row by row.",
        verdict,
        *(_differences(each) for each in inputs if not all(step.ok for _, step in each.steps)),
        "## Inputs",
        *(_input(each) for each in inputs),
        "## Tables",
        "Rows at the end of each input; differing and nearly equal rows of all steps together.",
        _tables(inputs),
        "## What equal means",
        _meaning(),
        "## Versions",
        _versions(inputs),
        "## Never run",
        NEVER_RUN,
    ]
    return "\n\n".join(parts) + "\n"


def _most(table: TableParity) -> int:
    return max((count or 0 for count in table.rows.values()), default=0)


def _differences(each: Input) -> str:
    told = []
    for step, parity in each.steps:
        for table in parity.tables:
            told += [f"{step}: {table.table}: {found}" for found in table.differences]
        for engine, run in parity.runs.items():
            problems = [told for job in run.jobs for told in (*job.failures, *job.attention)]
            told += [f"{step}: {engine}: {problem}" for problem in problems]
    return "\n".join(f"- {each.name}, {line}" for line in told)


def _input(each: Input) -> str:
    engines = list(each.last.runs)
    rows = []
    for step, parity in each.steps:
        files = sum(files for files, _ in parity.landed.values())
        size = sum(size for _, size in parity.landed.values())
        seconds = [f"{run.seconds:.0f}" for run in parity.runs.values()]
        compared = sum(_most(table) for table in parity.tables)
        different = sum(table.different for table in parity.tables)
        cells = [f"{files:,}", f"{size / 1e6:,.1f}", *seconds, f"{compared:,}", f"{different:,}"]
        rows.append([step, *cells])
    header = ["step", "files", "MB", *(f"{engine} s" for engine in engines), "rows", "differing"]
    return f"### {each.name}\n\n{each.about}\n\n{_grid(header, rows)}"


def _tables(inputs: Sequence[Input]) -> str:
    found: dict[str, None] = {}
    for each in inputs:
        found |= dict.fromkeys(table.table for table in each.last.tables)
    rows = []
    for name in found:
        steps = [_named(name, step.tables) for each in inputs for _, step in each.steps]
        there = [table for table in steps if table]
        ends = [_named(name, each.last.tables) for each in inputs]
        rows.append(
            [
                name,
                str(max(table.columns for table in there)),
                *(f"{_most(table):,}" if table else "–" for table in ends),
                f"{sum(table.different for table in there):,}",
                f"{sum(table.nearly for table in there):,}",
                ", ".join(there[-1].excluded),
            ]
        )
    header = ["table", "columns", *(each.name for each in inputs)]
    return _grid([*header, "differing", "nearly equal", "only whether NULL"], rows)


def _named(name: str, tables: Iterable[TableParity]) -> TableParity | None:
    return next((table for table in tables if table.table == name), None)


def _meaning() -> str:
    text = (rules.__doc__ or "").partition("\n\n")[2].strip()
    text = text.replace("TOLERANCE", f"{rules.TOLERANCE:g}").replace(
        "the columns in EXCLUDED", "these columns"
    )
    told = [f"  - `{name}`: {reason}." for name, reason in rules.EXCLUDED.items()]
    left_out = (
        "The quality schema is not compared: it tells of each engine's own runs. Columns' order "
        "and comments are not either."
    )
    return "\n".join([text, *told, "", left_out])


def _versions(inputs: Sequence[Input]) -> str:
    writers = sorted({writer for each in inputs for writer in each.last.writers})
    rows = [[name, found] for name, found in versions().items()]
    return _grid(["", "version"], [*rows, ["Spark's tables, by their logs", ", ".join(writers)]])


def _grid(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def tables_told(page: str) -> set[str]:
    """The names in the page's list of tables."""
    listed = page.partition("## Tables")[2].partition("\n## ")[0]
    cells = [line.split(" | ")[0].removeprefix("| ") for line in listed.splitlines()]
    return {cell for cell in cells if "." in cell and " " not in cell}


def versions_told(page: str) -> Mapping[str, str]:
    """What the page says it was made with."""
    listed = page.partition("## Versions")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in listed.splitlines() if line.startswith("|")]
    return {row[0]: row[1] for row in rows[2:]}
