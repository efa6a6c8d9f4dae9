// Delays lane i by i cycles, or by one more: the triangle of registers at an edge of a systolic array.
module skew #(
    parameter int LANES = 8,
    parameter int WIDTH = 16,
    parameter int FIRST = 0
) (
    input  logic                        clk,
    input  logic [LANES-1:0][WIDTH-1:0] in,
    output logic [LANES-1:0][WIDTH-1:0] out
);

  for (genvar i = 0; i < LANES; i++) begin : gen_lane
    if (i + FIRST == 0) begin : gen_wire
      assign out[i] = in[i];
    end else begin : gen_delay
      logic [i+FIRST-1:0][WIDTH-1:0] stages;
      always_ff @(posedge clk) begin
        stages[0] <= in[i];
        for (int k = 1; k < i + FIRST; k++) stages[k] <= stages[k-1];
      end
      assign out[i] = stages[i+FIRST-1];
    end
  end

endmodule
