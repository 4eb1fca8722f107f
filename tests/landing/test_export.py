"""An export into a bucket is what one into a folder is, and tells nobody its credentials."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote

import duckdb
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from iot_streaming.bucket_url import BucketUrl
from iot_streaming.errors import ConfigurationError, LandingFailed, QueryFailed
from iot_streaming.export import NOTE, AsOf, destination_at, export
from iot_streaming.landing.store import delta_options
from tests.landing import faults
from tests.landing.faults import Proxy
from tests.landing.s3 import BUCKET, PLANTED, ObjectStore

URL = BucketUrl("s3", BUCKET, "out/of here")
RUN = AsOf("20260309T060000.000000Z", datetime(2026, 3, 9, 6, 1, tzinfo=UTC))
TABLES = {"gold.dim_devices": RUN}
# Of random text: more than one part of an upload, whatever compresses it.
LARGE = (
    "select md5(range::varchar) || md5((-range)::varchar) || md5((range * 7)::varchar) as name "
    "from range(300000)"
)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        made.execute("set timezone = 'UTC'; create schema dev_gold")
        made.execute("create view dev_gold.dim_devices as select 1 as device, 'a' as name")
        yield made


@pytest.mark.parametrize("output", ["parquet", "csv"])
def test_bucket_gets_the_very_files_of_a_folder(
    store: ObjectStore,
    proxy: Proxy,
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    output: str,
) -> None:
    connection.execute(f"create or replace view dev_gold.dim_devices as {LARGE}")
    export(connection, TABLES, "dev", destination_at(URL), output)
    export(connection, TABLES, "dev", destination_at(tmp_path), output)
    file = f"gold/dim_devices.{output}"
    assert store.objects() == [f"{URL.prefix}/{NOTE}", f"{URL.prefix}/{file}"]
    assert store.content(f"{URL.prefix}/{file}") == (tmp_path / file).read_bytes()
    # In parts: memory holds one, not the object.
    assert any("partNumber=2" in request.query for request in proxy.requests)
    # Its last word is that all is there.
    puts = [each.key for each in proxy.requests if each.kind in ("PUT", "POST")]
    assert puts[0] == puts[-1] == f"{URL.prefix}/{NOTE}"
    note = json.loads(store.content(f"{URL.prefix}/{NOTE}"))
    assert note["complete"]
    assert note["tables"]["gold.dim_devices"]["run_id"] == RUN.run_id


def test_delta_table_in_a_bucket_is_replaced_in_one_commit(
    store: ObjectStore, proxy: Proxy, connection: duckdb.DuckDBPyConnection
) -> None:
    destination = destination_at(URL)
    for name in ("a", "b"):
        connection.execute(
            f"create or replace view dev_gold.dim_devices as select '{name}' as name"
        )
        export(connection, TABLES, "dev", destination, "delta")
    uri, options = f"{URL}/gold/dim_devices", delta_options(URL, 3)
    for version, name in enumerate(("a", "b")):
        table = DeltaTable(uri, version=version, storage_options=options)
        (file,) = table.file_uris()
        key = unquote(file).removeprefix(f"s3://{BUCKET}/")
        assert pq.read_table(BytesIO(store.content(key))).to_pylist() == [{"name": name}]
    log = store.content(f"{URL.prefix}/gold/dim_devices/_delta_log/{1:020}.json").decode()
    assert RUN.run_id in log


@pytest.mark.parametrize("output", ["delta", "parquet", "csv"])
def test_object_that_broke_off_is_never_seen(
    store: ObjectStore, proxy: Proxy, connection: duckdb.DuckDBPyConnection, output: str
) -> None:
    destination = destination_at(URL)
    export(connection, TABLES, "dev", destination, output)
    before = {key: store.content(key) for key in store.objects() if f".{output}" in key}
    connection.execute(
        "create or replace view dev_gold.dim_devices as select name, "
        f"if(row_number() over () < 300000, 1, error('broken off')) as n from ({LARGE})"
    )
    # Of several threads it may be another that tells, that it was interrupted.
    with pytest.raises(QueryFailed, match="what is served can't be read"):
        export(connection, TABLES, "dev", destination, output)
    assert {key: store.content(key) for key in before} == before
    if output == "delta":
        assert (
            DeltaTable(f"{URL}/gold/dim_devices", storage_options=delta_options(URL, 3)).version()
            == 0
        )
    assert not json.loads(store.content(f"{URL.prefix}/{NOTE}"))["complete"]


def test_prefix_that_holds_something_else_is_left_alone(
    store: ObjectStore, proxy: Proxy, connection: duckdb.DuckDBPyConnection
) -> None:
    store.put(f"{URL.prefix}/mine.txt", b"mine")
    with pytest.raises(ConfigurationError, match="holds something else"):
        export(connection, TABLES, "dev", destination_at(URL), "csv")
    assert store.objects() == [f"{URL.prefix}/mine.txt"]


@pytest.mark.parametrize("output", ["delta", "parquet", "csv"])
def test_refusal_is_told_without_a_word_of_the_request(
    store: ObjectStore, proxy: Proxy, connection: duckdb.DuckDBPyConnection, output: str
) -> None:
    planted = "".join(f"<Said>{secret}</Said>" for secret in PLANTED.values())
    proxy.on("PUT", "gold/", faults.error(403, "AccessDenied", planted))
    with pytest.raises(LandingFailed) as refused:
        export(connection, TABLES, "dev", destination_at(URL, 3.0), output)
    told = str(refused.value)
    assert "/gold/dim_devices" in told
    assert "can't be written: AccessDenied: the credentials may not do that" in told
    assert "s3:PutObject" in told
    assert refused.value.__cause__ is None
    assert [secret for secret in PLANTED.values() if secret in told] == []
