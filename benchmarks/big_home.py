"""A small home's warehouse in, the same with each device, customer and site many times over out.

What a dashboard costs depends on how many rows gold has, not on how they came there: to run 50
million readings through the whole lakehouse is what the section on growth measures.
"""

import duckdb

from iot_streaming.settings import Settings

_KEYS = ("_id", "_key", "serial_number", "customer_name", "location_name", "email")


def multiply(settings: Settings, copies: int) -> None:
    """Make `copies` of every row of gold that is of something with a key, the first as it is."""
    with duckdb.connect(settings.warehouse, config={"memory_limit": "2GB"}) as connection:
        schema = settings.schema("gold")
        found = connection.execute(
            "select table_name, list(column_name order by column_index) from duckdb_columns() "
            f"where schema_name = '{schema}' and data_type = 'VARCHAR' group by all"
        ).fetchall()
        for table, columns in found:
            keys = [column for column in columns if column.endswith(_KEYS)]
            if keys and table != "dim_date":
                renamed = ", ".join(f"{key} || '-' || copy as {key}" for key in keys)
                connection.execute(
                    f"insert into {schema}.{table} select * exclude (copy) replace ({renamed}) "
                    f"from {schema}.{table}, range(1, {copies}) as copies(copy)"
                )
