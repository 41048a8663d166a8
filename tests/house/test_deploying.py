"""How the template is deployed: each function bit by bit and back again, samconfig.toml, and what the console shows."""

import re
import tomllib

import pytest
from samtranslator.model.preferences.deployment_preference_collection import CODEDEPLOY_PREDEFINED_CONFIGURATIONS_LIST

from tests.house.templates import ROOT, Json, properties, resources, source, transformed

FUNCTIONS = sorted(name.removesuffix("Function") for name in resources("AWS::Lambda::Function"))
EVERY_FUNCTION = pytest.mark.parametrize("name", FUNCTIONS)
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
    assert f"{name}Errors" in watched
    assert set(watched) <= resources("AWS::CloudWatch::Alarm").keys()
    assert len(watched) <= 10  # as many as CodeDeploy takes


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
