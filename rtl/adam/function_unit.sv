// From a node's sum to its register: z = bias + response * sum, without rounding, then the activation. Three stages and
// the ROM's, a result a cycle.
module function_unit
  import genesys_pkg::*;
(
    input  logic                            clk,
    input  logic                            rst,
    input  logic                            valid_in,
    input  logic signed [SUM_BITS-1:0]      sum,
    input  node_word_t                      node,
    output logic                            valid_out,
    output logic signed [REGISTER_BITS-1:0] register_
);

  logic multiplied, added, addressed;
  logic signed [SUM_BITS+RESPONSE_BITS-1:0] product;
  logic signed [BIAS_BITS-1:0] bias;
  logic signed [Z_BITS-1:0] z;
  logic [ACTIVATION_BITS-1:0] kind_1, kind_2;

  always_ff @(posedge clk) begin
    multiplied <= !rst && valid_in;
    added <= !rst && multiplied;
    addressed <= !rst && added;
    valid_out <= !rst && addressed;
  end

  always_ff @(posedge clk) begin
    if (valid_in) begin
      product <= sum * signed'(node.response);
      bias <= node.bias;
      kind_1 <= node.activation;
    end
    if (multiplied) begin
      z <= Z_BITS'(product) + (Z_BITS'(bias) <<< (Z_FRACTION - BIAS_FRACTION));
      kind_2 <= kind_1;
    end
  end

  logic above;
  logic [TABLE_BITS-1:0] entry_of_z, entry_address;
  logic signed [REGISTER_BITS-1:0] wired, wired_3, wired_4, entry;
  logic from_table, from_table_4;
  logic [TABLE_NUMBER_BITS-1:0] number;

  table_address table_address_i (
      .kind   (kind_2),
      .z      (z),
      .above  (above),
      .address(entry_of_z)
  );
  wired_functions wired_functions_i (
      .kind     (kind_2),
      .z        (z),
      .register_(wired)
  );

  always_ff @(posedge clk) begin
    if (added) begin
      entry_address <= entry_of_z;
      number <= table_number(kind_2);
      from_table <= is_table(kind_2) && !(above && has_tail(kind_2));
      wired_3 <= wired;
    end
    if (addressed) begin
      from_table_4 <= from_table;
      wired_4 <= wired_3;
    end
  end
  assign register_ = from_table_4 ? entry : wired_4;

  activation_rom activation_rom_i (
      .clk    (clk),
      .read   (addressed && from_table),
      .address(ROM_BITS'({number, entry_address})),
      .entry  (entry)
  );

endmodule
