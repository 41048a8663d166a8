"""Which adapter stands behind each door of the publishing function."""

from __future__ import annotations

from functions.publishing.catch_up import Doors
from shared.adapters.boto3_clients import client
from shared.adapters.boto3_media import Boto3WaitingMedia
from shared.adapters.boto3_shelves import Boto3ArticleShelf, Boto3Documents
from shared.adapters.cloudfront_purge import CloudFrontPurge
from shared.adapters.scheduler_schedules import SchedulerSchedules
from shared.adapters.sqs_announcements import SqsAnnouncements
from shared.adapters.sqs_redelivery import SqsRedelivery
from shared.ports.publishing import Redelivery
from shared.settings import PublishingSettings


def doors(settings: PublishingSettings) -> Doors:
    """The doors of the deployed function."""
    s3 = client("s3")
    return Doors(
        articles=Boto3ArticleShelf(s3, settings.content_bucket),
        documents=Boto3Documents(s3, settings.content_bucket),
        waiting=Boto3WaitingMedia(s3, settings.media_bucket),
        purge=CloudFrontPurge(client("cloudfront"), settings.distribution),
        announcements=SqsAnnouncements(client("sqs"), settings.announcements_queue),
        schedules=SchedulerSchedules(
            client("scheduler"),
            settings.schedule_group,
            settings.schedule_role_arn,
            settings.publishing_queue_arn,
        ),
    )


def redelivery(settings: PublishingSettings) -> Redelivery:
    """How messages that could not be handled are put off."""
    return SqsRedelivery(client("sqs"), settings.publishing_queue)
