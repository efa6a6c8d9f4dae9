"""``genesys envs``: what can be evolved here."""

from __future__ import annotations

import click

EPILOG = """\b
Example:
  genesys envs --json
"""


@click.command("envs", epilog=EPILOG, short_help="List the environments.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_json: bool) -> None:
    """List what can be evolved here, with the mean return that counts as solved."""
    from ..config.presets import find_preset
    from ..envs.registry import NATIVE
    from ..envs.spec import Box
    from ..report.results import print_json, print_table

    rows: list[dict[str, object]] = []
    for env in NATIVE.values():
        preset = find_preset(env.name)
        rows.append(
            {
                "name": env.name,
                "id": env.id,
                "inputs": env.n_inputs,
                "outputs": env.n_outputs,
                "action": "continuous" if isinstance(env.action, Box) else "discrete",
                "max_steps": env.max_steps,
                "solved_at": env.solved_at,
                "runs": "native",
                "preset": preset.name if preset else None,
            }
        )
    if as_json:
        print_json({"envs": rows})
    else:
        print_table([key.replace("_", " ") for key in rows[0]], [list(row.values()) for row in rows])
