// A unit of the array whose sum stays. Operands move right, weights and their token down, a unit a cycle. Behind a
// tile's last operands the sum of the row that the column belongs to moves down, in the registers of the sums below.
module unit_output_stationary
  import genesys_pkg::*;
#(
    parameter int ROW = 0
) (
    input  logic                            clk,
    input  logic                            rst,
    input  stream_token_t                   token_in,
    input  logic signed [OPERAND_BITS-1:0] operand_in,
    input  logic signed [ WEIGHT_BITS-1:0] weight_in,
    input  logic signed [    SUM_BITS-1:0] above,
    output stream_token_t                   token_out,
    output logic signed [OPERAND_BITS-1:0] operand_out,
    output logic signed [ WEIGHT_BITS-1:0] weight_out,
    output logic signed [    SUM_BITS-1:0] sum
);

  logic signed [SUM_BITS-1:0] base, after;
  assign base = token_in.first ? '0 : sum;

  mac mac_i (
      .weight (weight_in),
      .operand(operand_in),
      .sum_in (base),
      .sum_out(after)
  );

  always_ff @(posedge clk) begin
    if (rst) token_out <= '0;
    else token_out <= token_in;
    if (token_in.valid) begin
      operand_out <= operand_in;
      weight_out <= weight_in;
      sum <= token_in.last && token_in.row != ROW_BITS'(ROW) ? above : after;
    end
  end

endmodule
