// EvE: evolves a generation, a wave of children at a time.
//
// The CPU writes what a wave needs (`eve_registers`), and starts it. Where a child's new connection has to be checked,
// the clock stands still until it has answered.
module eve (
    input  logic                                              clk,
    input  logic                                              rst,
    input  logic                                              write,    // a register
    input  logic                [genesys_pkg::PE_W-1:0]       pe,
    input  logic                [4:0]                         line,
    input  logic                [63:0]                        value,
    input  logic                                              start,
    output logic                                              running,
    output logic                                              en,       // the clock counts in this cycle
    output logic                                              asking,   // the CPU has to decide on a new connection
    output logic                [genesys_pkg::PE_W-1:0]       asking_pe,
    output logic                [63:0]                        status,   // of `pe`, by `line`
    output logic                [genesys_pkg::REQUESTERS-1:0] request,
    output genesys_pkg::place_t [genesys_pkg::REQUESTERS-1:0] at,
    output logic                [genesys_pkg::PES-1:0][63:0]  written,
    input  logic                [genesys_pkg::REQUESTERS-1:0] granted,
    input  logic                [genesys_pkg::READERS-1:0][63:0] read,
    output genesys_pkg::events_t [genesys_pkg::PES-1:0]       did
);
  localparam int unsigned N = genesys_pkg::PES;

  genesys_pkg::common_t common;
  genesys_pkg::child_t [N-1:0] child;
  genesys_pkg::answer_t [N-1:0] answer;
  logic [N-1:0] leads, asks, answered, done, starved, starving, room, allowed, streaming, insert;
  logic [N-1:0] tail_valid, tail_ended, tail_take, load_seed, load_place;
  logic [N-1:0][1:0] load_stream;
  logic [1:0] seed_part;
  genesys_pkg::place_t nodes, conns;
  genesys_pkg::stream_t stream;
  genesys_pkg::slot_t [N-1:0] split_slot, slot;
  genesys_pkg::stream_t [N-1:0] tail;
  genesys_pkg::word_t [N-1:0] tail_head;
  genesys_pkg::ends_t [N-1:0][genesys_pkg::CANDIDATES-1:0] candidates;
  logic [N-1:0][2:0] n_candidates;
  genesys_pkg::ends_t [genesys_pkg::CANDIDATES-1:0] proposed;
  genesys_pkg::ends_t pair;
  genesys_pkg::place_t [N-1:0] node_at, conn_at;
  genesys_pkg::place_t next_node, next_conn;

  always_comb begin
    en = running && !(|asks) && !(&done);
    proposed = candidates[pe];
    pair = proposed[line[1:0]];
    next_node = node_at[pe];
    next_conn = conn_at[pe];
    status = {{(61 - 2 * genesys_pkg::ID_W) {1'b0}}, n_candidates[pe], pair};
    if (line[2]) begin
      status = '0;
      status[0+:genesys_pkg::BANK_W]  = next_node.bank;
      status[12+:genesys_pkg::ROW_W]  = next_node.row;
      status[32+:genesys_pkg::BANK_W] = next_conn.bank;
      status[44+:genesys_pkg::ROW_W]  = next_conn.row;
    end
    asking = |asks;
    asking_pe = '0;
    for (int p = int'(N) - 1; p >= 0; p--) if (asks[p]) asking_pe = genesys_pkg::PE_W'(p);
  end

  always_ff @(posedge clk) begin
    if (rst) running <= 1'b0;
    else if (start) running <= 1'b1;
    else if (&done) running <= 1'b0;
  end

  eve_registers registers (
      .clk,
      .rst,
      .write,
      .pe,
      .line,
      .value,
      .start,
      .common,
      .child,
      .leads,
      .load_seed,
      .seed_part,
      .load_place,
      .nodes,
      .conns,
      .load_stream,
      .stream,
      .answered,
      .answer
  );

  noc network (
      .leads,
      .split(split_slot),
      .starved,
      .room,
      .slot,
      .starving,
      .allowed
  );

  for (genvar p = 0; p < int'(N); p++) begin : element
    gene_split split (
        .clk,
        .en,
        .load     (load_stream[p]),
        .loaded   (stream),
        .insert   (insert[p] && en),
        .tail     (tail[p]),
        .streaming(streaming[p]),
        .room     (allowed[p]),
        .request  ({request[N+p], request[p]}),
        .at       ({at[N+p], at[p]}),
        .granted  ({granted[N+p], granted[p]}),
        .read     ({read[N+p], read[p]}),
        .slot     (split_slot[p]),
        .starved  (starved[p]),
        .tail_valid(tail_valid[p]),
        .tail_head (tail_head[p]),
        .tail_ended(tail_ended[p]),
        .tail_take (tail_take[p])
    );

    processing_element pe_p (
        .clk,
        .rst,
        .en,
        .start,
        .common,
        .child       (child[p]),
        .load_seed   (load_seed[p]),
        .seed_part,
        .seed        (value),
        .load_place  (load_place[p]),
        .nodes,
        .conns,
        .slot        (slot[p]),
        .starving    (starving[p]),
        .streaming   (streaming[p]),
        .room        (room[p]),
        .insert      (insert[p]),
        .tail        (tail[p]),
        .tail_valid  (tail_valid[p]),
        .tail_head   (tail_head[p]),
        .tail_ended  (tail_ended[p]),
        .tail_take   (tail_take[p]),
        .request     (request[2*N+p]),
        .at          (at[2*N+p]),
        .written     (written[p]),
        .granted     (granted[2*N+p]),
        .asks        (asks[p]),
        .answered    (answered[p]),
        .answer      (answer[p]),
        .node_at     (node_at[p]),
        .conn_at     (conn_at[p]),
        .candidates  (candidates[p]),
        .n_candidates(n_candidates[p]),
        .done        (done[p]),
        .did         (did[p])
    );
  end
endmodule
