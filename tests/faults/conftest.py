"""Somebody who is signed in."""

from tests.functions.conftest import ada as ada
from tests.functions.conftest import house as house
