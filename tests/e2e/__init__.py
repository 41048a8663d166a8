"""`make e2e`: the real template deployed into an AWS emulator with its policies enforced, walked, and its policies held
against what was asked."""
