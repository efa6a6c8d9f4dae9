// Inference: runs the steps of a population's networks, which the processor has laid out as tiles.
//
// `start` runs one step from the tile at `start_line` on; `done` says that all results are where they belong. Lines,
// nodes' words and lists of destinations lie in different banks of the buffer, so that a cycle can read one of each.
module adam
  import genesys_pkg::*;
(
    input  logic                            clk,
    input  logic                            rst,
    input  logic                            start,
    input  logic [ADDRESS_BITS-1:0]         start_line,
    output logic                            busy,
    output logic                            array_busy,
    // A line: operands of all rows above weights of all columns, or a tile's header.
    output logic                            line_read,
    output logic [          LINE_WORDS-1:0] line_words,           // of it, those that are wanted
    output logic [ADDRESS_BITS-1:0]         line_address,
    input  logic [LINE_BITS-1:0]            line,
    output logic                            node_read,
    output logic [ADDRESS_BITS-1:0]         node_address,
    input  logic [NODE_WORD_BITS-1:0]       node,
    output logic                            destination_read,
    output logic [ADDRESS_BITS-1:0]         destination_address,
    input  logic [DESTINATION_BITS-1:0]     destination,
    // Results: an operand of a line, when no line is read, or a register.
    output logic                            operand_write,
    output logic                            register_write,
    output destination_t                    write_to,
    output logic signed [REGISTER_BITS-1:0] written_register
);

  tile_header_t header, tile;
  assign header = tile_header_t'(line[HEADER_BITS-1:0]);

  // What a tile does not use is not read, and is zero, so that units beside its pieces stand still.
  logic [ADAM_COLS-1:0][WEIGHT_BITS-1:0] weights;
  logic [ADAM_ROWS-1:0][OPERAND_BITS-1:0] operands;
  for (genvar c = 0; c < ADAM_COLS; c++) begin : gen_weights
    assign weights[c] = COUNT_BITS'(c) < tile.results ?
        line[64*(c/WEIGHTS_A_WORD)+WEIGHT_BITS*(c%WEIGHTS_A_WORD)+:WEIGHT_BITS] : '0;
  end
  for (genvar r = 0; r < ADAM_ROWS; r++) begin : gen_operands
    assign operands[r] = ROW_COUNT_BITS'(r) < tile.rows ?
        line[64*(WEIGHT_WORDS+r/OPERANDS_A_WORD)+OPERAND_BITS*(r%OPERANDS_A_WORD)+:OPERAND_BITS] : '0;
  end

  logic valid, first, last, inject, collect, written, kept;
  logic [ADAM_COLS-1:0][SUM_BITS-1:0] bottom;
  logic signed [SUM_BITS-1:0] sum_top, sum;
  logic summed, first_of_tile;
  logic [ADDRESS_BITS-1:0] list;

  tile_loader tile_loader_i (
      .clk         (clk),
      .rst         (rst),
      .start       (start),
      .start_line  (start_line),
      .line_read   (line_read),
      .line_words  (line_words),
      .line_address(line_address),
      .header_in   (header),
      .written     (written),
      .kept        (kept),
      .valid       (valid),
      .first       (first),
      .last        (last),
      .inject      (inject),
      .collect     (collect),
      .tile        (tile),
      .busy        (busy),
      .array_busy  (array_busy)
  );

  systolic_array systolic_array_i (
      .clk     (clk),
      .rst     (rst),
      .valid   (valid),
      .first   (first),
      .last    (last),
      .starts  (tile.starts),
      .weights (weights),
      .operands(operands),
      .sum_top (sum_top),
      .bottom  (bottom)
  );

  result_collector result_collector_i (
      .clk            (clk),
      .rst            (rst),
      .collect        (collect),
      .tile           (tile),
      .bottom         (bottom),
      .inject         (inject),
      .sum_top        (sum_top),
      .node_read      (node_read),
      .node_address   (node_address),
      .kept           (kept),
      .valid_out      (summed),
      .first_out      (first_of_tile),
      .destination_out(list),
      .sum_out        (sum)
  );

  logic activated;
  logic signed [REGISTER_BITS-1:0] result;
  function_unit function_unit_i (
      .clk      (clk),
      .rst      (rst),
      .valid_in (summed),
      .sum      (sum),
      .node     (node_word_t'(node)),
      .valid_out(activated),
      .register_(result)
  );

  // Where a tile's list of destinations begins goes along with its results.
  logic [FUNCTION_STAGES-1:0] firsts;
  logic [FUNCTION_STAGES-1:0][ADDRESS_BITS-1:0] lists;
  always_ff @(posedge clk) begin
    firsts <= {firsts[FUNCTION_STAGES-2:0], first_of_tile};
    lists  <= {lists[FUNCTION_STAGES-2:0], list};
  end

  result_writer result_writer_i (
      .clk                (clk),
      .rst                (rst),
      .valid              (activated),
      .first              (firsts[FUNCTION_STAGES-1]),
      .list               (lists[FUNCTION_STAGES-1]),
      .result             (result),
      .line_port_taken    (line_read),
      .destination_read   (destination_read),
      .destination_address(destination_address),
      .destination        (destination_t'(destination)),
      .operand_write      (operand_write),
      .register_write     (register_write),
      .write_to           (write_to),
      .written_register   (written_register),
      .written            (written)
  );

  logic unused;
  assign unused = &{1'b0, line};

endmodule
