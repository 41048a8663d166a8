"""The whole stack on this machine: moto, the front door, the edge functions in QuickJS."""
