"""login and completion: what is done once."""

from __future__ import annotations

import os
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from lineament.connection.choice import CERTIFICATE, ENDPOINT, KEY, clean_endpoint, clean_key
from lineament.connection.client import Client
from lineament.connection.config import Connection, config_file, write_config
from lineament.connection.local_service import find_local_service
from lineament.service.collections import FACE
from lineament.session import EXISTING_FILE, json_option
from lineament.terminal import Output


@click.command()
@click.option("--endpoint", envvar=ENDPOINT, help=f"Address of the service. [{ENDPOINT}]")
@click.option("--key", envvar=KEY, help=f"Its key; prompted for if missing. [{KEY}]")
@click.option(
    "--ca-certificate", type=EXISTING_FILE, envvar=CERTIFICATE, help="Certificates to trust."
)
@json_option
def login(
    endpoint: str | None, key: str | None, ca_certificate: Path | None, as_json: bool
) -> None:
    """Check an endpoint and a key, and store them for later commands."""
    local = find_local_service(os.environ, Path.cwd())
    if not endpoint:
        default = local.endpoint if local else None
        endpoint = click.prompt("Endpoint", default=default, err=True)
    address = clean_endpoint(endpoint)
    is_local = local is not None and local.endpoint == address
    if not key and local is not None and is_local:
        key = local.key
    key = key or click.prompt("Key", hide_input=True, err=True)
    trusted = ca_certificate or (local.certificate if local is not None and is_local else None)
    connection = Connection(address, clean_key(key), trusted)
    with Client(connection) as client:
        client.json("GET", f"{FACE}/persongroups", query={"top": 1})
    file = config_file(os.environ)
    write_config(file, connection)
    stored = {"endpoint": address, "file": str(file)}
    Output(as_json=as_json).line(stored, f"{address} is stored in {file}.")


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a SHELL.

    bash: lineament completion bash > ~/.local/share/bash-completion/completions/lineament

    zsh: lineament completion zsh > _lineament, in a folder of $fpath

    fish: lineament completion fish > ~/.config/fish/completions/lineament.fish
    """
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    root = context.find_root()
    script = found(root.command, {}, "lineament", "_LINEAMENT_COMPLETE")
    click.echo(script.source())
