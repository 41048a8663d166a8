"""The part of docs/openapi.yaml that is about money: what can be asked of the functions that take it."""

from __future__ import annotations

from functions.contributions import answers, giving, joining
from infra.ops.openapi_members import BODY, CHANGE, Operation
from shared.domain import refusals

_PAGE = (refusals.TooMany, refusals.ProcessorUnavailable, refusals.ProcessorRefused)
_ONCE = (refusals.KeyReused, refusals.StillRunning)
_RECEIVED = {"type": "object", "properties": {"received": {"const": True}}, "required": ["received"]}

MONEY: tuple[Operation, ...] = (
    Operation(
        "POST",
        "/api/contributions",
        "contribute",
        "Get a page of the payment service on which a contribution can be made; whoever is signed in gives as "
        "themselves, and nobody has to be. A contribution opens nothing. A form is answered with 303 to that page",
        answers.Started,
        (*CHANGE, *BODY, refusals.InvalidField, refusals.UnknownCampaign, *_ONCE, *_PAGE),
        giving.ContributionBody,
        201,
        form=giving.ContributionForm,
        headers=(("idempotency-key", False),),
    ),
    Operation(
        "POST",
        "/api/memberships",
        "join",
        "Get a page of the payment service on which a plan of the paper's is paid, at the price that the paper says. "
        "A form is answered with 303 to that page",
        answers.Started,
        (
            *(*CHANGE, *BODY, refusals.NotSignedIn, refusals.UnknownPlan, refusals.PlanUnavailable),
            *(refusals.AlreadyMember, *_ONCE, *_PAGE),
        ),
        joining.MembershipBody,
        201,
        security=("session",),
        headers=(("idempotency-key", False),),
    ),
    Operation(
        "POST",
        "/api/memberships/portal",
        "managePayment",
        "Get a page of the payment service on which a member changes how they pay, or cancels. A form is answered with "
        "303 to that page",
        answers.Managed,
        (*CHANGE, *BODY, refusals.NotSignedIn, refusals.NothingToManage, *_PAGE),
        joining.PortalBody,
        201,
        security=("session",),
    ),
    Operation(
        "POST",
        "/api/webhooks/stripe",
        "takeWebhook",
        "Stripe tells here that something has happened. Its body is believed by its signature alone; how it stands is "
        "asked of Stripe later",
        _RECEIVED,
        (
            *(refusals.TooLarge, refusals.WebhooksClosed, refusals.InvalidSignature, refusals.InvalidRequest),
            *(refusals.WrongMode, refusals.StoreUnavailable),
        ),
        headers=(("stripe-signature", True),),
        always=(refusals.NotFromTheEdge, refusals.UnknownParameter, refusals.MethodNotAllowed),
    ),
)
