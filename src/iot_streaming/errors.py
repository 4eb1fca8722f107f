"""What goes wrong, by whose hand it is mended.

IotStreamingError           every error that this package raises on purpose
├── ConfigurationError      wrong usage, settings or declarations: exit code 2
│   └── MissingDependency   an extra that is not installed
└── PipelineError           the data or a stage failed: exit code 1
    ├── CaptureFailed       the server, the engine or the disk gave up; nothing that landed is lost
    ├── ExpectationFailed   a `fail` expectation stopped a batch; nothing of it was committed
    ├── HomeInUse           another run holds this home's lock
    ├── LandingFailed       the object store gave no answer, or a refusal; what landed is there
    ├── LinesLost           bronze has not each line of a landed file once
    ├── QueryFailed         an engine refused a query
    │   └── NotKept         it asks a table that is not kept there
    ├── SparkFailed         the Spark server could not be started, or ended too early
    ├── TaskFailed          a job's task came to a bad verdict; trying again would not change it
    ├── TaskTimedOut        a job's task took longer than its timeout_seconds
    └── TransformFailed     dbt could not do its work

A message says what happened, where, and what to do next.
"""


class IotStreamingError(Exception):
    """Base of every deliberate error; `exit_code` is what the command returns for it."""

    exit_code = 1


class ConfigurationError(IotStreamingError):
    """The caller's settings, arguments or declarations are wrong."""

    exit_code = 2


class MissingDependency(ConfigurationError):
    """A package of an optional extra is needed and not installed."""


class PipelineError(IotStreamingError):
    """A stage could not do its work on this data."""


class CaptureFailed(PipelineError):
    """A capture can't go on; a restart goes on where it was, once the cause is mended."""


class ExpectationFailed(PipelineError):
    """A `fail` expectation found an offending row; its batch was not committed."""


class HomeInUse(PipelineError):
    """Another process works in this home and did not finish within the time to wait."""


class LandingFailed(PipelineError):
    """An object store could not be listed, read or written; the next run goes on from here."""


class LinesLost(PipelineError):
    """A file's lines in bronze are not what landed; the ledger was not told that they are."""


class QueryFailed(PipelineError):
    """An engine refused a query."""


class NotKept(QueryFailed):
    """A query asks a table that is not kept where it is asked."""


class SparkFailed(PipelineError):
    """Spark's server on this machine could not be started, or ended before its work did."""


class TaskFailed(PipelineError):
    """A task of a job found its data or models wrong; the same run again would find the same."""


class TaskTimedOut(PipelineError):
    """A task of a job was stopped because its time was over."""


class TransformFailed(PipelineError):
    """dbt stopped; models and tests that failed are results, not this."""
