"""The reconcile function: once a day, what no webhook has told."""

from __future__ import annotations

from typing import Any

import msgspec
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from functions.payments.reconcile import Report, reconcile
from functions.payments.wiring import doors
from shared.settings import payments_settings, stripe_settings

logger = Logger()
metrics = Metrics()
_doors = doors(payments_settings(), stripe_settings())


def handler(event: object, context: Any) -> dict[str, Any]:
    """Make the ledger agree with the processor, and stop in time before this function is ended. Answers the report."""
    report = reconcile(_doors, lambda: context.get_remaining_time_in_millis() / 1000)
    return _told(report)


def _told(report: Report) -> dict[str, Any]:
    """One line, of ids, counts and sums, and nothing of whose payments they were (R27)."""
    told: dict[str, Any] = msgspec.to_builtins(report)
    is_well = report.is_finished and not report.mismatched
    (logger.info if is_well else logger.error)("reconciled" if report.is_finished else "reconciled in part", **told)
    metrics.add_metric("ReconcileLooked", MetricUnit.Count, report.looked)
    metrics.add_metric("ReconcileRepaired", MetricUnit.Count, report.repaired)
    metrics.add_metric("ReconcileMismatched", MetricUnit.Count, report.mismatched)
    metrics.add_metric("ReconcileFailed", MetricUnit.Count, report.failed)
    metrics.add_metric("ReconcileUnfinished", MetricUnit.Count, int(not report.is_finished))
    metrics.flush_metrics()
    return told
