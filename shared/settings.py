"""The environment of a function, read once and in one place. Nothing else looks at `os.environ`."""

from __future__ import annotations

import os
from collections.abc import Mapping

from msgspec import Struct


class MissingSetting(Exception):
    """The function was deployed without something it needs; it cannot start."""


class Settings(Struct, frozen=True):
    """What the read functions are told by the template. `s3_endpoint` is None in the cloud, as the SDKs mean it."""

    content_bucket: str
    keyring_bucket: str
    region: str
    s3_endpoint: str | None


def settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in `environ`. Raises MissingSetting, naming the variable."""
    return Settings(
        content_bucket=_required(environ, "CONTENT_BUCKET"),
        keyring_bucket=_required(environ, "KEYRING_BUCKET"),
        region=_required(environ, "AWS_REGION"),
        s3_endpoint=_s3_endpoint(environ),
    )


class PublishingSettings(Struct, frozen=True):
    """What the publishing function is told by the template. Where AWS is, boto3 finds out itself."""

    content_bucket: str
    media_bucket: str
    distribution: str
    announcements_queue: str
    publishing_queue: str
    publishing_queue_arn: str
    schedule_group: str
    schedule_role_arn: str


def publishing_settings(environ: Mapping[str, str] = os.environ) -> PublishingSettings:
    """The settings in `environ`. Raises MissingSetting, naming the variable."""
    return PublishingSettings(
        content_bucket=_required(environ, "CONTENT_BUCKET"),
        media_bucket=_required(environ, "MEDIA_BUCKET"),
        distribution=_required(environ, "DISTRIBUTION_ID"),
        announcements_queue=_required(environ, "ANNOUNCEMENTS_QUEUE"),
        publishing_queue=_required(environ, "PUBLISHING_QUEUE"),
        publishing_queue_arn=_required(environ, "PUBLISHING_QUEUE_ARN"),
        schedule_group=_required(environ, "SCHEDULE_GROUP"),
        schedule_role_arn=_required(environ, "SCHEDULE_ROLE_ARN"),
    )


class MembersSettings(Struct, frozen=True):
    """What the members function is told by the template, beside what the read functions are."""

    members_table: str
    sign_ins_table: str
    mail_queue: str
    identity_keys: tuple[str, ...]
    edge_proof: str
    ledger_table: str
    payments_queue: str


def members_settings(environ: Mapping[str, str] = os.environ) -> MembersSettings:
    """The settings in `environ`. Raises MissingSetting, naming the variable."""
    return MembersSettings(
        members_table=_required(environ, "MEMBERS_TABLE"),
        sign_ins_table=_required(environ, "SIGN_INS_TABLE"),
        mail_queue=_required(environ, "MAIL_QUEUE"),
        identity_keys=tuple(_required(environ, "IDENTITY_KEYS").split(",")),
        edge_proof=_required(environ, "EDGE_PROOF"),
        ledger_table=_required(environ, "LEDGER_TABLE"),
        payments_queue=_required(environ, "PAYMENTS_QUEUE"),
    )


class MailSettings(Struct, frozen=True):
    """What the functions are told by the template that send mail. `sender`: the address that mails come from, None
    in a stack that sends none; `configuration`: SES's configuration set."""

    content_bucket: str
    region: str
    s3_endpoint: str | None
    members_table: str
    sender: str | None
    configuration: str


class PostSettings(Struct, frozen=True):
    """What the mail function is told beside that. `feedback_topic`: where SES tells of bounces and complaints."""

    sign_ins_table: str
    feedback_topic: str
    mail_queue: str


class NewslettersSettings(Struct, frozen=True):
    """What the newsletters function is told beside that."""

    mailings_table: str
    announcements_queue: str


def mail_settings(environ: Mapping[str, str] = os.environ) -> MailSettings:
    """The settings in `environ`. Raises MissingSetting, naming the variable."""
    return MailSettings(
        content_bucket=_required(environ, "CONTENT_BUCKET"),
        region=_required(environ, "AWS_REGION"),
        s3_endpoint=_s3_endpoint(environ),
        members_table=_required(environ, "MEMBERS_TABLE"),
        sender=environ.get("MAIL_FROM", "").strip() or None,
        configuration=_required(environ, "MAIL_CONFIGURATION"),
    )


def post_settings(environ: Mapping[str, str] = os.environ) -> PostSettings:
    """The settings in `environ`. Raises MissingSetting, naming the variable."""
    return PostSettings(
        sign_ins_table=_required(environ, "SIGN_INS_TABLE"),
        feedback_topic=_required(environ, "MAIL_FEEDBACK_TOPIC"),
        mail_queue=_required(environ, "MAIL_QUEUE"),
    )


def newsletters_settings(environ: Mapping[str, str] = os.environ) -> NewslettersSettings:
    """The settings in `environ`. Raises MissingSetting, naming the variable."""
    return NewslettersSettings(
        mailings_table=_required(environ, "MAILINGS_TABLE"),
        announcements_queue=_required(environ, "ANNOUNCEMENTS_QUEUE"),
    )


class StripeSettings(Struct, frozen=True):
    """What functions are told that ask Stripe. `key`: the secret that holds its key; `api`: None where Stripe itself is
    asked; `livemode`: whether money is meant."""

    key: str
    api: str | None
    livemode: bool


class ContributionsSettings(Struct, frozen=True):
    """What the contributions function is told by the template, beside what the read functions are."""

    ledger_table: str
    requests_table: str
    members_table: str
    edge_proof: str


class PaymentsSettings(Struct, frozen=True):
    """What the payments functions are told by the template."""

    content_bucket: str
    region: str
    s3_endpoint: str | None
    ledger_table: str
    members_table: str
    mail_queue: str


class WorkerSettings(Struct, frozen=True):
    """What the function is told beside that which works off the payments' queue."""

    payments_queue: str


class WebhooksSettings(Struct, frozen=True):
    """What the webhooks function is told by the template. `secret`: where that lies which webhooks are signed with."""

    secret: str
    payments_queue: str
    livemode: bool
    edge_proof: str


def stripe_settings(environ: Mapping[str, str] = os.environ) -> StripeSettings:
    """The settings in `environ`. Raises MissingSetting, naming the variable."""
    return StripeSettings(
        key=_required(environ, "STRIPE_KEY"),
        api=environ.get("STRIPE_API", "").strip() or None,
        livemode=_livemode(environ),
    )


def contributions_settings(environ: Mapping[str, str] = os.environ) -> ContributionsSettings:
    """The settings in `environ`. Raises MissingSetting, naming the variable."""
    return ContributionsSettings(
        ledger_table=_required(environ, "LEDGER_TABLE"),
        requests_table=_required(environ, "REQUESTS_TABLE"),
        members_table=_required(environ, "MEMBERS_TABLE"),
        edge_proof=_required(environ, "EDGE_PROOF"),
    )


def payments_settings(environ: Mapping[str, str] = os.environ) -> PaymentsSettings:
    """The settings in `environ`. Raises MissingSetting, naming the variable."""
    return PaymentsSettings(
        content_bucket=_required(environ, "CONTENT_BUCKET"),
        region=_required(environ, "AWS_REGION"),
        s3_endpoint=_s3_endpoint(environ),
        ledger_table=_required(environ, "LEDGER_TABLE"),
        members_table=_required(environ, "MEMBERS_TABLE"),
        mail_queue=_required(environ, "MAIL_QUEUE"),
    )


def worker_settings(environ: Mapping[str, str] = os.environ) -> WorkerSettings:
    """The settings in `environ`. Raises MissingSetting, naming the variable."""
    return WorkerSettings(payments_queue=_required(environ, "PAYMENTS_QUEUE"))


def webhooks_settings(environ: Mapping[str, str] = os.environ) -> WebhooksSettings:
    """The settings in `environ`. Raises MissingSetting, naming the variable."""
    return WebhooksSettings(
        secret=_required(environ, "WEBHOOK_SECRET"),
        payments_queue=_required(environ, "PAYMENTS_QUEUE"),
        livemode=_livemode(environ),
        edge_proof=_required(environ, "EDGE_PROOF"),
    )


def _livemode(environ: Mapping[str, str]) -> bool:
    mode = _required(environ, "STRIPE_MODE")
    if mode not in ("test", "live"):
        raise MissingSetting("STRIPE_MODE is neither “test” nor “live”: template.yaml sets it.")
    return mode == "live"


def _s3_endpoint(environ: Mapping[str, str]) -> str | None:
    return environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL") or None


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise MissingSetting(f"The environment variable {name} is missing or empty: template.yaml sets it.")
    return value
