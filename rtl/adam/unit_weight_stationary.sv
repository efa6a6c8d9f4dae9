// A unit of the array whose weight stays. While a tile is loaded, weights move down; then operands move right and sums
// down, a unit a cycle.
module unit_weight_stationary
  import genesys_pkg::*;
(
    input  logic                           clk,
    input  logic                           rst,
    input  logic                           load,
    input  logic                           valid_in,
    input  logic signed [OPERAND_BITS-1:0] operand_in,
    input  logic signed [ WEIGHT_BITS-1:0] weight_in,
    input  logic signed [    SUM_BITS-1:0] above,
    output logic                           valid_out,
    output logic signed [OPERAND_BITS-1:0] operand_out,
    output logic signed [ WEIGHT_BITS-1:0] weight,
    output logic signed [    SUM_BITS-1:0] sum
);

  logic signed [SUM_BITS-1:0] after;

  mac mac_i (
      .weight (weight),
      .operand(operand_in),
      .sum_in (above),
      .sum_out(after)
  );

  always_ff @(posedge clk) begin
    if (rst) valid_out <= 1'b0;
    else valid_out <= valid_in;
    if (load) weight <= weight_in;
    if (valid_in) begin
      operand_out <= operand_in;
      sum <= after;
    end
  end

endmodule
