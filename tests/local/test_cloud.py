"""What boto3 finds on this machine: buckets as the template wants them, purges, and the key-value store."""

import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from infra.local import made_here
from infra.local.cloud import Cloud
from infra.local.distribution import distribution, functions
from infra.local.messages import Request
from infra.local.origins import Bucket
from infra.local.template import REGION, TemplateError, load
from infra.template import TEMPLATE

PURGED: list[list[str]] = []


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    cloud = Cloud(load(TEMPLATE), "127.0.0.1:8000", PURGED.append)
    cloud.start()
    yield cloud
    cloud.stop()


def _client(cloud: Cloud, service: str) -> Any:
    return boto3.client(  # type: ignore[call-overload]
        service,
        region_name=REGION,
        endpoint_url=cloud.endpoints.get(service, cloud.endpoint),
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


@pytest.fixture(scope="module")
def s3(cloud: Cloud) -> Any:
    return _client(cloud, "s3")


@pytest.fixture(scope="module")
def kvs(cloud: Cloud) -> Any:
    return _client(cloud, "cloudfront-keyvaluestore")


@pytest.fixture(scope="module")
def arn(cloud: Cloud) -> str:
    return cloud.outputs()["EdgeKeysArn"]


# Buckets --------------------------------------------------------------------------------------------------------------


def test_buckets_are_versioned_and_encrypted_as_the_template_says(cloud: Cloud, s3: Any) -> None:
    bucket = cloud.outputs()["KeyringBucket"]
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == cloud.attribute("KeyringKey", "Arn")


def test_outputs_speak_plain_http_of_this_machine(cloud: Cloud) -> None:
    assert cloud.outputs()["SiteUrl"] == "http://127.0.0.1:8000"


def test_an_object_comes_with_its_type_and_tag(cloud: Cloud, s3: Any) -> None:
    bucket = cloud.outputs()["MediaBucket"]
    tag = s3.put_object(Bucket=bucket, Key="media/anonymous/x.txt", Body=b"hello", ContentType="text/plain")["ETag"]
    origin = Bucket(bucket, cloud.endpoint)
    answer = origin.answer(Request("GET", "/media/anonymous/x.txt"))
    assert (answer.status, answer.body, answer.header("content-type")) == (200, b"hello", "text/plain")
    assert answer.header("etag") == tag
    head = origin.answer(Request("HEAD", "/media/anonymous/x.txt"))
    assert (head.status, head.body, head.header("content-length")) == (200, b"", "5")
    again = origin.answer(Request("GET", "/media/anonymous/x.txt", headers=(("if-none-match", tag),)))
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/media/none"), ("HEAD", "/media/none"), ("GET", "/"), ("PUT", "/media/x"), ("DELETE", "/media/x")],
)
def test_what_is_missing_or_not_reading_is_forbidden(cloud: Cloud, method: str, path: str) -> None:
    answer = Bucket(cloud.outputs()["MediaBucket"], cloud.endpoint).answer(Request(method, path, body=b"x"))
    assert answer.status == 403
    assert b"none" not in answer.body


# Tables, keys, secrets ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("output", ["MembersTable", "SignInsTable", "MailingsTable"])
def test_tables_forget_and_can_be_brought_back_as_the_template_says(cloud: Cloud, output: str) -> None:
    dynamodb, name = _client(cloud, "dynamodb"), cloud.outputs()[output]
    table = dynamodb.describe_table(TableName=name)["Table"]
    assert table["TableArn"] == cloud.attribute(output, "Arn")
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    forgets = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert forgets == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_a_table_keeps_its_conditions(cloud: Cloud) -> None:
    dynamodb, name = _client(cloud, "dynamodb"), cloud.outputs()["MembersTable"]
    item = {"TableName": name, "Item": {"pk": {"S": "a"}, "sk": {"S": "b"}}}
    dynamodb.put_item(**item, ConditionExpression="attribute_not_exists(pk)")
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        dynamodb.put_item(**item, ConditionExpression="attribute_not_exists(pk)")


def test_the_identity_key_signs_and_its_signature_verifies(cloud: Cloud) -> None:
    kms, arn = _client(cloud, "kms"), cloud.outputs()["IdentityKeyArn"]
    signed = {"Message": b"a.b", "MessageType": "RAW", "SigningAlgorithm": "ECDSA_SHA_256"}
    signature = kms.sign(KeyId="alias/frontline-identity", **signed)["Signature"]
    assert kms.verify(KeyId=arn, Signature=signature, **signed)["SignatureValid"] is True
    key = load_der_public_key(kms.get_public_key(KeyId=arn)["PublicKey"])
    assert isinstance(key, EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    key.verify(signature, b"a.b", ECDSA(SHA256()))


def test_the_secret_is_what_the_function_and_the_edge_are_told(cloud: Cloud) -> None:
    text = _client(cloud, "secretsmanager").get_secret_value(SecretId=cloud.attribute("EdgeProof", None))[
        "SecretString"
    ]
    assert re.fullmatch(r"[A-Za-z0-9]{43}", text)
    template = load(TEMPLATE)
    assert functions(template, cloud.attribute)["MembersFunction"].environment["EDGE_PROOF"] == text
    origin = distribution(template, cloud.attribute).behaviour_for("/account").origin
    assert origin.headers == (("x-edge-proof", text),)


def test_a_secret_that_somebody_else_makes_is_empty_until_somebody_puts_it_in(cloud: Cloud) -> None:
    manager, name = _client(cloud, "secretsmanager"), cloud.outputs()["StripeKeyArn"]
    with pytest.raises(manager.exceptions.ResourceNotFoundException):
        manager.get_secret_value(SecretId=name)
    manager.put_secret_value(SecretId=name, SecretString="given")
    assert manager.get_secret_value(SecretId=name)["SecretString"] == "given"


def test_two_stacks_have_two_secrets(cloud: Cloud) -> None:
    stated = {"GenerateSecretString": {"ExcludePunctuation": True}}
    assert made_here.make_secret("S", "s1", stated).text != made_here.make_secret("S", "s2", stated).text


def test_a_secret_that_is_filled_holds_what_was_put_in_last(cloud: Cloud) -> None:
    manager, name = _client(cloud, "secretsmanager"), cloud.outputs()["WebhookSecretArn"]
    for text in ("one", "two"):
        cloud.fill_secret("WebhookSecret", text)
        assert manager.get_secret_value(SecretId=name)["SecretString"] == text


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: made_here.make_table("T", "t", {"BillingMode": "PROVISIONED"}), "PAY_PER_REQUEST"),
        (lambda: made_here.make_table("T", "t", {"StreamSpecification": {}}), "StreamSpecification"),
        (lambda: made_here.make_topic("T", "t", {"FifoTopic": True}), "FifoTopic"),
        (lambda: made_here.make_key("K", {"MultiRegion": True}), "MultiRegion"),
        (lambda: made_here.make_secret("S", "s", {"SecretString": "x"}), "SecretString"),
        (lambda: made_here.make_secret("S", "s", {"GenerateSecretString": {}}), "ExcludePunctuation"),
    ],
)
def test_a_resource_that_is_not_made_so_is_refused(make: Any, told: str) -> None:
    with pytest.raises(TemplateError, match=told):
        make()


# Purges ---------------------------------------------------------------------------------------------------------------


def test_a_purge_is_heard_of_before_its_caller_goes_on(cloud: Cloud) -> None:
    PURGED.clear()
    items = ["#article-1", "/api/*", "/a?b=c&d=é"]
    made = _client(cloud, "cloudfront").create_invalidation(
        DistributionId=cloud.outputs()["DistributionId"],
        InvalidationBatch={"CallerReference": "1", "Paths": {"Quantity": len(items), "Items": items}},
    )
    assert made["Invalidation"]["InvalidationBatch"]["Paths"]["Items"] == items
    assert [items] == PURGED


def test_a_purge_of_an_unknown_distribution_purges_nothing(cloud: Cloud) -> None:
    PURGED.clear()
    with pytest.raises(ClientError, match="NoSuchDistribution"):
        _client(cloud, "cloudfront").create_invalidation(
            DistributionId="E0000000000000",
            InvalidationBatch={"CallerReference": "1", "Paths": {"Quantity": 1, "Items": ["/*"]}},
        )
    assert PURGED == []


# The key-value store --------------------------------------------------------------------------------------------------


def test_what_is_put_is_what_the_edge_function_reads(cloud: Cloud, kvs: Any, arn: str) -> None:
    etag = kvs.describe_key_value_store(KvsARN=arn)["ETag"]
    put = kvs.put_key(KvsARN=arn, Key="a key/with ü", Value='{"x":1}', IfMatch=etag)
    assert put["ETag"] != etag
    assert put["ItemCount"] == 1
    assert kvs.get_key(KvsARN=arn, Key="a key/with ü")["Value"] == '{"x":1}'
    assert cloud.store("EdgeKeys").read("a key/with ü") == '{"x":1}'
    assert cloud.store("EdgeKeys").read("none") is None
    kvs.delete_key(KvsARN=arn, Key="a key/with ü", IfMatch=put["ETag"])
    assert kvs.describe_key_value_store(KvsARN=arn)["ItemCount"] == 0


def test_a_change_needs_the_present_etag(kvs: Any, arn: str) -> None:
    etag = kvs.describe_key_value_store(KvsARN=arn)["ETag"]
    kvs.put_key(KvsARN=arn, Key="k", Value="1", IfMatch=etag)
    with pytest.raises(kvs.exceptions.ConflictException):
        kvs.put_key(KvsARN=arn, Key="k", Value="2", IfMatch=etag)
    assert kvs.get_key(KvsARN=arn, Key="k")["Value"] == "1"


def test_many_changes_happen_together_or_not_at_all(kvs: Any, arn: str) -> None:
    etag = kvs.describe_key_value_store(KvsARN=arn)["ETag"]
    with pytest.raises(kvs.exceptions.ResourceNotFoundException):
        kvs.update_keys(KvsARN=arn, IfMatch=etag, Puts=[{"Key": "new", "Value": "1"}], Deletes=[{"Key": "none"}])
    with pytest.raises(kvs.exceptions.ResourceNotFoundException):
        kvs.get_key(KvsARN=arn, Key="new")
    puts = [{"Key": f"n{number:02}", "Value": str(number)} for number in range(12)]
    kvs.update_keys(KvsARN=arn, IfMatch=etag, Puts=puts)
    listed = [item["Key"] for page in kvs.get_paginator("list_keys").paginate(KvsARN=arn) for item in page["Items"]]
    assert set(listed) >= {put["Key"] for put in puts}


def test_a_value_holds_a_kilobyte_and_no_more(kvs: Any, arn: str) -> None:
    etag = kvs.describe_key_value_store(KvsARN=arn)["ETag"]
    with pytest.raises(kvs.exceptions.ValidationException):
        kvs.put_key(KvsARN=arn, Key="k", Value="x" * 1025, IfMatch=etag)
    kvs.put_key(KvsARN=arn, Key="k", Value="x" * 1024, IfMatch=etag)


def test_another_store_is_not_there(kvs: Any, arn: str) -> None:
    with pytest.raises(kvs.exceptions.ResourceNotFoundException):
        kvs.describe_key_value_store(KvsARN=f"{arn}-other")
