"""`python -m infra.ops` is the `frontline` command."""

from infra.ops.cli import app

app(prog_name="frontline")
