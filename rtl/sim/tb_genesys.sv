// Lets the chip infer, breed, and infer again, on the same banks, and compares it with the emulated one: registers of all
// outputs and cycles of the array; words of all children, where they end, cycles of each wave, and counters.
//
// `vectors/adam.hex` and `vectors/eve.hex` say what is done and what is to be found, a line each:
//
//  bits     159:152  151:136  135:128   127:64          63:0
//  0 end
//  1 store                             lanes, place    word          into the genome buffer, 32 bits of lanes first
//  2 set             element  register                 value         as eve_registers.sv lists
//  3 asked           element           pair of ends    answer        when the element asks for its candidates
//  4 wave            children                          cycles        is run
//  5 ends            element  4                        status        places behind the child's nodes and connections
//  6 fetch                             place           word          of a child
//  7 count                    counter                  value         as eve_counters.sv lists
//  8 step                              line            cycles        is run, from a tile's header on
//  9 register                          number          value         what the step before wrote there
module tb_genesys;
  import genesys_pkg::*;

  localparam int Most = 20;  // differences that are shown
  localparam longint Patience = 64'd100_000_000;  // cycles of a wave or a step; one that takes more hangs

  logic clk = 0, rst = 1;
  logic buffer_enable = 0;
  logic [OPERAND_LANES-1:0] buffer_write = '0;
  logic [31:0] buffer_at = '0;
  logic [63:0] buffer_in = '0, buffer_out;
  logic eve_start = 0, eve_running, write = 0, asking, clear_counts = 0;
  logic [PE_W-1:0] pe = '0, asking_pe;
  logic [4:0] line = '0, counter = '0;
  logic [63:0] value = '0, status;
  logic [47:0] count;
  logic adam_start = 0, adam_busy, array_busy, register_write;
  logic [ADDRESS_BITS-1:0] start_line = '0, register_number;
  logic signed [REGISTER_BITS-1:0] written_register;

  genesys dut (
      .clk,
      .rst,
      .buffer_enable,
      .buffer_write,
      .buffer_at,
      .buffer_in,
      .buffer_out,
      .eve_start,
      .eve_running,
      .write,
      .pe,
      .line,
      .value,
      .asking,
      .asking_pe,
      .status,
      .clear_counts,
      .counter,
      .count,
      .adam_start,
      .start_line,
      .adam_busy,
      .array_busy,
      .register_write,
      .register_number,
      .written_register
  );

  logic [159:0] of_eve[vectors_pkg::EVE_LINES];
  logic [159:0] of_adam[vectors_pkg::ADAM_LINES];
  logic [63:0] answers[PES];
  logic [2*ID_W-1:0] pairs[PES];
  logic signed [63:0] registers[BANK_WORDS];
  logic written[BANK_WORDS];  // in this step

  string part;
  longint differences = 0, children, words, waves, counters, steps, compared, cycles, all;

  // Inputs change while the clock is low.
  task automatic tick();
    #5 clk = 1;
    #5 clk = 0;
  endtask

  task automatic set(input int element, input int register_, input logic [63:0] to);
    write = 1;
    pe = PE_W'(element);
    line = 5'(register_);
    value = to;
    tick();
    write = 0;
  endtask

  task automatic look(input int element, input int which, output logic [63:0] found);
    pe = PE_W'(element);
    line = 5'(which);
    #1 found = status;
  endtask

  task automatic read_counter(input int which, output longint found);
    counter = 5'(which);
    #1 found = 64'(count);
  endtask

  task automatic store(input logic [31:0] at, input logic [OPERAND_LANES-1:0] lanes, input logic [63:0] word);
    buffer_enable = 1;
    buffer_write = lanes;
    buffer_at = at;
    buffer_in = word;
    tick();
    buffer_enable = 0;
    buffer_write = '0;
  endtask

  task automatic fetch(input logic [31:0] at, output logic [63:0] found);
    buffer_enable = 1;
    buffer_at = at;
    tick();
    buffer_enable = 0;
    #1 found = buffer_out;
  endtask

  task automatic compare(input string what, input longint number, input logic [63:0] found, input logic [63:0] wanted);
    if (found !== wanted) begin
      differences++;
      if (differences <= Most) begin
        $display("%s: %s %0d, %s %0d: %h, not %h", part, part == "EvE" ? "wave" : "step", part == "EvE" ? waves : steps, what,
                 number, found, wanted);
      end
    end
  endtask

  // The candidate that the emulator's child gained, or none of them. A processor looks for candidates in the buffer, which
  // takes away what streams have read there: so a word of each bank is read here.
  task automatic answer(input int element);
    logic [63:0] found, chosen;
    int candidates;
    for (int b = 0; b < int'(BANKS); b++) fetch(32'(b), found);
    chosen = '0;
    look(element, 0, found);
    candidates = int'(found[2*ID_W+:3]);
    for (int k = 0; k < candidates; k++) begin
      look(element, k, found);
      if (answers[element] != '0 && chosen == '0 && found[2*ID_W-1:0] == pairs[element]) begin
        chosen = answers[element] | 64'(k) << 60;
      end
    end
    if (answers[element] != '0) compare("no candidate is what was joined, of element", 64'(element), 64'(chosen != '0), 64'd1);
    set(element, 10, chosen);
  endtask

  task automatic wave(input longint wanted);
    longint earlier, later, waited;
    read_counter(0, earlier);
    eve_start = 1;
    tick();
    eve_start = 0;
    waited = 0;
    #1;
    while (eve_running && waited < Patience) begin
      if (asking) answer(int'(asking_pe));
      else tick();
      waited++;
      #1;
    end
    if (eve_running) $fatal(1, "EvE: wave %0d does not end within %0d cycles", waves, Patience);
    read_counter(0, later);
    compare("cycles, number", waves, later - earlier, wanted);
    waves++;
    cycles += later - earlier;
    for (int p = 0; p < int'(PES); p++) answers[p] = '0;
  endtask

  task automatic step(input logic [ADDRESS_BITS-1:0] first, input logic [63:0] wanted);
    longint waited, running;
    for (int r = 0; r < BANK_WORDS; r++) written[r] = 0;
    adam_start = 1;
    start_line = first;
    waited = 0;
    running = 0;
    #1;
    while (adam_busy && waited < Patience) begin
      running += 64'(array_busy);
      if (register_write) begin
        registers[register_number] = 64'(written_register);
        written[register_number] = 1;
      end
      tick();
      adam_start = 0;
      waited++;
      #1;
    end
    if (adam_busy) $fatal(1, "ADAM: step %0d does not end within %0d cycles", steps, Patience);
    running += 64'(array_busy);  // the array's last cycle may be that in which another step could start
    compare("cycles of the array, number", steps, running, 64'(wanted[31:0]));
    compare("cycles, number", steps, waited, 64'(wanted[63:32]));
    steps++;
    cycles += running;
    all += waited;
  endtask

  task automatic act(input logic [159:0] now);
    logic [63:0] found;
    longint sum, flushed;
    case (now[159:152])
      8'd1: store(now[95:64], now[96+:OPERAND_LANES], now[63:0]);
      8'd2: set(int'(now[151:136]), int'(now[135:128]), now[63:0]);
      8'd3: begin
        answers[now[136+:PE_W]] = now[63:0];
        pairs[now[136+:PE_W]] = now[64+:2*ID_W];
      end
      8'd4: begin
        children += 64'(now[151:136]);
        wave(now[63:0]);
      end
      8'd5: begin
        look(int'(now[151:136]), int'(now[135:128]), found);
        compare("places behind the child of element", 64'(now[151:136]), found, now[63:0]);
      end
      8'd6: begin
        fetch(now[95:64], found);
        compare("word at", 64'(now[95:64]), found, now[63:0]);
        words++;
      end
      8'd7: begin
        read_counter(int'(now[135:128]), sum);
        if (now[135:128] == 8'd4) begin  // filling, and flushing with it
          read_counter(5, flushed);
          sum += flushed;
        end
        compare("counter", 64'(now[135:128]), sum, now[63:0]);
        counters++;
      end
      8'd8: step(now[64+:ADDRESS_BITS], now[63:0]);
      8'd9: begin
        compare("nothing is written to register", 64'(now[95:64]), 64'(written[now[64+:ADDRESS_BITS]]), 64'd1);
        compare("register", 64'(now[95:64]), registers[now[64+:ADDRESS_BITS]], now[63:0]);
        compared++;
      end
      default: $fatal(1, "%s: the vectors have a line of no known kind: %h", part, now);
    endcase
  endtask

  task automatic begin_part(input string name);
    part = name;
    {children, words, waves, counters, steps, compared, cycles, all} = '0;
  endtask

  task automatic infer();
    begin_part("ADAM");
    for (int at = 0; of_adam[at][159:152] != 8'd0; at++) act(of_adam[at]);
    if (differences == 0) $display("PASS ADAM: %0d steps, %0d registers, %0d cycles, %0d cycles of the array", steps, compared, all, cycles);
  endtask

  task automatic breed();
    begin_part("EvE");
    clear_counts = 1;
    tick();
    clear_counts = 0;
    for (int at = 0; of_eve[at][159:152] != 8'd0; at++) act(of_eve[at]);
    if (differences == 0) $display("PASS EvE: %0d children, %0d words, %0d waves, %0d cycles, %0d counters", children, words, waves, cycles, counters);
  endtask

  initial begin
    $readmemh("vectors/eve.hex", of_eve);
    $readmemh("vectors/adam.hex", of_adam);
    for (int p = 0; p < int'(PES); p++) answers[p] = '0;
    for (int k = 0; k < ADAM_ROWS + ADAM_COLS; k++) tick();
    rst = 0;
    infer();
    breed();
    infer();
    if (differences != 0) $fatal(1, "FAIL: %0d differences from the emulated chip", differences);
    $finish(0);
  end
endmodule
