"""Only the JARs that were locked are used, wherever they come from."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from iot_streaming.errors import ConfigurationError, SparkFailed
from iot_streaming.reporter import Silent
from iot_streaming.spark.jars import LOCK, locked_jars, spark_jars
from iot_streaming.spark.java import find_java
from iot_streaming.spark.server import spark_home

NAME = "org.example_thing-1.0.jar"


class Mirror:
    """A folder that serves one JAR, and a lock of it."""

    def __init__(self, folder: Path) -> None:
        self.jar = folder / NAME
        self.jar.write_bytes(b"as it was locked")
        self.lock = folder / "jars.lock"
        digest = hashlib.sha256(self.jar.read_bytes()).hexdigest()
        self.lock.write_text(f"# one\norg.example:thing:1.0 {digest}\n")
        settings = folder / "ivysettings.xml"
        settings.write_text(
            '<ivysettings><settings defaultResolver="here"/><resolvers><filesystem name="here">'
            f'<artifact pattern="{folder}/[organisation]_[artifact]-[revision].jar"/>'
            "</filesystem></resolvers></ivysettings>"
        )
        self.cache = folder / "cache"
        self.environment = {"IOT_CACHE": str(self.cache), "IOT_IVY_SETTINGS": str(settings)}

    def fetch(self) -> list[Path]:
        java = find_java().program
        return spark_jars(java, spark_home(), Silent(), self.environment, self.lock)


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    return Mirror(tmp_path)


def test_jar_is_fetched_once_and_then_kept(mirror: Mirror) -> None:
    with ThreadPoolExecutor() as both:
        first, second = both.map(lambda _: mirror.fetch(), range(2))
    assert first == second == [mirror.cache / "jars" / NAME]
    mirror.jar.unlink()
    assert mirror.fetch()[0].read_bytes() == b"as it was locked"
    assert sorted(path.name for path in (mirror.cache / "jars").iterdir()) == [".lock", NAME]


def test_other_jar_by_the_same_name_is_refused(mirror: Mirror) -> None:
    mirror.jar.write_bytes(b"as someone wanted it")
    with pytest.raises(SparkFailed, match=f"{NAME} came with another sha256"):
        mirror.fetch()
    assert not (mirror.cache / "jars" / NAME).exists()


def test_jar_that_changed_in_the_cache_is_fetched_anew(mirror: Mirror) -> None:
    (mirror.cache / "jars").mkdir(parents=True)
    (mirror.cache / "jars" / NAME).write_bytes(b"half of")
    assert mirror.fetch()[0].read_bytes() == b"as it was locked"


def test_jar_that_is_nowhere_says_which_and_what_to_do(mirror: Mirror) -> None:
    mirror.jar.unlink()
    with pytest.raises(SparkFailed, match=r"(?s)org\.example#thing;1\.0.*IOT_IVY_SETTINGS"):
        mirror.fetch()


def test_settings_that_are_no_file_are_told(mirror: Mirror) -> None:
    mirror.environment["IOT_IVY_SETTINGS"] = "nowhere.xml"
    with pytest.raises(ConfigurationError, match=r"nowhere\.xml"):
        mirror.fetch()


def test_lock_names_exact_versions_and_no_registry() -> None:
    assert all(len(jar.sha256) == 64 and jar.version[0].isdigit() for jar in locked_jars())
    assert "://" not in LOCK.read_text()
