"""What settings a chip takes, and what is said of others."""

from __future__ import annotations

from typing import Any

import pytest

from genesys_cli.accelerator.cpu import Interface
from genesys_cli.backends.chip.model import ChipModel
from genesys_cli.config.chip import ChipSettings
from genesys_cli.config.neat import NeatSettings
from genesys_cli.errors import UserError


@pytest.mark.parametrize(
    ("chip", "message"),
    [
        ({"adam": {"activations": ["tanh", "relu"]}}, "neat.output_activation is 'cube', .* no table; .* tanh, relu"),
        ({"genes": {"layout": "rtl8"}}, "neat.output_activation: the activation 'cube' has no number"),
    ],
)
def test_an_activation_of_outputs_that_a_chip_lacks_is_refused(chip: dict[str, Any], message: str) -> None:
    neat = NeatSettings(output_activation="cube")
    ChipModel(neat, ChipSettings(), Interface(2, 1))
    with pytest.raises(UserError, match=message):
        ChipModel(neat, ChipSettings.model_validate(chip), Interface(2, 1))
