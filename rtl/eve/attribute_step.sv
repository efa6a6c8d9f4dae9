// A fixed-point attribute that is perturbed, drawn anew or kept: one multiplier, and limits.
module attribute_step (
    input  genesys_pkg::raw_t       value,
    input  genesys_pkg::attribute_t attribute,
    input  genesys_pkg::raw_t       field_low,   // limits of the field
    input  genesys_pkg::raw_t       field_high,
    input  logic             [8:0]  decision,
    input  logic                    anew,        // drawn anew, whatever the decision
    input  logic signed      [11:0] noise,       // twice the random number
    output genesys_pkg::raw_t       stepped,
    output logic                    touched,
    output logic                    saturated
);
  localparam int unsigned ScaleW = genesys_pkg::SCALE_W;
  localparam int unsigned Shift = genesys_pkg::SCALE_BITS + 1;
  localparam int unsigned ProductW = ScaleW + 13;
  localparam int unsigned SumW = ProductW - Shift + 1;

  logic perturbs;
  logic signed [ScaleW:0] scale;
  logic signed [ProductW-1:0] product;
  logic signed [SumW-1:0] sum;

  always_comb begin
    perturbs  = !anew && decision < attribute.perturb_below;
    touched   = anew || decision < attribute.replace_below;
    scale     = signed'({1'b0, perturbs ? attribute.power : attribute.spread});
    product   = noise * scale + (ProductW'(1) <<< (Shift - 1));
    sum       = SumW'(product >>> Shift) + SumW'(perturbs ? value : attribute.mean);
    saturated = touched && (sum < SumW'(field_low) || sum > SumW'(field_high));
    if (!touched) stepped = value;
    else if (sum < SumW'(attribute.low)) stepped = attribute.low;
    else if (sum > SumW'(attribute.high)) stepped = attribute.high;
    else stepped = sum[15:0];
  end
endmodule
