// First stage: each attribute comes from the fitter parent or from its mate.
module crossover (
    input  logic                    clk,
    input  logic                    en,
    input  logic                    clear,        // nothing is on its way
    input  logic                    valid,
    input  genesys_pkg::slot_t      slot,
    input  logic             [3:0][31:0] words,   // the slot's draws
    input  genesys_pkg::common_t    common,
    input  logic                    inject,       // a gene that the CPU adds, in place of a slot
    input  genesys_pkg::word_t      injected,
    input  logic             [31:0] injected_noise,
    output genesys_pkg::mixed_t     mixed
);
  localparam int unsigned Enable = genesys_pkg::ENABLE_AT;

  logic [7:0] first, second, third;
  genesys_pkg::word_t gene;

  always_comb begin
    first  = words[0][7:0];
    second = words[0][15:8];
    third  = words[0][23:16];
    gene   = slot.gene;
    if (slot.gene[genesys_pkg::TYPE_AT]) begin
      if ({1'b0, first} >= common.crossover) begin
        gene[genesys_pkg::WEIGHT_AT+:genesys_pkg::WEIGHT_W] =
            slot.mate[genesys_pkg::WEIGHT_AT+:genesys_pkg::WEIGHT_W];
      end
      if (slot.other && !(slot.gene[Enable] && slot.mate[Enable])) begin
        gene[Enable] = {1'b0, second} >= common.disabled;
      end
    end else if (slot.gene[genesys_pkg::KIND_AT+:2] != genesys_pkg::INPUT) begin
      if ({1'b0, first} >= common.crossover) begin
        gene[genesys_pkg::BIAS_AT+:genesys_pkg::BIAS_W] = slot.mate[genesys_pkg::BIAS_AT+:genesys_pkg::BIAS_W];
      end
      if ({1'b0, second} >= common.crossover) begin
        gene[genesys_pkg::RESPONSE_AT+:genesys_pkg::RESPONSE_W] =
            slot.mate[genesys_pkg::RESPONSE_AT+:genesys_pkg::RESPONSE_W];
      end
      if ({1'b0, third} >= common.crossover) begin
        gene[genesys_pkg::ACTIVATION_AT+:genesys_pkg::ACTIVATION_W] =
            slot.mate[genesys_pkg::ACTIVATION_AT+:genesys_pkg::ACTIVATION_W];
      end
    end
  end

  always_ff @(posedge clk) begin
    if (clear) mixed.valid <= 1'b0;
    else if (en) begin
      mixed.valid <= valid || inject;
      if (valid || inject) begin
        mixed.joins     <= inject;
        mixed.gene      <= inject ? injected : gene;
        mixed.toggle    <= third;
        mixed.coin      <= words[0][24];
        mixed.decisions <= words[1];
        mixed.noise     <= inject ? injected_noise : words[2];
        mixed.rare      <= words[3];
      end
    end
  end

  wire unused = &{1'b0, slot, common};  // parts of these are
endmodule
