"""A bundle's pipeline in, one run of it by Spark Declarative Pipelines out.

The notebooks run as they are, by Spark's own command, against the Connect server of this run.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from iot_streaming.bucket_url import BucketUrl
from iot_streaming.bundle.files import sources_of
from iot_streaming.errors import PipelineError
from iot_streaming.settings import Settings

_SHOWN = 5
_HADOOP = {"s3": "s3a"}


def run_pipeline(
    settings: Settings,
    root: Path,
    pipeline: Mapping[str, Any],
    environment: Mapping[str, str],
    heard: Callable[[str], None],
) -> None:
    """Run it to its end; PipelineError with what Spark said when it did not get there.

    `root`: the bundle's folder. `environment` says where Spark is. `heard` gets each event's text.
    """
    spec = _write_spec(settings, root, pipeline)
    log = settings.spark / "logs" / "pipeline.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "iot_streaming.spark.client", "run", "--spec", str(spec)]
    said: list[str] = []
    with (
        open(log, "w", encoding="utf-8") as kept,
        subprocess.Popen(  # noqa: S603 - our own interpreter, our own arguments
            command,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                kept.write(line)
                said.append(line.rstrip())
                heard(line.rstrip())
        finally:
            process.kill()
    if process.returncode != 0:
        raise PipelineError(f"the pipeline failed: {_cause(said)}; its whole log is {log}")


def _write_spec(settings: Settings, root: Path, pipeline: Mapping[str, Any]) -> Path:
    """The pipeline as Spark wants it told, beside a copy of its notebooks."""
    folder = settings.spark / "pipeline"
    shutil.rmtree(folder, ignore_errors=True)
    notebooks = folder / "notebooks"
    notebooks.mkdir(parents=True)
    for path in sources_of(pipeline):
        shutil.copy(root / path, notebooks)
    spec = folder / "spark-pipeline.yml"
    here = {"iot_streaming.landing": _url(settings.landing)}
    told = {
        "name": "bronze",
        "storage": f"file://{settings.spark / 'checkpoints'}",
        "catalog": "spark_catalog",
        "schema": settings.schema("bronze"),
        "configuration": dict(pipeline.get("configuration", {})) | here,
        "libraries": [{"glob": {"include": "notebooks/**"}}],
    }
    spec.write_text(yaml.safe_dump(told, sort_keys=False), encoding="utf-8")
    return spec


def _url(place: Path | BucketUrl) -> str:
    """As Hadoop's file systems are called."""
    if isinstance(place, BucketUrl):
        return f"{_HADOOP.get(place.scheme, place.scheme)}{str(place).removeprefix(place.scheme)}"
    return f"file://{place}"


def _cause(said: Sequence[str]) -> str:
    """The lines that name an error, without the traces around them."""
    named = [line for line in said if "Error" in line or "Exception" in line or "FAILED" in line]
    return " | ".join(line.strip()[:500] for line in (named or said)[:_SHOWN])
