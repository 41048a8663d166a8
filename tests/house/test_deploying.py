"""How the template is deployed: each function bit by bit and back again, samconfig.toml, and what the console shows."""

import re
import shlex
import tomllib

import pytest
from samtranslator.model.preferences.deployment_preference_collection import CODEDEPLOY_PREDEFINED_CONFIGURATIONS_LIST

from infra.ops.adopt import IDENTIFIED_BY, kept_in
from tests.house.templates import ROOT, Json, properties, resources, source, transformed

FUNCTIONS = sorted(name.removesuffix("Function") for name in resources("AWS::Lambda::Function"))
EVERY_FUNCTION = pytest.mark.parametrize("name", FUNCTIONS)
# Where a function catches what nobody expected, Lambda counts no error, but the function does.
BESIDE = {
    **dict.fromkeys(("Articles", "Pages"), ("ReadsUnavailable",)),
    **dict.fromkeys(("Members", "Contributions", "Webhooks"), ("PersonalFaults",)),
    "Publishing": ("PublishingFailing",),
    "Newsletters": ("NewslettersFailed",),
}
CONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text())
ENVIRONMENTS = [name for name in CONFIG if name != "version"]

# How a new version takes over ----------------------------------------------------------------------------------------


@EVERY_FUNCTION
def test_calls_go_over_to_a_new_version_bit_by_bit_and_back_when_the_function_fails(name: str) -> None:
    alias = transformed()["Resources"][f"{name}FunctionAliaslive"]
    assert alias["UpdatePolicy"] == {
        "CodeDeployLambdaAliasUpdate": {
            "ApplicationName": {"Ref": "ServerlessDeploymentApplication"},
            "DeploymentGroupName": {"Ref": f"{name}FunctionDeploymentGroup"},
        }
    }
    group = properties(f"{name}FunctionDeploymentGroup")
    assert group["ServiceRoleArn"] == {"Fn::GetAtt": ["DeploymentRole", "Arn"]}
    assert group["AutoRollbackConfiguration"]["Enabled"] is True
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    condition, gradual, at_once = group["AlarmConfiguration"]["Fn::If"]
    assert (condition, at_once) == ("IsGradual", {})
    watched = [alarm["Name"]["Ref"] for alarm in gradual["Alarms"]]
    assert gradual["Enabled"] is True
    assert watched == [f"{name}Errors", *BESIDE.get(name, ())]
    assert set(watched) <= resources("AWS::CloudWatch::Alarm").keys()


@EVERY_FUNCTION
def test_an_alarm_goes_off_with_the_first_call_that_a_function_has_not_answered(name: str) -> None:
    alarm = dict(properties(f"{name}Errors"))
    assert alarm.pop("AlarmDescription").endswith(f" See {name}Errors in docs/operations.md.")
    assert alarm == {
        "AlarmActions": [{"Ref": "AlarmTopic"}],
        "OKActions": [{"Ref": "AlarmTopic"}],
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": [{"Name": "FunctionName", "Value": {"Ref": f"{name}Function"}}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 1,
        "TreatMissingData": "notBreaching",
    }


@EVERY_FUNCTION
def test_whoever_calls_a_function_calls_its_alias(name: str) -> None:
    """Who called the function itself would call what has just been written, before anybody has tried it."""
    itself = {"Ref": f"{name}Function"}, {"Fn::GetAtt": [f"{name}Function", "Arn"]}
    calling = {
        "AWS::ApiGatewayV2::Integration": "IntegrationUri",
        "AWS::Lambda::EventSourceMapping": "FunctionName",
        "AWS::Lambda::Permission": "FunctionName",
        "AWS::Lambda::Url": "TargetFunctionArn",
        "AWS::SNS::Subscription": "Endpoint",
    }
    for kind, key in calling.items():
        assert [one for one, it in resources(kind).items() if it["Properties"][key] in itself] == []
    for rule in resources("AWS::Events::Rule").values():
        assert [one for one in rule["Properties"]["Targets"] if one["Arn"] in itself] == []


def test_how_calls_go_over_is_what_sam_knows_and_ten_minutes_unless_said() -> None:
    canary = source()["Parameters"]["Canary"]
    assert canary["AllowedValues"] == CODEDEPLOY_PREDEFINED_CONFIGURATIONS_LIST
    assert canary["Default"] == "Canary10Percent10Minutes"
    assert source()["Conditions"]["IsGradual"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "Canary"}, "AllAtOnce"]}]}


# What is deployed with what -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_gives_parameters_of_the_template_values_that_they_take(environment: str) -> None:
    for name, value in _overrides(environment).items():
        parameter = source()["Parameters"][name]
        assert value in map(str, parameter.get("AllowedValues", [value])), name
        assert re.fullmatch(parameter.get("AllowedPattern", ".*"), value), name
        if parameter["Type"] == "Number":
            assert float(value) >= parameter.get("MinValue", 0), name


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_is_built_checked_and_deployed_without_another_word(environment: str) -> None:
    given = {command: one["parameters"] for command, one in CONFIG[environment].items()}
    assert given["build"] == {"build_in_source": True}
    assert given["validate"] == {"lint": True}
    assert given["deploy"]["capabilities"] == "CAPABILITY_IAM"
    assert given["deploy"]["resolve_s3"] is True


def test_each_environment_is_a_stack_of_its_own_and_no_money_is_meant_where_things_are_tried() -> None:
    assert {"default", "dev", "staging", "prod"} <= set(ENVIRONMENTS)
    assert len({CONFIG[name]["deploy"]["parameters"]["stack_name"] for name in ENVIRONMENTS}) == len(ENVIRONMENTS)
    assert _overrides("prod")["StripeMode"] == "live"
    assert "live" not in {_overrides(name).get("StripeMode") for name in ("dev", "staging")}
    assert _overrides("dev")["Canary"] == "AllAtOnce"


def test_the_console_shows_every_parameter_once_and_by_a_name() -> None:
    shown: Json = source()["Metadata"]["AWS::CloudFormation::Interface"]
    grouped = [name for group in shown["ParameterGroups"] for name in group["Parameters"]]
    assert sorted(grouped) == sorted(source()["Parameters"])
    assert sorted(shown["ParameterLabels"]) == sorted(source()["Parameters"])
    assert all(
        one["default"] for one in (*shown["ParameterLabels"].values(), *(g["Label"] for g in shown["ParameterGroups"]))
    )


def _overrides(environment: str) -> dict[str, str]:
    given = CONFIG[environment]["deploy"]["parameters"].get("parameter_overrides", [])
    pairs = [one.split("=", 1) for one in (shlex.split(given) if isinstance(given, str) else given)]  # --guided: a text
    assert len({name for name, _ in pairs}) == len(pairs)
    return dict(pairs)


# Taken down and built again -------------------------------------------------------------------------------------------


def test_whatever_is_kept_can_be_taken_into_the_next_stack() -> None:
    kept = kept_in(source())
    assert sorted(set(kept.values())) == sorted(IDENTIFIED_BY)
    assert not [
        name for name in kept if "Condition" in source()["Resources"][name]
    ]  # or nobody would know whether it is


def test_no_name_stands_in_the_way_of_the_next_stack() -> None:
    """What is kept has a name that CloudFormation made. What the template names goes with its stack and is called after
    it, so that no two stacks want the same; but for the address that mails come from, which is nobody's to choose."""
    inside = {"AWS::Lambda::Alias", "AWS::IAM::Policy", "AWS::ApiGatewayV2::Stage"}  # of a function, a role, an API
    named = {}
    for name, resource in transformed()["Resources"].items():
        told = resource.get("Properties", {})
        own = f"{resource['Type'].rpartition('::')[2]}Name"
        for settings in (told, *(value for key, value in told.items() if key.endswith("Config"))):
            for key in {"Name", own} & (settings.keys() if resource["Type"] not in inside else set()):
                named[name] = (settings[key], resource.get("DeletionPolicy", "Delete"))
    assert {"IdentityKeyAlias", "MailConfiguration", "EdgeKeys", "ReadCachePolicy", "FunctionAccess"} <= named.keys()
    assert {name for name, (_, policy) in named.items() if policy != "Delete"} == set()
    assert {name: value for name, (value, _) in named.items() if "AWS::StackName" not in str(value)} == {}
