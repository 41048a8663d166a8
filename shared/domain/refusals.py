"""The expected noes. Each has a code that stays and a sentence that a reader may see."""

from __future__ import annotations


class Refusal(Exception):
    """An expected no. `shared.http` alone decides which status a code becomes."""

    code = "refused"
    title = "Refused"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class UnknownArticle(Refusal):
    """Its words are always the same: what is not there yet must look like what never was."""

    code, title = "unknown_article", "No such article"

    def __init__(
        self, detail: str = "No article has this name. It may have been mistyped, or never have been here."
    ) -> None:
        super().__init__(detail)


class ArticleWithdrawn(Refusal):
    code, title = "article_withdrawn", "Article withdrawn"


class ArticleMoved(Refusal):
    """The article lives under another slug now: `slug`."""

    code, title = "article_moved", "Article moved"

    def __init__(self, slug: str) -> None:
        super().__init__(f"This article is now called “{slug}”.")
        self.slug = slug


class UnknownRoute(Refusal):
    code, title = "unknown_route", "Nothing here"


class MethodNotAllowed(Refusal):
    """`allow`: the methods that are."""

    code, title = "method_not_allowed", "Method not allowed"

    def __init__(self, detail: str, allow: str = "GET, HEAD") -> None:
        super().__init__(detail)
        self.allow = allow


class UnknownParameter(Refusal):
    code, title = "unknown_parameter", "Unknown parameter"


class RepeatedParameter(Refusal):
    code, title = "repeated_parameter", "Parameter given more than once"


class UnknownList(Refusal):
    code, title = "unknown_list", "No such list"

    def __init__(self, detail: str = "No article is listed under this name. Check how it is spelled.") -> None:
        super().__init__(detail)


class InvalidParameter(Refusal):
    code, title = "invalid_parameter", "Not a value that can be asked for"


class InvalidCursor(Refusal):
    code, title = "invalid_cursor", "Not a cursor"


class UnservedCombination(Refusal):
    code, title = "unserved_combination", "No list for that combination"


class DocumentChanged(Refusal):
    code, title = "document_changed", "Somebody else changed the document"


class ContentUnavailable(Refusal):
    """The store did not answer, or what it holds is not an article. Worth another try, and worth waking someone."""

    code, title = "content_unavailable", "Temporarily unavailable"


class InvalidArticle(Refusal):
    """A document that may not be published. `problems` says each fault with its place."""

    code, title = "invalid_article", "The article is not valid"

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class InvalidPassRequest(Refusal):
    """A pass that may not be minted: its tier, lifetime or article is not one that a verifier would accept."""

    code, title = "invalid_pass_request", "No such pass"


class UnusableKeyring(Refusal):
    """The keyring is missing, unreadable or not one of ours."""

    code, title = "unusable_keyring", "No usable keyring"


class KeyringChanged(Refusal):
    code, title = "keyring_changed", "Somebody else changed the keyring"


class ArticleChanged(Refusal):
    code, title = "article_changed", "Somebody else changed the article"


class SlugTaken(Refusal):
    code, title = "slug_taken", "Another article has this slug"


class InvalidPaper(Refusal):
    """The paper's configuration lacks something, or would have a value that it cannot have. `problems` says each, with
    its place."""

    code, title = "invalid_paper", "The paper cannot be configured so"

    def __init__(self, *problems: str) -> None:
        super().__init__(" ".join(f"{problem.rstrip('.')}." for problem in problems))
        self.problems = problems


class InvalidAddress(Refusal):
    code, title = "invalid_address", "Not an e-mail address"


class InvalidRequest(Refusal):
    """A body that cannot be read, or that lacks something."""

    code, title = "invalid_request", "The request cannot be read"


class TooLarge(Refusal):
    code, title = "too_large", "Too large"


class UnsupportedType(Refusal):
    code, title = "unsupported_type", "Not a type that is understood here"


class NotFromTheEdge(Refusal):
    """Somebody has gone round the edge."""

    code, title = "not_from_the_edge", "Not this way"


class ForeignOrigin(Refusal):
    """A change that another site's page asks for, in this reader's name."""

    code, title = "foreign_origin", "Asked for by another site"


class TooMany(Refusal):
    """Asked for too often. `seconds`: after how long another try is worth it."""

    code, title = "too_many_requests", "Too many requests"

    def __init__(self, detail: str, seconds: int) -> None:
        super().__init__(detail)
        self.seconds = seconds


class SignInDead(Refusal):
    """A link or code that redeems nothing (any more)."""

    code, title = "sign_in_dead", "No longer good"


class WrongCode(Refusal):
    code, title = "wrong_code", "Wrong digits"


class NotSignedIn(Refusal):
    code, title = "not_signed_in", "Not signed in"

    def __init__(self, detail: str = "You are not signed in here, or no longer. Sign in again.") -> None:
        super().__init__(detail)


class SessionReused(NotSignedIn):
    """A session's secret that had been replaced has turned up again: two have had the same cookie."""

    code, title = "session_reused", "Signed out for safety"

    def __init__(self) -> None:
        super().__init__("This device was signed out for safety: its cookie had been used elsewhere. Sign in again.")


class ProofNeeded(Refusal):
    """Signed in too long ago for what cannot be taken back (R32)."""

    code, title = "proof_needed", "Sign in again first"

    def __init__(self) -> None:
        super().__init__("Sign in once more, to show that it is you. Then this works for 15 minutes.")


class UnknownSession(Refusal):
    code, title = "unknown_session", "No such device"


class UnknownNewsletter(Refusal):
    code, title = "unknown_newsletter", "No such newsletter"


class UnknownGrant(Refusal):
    code, title = "unknown_grant", "No such grant"


class UnknownMember(Refusal):
    code, title = "unknown_member", "No such member"


class AddressTaken(Refusal):
    code, title = "address_taken", "Another account has this address"


class RecordChanged(Refusal):
    """Somebody else has written in between. What reads again and tries again gets over it."""

    code, title = "record_changed", "Somebody else changed this"


class StoreUnavailable(Refusal):
    """The tables, the queue or the signer did not answer. Worth another try, and worth waking someone."""

    code, title = "store_unavailable", "Temporarily unavailable"

    def __init__(self, detail: str = "This does not work at the moment. Try again in a minute.") -> None:
        super().__init__(detail)


class InvalidField(Refusal):
    """One field of what was sent cannot be taken. `field` names it: its sentence stands beside it on the page."""

    code, title = "invalid_field", "Not possible like this"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


class UnknownPlan(Refusal):
    code, title = "unknown_plan", "No such plan"


class PlanUnavailable(Refusal):
    """The processor does not sell what the page offers. Nobody pays another price than they were shown."""

    code, title = "plan_unavailable", "Not for sale at the moment"


class UnknownCampaign(Refusal):
    code, title = "unknown_campaign", "No such campaign"


class UnknownOrder(Refusal):
    code, title = "unknown_order", "No such order"


class AlreadyMember(Refusal):
    code, title = "already_member", "A membership is running"


class NothingToManage(Refusal):
    code, title = "nothing_to_manage", "Nothing is being paid"


class KeyReused(Refusal):
    code, title = "idempotency_key_reused", "That key was used for something else"


class StillRunning(Refusal):
    code, title = "still_running", "The same is being done already"


class ProcessorUnavailable(Refusal):
    """Whoever takes the money does not answer. Nothing was charged."""

    code, title = "processor_unavailable", "Payments are out of reach"

    def __init__(self) -> None:
        super().__init__("Payments cannot be reached at the moment. Nothing was charged: try again in a minute.")


class ProcessorRefused(Refusal):
    """Whoever takes the money will not do it, however often it is asked. `reason` is for whoever runs the paper."""

    code, title = "processor_refused", "Payments do not work right now"

    def __init__(self, reason: str) -> None:
        super().__init__("This cannot be paid for at the moment. Nothing was charged, and somebody has been told.")
        self.reason = reason


class WebhooksClosed(Refusal):
    """No secret is known by which a webhook could prove itself: none is believed."""

    code, title = "webhooks_closed", "Not taken here"


class InvalidSignature(Refusal):
    """A webhook that nobody can have sent who knows the secret, or not now. `reason` is for whoever runs the paper."""

    code, title = "invalid_signature", "Not signed for this"

    def __init__(self, reason: str) -> None:
        super().__init__("This is not signed as it has to be.")
        self.reason = reason


class WrongMode(Refusal):
    """What is of the processor's test mode where money is meant, or the other way round."""

    code, title = "wrong_mode", "Of another mode"


class PaymentMismatch(Refusal):
    """The processor speaks of something else than was ordered. `what` names it; nothing is granted."""

    code, title = "payment_mismatch", "Not what was ordered"

    def __init__(self, what: str) -> None:
        super().__init__(f"The {what} is not what was ordered.")
        self.what = what


class ImpossibleTransition(Refusal):
    code, title = "impossible_transition", "That cannot follow"


class MailRefused(Refusal):
    """A mail that is not taken, however often one tries."""

    code, title = "mail_refused", "The mail is not taken"


class MailUncertain(Refusal):
    """Nobody knows whether it was sent: the answer did not come."""

    code, title = "mail_uncertain", "The mail may have been sent"


class InvalidTrust(Refusal):
    """Nobody may be trusted so. `problems` says each fault, with its place."""

    code, title = "invalid_trust", "Nobody can be trusted so"

    def __init__(self, *problems: str) -> None:
        super().__init__(" ".join(f"{problem.rstrip('.')}." for problem in problems))
        self.problems = problems


class UnusableTrust(Refusal):
    """Whom to trust cannot be read, or is not said in our words."""

    code, title = "unusable_trust", "Nobody can be trusted right now"


class InvalidToken(Refusal):
    """A token of another issuer that is not exactly what was agreed on. Its words hold nothing of the token."""

    code, title = "invalid_token", "Not a token for this"


class ExpiredToken(Refusal):
    code, title = "expired_token", "The token has expired"


class UnknownIssuer(Refusal):
    code, title = "unknown_issuer", "Not an issuer that is trusted here"


class IssuerUnavailable(Refusal):
    """The issuer's keys cannot be had right now. `reason` is for whoever runs the paper, not for who sent the token."""

    code, title = "issuer_unavailable", "The issuer does not answer"

    def __init__(self, reason: str) -> None:
        super().__init__("The token's issuer cannot be asked for its keys right now. Try again in a minute.")
        self.reason = reason


class NoTier(Refusal):
    code, title = "no_tier", "The token opens nothing here"


class UnknownAudience(Refusal):
    code, title = "unknown_audience", "Not an audience that is known here"


class IdentityUnavailable(Refusal):
    """The key that signs identity tokens cannot be used right now."""

    code, title = "identity_unavailable", "Temporarily unavailable"


class NoStack(Refusal):
    """There is nothing to talk to: no local stack runs, or no stack of that name is deployed."""

    code, title = "no_stack", "No stack"


class NotAdopted(Refusal):
    """What a deleted stack has left behind cannot be taken into a new one. It says why, and what to do."""

    code, title = "not_adopted", "Not taken in"


class FolderTaken(Refusal):
    """Something lies there that a backup must not be mixed with."""

    code, title = "folder_taken", "Take another folder"


class UnusableBackup(Refusal):
    """What lies in the folder is no backup, not a whole one, not as it was written, or not for this stack."""

    code, title = "unusable_backup", "This backup cannot be used"


class NotOffered(Refusal):
    """The paper has not switched it on."""

    code, title = "not_offered", "Not offered"


class MembersOnly(Refusal):
    code, title = "members_only", "For members"


class AlreadyOpen(Refusal):
    """Nothing would open that is not open already, to whoever asks or to everyone: nothing is counted."""

    code, title = "already_open", "Open already"


class GiftsUsedUp(Refusal):
    code, title = "gifts_used_up", "No gifts left"


class MeterUsedUp(Refusal):
    code, title = "meter_used_up", "No free articles left"
