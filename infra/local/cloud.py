"""AWS on this machine: moto's server in this process, holding what the template describes, and what moto lacks.

Data stores are made by moto's own CloudFormation models, one by one: its whole template parser would take three
seconds to import. Everything else of the template gets the values that it would have in the cloud, or is known to have
no effect on this machine; a type that is neither stops the stack.
"""

import io
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final
from urllib.parse import quote
from xml.etree import ElementTree

from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from infra.local import made_here, mails
from infra.local.key_value_store import PATH, KeyValueStores, Store, endpoint
from infra.local.metrics import CountingCloudWatch
from infra.local.object_events import TellingS3
from infra.local.template import ACCOUNT, REGION, STACK_NAME, Template, TemplateError, only

# CloudFormation type → moto's model of it: (module, class).
MADE_BY_MOTO: Final[Mapping[str, tuple[str, str]]] = {
    "AWS::S3::Bucket": ("moto.s3.models", "FakeBucket"),
    "AWS::KMS::Alias": ("moto.kms.models", "Alias"),
    "AWS::SQS::Queue": ("moto.sqs.models", "Queue"),
    "AWS::Events::Rule": ("moto.events.models", "Rule"),
}
# What is known here of what these may say: moto's models pass over much without a word.
KNOWN: Final[Mapping[str, frozenset[str]]] = {
    "AWS::SQS::Queue": frozenset(
        {
            *("FifoQueue", "ContentBasedDeduplication", "VisibilityTimeout", "MessageRetentionPeriod"),
            *("RedrivePolicy", "SqsManagedSseEnabled"),
        }
    ),
    "AWS::Events::Rule": frozenset({"Description", "EventPattern", "ScheduleExpression", "Targets"}),
    "AWS::KMS::Alias": frozenset({"AliasName", "TargetKeyId"}),
    "AWS::Scheduler::ScheduleGroup": frozenset(),
    "AWS::SES::ConfigurationSet": frozenset(
        {"Name", "DeliveryOptions", "ReputationOptions", "SendingOptions", "SuppressionOptions"}
    ),
    "AWS::SES::ConfigurationSetEventDestination": frozenset({"ConfigurationSetName", "EventDestination"}),
    "AWS::SES::EmailIdentity": frozenset(
        {"EmailIdentity", "ConfigurationSetAttributes", "DkimAttributes", "FeedbackAttributes"}
    ),
}
# GetAtt → moto's property. (Its own `get_cfn_attribute` would import that parser after all.)
ATTRIBUTES: Final[Mapping[tuple[str, str], str]] = {
    ("AWS::S3::Bucket", "Arn"): "arn",
    ("AWS::S3::Bucket", "DomainName"): "domain_name",
    ("AWS::S3::Bucket", "RegionalDomainName"): "regional_domain_name",
    ("AWS::DynamoDB::Table", "Arn"): "table_arn",
    ("AWS::KMS::Key", "Arn"): "arn",
    ("AWS::KMS::Key", "KeyId"): "id",
    ("AWS::SQS::Queue", "Arn"): "queue_arn",
    ("AWS::SQS::Queue", "QueueName"): "name",
    ("AWS::Events::Rule", "Arn"): "arn",
    ("AWS::Scheduler::ScheduleGroup", "Arn"): "arn",
    ("AWS::SecretsManager::Secret", "Id"): "arn",
    ("AWS::SecretsManager::Secret", "SecretString"): "text",  # what a dynamic reference means
    ("AWS::CloudWatch::Alarm", "Arn"): "alarm_arn",
    ("AWS::SNS::Topic", "TopicArn"): "arn",
    ("AWS::SNS::Topic", "TopicName"): "name",
}
# What Ref gives → the property of what was made.
REFS: Final[Mapping[str, str]] = {
    "AWS::CloudWatch::Alarm": "name",
    "AWS::DynamoDB::Table": "name",
    "AWS::KMS::Key": "id",
    "AWS::Scheduler::ScheduleGroup": "name",
    "AWS::SecretsManager::Secret": "arn",
    "AWS::SNS::Topic": "arn",
}
# Made here, by hand; the others are moto's.
MADE_HERE: Final = frozenset(
    {
        "AWS::CloudFront::Distribution",
        "AWS::CloudFront::KeyValueStore",
        "AWS::SES::ConfigurationSet",
        "AWS::SES::ConfigurationSetEventDestination",
        "AWS::SES::EmailIdentity",
        *REFS,
    }
)
# What can be asked about on this machine as in the cloud.
LISTED: Final = (
    *("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::Events::Rule", "AWS::SNS::Topic"),
    *("AWS::CloudWatch::Alarm", "AWS::Scheduler::ScheduleGroup"),
)
# Whose effect is emulated elsewhere in infra/local, or needs only a name.
NAMED_HERE: Final = frozenset(
    {
        "AWS::ApiGatewayV2::Api",
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Route",
        "AWS::ApiGatewayV2::Stage",
        "AWS::CloudFront::CachePolicy",
        "AWS::CloudFront::Function",
        "AWS::CloudFront::OriginAccessControl",
        "AWS::CloudFront::OriginRequestPolicy",
        "AWS::CloudFront::ResponseHeadersPolicy",
        "AWS::CloudWatch::Dashboard",
        "AWS::CodeDeploy::Application",
        "AWS::CodeDeploy::DeploymentGroup",
        "AWS::IAM::Role",
        "AWS::Lambda::Alias",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Lambda::Function",
        "AWS::Lambda::Url",
        "AWS::Lambda::Version",
        "AWS::Logs::LogGroup",
        "AWS::SNS::Subscription",
        "AWS::WAFv2::WebACL",
    }
)
# Who may do what is not enforced on this machine: that is for `make e2e` and the cloud. The edge is counted anyway.
WITHOUT_EFFECT: Final = frozenset(
    {
        "AWS::CloudFront::MonitoringSubscription",
        "AWS::IAM::Policy",
        "AWS::Lambda::Permission",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
    }
)
# What moto leaves out: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html
TELLS_EVENTBRIDGE: Final = (
    b'<?xml version="1.0" encoding="UTF-8"?><NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    b"<EventBridgeConfiguration/></NotificationConfiguration>"
)
INVALIDATION: Final = re.compile(r"/2020-05-31/distribution/[^/]+/invalidation/?")


class Moto(DomainDispatcherApplication):
    """Moto's server, which looks through its folders on disk and some hundred patterns once for each host, not for each
    request."""

    def __init__(self, create_app: Any) -> None:
        super().__init__(create_app)
        self.get_backend_for_host = cache(self.get_backend_for_host)  # type: ignore[method-assign]


class Cloud:
    """Moto and its neighbours on a port of 127.0.0.1. `purge` hears of an invalidation before its caller does."""

    def __init__(self, template: Template, site_host: str, purge: Callable[[list[str]], object]) -> None:
        self._template = template
        self._site_host = site_host
        self._purge = purge
        self._moto = Moto(create_backend_app)
        self._s3 = TellingS3.of_this_machine()
        self.counting = CountingCloudWatch.of_this_machine()
        self._made: dict[str, Any] = {}
        self._making: list[str] = []
        self.stores = KeyValueStores()
        self.mails = mails.Mails(time.time)
        self._server: BaseWSGIServer = make_server(
            "127.0.0.1", 0, self._serve, threaded=True, request_handler=_QuietHandler
        )

    def start(self) -> None:
        """Serve, and make every resource of the template. Raises TemplateError for a type that is not known here."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="moto", daemon=True).start()
        known = MADE_BY_MOTO.keys() | MADE_HERE | NAMED_HERE | WITHOUT_EFFECT
        for logical_id, resource in self._template.resources.items():
            if resource["Type"] not in known:
                raise TemplateError(f"{logical_id} is a {resource['Type']}, which the stack on this machine lacks")
        for logical_id in self._template.of_type(*MADE_BY_MOTO, *MADE_HERE):
            self._resource(logical_id)

    def stop(self) -> None:
        """Stop serving, and forget what was stored."""
        self._server.shutdown()
        self._server.server_close()
        moto_api_backend.reset()

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    @property
    def endpoint(self) -> str:
        """The `endpoint_url` for every service but the one below."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def endpoints(self) -> dict[str, str]:
        """The services that have an `endpoint_url` of their own, by boto3's name for them."""
        return {"cloudfront-keyvaluestore": endpoint(self.port)}

    def store(self, logical_id: str) -> Store:
        """The key-value store of a resource."""
        store = self._resource(logical_id)
        if not isinstance(store, Store):
            raise TemplateError(f"{logical_id} is no key-value store")
        return store

    def fill_secret(self, logical_id: str, text: str) -> None:
        """Put a text into a secret that the template leaves empty, as somebody at the paper would."""
        made_here.fill_secret(self._resource(logical_id), text)

    def outputs(self) -> dict[str, str]:
        """The template's outputs. The site speaks plain HTTP here."""
        values = {
            name: str(self._template.resolve(output["Value"], self.attribute))
            for name, output in self._template.outputs.items()
            if self._template.holds(output.get("Condition"))
        }
        return {
            name: value.replace(f"https://{self._site_host}", f"http://{self._site_host}")
            for name, value in values.items()
        }

    def resources(self) -> dict[str, list[str]]:
        """The type and the name of each resource that can be asked about on this machine, by logical id, as
        CloudFormation lists them."""
        return {
            logical_id: [resource["Type"], str(self.attribute(logical_id, None))]
            for logical_id, resource in self._template.of_type(*LISTED).items()
            if self._resource(logical_id) is not None
        }

    def attribute(self, logical_id: str, attribute: str | None) -> Any:
        """What Ref (None) or GetAtt give for a resource on this machine; makes the resource if need be."""
        kind = self._template.type_of(logical_id)
        name = f"{STACK_NAME}-{logical_id}"
        match kind, attribute:
            case "AWS::CloudFront::KeyValueStore", (None | "Arn" | "Id"):
                arn = self.store(logical_id).arn
                return arn if attribute == "Arn" else arn.rpartition("/")[2]
            case "AWS::CloudFront::Distribution", (None | "Id"):
                return self._resource(logical_id).distribution_id
            case "AWS::CloudFront::Distribution", "DomainName":
                return self._site_host
            case "AWS::CloudFront::Function", (None | "FunctionARN" | "FunctionMetadata.FunctionARN"):
                return f"arn:aws:cloudfront::{ACCOUNT}:function/{name}"
            case "AWS::Lambda::Url", "FunctionUrl":
                return f"https://{logical_id.lower()}.lambda-url.{REGION}.on.aws/"
            case ("AWS::Lambda::Function", "Arn") | ("AWS::Lambda::Alias", (None | "AliasArn")):
                return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
            case "AWS::SQS::Queue", (None | "QueueUrl"):
                return f"{self.endpoint}/{ACCOUNT}/{self._resource(logical_id).name}"
            case "AWS::ApiGatewayV2::Api", (None | "ApiId"):
                return logical_id.lower()
            case "AWS::ApiGatewayV2::Api", "ApiEndpoint":
                return f"https://{logical_id.lower()}.execute-api.{REGION}.amazonaws.com"
            case (("AWS::SES::ConfigurationSet" | "AWS::SES::EmailIdentity"), None):
                return self._resource(logical_id)
            case "AWS::WAFv2::WebACL", "Arn":
                return f"arn:aws:wafv2:{REGION}:{ACCOUNT}:global/webacl/{name}/local"
            case "AWS::IAM::Role", "Arn":
                return f"arn:aws:iam::{ACCOUNT}:role/{name}"
            case "AWS::Logs::LogGroup", "Arn":
                return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*"
            case _, None if kind in REFS:
                return getattr(self._resource(logical_id), REFS[kind])
            case _, None if kind in MADE_BY_MOTO:
                return self._resource(logical_id).physical_resource_id
            case _, str() if (kind, attribute) in ATTRIBUTES:
                return getattr(self._resource(logical_id), ATTRIBUTES[kind, attribute])
            case _, (None | "Id") if kind in NAMED_HERE:
                return name
        raise TemplateError(f"{logical_id} ({kind}) has no {attribute or 'Ref'} on this machine")

    def _resource(self, logical_id: str) -> Any:
        if logical_id in self._making:
            raise TemplateError(f"resources that need each other: {' → '.join([*self._making, logical_id])}")
        if logical_id not in self._made:
            self._making.append(logical_id)
            self._made[logical_id] = self._make(logical_id)
            self._making.pop()
        return self._made[logical_id]

    def _make(self, logical_id: str) -> Any:
        kind, name = self._template.type_of(logical_id), f"{STACK_NAME}-{logical_id}".lower()
        match kind:
            case "AWS::CloudFront::KeyValueStore":
                return self.stores.make(name)
            case "AWS::CloudFront::Distribution":
                return made_here.make_distribution(name)
        properties = self._template.resolve(self._template.resources[logical_id].get("Properties", {}), self.attribute)
        if kind in KNOWN:
            only(logical_id, properties, KNOWN[kind])
        match kind:
            case "AWS::Scheduler::ScheduleGroup":
                return made_here.make_schedule_group(name)
            case "AWS::KMS::Key":
                return made_here.make_key(logical_id, properties)
            case "AWS::DynamoDB::Table":
                return made_here.make_table(logical_id, name, properties)
            case "AWS::CloudWatch::Alarm":
                return made_here.make_alarm(logical_id, f"{STACK_NAME}-{logical_id}", properties)
            case "AWS::SNS::Topic":
                return made_here.make_topic(logical_id, name, properties)
            case "AWS::SecretsManager::Secret":
                return made_here.make_secret(logical_id, name, properties)
            case "AWS::SES::EmailIdentity":
                return properties["EmailIdentity"]
            case "AWS::SES::ConfigurationSet":
                return self.mails.make_configuration_set(properties["Name"])
            case "AWS::SES::ConfigurationSetEventDestination":
                return self.mails.make_event_destination(logical_id, properties)
            case "AWS::SQS::Queue" if properties.get("FifoQueue"):
                name += ".fifo"
            case "AWS::Events::Rule" if "ScheduleExpression" in properties:
                return None  # nobody waits a day here: `frontline` does at once what such a rule has done
            case "AWS::Events::Rule":
                for target in properties["Targets"]:
                    only(
                        f"{logical_id}, {target['Id']}",
                        target,
                        {"Id", "Arn", "SqsParameters", "RetryPolicy", "DeadLetterConfig"},
                    )
                    if ":sqs:" not in target["Arn"]:
                        raise TemplateError(f"{logical_id}: this stack knows no targets but queues")
        module, model = MADE_BY_MOTO[kind]
        made = getattr(import_module(module), model).create_from_cloudformation_json(
            name, {"Type": kind, "Properties": properties}, ACCOUNT, REGION
        )
        if kind == "AWS::S3::Bucket":  # of which moto's model passes over these three
            if "PublicAccessBlockConfiguration" in properties:
                self._s3.put_public_access_block(made.name, properties["PublicAccessBlockConfiguration"])
            if "VersioningConfiguration" in properties:
                self._s3.put_bucket_versioning(made.name, properties["VersioningConfiguration"]["Status"])
            if "NotificationConfiguration" in properties:
                told = {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
                if properties["NotificationConfiguration"] != told:
                    raise TemplateError(f"{logical_id}: this stack knows no notifications but EventBridge's")
                self._s3.telling.add(made.name)
        return made

    # The server -------------------------------------------------------------------------------------------------------

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith(PATH):
            return self._serve_store(environ, start_response)
        if path.startswith(mails.PATH):
            return self._serve_mails(environ, start_response)
        if environ["REQUEST_METHOD"] == "POST" and INVALIDATION.fullmatch(path):
            return self._serve_invalidation(environ, start_response)
        if environ["REQUEST_METHOD"] == "GET" and path.strip("/") in self._s3.telling and _asks_whom_it_tells(environ):
            start_response(
                "200 OK", [("content-type", "application/xml"), ("content-length", str(len(TELLS_EVENTBRIDGE)))]
            )
            return [TELLS_EVENTBRIDGE]
        answer: Iterable[bytes] = self._moto(environ, start_response)
        return answer

    def _serve_store(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        target = environ.get("REQUEST_URI") or quote(environ["PATH_INFO"])
        status, headers, body = self.stores.answer(
            environ["REQUEST_METHOD"], target, environ.get("HTTP_IF_MATCH"), _body(environ)
        )
        start_response(f"{status.value} {status.phrase}", [*headers.items(), ("content-length", str(len(body)))])
        return [body]

    def _serve_mails(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        target = environ.get("REQUEST_URI") or quote(environ["PATH_INFO"])
        status, headers, body = self.mails.answer(environ["REQUEST_METHOD"], target, _body(environ))
        start_response(f"{status.value} {status.phrase}", [*headers.items(), ("content-length", str(len(body)))])
        return [body]

    def _serve_invalidation(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = _body(environ)
        environ["wsgi.input"] = io.BytesIO(body)
        statuses: list[str] = []

        def noting(status: str, *rest: Any) -> Any:
            statuses.append(status)
            return start_response(status, *rest)

        answer = list(self._moto(environ, noting))
        if statuses[-1].startswith("201"):
            # What was just accepted by moto, from a client on this machine: not a document to be wary of.
            items = ElementTree.fromstring(body).iterfind(".//{*}Paths/{*}Items/{*}Path")  # noqa: S314
            self._purge([item.text or "" for item in items])
        return answer


class _QuietHandler(MotoRequestHandler):
    """Says nothing of what it serves: the terminal is for what a developer has to know."""

    def log(self, type: str, message: str, *args: Any) -> None:
        if type == "error":
            super().log(type, message, *args)


def _asks_whom_it_tells(environ: Mapping[str, Any]) -> bool:
    return str(environ.get("QUERY_STRING", "")).partition("=")[0] == "notification"


def _body(environ: Mapping[str, Any]) -> bytes:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return body
