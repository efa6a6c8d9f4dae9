import io

from rich.console import Console

from genesys_cli.report.progress import Changing, Plain, Silent, choose_progress


def test_lines_are_few_but_the_last_is_there(capsys):
    progress = Plain()
    for done in range(1, 101):
        progress.step(done, 100, f"piece {done}")
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["1 of 100: piece 1", "100 of 100: piece 100"]


def test_quiet_says_nothing(capsys):
    progress = choose_progress(quiet=True)
    assert isinstance(progress, Silent)
    progress.message("x")
    progress.step(1, 2, "x")
    progress.close()
    assert capsys.readouterr().err == ""


def test_a_terminal_has_one_line_that_goes_away():
    file = io.StringIO()
    progress = Changing(Console(file=file, force_terminal=True, width=80))
    progress.step(1, 2, "eve.pes=[1]")
    progress.message("a message")
    progress.step(2, 2, "done")
    progress.close()
    progress.close()
    assert "a message" in file.getvalue()
    assert "1 of 2: eve.pes=[1]" in file.getvalue()
