// Third stage: a hidden node or a connection is deleted by its event, and a connection to a node that was deleted. Ids
// of deleted nodes are kept in a file; when it is full, nodes are kept.
module delete_gene (
    input  logic                    clk,
    input  logic                    en,
    input  logic                    clear,
    input  genesys_pkg::perturbed_t perturbed,
    input  genesys_pkg::child_t     child,
    output genesys_pkg::kept_t      kept,
    output logic                    gone,         // no gene goes on
    output logic                    deleted_node,
    output logic                    kept_node,
    output logic                    deleted_conn,
    output logic                    dangling
);
  localparam int unsigned Most = genesys_pkg::MAX_DELETED;
  localparam int unsigned Room = Most > 0 ? Most : 1;
  localparam int unsigned CountW = $clog2(Room + 1);
  localparam int unsigned Id = genesys_pkg::ID_AT;
  localparam int unsigned IdW = genesys_pkg::ID_W;

  logic [IdW-1:0] file[Room];
  logic [CountW-1:0] deleted;
  logic is_conn, found, happens, active;
  genesys_pkg::event_t wanted;

  always_comb begin
    active  = perturbed.valid && !perturbed.joins;
    is_conn = perturbed.gene[genesys_pkg::TYPE_AT];
    found   = 1'b0;
    for (int unsigned k = 0; k < Room; k++) begin
      if (CountW'(k) < deleted) begin
        found |= file[k] == perturbed.gene[Id+:IdW];
        found |= IdW'(file[k]) == IdW'(perturbed.gene[genesys_pkg::DESTINATION_AT+:genesys_pkg::DESTINATION_W]);
      end
    end
    wanted  = is_conn ? child.conn_delete : child.node_delete;
    happens = {1'b0, perturbed.rare[7:0]} < wanted.gate && {1'b0, perturbed.rare[15:8]} < wanted.threshold;
    dangling     = active && is_conn && found;
    deleted_conn = active && is_conn && !found && happens;
    deleted_node = 1'b0;
    kept_node    = 1'b0;
    if (active && !is_conn && perturbed.gene[genesys_pkg::KIND_AT+:2] == genesys_pkg::HIDDEN && happens) begin
      deleted_node = deleted != CountW'(Most);
      kept_node    = !deleted_node;
    end
    gone = dangling || deleted_conn || deleted_node;
  end

  always_ff @(posedge clk) begin
    if (clear) deleted <= '0;
    else if (en && deleted_node) begin
      for (int unsigned k = 0; k < Room; k++) if (CountW'(k) == deleted) file[k] <= perturbed.gene[Id+:IdW];
      deleted <= deleted + 1'b1;
    end
    if (clear) kept.valid <= 1'b0;
    else if (en) begin
      kept.valid <= perturbed.valid && !gone;
      if (perturbed.valid && !gone) begin
        kept.joins     <= perturbed.joins;
        kept.gene      <= (perturbed.gene & ~genesys_pkg::GENOME_MASK)
            | ((64'(child.number) << genesys_pkg::GENOME_AT) & genesys_pkg::GENOME_MASK);
        kept.coin      <= perturbed.coin;
        kept.splitting <= perturbed.splitting;
        kept.offering  <= perturbed.rare[31:16];
      end
    end
  end

  wire unused = &{1'b0, child};  // parts of these are
endmodule
