"""What template.yaml must keep true of all that is about money. Numbers R… are the lines of docs/security.md."""

import json

import msgspec
import pytest

from shared.domain.happenings import EVENT_TYPES, Happened, PaymentsMessage
from shared.settings import stripe_settings, webhooks_settings
from tests.house.templates import (
    NAMESPACE,
    Json,
    allowed,
    arn,
    content,
    listed,
    properties,
    resources,
    source,
    statements,
    taken_from_queue,
    transformed,
)

FUNCTIONS = ("Contributions", "Payments", "Reconcile", "Webhooks")
SECRETS = {"StripeKey", "WebhookSecret"}
PAPER = {"Fn::Sub": "${ContentBucket.Arn}/paper.json"}
ITEM = ["dynamodb:GetItem", "dynamodb:PutItem"]
PROOF = {"Fn::Sub": "{{resolve:secretsmanager:${EdgeProof}:SecretString}}"}

# What the functions may do (R28) -------------------------------------------------------------------------------------


def _keys(*patterns: str) -> Json:
    return {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(patterns) if len(patterns) > 1 else patterns[0]}}


def _missing(*prefixes: str) -> tuple[object, ...]:
    return "s3:ListBucket", arn("ContentBucket"), {"StringLikeIfExists": {"s3:prefix": list(prefixes)}}


def _secret(name: str) -> tuple[object, ...]:
    return "secretsmanager:GetSecretValue", {"Ref": name}, None


SETTLING = {
    "KeepLedger": ([*ITEM, "dynamodb:Query"], arn("LedgerTable"), None),
    "CountForCampaigns": ("dynamodb:UpdateItem", arn("LedgerTable"), None),
    "NameSupportersNoMore": ("dynamodb:DeleteItem", arn("LedgerTable"), _keys("campaign#*")),
    "KeepMemberships": (ITEM, arn("MembersTable"), _keys("member#*")),
    "ReadStripeKey": _secret("StripeKey"),
    "OrderMails": ("sqs:SendMessage", arn("MailQueue"), None),
    "ReadCampaignsAndPaper": ("s3:GetObject", [*content("campaigns"), PAPER], None),
    "SayHowCampaignsStand": ("s3:PutObject", *content("campaigns"), None),
    "TellMissingFromForbidden": _missing("campaigns/*", "paper.json"),
}


def test_the_contributions_function_may_do_this_and_nothing_else() -> None:
    """Above all: it grants nothing (R8), counts nothing for a campaign, and deletes nothing that was ordered."""
    requests = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]
    assert allowed("Contributions") == {
        "KeepOrders": (
            [*ITEM, "dynamodb:Query"],
            arn("LedgerTable"),
            _keys("order#*", "payer#*", "session#*"),
        ),
        "CountRequests": (requests, arn("RequestsTable"), None),
        "ReadMembers": ("dynamodb:GetItem", arn("MembersTable"), None),
        "ReadStripeKey": _secret("StripeKey"),
        "ReadListsAndPaper": ("s3:GetObject", [*content("lists"), PAPER], None),
        "TellMissingFromForbidden": _missing("lists/*", "paper.json"),
    }


def test_the_webhooks_function_may_do_this_and_nothing_else() -> None:
    """Whoever deceived it would have payments look at something once more, and that is all."""
    assert allowed("Webhooks") == {
        "ReadWebhookSecret": _secret("WebhookSecret"),
        "HavePaymentsLook": ("sqs:SendMessage", arn("PaymentsQueue"), None),
    }


def test_the_payments_function_may_do_this_and_nothing_else() -> None:
    taking = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"]
    assert allowed("Payments") == {
        **SETTLING,
        "ForgetWhoeverGoes": ("dynamodb:DeleteItem", arn("LedgerTable"), _keys("payer#*")),
        "TakeFromItsQueue": (taking, arn("PaymentsQueue"), None),
    }


def test_the_reconcile_function_may_do_this_and_nothing_else() -> None:
    """It goes through all orders, forgets nobody, and takes nothing from a queue."""
    ledger = ([*ITEM, "dynamodb:Query", "dynamodb:Scan"], arn("LedgerTable"), None)
    assert allowed("Reconcile") == {**SETTLING, "KeepLedger": ledger}


def _of(role: str, resource: str) -> list[Json]:
    return [each for each in statements(role) if arn(resource) in listed(each["Resource"])]


@pytest.mark.parametrize("role", resources("AWS::IAM::Role"))
def test_nobody_deletes_what_was_paid(role: str) -> None:
    """The ledger is only ever added to. No role can delete in an order's partition, where its entries are."""
    for statement in _of(role, "LedgerTable"):
        verbs = set(listed(statement["Action"]))
        items = {f"dynamodb:{verb}Item" for verb in ("Get", "Put", "Update", "Delete")}
        assert verbs <= {*items, "dynamodb:Query", "dynamodb:Scan"}
        if "dynamodb:DeleteItem" in verbs:
            [keys] = statement["Condition"].values()
            assert set(listed(keys["dynamodb:LeadingKeys"])) <= {"payer#*", "campaign#*"}


def test_a_tier_is_given_by_whoever_keeps_members_and_by_whoever_has_asked_the_processor() -> None:
    """R8: the functions that strangers reach may order and tell, and grant nothing."""
    writers = {
        role
        for role in resources("AWS::IAM::Role")
        for statement in _of(role, "MembersTable")
        if {"dynamodb:PutItem", "dynamodb:UpdateItem"} & set(listed(statement["Action"]))
        # The mail function: what it knows of addresses.
        and statement.get("Condition") != _keys("address#*")
    }
    assert writers == {"MembersRole", "PaymentsRole", "ReconcileRole"}


def test_secrets_are_read_by_those_who_use_them() -> None:
    readers = {
        secret: sorted(
            role
            for role in resources("AWS::IAM::Role")
            for each in statements(role)
            if {"Ref": secret} in listed(each["Resource"])
        )
        for secret in SECRETS
    }
    assert readers == {
        "StripeKey": ["ContributionsRole", "PaymentsRole", "ReconcileRole"],
        "WebhookSecret": ["WebhooksRole"],
    }


# Secrets and modes (R8) ----------------------------------------------------------------------------------------------


def test_no_secret_has_a_value_in_the_template() -> None:
    """It is empty until somebody puts in what the processor has said: nothing that the template says opens anything."""
    assert set(resources("AWS::SecretsManager::Secret")) == {"EdgeProof", *SECRETS}
    for name in SECRETS:
        assert set(properties(name)) == {"Description"}
        kept = transformed()["Resources"][name]
        assert (kept["DeletionPolicy"], kept["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert not [name for name in source()["Parameters"] if "key" in name.lower() or "secret" in name.lower()]


def test_no_money_is_meant_unless_somebody_says_so() -> None:
    mode = source()["Parameters"]["StripeMode"]
    assert (mode["Default"], mode["AllowedValues"]) == ("test", ["test", "live"])
    for name in FUNCTIONS:
        assert properties(f"{name}Function")["Environment"]["Variables"]["STRIPE_MODE"] == {"Ref": "StripeMode"}


def test_nobody_but_the_stack_on_this_machine_says_where_stripe_is() -> None:
    assert "STRIPE_API" not in json.dumps(transformed())


# From Stripe to the queue --------------------------------------------------------------------------------------------


def test_webhooks_are_not_held_back_as_readers_are() -> None:
    """What is refused is sent again, hours later; and a processor that was ill sends everything at once."""
    [(route, limits)] = properties("PersonalStage")["RouteSettings"].items()
    assert limits["ThrottlingBurstLimit"] >= 2000
    assert route in {each["Properties"]["RouteKey"] for each in resources("AWS::ApiGatewayV2::Route").values()}
    assert transformed()["Resources"]["PersonalStage"]["DependsOn"] == "WebhooksRoute"
    [limited] = [each for each in properties("SignInWaf")["Rules"] if each["Name"] == "everything-personal"]
    scope = limited["Statement"]["RateBasedStatement"]["ScopeDownStatement"]["AndStatement"]["Statements"]
    assert [each["ByteMatchStatement"]["SearchString"] for each in scope[:1]] == ["/api/"]
    assert scope[1]["NotStatement"]["Statement"]["ByteMatchStatement"]["SearchString"] == "/api/webhooks/"


def test_events_come_by_a_bus_only_where_one_is_named() -> None:
    bus = source()["Parameters"]["StripeEventBus"]
    assert bus["Default"] == ""
    rules = {name: each for name, each in resources("AWS::Events::Rule").items() if name != "ArticleChanges"}
    assert set(rules) == {"StripeEvents", "ReconcileFunctionDaily"}
    assert rules["StripeEvents"]["Condition"] == "HasStripeEventBus"
    assert properties("StripeEvents")["EventBusName"] == {"Ref": "StripeEventBus"}


def test_of_the_bus_payments_look_at_what_they_look_at_of_webhooks() -> None:
    """R8: and at nothing of the other mode."""
    pattern = properties("StripeEvents")["EventPattern"]
    assert sorted(pattern["detail-type"]) == sorted(EVENT_TYPES)
    assert pattern["source"] == [{"prefix": "aws.partner/stripe.com/"}]
    assert pattern["detail"] == {"livemode": [{"Fn::If": ["IsLive", True, False]}]}
    assert source()["Conditions"]["IsLive"] == {"Fn::Equals": [{"Ref": "StripeMode"}, "live"]}


def test_an_event_of_the_bus_becomes_the_message_that_a_webhook_becomes() -> None:
    """https://docs.stripe.com/event-destinations/eventbridge says what comes,
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html how it is changed: what a
    path leads to is put in as JSON, a text with its quotation marks."""
    [target] = properties("StripeEvents")["Targets"]
    assert target["Arn"] == arn("PaymentsQueue")
    assert target["DeadLetterConfig"] == {"Arn": arn("PaymentsDeadLetters")}
    event = {
        "source": "aws.partner/stripe.com/ed_1",
        "detail-type": "invoice.paid",
        "detail": {
            "id": "evt_1",
            "type": "invoice.paid",
            "created": 1_790_000_000,
            "livemode": False,
            "data": {"object": {"id": "in_1", "object": "invoice", "amount_paid": 500}},
        },
    }
    text = target["InputTransformer"]["InputTemplate"]
    for name, path in target["InputTransformer"]["InputPathsMap"].items():
        found: object = event
        for step in path.removeprefix("$.").split("."):
            assert isinstance(found, dict)
            found = found[step]
        assert text.count(f"<{name}>") == 1
        text = text.replace(f"<{name}>", json.dumps(found))
    message = msgspec.json.decode(text, type=PaymentsMessage)
    assert message == Happened("evt_1", "invoice.paid", "in_1", 1_790_000_000, livemode=False)
    assert json.loads(text) == json.loads(msgspec.json.encode(message))  # and nothing beside it


# From the queue to the ledger ----------------------------------------------------------------------------------------


def test_payments_are_taken_from_their_queue_no_faster_than_stripe_answers() -> None:
    assert taken_from_queue("Payments") == {
        "BatchSize": 10,
        "EventSourceArn": arn("PaymentsQueue"),
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": 5},
    }


def test_a_reconcile_comes_every_day_and_has_all_the_time_there_is() -> None:
    assert properties("ReconcileFunction")["Timeout"] == 900
    daily = properties("ReconcileFunctionDaily")
    assert daily["ScheduleExpression"] == "cron(17 2 * * ? *)"
    assert daily.get("State", "ENABLED") == "ENABLED"
    [target] = daily["Targets"]
    assert target["Arn"] == {"Ref": "ReconcileFunctionAliaslive"}


def test_payments_and_reconcile_are_one_package() -> None:
    """And ask and write the same."""
    handlers = {name: properties(f"{name}Function")["Handler"] for name in FUNCTIONS}
    assert handlers == {
        "Contributions": "functions.contributions.handler.handler",
        "Payments": "functions.payments.handler.handler",
        "Reconcile": "functions.payments.reconcile_handler.handler",
        "Webhooks": "functions.webhooks.handler.handler",
    }


def test_the_template_gives_the_functions_of_money_what_they_work_with() -> None:
    given = {name: properties(f"{name}Function")["Environment"]["Variables"] for name in FUNCTIONS}
    for name, variables in given.items():
        assert variables.pop("POWERTOOLS_SERVICE_NAME") == name.lower()
        assert variables.pop("POWERTOOLS_METRICS_NAMESPACE") == NAMESPACE
        assert variables.pop("POWERTOOLS_LOG_LEVEL") == "INFO"
        assert variables.pop("STRIPE_MODE") == {"Ref": "StripeMode"}
    asking: Json = {
        "STRIPE_KEY": {"Ref": "StripeKey"},
        "CONTENT_BUCKET": {"Ref": "ContentBucket"},
        "LEDGER_TABLE": {"Ref": "LedgerTable"},
        "MEMBERS_TABLE": {"Ref": "MembersTable"},
    }
    assert given == {
        "Contributions": {
            **asking,
            "REQUESTS_TABLE": {"Ref": "RequestsTable"},
            "KEYRING_BUCKET": {"Ref": "KeyringBucket"},
            "EDGE_PROOF": PROOF,
        },
        "Webhooks": {
            "WEBHOOK_SECRET": {"Ref": "WebhookSecret"},
            "PAYMENTS_QUEUE": {"Ref": "PaymentsQueue"},
            "EDGE_PROOF": PROOF,
        },
        "Payments": {**asking, "MAIL_QUEUE": {"Ref": "MailQueue"}, "PAYMENTS_QUEUE": {"Ref": "PaymentsQueue"}},
        "Reconcile": {**asking, "MAIL_QUEUE": {"Ref": "MailQueue"}},
    }


def test_what_the_template_says_is_what_the_settings_read() -> None:
    told = {**dict.fromkeys(("WEBHOOK_SECRET", "PAYMENTS_QUEUE", "EDGE_PROOF", "STRIPE_KEY"), "given")}
    for mode in source()["Parameters"]["StripeMode"]["AllowedValues"]:
        assert webhooks_settings({**told, "STRIPE_MODE": mode}).livemode is (mode == "live")
        assert stripe_settings({**told, "STRIPE_MODE": mode}).livemode is (mode == "live")
