"""The whole stack on this machine, in the order it comes up: moto with the template's resources, functions, deliveries,
edge, paper."""

import json
import os
import socket
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from infra.local import distribution as views
from infra.local.edge_cache import EdgeCache
from infra.local.edge_runtime import EdgeFunction
from infra.local.front_door import Edge
from infra.local.http_api import HttpApi
from infra.local.http_server import HttpServer
from infra.local.local_pages import DAY, LocalPages
from infra.local.origins import Bucket, FunctionUrl, Origin
from infra.local.policies import ApiOrigin, BucketOrigin, Distribution
from infra.local.template import REGION, Attribute, Template, begin_loading
from infra.local.till.page_forms import PageError
from infra.local.till.till import Till
from infra.local.workers import (
    PROCESSES,
    FunctionFailedError,
    FunctionPool,
    FunctionStoppedError,
    FunctionTimedOutError,
)
from infra.template import TEMPLATE

RECONCILE: Final = "ReconcileFunction"
PARAMETERS: Final = {"MailFrom": "post@frontline.example"}  # whom nobody has to verify here


class PortTakenError(Exception):
    """Somebody else listens where the front door was to be."""


class LocalStack:
    """Up when it has been made; `stop` ends it. `clock` is the cache's alone (seconds)."""

    def __init__(
        self,
        port: int,
        state: Path,
        clock: Callable[[], float] = time.time,
        template: Path = TEMPLATE,
    ) -> None:
        self._state = state
        self._stops: list[Callable[[], object]] = []
        listening = _listen(port)
        self._stops.append(listening.close)
        self.site_host = f"127.0.0.1:{listening.getsockname()[1]}"
        self.site_url = f"http://{self.site_host}"
        try:
            self._start(listening, begin_loading(template, PARAMETERS), clock)
        except BaseException:
            self.stop()
            raise

    def _start(self, listening: socket.socket, waiting: Callable[[], Template], clock: Callable[[], float]) -> None:
        # Imported while the template is being transformed: moto and boto3 take as long.
        from infra.local.cloud import Cloud
        from infra.local.deliveries import Delivery, depths, mappings
        from infra.local.schedules import Schedules, daily_event
        from infra.local.seed import paper_of, remember, seed
        from infra.local.shop import set_up
        from infra.local.topics import Subscriber, subscriptions
        from infra.ops.stack import Stack
        from shared.domain.tiers import Tier

        template = waiting()
        cloud = Cloud(template, self.site_host, self._purge)
        self._stops.append(cloud.stop)
        cloud.start()
        log = self._state.parent / "log"
        self.pools: dict[str, FunctionPool] = {}
        self.till = Till(self.site_url, lambda: self._reconcile(daily_event(RECONCILE)))
        self._stops.append(self.till.stop)
        cloud.fill_secret("StripeKey", self.till.key)
        mapped = mappings(template, cloud.attribute)
        for logical_id, spec in views.functions(template, cloud.attribute).items():
            # Deliveries come one at a time.
            size = 1 if logical_id in {each.function for each in mapped} else PROCESSES
            cloud.counting.read(log / f"{logical_id}.jsonl")
            self.pools[logical_id] = FunctionPool(
                spec,
                cloud.endpoint,
                log / f"{logical_id}.jsonl",
                size,
                self.till.url,
                called=cloud.counting.of_function(spec.name),
            )
            self._stops.append(self.pools[logical_id].stop)
        shape = views.distribution(template, cloud.attribute)
        self.cache = EdgeCache(shape, clock)
        self.info: dict[str, Any] = {
            "site_url": self.site_url,
            "aws_endpoint": cloud.endpoint,
            "endpoints": {**cloud.endpoints, "stripe": self.till.url},
            "region": REGION,
            "pid": os.getpid(),
            "outputs": cloud.outputs(),
            "resources": cloud.resources(),
        }
        self.pages = LocalPages(
            self.site_url,
            [
                ("the site", self.site_url),
                ("AWS (moto)", cloud.endpoint),
                ("Stripe (the till)", self.till.url),
                *((f"function {name}", f"{pool.spec.handler}, log in {log}") for name, pool in self.pools.items()),
                ("this stack's state", str(self._state)),
            ],
            depths,
            lambda tier: Stack.at(self.info).passes().mint(Tier(tier), time.time(), DAY),
            cloud.mails.play,
            self.till.answer,
        )
        cloud.mails.on_mail = self.pages.note_mail
        edge = Edge(
            distribution=shape,
            distribution_id=(distribution_id := str(self.info["outputs"].get("DistributionId", "local"))),
            functions=_edge_functions(shape, lambda store, key: cloud.store(store).read(key)),
            origins=_origins(shape, self.pools, cloud.attribute, cloud.endpoint),
            cache=self.cache,
            pages=self.pages.answer,
            answered=cloud.counting.of_edge(distribution_id),
        )
        for each in mapped:
            self._stops.append(Delivery(each, self.pools[each.function]).stop)
        for told in subscriptions(template, cloud.attribute):
            self._stops.append(Subscriber(told, self.pools[told.function]).stop)
        schedules = Schedules(time.time)  # not the cache's clock: what it wakes goes by the time of day
        schedules.start()
        self._stops.append(schedules.stop)
        door = HttpServer(listening, edge.respond)
        door.start()  # for the till, which is behind it: nobody else has been told yet
        self._stops.append(door.stop)
        with ThreadPoolExecutor(1) as beside:  # both wait for others, mostly
            selling = beside.submit(set_up, self.till, paper_of(self.site_url))
            self.articles = seed(self.info)
        opened = selling.result()
        cloud.fill_secret("WebhookSecret", opened.webhook_secret)
        remember(self.info, {"manage_url": opened.manage_url})
        self.pages.note_articles(self.articles)
        self._state.parent.mkdir(parents=True, exist_ok=True)
        draft = self._state.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(self.info, indent=2))
        draft.replace(self._state)  # whoever looks finds the whole of it or none
        self._stops.append(self._forget_state)

    def stop(self) -> None:
        """End everything, in the opposite order, and take the state file away. May be called again."""
        while self._stops:
            self._stops.pop()()

    def _reconcile(self, event: Mapping[str, Any]) -> Any:
        pool = self.pools[RECONCILE]
        try:
            return pool.invoke(event, pool.spec.timeout)
        except (FunctionFailedError, FunctionStoppedError, FunctionTimedOutError) as error:
            raise PageError(502, f"It did not succeed: {error}") from error

    def _forget_state(self) -> None:
        try:
            if json.loads(self._state.read_text())["pid"] == os.getpid():  # not another stack's, started since
                self._state.unlink()
        except FileNotFoundError:
            pass

    def _purge(self, items: list[str]) -> None:
        cache: EdgeCache | None = getattr(self, "cache", None)
        if cache is not None:
            self.pages.note_purge(items, cache.purge(items))


def _listen(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # not a live one: only what is still in TIME_WAIT
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen(256)
    except OSError as error:
        listening.close()
        raise PortTakenError(
            f"Port {port} cannot be had ({error.strerror}): end what listens there, or give another (--port 0: any)."
        ) from error
    return listening


def _edge_functions(shape: Distribution, read: Callable[[str, str], str | None]) -> dict[str, EdgeFunction]:
    sources = {
        source.logical_id: source
        for behaviour in shape.behaviours
        for source in (behaviour.viewer_request, behaviour.viewer_response)
        if source is not None
    }

    def reader(store: str | None) -> Callable[[str], str | None]:
        return (lambda key: None) if store is None else (lambda key: read(store, key))

    return {name: EdgeFunction(source.source, reader(source.store)) for name, source in sources.items()}


def _origins(
    shape: Distribution, pools: Mapping[str, FunctionPool], attribute: Attribute, endpoint: str
) -> dict[str, Origin]:
    made: dict[str, Origin] = {}
    for behaviour in shape.behaviours:
        origin = behaviour.origin
        if isinstance(origin, BucketOrigin):
            made[origin.origin_id] = Bucket(str(attribute(origin.bucket, None)), endpoint, origin.path)
        elif isinstance(origin, ApiOrigin):
            made[origin.origin_id] = HttpApi(pools, origin)
        else:
            made[origin.origin_id] = FunctionUrl(pools[origin.function], origin)
    return made
