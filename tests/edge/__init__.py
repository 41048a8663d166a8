"""The edge functions under their own engine."""
