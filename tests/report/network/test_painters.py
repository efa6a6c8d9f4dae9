"""The same drawing as SVG and as pixels."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from genesys_cli.report.network import raster, svg
from genesys_cli.report.network.drawing import (
    NEGATIVE,
    POSITIVE,
    Activity,
    Curve,
    Disc,
    Words,
    describe,
    drawing_of,
    moment_of,
)
from genesys_cli.report.network.graph import graph_of
from genesys_cli.report.network.layout import layout_of
from reference.genome import Conn, Genome, Node, population_of

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def genome():
    """Two inputs, one hidden node, two outputs, a link back and a disabled one."""
    genome = Genome(2, 2)
    for key, bias, activation in ((2, 1.0, 0), (3, -0.5, 0), (4, 0.0, 2)):
        genome.nodes[key] = Node(np.float32(bias), np.float32(1), activation, 0)
    links = ((0, 4, 2.0, True), (1, 4, -1.0, True), (4, 2, 0.25, True), (4, 4, -0.5, True), (1, 3, 3.0, False))
    for number, (source, target, weight, enabled) in enumerate(links):
        genome.conns[number] = Conn(source, target, np.float32(weight), enabled)
    return population_of([genome])


@pytest.fixture
def layout(genome):
    return layout_of(graph_of(genome, ["angle <a>", "speed & more"], ["left", "right"], everything=True))


@pytest.fixture
def drawing(layout):
    return drawing_of(layout, describe(layout.graph, "x"))


def test_links_say_their_weight_by_width_tone_and_title(drawing):
    links = {item.title: item for item in drawing.items if isinstance(item, Curve) and item.title}
    assert set(links) == {
        "angle <a> to node 4: weight 2",
        "speed & more to node 4: weight -1",
        "node 4 to left: weight 0.25",
        "node 4 to node 4: weight -0.5",
        "speed & more to right: weight 3, disabled",
    }
    named = ("weight 2", "weight -1", "weight 0.25", "weight -0.5", "disabled")
    two, one, quarter, loop, off = (links[title] for end in named for title in links if title.endswith(end))
    assert two.width > one.width > loop.width > quarter.width
    assert (two.tone, one.tone, loop.tone, quarter.tone) == (POSITIVE, NEGATIVE, NEGATIVE, POSITIVE)
    assert [link.dashed for link in (two, one, quarter, loop, off)] == [False] * 4 + [True]
    assert [link.arrow for link in (two, one, quarter, loop)] == [False, False, False, True]


def test_nodes_say_their_bias_and_unusual_functions(drawing):
    discs = {item.title.partition(":")[0]: item for item in drawing.items if isinstance(item, Disc)}
    assert discs["left"].tone == POSITIVE
    assert discs["right"].tone == NEGATIVE
    assert discs["left"].strength == 2 * discs["right"].strength > 0 == discs["node 4"].strength
    assert discs["left"].title == "left: tanh, bias 1, response 1"
    said = [item.text for item in drawing.items if isinstance(item, Words)]
    assert said.count("relu") == 1
    assert {"nodes: tanh", "widest: 2", "disabled", "angle <a>"} <= set(said)
    assert drawing.title == "Network of x: 2 inputs, 1 hidden node, 2 outputs, 4 connections"


def test_the_svg_is_sound_and_holds_all(drawing):
    root = ET.fromstring(svg.paint(drawing))
    paths = root.findall(f"./{SVG}g[@class='links']/{SVG}path")
    curves = [item for item in drawing.items if isinstance(item, Curve)]
    assert [path.findtext(f"{SVG}title") or "" for path in paths] == [item.title for item in curves]
    assert [float(path.get("stroke-width")) for path in paths] == pytest.approx([one.width for one in curves], abs=0.01)
    words = [item for item in drawing.items if isinstance(item, Words)]
    assert [text.text for text in root.iter(f"{SVG}text")] == [item.text for item in words]
    assert (root.get("role"), root.get("aria-label")) == ("img", drawing.title)
    assert root.find(f"{SVG}rect") is None
    style = root.findtext(f"{SVG}style")
    assert "prefers-color-scheme:dark" in style
    assert "var(--network-positive,#0072B2)" in style


def test_the_svg_can_have_a_ground(drawing):
    root = ET.fromstring(svg.paint(drawing, ground=True))
    assert root.find(f"{SVG}rect").get("class") == "ground"


def colour(name, strength=1.0, *, dark=False):
    tones = {tone: raster._rgb(text) for tone, text in (svg.DARK if dark else svg.LIGHT).items()}
    pairs = zip(tones[name], tones["ground"], strict=True)
    return [round(over * strength + under * (1 - strength)) for over, under in pairs]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_pixels_show_the_same(drawing, dark):
    pytest.importorskip("PIL")
    pixels = np.asarray(raster.paint(drawing, 2.0, dark=dark), int)
    assert pixels.shape == (round(drawing.height * 2), round(drawing.width * 2), 3)
    for item in drawing.items:
        if isinstance(item, Disc):
            seen = pixels[round(item.y * 2), round(item.x * 2)]
            np.testing.assert_allclose(seen, colour(item.tone, item.strength, dark=dark), atol=3)
    (thick,) = (item for item in drawing.items if isinstance(item, Curve) and item.title.endswith("weight 2"))
    x, y = raster.flattened(thick.points)[raster.PIECES // 2]
    assert np.abs(pixels[round(y * 2), round(x * 2)] - colour(POSITIVE, thick.strength, dark=dark)).max() <= 25
    ground = np.array(colour("ground", dark=dark))
    for edge in (pixels[:2], pixels[-2:], pixels[:, :2], pixels[:, -2:]):
        assert (edge == ground).all()  # nothing is cut off


def test_a_moment_shows_values(layout):
    values = np.array([1.0, -0.5, 0.0, 0.25, -1.0], np.float32)  # in the order of ids
    activity = Activity(values, values, np.ones(5, np.float32), 2.0, chosen=3)
    moment = moment_of(layout, activity)
    discs = [(item.tone, item.strength) for item in moment.items if isinstance(item, Disc)]
    at = [node.value_at for node in layout.graph.nodes]
    wanted = [(POSITIVE if values[k] >= 0 else NEGATIVE, abs(float(values[k]))) for k in at]
    assert discs == wanted
    strengths = {}
    enabled = [one for one in layout.graph.links if one.enabled]
    for link, item in zip(
        sorted(enabled, key=lambda one: abs(one.weight * values[at[one.source]])),
        (item for item in moment.items if isinstance(item, Curve)),
        strict=True,
    ):
        strengths[link.weight] = (item.tone, item.strength)
    assert strengths[2.0] == (POSITIVE, 1.0)  # 2 × 1 is the largest that a link carries
    assert strengths[-1.0][0] == POSITIVE  # -1 × -0.5
    assert strengths[0.25][0] == NEGATIVE  # 0.25 × -1
    tones = {item.text: item.tone for item in moment.items if isinstance(item, Words)}
    assert (tones["right"], tones["left"]) == ("ink", "faint")


def test_letters_are_drawn_where_they_belong():
    """A word's pixels lie beside the node that it names."""
    pytest.importorskip("PIL")
    genome = Genome(1, 1, {1: Node(np.float32(0), np.float32(1), 0, 0)}, {})
    drawing = drawing_of(layout_of(graph_of(population_of([genome]), ["in"], ["out"])), "")
    pixels = np.asarray(raster.paint(drawing, 2.0), int)
    dark = np.argwhere(pixels.max(axis=2) < 150)
    (word,) = (item for item in drawing.items if isinstance(item, Words) and item.text == "in")
    inside = (np.abs(dark[:, 0] / 2 - word.y) < 10) & (dark[:, 1] / 2 < word.x) & (dark[:, 1] / 2 > word.x - 20)
    assert inside.sum() > 20
