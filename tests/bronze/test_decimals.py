"""Decimals in every mode of the connector: the exact number, or an error that says why not."""

import base64
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iot_streaming.bronze.decimals import decimal_digits
from iot_streaming.contract import Decimals
from iot_streaming.errors import PipelineError
from iot_streaming.sources import source_named
from tests.bronze.conftest import Lakehouse, lines
from tests.bronze.test_changes import envelope

PRODUCTS = source_named("cdc_products")
THRESHOLDS = source_named("cdc_alert_thresholds")


def encoded(unscaled: int) -> str:
    """As Kafka Connect does: BigInteger.toByteArray, then base64."""
    size = (unscaled if unscaled >= 0 else ~unscaled).bit_length() // 8 + 1
    return base64.b64encode(unscaled.to_bytes(size, "big", signed=True)).decode()


def schema_of(*columns: dict[str, Any]) -> dict[str, Any]:
    image = {"type": "struct", "fields": [{"type": "int64", "field": "product_id"}, *columns]}
    return {
        "type": "struct",
        "fields": [image | {"field": "before"}, image | {"field": "after"}],
    }


def connect_decimal(field: str, scale: int) -> dict[str, Any]:
    return {
        "type": "bytes",
        "name": "org.apache.kafka.connect.data.Decimal",
        "parameters": {"scale": str(scale)},
        "field": field,
    }


# 1234 in base64 is digits only.
DIGITS_ONLY = int.from_bytes(base64.b64decode("1234"), "big", signed=True)


@settings(deadline=None)  # a busy machine is no failure
@given(st.integers(), st.integers(0, 40))
@example(DIGITS_ONLY, 2)
@example(0, 2)
@example(-1, 0)
@example(10**28 + 1, 0)
def test_any_precise_value_is_decoded_exactly(unscaled: int, scale: int) -> None:
    text = decimal_digits(encoded(unscaled), True, "x", scale, "", "precise")
    assert text is not None and "E" not in text
    # Made, not computed: arithmetic on Decimals rounds to 28 digits.
    assert Decimal(text) == Decimal(f"{unscaled}E-{scale}")


@settings(deadline=None)  # a busy machine is no failure
@given(st.integers(), st.integers(0, 40))
@example(DIGITS_ONLY, 2)
def test_detection_never_gives_another_number(unscaled: int, scale: int) -> None:
    text = decimal_digits(encoded(unscaled), True, "x", scale, "", "detect")
    assert text in (None, decimal_digits(encoded(unscaled), True, "x", scale, "", "precise"))


@settings(deadline=None)  # a busy machine is no failure
@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_plain_numbers_are_left_or_refused(value: Decimal) -> None:
    assert decimal_digits(str(value), True, "x", 2, "", "detect") in (str(value), None)
    assert decimal_digits(str(value), True, "x", 2, "", "text") == str(value)
    assert decimal_digits(str(value), False, "x", 2, "", "detect") == str(value)


def product(lakehouse: Lakehouse, price: Any, schema: Any = None, mode: Decimals = "detect") -> Any:
    change = envelope("c", {"product_id": 1, "unit_price": price})
    line = {"schema": schema, "payload": change} if schema else change
    lakehouse.land("a.ndjson", lines(line), PRODUCTS)
    lakehouse.ingest(replace(PRODUCTS, decimals=mode))
    (row,) = lakehouse.bronze(source=PRODUCTS)
    assert (row["_rescued_data"], row["_errors"], row["_warnings"]) == (None, [], [])
    return row["unit_price"]


@pytest.mark.parametrize("unscaled", [0, 1230, -1, 999_999_999_999, -999_999_999_999])
def test_precise_is_found_without_being_told(lakehouse: Lakehouse, unscaled: int) -> None:
    assert product(lakehouse, encoded(unscaled)) == Decimal(unscaled).scaleb(-2)


@pytest.mark.parametrize("number", [12.3, 1234, 1230.0, 1e3, -0.01])
def test_double_mode_writes_numbers(lakehouse: Lakehouse, number: float) -> None:
    assert product(lakehouse, number) == Decimal(str(number)).quantize(Decimal("0.01"))


def test_schema_tells_base64_from_digits_and_says_the_scale(lakehouse: Lakehouse) -> None:
    schema = schema_of(connect_decimal("unit_price", 1))
    assert product(lakehouse, "1234", schema) == Decimal(DIGITS_ONLY).scaleb(-1)


def test_schema_that_says_text_is_believed(lakehouse: Lakehouse) -> None:
    schema = schema_of({"type": "string", "field": "unit_price"})
    assert product(lakehouse, "1234", schema) == Decimal("1234.00")


@pytest.mark.parametrize(
    ("mode", "price"), [("precise", Decimal(DIGITS_ONLY).scaleb(-2)), ("text", Decimal("1234.00"))]
)
def test_declared_mode_is_believed(lakehouse: Lakehouse, mode: Decimals, price: Decimal) -> None:
    assert product(lakehouse, "1234", mode=mode) == price


@pytest.mark.parametrize(
    "value",
    ["1234", encoded(10**12), {"scale": 1, "value": "no base64"}, {"scale": 3, "value": "KRE="}],
    ids=["either", "too many digits", "damaged", "another scale"],
)
def test_value_that_is_not_certain_stops_the_batch(lakehouse: Lakehouse, value: Any) -> None:
    with pytest.raises(PipelineError) as caught:
        product(lakehouse, value)
    for named in ("cdc_products", "unit_price", "cdc/products/a.ndjson", "decimal.handling.mode"):
        assert named in str(caught.value)
    assert lakehouse.bronze(source=PRODUCTS) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"scale": 3, "value": "KRE="}, "10.513"),
        ({"scale": 0, "value": encoded(10**60)}, "1" + "0" * 60),
        ({"scale": -2, "value": encoded(7)}, "700"),
        (40, "40"),
        ("40", "40"),
        ("-1.50", "-1.50"),
    ],
)
def test_limit_without_a_scale_is_exact_text(lakehouse: Lakehouse, value: Any, text: str) -> None:
    change = envelope("c", {"threshold_id": 1, "min_value": value})
    lakehouse.land("a.ndjson", lines(change), THRESHOLDS)
    lakehouse.ingest(THRESHOLDS)
    (row,) = lakehouse.bronze(source=THRESHOLDS)
    assert (row["min_value"], row["_rescued_data"], row["_warnings"]) == (text, None, [])


def test_limit_in_base64_without_a_scale_stops_the_batch(lakehouse: Lakehouse) -> None:
    change = envelope("c", {"threshold_id": 1, "min_value": "KRE="})
    lakehouse.land("a.ndjson", lines(change), THRESHOLDS)
    with pytest.raises(PipelineError, match=r"min_value .*can't be read as exact decimal text"):
        lakehouse.ingest(THRESHOLDS)


@pytest.mark.parametrize(
    "text",
    [
        '{"scale": 1000000000000, "value": "AQ=="}',
        '{"scale": 2, "value": ' + "[" * 5000 + "]" * 5000 + "}",
    ],
)
def test_value_with_an_absurd_scale_or_depth_is_no_number(text: str) -> None:
    assert decimal_digits(text, False, "unit_price", 2, "", "detect") is None


INFINITE = (
    '{"fields":[{"field":"after","fields":[{"field":"unit_price","name":'
    '"org.apache.kafka.connect.data.Decimal","parameters":{"scale":1e999}}]}]}'
)


@pytest.mark.parametrize("schema", ["[" * 5000 + "]" * 5000, INFINITE])
def test_absurd_schema_says_nothing(schema: str) -> None:
    assert decimal_digits("12.30", True, "unit_price", 2, schema, "text") == "12.30"
