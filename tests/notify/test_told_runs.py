"""A run's end is told, and is what it would have been without."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iot_streaming.home import writing
from iot_streaming.notify import Notices, Outcome
from iot_streaming.settings import Settings
from tests.bundle.project import small_bundle
from tests.command import iot
from tests.notify.outcomes import outcome_of, texts_of
from tests.notify.server import WORD, Webhook

FINE = "pass"
FAIL = "from iot_streaming.errors import TaskFailed\nraise TaskFailed('stock < 0 & falling')"
BREAK = "raise OSError('no such luck')"
JOB = "j: {tasks: [{task_key: one, notebook_task: {notebook_path: notebooks/one.py}}]}"

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path, webhook: Webhook) -> Command:
    """`iot run j` on a bundle of one notebook; its output never has the secret."""

    def command(code: str, *arguments: str, **settings: str) -> Any:
        small_bundle(tmp_path, JOB, one=code)
        given = {"IOT_PROJECT": str(tmp_path), "IOT_NOTIFY_WEBHOOK": webhook.url} | settings
        outcome = iot("run", "j", "--home", str(tmp_path / "home"), *arguments, settings=given)
        assert WORD not in outcome.stdout + outcome.stderr
        return outcome

    return command


def test_file_is_replaced_whole_and_holds_the_verdict(tmp_path: Path) -> None:
    file = tmp_path / "verdict.json"
    file.write_text("{" * 10_000)
    said: list[str] = []
    outcome = outcome_of("a check", warnings=1)
    Notices(file=file).tell(outcome, said.append)
    document = json.loads(file.read_text())
    assert document == json.loads(json.dumps(outcome.to_dict()))
    assert document["lines"] == 1234 and document["jobs"][1]["problems"] == ["a check"]
    assert list(tmp_path.iterdir()) == [file] and said == []


def test_fault_of_ours_in_telling_is_said_and_not_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(outcome: Outcome) -> dict[str, Any]:
        raise KeyError(WORD)

    monkeypatch.setattr("iot_streaming.notify.notices.message_of", explode)
    said: list[str] = []
    Notices(webhook=f"https://127.0.0.1:9/{WORD}").tell(outcome_of(), said.append)
    assert len(said) == 1 and "KeyError" in said[0] and WORD not in said[0]


def test_secret_is_in_no_representation() -> None:
    notices = Notices.from_environment(environment={"IOT_NOTIFY_WEBHOOK": f" https://x/{WORD}\n"})
    assert notices.webhook == f"https://x/{WORD}" and WORD not in repr(notices)


def test_run_tells_both_and_exits_as_without(
    run: Command, webhook: Webhook, tmp_path: Path
) -> None:
    file = tmp_path / "verdict.json"
    outcome = run(FINE, "--notify-file", str(file), "--json")
    assert outcome.returncode == 0, outcome.stderr
    document = json.loads(file.read_text())
    assert document["status"] == "passed" and WORD not in file.read_text()
    assert document["run_id"] == json.loads(outcome.stdout)["run_id"]
    assert [document["run_id"] in message["text"] for message in webhook.posted] == [True]


def test_failed_run_tells_why(run: Command, webhook: Webhook) -> None:
    outcome = run(FAIL, "--debug", IOT_NOTIFY_ON="failed")
    assert outcome.returncode == 1 and "notice" not in outcome.stderr
    (message,) = webhook.posted
    assert message["text"].startswith("dev failed: run ")
    assert message["text"].endswith(" s: stock &lt; 0 &amp; falling")


def test_run_that_broke_tells_that_it_did(run: Command, webhook: Webhook) -> None:
    outcome = run(BREAK, "--debug")
    assert outcome.returncode == 1 and "OSError: no such luck" in outcome.stderr
    (message,) = webhook.posted
    assert "failed" in message["text"] and "OSError, which nobody expected" in message["text"]


def test_run_that_could_not_have_the_home_tells_so(
    run: Command, webhook: Webhook, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    with writing(Settings(home=home, landing=home / "landing")):
        outcome = run(FINE, "--wait", "0.1")
    assert outcome.returncode == 1
    assert "still in use by another run" in webhook.posted[0]["text"]


def test_passed_run_is_silent_when_only_failed_ones_are_wanted(
    run: Command, webhook: Webhook, tmp_path: Path
) -> None:
    file = tmp_path / "verdict.json"
    outcome = run(FINE, "--notify-file", str(file), "--notify-on", "failed", IOT_NOTIFY_ON="all")
    assert outcome.returncode == 0, outcome.stderr
    assert webhook.posted == [] and not file.exists()


def test_nobody_takes_it_and_the_run_is_as_good(
    run: Command, webhook: Webhook, tmp_path: Path
) -> None:
    webhook.answers = [(404, {})]
    outcome = run(FINE, "--debug", "--notify-file", str(tmp_path / "no" / "verdict.json"))
    assert outcome.returncode == 0
    assert "not told the verdict: it answered 404" in outcome.stderr
    assert "verdict.json: No such file or directory" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_word_that_is_none_is_wrong_usage(run: Command, webhook: Webhook) -> None:
    outcome = run(FINE, IOT_NOTIFY_ON="success")
    assert outcome.returncode == 2
    assert "can't notify on 'success'; --notify-on and IOT_NOTIFY_ON know all, failed" in (
        outcome.stderr
    )
    assert webhook.posted == []


def test_landed_lines_are_in_the_message(webhook: Webhook, tmp_path: Path) -> None:
    """By the project's own bundle: what came in, and what was kept back of it."""
    events = tmp_path / "home" / "landing" / "iot_events"
    events.mkdir(parents=True)
    (events / "one.ndjson").write_text('no json\n{"event_id": "e"}\n')
    settings = {"IOT_NOTIFY_WEBHOOK": webhook.url}
    home = str(tmp_path / "home")
    outcome = iot("run", "iot_ingestion_job", "--home", home, settings=settings)
    assert outcome.returncode == 0, outcome.stderr
    assert texts_of(webhook.posted[0])[1:] == [
        "*files* 1",
        "*lines* 2",
        "*good* 0",
        "*quarantined* 2",
    ]
