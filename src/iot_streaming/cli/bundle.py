"""`iot bundle`: what is deployed to Databricks, checked and shown."""

from functools import partial
from typing import Annotated

import typer

from iot_streaming.cli.command import Debug, Json, Target, command

bundle_app = typer.Typer(
    help="The Databricks bundle: check and show what is deployed.", no_args_is_help=True
)
_command = partial(command, of=bundle_app)


@_command
def validate(
    target: Annotated[
        str | None, typer.Option("-t", "--target", help="dev, staging or prod; default: each.")
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Hold the resolved bundle to Databricks' own models and to rules of ours."""
    from iot_streaming.bundle.lint import check_bundle
    from iot_streaming.project import bundle_root
    from iot_streaming.settings import TARGETS
    from iot_streaming.terminal import Terminal

    found = {each: check_bundle(bundle_root(), each) for each in ([target] if target else TARGETS)}
    if json:
        documents = {each: [f.to_dict() for f in findings] for each, findings in found.items()}
        Terminal().print_json(documents)
    else:
        Terminal().print_bundle_findings(found)
    return int(any(f.level == "error" for findings in found.values() for f in findings))


@_command
def show(target: Target = "dev", json: Json = False, debug: Debug = False) -> None:
    """What is deployed to a target: includes, overrides and variables resolved."""
    import yaml

    from iot_streaming.bundle import resolve
    from iot_streaming.project import bundle_root
    from iot_streaming.terminal import Terminal

    bundle = resolve(bundle_root(), target)
    if json:
        Terminal().print_json(bundle)
    else:
        print(yaml.safe_dump(bundle, sort_keys=False, allow_unicode=True, width=100), end="")
