"""Files of every kind: each line in bronze once, each oddity said clearly, nothing lost."""

import gzip
import os
from pathlib import Path

import pytest

from iot_streaming.errors import ConfigurationError
from iot_streaming.settings import MIB, Settings
from tests.bronze.conftest import Lakehouse, event, event_ids, lines
from tests.folders import landing_folder


def test_rerun_ingests_nothing(lakehouse: Lakehouse) -> None:
    lakehouse.land("a.ndjson", lines(event(1), event(2)))
    assert lakehouse.ingest().lines == 2
    before = lakehouse.bronze(), lakehouse.ledger()
    again = lakehouse.ingest()
    assert (again.files, again.lines) == (0, 0)
    assert (lakehouse.bronze(), lakehouse.ledger()) == before


def test_every_ending_and_gzip_is_read(lakehouse: Lakehouse) -> None:
    for number, name in enumerate(("a.json", "b.ndjson", "c.jsonl")):
        lakehouse.land(name, lines(event(number)))
        lakehouse.land(f"{name}.gz", gzip.compress(lines(event(number + 10))))
    assert lakehouse.ingest().files == 6
    assert len(lakehouse.bronze()) == 6


@pytest.mark.parametrize("name", ["_a.ndjson", ".a.ndjson", "_temporary/a.ndjson", ".x/a.ndjson"])
def test_names_that_are_not_ready_are_left_alone(lakehouse: Lakehouse, name: str) -> None:
    lakehouse.land(name, lines(event()))
    report = lakehouse.ingest()
    assert (report.files, report.ignored) == (0, [])


def test_other_endings_are_named_and_left_alone(lakehouse: Lakehouse) -> None:
    lakehouse.land("a.csv", b"x")
    assert lakehouse.ingest().ignored == ["iot_events/a.csv"]


def test_folder_named_like_a_file_is_looked_into(lakehouse: Lakehouse) -> None:
    lakehouse.land("x.json/part-0.json", lines(event()))
    assert lakehouse.ingest().lines == 1


def test_empty_and_blank_files_are_in_the_ledger(lakehouse: Lakehouse) -> None:
    lakehouse.land("empty.ndjson", b"")
    lakehouse.land("empty.ndjson.gz", b"")
    lakehouse.land("blank.ndjson", b"\n \n\t\r\n\n")
    report = lakehouse.ingest()
    assert (report.files, report.lines, report.rejected) == (3, 0, {})
    assert [row["lines"] for row in lakehouse.ledger()] == [0, 0, 0]
    assert lakehouse.ingest().files == 0


def test_blank_lines_are_no_rows(lakehouse: Lakehouse) -> None:
    lakehouse.land("a.ndjson", lines(event(1), "", "   ", event(2)) + b"\n\n")
    assert lakehouse.ingest().lines == 2


def test_windows_line_ends_and_no_last_one(lakehouse: Lakehouse) -> None:
    lakehouse.land("a.ndjson", lines(event(1), event(2)).replace(b"\n", b"\r\n"))
    lakehouse.land("b.ndjson", lines(event(3), event(4))[:-1])
    lakehouse.ingest()
    assert event_ids(lakehouse.bronze()) == ["e-1", "e-2", "e-3", "e-4"]
    assert all(row["_rescued_data"] is None for row in lakehouse.bronze())


def test_byte_order_mark_is_no_data(lakehouse: Lakehouse) -> None:
    lakehouse.land("a.ndjson", b"\xef\xbb\xbf" + lines(event(1), event(2)))
    lakehouse.ingest()
    assert event_ids(lakehouse.bronze()) == ["e-1", "e-2"]


def test_garbage_bytes_are_kept_as_corrupt_lines(lakehouse: Lakehouse) -> None:
    garbage = bytes(range(256)) * 4
    lakehouse.land("a.ndjson", garbage)
    lakehouse.land("b.ndjson", lines(event()))
    report = lakehouse.ingest()
    # Each 256 bytes hold one \n and one \r: three pieces, of which neighbours are joined.
    assert report.corrupt == report.lines - 1 == 9
    assert report.rejected == {}


def test_invalid_utf8_is_corrupt_with_its_bytes_spelled_out(lakehouse: Lakehouse) -> None:
    bad = b'{"event_id":"\xff\xfe"}'
    lakehouse.land("a.ndjson", lines(event(1)) + bad + b"\n" + lines(event(2)))
    report = lakehouse.ingest()
    assert (report.good, report.corrupt) == (2, 1)
    kept = [row["_corrupt_record"] for row in lakehouse.bronze() if row["_corrupt_record"]]
    assert kept == [r'{"event_id":"\xff\xfe"}']


def test_control_characters_cut_nothing(lakehouse: Lakehouse) -> None:
    line = '{"event_id":"a\x01b\x00c"}'
    lakehouse.land("a.ndjson", lines(line, event()))
    lakehouse.ingest()
    assert line in [row["_corrupt_record"] for row in lakehouse.bronze()]


def test_line_of_20_megabytes_is_one_row(lakehouse: Lakehouse) -> None:
    long = event(1, note="x" * (20 * MIB))
    lakehouse.land("a.ndjson", lines(long, event(2)))
    assert lakehouse.ingest().good == 2
    (rescued,) = [row["_rescued_data"] for row in lakehouse.bronze() if row["_rescued_data"]]
    assert len(rescued) == 20 * MIB + len('{"note":""}')


def test_truncated_gzip_is_rejected_and_read_once_whole(lakehouse: Lakehouse) -> None:
    whole = gzip.compress(lines(*(event(n) for n in range(5000))))
    path = lakehouse.land("a.ndjson.gz", whole[: len(whole) // 2])
    lakehouse.land("b.ndjson", lines(event(9999)))
    for _ in range(2):
        report = lakehouse.ingest()
        assert report.rejected == {
            "iot_events/a.ndjson.gz": "the gzip ends too early; upload it again whole"
        }
    assert event_ids(lakehouse.bronze()) == ["e-9999"]
    assert [row["status"] for row in lakehouse.ledger()].count("rejected") == 1
    path.write_bytes(whole)
    assert lakehouse.ingest().lines == 5000


def test_file_that_is_no_gzip_is_rejected(lakehouse: Lakehouse) -> None:
    lakehouse.land("a.ndjson.gz", lines(event()))
    assert "no sound gzip" in lakehouse.ingest().rejected["iot_events/a.ndjson.gz"]


def test_gzip_of_several_members_is_read_to_its_end(lakehouse: Lakehouse) -> None:
    parts = [gzip.compress(lines(event(number))) for number in range(3)]
    lakehouse.land("a.ndjson.gz", b"".join(parts))
    assert lakehouse.ingest().lines == 3


def test_changed_file_is_reported_and_not_read_again(lakehouse: Lakehouse) -> None:
    path = lakehouse.land("a.ndjson", lines(event(1), event(2)))
    lakehouse.ingest()
    path.write_bytes(lines(event(1)))
    report = lakehouse.ingest()
    assert (report.files, report.changed) == (0, ["iot_events/a.ndjson"])
    assert len(lakehouse.bronze()) == 2


def test_file_that_cannot_be_opened_is_rejected(lakehouse: Lakehouse) -> None:
    # A dangling link fails for root as well, where a mode of 000 would not.
    lakehouse.land("b.ndjson", lines(event()))
    landing = landing_folder(lakehouse.settings)
    os.symlink(landing / "nowhere", landing / "iot_events/a.ndjson")
    report = lakehouse.ingest()
    assert report.rejected == {"iot_events/a.ndjson": "No such file or directory"}
    assert report.lines == 1


def test_landing_that_is_not_there_is_said(tmp_path: Path) -> None:
    lakehouse = Lakehouse(tmp_path)
    landing_folder(lakehouse.settings).rmdir()
    with pytest.raises(ConfigurationError, match=r"landing .* is no folder; .* --landing"):
        lakehouse.ingest()


def test_home_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = Settings(home=tmp_path / "file" / "home", landing=tmp_path)
    with pytest.raises(ConfigurationError, match=r"can't be written .*--home"):
        settings.make_folders()


def test_batches_keep_within_files_and_bytes(tmp_path: Path) -> None:
    lakehouse = Lakehouse(tmp_path, max_files=2, max_bytes=1000)
    for number in range(5):
        lakehouse.land(f"{number}.ndjson", lines(event(number)))
    lakehouse.land("9.ndjson", lines(*(event(90 + n) for n in range(10))))
    assert lakehouse.ingest().files == 6
    batches = [row["batch_id"] for row in lakehouse.ledger()]
    assert sorted(batches) == [1, 1, 2, 2, 3, 4]


def test_ingested_at_grows_from_batch_to_batch_when_the_clock_stands_still(tmp_path: Path) -> None:
    from iot_streaming.bronze.ingest import ingest
    from iot_streaming.sources import IOT_EVENTS

    lakehouse = Lakehouse(tmp_path, max_files=1)
    for number in range(3):
        lakehouse.land(f"{number}.ndjson", lines(event(number)))
    ingest(lakehouse.settings, IOT_EVENTS, clock=lambda: 1_800_000_000.0)
    times = [row["_ingested_at"] for row in lakehouse.bronze("_ingested_at")]
    assert len(set(times)) == 3
