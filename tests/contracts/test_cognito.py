"""A user pool (moto's Cognito, with its published keys): who signs in there is exchanged by group."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pytest

from shared.adapters.http_issuer_keys import HttpIssuerKeys
from shared.adapters.pyjwt_foreign import PyJwtForeign
from shared.domain.foreign import ForeignReader
from shared.domain.refusals import ExpiredToken, InvalidToken, NoTier, UnknownIssuer
from shared.domain.tiers import Tier
from shared.domain.trust import Issuer, TierRule, Trust
from tests.aws import REGION
from tests.issuers import MemoryTrust, an_issuer

PASSWORD = "Correct-horse-7"


@dataclass
class Pool:
    cognito: Any
    pool_id: str
    client_id: str
    keys_url: str

    def signed_in(self, name: str, *groups: str) -> dict[str, str]:
        """The tokens of somebody who was invited, set a password and signed in."""
        self.cognito.admin_create_user(
            UserPoolId=self.pool_id, Username=name, TemporaryPassword="Wrong-horse-7", MessageAction="SUPPRESS"
        )
        for group in groups:
            self.cognito.admin_add_user_to_group(UserPoolId=self.pool_id, Username=name, GroupName=group)
        asked = self.cognito.admin_initiate_auth(
            UserPoolId=self.pool_id,
            ClientId=self.client_id,
            AuthFlow="ADMIN_NO_SRP_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": "Wrong-horse-7"},
        )
        assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
        answered = self.cognito.respond_to_auth_challenge(
            Session=asked["Session"],
            ClientId=self.client_id,
            ChallengeName="NEW_PASSWORD_REQUIRED",
            ChallengeResponses={"USERNAME": name, "NEW_PASSWORD": PASSWORD},
        )
        found: dict[str, str] = answered["AuthenticationResult"]
        return found

    def issuer(self, **changes: Any) -> Issuer:
        """The pool as ops would configure it: access tokens are known by `token_use`, and have no `aud`.

        (AWS's have no `typ`, moto's have one that says nothing; `test_foreign.py` tries those without.)
        """
        rules = (TierRule("cognito:groups", "friends", "member"), TierRule("cognito:groups", "readers", "subscriber"))
        configured = {
            "audiences": (self.client_id,),
            "algorithm": "RS256",
            "typ": ("JWT",),
            "marks": {"token_use": "access"},
            "audience_claim": "client_id",
            "tiers": rules,
            "jwks_url": self.keys_url,
            **changes,
        }
        return an_issuer(f"https://cognito-idp.{REGION}.amazonaws.com/{self.pool_id}", **configured)

    def exchange(self, made: str, now: float | None = None, /, **changes: Any) -> ForeignReader:
        trust = MemoryTrust(Trust(issuers=(self.issuer(**changes),)))
        return PyJwtForeign(trust, HttpIssuerKeys(schemes=("http",))).verify(made, now or time.time())


@pytest.fixture
def pool(aws: str, client: Any) -> Pool:
    cognito = client("cognito-idp")
    pool_id = cognito.create_user_pool(PoolName="readers")["UserPool"]["Id"]
    made = cognito.create_user_pool_client(
        UserPoolId=pool_id, ClientName="app", ExplicitAuthFlows=["ADMIN_NO_SRP_AUTH"]
    )["UserPoolClient"]
    for group in ("friends", "readers"):
        cognito.create_group(UserPoolId=pool_id, GroupName=group)
    return Pool(cognito, pool_id, made["ClientId"], f"{aws}/{pool_id}/.well-known/jwks.json")


def test_a_group_of_the_pool_is_a_tier_of_the_paper(pool: Pool) -> None:
    friend = pool.exchange(pool.signed_in("ada", "friends", "readers")["AccessToken"])
    reader = pool.exchange(pool.signed_in("grace", "readers")["AccessToken"])

    assert (friend.tier, reader.tier) == (Tier.MEMBER, Tier.SUBSCRIBER)
    assert friend.subject != reader.subject
    assert 0 < friend.expires - time.time() <= 3600


def test_somebody_in_no_group_reads_as_everybody_does(pool: Pool) -> None:
    with pytest.raises(NoTier):
        pool.exchange(pool.signed_in("alan")["AccessToken"])


def test_an_id_token_is_no_access_token(pool: Pool) -> None:
    tokens = pool.signed_in("ada", "friends")

    with pytest.raises(InvalidToken):
        pool.exchange(tokens["IdToken"])
    by_id: dict[str, Any] = {"marks": {"token_use": "id"}, "audience_claim": "aud"}
    assert pool.exchange(tokens["IdToken"], **by_id).tier is Tier.MEMBER
    with pytest.raises(InvalidToken):
        pool.exchange(tokens["AccessToken"], **by_id)
    with pytest.raises(InvalidToken):
        pool.exchange(tokens["RefreshToken"])


def test_another_client_another_pool_and_another_time_open_nothing(pool: Pool) -> None:
    access = pool.signed_in("ada", "friends")["AccessToken"]

    with pytest.raises(InvalidToken):
        pool.exchange(access, audiences=("another-client",))
    with pytest.raises(UnknownIssuer):
        pool.exchange(access, issuer="https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_other")
    with pytest.raises(ExpiredToken):
        pool.exchange(access, time.time() + 3601)
    with pytest.raises(InvalidToken):
        pool.exchange(access[:-6] + "AAAAAA")
