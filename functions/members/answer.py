"""From a request to its answer, as every function does that knows a person."""

from __future__ import annotations

from typing import Final

from functions.members.pages import is_page
from functions.members.refused import refused
from functions.members.route import Doors
from functions.members.routes import name_of, route_of
from shared.personal.answering import Desk

DESK: Final = Desk[Doors](route_of, name_of, refused, is_page, signs_out=True)
