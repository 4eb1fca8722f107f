"""The comparison of two homes: each kind of difference is found and named, and none invented."""

import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from iot_streaming.parity import EXCLUDED, TOLERANCE
from iot_streaming.parity.documents import same_by_value
from tests.parity.homes import TABLE, Homes

FROM_SPARK = Path(__file__).parents[1] / "data" / "delta" / "stg_orders"
ROW = "select 1 as id, 'a' as name, 20.5e0 as value"
TWO = f"{ROW} union all select 2, 'b', 7e0"


@pytest.fixture
def homes(tmp_path: Path) -> Homes:
    return Homes.empty(tmp_path)


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        (TWO, ROW, "id 2: only on DuckDB"),
        (ROW, TWO, "id 2: only on Spark"),
        (f"{ROW} union all {ROW}", ROW, "id 1: 2 times on DuckDB, once on Spark"),
        (ROW, f"{ROW} union all {ROW} union all {ROW}", "id 1: once on DuckDB, 3 times on Spark"),
        (ROW, ROW.replace("'a'", "'A'"), "id 1: name: 'a' ≠ 'A'"),
        (ROW, ROW.replace("'a'", "'a '"), "id 1: name: 'a' ≠ 'a '"),
        (ROW, ROW.replace("20.5e0", "21e0"), "id 1: value: 20.5 ≠ 21.0"),
        (
            ROW.replace("'a'", "cast(null as varchar)"),
            ROW.replace("'a'", "''"),
            "id 1: name: NULL ≠ ''",
        ),
        (
            ROW.replace("'a'", "''").replace("20.5e0", "0e0"),
            ROW.replace("'a'", "cast(null as varchar)").replace("20.5e0", "cast(null as double)"),
            "id 1: name: '' ≠ NULL; value: 0.0 ≠ NULL",
        ),
        (TWO.replace("2,", "3,"), TWO, "id 3: only on DuckDB"),
    ],
)
def test_differing_row_is_named_by_its_key(homes: Homes, left: str, right: str, said: str) -> None:
    parity = homes.compare_rows(left, right, "id")
    assert parity.differences == (said,)
    assert not parity.ok and parity.different >= 1
    assert parity.equal + parity.different == max(n or 0 for n in parity.rows.values())


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        (
            "timestamptz '2026-01-05 00:00:00+00'",
            "timestamptz '2026-01-05 00:00:00+01'",
            "2026-01-05 00:00:00Z ≠ 2026-01-04 23:00:00Z",
        ),
        (
            "timestamptz '2026-01-05 00:00:00.000001+00'",
            "timestamptz '2026-01-05 00:00:00.000002+00'",
            "2026-01-05 00:00:00.000001Z ≠ 2026-01-05 00:00:00.000002Z",
        ),
        ("['a', 'b']", "['b', 'a']", "['a', 'b'] ≠ ['b', 'a']"),
        ("['a']", "['a', NULL]", "['a'] ≠ ['a', None]"),
        ("cast([] as varchar[])", "cast(null as varchar[])", "[] ≠ NULL"),
        ("cast([null] as varchar[])", "cast([] as varchar[])", "[None] ≠ []"),
        ("['a, b']", "['a', 'b']", "['a, b'] ≠ ['a', 'b']"),
        ("cast(0 as hugeint)", "cast(-1 as bigint)", "0 ≠ -1"),
        ("0.00::decimal(20,2)", "-0.01::decimal(20,2)", "0.00 ≠ -0.01"),
        ("'NaN'::double", "cast(null as double)", "nan ≠ NULL"),
        ("'NaN'::double", "0e0", "nan ≠ 0.0"),
        ("'NaN'::double", "'Infinity'::double", "nan ≠ inf"),
        ("'Infinity'::double", "'-Infinity'::double", "inf ≠ -inf"),
        ("'Infinity'::double", "1.7e308", "inf ≠ 1.7e+308"),
        ("1e0", f"1e0 + {2 * TOLERANCE!r}", "1.0 ≠ 1.000000002"),
        ("1e-300", "1.00001e-300", "1e-300 ≠ 1.00001e-300"),
        ("0e0", "1e-300", "0.0 ≠ 1e-300"),
        ("1e0", "-1e0", "1.0 ≠ -1.0"),
        ("1.10::decimal(12,2)", "1.11::decimal(12,2)", "1.10 ≠ 1.11"),
        ("9007199254740993", "9007199254740992", "9007199254740993 ≠ 9007199254740992"),
        ("true", "cast(null as boolean)", "True ≠ NULL"),
        ("date '2026-01-05'", "date '2026-01-06'", "2026-01-05 ≠ 2026-01-06"),
    ],
)
def test_differing_value_is_shown(homes: Homes, left: str, right: str, said: str) -> None:
    parity = homes.compare_rows(
        f"select 1 as id, {left} as v", f"select 1 as id, {right} as v", "id"
    )
    assert parity.differences == (f"id 1: v: {said}",)
    assert (parity.equal, parity.different) == (0, 1)


@pytest.mark.parametrize(
    ("left", "right", "nearly"),
    [
        ("'NaN'::double", "-('NaN'::double)", 0),
        ("-0e0", "0e0", 0),
        ("0.1e0 + 0.2e0", "0.3e0", 1),
        ("1e0", f"1e0 + {TOLERANCE / 2!r}", 1),
        ("-1e300", "-1.0000000001e300", 1),
        ("'Infinity'::double", "'Infinity'::double", 0),
        ("timestamptz '2026-01-05 02:00:00+02'", "timestamptz '2026-01-05 00:00:00+00'", 0),
        ("cast(7 as hugeint)", "cast(7 as integer)", 0),
        ("1.50::decimal(20,2)", "1.50::decimal(12,2)", 0),
        ("cast(null as varchar)", "cast(null as varchar)", 0),
        ("cast([null] as varchar[])", "cast([null] as varchar[])", 0),
    ],
)
def test_equal_value_is_none_to_speak_of(homes: Homes, left: str, right: str, nearly: int) -> None:
    parity = homes.compare_rows(f"select 1 as id, {left} as v", f"select 1 as id, {right} as v")
    assert parity.ok, parity.differences
    assert (parity.equal, parity.nearly, parity.different) == (1, nearly, 0)


@pytest.mark.parametrize(
    ("left", "right", "ok"),
    [
        ('{"a": 1, "b": [1, 2]}', '{"b":[1,2],"a":1.0}', True),
        ('{"a": 1}', '{"a": 2}', False),
        ('{"a": [1, 2]}', '{"a": [2, 1]}', False),
        ('{"a": 12345678901234567890.5}', '{"a": 12345678901234567890.6}', False),
        ('{"a": "1"}', '{"a": 1}', False),
        ('{"a": null}', "{}", False),
        ('{"a": 1, "a": 2}', '{"a": 2, "a": 1}', False),
        ('{"a": 1e400}', '{"a": 10e399}', True),
        ('{"a": "\\u00e9"}', '{"a": "é"}', True),
        ("no json", "no  json", False),
    ],
)
def test_documents_are_equal_by_value(homes: Homes, left: str, right: str, ok: bool) -> None:
    rows = "select 1 as id, '{}' as _rescued_data"
    parity = homes.compare_rows(
        rows.replace("{}", left),
        rows.replace("{}", right),
        "id",
    )
    assert parity.ok == ok, parity.differences
    if not ok:
        assert parity.differences == (f"id 1: _rescued_data: {left!r} ≠ {right!r}",)


def test_documents_elsewhere_are_text(homes: Homes) -> None:
    parity = homes.compare_rows("select '{\"a\": 1}' as v", "select '{\"a\":1}' as v")
    assert parity.different == 1


@pytest.mark.parametrize("text", ["[" * 100_000, "1" * 5_000, "1e99999999999999999999", ""])
def test_hostile_document_has_a_value(text: str) -> None:
    assert same_by_value(text) == same_by_value(text) != same_by_value(text + "1")


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        (ROW, "select 1 as id, 'a' as name", "column value is on DuckDB only"),
        (ROW, f"{ROW}, 1 as more", "column more is on Spark only"),
        (
            ROW,
            ROW.replace("20.5e0", "'20.5'"),
            "column value is DOUBLE on DuckDB, VARCHAR on Spark",
        ),
        (
            ROW.replace("20.5e0", "20.5e0::float"),
            ROW,
            "column value is FLOAT on DuckDB, DOUBLE on Spark",
        ),
        (
            "select timestamptz '2026-01-05 00:00:00+00' as at",
            "select timestamp '2026-01-05 00:00:00' as at",
            "column at is TIMESTAMP WITH TIME ZONE on DuckDB, TIMESTAMP on Spark",
        ),
        (
            "select 1.5::decimal(12,2) as v",
            "select 1.5::decimal(12,1) as v",
            "column v is DECIMAL(12,2) on DuckDB, DECIMAL(12,1) on Spark",
        ),
    ],
)
def test_differing_column_is_named(homes: Homes, left: str, right: str, said: str) -> None:
    parity = homes.compare_rows(left, right, "id")
    assert not parity.ok
    # The rows are equal in all that can be compared.
    assert (parity.differences, parity.different) == ((said,), 0)


def test_table_on_one_side_is_a_difference(homes: Homes) -> None:
    homes.put_duckdb(TWO, "dev_bronze.iot_events")
    homes.put_spark(ROW, "dev_gold.dim_devices")
    homes.put_duckdb(ROW, "dev_quality.check_results")
    found = homes.compare()
    assert list(found) == ["dev_bronze.iot_events", "dev_gold.dim_devices"]
    bronze, gold = found.values()
    assert bronze.differences == ("there is no such table on Spark",)
    assert (bronze.rows, bronze.different) == ({"DuckDB": 2, "Spark": None}, 2)
    assert gold.differences == ("there is no such table on DuckDB",)
    assert (gold.rows, gold.different) == ({"DuckDB": None, "Spark": 1}, 1)


def test_folder_that_is_no_table_is_a_difference(homes: Homes) -> None:
    homes.put_duckdb(ROW)
    homes.put_spark(ROW)
    shutil.rmtree(homes.spark.spark / "tables" / "dev_silver" / "stg_orders" / "_delta_log")
    (parity,) = homes.compare().values()
    assert "can't be read on Spark" in parity.differences[0] and not parity.ok


def test_empty_tables_are_equal(homes: Homes) -> None:
    assert homes.compare_rows(f"{ROW} limit 0", f"{ROW} limit 0", "id").ok


def test_partner_without_a_key_is_the_likest_row(homes: Homes) -> None:
    parity = homes.compare_rows(
        "select 'x' as a, 1 as b, 2 as c, 3 as d",
        "select 'x' as a, 1 as b, 7 as c, 8 as d union all select 'x', 1, 2, 4 union all "
        "select 'y', 8, 9, 10",
    )
    assert parity.differences == ("a 'x', b 1, c 2: d: 3 ≠ 4",)
    assert parity.different == 3


def test_row_without_a_key_that_is_like_none_stands_alone(homes: Homes) -> None:
    parity = homes.compare_rows("select 'x' as a, 1 as b", "select 'y' as a, 2 as b")
    assert parity.differences == ("a 'x', b 1: only on DuckDB",)


def test_partner_of_several_with_the_key_is_the_likest(homes: Homes) -> None:
    parity = homes.compare_rows(
        "select 1 as id, 'f1' as file, 5 as v union all select 1, 'f2', 6",
        "select 1 as id, 'f1' as file, 5 as v union all select 1, 'f2', 7 union all "
        "select 1, 'f3', 8",
        "id",
    )
    assert parity.differences == ("id 1: v: 6 ≠ 7",)


def test_long_values_are_shown_where_they_part(homes: Homes) -> None:
    parity = homes.compare_rows(
        "select 1 as id, repeat('a', 5000) || 'x' || repeat('b', 5000) as v",
        "select 1 as id, repeat('a', 5000) || 'y' || repeat('b', 5000) as v",
        "id",
    )
    (said,) = parity.differences
    assert len(said) < 200
    assert "aaaxbbb" in said and "aaaybbb" in said


@pytest.mark.parametrize("column", EXCLUDED)
def test_of_an_excluded_column_only_null_counts(homes: Homes, column: str) -> None:
    rows = "select 1 as id, {} as " + column
    homes.put_duckdb(rows.format(1))
    homes.put_spark(rows.format(2))
    assert homes.compare()[TABLE].ok
    homes.put_duckdb(rows.format(1), "dev_gold.dim_devices")
    homes.put_spark(rows.format("cast(null as integer)"), "dev_gold.dim_devices")
    homes.keys[("dev_gold", "dim_devices")] = ("id",)
    parity = homes.compare()["dev_gold.dim_devices"]
    assert parity.differences == (f"id 1: {column}: a value ≠ NULL",)
    assert parity.excluded == (column,) and parity.columns == 1


def test_names_from_the_data_are_only_names(homes: Homes) -> None:
    column = 'x"; drop table dev_silver.kept; --'
    select = (
        f'select 1 as "{column.replace(chr(34), chr(34) * 2)}", \'"; select 1; --\' as v, 5 as w'
    )
    homes.put_duckdb(ROW, "dev_silver.kept")
    homes.put_spark(ROW, "dev_silver.kept")
    homes.put_duckdb(select, 'dev_silver."odd "" name"')
    homes.put_spark(select.replace("select 1;", "select 2;"), 'dev_silver."odd " name"')
    found = homes.compare()
    assert found["dev_silver.kept"].ok
    odd = found['dev_silver.odd " name']
    assert odd.columns == 3 and "≠" in odd.differences[0]


def test_table_as_spark_writes_it_is_read_as_spark_reads_it(homes: Homes) -> None:
    """Deletion vectors, INT96 instants of any year, a column that no file has yet.

    tests/data/delta holds what Spark 4.2.1 and Delta 4.4.0 wrote for: insert 7 rows, delete 4 and
    6, add a column.
    """
    shutil.copytree(FROM_SPARK, homes.spark.spark / "tables" / "dev_silver" / "stg_orders")
    homes.put_duckdb(
        """
        select
            id,
            case id
                when 1 then timestamptz '0001-01-01 00:00:00+00'
                when 2 then timestamptz '9999-12-31 23:59:59.999999+00'
                when 3 then timestamptz '1600-02-29 12:00:00.000001+00'
                else timestamptz '2026-01-05 00:00:00.123456+00'
            end as ordered_at,
            cast(id / 100e0 as decimal(12, 2)) as amount,
            ['a', null, cast(id as varchar)] as tags,
            cast(null as varchar) as note
        from range(1, 8) as numbers(id)
        where id not in (4, 6)
        """
    )
    parity = homes.compare()[TABLE]
    assert parity.ok, parity.differences
    assert (parity.equal, parity.columns) == (5, 5)


def test_partitioned_table_is_refused_not_misread(homes: Homes) -> None:
    homes.put_duckdb(ROW)
    folder = homes.spark.spark / "tables" / "dev_silver" / "stg_orders"
    write_deltalake(folder, pa.table({"id": [1], "name": ["a"]}), partition_by=["name"])
    (parity,) = homes.compare().values()
    assert "can't be read on Spark: it is partitioned" in parity.differences[0]
