"""A warehouse in, what to ask of it out: a question's parameters, with filters on and off."""

from collections.abc import Callable, Mapping
from typing import Any

from iot_streaming.questions import Question

Parameters = Mapping[str, str | int]
Look = Callable[[str], tuple[Any, ...]]

# What a filter that is off, or a range that is usual, is.
USUAL: Parameters = {
    "band": "",
    "customer_id": "",
    "location_id": "",
    "device_type": "",
    "status": "",
    "severity": "",
    "device_id": "",
    "sensor_type": "",
    "tier": "",
    "segment": "",
    "country": "",
    "objective": "",
    "days": 30,
    "hours": 48,
    "times": 3,
    "most": 60,
    "within_seconds": 3600,
}


def cases(question: Question, look: Look) -> list[Parameters]:
    """All filters off, and each on by itself with a value that is there."""
    own = _own(question, look)
    usual = {name: USUAL[name] for name in question.parameters if name not in own} | own
    filters = [name for name in question.parameters if usual[name] == ""]
    return [usual, *({**usual, name: _there(question, name, look)} for name in filters)]


def _own(question: Question, look: Look) -> dict[str, str | int]:
    """What the page is about: a device's busiest sensor, a customer, a run, a check."""
    if question.name.startswith("device_reading"):
        device, sensor = look(
            "select device_id, sensor_type from dev_gold.int_hourly_readings "
            "group by all order by sum(breaches) desc, count(*) desc, 1, 2 limit 1"
        )
        start, end = look(
            "select strftime(min(event_date), '%Y-%m-%dT%H:%M:%SZ'), "
            "strftime(max(event_date) + 1, '%Y-%m-%dT%H:%M:%SZ') from dev_gold.int_hourly_readings"
        )
        bucket = 21_600 if question.name == "device_reading_hours" else 900
        return {
            "device_id": device,
            "sensor_type": sensor,
            "from_at": start,
            "to_at": end,
            "bucket_seconds": bucket,
        }
    looked_up = {
        "device": "select min(device_id) from dev_gold.fct_alerts where device_id is not null",
        "customer": "select min(customer_id) from dev_gold.fct_orders",
        "check_name": "select min(check_name) from dev_quality.check_results",
        "run_id": "select max(run_id) from dev_quality.check_results",
    }
    if question.name.partition("_")[0] in ("device", "customer"):
        kind = question.name.partition("_")[0]
        wanted = {f"{kind}_id": looked_up[kind]}
    else:
        wanted = {name: looked_up[name] for name in ("check_name", "run_id")}
    return {name: look(sql)[0] for name, sql in wanted.items() if name in question.parameters}


def _there(question: Question, name: str, look: Look) -> str:
    """A value of that filter that some row has."""
    column = {"band": "health_band", "tier": "customer_tier"}.get(name, name)
    if question.name == "orders" and name == "status":
        column = "order_status"
    table = {
        "devices": "dim_devices",
        "alerts": "fct_alerts",
        "open_alerts": "fct_alerts where is_open and",
        "customers": "agg_customer_summary",
        "orders": "fct_orders",
    }
    if name == "objective":
        return str(look("select max(objective) from dev_quality.objective_days")[0])
    if name == "customer_id" and "alerts" in question.name:
        return str(
            look(
                "select max(d.customer_id) from dev_gold.dim_devices as d "
                "inner join dev_gold.fct_alerts as a using (device_key) where a.is_open"
            )[0]
        )
    source = table[question.name]
    where = source if source.endswith("and") else f"{source} where"
    return str(look(f"select max({column}) from dev_gold.{where} {column} is not null")[0])
