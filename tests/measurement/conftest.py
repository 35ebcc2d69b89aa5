"""A shop of two known visitors, for the tests of what brings people."""

from __future__ import annotations

import pytest

from tests.measurement.touched import World


@pytest.fixture
def world() -> World:
    made = World()
    made.person("anna", anonymous_id="a", email="anna@shop.example", phone="+33612345678")
    made.person("ben", anonymous_id="b")
    return made
