// Fourth stage: a connection may be split, once in a child, and genes offer their ends for a connection that is added
// when the child is complete. The gene of a split's new node goes on in place of the connection; gene merge is handed
// the two connections that take it up.
module add_gene (
    input  logic                    clk,
    input  logic                    en,
    input  logic                    clear,
    input  genesys_pkg::kept_t      kept,
    input  genesys_pkg::common_t    common,
    input  genesys_pkg::child_t     child,
    input  logic                    joins,        // the child is to gain a connection
    input  genesys_pkg::id_t        largest,      // of the fitter parent's nodes
    output genesys_pkg::word_t      gene,
    output logic                    split,
    output logic                    refused_node,
    output genesys_pkg::word_t      into,
    output genesys_pkg::word_t      out_of,
    output genesys_pkg::ends_t [genesys_pkg::CANDIDATES-1:0] candidates,
    output logic [2:0]              n_candidates
);
  localparam int unsigned Id = genesys_pkg::ID_AT;
  localparam int unsigned IdW = genesys_pkg::ID_W;
  localparam int unsigned Destination = genesys_pkg::DESTINATION_AT;
  localparam int unsigned DestinationW = genesys_pkg::DESTINATION_W;

  logic was_split, is_conn, wants_split, free, active;
  logic [IdW:0] number;
  genesys_pkg::word_t node;

  // The end that waits for its other one.
  logic waits, waits_as_source;
  genesys_pkg::id_t waiting;
  logic offers, may_be_source, may_be_destination, as_source;
  genesys_pkg::id_t own_id, own_destination, offered;
  genesys_pkg::ends_t pair;

  always_comb begin
    active      = kept.valid && !kept.joins;
    is_conn     = kept.gene[genesys_pkg::TYPE_AT];
    number      = (IdW + 1)'(largest) + 1'b1;
    free        = 32'(number) < genesys_pkg::MAX_NODES;
    wants_split = active && is_conn && !was_split && kept.gene[genesys_pkg::ENABLE_AT]
        && {1'b0, kept.splitting[7:0]} < child.node_add.gate
        && {1'b0, kept.splitting[15:8]} < child.node_add.threshold;
    split        = wants_split && free;
    refused_node = wants_split && !free;

    node = (64'(child.number) << genesys_pkg::GENOME_AT) & genesys_pkg::GENOME_MASK;
    node[Id+:IdW] = number[IdW-1:0];
    node[genesys_pkg::KIND_AT+:2] = genesys_pkg::HIDDEN;
    node[genesys_pkg::RESPONSE_AT+:genesys_pkg::RESPONSE_W] = common.response_new[genesys_pkg::RESPONSE_W-1:0];
    node[genesys_pkg::ACTIVATION_AT+:genesys_pkg::ACTIVATION_W] =
        common.activation_new[genesys_pkg::ACTIVATION_W-1:0];
    gene = split ? node : kept.gene;
    into = kept.gene;
    into[Destination+:DestinationW] = DestinationW'(number);
    into[genesys_pkg::ENABLE_AT] = 1'b1;
    into[genesys_pkg::WEIGHT_AT+:genesys_pkg::WEIGHT_W] = common.weight_new[genesys_pkg::WEIGHT_W-1:0];
    out_of = kept.gene;
    out_of[Id+:IdW] = number[IdW-1:0];
  end

  always_comb begin
    own_id             = kept.gene[Id+:IdW];
    own_destination    = is_conn ? IdW'(kept.gene[Destination+:DestinationW]) : own_id;
    may_be_source      = is_conn || kept.gene[genesys_pkg::KIND_AT+:2] != genesys_pkg::OUTPUT || !common.feed_forward;
    may_be_destination = is_conn || kept.gene[genesys_pkg::KIND_AT+:2] != genesys_pkg::INPUT;
    if (waits) as_source = !waits_as_source;
    else if (!may_be_source) as_source = 1'b0;
    else if (!may_be_destination) as_source = 1'b1;
    else as_source = !kept.coin;
    offers = active && joins && {1'b0, kept.offering[7:0]} < child.ends.gate
        && {1'b0, kept.offering[15:8]} < child.ends.threshold && (as_source ? may_be_source : may_be_destination);
    offered = as_source ? own_id : own_destination;
    pair.source      = as_source ? offered : waiting;
    pair.destination = as_source ? waiting : offered;
  end

  always_ff @(posedge clk) begin
    if (clear) begin
      was_split    <= 1'b0;
      waits        <= 1'b0;
      n_candidates <= '0;
    end else if (en) begin
      if (split) was_split <= 1'b1;
      if (offers) begin
        waits <= !waits;
        if (!waits) begin
          waiting         <= offered;
          waits_as_source <= as_source;
        end else if (32'(n_candidates) < genesys_pkg::CANDIDATES) begin
          for (int unsigned k = 0; k < genesys_pkg::CANDIDATES; k++) begin
            if (32'(n_candidates) == k) candidates[k] <= pair;
          end
          n_candidates <= n_candidates + 1'b1;
        end
      end
    end
  end

  wire unused = &{1'b0, common, child};  // parts of these are
endmodule
