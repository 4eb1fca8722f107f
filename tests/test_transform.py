"""dbt in one process: what is asked of it once, and what it lets go of."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from iot_streaming import transform
from iot_streaming.errors import TransformFailed
from iot_streaming.transform import Dbt, DbtPlace


class Runner:
    """Stands in for dbtRunner: notes commands and whether it was given a manifest."""

    def __init__(self, exception: BaseException | None = None) -> None:
        self.manifest: Any = None
        self.exception = exception
        self.commands: list[tuple[str, bool]] = []
        self.results: list[Any] = []

    def invoke(self, arguments: list[str]) -> Any:
        self.commands.append((arguments[0], self.manifest is not None))
        failed = self.exception if arguments[0] != "parse" else None
        found = SimpleNamespace(nodes={}, sources={}, results=self.results)
        return SimpleNamespace(exception=failed, result=found, success=not failed)


@pytest.fixture
def dbt(tmp_path: Path) -> Dbt:
    (tmp_path / "project" / "packages" / "toolkit").mkdir(parents=True)
    return Dbt(DbtPlace(tmp_path / "project", tmp_path / "state", "local", {}))


def running(dbt: Dbt, runner: Runner) -> Runner:
    dbt._runner = runner  # type: ignore[assignment]
    return runner


def test_project_is_parsed_once_for_the_same_variables(dbt: Dbt) -> None:
    runner = running(dbt, Runner())
    for arguments in ((), ("--select", "a"), ("--vars", "{b: 1}"), ("--vars", "{b: 1}"), ()):
        dbt.run("build", *arguments)
    parsed = [number for number, (command, _) in enumerate(runner.commands) if command == "parse"]
    assert parsed == [0, 3, 6]
    assert all(is_given == (command != "parse") for command, is_given in runner.commands)


def test_what_dbt_says_is_in_the_error_for_it_keeps_no_log(
    dbt: Dbt, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = running(dbt, Runner(ValueError("a model can't be compiled")))
    with pytest.raises(TransformFailed, match="dbt build stopped: a model can't be compiled"):
        dbt.run("build")

    def refuse(arguments: list[str]) -> Any:
        for level, text in (("info", "beginning"), ("error", "no such package")):
            dbt._heard(SimpleNamespace(info=SimpleNamespace(name="E", level=level, msg=text)))
        return SimpleNamespace(exception=None, result=None, success=False)

    monkeypatch.setattr(runner, "invoke", refuse)
    with pytest.raises(TransformFailed, match=r"^dbt deps failed: no such package$"):
        dbt.run("deps")


def failed(name: str) -> Any:
    config = SimpleNamespace(severity="error", error_if="!= 0")
    node = SimpleNamespace(
        unique_id=f"test.{name}", name=name, resource_type="test", tags=[], config=config
    )
    return SimpleNamespace(node=node, status="fail", execution_time=1, failures=1, message=None)


def test_failures_are_told_in_one_order_whichever_thread_was_first(dbt: Dbt) -> None:
    runner = running(dbt, Runner())
    runner.results = [failed("silent"), failed("classes"), failed("late")]
    assert [node.name for node in dbt.run("test").bad] == ["classes", "late", "silent"]


@pytest.mark.parametrize("broken", [KeyboardInterrupt(), RuntimeError("no space")])
def test_warehouse_is_let_go_of_when_dbt_breaks_off(
    dbt: Dbt, broken: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go: list[str] = []
    running(dbt, Runner(broken))
    monkeypatch.setattr(transform, "_let_go_of_the_warehouse", lambda: let_go.append("it"))
    with pytest.raises((KeyboardInterrupt, TransformFailed)):
        dbt.run("build")
    # After the parse, and after what broke off: whoever records the run opens the file.
    assert let_go == ["it", "it"]


def test_packages_are_installed_where_they_are_not_the_projects_own(dbt: Dbt) -> None:
    runner = running(dbt, Runner())
    dbt.install()
    link = dbt.place.packages / "toolkit"
    link.parent.mkdir(parents=True)
    link.symlink_to(dbt.place.project / "packages" / "toolkit")
    dbt.install()
    assert len(runner.commands) == 1
    link.unlink()
    other = dbt.place.folder / "another project" / "toolkit"
    other.mkdir(parents=True)
    link.symlink_to(other)
    dbt.install()
    assert [command for command, _ in runner.commands] == ["deps", "deps"]
