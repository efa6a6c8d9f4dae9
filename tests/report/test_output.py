"""What a command may write over."""

import pytest

from genesys_cli.errors import UserError
from genesys_cli.files.folder import OWN, SETTINGS
from genesys_cli.report.output import check_output


@pytest.mark.parametrize("settings", SETTINGS)
def test_no_command_writes_over_the_files_of_a_run(tmp_path, settings):
    own = (OWN - set(SETTINGS)) | {settings}
    for name in (*own, "report.html", "network.json"):
        (tmp_path / name).touch()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "champion.json").touch()
    for name in own:
        with pytest.raises(UserError, match="is a file of the run itself, which would be lost; choose another name"):
            check_output("--output", tmp_path / name, overwrite=True)
    for name in ("report.html", "network.json"):
        check_output("--output", tmp_path / name, overwrite=True)
    check_output("--output", tmp_path / "other" / "champion.json", overwrite=True)
    with pytest.raises(UserError, match="or add --force"):
        check_output("--output", tmp_path / "report.html", overwrite=False)
