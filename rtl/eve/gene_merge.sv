// Gene merge: puts the child's genes in order and queues them for the buffer.
//
// Genes come in order but for what a split makes. Its node is the last of the nodes, for which there is a place of its
// own. The connection into it waits in a register until one with a later source comes, which then takes its place in
// the register, and so on: from there on every gene leaves as the following one comes. The connection out of it is the last.
// The same register inserts the connection that is added: the genes behind its place are read and pass through it.
module gene_merge (
    input  logic                  clk,
    input  logic                  en,
    input  logic                  clear,
    input  logic                  come,        // a gene of the add stage
    input  genesys_pkg::word_t    gene,
    input  logic                  split,       // it is the node that splits a connection
    input  genesys_pkg::word_t    into,
    input  genesys_pkg::word_t    out_of,
    input  logic                  joins,       // it is the connection that is added
    input  logic                  flush,       // the stages are empty: send what is held back
    input  logic                  insert,      // pass the genes of `tail` through the register
    input  logic                  tail_valid,
    input  genesys_pkg::word_t    tail_head,
    input  logic                  tail_ended,
    output logic                  tail_take,
    input  logic            [1:0] load,        // where nodes and where connections go
    input  genesys_pkg::place_t   nodes,
    input  genesys_pkg::place_t   conns,
    input  logic                  room,
    output logic                  push,        // a word into the queue
    output logic                  holds,       // there is something to flush
    output logic                  flushed,     // the last of it goes into the queue
    output logic                  inserts,     // the connection is drawn, or a word of an insertion goes into the queue
    output logic                  inserted,    // the last of them does
    output logic                  request,
    output genesys_pkg::place_t   at,
    output genesys_pkg::word_t    written,
    input  logic                  granted,
    output genesys_pkg::place_t   node_at,     // where the next node goes, and the next connection
    output genesys_pkg::place_t   conn_at
);
  localparam int unsigned Depth = genesys_pkg::EVE_QUEUE;
  localparam int unsigned W = $clog2(Depth);
  localparam int unsigned Id = genesys_pkg::ID_AT;
  localparam int unsigned IdW = genesys_pkg::ID_W;

  genesys_pkg::word_t held, late, pushed;
  logic holding, placed, exchange, has_late;
  logic [63:0] queue[Depth];
  logic [W-1:0] first, last;
  logic [W:0] queued;

  always_comb begin
    exchange  = holding && come && (placed || gene[Id+:IdW] > held[Id+:IdW]);
    push      = 1'b0;
    pushed    = gene;
    tail_take = 1'b0;
    inserted  = 1'b0;
    if (come && !joins) begin
      push   = 1'b1;
      pushed = exchange ? held : gene;
    end else if (flush && room) begin
      push   = 1'b1;
      pushed = holding ? held : late;
    end else if (insert && holding && room && (tail_valid || tail_ended)) begin
      push      = 1'b1;
      pushed    = held;
      tail_take = tail_valid;
      inserted  = !tail_valid;
    end
    inserts = insert && (!holding || push);
    holds   = has_late;
    flushed = flush && room && !holding;
    request = |queued;
    written = queue[first];
    at      = written[genesys_pkg::TYPE_AT] ? conn_at : node_at;
  end

  always_ff @(posedge clk) begin
    if (clear) begin
      holding  <= 1'b0;
      placed   <= 1'b0;
      has_late <= 1'b0;
      first    <= '0;
      last     <= '0;
      queued   <= '0;
    end else if (en) begin
      if (come && split) begin
        held     <= into;
        late     <= out_of;
        holding  <= 1'b1;
        has_late <= 1'b1;
      end else if (come && joins) begin
        held    <= gene;
        holding <= 1'b1;
      end else if (exchange) begin
        held   <= gene;
        placed <= 1'b1;
      end else if (tail_take) held <= tail_head;
      else if (push && !come) begin
        holding <= 1'b0;
        if (!holding) has_late <= 1'b0;
      end
      if (push) begin
        queue[last] <= pushed;
        last <= last + 1'b1;
      end
      if (granted) first <= first + 1'b1;
      queued <= queued + (W + 1)'(push) - (W + 1)'(granted);
    end
    if (load[0]) node_at <= nodes;
    else if (en && granted && !written[genesys_pkg::TYPE_AT]) node_at <= genesys_pkg::behind(node_at);
    if (load[1]) conn_at <= conns;
    else if (en && granted && written[genesys_pkg::TYPE_AT]) conn_at <= genesys_pkg::behind(conn_at);
  end
endmodule
