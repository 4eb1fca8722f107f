"""The tables of `<prefix>_quality` that runs append to: the same on every engine."""

from iot_streaming.contract import Column

CHECK_RESULTS = (
    Column("run_id", "string", "The run of jobs that checked."),
    Column("checked_at", "timestamp", "When its results were kept."),
    Column("job", "string", "The job that asked."),
    Column("check_name", "string", "dbt's name of the test, or of the source for freshness."),
    Column("kind", "string", "generic, integration, data_quality or freshness."),
    Column("layer", "string", "bronze, silver, gold or quality: where the table is."),
    Column("table_name", "string", "The table that was checked, without its schema."),
    Column("severity", "string", "error or warn: what failing rows mean."),
    Column("status", "string", "pass, warn, fail, error or skipped."),
    Column("value", "double", "What was measured: failing rows, or the measure of the check."),
    Column("limit_value", "double", "What the value was held to."),
    Column("rows_failing", "bigint", "Rows that broke it; NULL when it could not be asked."),
    Column("sample", "string", "JSON array of a few of these rows; NULL when it passed."),
    Column("message", "string", "What dbt said besides."),
    Column("duration_seconds", "double", "How long it took."),
    Column("engine", "string", "duckdb, spark or databricks."),
)

EXPECTATION_RESULTS = (
    Column("run_id", "string", "The run of jobs that brought the rows in."),
    Column("recorded_at", "timestamp", "When the counts were kept."),
    Column("source", "string", "The declared source."),
    Column("expectation", "string", "The rule's name, or malformed_record."),
    Column("action", "string", "warn, drop or fail: what becomes of a row that breaks it."),
    Column("rows_checked", "bigint", "Rows that came into bronze in this run."),
    Column("rows_failing", "bigint", "Of these, rows that broke the rule."),
    Column("engine", "string", "duckdb, spark or databricks."),
)

PIPELINE_RUNS = (
    Column("run_id", "string", "The run."),
    Column("target", "string", "dev, staging or prod."),
    Column("engine", "string", "duckdb, spark or databricks."),
    Column("started_at", "timestamp", "When it began."),
    Column("seconds", "double", "How long it took."),
    Column("status", "string", "passed, attention (done, but something wants a person) or failed."),
    Column("jobs", "string", "JSON array of {job, seconds, ok, problems, warnings} in order."),
    Column("files", "bigint", "Landing files that it brought in."),
    Column("lines", "bigint", "Their lines: good + quarantined."),
    Column("good", "bigint", "Lines that silver reads."),
    Column("quarantined", "bigint", "Lines kept back, with reasons."),
    Column("corrupt", "bigint", "Quarantined lines that are no JSON object."),
    Column("rescued", "bigint", "Rows with `_rescued_data`."),
    Column("duplicates", "bigint", "Good event lines that silver has under another's id, so far."),
    Column("released", "bigint", "Quarantined event lines that silver reads by now, so far."),
    Column(
        "silver", "bigint", "Events in silver: good + released - duplicates, when it was built."
    ),
    Column("models", "bigint", "dbt models that were built."),
    Column("checks", "bigint", "Checks that were asked."),
    Column("checks_failed", "bigint", "Of these, failed or not to be asked."),
    Column("checks_warned", "bigint", "Of these, that want a look."),
    Column("slowest", "string", "JSON array of {model, seconds}: the slowest ten, slowest first."),
)

REPLAYS = (
    Column("replay_id", "string", "One `iot quarantine replay`."),
    Column("replayed_at", "timestamp", "The `_replayed_at` of the rows that it released."),
    Column("source", "string", "The declared source."),
    Column("file", "string", "Landing file, relative to the landing root."),
    Column("reason", "string", "What had kept the rows back: their `_errors`, joined by commas."),
    Column("rows_released", "bigint", "Rows that silver reads from now on."),
    Column("engine", "string", "duckdb, spark or databricks."),
)
