// Multiplies and accumulates, with registers of an enable.
module accumulate (
    input  logic               clk,
    input  logic               rst,
    input  logic               en,
    input  logic signed [ 7:0] a,
    input  logic signed [ 7:0] b,
    output logic signed [19:0] sum
);
  logic signed [7:0] a_1, b_1;

  always_ff @(posedge clk)
    if (en) begin
      a_1 <= a;
      b_1 <= b;
    end

  always_ff @(posedge clk)
    if (rst) sum <= '0;
    else if (en) sum <= sum + 20'(a_1) * 20'(b_1);
endmodule
