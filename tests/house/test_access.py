"""Who may ask what of whom, by template.yaml. Numbers R… are the lines of docs/security.md."""

import re

import pytest

from infra.template import TEMPLATE
from tests.house.templates import (
    READ_FUNCTIONS,
    Json,
    allowed,
    arn,
    content,
    distribution,
    properties,
    resources,
    statements,
    transformed,
)

OUR_DISTRIBUTION = {"Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}"}
BUCKETS = ["ContentBucket", "KeyringBucket", "MediaBucket", "StaticBucket"]
QUEUES = [
    *("AnnouncementsDeadLetters", "AnnouncementsQueue", "MailDeadLetters", "MailQueue"),
    *("PaymentsDeadLetters", "PaymentsQueue"),
    *("PublishingDeadLetters", "PublishingQueue", "UndeliveredChanges"),
]
KEYRING = {
    "ReadKeyring": ("s3:GetObject", {"Fn::Sub": "${KeyringBucket.Arn}/keyring.json"}, None),
    "DecryptKeyring": (
        "kms:Decrypt",
        {"Fn::GetAtt": ["KeyringKey", "Arn"]},
        {"StringEquals": {"kms:ViaService": {"Fn::Sub": "s3.${AWS::Region}.${AWS::URLSuffix}"}}},
    ),
}
PAPER = {"Fn::Sub": "${ContentBucket.Arn}/paper.json"}
SES = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}"
SENDING = (
    "ses:SendEmail",
    [
        {"Fn::Sub": f"{SES}:identity/${{MailFrom}}"},
        {"Fn::Sub": f"{SES}:configuration-set/${{MailConfiguration}}"},
    ],
    None,
)
TAKING = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"]

# Who may ask the origins (R9) ----------------------------------------------------------------------------------------


def test_function_urls_answer_nobody_but_our_distribution_and_the_others_their_own_source() -> None:
    urls = resources("AWS::Lambda::Url")
    assert sorted(urls) == [f"{name}FunctionUrl" for name in READ_FUNCTIONS]
    assert {url["Properties"]["AuthType"] for url in urls.values()} == {"AWS_IAM"}
    permissions = {name: each["Properties"] for name, each in resources("AWS::Lambda::Permission").items()}
    expected: dict[str, Json] = {}
    for name in READ_FUNCTIONS:
        alias = properties(f"{name}FunctionUrl")["TargetFunctionArn"]
        common = {"FunctionName": alias, "Principal": "cloudfront.amazonaws.com", "SourceArn": OUR_DISTRIBUTION}
        expected |= {
            f"{name}InvokePermission": {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True, **common},
            f"{name}UrlPermission": {
                "Action": "lambda:InvokeFunctionUrl",
                "FunctionUrlAuthType": "AWS_IAM",
                **common,
            },
        }
    for name, function in (("Personal", "Members"), ("Contributions", "Contributions"), ("Webhooks", "Webhooks")):
        expected[f"{name}Permission"] = {
            "FunctionName": {"Ref": f"{function}FunctionAliaslive"},
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": {
                "Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${PersonalApi}/*"
            },
        }
    expected["MailFeedbackPermission"] = {
        "FunctionName": {"Ref": "MailFunctionAliaslive"},
        "Action": "lambda:InvokeFunction",
        "Principal": "sns.amazonaws.com",
        "SourceArn": {"Ref": "MailFeedback"},
    }
    expected["ReconcileFunctionDailyPermission"] = {
        "FunctionName": {"Ref": "ReconcileFunctionAliaslive"},
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
        "SourceArn": {"Fn::GetAtt": ["ReconcileFunctionDaily", "Arn"]},
    }
    assert permissions == expected


def test_cloudfront_signs_every_request_to_an_origin_or_proves_itself() -> None:
    kinds = {
        name: each["Properties"]["OriginAccessControlConfig"]
        for name, each in resources("AWS::CloudFront::OriginAccessControl").items()
    }
    for origin in distribution()["Origins"]:
        if origin["Id"] == "personal":
            assert [each["HeaderName"] for each in origin["OriginCustomHeaders"]] == ["x-edge-proof"]
            continue
        access = kinds[origin["OriginAccessControlId"]["Fn::GetAtt"][0]]
        assert access["SigningBehavior"] == "always"
        assert access["SigningProtocol"] == "sigv4"
        assert access["OriginAccessControlOriginType"] == ("lambda" if "CustomOriginConfig" in origin else "s3")


def test_origins_are_what_their_names_say() -> None:
    urls = {name: {"Fn::GetAtt": [f"{name}FunctionUrl", "FunctionUrl"]} for name in READ_FUNCTIONS}
    assert {origin["Id"]: origin["DomainName"] for origin in distribution()["Origins"]} == {
        **{name.lower(): {"Fn::Select": [2, {"Fn::Split": ["/", url]}]} for name, url in urls.items()},
        "personal": {"Fn::Sub": "${PersonalApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}"},
        "media": {"Fn::GetAtt": ["MediaBucket", "RegionalDomainName"]},
        "static": {"Fn::GetAtt": ["StaticBucket", "RegionalDomainName"]},
    }


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_is_closed_kept_and_encrypted(bucket: str) -> None:
    """R29."""
    resource, bucket_properties = transformed()["Resources"][bucket], properties(bucket)
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert bucket_properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket_properties["PublicAccessBlockConfiguration"] == dict.fromkeys(
        ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"], True
    )
    assert bucket_properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert bucket_properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert any(
        rule["Status"] == "Enabled" and "NoncurrentVersionExpiration" in rule
        for rule in bucket_properties["LifecycleConfiguration"]["Rules"]
    )
    assert "BucketName" not in bucket_properties


def test_these_are_all_buckets() -> None:
    assert sorted(resources("AWS::S3::Bucket")) == BUCKETS


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_is_reached_by_tls_and_by_our_distribution_for_one_folder(bucket: str) -> None:
    """R9, R29. No ListBucket for CloudFront: 403 for every missing key, so that 404 tells nothing."""
    [policy] = [
        name
        for name, each in resources("AWS::S3::BucketPolicy").items()
        if each["Properties"]["Bucket"] == {"Ref": bucket}
    ]
    refusals = [each for each in statements(policy) if each["Effect"] == "Deny"]
    assert [{**each, "Sid": ""} for each in refusals] == [
        {
            "Sid": "",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [{"Fn::GetAtt": [bucket, "Arn"]}, {"Fn::Sub": f"${{{bucket}.Arn}}/*"}],
            "Condition": {"Bool": {"aws:SecureTransport": False}},
        }
    ]
    folder = {"MediaBucket": "media", "StaticBucket": "static"}.get(bucket)
    allowed = [{**each, "Sid": ""} for each in statements(policy) if each["Effect"] != "Deny"]
    expected = {
        "Sid": "",
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": {"Fn::Sub": f"${{{bucket}.Arn}}/{folder}/*"},
        "Condition": {"StringEquals": {"AWS:SourceArn": OUR_DISTRIBUTION}},
    }
    assert allowed == ([expected] if folder else [])


def test_the_keyring_is_encrypted_with_a_key_of_its_own_that_rotates() -> None:
    [rule] = properties("KeyringBucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": {"Fn::GetAtt": ["KeyringKey", "Arn"]},
    }
    assert rule["BucketKeyEnabled"] is True
    assert properties("KeyringKey")["EnableKeyRotation"] is True
    assert transformed()["Resources"]["KeyringKey"]["DeletionPolicy"] == "Retain"


# Who may send what to a queue ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_is_encrypted_and_reached_by_tls_and_by_our_rule_for_one(queue: str) -> None:
    """Whoever else sends does it by a role of this account."""
    assert properties(queue)["SqsManagedSseEnabled"] is True
    [policy] = [
        name
        for name, each in resources("AWS::SQS::QueuePolicy").items()
        if each["Properties"]["Queues"] == [{"Ref": queue}]
    ]
    arn = {"Fn::GetAtt": [queue, "Arn"]}
    refusal = {
        "Sid": "NothingWithoutTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": arn,
        "Condition": {"Bool": {"aws:SecureTransport": False}},
    }

    def sent_by(rule: str) -> Json:
        return {
            "Sid": "OurRuleSends",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [rule, "Arn"]}}},
        }

    of_stripe: Json = {"Fn::If": ["HasStripeEventBus", sent_by("StripeEvents"), {"Ref": "AWS::NoValue"}]}
    senders = {
        **{name: [sent_by("ArticleChanges")] for name in ("PublishingQueue", "UndeliveredChanges")},
        **{name: [of_stripe] for name in ("PaymentsQueue", "PaymentsDeadLetters")},
    }
    assert statements(policy) == [refusal, *senders.get(queue, [])]


def test_these_are_all_queues() -> None:
    assert sorted(resources("AWS::SQS::Queue")) == QUEUES
    assert len(resources("AWS::SQS::QueuePolicy")) == len(QUEUES)


def test_bounces_are_told_by_our_mails_alone() -> None:
    """R34: whoever could publish could have anybody's address suppressed."""
    ours = {
        "StringEquals": {
            "aws:SourceAccount": {"Ref": "AWS::AccountId"},
            "aws:SourceArn": {"Fn::Sub": f"{SES}:configuration-set/${{MailConfiguration}}"},
        }
    }
    assert _published("MailFeedback") == ("OurConfigurationPublishes", "ses.amazonaws.com", ours)


def test_alarms_are_told_by_our_alarms_alone() -> None:
    ours = {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnLike": {
            "aws:SourceArn": {"Fn::Sub": "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*"}
        },
    }
    assert _published("AlarmTopic") == ("OurAlarmsPublish", "cloudwatch.amazonaws.com", ours)


def test_these_are_all_topics() -> None:
    assert sorted(resources("AWS::SNS::Topic")) == ["AlarmTopic", "MailFeedback"]
    assert sorted(resources("AWS::SNS::TopicPolicy")) == ["AlarmTopicPolicy", "MailFeedbackPolicy"]


def _published(topic: str) -> tuple[str, str, Json]:
    """By which one statement, which service and under which conditions something is published to `topic`."""
    policy = f"{topic}Policy"
    assert properties(policy)["Topics"] == [{"Ref": topic}]
    refusal, permission = statements(policy)
    assert refusal == {
        "Sid": "NothingWithoutTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": {"Ref": topic},
        "Condition": {"Bool": {"aws:SecureTransport": False}},
    }
    service, conditions = permission["Principal"]["Service"], permission["Condition"]
    assert permission == {
        "Sid": permission["Sid"],
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sns:Publish",
        "Resource": {"Ref": topic},
        "Condition": conditions,
    }
    return permission["Sid"], service, conditions


# What the functions may do (R28) -------------------------------------------------------------------------------------


def test_the_articles_function_may_do_this_and_nothing_else() -> None:
    assert allowed("Articles") == {
        "ReadArticlesListsAndCampaigns": ("s3:GetObject", [*content("articles", "lists", "campaigns"), PAPER], None),
        "TellMissingFromForbidden": (
            "s3:ListBucket",
            {"Fn::GetAtt": ["ContentBucket", "Arn"]},
            {"StringLikeIfExists": {"s3:prefix": ["articles/*", "lists/*", "campaigns/*", "paper.json"]}},
        ),
        "ReadKeyring": ("s3:GetObject", {"Fn::Sub": "${KeyringBucket.Arn}/keyring.json"}, None),
        "DecryptKeyring": (
            "kms:Decrypt",
            {"Fn::GetAtt": ["KeyringKey", "Arn"]},
            {"StringEquals": {"kms:ViaService": {"Fn::Sub": "s3.${AWS::Region}.${AWS::URLSuffix}"}}},
        ),
    }


def test_the_pages_function_may_do_this_and_nothing_else() -> None:
    assert allowed("Pages") == {
        "ReadArticlesListsCampaignsAndPaper": (
            "s3:GetObject",
            [*content("articles", "lists", "campaigns"), PAPER],
            None,
        ),
        "TellMissingFromForbidden": (
            "s3:ListBucket",
            {"Fn::GetAtt": ["ContentBucket", "Arn"]},
            {"StringLikeIfExists": {"s3:prefix": ["articles/*", "lists/*", "campaigns/*", "paper.json"]}},
        ),
        "ReadKeyring": ("s3:GetObject", {"Fn::Sub": "${KeyringBucket.Arn}/keyring.json"}, None),
        "DecryptKeyring": (
            "kms:Decrypt",
            {"Fn::GetAtt": ["KeyringKey", "Arn"]},
            {"StringEquals": {"kms:ViaService": {"Fn::Sub": "s3.${AWS::Region}.${AWS::URLSuffix}"}}},
        ),
    }


def test_the_publishing_function_may_do_this_and_nothing_else() -> None:
    """Above all: it writes no article, and reads no key."""
    assert allowed("Publishing") == {
        "ReadContent": ("s3:GetObject", content("articles", "lists", "placements", "announced"), None),
        "WriteWhatIsMadeOfArticles": ("s3:PutObject", content("lists", "placements", "announced"), None),
        "DeletePartsOfLists": ("s3:DeleteObject", content("lists")[0], None),
        "ListAndTellMissingFromForbidden": (
            "s3:ListBucket",
            {"Fn::GetAtt": ["ContentBucket", "Arn"]},
            {"StringLikeIfExists": {"s3:prefix": ["articles/*", "lists/*", "placements/*", "announced/*"]}},
        ),
        "ReadAndDeleteWaitingMedia": (
            ["s3:GetObject", "s3:DeleteObject"],
            {"Fn::Sub": "${MediaBucket.Arn}/waiting/*"},
            None,
        ),
        "BringOutMedia": ("s3:PutObject", {"Fn::Sub": "${MediaBucket.Arn}/media/*"}, None),
        "TellWaitingFromForbidden": (
            "s3:ListBucket",
            {"Fn::GetAtt": ["MediaBucket", "Arn"]},
            {"StringLikeIfExists": {"s3:prefix": "waiting/*"}},
        ),
        "TakeFromItsQueue": (
            ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"],
            {"Fn::GetAtt": ["PublishingQueue", "Arn"]},
            None,
        ),
        "Announce": ("sqs:SendMessage", {"Fn::GetAtt": ["AnnouncementsQueue", "Arn"]}, None),
        "Purge": ("cloudfront:CreateInvalidation", OUR_DISTRIBUTION, None),
        "Schedule": (
            [f"scheduler:{verb}Schedule" for verb in ("Create", "Update")],
            {"Fn::Sub": "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/${ScheduleGroup}/*"},
            None,
        ),
        "HandSchedulesTheirRole": (
            "iam:PassRole",
            {"Fn::GetAtt": ["ScheduleRole", "Arn"]},
            {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
        ),
    }


def test_the_members_function_may_do_this_and_nothing_else() -> None:
    """Above all: it reads no article, sends no mail, changes no order, and asks the sign-ins for nothing but what it
    can name."""
    item = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"]
    counting = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]
    assert allowed("Members") == {
        "KeepMembers": ([*item, "dynamodb:Query"], {"Fn::GetAtt": ["MembersTable", "Arn"]}, None),
        "KeepSignIns": (counting, {"Fn::GetAtt": ["SignInsTable", "Arn"]}, None),
        "ReadOrders": (
            ["dynamodb:GetItem", "dynamodb:Query"],
            {"Fn::GetAtt": ["LedgerTable", "Arn"]},
            {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["order#*", "payer#*"]}},
        ),
        "HaveMoneyForgetWhoeverGoes": ("sqs:SendMessage", {"Fn::GetAtt": ["PaymentsQueue", "Arn"]}, None),
        "OrderMails": ("sqs:SendMessage", {"Fn::GetAtt": ["MailQueue", "Arn"]}, None),
        "SignIdentities": (["kms:Sign", "kms:GetPublicKey"], {"Fn::GetAtt": ["IdentityKey", "Arn"]}, None),
        "ReadListsAndPaper": ("s3:GetObject", [*content("lists", "placements"), PAPER], None),
        "TellMissingFromForbidden": (
            "s3:ListBucket",
            {"Fn::GetAtt": ["ContentBucket", "Arn"]},
            {"StringLikeIfExists": {"s3:prefix": ["lists/*", "placements/*", "paper.json"]}},
        ),
        "DecryptKeyring": KEYRING["DecryptKeyring"],
        "ReadKeyringAndTrust": (
            "s3:GetObject",
            [{"Fn::Sub": f"${{KeyringBucket.Arn}}/{key}.json"} for key in ("keyring", "trust")],
            None,
        ),
        "TellNoTrustFromForbidden": (
            "s3:ListBucket",
            {"Fn::GetAtt": ["KeyringBucket", "Arn"]},
            {"StringLikeIfExists": {"s3:prefix": "trust.json"}},
        ),
    }


def test_the_mail_function_may_do_this_and_nothing_else() -> None:
    """Above all: it looks through no table, and reads no member."""
    item = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"]
    assert allowed("Mail") == {
        "KeepSignIns": (item, {"Fn::GetAtt": ["SignInsTable", "Arn"]}, None),
        "KeepAddresses": (
            ["dynamodb:GetItem", "dynamodb:PutItem"],
            {"Fn::GetAtt": ["MembersTable", "Arn"]},
            {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "address#*"}},
        ),
        "ReadPaper": ("s3:GetObject", PAPER, None),
        "TellMissingFromForbidden": (
            "s3:ListBucket",
            {"Fn::GetAtt": ["ContentBucket", "Arn"]},
            {"StringLikeIfExists": {"s3:prefix": "paper.json"}},
        ),
        "TakeFromItsQueue": (TAKING, {"Fn::GetAtt": ["MailQueue", "Arn"]}, None),
        "SendMail": SENDING,
    }


def test_the_newsletters_function_may_do_this_and_nothing_else() -> None:
    """Above all: it changes no member, and sees no sign-in and no key."""
    assert allowed("Newsletters") == {
        "KeepMailings": (
            ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
            {"Fn::GetAtt": ["MailingsTable", "Arn"]},
            None,
        ),
        "ReadMembers": (["dynamodb:GetItem", "dynamodb:Scan"], {"Fn::GetAtt": ["MembersTable", "Arn"]}, None),
        "ReadArticlesAndPaper": ("s3:GetObject", [*content("articles"), PAPER], None),
        "TellMissingFromForbidden": (
            "s3:ListBucket",
            {"Fn::GetAtt": ["ContentBucket", "Arn"]},
            {"StringLikeIfExists": {"s3:prefix": ["articles/*", "paper.json"]}},
        ),
        "TakeFromItsQueueAndGoOnLater": (
            [*TAKING[:3], "sqs:SendMessage"],  # it puts itself off by a new message
            {"Fn::GetAtt": ["AnnouncementsQueue", "Arn"]},
            None,
        ),
        "SendMail": SENDING,
        "AskForTheRate": ("ses:GetAccount", "*", None),
    }


def test_a_schedule_may_put_a_message_on_the_publishing_queue_and_nothing_else() -> None:
    assert allowed("Schedule") == {
        "SendToPublishing": ("sqs:SendMessage", {"Fn::GetAtt": ["PublishingQueue", "Arn"]}, None)
    }


def test_a_deployment_may_move_the_aliases_of_our_functions_and_nothing_else() -> None:
    names = list(resources("AWS::Lambda::Function"))
    assert allowed("Deployment") == {
        "MoveAliases": (
            ["lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig"],
            [of for name in names for of in (arn(name), {"Fn::Sub": f"${{{name}.Arn}}:live"})],
            None,
        ),
        "LookAtAlarms": (
            "cloudwatch:DescribeAlarms",
            {"Fn::Sub": "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*"},
            None,
        ),
    }


def test_a_role_is_taken_by_its_service_and_nobody_else() -> None:
    """The schedules' by those of our group alone, or somebody else's schedule could borrow it. So CodeDeploy's."""
    taken = {
        name: each["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        for name, each in resources("AWS::IAM::Role").items()
    }
    by_lambda = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ours = {
        "aws:SourceAccount": {"Ref": "AWS::AccountId"},
        "aws:SourceArn": {"Fn::GetAtt": ["ScheduleGroup", "Arn"]},
    }
    by_schedules = {
        "Effect": "Allow",
        "Principal": {"Service": "scheduler.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": ours},
    }
    groups = "arn:${AWS::Partition}:codedeploy:${AWS::Region}:${AWS::AccountId}:deploymentgroup"
    by_deployments = {
        "Effect": "Allow",
        "Principal": {"Service": "codedeploy.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
            "StringLike": {"aws:SourceArn": {"Fn::Sub": f"{groups}:${{ServerlessDeploymentApplication}}/*"}},
        },
    }
    assert taken.pop("ScheduleRole") == [by_schedules]
    assert taken.pop("DeploymentRole") == [by_deployments]
    assert all(statement == [by_lambda] for statement in taken.values())


def test_every_star_has_its_reason_beside_it() -> None:
    """R28: `*` as a resource or principal stands on a line that says why."""
    lines = [
        line for line in TEMPLATE.read_text().splitlines() if re.search(r"""(?<![\w/])["']?\*["']?(\s|$|\])""", line)
    ]
    stars = [line for line in lines if not line.lstrip().startswith(("#", "//", "/*", "*"))]
    assert [line for line in stars if re.search(r"(Resource|Principal|AWS):", line)]
    assert [line for line in stars if re.search(r"(Resource|Principal|AWS):", line) and " # " not in line] == []
