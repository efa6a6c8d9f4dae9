// The entry of a table that is nearest to an argument, ties to even; beyond an end of the interval, the last one there.
// The length of an interval is a power of two, so that all are brought to one length by a shift.
module table_address
  import genesys_pkg::*;
(
    input  logic [ACTIVATION_BITS-1:0]   kind,
    input  logic signed [Z_BITS-1:0]     z,
    output logic                         above,   // at the interval's upper end or beyond
    output logic [TABLE_BITS-1:0]        address
);

  localparam int LengthBits = LONGEST_TABLE + Z_FRACTION;
  localparam int Shift = LengthBits - TABLE_BITS;

  logic signed [Z_BITS:0] from_low;
  assign from_low = (Z_BITS + 1)'(z) - (Z_BITS + 1)'(table_low(kind));

  logic below;
  assign below = from_low[Z_BITS];

  logic [Z_BITS:0] beyond;
  assign beyond = from_low >> table_length(kind);
  assign above = !below && |beyond[Z_BITS:Z_FRACTION];

  logic [LengthBits-1:0] part, rounded;
  assign part = LengthBits'(from_low) << table_shift(kind);

  // Half is added, less the last bit's unit, and that again if the entry below is odd: so ties go to even.
  logic [LengthBits:0] sum;
  assign sum = {1'b0, part} + {1'b0, {(TABLE_BITS + 1) {1'b0}}, {(Shift - 1) {1'b1}}} + (LengthBits + 1)'(part[Shift]);
  assign rounded = sum[LengthBits-1:0];

  always_comb begin
    if (below) address = '0;
    else if (above || sum[LengthBits]) address = '1;
    else address = rounded[LengthBits-1:Shift];
  end

  logic unused;
  assign unused = &{1'b0, beyond[Z_FRACTION-1:0], rounded[Shift-1:0]};

endmodule
