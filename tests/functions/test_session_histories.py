"""Any history of signing in, renewing, reusing and signing out, on three devices, leaves what a simple model says."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shared.domain.sessions import GRACE_SECONDS, IDLE_SECONDS
from tests.functions.visitor import House, Visitor

DEVICES = st.integers(0, 2)


class Model:
    """One device as it ought to be: whether its session lives, which secrets it has had, and since when the last."""

    def __init__(self) -> None:
        self.lives = False
        self.secrets: list[str] = []
        self.rotated_at = 0.0

    def renewed(self, secret: str, now: float) -> None:
        self.secrets.append(secret)
        self.rotated_at = now

    def takes(self, secret: str, now: float) -> bool:
        """Whether this secret lets in; the death of the session where it does not is the caller's to note."""
        if not self.lives or now >= self.rotated_at + IDLE_SECONDS:
            return False
        if secret == self.secrets[-1]:
            return True
        return len(self.secrets) > 1 and secret == self.secrets[-2] and now < self.rotated_at + GRACE_SECONDS


class Histories(RuleBasedStateMachine):
    @initialize()
    def three_devices(self) -> None:
        self.house = House()
        self.models = [Model() for _ in range(3)]
        self.browsers = [Visitor(self.house, address=f"203.0.113.{n}") for n in range(3)]
        for device in range(3):
            self.sign_in(device)

    @rule(device=DEVICES)
    def sign_in(self, device: int) -> None:
        self.house.doors.limits.counts.clear()  # type: ignore[attr-defined]
        self.browsers[device].sign_in()
        self.models[device] = Model()
        self.models[device].lives = True
        self.models[device].renewed(self._cookie(device), self.house.now)

    @rule(device=DEVICES)
    def renew(self, device: int) -> None:
        self._present(device, len(self.models[device].secrets) - 1)

    @rule(pick=st.integers(0, 5), back=st.integers(1, 3))
    def present_an_old_secret(self, pick: int, back: int) -> None:
        there = [n for n, model in enumerate(self.models) if model.lives and len(model.secrets) > back]
        if there:
            device = there[pick % len(there)]
            self._present(device, len(self.models[device].secrets) - 1 - back)

    @rule(device=DEVICES, again=st.booleans())
    def renew_after_a_while(self, device: int, again: bool) -> None:
        self.wait(3600)
        for _ in range(1 + again):
            self.renew(device)

    @rule(device=DEVICES)
    def sign_out(self, device: int) -> None:
        model = self.models[device]
        if model.lives and model.takes(model.secrets[-1], self.house.now):
            self._as_latest(device).post("/api/members/sign-out")
            model.lives = False

    @rule(device=DEVICES)
    def sign_out_everywhere(self, device: int) -> None:
        model = self.models[device]
        if model.lives and model.takes(model.secrets[-1], self.house.now):
            self._as_latest(device).post("/api/members/sign-out", {"everywhere": True})
            for each in self.models:
                each.lives = False

    @rule(by=DEVICES, device=DEVICES)
    def end_another(self, by: int, device: int) -> None:
        one, other = self.models[by], self.models[device]
        alive = [each.lives and each.takes(each.secrets[-1], self.house.now) for each in (one, other)]
        if all(alive) and by != device:
            browser = self._as_latest(by)
            browser.send("GET", "/api/members/sessions")
            there = self._as_latest(device)
            there.send("GET", "/api/members/sessions")
            id = next(each["id"] for each in there.body["sessions"] if each["is_this"])
            assert browser.send("DELETE", f"/api/members/sessions/{id}").answer.status == 200
            other.lives = False

    @rule(seconds=st.sampled_from([1, GRACE_SECONDS - 1, GRACE_SECONDS, 3600, 86_400, IDLE_SECONDS - 1, IDLE_SECONDS]))
    def wait(self, seconds: int) -> None:
        self.house.now += seconds

    @invariant()
    def the_store_holds_what_the_model_says(self) -> None:
        if not hasattr(self, "models"):
            return
        for device, model in enumerate(self.models):
            if model.secrets:
                lives = model.takes(model.secrets[-1], self.house.now)
                status = self._as_latest(device).send("GET", "/api/members/me").answer.status
                assert status == (200 if lives else 401), (device, status)

    def _present(self, device: int, index: int) -> None:
        model = self.models[device]
        if index < 0:
            return
        secret = model.secrets[index]
        browser = Visitor(self.house, cookies={"__Host-session": secret})
        takes = model.takes(secret, self.house.now)
        assert browser.post("/api/members/passes").answer.status == (200 if takes else 401)
        if takes and secret == model.secrets[-1]:
            model.renewed(browser.cookies["__Host-session"], self.house.now)
        elif not takes:
            model.lives = False  # reused, or over

    def _as_latest(self, device: int) -> Visitor:
        return Visitor(self.house, cookies={"__Host-session": self.models[device].secrets[-1]})

    def _cookie(self, device: int) -> str:
        return self.browsers[device].cookies["__Host-session"]


Histories.TestCase.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)
TestHistories = Histories.TestCase
