"""One edge for all tests that leave its store alone."""

import pytest

from tests.edge.edge import Edge


@pytest.fixture(scope="session")
def edge() -> Edge:
    return Edge()
