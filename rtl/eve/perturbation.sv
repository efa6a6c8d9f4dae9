// Second stage: attributes are perturbed, drawn anew or kept. A node's bias and a connection's weight share a unit, a
// node's response has one of its own. Both take their noise from one random word: the sum of its four draws, and two of
// them less the other two, which is uncorrelated with that; uniform noise takes nine bits each.
module perturbation (
    input  logic                    clk,
    input  logic                    en,
    input  logic                    clear,      // nothing is on its way
    input  genesys_pkg::mixed_t     mixed,
    input  genesys_pkg::common_t    common,
    input  logic                    mutates,    // the child's attributes may change at all
    input  logic                    toggles,    // enabled flags may
    output genesys_pkg::perturbed_t perturbed,
    output logic             [1:0]  changed,    // attributes
    output logic             [1:0]  saturated   // those among them that left their field's range
);
  localparam int unsigned BiasW = genesys_pkg::BIAS_W;
  localparam int unsigned ResponseW = genesys_pkg::RESPONSE_W;
  localparam int unsigned WeightW = genesys_pkg::WEIGHT_W;
  localparam int unsigned Kind = genesys_pkg::KIND_AT;
  localparam int unsigned Type = genesys_pkg::TYPE_AT;
  localparam int unsigned Enable = genesys_pkg::ENABLE_AT;

  genesys_pkg::word_t gene;
  genesys_pkg::raw_t bias, weight, response, first_new, response_new;
  logic is_conn, has_attributes, first_touched, first_out, response_touched, response_out, chosen, toggled;
  logic [8:0] first_decision;
  logic signed [11:0] noise_first, noise_response;
  logic [4:0] option;
  logic [12:0] scaled;

  always_comb begin
    is_conn = mixed.gene[Type];
    bias = genesys_pkg::raw_t'(signed'(mixed.gene[genesys_pkg::BIAS_AT+:BiasW]));
    weight = genesys_pkg::raw_t'(signed'(mixed.gene[genesys_pkg::WEIGHT_AT+:WeightW]));
    response = genesys_pkg::raw_t'(signed'(mixed.gene[genesys_pkg::RESPONSE_AT+:ResponseW]));
    has_attributes = is_conn || mixed.gene[Kind+:2] != genesys_pkg::INPUT;
    first_decision = mutates && has_attributes ? {1'b0, mixed.decisions[7:0]} : 9'd256;
    if (common.uniform) begin
      noise_first = signed'({2'b0, mixed.noise[8:0], 1'b0}) - 12'sd511;
      noise_response = signed'({2'b0, mixed.noise[24:16], 1'b0}) - 12'sd511;
    end else begin
      noise_first = 12'sd2 * (12'(signed'({1'b0, mixed.noise[7:0]})) + 12'(signed'({1'b0, mixed.noise[15:8]}))
          + 12'(signed'({1'b0, mixed.noise[23:16]})) + 12'(signed'({1'b0, mixed.noise[31:24]})) - 12'sd510);
      noise_response = 12'sd2 * (12'(signed'({1'b0, mixed.noise[7:0]})) - 12'(signed'({1'b0, mixed.noise[15:8]}))
          + 12'(signed'({1'b0, mixed.noise[23:16]})) - 12'(signed'({1'b0, mixed.noise[31:24]})));
    end
  end

  attribute_step first (
      .value     (is_conn ? weight : bias),
      .attribute (is_conn ? common.weight : common.bias),
      .field_low (is_conn ? -16'sd1 <<< (WeightW - 1) : -16'sd1 <<< (BiasW - 1)),
      .field_high(is_conn ? ~(-16'sd1 <<< (WeightW - 1)) : ~(-16'sd1 <<< (BiasW - 1))),
      .decision  (first_decision),
      .anew      (mixed.joins),
      .noise     (noise_first),
      .stepped   (first_new),
      .touched   (first_touched),
      .saturated (first_out)
  );

  attribute_step second (
      .value     (response),
      .attribute (common.response),
      .field_low (-16'sd1 <<< (ResponseW - 1)),
      .field_high(~(-16'sd1 <<< (ResponseW - 1))),
      .decision  ({1'b0, mixed.decisions[15:8]}),
      .anew      (1'b0),
      .noise     (noise_response),
      .stepped   (response_new),
      .touched   (response_touched),
      .saturated (response_out)
  );

  always_comb begin
    scaled = 13'(mixed.decisions[31:24]) * 13'(common.n_options);
    option = common.options[scaled[12:8]];
    chosen = !is_conn && mutates && has_attributes && {1'b0, mixed.decisions[23:16]} < common.activation
        && !(common.output_fixed && mixed.gene[Kind+:2] == genesys_pkg::OUTPUT);
    toggled = is_conn && toggles && !mixed.joins && {1'b0, mixed.toggle} < common.toggled;
    gene = mixed.gene;
    if (is_conn) begin
      gene[genesys_pkg::WEIGHT_AT+:WeightW] = first_new[WeightW-1:0];
      gene[Enable] = mixed.gene[Enable] ^ toggled;
    end else if (mutates && has_attributes) begin
      gene[genesys_pkg::BIAS_AT+:BiasW] = first_new[BiasW-1:0];
      gene[genesys_pkg::RESPONSE_AT+:ResponseW] = response_new[ResponseW-1:0];
      if (chosen) gene[genesys_pkg::ACTIVATION_AT+:genesys_pkg::ACTIVATION_W] = option[genesys_pkg::ACTIVATION_W-1:0];
    end
    changed = '0;
    saturated = '0;
    if (mixed.valid && !mixed.joins) begin
      changed = 2'(first_touched) + 2'(toggled);
      saturated = 2'(first_out);
      if (!is_conn && mutates && has_attributes) begin
        changed = 2'(first_touched) + 2'(response_touched) + 2'(chosen);
        saturated = 2'(first_out) + 2'(response_out);
      end
    end
  end

  always_ff @(posedge clk) begin
    if (clear) perturbed.valid <= 1'b0;
    else if (en) begin
      perturbed.valid <= mixed.valid;
      if (mixed.valid) begin
        perturbed.joins     <= mixed.joins;
        perturbed.gene      <= gene;
        perturbed.coin      <= mixed.coin;
        perturbed.splitting <= mixed.decisions[23:8];
        perturbed.rare      <= mixed.rare;
      end
    end
  end

  wire unused = &{1'b0, common, scaled, first_new, response_new, option};  // parts of these are
endmodule
