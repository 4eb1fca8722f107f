"""The report says what the tables say: no more, no less, whatever is missing."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from iot_streaming.errors import ConfigurationError
from iot_streaming.quality.report import Place, Report, render
from iot_streaming.quality.report.words import because
from iot_streaming.settings import Settings
from iot_streaming.warehouse import EmbeddedWarehouse, reading
from tests.quality.conftest import change, copy_of, report_on
from tests.quality.made_facts import FINDINGS, LANDED, OBJECTIVES
from tests.quality.made_home import LATEST, NOW, run_id


def asked(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with reading(settings) as connection:
        return connection.execute(sql).fetchall()


def test_flow_has_the_ledgers_and_the_layers_numbers(usual: Report) -> None:
    assert usual.missing == {}
    assert {
        flow.source: (
            *(flow.files, flow.lines, flow.quarantined, flow.corrupt, flow.silver),
            *(flow.deleted or 0, flow.gold or 0),
        )
        for flow in usual.flow
    } == LANDED
    assert all(flow.is_balanced for flow in usual.flow)
    events = usual.flow[0]
    assert (events.source, events.rejected_files, events.released) == ("iot_events", 1, 21)
    assert events.good + events.released == (events.silver or 0) + (events.removed or 0)


def test_run_and_its_checks_are_the_tables_rows(usual_home: Settings, usual: Report) -> None:
    (row,) = asked(
        usual_home,
        "select lines, good, quarantined, checks, checks_failed, checks_warned "
        f"from dev_quality.pipeline_runs where run_id = '{LATEST}'",
    )
    run = usual.run
    assert row == (
        *(run.lines, run.good, run.quarantined),
        *(run.checks, run.checks_failed, run.checks_warned),
    )
    counts = asked(
        usual_home,
        "select status, count(*) from dev_quality.check_results "
        f"where run_id = '{LATEST}' group by status order by status",
    )
    statuses = [check.status for check in usual.checks]
    assert [(status, statuses.count(str(status))) for status, _ in counts] == counts


def test_findings_are_what_did_not_pass_with_their_rows_the_worst_first(usual: Report) -> None:
    assert [check.status for check in usual.findings] == ["fail", "fail", "warn", "warn"]
    worst = usual.findings[0]
    assert (worst.name, worst.rows_failing) == ("no_future_facts", 3)
    assert [dict(row) for row in worst.sample] == FINDINGS[0][8]


def test_verdict_names_what_failed(usual: Report, bare: Report) -> None:
    assert usual.verdict.status == "failed"
    assert "no_future_facts (3 rows)" in usual.verdict.because
    stale = tuple(replace(each, status="error") for each in usual.checks if each.limit == 10_800)
    told = because(usual.run, stale, (), ())
    assert (
        told == "freshness of cdc_orders (4 h old) and freshness of iot_events (9 min old) failed."
    )
    assert bare.verdict.status == "passed"
    assert bare.verdict.because == (
        "All 123 checks passed; each of its 2,000 lines is accounted for, 18 kept back with a "
        "reason."
    )


def test_changes_are_against_the_run_a_day_before(usual: Report) -> None:
    changes = usual.changes
    assert changes is not None and changes.is_yesterday
    assert changes.since.run_id == run_id(NOW - timedelta(days=1))
    changed = {change.name: (change.before, change.now) for change in changes.checks}
    assert changed["no_future_facts"] == ("pass", "fail")
    assert changed["source_cdc_orders"] == ("pass", "warn")
    assert "score_weights_add_up" not in changed
    failed = next(measure for measure in changes.measures if measure.name == "checks_failed")
    assert (failed.before, failed.now) == (0, 2)


def test_checks_that_passed_and_were_not_asked_again_are_only_counted(
    usual_home: Settings, tmp_path: Path
) -> None:
    settings = copy_of(usual_home, tmp_path)
    table, before = "dev_quality.check_results", run_id(NOW - timedelta(days=1))
    change(
        settings,
        f"delete from {table} where run_id = '{LATEST}' and kind = 'generic' and status = 'pass'",
        f"update {table} set status = 'fail' where run_id = '{before}' "
        "and check_name = 'unique_dim_devices_devices_key'",
    )
    changes = report_on(settings).changes
    assert changes is not None
    gone = [each.name for each in changes.checks if each.now is None]
    assert gone == ["unique_dim_devices_devices_key"]
    assert changes.not_asked == 114
    assert "114 checks that passed then were not asked this time." in render(
        report_on(settings), "html"
    )


def test_hourly_runs_are_held_to_yesterdays_and_not_to_the_hour_before(
    long_home: Settings,
) -> None:
    changes = report_on(long_home).changes
    assert changes is not None and changes.is_yesterday
    assert NOW - changes.since.started_at == timedelta(hours=23)


def test_budgets_and_their_days_are_the_tables_the_most_spent_first(usual: Report) -> None:
    assert {each.objective: (each.good, each.valid) for each in usual.objectives} == {
        name: (good, valid) for name, *_, good, valid in OBJECTIVES
    }
    left = [each.budget_left for each in usual.objectives]
    assert left[:-1] == sorted(value for value in left if value is not None)
    assert left[-1] is None
    for each in usual.objectives:
        assert sum(day.valid for day in each.days) == each.valid


def test_freshness_is_what_the_checks_measured_the_stalest_first(usual: Report) -> None:
    stalest = usual.freshness[0]
    assert (stalest.source, stalest.status) == ("cdc_orders", "warn")
    assert (stalest.age_seconds, stalest.limit_seconds) == (14_400, 10_800)
    assert stalest.newest_at is not None


def test_freshness_of_a_run_that_asked_none_is_the_ledgers(
    sound_home: Settings, tmp_path: Path
) -> None:
    settings = copy_of(sound_home, tmp_path)
    change(settings, "delete from dev_quality.check_results where kind = 'freshness'")
    report = report_on(settings)
    newest = asked(
        settings,
        "select source, max(ingested_at) from dev_quality.ledger where batch_id >= 0 "
        "group by source",
    )
    assert {
        each.source: NOW - timedelta(seconds=each.age_seconds or 0) for each in report.freshness
    } == dict(newest)
    assert {(each.status, each.limit_seconds) for each in report.freshness} == {("", None)}
    assert "This run asked no freshness" in render(report, "html")


def test_quarantine_counts_this_run_all_runs_and_what_was_released(
    usual_home: Settings, usual: Report
) -> None:
    reasons = {(each.source, each.reason): each for each in usual.quarantine}
    rows = asked(
        usual_home,
        "select source, expectation, sum(rows_failing), "
        f"sum(rows_failing) filter (run_id = '{LATEST}') "
        "from dev_quality.expectation_results group by all",
    )
    assert {key: (each.in_all, each.in_run) for key, each in reasons.items()} == {
        (source, rule): (in_all, in_run) for source, rule, in_all, in_run in rows
    }
    # Released under both of its reasons.
    for rule, released in (("value_present", 4), ("sensor_type_present", 4), ("unit_known", 0)):
        each = reasons["iot_events", rule]
        assert (each.replayed, each.left) == (released, each.in_all - released)


def test_an_earlier_run_has_its_own_checks_and_a_history_that_ends_with_it(
    usual_home: Settings,
) -> None:
    before = NOW - timedelta(days=3)
    report = report_on(usual_home, run_id(before))
    assert not report.is_latest
    assert report.run.started_at == before
    assert report.history[-1].to_at == before
    assert {check.status for check in report.checks} == {"pass"}


def test_history_of_a_thousand_runs_is_a_few_dozen_periods_with_all_lines(
    long_home: Settings,
) -> None:
    report = report_on(long_home)
    assert 20 <= len(report.history) <= 60
    assert sum(period.runs for period in report.history) == 1000
    ((lines, failed),) = asked(
        long_home, "select sum(lines), max(checks_failed) from dev_quality.pipeline_runs"
    )
    assert sum(period.lines for period in report.history) == lines
    assert max(period.checks_failed for period in report.history) == failed


def test_lines_that_do_not_add_up_are_told(sound_home: Settings, tmp_path: Path) -> None:
    settings = copy_of(sound_home, tmp_path)
    # More rows in silver than good lines: something was doubled.
    change(settings, "insert into dev_silver.stg_customers select 1, false from range(30)")
    report = report_on(settings)
    assert [flow.source for flow in report.flow if not flow.is_balanced] == ["cdc_customers"]
    assert "cdc_customers" in report.verdict.because
    assert "does not add up" in render(report, "html")
    assert "✕ no" in render(report, "markdown")


def test_a_jobs_problem_is_told_once_and_is_the_reason_where_no_check_failed(
    sound_home: Settings, tmp_path: Path
) -> None:
    settings = copy_of(sound_home, tmp_path)
    problems = '["iot_events: torn.json.gz was not ingested: it ends too early", "x"]'
    jobs = f'[{{"job": "iot_ingestion_job", "ok": false, "problems": {problems}}}]'
    change(settings, f"update dev_quality.pipeline_runs set status = 'attention', jobs = '{jobs}'")
    report = report_on(settings)
    assert (report.verdict.status, report.jobs[0].ok) == ("attention", False)
    assert report.verdict.because == (
        "iot_events: torn.json.gz was not ingested: it ends too early. And 1 more."
    )
    assert report.verdict.because in render(report, "html")
    told = "iot_events&#58; torn.json.gz was not ingested&#58; it ends too early"
    assert f"- {told}" in render(report, "markdown")


def test_layers_that_are_not_built_yet_end_the_flow(sound_home: Settings, tmp_path: Path) -> None:
    settings = copy_of(sound_home, tmp_path)
    change(settings, "drop table dev_gold.fct_iot_events", "drop table dev_silver.stg_orders")
    flow = {each.source: each for each in report_on(settings).flow}
    assert (flow["iot_events"].silver, flow["iot_events"].gold) == (46_793, None)
    assert (flow["cdc_orders"].silver, flow["cdc_orders"].removed) == (None, None)
    assert render(report_on(settings), "html")


def test_what_a_place_lacks_is_said_in_a_sentence(bare: Report) -> None:
    assert set(bare.missing) == {"ledger", "expectation_results", "error_budgets"}
    for output in ("html", "markdown"):
        page = render(bare, output).replace("<wbr>", "")
        assert "There is no dev_quality.ledger here." in page, output


def test_a_run_that_has_only_its_checks_yet_is_reported(
    usual_home: Settings, tmp_path: Path
) -> None:
    settings = copy_of(usual_home, tmp_path)
    change(settings, "drop table dev_quality.pipeline_runs")
    report = report_on(settings, LATEST)
    assert report.run.is_from_checks
    assert (report.run.status, report.run.checks_failed, report.run.checks_warned) == (
        *("failed", 2),
        2,
    )
    assert (report.run.lines, report.run.seconds) == (None, None)
    assert len(report.history) == 30
    assert "no_future_facts" in render(report, "html").replace("<wbr>", "")


def test_tables_of_another_shape_are_said_to_be_unreadable(
    sound_home: Settings, tmp_path: Path
) -> None:
    settings = copy_of(sound_home, tmp_path)
    change(settings, "create or replace table dev_quality.replays as select 1 as other")
    report = report_on(settings)
    assert "could not be read" in report.missing["replays"]
    assert render(report, "html")


def test_a_home_without_a_run_says_so(sound_home: Settings, tmp_path: Path) -> None:
    settings = copy_of(sound_home, tmp_path)
    change(settings, "truncate dev_quality.pipeline_runs", "drop table dev_quality.check_results")
    with pytest.raises(ConfigurationError, match="no run is recorded yet; `iot run` makes one"):
        report_on(settings)


@pytest.mark.parametrize("name", ["20990101T000000.000000Z", "x' or '1'='1", ""])
def test_a_run_that_is_not_there_is_refused(usual_home: Settings, name: str) -> None:
    with pytest.raises(ConfigurationError, match="run"):
        report_on(usual_home, name)


@pytest.mark.parametrize("name", ["dev; drop table x", "a.b", "dev_quality`"])
def test_a_place_is_named_by_identifiers_only(name: str) -> None:
    with pytest.raises(ConfigurationError, match="no name of a catalog or schema"):
        Place(name)


def test_a_place_with_a_catalog_names_it_first(usual_home: Settings) -> None:
    place = Place("dev", usual_home.catalog)
    assert place.table("gold", "dim_date") == "iot_streaming_dev.dev_gold.dim_date"
    table = place.table("quality", "pipeline_runs")
    assert len(EmbeddedWarehouse(usual_home).ask(f"select * from {table}")) == 30


def test_json_is_the_whole_document(hostile: Report) -> None:
    document = json.loads(render(hostile, "json"))
    assert document == hostile.to_dict()
    assert document["version"] == 1
    assert document["run"]["started_at"] == "2026-03-09T06:00:00+00:00"
    # Samples whole, as they were kept.
    sample = next(check["sample"] for check in document["checks"] if len(check["sample"]) == 10)
    assert len(sample[7]["device_id"]) == 10_000
