// Multiplies and accumulates. A product keeps all its bits; the sum saturates, and never wraps around.
module mac
  import genesys_pkg::*;
(
    input  logic signed [ WEIGHT_BITS-1:0] weight,
    input  logic signed [OPERAND_BITS-1:0] operand,
    input  logic signed [    SUM_BITS-1:0] sum_in,
    output logic signed [    SUM_BITS-1:0] sum_out
);

  localparam int ProductBits = WEIGHT_BITS + OPERAND_BITS;
  localparam int WideBits = (SUM_BITS > ProductBits ? SUM_BITS : ProductBits) + 1;
  localparam logic signed [SUM_BITS-1:0] Highest = {1'b0, {(SUM_BITS - 1) {1'b1}}};

  logic signed [ProductBits-1:0] product;
  logic signed [WideBits-1:0] wide;

  assign product = weight * operand;
  assign wide = WideBits'(sum_in) + WideBits'(product);

  // The sum fits where all bits above it are its sign.
  logic fits;
  assign fits = &wide[WideBits-1:SUM_BITS-1] || ~|wide[WideBits-1:SUM_BITS-1];
  assign sum_out = fits ? wide[SUM_BITS-1:0] : wide[WideBits-1] ? ~Highest : Highest;

endmodule
