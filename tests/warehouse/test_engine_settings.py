"""What dbt tells the engine, when the engine has spilled: every cursor is given the settings again."""

from __future__ import annotations

from pathlib import Path

import duckdb
import yaml

from akademos.stores.lake.dbt_runs import project

PROFILES = project() / "profiles.yml"


def test_settings_may_be_given_again_after_spilling(tmp_path: Path) -> None:
    profile = yaml.safe_load(PROFILES.read_text())["akademos"]["outputs"]["duckdb"]
    given = {**profile["config_options"], "memory_limit": "60MB", "temp_directory": str(tmp_path / "spill")}
    connection = duckdb.connect(str(tmp_path / "warehouse.duckdb"), config=given)
    connection.execute("CREATE TABLE big AS SELECT range AS n, md5(range::text) AS m FROM range(2_000_000)")
    connection.execute("CREATE TABLE spilled AS SELECT * FROM big ORDER BY m")
    assert list((tmp_path / "spill").iterdir()), "the engine did not need the folder: give it less memory"
    for name, value in profile["settings"].items():
        connection.cursor().execute(f"SET {name} = '{value}'")
