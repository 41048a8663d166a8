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
    code, title = "method_not_allowed", "Method not allowed"


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


class NoStack(Refusal):
    """There is nothing to talk to: no local stack runs, or no stack of that name is deployed."""

    code, title = "no_stack", "No stack"
