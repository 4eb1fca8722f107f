"""databricks.yml and what it includes in, one tree with paths from the bundle's folder out."""

import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from iot_streaming.bundle.merge import merged
from iot_streaming.errors import ConfigurationError, MissingDependency

# Fields that name a local file, relative to the YAML file they stand in.
_PATH_FIELDS = frozenset({"notebook_path", "whl", "root_path", "python_file", "file_path"})


def read_bundle(root: Path) -> dict[str, Any]:
    """The bundle's files as one tree, targets not applied.

    Local paths are rewritten to be relative to `root`, the folder of databricks.yml. Raises
    ConfigurationError when a file is missing, no YAML, or an include matches nothing.
    """
    tree = _read(root / "databricks.yml")
    for pattern in tree.get("include", []):
        found = sorted(root.glob(pattern))
        if not found:
            raise ConfigurationError(f"{root / 'databricks.yml'}: include {pattern} finds no file")
        for file in found:
            folder = file.parent.relative_to(root).as_posix()
            tree = merged(tree, _from_root(_read(file), folder))
    return tree


def _read(file: Path) -> dict[str, Any]:
    try:
        import yaml
    except ImportError as error:
        raise MissingDependency(
            "PyYAML is not installed; `pip install 'iot-streaming[local]'` brings it"
        ) from error
    try:
        tree = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{file} can't be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{file} is no YAML: {error}") from error
    if not isinstance(tree, dict):
        raise ConfigurationError(f"{file} holds no mapping")
    return tree


def _from_root(tree: dict[str, Any], folder: str) -> dict[str, Any]:
    return {key: _rebased(value, folder, key) for key, value in tree.items()}


def _rebased(value: Any, folder: str, field: str) -> Any:
    if isinstance(value, dict):
        in_library = field in ("notebook", "file", "glob")
        return {
            key: _moved(item, folder)
            if in_library and key in ("path", "include")
            else _rebased(item, folder, key)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_rebased(item, folder, field) for item in value]
    return _moved(value, folder) if field in (*_PATH_FIELDS, "dependencies") else value


def _moved(path: Any, folder: str) -> Any:
    is_local = isinstance(path, str) and path.startswith(".")
    return posixpath.normpath(posixpath.join(folder, path)) if is_local else path


def notebooks_of(resolved: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(where it is named, path from the bundle's folder) of every notebook and source file."""
    resources = resolved.get("resources", {})
    for name, job in resources.get("jobs", {}).items():
        for task in job.get("tasks", []):
            path = task.get("notebook_task", {}).get("notebook_path")
            if path:
                yield f"jobs.{name}.{task.get('task_key')}", path
    for name, pipeline in resources.get("pipelines", {}).items():
        for path in sources_of(pipeline):
            yield f"pipelines.{name}", path


def sources_of(pipeline: Mapping[str, Any]) -> list[str]:
    """Paths of the notebooks and files that a pipeline runs, in their order."""
    return [
        library[kind]["path"]
        for library in pipeline.get("libraries", [])
        for kind in ("notebook", "file")
        if kind in library
    ]
