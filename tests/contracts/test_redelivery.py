"""`Redelivery` on moto's SQS: a message comes again when it is told to, not when its queue says."""

from __future__ import annotations

from typing import Any

from shared.adapters.sqs_redelivery import SqsRedelivery


def test_a_message_comes_again_when_it_is_told_to(client: Any, bucket: str) -> None:
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=bucket, Attributes={"VisibilityTimeout": "600"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    [taken] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url)

    assert SqsRedelivery(sqs, url).again_in(taken["ReceiptHandle"], 0)

    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1


def test_what_cannot_be_put_off_is_no_failure_of_its_own(client: Any, bucket: str) -> None:
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=bucket)["QueueUrl"]

    assert not SqsRedelivery(sqs, url).again_in("no receipt", 5)
