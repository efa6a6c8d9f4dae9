// Gene split: aligns the streams of two parents by key and hands out a slot a cycle, to one element or to several that
// make children of the same pair.
module gene_split (
    input  logic                        clk,
    input  logic                        en,
    input  logic                 [1:0]  load,       // the streams of the fitter and of the other parent
    input  genesys_pkg::stream_t        loaded,
    input  logic                        insert,     // load the fitter's with what an insertion moves
    input  genesys_pkg::stream_t        tail,
    input  logic                        streaming,  // a child is being made of the streams
    input  logic                        room,       // each element has room for what a slot may send out
    output logic                 [1:0]  request,
    output genesys_pkg::place_t  [1:0]  at,
    input  logic                 [1:0]  granted,
    input  genesys_pkg::word_t   [1:0]  read,
    output genesys_pkg::slot_t          slot,
    output logic                        starved,    // a slot waits for words
    output logic                        tail_valid,
    output genesys_pkg::word_t          tail_head,
    output logic                        tail_ended,
    input  logic                        tail_take
);
  /* verilator no_inline_module */
  logic [1:0] valid, ended, take;
  genesys_pkg::word_t [1:0] head;
  genesys_pkg::key_t key_fitter, key_other;
  logic ready, fitter, other;

  function automatic genesys_pkg::key_t key_of(input genesys_pkg::word_t word);
    logic is_conn;
    is_conn = word[genesys_pkg::TYPE_AT];
    return {
      is_conn,
      word[genesys_pkg::ID_AT+:genesys_pkg::ID_W],
      is_conn ? word[genesys_pkg::DESTINATION_AT+:genesys_pkg::DESTINATION_W] : genesys_pkg::DESTINATION_W'(0)
    };
  endfunction

  gene_stream fitter_stream (
      .clk,
      .en,
      .load   (load[0] || insert),
      .loaded (insert ? tail : loaded),
      .request(request[0]),
      .at     (at[0]),
      .granted(granted[0]),
      .read   (read[0]),
      .valid  (valid[0]),
      .head   (head[0]),
      .ended  (ended[0]),
      .take   (take[0])
  );

  gene_stream other_stream (
      .clk,
      .en,
      .load   (load[1]),
      .loaded,
      .request(request[1]),
      .at     (at[1]),
      .granted(granted[1]),
      .read   (read[1]),
      .valid  (valid[1]),
      .head   (head[1]),
      .ended  (ended[1]),
      .take   (take[1])
  );

  always_comb begin
    key_fitter = key_of(head[0]);
    key_other  = key_of(head[1]);
    fitter     = valid[0] && (!valid[1] || key_fitter <= key_other);
    other      = valid[1] && (!valid[0] || key_other <= key_fitter);
    ready      = streaming && (valid[0] || ended[0]) && (valid[1] || ended[1]) && |valid;
    slot.valid  = ready && room;
    slot.fitter = fitter;
    slot.other  = other;
    slot.gene   = fitter ? head[0] : head[1];
    slot.mate   = other ? head[1] : head[0];
    slot.over   = &ended;
    starved     = !ready;
    take[0]     = (slot.valid && fitter) || tail_take;
    take[1]     = slot.valid && other;
    tail_valid  = valid[0];
    tail_head   = head[0];
    tail_ended  = ended[0];
  end
endmodule
