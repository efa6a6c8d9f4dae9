"""What switches, and what that costs: counted by hand, by a plain evaluation of every cell, and by arithmetic."""

import numpy as np
import pytest

from genesys_cli.errors import UserError
from genesys_cli.rtl.gates.activity import Simulation
from genesys_cli.rtl.gates.energy import CLOCK, LOGIC, REGISTERS, EnergyModel
from genesys_cli.rtl.gates.liberty import COMBINATIONAL, FALL, FLOP, RISE
from genesys_cli.rtl.gates.measure import Scene, cost, gates
from genesys_cli.rtl.gates.netlist import flatten
from genesys_cli.rtl.gates.synth import Options
from genesys_cli.rtl.gates.timing import CLOCK_PS, INPUT_PS, analyse, order
from rtl.gates.conftest import MODULES
from rtl.gates.hand import design, inverters


def ready(mapped, top, library, clock, **options):
    netlist = flatten(mapped, top, library)
    timing = analyse(netlist, library)
    return netlist, timing, Simulation(netlist, timing, clock, **options)


def test_a_chain_of_inverters_costs_what_its_toggles_cost(library):
    """The input changes in every cycle: half of the edges of each net rise."""
    cycles, count = 100, 4
    netlist, timing, simulation = ready(inverters(count, library), "chain", library, "")
    done = simulation.run({"a": np.arange(1, cycles + 1) % 2})
    np.testing.assert_array_equal(done.seen[:, 0], np.arange(1, cycles + 1) % 2)
    assert done.late == 0
    assert done.toggles[0].sum() == cycles * (count + 1)
    table = library.cells["INV_X1"].pins["ZN"].powers[0].energy
    expected = 0.0
    for place in range(count + 1):
        net = netlist.inputs["a"][0] if place == 0 else netlist.instances[place - 1].nets["ZN"]
        expected += cycles * timing.loads[net] * 1.1**2 / 2
        if place > 0:
            slew = sum(timing.slews[netlist.instances[place - 1].nets["A"]]) / 2
            expected += cycles / 2 * sum(table[edge].at(slew, timing.loads[net]) for edge in (RISE, FALL))
    (spent,) = EnergyModel(netlist, library, timing, "").spent(done)
    assert spent.pj == pytest.approx(expected / 1000 / cycles, rel=1e-12)
    assert spent.parts == {CLOCK: 0, REGISTERS: 0, LOGIC: spent.pj}


@pytest.mark.parametrize("moves", [False, True])
def test_a_register_and_its_clock(library, moves):
    """Standing still it costs the clock's two edges at D = Q; moving, what Q, QN and D take comes in their place."""
    ports = {"clk": ("input", [2]), "d": ("input", [3]), "q": ("output", [4])}
    netlist, timing, simulation = ready(
        design("one", ports, [("f", "DFF_X1", {"CK": 2, "D": 3, "Q": 4})], library), "one", library, "clk"
    )
    cycles = 50
    data = np.arange(cycles) % 2 if moves else np.zeros(cycles, int)
    done = simulation.run({"d": data})
    cell = library.cells["DFF_X1"]
    (instance,) = netlist.instances

    def hidden(pin, when, edge, slew):
        (table,) = (power.energy[edge] for power in cell.pins[pin].powers if power.when == when)
        return table.at(slew)

    def output(pin, edge):
        return cell.pins[pin].powers[0].energy[edge].at(CLOCK_PS, timing.loads[instance.nets[pin]])

    nets = {pin: 1.21 / 2 * timing.loads[instance.nets[pin]] for pin in ("CK", "D", "Q", "QN")}
    still = 2 * nets["CK"] + sum(hidden("CK", "!D & !Q & QN", edge, CLOCK_PS) for edge in (RISE, FALL))
    if not moves:
        expected = still
    else:  # D changes while the clock is high, right after Q; the clock then falls with D unlike Q
        falls = hidden("CK", "D & !Q & QN", FALL, CLOCK_PS) + hidden("CK", "!D & Q & !QN", FALL, CLOCK_PS)
        data_edges = hidden("D", "CK & !Q & QN", RISE, INPUT_PS) + hidden("D", "CK & Q & !QN", FALL, INPUT_PS)
        outputs = sum(output(pin, edge) for pin in ("Q", "QN") for edge in (RISE, FALL))
        expected = 2 * nets["CK"] + nets["D"] + nets["Q"] + nets["QN"] + (falls + data_edges + outputs) / 2
    (spent,) = EnergyModel(netlist, library, timing, "clk").spent(done)
    assert spent.pj == pytest.approx(expected / 1000, rel=0.03 if moves else 1e-12)  # its first cycles differ
    assert (done.seen[2:, 0] == data[1:-1]).all()


def test_a_closed_clock_gate_stops_the_clock(library):
    ports = {"clk": ("input", [2]), "en": ("input", [3]), "d": ("input", [4]), "q": ("output", [6])}
    cells = [
        ("g", "CLKGATE_X1", {"CK": 2, "E": 3, "GCK": 5}),
        ("f", "DFF_X1", {"CK": 5, "D": 4, "Q": 6}),
    ]
    netlist, timing, simulation = ready(design("m", ports, cells, library), "m", library, "clk")
    cycles = 40
    en = np.arange(cycles) < 20
    data = np.random.default_rng(0).integers(0, 2, cycles)
    done = simulation.run({"en": en, "d": data}, labels=(~en).astype(int))
    gated = netlist.instances[0].nets["GCK"]
    assert list(done.toggles[:, gated]) == [2 * 19, 2]  # it opens and closes a cycle later
    held = 0
    for cycle in range(1, cycles):
        held = data[cycle - 1] if en[cycle - 1] else held
        assert done.seen[cycle, 0] == held
    open_, closed = EnergyModel(netlist, library, timing, "clk").spent(done)
    assert closed.parts[CLOCK] < open_.parts[CLOCK]


def test_a_hazard_is_seen_with_delays_only(library):
    """An input and its delayed inverse meet at an AND, whose output pulses at each rising edge."""
    cells = [(f"i{k}", "INV_X1", {"A": 2 if k == 0 else 2 + k, "ZN": 3 + k}) for k in range(7)]
    cells.append(("and", "AND2_X1", {"A1": 2, "A2": 9, "ZN": 10}))
    mapped = design("m", {"a": ("input", [2]), "z": ("output", [10])}, cells, library)
    for hazards, pulses in ((True, 2), (False, 0)):
        netlist, _, simulation = ready(mapped, "m", library, "", hazards=hazards)
        done = simulation.run({"a": np.arange(1, 21) % 2})
        assert not done.seen.any()
        assert done.toggles[0][netlist.outputs["z"][0]] == 10 * pulses


def test_a_pulse_shorter_than_a_cell_is_swallowed(library):
    cells = [("i", "INV_X1", {"A": 2, "ZN": 3}), ("and", "AND4_X1", {"A1": 2, "A2": 3, "A3": 2, "A4": 2, "ZN": 4})]
    mapped = design("m", {"a": ("input", [2]), "z": ("output", [4])}, cells, library)
    netlist, _, simulation = ready(mapped, "m", library, "")
    done = simulation.run({"a": np.arange(1, 21) % 2})
    assert done.toggles[0][netlist.outputs["z"][0]] == 0


def evaluated(netlist, stimulus, cycles):
    """Evaluate every cell once a cycle, in order, and count how often each net differs from the cycle before."""
    values, held = np.zeros(netlist.nets, int), {}
    values[1] = 1
    toggles, seen = np.zeros(netlist.nets, int), []
    in_order = order(netlist)

    def settle():
        for index, instance in enumerate(netlist.instances):
            if instance.cell.kind == FLOP:
                values[instance.nets["Q"]], values[instance.nets["QN"]] = held.get(index, 0), 1 - held.get(index, 0)
        for index in in_order:
            instance = netlist.instances[index]
            at = sum(values[instance.nets[pin]] << place for place, pin in enumerate(instance.cell.inputs))
            for output in instance.cell.outputs:
                values[instance.nets[output]] = instance.cell.output_table(output) >> at & 1

    settle()
    for cycle in range(cycles):
        before = values.copy()
        for index, instance in enumerate(netlist.instances):
            if instance.cell.kind == FLOP:
                held[index] = before[instance.nets["D"]]
        for name, column in stimulus.items():
            for place, net in enumerate(netlist.inputs[name]):
                values[net] = int(column[cycle]) >> place & 1
        settle()
        toggles += values != before
        seen.append([values[net] for nets in netlist.outputs.values() for net in nets])
    return toggles, np.array(seen)


@pytest.fixture(scope="module")
def accumulates(library):
    return {
        gated: gates("accumulate", [MODULES / "accumulate.sv"], options=Options(clock_gates=gated))
        for gated in (False, True)
    }


def operands(cycles, seed=0):
    rng = np.random.default_rng(seed)
    reset = np.zeros(cycles, int)
    reset[:2] = 1
    return {
        "rst": reset,
        "en": rng.integers(0, 4, cycles) > 0,
        "a": rng.integers(0, 256, cycles),
        "b": rng.integers(0, 256, cycles),
    }


@pytest.mark.gates
def test_registers_with_an_enable_share_a_clock_gate(accumulates):
    (gated,), (plain,) = accumulates[True].modules, accumulates[False].modules
    assert gated.flops == plain.flops == 8 + 8 + 20
    assert (gated.clock_gates, plain.clock_gates) == (1, 0)  # of 16 bits: a reset goes before the sum's enable
    assert plain.kinds.get("MUX2_X1", 0) > gated.kinds.get("MUX2_X1", 0)
    assert gated.area < plain.area


@pytest.mark.gates
def test_without_hazards_each_net_toggles_as_a_plain_evaluation_says(accumulates, library):
    module = accumulates[False]
    stimulus = operands(60)
    done = Simulation(module.netlist, module.timing, "clk", hazards=False).run(stimulus)
    toggles, seen = evaluated(module.netlist, stimulus, 60)
    np.testing.assert_array_equal(done.seen, seen)
    logic = np.ones(module.netlist.nets, bool)
    logic[module.netlist.inputs["clk"][0]] = False
    np.testing.assert_array_equal(done.toggles[0][logic], toggles[logic])


@pytest.mark.gates
@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("hazards", [False, True])
def test_gates_compute_what_the_module_is_to_compute(accumulates, gated, hazards):
    module = accumulates[gated]
    cycles = 2000
    stimulus = operands(cycles, seed=1)
    done = Simulation(module.netlist, module.timing, "clk", hazards=hazards).run(stimulus)
    a, b = ((stimulus[name] + 128) % 256 - 128 for name in ("a", "b"))
    total = a_1 = b_1 = 0
    for cycle in range(1, cycles):
        reset, enabled = stimulus["rst"][cycle - 1], stimulus["en"][cycle - 1]
        total = 0 if reset else total + a_1 * b_1 if enabled else total
        a_1, b_1 = (a[cycle - 1], b[cycle - 1]) if enabled else (a_1, b_1)
        assert int(done.seen[cycle] @ (1 << np.arange(20))) == total % 2**20, cycle


@pytest.mark.gates
def test_costs_of_working_and_waiting(accumulates):
    cycles = 400
    stimulus = operands(cycles)
    stimulus["en"] = np.arange(cycles) < 200
    labels = (np.arange(cycles) > 201).astype(int)
    found = {gated: cost(module, Scene(stimulus, labels, ["works", "waits"])) for gated, module in accumulates.items()}
    for costs in found.values():
        assert costs["works"].cycles + costs["waits"].cycles == cycles
        assert (
            0 < costs["waits"].pj.nominal < costs["works"].pj.low < costs["works"].pj.nominal < costs["works"].pj.high
        )
        assert sum(part.nominal for part in costs["works"].parts.values()) == pytest.approx(costs["works"].pj.nominal)
        assert costs["works"].modules["accumulate"] == pytest.approx(costs["works"].pj)
    assert found[True]["waits"].parts[CLOCK].nominal < 0.75 * found[False]["waits"].parts[CLOCK].nominal


@pytest.mark.gates
def test_what_is_not_what_the_rtl_does_is_refused(accumulates):
    module, cycles = accumulates[True], 50
    stimulus = operands(cycles)
    seen = Simulation(module.netlist, module.timing, "clk").run(stimulus).seen
    scene = Scene(stimulus, np.zeros(cycles, int), ["all"], seen)
    assert cost(module, scene)["all"].cycles == cycles
    wrong = seen.copy()
    wrong[7, 3] ^= 1
    with pytest.raises(UserError, match="do not do what its RTL does: 1 of 50 cycles differ, first cycle 7"):
        cost(module, scene._replace(expected=wrong))
    assert cost(module, scene._replace(expected=wrong, unchecked=8))
    with pytest.raises(UserError, match=r"still switch at the end of \d+ cycles of 300 ps; its longest path is \d+ ps"):
        cost(module, scene._replace(expected=None), period_ps=300)


def test_inputs_that_do_not_fit_are_named(library):
    _, _, simulation = ready(inverters(1, library), "chain", library, "")
    for stimulus, says in (
        ({}, "a is amiss"),
        ({"a": np.zeros(3), "b": np.zeros(3)}, "b is amiss"),
        ({"a": np.zeros((3, 2))}, r"the values of a have the shape \(3, 2\); it has 1 bits"),
    ):
        with pytest.raises(UserError, match=says):
            simulation.run(stimulus)
    with pytest.raises(UserError, match="2 labels for 3 cycles"):
        simulation.run({"a": np.zeros(3)}, labels=np.zeros(2))


def test_every_edge_of_every_cell_has_an_energy_or_none_by_the_library(library):
    """Where an output follows an input, some table says what that takes, for each state of the other inputs."""
    for cell in library.cells.values():
        if cell.kind != COMBINATIONAL or not cell.inputs:
            continue
        cells = [("c", cell.name, {pin: 2 + k for k, pin in enumerate((*cell.inputs, *cell.outputs))})]
        ports = {pin: ("input", [2 + k]) for k, pin in enumerate(cell.inputs)}
        _, _, simulation = ready(design("m", ports, cells, library), "m", library, "")
        moving = simulation.circuit.moving[0]
        for place, output in enumerate(cell.outputs):
            table = cell.output_table(output)
            for pin in range(len(cell.inputs)):
                for state in range(1 << len(cell.inputs)):
                    now, before = table >> state & 1, table >> (state ^ 1 << pin) & 1
                    if now != before:
                        assert moving[place, pin, now, state] >= 0, (cell.name, output, pin, state)
