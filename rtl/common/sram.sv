// A single-ported memory with a write enable for each lane of a word, as simulators see it. What was read stays until
// the next read. A chip has an SRAM macro in its place.
module sram #(
    parameter int WIDTH = 64,
    parameter int LANE  = 16,
    parameter int DEPTH = 2048,
    parameter int LANES = (WIDTH + LANE - 1) / LANE,
    parameter int ADDRESS = DEPTH > 1 ? $clog2(DEPTH) : 1
) (
    input  logic               clk,
    input  logic               read,
    input  logic [  LANES-1:0] write,
    input  logic [ADDRESS-1:0] address,
    input  logic [  WIDTH-1:0] data_in,
    output logic [  WIDTH-1:0] data_out
);

  logic [WIDTH-1:0] words[DEPTH]  /* verilator public_flat_rw */;
  logic [WIDTH-1:0] stored;

  if (LANES == 1) begin : gen_whole
    assign stored = data_in;
  end else begin : gen_lanes
    logic [WIDTH-1:0] mask;
    for (genvar bit_ = 0; bit_ < WIDTH; bit_++) begin : gen_mask
      assign mask[bit_] = write[bit_/LANE];
    end
    assign stored = (words[address] & ~mask) | (data_in & mask);
  end

  always_ff @(posedge clk) begin
    if (|write) words[address] <= stored;
    else if (read) data_out <= words[address];
  end

endmodule
