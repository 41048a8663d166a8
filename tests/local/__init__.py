"""Tests of the stack on this machine, part by part; the whole is walked through in tests/journeys."""
