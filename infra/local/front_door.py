"""The edge of the stack on this machine: from a viewer's request to the answer, in the steps that CloudFront takes."""

import sys
import uuid
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, replace
from typing import Final

from infra.local import edge_events
from infra.local.edge_cache import EdgeCache
from infra.local.edge_events import EventError
from infra.local.edge_rules import accepted_encodings
from infra.local.edge_runtime import EdgeError, EdgeFunction
from infra.local.messages import Answer, Pairs, Request, edge_error
from infra.local.origins import Origin
from infra.local.policies import Behaviour, BucketOrigin, Distribution, EdgeSource, ResponseHeadersPolicy, Selection

VIA: Final = {"via": "1.1 front-door.frontline (CloudFront on this machine)"}
ERROR: Final = {"x-cache": "Error from frontline"}
# Never the viewer's own: what CloudFront says of the connection and the body, and what concerns the viewer's alone.
SET_HERE: Final = frozenset(
    {
        *("host", "cookie", "content-length", "via", "x-amz-cf-id", "connection", "keep-alive", "proxy-authenticate"),
        *("proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect"),
    }
)
CONDITIONS: Final = frozenset({"if-match", "if-none-match", "if-modified-since", "if-unmodified-since"})


@dataclass(frozen=True)
class Edge:
    """What the front door is made of: the distribution, its functions' engines and its origins, by their ids.
    `answered` hears of each answer."""

    distribution: Distribution
    distribution_id: str
    functions: Mapping[str, EdgeFunction]
    origins: Mapping[str, Origin]
    cache: EdgeCache
    pages: Callable[[Request], Answer]
    answered: Callable[[Answer], object] = lambda answer: None

    def respond(self, request: Request, address: str) -> Answer:
        """The answer to a viewer. Whatever goes wrong behind it is an answer too."""
        if request.path == "/_local" or request.path.startswith("/_local/"):
            return self.pages(request)
        answer = self._respond(request, address)
        self.answered(answer)
        return answer

    def _respond(self, request: Request, address: str) -> Answer:
        behaviour = self.distribution.behaviour_for(request.path)
        if request.method not in behaviour.methods:
            return _made_here(403, "Forbidden", f"The distribution does not take {request.method}.")
        context = {
            "distributionDomainName": request.header("host") or "",
            "distributionId": self.distribution_id,
            "requestId": uuid.uuid4().hex,
        }
        try:
            asked = self._viewer_request(request, behaviour, context, address)
            if isinstance(asked, Answer):
                return asked.having({"x-cache": "FunctionGeneratedResponse from frontline"})
            answer = self._error_page(self._through_cache(asked, behaviour, address), request, address)
            answer = _with_policy(answer, behaviour.response_headers)
            return self._viewer_response(asked, answer, behaviour, context, address).having(VIA)
        except (EdgeError, EventError) as error:
            print(f"an edge function failed on {request.path}: {error}", file=sys.stderr)
            return _made_here(503, "Service Unavailable", "The function at the edge failed.", "FunctionExecutionError")

    def _viewer_request(
        self, request: Request, behaviour: Behaviour, context: Mapping[str, str], address: str
    ) -> Request | Answer:
        engine = self._engine(behaviour.viewer_request)
        if engine is None:
            return request
        returned = engine.run(edge_events.viewer_request(request, context, address))
        if "statusCode" in returned:
            return edge_events.answer_of(returned)
        return edge_events.request_of(returned, request)

    def _viewer_response(
        self, request: Request, answer: Answer, behaviour: Behaviour, context: Mapping[str, str], address: str
    ) -> Answer:
        """The viewer-response function is not asked about errors."""
        engine = self._engine(behaviour.viewer_response)
        if engine is None or answer.status >= 400:
            return answer
        returned = engine.run(edge_events.viewer_response(request, answer, context, address))
        return edge_events.answer_of(returned, answer)

    def _engine(self, source: EdgeSource | None) -> EdgeFunction | None:
        return None if source is None else self.functions[source.logical_id]

    def _through_cache(self, request: Request, behaviour: Behaviour, address: str) -> Answer:
        return self.cache.answer(
            request, behaviour, lambda conditions: self._ask(request, behaviour, conditions, address)
        )

    def _error_page(self, answer: Answer, request: Request, address: str) -> Answer:
        """What the distribution has in place of such an error: its page, kept as any object is, under its status.

        No edge function is asked, and of the viewer's request only the encodings count. Where the page is not to be
        had, what its origin said of that is the answer.
        https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/GeneratingCustomErrorResponses.html
        """
        page = self.distribution.error_pages.get(answer.status)
        if page is None:
            return answer
        encodings = tuple(pair for pair in request.headers if pair[0] == "accept-encoding")
        asked = Request("HEAD" if request.method == "HEAD" else "GET", page.path, headers=encodings)
        found = self._through_cache(asked, self.distribution.behaviour_for(page.path), address)
        return replace(found, status=page.status if found.status == 200 else found.status).having(ERROR)

    def _ask(self, request: Request, behaviour: Behaviour, conditions: Pairs, address: str) -> Answer:
        """Ask the origin with what the policies let through, what CloudFront adds, and nothing else of the viewer's.

        https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
        """
        origin = behaviour.origin
        allowed = _let_through(request.headers, behaviour.cache.headers, behaviour.forwards.headers)
        allowed = _without(allowed, SET_HERE | CONDITIONS if conditions else SET_HERE)
        added = {"host": origin.domain, "x-amz-cf-id": uuid.uuid4().hex, **VIA}
        if "user-agent" not in dict(allowed):
            added["user-agent"] = "Amazon CloudFront"
        if behaviour.cache.gzip or behaviour.cache.brotli:  # then what the viewer offers is put in CloudFront's words
            allowed = _without(allowed, {"accept-encoding"})
            if encodings := accepted_encodings(request, behaviour.cache):
                added["accept-encoding"] = encodings
        if not isinstance(origin, BucketOrigin):
            added["x-forwarded-for"] = ", ".join(filter(None, (request.header("x-forwarded-for"), address)))
        if request.method not in {"GET", "HEAD"}:
            added["content-length"] = str(len(request.body))
            if kind := request.header("content-type"):
                added["content-type"] = kind
        allowed = _without(allowed, {**added, **dict(origin.headers)})
        asked = replace(
            request,
            query=_let_through(request.query, behaviour.cache.query, behaviour.forwards.query),
            headers=(*allowed, *added.items(), *origin.headers, *conditions),
            cookies=_let_through(request.cookies, behaviour.cache.cookies, behaviour.forwards.cookies),
        )
        return self.origins[origin.origin_id].answer(asked)


def _without(pairs: Pairs, names: Container[str]) -> Pairs:
    return tuple(pair for pair in pairs if pair[0] not in names)


def _let_through(pairs: Pairs, *selections: Selection) -> Pairs:
    """The pairs that one policy or another lets through, in the order they came."""
    return tuple(pair for pair in pairs if any(selection.picks(pair[0]) for selection in selections))


def _with_policy(answer: Answer, policy: ResponseHeadersPolicy) -> Answer:
    answer = answer.without(*policy.removes)
    present = {name for name, _ in answer.headers}
    return answer.having({name: value for name, value, override in policy.sets if override or name not in present})


def _made_here(status: int, title: str, why: str, outcome: str = "Error") -> Answer:
    return edge_error(status, title, why).having({"x-cache": f"{outcome} from frontline"})
