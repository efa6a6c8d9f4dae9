from genesys_cli.config.chips import load_chip
from genesys_cli.config.schema import Settings
from genesys_cli.config.toml import parse
from genesys_cli.files.identity import changed, decisive_toml, differences, value_of

SOFTWARE = Settings()
CHIP = Settings(chip=load_chip().settings)
OTHER = Settings(chip=load_chip(None, ["eve.pes=4", "noc.kind=unicast"]).settings)


def test_the_chip_is_part_of_what_a_run_is():
    assert parse(decisive_toml(CHIP))["eve"]["pes"] == 256
    assert "eve" not in parse(decisive_toml(SOFTWARE))
    assert set(differences(CHIP, OTHER)) == {"eve.pes", "noc.kind"}
    assert set(differences(CHIP, CHIP)) == set()


def test_a_run_with_a_chip_and_one_without_differ():
    for pair in ((SOFTWARE, CHIP), (CHIP, SOFTWARE)):
        assert {"eve.pes", "adam.rows", "genes.layout"} <= set(differences(*pair))
    assert value_of(CHIP, "eve.pes") == 256
    assert value_of(SOFTWARE, "eve.pes") is None


def test_changing_how_a_run_is_carried_out_keeps_its_chip():
    after = changed(OTHER, {"run.threads": 3, "neat.generations": 7})
    assert after.chip == OTHER.chip
    assert (after.run.threads, after.neat.generations) == (3, 7)
    assert list(differences(after, OTHER)) == []
