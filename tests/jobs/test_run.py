"""Jobs of a bundle on this machine: order, parameters, retries, timeouts, what a failure stops."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from iot_streaming.errors import ConfigurationError
from iot_streaming.jobs import Run, RunResult
from iot_streaming.served import served
from iot_streaming.settings import Settings
from tests.bundle.project import small_bundle

ONE = "{task_key: one, notebook_task: {notebook_path: notebooks/one.py}"
TWO = "{task_key: two, notebook_task: {notebook_path: notebooks/two.py}"


class Small:
    """A small bundle whose notebooks write down what they did."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.notes = folder / "notes"
        self.slept: list[float] = []
        monkeypatch.setenv("IOT_PROJECT", str(folder))

    def run(self, jobs: str, *names: str, **notebooks: str) -> RunResult:
        note = f"def note(text):\n    with open({str(self.notes)!r}, 'a') as file:\n"
        note += "        print(text, file=file)\n"
        small_bundle(self.folder, jobs, **{n: note + code for n, code in notebooks.items()})
        settings = Settings(home=self.folder / "home", landing=self.folder / "landing")
        return Run(settings, sleep=self.slept.append).jobs(names)

    def noted(self) -> list[str]:
        return self.notes.read_text().split() if self.notes.exists() else []


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    return Small(tmp_path, monkeypatch)


def outcomes(result: RunResult) -> dict[str, list[str]]:
    return {job.job: job.failures for job in result.jobs}


FAIL = "from iot_streaming.errors import TaskFailed\nraise TaskFailed('the data is wrong')"


def test_tasks_run_after_what_they_depend_on(small: Small) -> None:
    jobs = f"j: {{tasks: [{TWO}, depends_on: [{{task_key: one}}]}}, {ONE}}}]}}"
    result = small.run(jobs, "j", one="note('one')", two="note('two')")
    assert small.noted() == ["one", "two"]
    assert result.ok and outcomes(result) == {"j": []}


def test_failed_task_stops_its_dependents_and_no_other(small: Small) -> None:
    jobs = f"""
j:
  tasks:
    - {ONE}}}
    - {TWO}, depends_on: [{{task_key: one}}]}}
    - {{task_key: three, notebook_task: {{notebook_path: notebooks/three.py}}}}
k: {{tasks: [{ONE}}}]}}
"""
    result = small.run(jobs, "j", "k", one=FAIL, two="note('two')", three="note('three')")
    assert small.noted() == ["three"]
    assert not result.ok and outcomes(result) == {"j": ["the data is wrong"]}


def test_called_job_that_fails_stops_what_depends_on_it(small: Small) -> None:
    jobs = f"""
a: {{tasks: [{ONE}}}]}}
b: {{tasks: [{TWO}}}]}}
all:
  schedule: {{quartz_cron_expression: '0 0 * * * ?', timezone_id: UTC}}
  tasks:
    - {{task_key: first, run_job_task: {{job_id: '${{resources.jobs.a.id}}'}}}}
    - task_key: second
      depends_on: [{{task_key: first}}]
      run_job_task: {{job_id: '${{resources.jobs.b.id}}'}}
"""
    result = small.run(jobs, one=FAIL, two="note('two')")
    assert small.noted() == [] and not result.ok
    assert list(outcomes(result)) == ["a"]


def test_without_a_name_the_scheduled_job_runs(small: Small) -> None:
    jobs = f"""
a: {{tasks: [{ONE}}}]}}
all:
  schedule: {{quartz_cron_expression: '0 0 * * * ?', timezone_id: UTC}}
  tasks: [{{task_key: first, run_job_task: {{job_id: '${{resources.jobs.a.id}}'}}}}]
"""
    result = small.run(jobs, one="note('one')")
    assert small.noted() == ["one"] and list(outcomes(result)) == ["a"]


LOST = """
from pathlib import Path
note('try')
if len(Path({!r}).read_text().split()) < 3:
    raise OSError('driver lost')
"""


@pytest.mark.parametrize("retries", [2, 5])
def test_task_is_tried_again_as_often_as_it_says(small: Small, retries: int) -> None:
    jobs = f"j: {{tasks: [{ONE}, max_retries: {retries}, min_retry_interval_millis: 1500}}]}}"
    result = small.run(jobs, "j", one=LOST.format(str(small.notes)))
    assert result.ok
    assert small.noted() == ["try"] * 3 and small.slept == [1.5, 1.5]


def test_error_that_stays_is_raised_after_the_last_try(small: Small) -> None:
    jobs = f"j: {{tasks: [{ONE}, max_retries: 1}}]}}"
    with pytest.raises(OSError, match="driver lost"):
        small.run(jobs, "j", one="note('try')\nraise OSError('driver lost')")
    assert small.noted() == ["try", "try"]


def test_verdict_on_the_data_is_not_asked_for_again(small: Small) -> None:
    jobs = f"j: {{tasks: [{ONE}, max_retries: 3}}]}}"
    result = small.run(jobs, "j", one="note('try')\n" + FAIL)
    assert small.noted() == ["try"] and outcomes(result) == {"j": ["the data is wrong"]}


SLOW = "import time\nnote('try')\ntime.sleep(60)"


@pytest.mark.parametrize(("again", "tries"), [("false", 1), ("true", 2)])
def test_task_is_stopped_when_its_time_is_over(small: Small, again: str, tries: int) -> None:
    task = f"{ONE}, timeout_seconds: 1, max_retries: 1, retry_on_timeout: {again}}}"
    result = small.run(f"j: {{tasks: [{task}]}}", "j", one=SLOW)
    assert small.noted() == ["try"] * tries
    (failure,) = outcomes(result)["j"]
    assert failure.startswith("j, task one took longer than its 1 s")


def test_job_is_stopped_when_its_time_is_over(small: Small) -> None:
    task_two = f"{TWO}, depends_on: [{{task_key: one}}]}}"
    jobs = f"j: {{timeout_seconds: 1, tasks: [{ONE}}}, {task_two}]}}"
    result = small.run(jobs, "j", one=SLOW, two="note('two')")
    assert small.noted() == ["try"] and "task one took longer" in outcomes(result)["j"][0]


def test_widgets_are_the_jobs_and_the_tasks_parameters(small: Small) -> None:
    jobs = """
j:
  parameters:
    - {name: both, default: job}
    - {name: run, default: '{{job.run_id}}/{{ task.name }}'}
    - {name: files, default: '${workspace.file_path}/dbt'}
  tasks:
    - task_key: one
      notebook_task:
        notebook_path: notebooks/one.py
        base_parameters: {both: task, own: 7, copy: '{{job.parameters.run}}'}
"""
    names = ("both", "run", "files", "own", "copy")
    show = f"import json\nnote(json.dumps([dbutils.widgets.get(n) for n in {names}]))"
    result = small.run(jobs, "j", one=show)
    seen: list[Any] = json.loads("".join(small.noted()))
    run = f"{result.run_id}/one"
    assert seen[0] == "job" and seen[3] == "7"
    assert seen[1] == run
    assert seen[2] == str(small.folder / "databricks" / "dbt")


@pytest.mark.parametrize(
    ("jobs", "message"),
    [
        ("j: {tasks: [{task_key: one, notebook_task: {notebook_path: ../one.py}}]}", "no notebook"),
        ("j: {tasks: [{task_key: one, notebook_task: {notebook_path: x.py}}]}", "no notebook in"),
        ("j: {tasks: [{task_key: one, sql_task: {}}]}", "not sql_task"),
        ("j: {tasks: [{task_key: one, pipeline_task: {pipeline_id: x}}]}", "pipelines"),
        (
            f"j: {{parameters: [{{name: p, default: '{{{{job.naem}}}}'}}], tasks: [{ONE}}}]}}",
            "unknown {{job.naem}}",
        ),
        (f"j: {{tasks: [{ONE}, run_if: ALL_DONE}}]}}", "only run_if ALL_SUCCESS"),
        (
            "j: {tasks: [{task_key: x, run_job_task: {job_id: '${resources.jobs.j.id}'}}]}",
            "in a circle or into nothing: j → j",
        ),
        (f"k: {{tasks: [{ONE}}}]}}", "unknown job 'j'; known: k"),
    ],
)
def test_job_that_cannot_run_says_why(small: Small, jobs: str, message: str) -> None:
    (small.folder / "landing").mkdir()
    with pytest.raises(ConfigurationError) as refusal:
        small.run(jobs, "j", one="note('one')")
    assert message in str(refusal.value)


def test_gold_is_published_by_a_run_that_ends_well_and_quality_by_each(small: Small) -> None:
    jobs = f"j: {{tasks: [{ONE}}}]}}"
    settings = Settings(home=small.folder / "home", landing=small.folder / "landing")
    runs = []
    for code in (FAIL, "note('one')", FAIL, "raise ValueError('a bug')"):
        with suppress(ValueError):
            runs.append(small.run(jobs, "j", one=code).run_id)
        with served(settings) as (connection, snapshot):
            known = connection.execute("select run_id from dev_quality.pipeline_runs order by 1")
            recorded = [run for (run,) in known.fetchall()]
        assert snapshot.run_id == recorded[-1] and recorded[: len(runs)] == runs
        assert snapshot.gold_run_id == (runs[1] if len(runs) > 1 else None)
    assert len(recorded) == 4


def test_without_a_schedule_a_name_is_wanted(small: Small) -> None:
    with pytest.raises(ConfigurationError, match="no job has a schedule; name one of j"):
        small.run(f"j: {{tasks: [{ONE}}}]}}", one="note('one')")
