// Activations that are straight lines, and the lines above some tables; rounded to a register, ties to even, limited.
module wired_functions
  import genesys_pkg::*;
(
    input  logic [ACTIVATION_BITS-1:0]      kind,
    input  logic signed [Z_BITS-1:0]        z,
    output logic signed [REGISTER_BITS-1:0] register_
);

  localparam logic signed [Z_BITS-1:0] One = Z_BITS'(1) <<< Z_FRACTION;
  localparam int TailBits = Z_BITS + TAIL_FRACTION + 2;  // selu's slope is below 2
  localparam int Shift = Z_FRACTION + TAIL_FRACTION - REGISTER_FRACTION;
  localparam int WideBits = TailBits + (Shift < 0 ? -Shift : 0) + 1;

  logic signed [Z_BITS-1:0] magnitude, line;
  assign magnitude = z[Z_BITS-1] ? -z : z;

  always_comb begin
    case (kind)
      KIND_RELU: line = z[Z_BITS-1] ? '0 : z;
      KIND_ABS: line = magnitude;
      KIND_CLAMPED: line = z > One ? One : z < -One ? -One : z;
      KIND_HAT: line = magnitude > One ? '0 : One - magnitude;
      default: line = z;
    endcase
  end

  logic signed [TailBits-1:0] sloped;
  assign sloped = kind == KIND_SELU ? TailBits'(line) * TailBits'(SELU_TAIL) : TailBits'(line) <<< TAIL_FRACTION;

  logic signed [WideBits-1:0] rounded, half_added;
  if (Shift > 0) begin : gen_round
    logic signed [WideBits-1:0] half;
    assign half = WideBits'((1 << (Shift - 1)) - 1) + WideBits'({1'b0, sloped[Shift]});
    assign rounded = (WideBits'(sloped) + half) >>> Shift;
  end else begin : gen_exact
    assign rounded = WideBits'(sloped) <<< -Shift;
  end
  assign half_added = rounded + WideBits'(1 << (GUARD_BITS - 1));

  localparam logic signed [REGISTER_BITS-1:0] Highest = {1'b0, {(REGISTER_BITS - 1) {1'b1}}};
  logic fits;
  assign fits = &half_added[WideBits-1:REGISTER_BITS-1] || ~|half_added[WideBits-1:REGISTER_BITS-1];
  assign register_ = fits ? half_added[REGISTER_BITS-1:0] : half_added[WideBits-1] ? ~Highest : Highest;

endmodule
