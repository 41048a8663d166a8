"""The emulator that `make e2e` deploys into: ministack, mended where it is not like AWS, with each decision of its IAM
written down.

A program of its own, run by the Python of the emulator's environment: `python emulator.py DECISIONS`. Nothing of this
repository is imported here. DECISIONS becomes one line of JSON for each decision that a role's or a resource's
policies took part in. Written for the one version of ministack that requirements.txt pins; what is not where it is
expected stops the start with an AttributeError.
"""

import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

os.environ["AUTH"] = "true"  # before the import below, which reads it: the roles' policies count

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.services import apigateway, eventbridge, lambda_svc, s3, scheduler, sns
from ministack.services.cloudformation import provisioners

Json = dict[str, Any]
PARTITION_KEY = "pk"  # of all our tables
ALIAS = "live"  # of all our functions
# A request's headers by which the front door says for which service it asks, and on behalf of what: CloudFront's own
# signature is nobody's to make.
SERVICE_HEADER, SOURCE_HEADER = b"x-e2e-service", b"x-e2e-source"

asking_service: ContextVar[tuple[str, str] | None] = ContextVar("asking_service", default=None)
in_resource_policy: ContextVar[bool] = ContextVar("in_resource_policy", default=False)


# Decisions, written down ---------------------------------------------------------------------------------------------


class Decisions:
    """A file of decisions. The same one is written once."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", buffering=1, encoding="utf-8")
        self._written: set[str] = set()
        self._lock = threading.Lock()

    def write(self, **what: object) -> None:
        line = json.dumps(what, sort_keys=True)
        with self._lock:
            if line not in self._written:
                self._written.add(line)
                print(line, file=self._file)


def _first_who(principal: str) -> str:
    """Of an assumed role's ARN the role's name; of all others the whole."""
    return principal.split("/")[1] if ":assumed-role/" in principal else principal


def install(decisions: Decisions) -> None:
    """Put all of this file into ministack."""
    evaluate, of_resource, enforce = (
        iam_evaluator.evaluate,
        iam_evaluator.evaluate_resource_policy,
        iam_evaluator.enforce,
    )

    def evaluate_and_write(ctx: Any, policies: list[list[Any]], *limits: Any) -> Any:
        result = evaluate(ctx, policies, *limits)
        if ctx.principal_type in {"AssumedRole", "Service"} or in_resource_policy.get():
            allowing = [
                (statement.sid, pattern)
                for document in policies
                for statement in document
                if iam_evaluator._first_match(ctx, [statement], "Allow")
                for pattern in statement.resources
                if iam_evaluator._resource_matches(ctx.resource_arn, [pattern], [])
            ]
            decisions.write(
                who=_first_who(ctx.principal_arn),
                policy="resource" if in_resource_policy.get() else "role",
                action=ctx.action,
                resource=str(ctx.resource_arn),
                keys={name: value for name, value in ctx.service_context.items() if value is not None},
                decision=result.decision,
                allowing=allowing,
            )
        return result

    def evaluate_resource_policy(*arguments: Any, **more: Any) -> Any:
        token = in_resource_policy.set(True)
        try:
            return of_resource(*arguments, **more)
        finally:
            in_resource_policy.reset(token)

    def denied(who: str, action: str, resource: str) -> None:
        decisions.write(denied=True, who=_first_who(who), action=action, resource=str(resource))

    def enforce_all(
        access_key: str, action: str, service: str, region: str, resource_arn: str = "*", service_context: Any = None
    ) -> Any:
        """What ministack asks, and beside it what AWS would ask for the same request."""
        asking = asking_service.get()
        if asking is not None and action in {"s3:GetObject", "sns:Publish", "sqs:SendMessage"}:
            may = service_may(asking[0], action, resource_arn, asking[1])
            if action == "s3:GetObject" and (bucket := _of_missing(resource_arn)):  # 404 or 403, as for a role
                may = may and service_may(asking[0], "s3:ListBucket", bucket, asking[1], expected=False)
            if not may:
                return iam_evaluator.EvalResult("ImplicitDeny", principal_arn=asking[0])
        for asked in _asked(access_key, action, service, region, resource_arn, service_context):
            result = enforce(*asked)
            if result is not None:
                denied(getattr(result, "principal_arn", "a stranger"), asked[1], asked[4])
                return result
        return None

    iam_evaluator.evaluate = evaluate_and_write
    iam_evaluator.evaluate_resource_policy = evaluate_resource_policy
    iam_evaluator.enforce = enforce_all

    # Beyond requests: what services of AWS do in a role's name, or in their own ----------------------------------

    def role_may(role_arn: str, action: str, resource: str) -> bool:
        """Whether a role may, where a service acts as it."""
        _, _, _, _, account, path = role_arn.split(":", 5)
        name = path.rpartition("/")[2]
        ctx = iam_evaluator.EvalContext(
            principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/service",
            principal_type="AssumedRole",
            principal_account=account,
            action=action,
            resource_arn=resource,
            region=os.environ["AWS_DEFAULT_REGION"],
        )
        decided = evaluate_and_write(ctx, iam_evaluator._gather_role_policies(name, account))
        allowed = bool(decided.decision == "Allow")
        if not allowed:
            denied(ctx.principal_arn, action, resource)
        return allowed

    def service_may(
        service: str, action: str, resource: str, source: str, *, expected: bool = True, **keys: str
    ) -> bool:
        """Whether a resource's policy lets a service of AWS do that, on behalf of the resource `source`. `expected`:
        whether a no is to be told."""
        found = iam_evaluator._resource_policy(action.partition(":")[0], resource)
        ctx = iam_evaluator.EvalContext(
            principal_arn=service,
            principal_type="Service",
            principal_account="",
            action=action,
            resource_arn=resource,
            region=os.environ["AWS_DEFAULT_REGION"],
            service_context={
                "aws:sourcearn": source,
                "aws:sourceaccount": os.environ["MINISTACK_ACCOUNT_ID"],
                **{name.replace("__", ":").lower(): value for name, value in keys.items()},
            },
        )
        policy = found[0] if found else None
        allowed = bool(evaluate_resource_policy(policy, ctx, service=service).decision == "Allow")
        if expected and not allowed:
            denied(service, action, resource)
        return allowed

    mend_conditions()
    mend_what_is_asked()
    mend_lambda(role_may, service_may)
    mend_deliveries(role_may, service_may)
    mend_cloudformation()
    serve_services()


# What is asked, and with which condition keys ------------------------------------------------------------------------


class Asked(str):
    """A resource's ARN, with what else is to be asked for the same request, and condition keys of this one."""

    also: tuple[tuple[str, str, str, Json], ...] = ()  # (action, service, resource, condition keys)
    keys: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def of(cls, arn: str, *also: tuple[str, str, str, Json], **keys: Any) -> "Asked":
        made = cls(arn)
        made.also, made.keys = also, tuple(keys.items())
        return made


def _asked(
    access_key: str, action: str, service: str, region: str, resource: str, context: Json | None
) -> Iterator[tuple[Any, ...]]:
    keys = {**(context or {}), **dict(getattr(resource, "keys", ()))}
    yield access_key, action, service, region, resource, keys
    for other, its_service, arn, its_keys in getattr(resource, "also", ()):
        yield access_key, other, its_service, region, arn, its_keys
    if action == "s3:GetObject":
        # A missing object is a 404 for whoever could find out by listing, and a 403 for all others.
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (Permissions). Whether S3 names the object
        # then is not documented: both are asked.
        if bucket := _of_missing(resource):
            for named in ({}, {"s3:prefix": resource.removeprefix(f"{bucket}/")}):
                yield access_key, "s3:ListBucket", "s3", region, bucket, named
        # S3 decrypts in the name of whoever reads. https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
        elif key := encrypted_with.get(resource.removeprefix("arn:aws:s3:::").partition("/")[0]):
            via = {"kms:ViaService": f"s3.{region}.amazonaws.com"}
            yield access_key, "kms:Decrypt", "kms", region, key, via


def _of_missing(resource: str) -> str | None:
    """The ARN of the bucket where an object is not; None where it is."""
    bucket, _, name = resource.removeprefix("arn:aws:s3:::").partition("/")
    is_there = bucket not in s3._buckets or name in s3._buckets[bucket]["objects"]
    return None if is_there else f"arn:aws:s3:::{bucket}"


encrypted_with: dict[str, str] = {}  # a bucket's name → its KMS key's ARN, which ministack's CloudFormation passes over


def mend_conditions() -> None:
    """The condition keys that AWS fills in."""
    # Between our functions and AWS it is TLS; here it is plain HTTP on this machine, and the template refuses that.
    pin = iam_evaluator.pin_request_origin
    app.pin_request_origin = lambda address, secure: pin(address, True)

    # dynamodb:LeadingKeys, "the values of the table's partition key" that a request names.
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    context = iam_actions.dynamodb_service_context
    checks = iam_actions.dynamodb_transaction_checks

    def with_leading_keys(body: bytes) -> Json:
        found: Json = context(body)
        if keys := _leading_keys(json.loads(body or b"{}")):
            found["dynamodb:LeadingKeys"] = keys
        return found

    def one_by_one(action: str, body: bytes, region: str, account: str) -> list[tuple[str, str]]:
        """A transaction's writes. What a condition sees there AWS does not say. Here it has to bear two readings: the
        key of each write, and the keys of all writes of its kind to its table, as in a batch."""
        asked: list[tuple[str, str]] = checks(action, body, region, account)
        if not asked:
            return asked
        writes = [one for item in json.loads(body)["TransactItems"] for one in item.values()]
        keys: dict[tuple[str, str], list[str]] = {}
        for kind, write in zip(asked, writes, strict=True):
            keys.setdefault(kind, []).extend(_leading_keys(write))
        return [
            (kind[0], Asked.of(kind[1], **{"dynamodb:LeadingKeys": seen}))
            for kind, write in zip(asked, writes, strict=True)
            for seen in (_leading_keys(write), keys[kind])
        ]

    iam_actions.dynamodb_service_context = with_leading_keys
    iam_actions.dynamodb_transaction_checks = one_by_one


def _leading_keys(asked: Json) -> list[str]:
    if "RequestItems" in asked:
        parts = [one for table in asked["RequestItems"].values() for one in (table if isinstance(table, list) else [])]
        batch = [request for part in parts for request in part.values()]
        batch += [{"Key": k} for t in asked["RequestItems"].values() if isinstance(t, dict) for k in t.get("Keys", ())]
        return [key for one in batch for key in _leading_keys(one)]
    if PARTITION_KEY in (key := asked.get("Key") or asked.get("Item") or {}):
        return [key[PARTITION_KEY]["S"]]
    names = asked.get("ExpressionAttributeNames", {})
    for name, value in re.findall(r"([#\w]+)\s*=\s*(:\w+)", asked.get("KeyConditionExpression", "")):
        if names.get(name, name) == PARTITION_KEY:
            return [asked["ExpressionAttributeValues"][value]["S"]]
    return []


def mend_what_is_asked() -> None:
    """Actions and resources as AWS's Service Authorization Reference has them."""
    action_of, resource_of = iam_actions.extract_iam_action, iam_actions.extract_resource_arn

    def action(service: str, *request: Any) -> str | None:
        found: str | None = action_of(service, *request)
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
        return found.removesuffix("Batch") if found and service == "sqs" else found

    def resource(
        service: str, method: str, path: str, headers: Json, body: bytes, query: Any, region: str, account: str
    ) -> str:
        found: str = resource_of(service, method, path, headers, body, query, region, account)
        if service == "ses" and path == "/v2/email/outbound-emails" and method == "POST":
            return _who_sends(json.loads(body), f"arn:aws:ses:{region}:{account}")
        if service == "scheduler" and method in {"POST", "PUT"} and path.startswith("/schedules/"):
            return _what_is_scheduled(json.loads(body), path, f"arn:aws:scheduler:{region}:{account}")
        return found

    iam_actions.extract_iam_action, iam_actions.extract_resource_arn = action, resource


def _who_sends(asked: Json, ses: str) -> Asked:
    """SendEmail is asked of the identity and of the configuration set.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
    """
    address = re.sub(r".*<(.*)>.*", r"\1", asked["FromEmailAddress"])
    used = f"{ses}:configuration-set/{asked['ConfigurationSetName']}"
    return Asked.of(f"{ses}:identity/{address}", ("ses:SendEmail", "ses", used, {}))


def _what_is_scheduled(asked: Json, path: str, schedules: str) -> Asked:
    """A schedule lies in its group, and who makes it hands over a role.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/security_iam_id-based-policies.html
    """
    passing = {"iam:PassedToService": "scheduler.amazonaws.com"}
    return Asked.of(
        f"{schedules}:schedule/{asked.get('GroupName', 'default')}/{path.rpartition('/')[2]}",
        ("iam:PassRole", "iam", asked["Target"]["RoleArn"], passing),
    )


# What services do in a role's name, or in their own ------------------------------------------------------------------

RoleMay = Callable[[str, str, str], bool]
ServiceMay = Callable[..., bool]
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
TAKING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
# https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
TRACING = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
LOGGING = ("logs:CreateLogStream", "logs:PutLogEvents")


def mend_lambda(role_may: RoleMay, service_may: ServiceMay) -> None:
    """Lambda logs, traces and takes from queues as the function's role; others invoke by the function's policy."""
    execute, mappings = lambda_svc._execute_function, lambda_svc._iter_all_esms
    handle = apigateway.handle_execute
    taken: dict[str, bool] = {}

    def execute_function(func: Json, event: Any) -> Any:
        config = func.get("config") or func
        role, arn = config["Role"], config["FunctionArn"]
        account, region = os.environ["MINISTACK_ACCOUNT_ID"], os.environ["AWS_DEFAULT_REGION"]
        group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
        stream = f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:one"
        for action in LOGGING:
            role_may(role, action, stream)
        for action in TRACING if (config.get("TracingConfig") or {}).get("Mode") == "Active" else ():
            role_may(role, action, "*")
        if (asking := asking_service.get()) and not _invokes(service_may, asking, _alias_of(arn)):
            return {"body": {"errorMessage": "AccessDenied", "errorType": "AccessDenied"}, "error": True}
        token = asking_service.set(None)  # what the function asks for it asks itself
        try:
            return execute(func, event)
        finally:
            asking_service.reset(token)

    def those_that_may() -> Iterator[tuple[str, str, Json]]:
        for account, region, mapping in mappings():
            source = mapping.get("EventSourceArn", "")
            if source not in taken:
                func = lambda_svc._functions.get_scoped(account, region, mapping["FunctionName"])
                role = func["config"]["Role"]
                taken[source] = all(tuple(role_may(role, action, source) for action in TAKING))  # all are asked
            if taken[source]:
                yield account, region, mapping

    async def handle_execute(api: str, stage: str, path: str, method: str, *request: Any, **more: Any) -> Any:
        region, account = os.environ["AWS_DEFAULT_REGION"], os.environ["MINISTACK_ACCOUNT_ID"]
        source = f"arn:aws:execute-api:{region}:{account}:{api}/{stage}/{method}{path}"
        token = asking_service.set(("apigateway.amazonaws.com", source))
        try:
            return await handle(api, stage, path, method, *request, **more)
        finally:
            asking_service.reset(token)

    lambda_svc._execute_function = execute_function
    lambda_svc._iter_all_esms = those_that_may
    apigateway.handle_execute = handle_execute


def _alias_of(arn: str) -> str:
    """The alias by which a version of a function is called: `arn:…:function:NAME:live`."""
    return f"{':'.join(arn.split(':')[:7])}:{ALIAS}"


def _invokes(service_may: ServiceMay, asking: tuple[str, str], function: str) -> bool:
    service, source = asking
    if service != "cloudfront.amazonaws.com":
        return service_may(service, "lambda:InvokeFunction", function, source)
    # https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html: both, since October 2025.
    return service_may(
        service, "lambda:InvokeFunctionUrl", function, source, lambda__FunctionUrlAuthType="AWS_IAM"
    ) and service_may(service, "lambda:InvokeFunction", function, source, lambda__InvokedViaFunctionUrl="true")


def mend_deliveries(role_may: RoleMay, service_may: ServiceMay) -> None:
    """EventBridge, its Scheduler and SNS deliver only where they may."""
    invoke, deliver = eventbridge._invoke_target, sns._deliver_to_lambda
    scheduler._SCHEDULE_TICK_INTERVAL = 1  # seconds; ten of them are long for somebody who waits

    def invoke_target(target: Json, event: Any, rule: Json, view: Any = None) -> None:
        arn = target["Arn"]
        action = "sqs:SendMessage" if ":sqs:" in arn else "lambda:InvokeFunction"
        # https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html#setting-up-execution-role
        if ":scheduler:" in rule.get("Arn", ""):
            may = role_may(target["RoleArn"], action, arn)
        else:  # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
            may = service_may("events.amazonaws.com", action, arn, rule["Arn"])
        if may:
            invoke(target, event, rule, view)

    def deliver_to_lambda(endpoint: str, envelope: str, topic: str, *more: Any) -> None:
        asking_service.set(None)  # whoever has published: now it is SNS that asks
        # https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
        if service_may("sns.amazonaws.com", "lambda:InvokeFunction", endpoint, topic):
            deliver(endpoint, envelope, topic, *more)

    eventbridge._invoke_target = invoke_target
    sns._deliver_to_lambda = deliver_to_lambda


# Types that the emulator does not know, or not all of, and that nobody asks for anything on a walk.
NOT_MADE = {
    "AWS::CodeDeploy::Application": "a stack's first deployment is none of CodeDeploy's: aliases are made, and stay",
    "AWS::CodeDeploy::DeploymentGroup": "the same",
    "AWS::CloudFront::MonitoringSubscription": "more metrics, which nobody counts here",
    "AWS::CloudWatch::Alarm": "those of several metrics it cannot make; none would go off",
}


def mend_cloudformation() -> None:
    """`!Ref` of a secret is its ARN, and a bucket is encrypted as its properties say.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
    """
    for kind in NOT_MADE:
        provisioners._RESOURCE_HANDLERS[kind] = {
            "create": lambda logical_id, properties, stack: (name := f"{stack}-{logical_id}", {"Arn": name}),
            "delete": lambda id, properties: None,
        }
    buckets = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    create_as_before = buckets["create"]

    def create_bucket(logical_id: str, properties: Json, stack: str) -> tuple[str, Json]:
        made: tuple[str, Json] = create_as_before(logical_id, properties, stack)
        for rule in properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", ()):
            if key := rule["ServerSideEncryptionByDefault"].get("KMSMasterKeyID"):
                encrypted_with[made[0]] = key
        return made

    buckets["create"] = create_bucket
    secrets = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    create, delete = secrets["create"], secrets["delete"]

    def create_secret(logical_id: str, properties: Json, stack: str) -> tuple[str, Json]:
        _, attributes = create(logical_id, properties, stack)
        return attributes["Arn"], attributes

    secrets["create"] = create_secret
    secrets["delete"] = lambda arn, properties: delete(arn.rpartition(":")[2].rpartition("-")[0], properties)


ill: set[str] = set()  # services that take nothing for the present


def serve_services() -> None:
    """Take the front door's word for which service asks. And do what the walk says: have a scheduled rule be due, for
    nobody waits until 2:17; have SES be ill, or well."""
    inner = app.app

    async def served(scope: Json, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await inner(scope, receive, send)
            return
        path, told = scope["path"], scope["query_string"].decode()
        match path:
            case "/_e2e/due":
                due = [key for key, rule in eventbridge._rules._data.items() if rule["Name"] == told]
                before = eventbridge._now_ts() - 2 * 86400  # as if it had last fired two days ago
                eventbridge._rule_last_fired.update(dict.fromkeys(due, before))
                await _answer(send, 202 if due else 404)
            case "/_e2e/ill":
                ill.add(told)
                await _answer(send, 202)
            case "/_e2e/well":
                ill.clear()
                await _answer(send, 202)
            case "/v2/email/outbound-emails" if "ses" in ill:
                await _answer(send, 429, b'{"__type":"TooManyRequestsException","message":"Rate exceeded"}')
            case _:
                headers = dict(scope.get("headers") or ())
                service = headers.get(SERVICE_HEADER, b"").decode()
                asking_service.set((service, headers[SOURCE_HEADER].decode()) if service else None)
                await inner(scope, receive, send)

    app.app = served


async def _answer(send: Any, status: int, body: bytes = b"") -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    install(Decisions(Path(sys.argv[1])))
    sys.argv[1:] = []
    app.main()
