"""What template.yaml must keep true of all that is about persons and mail. Numbers R… are the lines of
docs/security.md."""

import pytest

from tests.house.templates import (
    NAMESPACE,
    distribution,
    properties,
    resources,
    source,
    transformed,
)

PROOF = {"Fn::Sub": "{{resolve:secretsmanager:${EdgeProof}:SecretString}}"}


TABLES = {
    **{f"{name}Table": ["pk", "sk"] for name in ("Ledger", "Mailings", "Members")},
    **{f"{name}Table": ["pk"] for name in ("Requests", "SignIns")},
}


def test_these_are_all_tables_with_their_keys() -> None:
    tables = {name: each["Properties"] for name, each in resources("AWS::DynamoDB::Table").items()}
    assert {name: [key["AttributeName"] for key in each["KeySchema"]] for name, each in tables.items()} == TABLES


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_kept_encrypted_and_recovered_and_forgets(table: str) -> None:
    """R29."""
    resource, stated = transformed()["Resources"][table], properties(table)
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert stated["BillingMode"] == "PAY_PER_REQUEST"
    assert stated["SSESpecification"] == {"SSEEnabled": True}
    assert stated["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert stated["DeletionProtectionEnabled"] is True
    assert stated["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert "TableName" not in stated


def test_identity_tokens_are_signed_by_a_key_that_never_leaves() -> None:
    assert (properties("IdentityKey")["KeySpec"], properties("IdentityKey")["KeyUsage"]) == (
        "ECC_NIST_P256",
        "SIGN_VERIFY",
    )
    assert transformed()["Resources"]["IdentityKey"]["DeletionPolicy"] == "Retain"
    assert properties("IdentityKeyAlias")["TargetKeyId"] == {"Ref": "IdentityKey"}


def test_the_edge_proves_itself_with_a_secret_that_nobody_chose() -> None:
    """R17: at least 256 bits, said by the edge to this origin alone."""
    assert properties("EdgeProof")["GenerateSecretString"] == {"PasswordLength": 43, "ExcludePunctuation": True}
    said = {each["Id"]: each.get("OriginCustomHeaders") for each in distribution()["Origins"]}
    assert said.pop("personal") == [{"HeaderName": "x-edge-proof", "HeaderValue": PROOF}]
    assert set(said.values()) == {None}


def test_every_route_of_the_api_leads_where_it_should() -> None:
    routes = [each["Properties"] for each in resources("AWS::ApiGatewayV2::Route").values()]
    behind = {
        "Personal": ["/.well-known/{proxy+}", "/account", "/account/{proxy+}"],
        "Contributions": ["/api/contributions", "/api/memberships", "/api/memberships/{proxy+}"],
        "Webhooks": ["/api/webhooks/{proxy+}"],
    }
    behind["Personal"] += ["/api/members/{proxy+}", "/api/newsletters/{proxy+}"]
    expected = {
        f"ANY {path}": {"Fn::Sub": f"integrations/${{{name}Integration}}"} for name in behind for path in behind[name]
    }
    assert {route["RouteKey"]: route["Target"] for route in routes} == expected
    assert len(routes) == len(expected)
    for name, function in {**dict(zip(behind, behind, strict=True)), "Personal": "Members"}.items():
        assert properties(f"{name}Integration") == {
            "ApiId": {"Ref": "PersonalApi"},
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": {"Ref": f"{function}FunctionAliaslive"},
            "PayloadFormatVersion": "2.0",
        }


def test_the_api_holds_back_floods_and_lets_no_other_site_in() -> None:
    """R19: no CORS."""
    assert properties("PersonalStage")["DefaultRouteSettings"] == {
        "ThrottlingRateLimit": 200,
        "ThrottlingBurstLimit": 400,
    }
    assert "CorsConfiguration" not in properties("PersonalApi")
    assert "AccessLogSettings" not in properties("PersonalStage")


def test_bounces_and_complaints_reach_the_mail_function() -> None:
    """R34."""
    assert properties("MailEvents")["EventDestination"] == {
        "Name": "feedback",
        "Enabled": True,
        "MatchingEventTypes": ["BOUNCE", "COMPLAINT"],
        "SnsDestination": {"TopicARN": {"Ref": "MailFeedback"}},
    }
    assert properties("MailFeedbackSubscription") == {
        "TopicArn": {"Ref": "MailFeedback"},
        "Protocol": "lambda",
        "Endpoint": {"Ref": "MailFunctionAliaslive"},
    }


def test_mail_is_sent_only_by_whoever_was_named_and_never_in_the_clear() -> None:
    assert source()["Parameters"]["MailFrom"]["Default"] == ""
    assert transformed()["Resources"]["MailIdentity"]["Condition"] == "HasMail"
    assert properties("MailConfiguration")["DeliveryOptions"] == {"TlsPolicy": "REQUIRE"}
    assert "TrackingOptions" not in properties("MailConfiguration")


def test_the_firewall_is_off_unless_asked_for() -> None:
    assert source()["Parameters"]["Waf"]["Default"] == "off"
    assert transformed()["Resources"]["SignInWaf"]["Condition"] == "HasWaf"
    assert distribution()["WebACLId"]["Fn::If"][0] == "HasWaf"
    for rule in properties("SignInWaf")["Rules"]:
        assert rule["Action"] == {"Block": {}}
        assert rule["Statement"]["RateBasedStatement"]["AggregateKeyType"] == "IP"


def test_the_template_gives_members_mail_and_newsletters_what_they_work_with() -> None:
    functions = ("Members", "Mail", "Newsletters")
    given = {name: properties(f"{name}Function")["Environment"]["Variables"] for name in functions}
    for name, variables in given.items():
        assert variables.pop("POWERTOOLS_SERVICE_NAME") == name.lower()
        assert variables.pop("POWERTOOLS_METRICS_NAMESPACE") == NAMESPACE
        assert variables.pop("POWERTOOLS_LOG_LEVEL") == "INFO"
        assert variables.pop("CONTENT_BUCKET") == {"Ref": "ContentBucket"}
    mail = {"MAIL_FROM": {"Ref": "MailFrom"}, "MAIL_CONFIGURATION": {"Ref": "MailConfiguration"}}
    assert given == {
        "Members": {
            "MEMBERS_TABLE": {"Ref": "MembersTable"},
            "SIGN_INS_TABLE": {"Ref": "SignInsTable"},
            "LEDGER_TABLE": {"Ref": "LedgerTable"},
            "MAIL_QUEUE": {"Ref": "MailQueue"},
            "PAYMENTS_QUEUE": {"Ref": "PaymentsQueue"},
            "IDENTITY_KEYS": {"Fn::GetAtt": ["IdentityKey", "Arn"]},
            "EDGE_PROOF": PROOF,
            "KEYRING_BUCKET": {"Ref": "KeyringBucket"},
        },
        "Mail": {
            "MEMBERS_TABLE": {"Ref": "MembersTable"},
            "SIGN_INS_TABLE": {"Ref": "SignInsTable"},
            "MAIL_QUEUE": {"Ref": "MailQueue"},
            "MAIL_FEEDBACK_TOPIC": {"Ref": "MailFeedback"},
            **mail,
        },
        "Newsletters": {
            "MAILINGS_TABLE": {"Ref": "MailingsTable"},
            "MEMBERS_TABLE": {"Ref": "MembersTable"},
            "ANNOUNCEMENTS_QUEUE": {"Ref": "AnnouncementsQueue"},
            **mail,
        },
    }
