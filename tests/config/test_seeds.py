"""Seeds as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_cli.config.seeds import MOST, parse_seeds, seeds_text, seeds_words
from genesys_cli.errors import UserError


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("0-3", (0, 1, 2, 3)),
        ("0-2,7,9", (0, 1, 2, 7, 9)),
        (" 3 , 5-6 ", (3, 5, 6)),
        ("7,8", (7, 8)),
        ("0-1,2-3", (0, 1, 2, 3)),
        (f"0,{2**63 - 1}", (0, 2**63 - 1)),
    ],
)
def test_ranges_and_single_seeds(text, seeds):
    assert parse_seeds(text) == seeds


@given(st.sets(st.integers(0, 60), min_size=2).map(sorted))
def test_what_is_written_is_read_again(seeds):
    assert parse_seeds(seeds_text(seeds)) == tuple(seeds)


def test_what_is_proposed_fits_the_option():
    for text, said in (("20", "for 20 seeds write --held-out 100-119"), ("0", "write several, such as 0-19")):
        with pytest.raises(UserError) as error:
            parse_seeds(text, "--held-out", first_of=100, alone="")
        assert str(error.value).endswith(f"a study has several seeds; {said}") or said.startswith("write several")
        assert said in str(error.value)
        assert "--seed " not in str(error.value)


def test_words():
    assert seeds_words([4]) == "seed 4"
    assert seeds_words([0, 1, 2, 5]) == "seeds 0-2,5"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("20", "for 20 seeds write --seeds 0-19, for one run with it --seed 20"),
        ("0", "--seeds 0: is one number, but a study has several seeds; for one run with it --seed 0"),
        ("3-3", "is one seed, but a study has several; for one run write --seed 3"),
        ("-3", "'-3' is negative"),
        ("1,-2", "'-2' is negative"),
        ("4-0", "4-0 descends; write 0-4"),
        ("0-4,3", "3 overlaps what is before it"),
        ("0-4,4-6", "4-6 overlaps what is before it"),
        ("1,1", "1 overlaps what is before it"),
        ("9,3", "3 comes after a larger one"),
        ("", "'' is neither a seed nor a range of seeds"),
        ("1,", "'' is neither a seed nor a range of seeds"),
        ("a-b", "'a-b' is neither a seed nor a range of seeds"),
        ("1.5,2", "'1.5' is neither a seed nor a range of seeds"),
        ("3-4-5", "'3-4-5' is neither a seed nor a range of seeds"),
        ("١-٣", "is neither a seed nor a range of seeds"),
        (f"0-{MOST}", f"has more than {MOST:,} seeds"),
        (f"0-{2**62}", f"has more than {MOST:,} seeds"),
        (f"0,{2**63}", "is larger than any seed"),
        ("1" * 5000, "is one number"),
    ],
)
def test_what_is_not_plain_is_refused(text, said):
    with pytest.raises(UserError) as error:
        parse_seeds(text)
    assert said in str(error.value)
    assert len(str(error.value)) < 300
