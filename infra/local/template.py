"""template.yaml as this machine sees it: transformed by SAM's own translator, intrinsics resolved against local values.

Whatever is in the template and not known here stops the stack at its start with a sentence, so that nothing is silently
left out of what a developer sees.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from infra.template import read_template

REGION: Final = "us-east-1"
ACCOUNT: Final = "123456789012"  # moto's
STACK_NAME: Final = "frontline"
PSEUDO: Final[Mapping[str, str]] = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::StackName": STACK_NAME,
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK_NAME}/local",
    "AWS::URLSuffix": "amazonaws.com",
}
SECTIONS: Final = frozenset(
    {
        "AWSTemplateFormatVersion", "Transform", "Description", "Metadata", "Parameters", "Rules", "Conditions",
        "Mappings", "Globals", "Resources", "Outputs",
    }
)  # fmt: skip

Attribute = Callable[[str, str | None], Any]  # (logical id, attribute or None for Ref) → the local value


class TemplateError(Exception):
    """The template says something that the stack on this machine does not know how to do."""


class _Nothing:
    """What `AWS::NoValue` stands for: the property is not there."""


NOTHING: Final = _Nothing()


@dataclass(frozen=True)
class Template:
    """The transformed template. `parameters` are the defaults, replaced by what the caller gave."""

    parameters: Mapping[str, Any]
    conditions: Mapping[str, Any]
    mappings: Mapping[str, Any]
    resources: Mapping[str, Mapping[str, Any]]
    outputs: Mapping[str, Mapping[str, Any]]

    def type_of(self, logical_id: str) -> str:
        """The CloudFormation type of a resource; TemplateError for one that is not in the template."""
        if logical_id not in self.resources:
            raise TemplateError(f"the template names a resource {logical_id!r} that it does not hold")
        return str(self.resources[logical_id]["Type"])

    def of_type(self, *types: str) -> dict[str, Mapping[str, Any]]:
        """The resources of these types that exist under the present conditions, by logical id."""
        return {
            name: resource
            for name, resource in self.resources.items()
            if resource["Type"] in types and self.holds(resource.get("Condition"))
        }

    def holds(self, condition: Any) -> bool:
        """Whether a condition (by name, or written out) is true; None is."""
        if condition is None:
            return True
        if isinstance(condition, str):
            if condition not in self.conditions:
                raise TemplateError(f"the template holds no condition {condition!r}")
            return self.holds(self.conditions[condition])
        match condition:
            case {"Condition": name}:
                return self.holds(name)
            case {"Fn::Equals": [one, other]}:
                return bool(self.resolve(one, _no_resources) == self.resolve(other, _no_resources))
            case {"Fn::Not": [inner]}:
                return not self.holds(inner)
            case {"Fn::And": [*inner]}:
                return all(self.holds(each) for each in inner)
            case {"Fn::Or": [*inner]}:
                return any(self.holds(each) for each in inner)
        raise TemplateError(f"a condition of an unknown shape: {condition!r}")

    def resolve(self, value: Any, attribute: Attribute) -> Any:
        """A value without intrinsics and dynamic references. What `attribute` raises for a resource is the caller's to
        catch."""
        if isinstance(value, str):
            return self._dynamic(value, attribute)
        if isinstance(value, list):
            return [one for each in value if (one := self.resolve(each, attribute)) is not NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name in {"Ref", "Condition"} or name.startswith("Fn::"):
                called = self._call(name, argument, attribute)
                return self._dynamic(called, attribute) if isinstance(called, str) else called
        resolved = {key: self.resolve(each, attribute) for key, each in value.items()}
        return {key: each for key, each in resolved.items() if each is not NOTHING}

    def _call(self, name: str, argument: Any, attribute: Attribute) -> Any:
        match name, argument:
            case "Ref", str():
                return self._ref(argument, attribute)
            case "Condition", _:
                # The word is a condition's name in Conditions only; in a policy it is IAM's and stays.
                return {"Condition": self.resolve(argument, attribute)}
            case "Fn::GetAtt", [str() as owner, str() as wanted]:
                return attribute(owner, wanted)
            case "Fn::GetAtt", str():
                return attribute(*argument.split(".", 1))
            case "Fn::If", [condition, yes, no]:
                return self.resolve(yes if self.holds(condition) else no, attribute)
            case "Fn::Sub", str():
                return self._sub(argument, {}, attribute)
            case "Fn::Sub", [str() as text, dict() as names]:
                return self._sub(text, self.resolve(names, attribute), attribute)
            case "Fn::Join", [str() as between, parts]:
                return between.join(str(part) for part in self.resolve(parts, attribute))
            case "Fn::Split", [str() as between, text]:
                return str(self.resolve(text, attribute)).split(between)
            case "Fn::Select", [index, choices]:
                return self.resolve(choices, attribute)[int(self.resolve(index, attribute))]
            case "Fn::FindInMap", [table, first, second]:
                keys = [self.resolve(key, attribute) for key in (table, first, second)]
                return self.mappings[keys[0]][keys[1]][keys[2]]
        raise TemplateError(f"an intrinsic that this stack does not know: {name} of {argument!r}")

    def _dynamic(self, text: str, attribute: Attribute) -> str:
        """The text with what its `{{resolve:secretsmanager:<ARN>:SecretString}}` mean: a secret of this template."""

        def replaced(match: re.Match[str]) -> str:
            wanted = re.fullmatch(r"secretsmanager:(.+):SecretString:{0,3}", match[1])
            for logical_id in self.of_type("AWS::SecretsManager::Secret") if wanted else ():
                if wanted and attribute(logical_id, None) == wanted[1]:
                    return str(attribute(logical_id, "SecretString"))
            raise TemplateError(f"a dynamic reference that this stack does not know: {match[0]}")

        return re.sub(r"\{\{resolve:([^}]*)\}\}", replaced, text) if "{{resolve:" in text else text

    def _ref(self, name: str, attribute: Attribute) -> Any:
        if name == "AWS::NoValue":
            return NOTHING
        if name in PSEUDO:
            return PSEUDO[name]
        return self.parameters[name] if name in self.parameters else attribute(name, None)

    def _sub(self, text: str, names: Mapping[str, Any], attribute: Attribute) -> str:
        def replaced(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in names:
                return str(names[name])
            owner, _, wanted = name.partition(".")
            return str(attribute(owner, wanted) if wanted else self._ref(name, attribute))

        return re.sub(r"\$\{([^}]*)\}", replaced, text)


def _no_resources(logical_id: str, attribute: str | None) -> Any:
    raise TemplateError(f"a condition may look at parameters only, not at {logical_id!r}")


def only(where: str, properties: Mapping[str, Any], known: Collection[str]) -> None:
    """Raise TemplateError for what is not known, naming it."""
    if unknown := properties.keys() - set(known):
        raise TemplateError(f"{where}: the stack on this machine does not know {', '.join(sorted(unknown))}")


def transformed(source: Mapping[str, Any], values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What CloudFormation makes of a template before a deployment with these parameters' values: `AWS::Serverless::…`
    written out. The source stays as it is."""
    # Imported here: half a second that a worker's process need not spend.
    import boto3
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    template = json.loads(json.dumps(source))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/zip"  # `sam package` would have put it somewhere
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    result: dict[str, Any] = translator.translate(template, dict(values or {}))
    return result


def load(path: Path, parameters: Mapping[str, str] | None = None) -> Template:
    """The template in a file, transformed as CloudFormation would transform it before a deployment.

    Raises TemplateError for a section, a parameter's type or a parameter that is unknown.
    """
    source = read_template(path)
    if unknown := source.keys() - SECTIONS:
        raise TemplateError(f"sections that this stack does not know: {', '.join(sorted(unknown))}")
    values = _parameters(source.get("Parameters", {}), parameters or {})
    translated = transformed(source, {**PSEUDO, **values})
    return Template(
        parameters=values,
        conditions=translated.get("Conditions", {}),
        mappings=translated.get("Mappings", {}),
        resources=translated["Resources"],
        outputs=translated.get("Outputs", {}),
    )


def begin_loading(path: Path, parameters: Mapping[str, str] | None = None) -> Callable[[], Template]:
    """Like `load`, in a process of its own: SAM's translator takes a second of work, which others can use.

    Returns what waits for the template; that raises TemplateError as `load` does.
    """
    process = subprocess.Popen(  # noqa: S603  # this very module
        [sys.executable, "-m", "infra.local.template", str(path), json.dumps(parameters or {})],
        cwd=Path(__file__).resolve().parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    def wait() -> Template:
        out, err = process.communicate()
        if process.returncode:
            raise TemplateError(err.strip() or "the template could not be read")
        return Template(**json.loads(out))

    return wait


def _parameters(declared: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    if unknown := given.keys() - declared.keys():
        raise TemplateError(f"the template takes no parameter {', '.join(sorted(unknown))}")
    values: dict[str, Any] = {}
    for name, declaration in declared.items():
        if name not in given and "Default" not in declaration:
            raise TemplateError(f"the parameter {name} has no default, and this stack gives it no value")
        value = given.get(name, declaration.get("Default"))
        match declaration["Type"]:
            case "String":
                values[name] = str(value)
            case "Number":
                values[name] = value if isinstance(value, int | float) else float(str(value))
            case "CommaDelimitedList" | "List<Number>":
                values[name] = [part.strip() for part in str(value).split(",")]
            case other:
                raise TemplateError(f"the parameter {name} is of a type that this stack does not know: {other}")
    return values


if __name__ == "__main__":
    try:
        json.dump(asdict(load(Path(sys.argv[1]), json.loads(sys.argv[2]))), sys.stdout)
    except TemplateError as unknown:
        sys.exit(str(unknown))
