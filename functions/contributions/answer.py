"""From a request to its answer, as every function does that knows a person."""

from __future__ import annotations

from typing import Final

from functions.contributions.doors import Doors
from functions.contributions.refused import refused
from functions.contributions.routes import name_of, route_of
from shared.personal.answering import Desk

DESK: Final = Desk[Doors](route_of, name_of, refused)
