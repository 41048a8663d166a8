"""The till: a stand-in for Stripe on this machine, with the same wire format and money of no kind."""
