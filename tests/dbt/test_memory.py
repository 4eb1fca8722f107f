"""How much memory DuckDB may take: from the settings through dbt's profile to its connections."""

from dataclasses import replace
from pathlib import Path

import pytest

from iot_streaming.settings import MIB, Settings
from iot_streaming.transform import DbtPlace
from iot_streaming.warehouse import reading
from tests.dbt.dbt_lakehouse import PROJECT, Lakehouse

_LIMIT = "current_setting('memory_limit')"
_SPILL = "current_setting('temp_directory')"


def test_memory_of_the_settings_bounds_dbt_and_the_warehouse(
    lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(lakehouse.settings, memory=600 * MIB)
    for name, value in DbtPlace.embedded(settings, PROJECT).environment.items():
        monkeypatch.setenv(name, value)
    wanted = f"{_LIMIT} = '240.0 MiB' and {_SPILL} = '{settings.scratch}'"
    told = f"{_LIMIT} || ' ' || {_SPILL}"
    lakehouse.build(
        "show", "--inline", f"select case when not ({wanted}) then error({told}) end as found"
    )
    with reading(settings) as connection:
        found = connection.execute(f"select {_LIMIT}, {_SPILL}").fetchone()
    assert found == ("240.0 MiB", str(settings.scratch))


def test_memory_is_told_by_the_environment(tmp_path: Path) -> None:
    settings = Settings.from_environment(tmp_path, environment={"IOT_MEMORY": "4g"})
    assert settings.memory == 4096 * MIB
    assert Settings.from_environment(tmp_path, environment={}).memory == 2048 * MIB
