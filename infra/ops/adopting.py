"""`frontline adopt`: a stack that was deleted is made again over the data that it has left behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from infra.ops.adopt import Json, Left, chosen, import_template, last_left, read_left
from infra.ops.terminal import err, out, plain, plainly
from infra.template import read_template
from shared.domain.moments import moment
from shared.domain.refusals import NotAdopted

app = typer.Typer()


@app.command()
def adopt(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")] = False,
    deleted: Annotated[
        str | None,
        typer.Option(
            "--deleted", metavar="STACK_ID", help="Which deleted stack, by its ARN; without: the last of that name."
        ),
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FILE.json", help="What there is, where CloudFormation forgot it.")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="ID", help="Make this anew, empty, such as StripeKey; may be given again."),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FOLDER", help="Write what CloudFormation is given there, and stop."),
    ] = None,
) -> None:
    """Take what a deleted stack has left behind (buckets, tables, keys, secrets) into a new stack of the same name.

    Nothing in them is changed or copied: CloudFormation is told that they are its own again. Then `sam build && sam
    deploy` makes the rest around them, and `frontline setup` says what else there is to do. It asks first; a stack that
    is there is left alone.

    Try it: `frontline --stack NAME adopt --to adopted`
    """
    with plainly():
        name, stacks = context.obj.stacks()
        if stacks.is_there(name):
            raise NotAdopted(f"The stack “{name}” is there: `sam deploy` changes it, and nothing has to be taken in.")
        template = read_template()
        if source is None:
            stack, found = last_left(stacks, name, deleted)
            err.print(f"{stack.stack_id}, deleted at {moment(stack.at)}, has left:", markup=False)
        else:
            found = read_left(source)
        left = chosen(template, found, without or ())
        taken = import_template(template, left)
        for one in left:
            out.print(plain(f"{one.logical_resource_id:<15} {one.resource_type:<28} {one.name}"), markup=False)
        for missing in without or ():
            out.print(f"{missing:<15} is going to be made anew, empty", markup=False)
        if to is not None:
            _write(to, taken, left)
            return
        if not yes:
            typer.confirm(f"Make the stack “{name}” of these?", abort=True, err=True)
        stacks.take_in(name, taken, left)
        out.print(f"The stack “{name}” has {len(left)} resources again.", markup=False)
        err.print("Next: `sam build && sam deploy`, then `frontline setup`.")


def _write(folder: Path, template: Json, left: tuple[Left, ...]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "template.json").write_text(json.dumps(template, indent=2, default=str) + "\n", encoding="utf-8")
        written = [msgspec.to_builtins(one) for one in left]
        (folder / "resources.json").write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise NotAdopted(f"{folder} cannot be written to: {error.strerror or error}.") from error
    out.print(f"{folder}/template.json and {folder}/resources.json are written; nothing else was done.", markup=False)
