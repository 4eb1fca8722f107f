"""The README of infrastructure/ tells the truth: what it names is in the template, or AWS's."""

import re
import shlex

import botocore.session
import yaml
from botocore import xform_name

from tests.stack import resolved
from tests.test_infrastructure import FOLDER, NAMES, TEXT

README = (FOLDER / "README.md").read_text(encoding="utf-8")
TEMPLATE = resolved(TEXT, NAMES)
BUNDLE = yaml.safe_load((FOLDER.parent / "databricks.yml").read_text(encoding="utf-8"))
# A command of the CLI's own, which botocore doesn't know.
DEPLOY = {"template-file", "stack-name", "capabilities", "parameter-overrides"}


def commands() -> list[list[str]]:
    lines = re.findall(r"^aws .+$", README, flags=re.MULTILINE)
    return [shlex.split(re.sub(r"<.*?>", "X", line)) for line in lines]


def options_of(service: str, operation: str) -> set[str]:
    if (service, operation) == ("cloudformation", "deploy"):
        return DEPLOY | {"query"}
    model = botocore.session.get_session().get_service_model(service)
    (name,) = [name for name in model.operation_names if xform_name(name, "-") == operation]
    shape = model.operation_model(name).input_shape
    assert shape is not None
    return {xform_name(member, "-") for member in shape.members} | {"query"}


def test_commands_are_awss_with_these_options() -> None:
    found = commands()
    assert len(found) >= 6
    for _, service, operation, *rest in found:
        options = {word.removeprefix("--") for word in rest if word.startswith("--")}
        assert options <= options_of(service, operation), (service, operation)


def test_deploy_gives_every_parameter_that_has_no_default() -> None:
    (deploy,) = [words for words in commands() if words[2] == "deploy"]
    given = {word.partition("=")[0] for word in deploy if "=" in word}
    parameters = TEMPLATE["Parameters"]
    assert given == {name for name, one in parameters.items() if "Default" not in one}
    assert (FOLDER / deploy[deploy.index("--template-file") + 1]).exists()
    # Names of IAM's things would need CAPABILITY_NAMED_IAM.
    assert "CAPABILITY_IAM" in deploy
    for resource in TEMPLATE["Resources"].values():
        named = {"RoleName", "ManagedPolicyName", "InstanceProfileName"}
        assert not named & resource["Properties"].keys()


def test_defaults_that_it_tells_are_the_templates() -> None:
    told = dict(re.findall(r"`([A-Z]\w+)` \(`?(\w+)", README))
    defaults = {
        name: str(one["Default"])
        for name, one in TEMPLATE["Parameters"].items()
        if "Default" in one
    }
    assert told == defaults


def test_outputs_that_it_names_exist() -> None:
    named = set(re.findall(r"\b[A-Z]\w+(?:Url|Arn)\b", README))
    assert len(named) >= 7
    assert named <= TEMPLATE["Outputs"].keys()


def test_variables_that_it_names_are_the_bundles() -> None:
    named = set(re.findall(r"BUNDLE_VAR_(\w+)", README))
    assert named == {"landing_url", "instance_profile_arn"}
    assert named <= BUNDLE["variables"].keys()


def test_links_lead_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (FOLDER / link).exists()] == []
