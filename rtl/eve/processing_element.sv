// A processing element: makes a child of the slots that gene split hands out, a slot a cycle in four stages.
module processing_element (
    input  logic                        clk,
    input  logic                        rst,
    input  logic                        en,
    input  logic                        start,       // begin with the child that has been loaded
    input  genesys_pkg::common_t        common,
    input  genesys_pkg::child_t         child,
    input  logic                        load_seed,
    input  logic                  [1:0] seed_part,
    input  logic                  [63:0] seed,
    input  logic                        load_place,  // of what it makes
    input  genesys_pkg::place_t         nodes,
    input  genesys_pkg::place_t         conns,
    input  genesys_pkg::slot_t          slot,
    input  logic                        starving,    // no slot comes for want of words
    output logic                        streaming,
    output logic                        room,        // for what a slot may send out
    output logic                        insert,      // load the gene stream with what has to move
    output genesys_pkg::stream_t        tail,
    input  logic                        tail_valid,
    input  genesys_pkg::word_t          tail_head,
    input  logic                        tail_ended,
    output logic                        tail_take,
    output logic                        request,
    output genesys_pkg::place_t         at,
    output genesys_pkg::word_t          written,
    input  logic                        granted,
    output genesys_pkg::place_t         node_at,     // where its next node goes
    output genesys_pkg::place_t         conn_at,
    output logic                        asks,        // the CPU has to say which candidate is added
    input  logic                        answered,
    input  genesys_pkg::answer_t        answer,
    output genesys_pkg::ends_t [genesys_pkg::CANDIDATES-1:0] candidates,
    output logic                  [2:0] n_candidates,
    output logic                        done,
    output genesys_pkg::events_t        did
);
  /* verilator no_inline_module */
  typedef enum logic [2:0] {
    DONE,
    STREAM,
    FLUSH,
    DRAIN,
    INSERT
  } phase_t;

  localparam int unsigned UsedW = $clog2(genesys_pkg::EVE_QUEUE + 1);

  phase_t state, phase, upcoming;
  logic fresh;             // the first cycle of a child
  logic joins, mutates;    // it is to gain a connection; its attributes may change
  logic joined;            // its connection is being added, or was
  logic [3:0] filled;      // whether there was a slot one to four cycles ago
  logic [UsedW-1:0] used;  // words of the queue that are taken, or may be by genes in the stages
  logic takes, gone, split, push, holds, flushed, inserts, inserted;
  logic [3:0][31:0] words, words_1;
  genesys_pkg::slot_t slot_1;
  logic valid_1;
  genesys_pkg::mixed_t mixed;
  genesys_pkg::perturbed_t perturbed;
  genesys_pkg::kept_t kept;
  genesys_pkg::id_t largest;
  genesys_pkg::word_t added, into, out_of, joining;
  genesys_pkg::ends_t chosen;

  always_comb begin
    room  = used < UsedW'(genesys_pkg::EVE_QUEUE);
    takes = slot.valid && slot.fitter;
    phase = state;
    if (state == STREAM && slot.over && filled == '0) phase = holds ? FLUSH : DRAIN;
    streaming = state == STREAM;
    insert = 1'b0;
    asks   = 1'b0;
    upcoming   = phase;
    case (phase)
      FLUSH: if (flushed) upcoming = DRAIN;
      DRAIN: begin
        if (used == '0) begin
          upcoming = DONE;
          if (n_candidates != '0 && !joined) begin
            asks   = !answered;
            insert = answered && answer.accept;
            if (insert) upcoming = INSERT;
          end
        end
      end
      INSERT: if (inserted) upcoming = DRAIN;
      default: ;
    endcase
    done = state == DONE;

    chosen  = candidates[answer.candidate];
    joining = '0;
    joining[genesys_pkg::TYPE_AT] = 1'b1;
    joining[genesys_pkg::ID_AT+:genesys_pkg::ID_W] = chosen.source;
    joining[genesys_pkg::DESTINATION_AT+:genesys_pkg::DESTINATION_W] =
        genesys_pkg::DESTINATION_W'(chosen.destination);
    joining[genesys_pkg::ENABLE_AT] = 1'b1;
    tail.nodes   = answer.at;
    tail.n_nodes = '0;
    tail.conns   = answer.at;
    tail.n_conns = answer.moved;
  end

  always_comb begin
    did.slot        = phase == STREAM && slot.valid;
    did.stall_read  = phase == STREAM && !slot.over && !slot.valid && starving;
    did.stall_write = phase == STREAM && !slot.over && !slot.valid && !starving;
    did.fill        = phase == STREAM && slot.over;
    did.flush       = phase == FLUSH && push;
    did.drain       = phase == DRAIN || (phase == FLUSH && !push) || (phase == INSERT && !inserts);
    did.insert      = inserts;
    did.idle        = phase == DONE && child.active;
    did.fitter      = slot.valid && slot.fitter;
    did.other       = slot.valid && slot.other;
    did.split       = split;
    did.joined      = insert;
    did.draws       = (fresh || slot.valid) && !child.elite;
    did.emitted     = granted;
  end

  always_ff @(posedge clk) begin
    if (rst) state <= DONE;
    else if (start) begin
      state    <= child.active ? STREAM : DONE;
      fresh    <= child.active;
      joins    <= 1'b0;
      mutates  <= 1'b0;
      joined   <= 1'b0;
      filled   <= '0;
      used     <= '0;
      valid_1  <= 1'b0;
      largest  <= '0;
    end else if (en) begin
      state <= upcoming;
      fresh <= 1'b0;
      if (fresh && !child.elite) begin
        joins <= {1'b0, words[0][7:0]} < child.conn_add.gate && {1'b0, words[0][15:8]} < child.conn_add.threshold;
        mutates <= {1'b0, words[0][23:16]} < common.attributes.gate
            && {1'b0, words[0][31:24]} < common.attributes.threshold;
      end
      if (insert) joined <= 1'b1;
      filled <= {filled[2:0], slot.valid};
      used <= used + UsedW'(takes) + UsedW'(push && !(kept.valid)) - UsedW'(gone) - UsedW'(granted);
      valid_1 <= takes;
      if (takes) begin
        slot_1  <= slot;
        words_1 <= words;
      end
      if (valid_1 && !slot_1.gene[genesys_pkg::TYPE_AT]
          && slot_1.gene[genesys_pkg::ID_AT+:genesys_pkg::ID_W] > largest) begin
        largest <= slot_1.gene[genesys_pkg::ID_AT+:genesys_pkg::ID_W];
      end
    end
  end

  xorwow generator (
      .clk,
      .load  (load_seed),
      .part  (seed_part),
      .loaded(seed),
      .step  (en && did.draws),
      .words
  );

  crossover mixes (
      .clk,
      .en,
      .clear         (start),
      .valid         (valid_1),
      .slot          (slot_1),
      .words         (words_1),
      .common,
      .inject        (insert),
      .injected      (joining),
      .injected_noise(words[answer.candidate]),
      .mixed
  );

  perturbation perturbs (
      .clk,
      .en,
      .clear    (start),
      .mixed,
      .common,
      .mutates,
      .toggles  (!child.elite),
      .perturbed,
      .changed  (did.perturbed),
      .saturated(did.saturated)
  );

  delete_gene deletes (
      .clk,
      .en,
      .clear       (start),
      .perturbed,
      .child,
      .kept,
      .gone,
      .deleted_node(did.deleted_node),
      .kept_node   (did.kept_node),
      .deleted_conn(did.deleted_conn),
      .dangling    (did.dangling)
  );

  add_gene adds (
      .clk,
      .en,
      .clear       (start),
      .kept,
      .common,
      .child,
      .joins,
      .largest,
      .gene        (added),
      .split,
      .refused_node(did.refused_node),
      .into,
      .out_of,
      .candidates,
      .n_candidates
  );

  gene_merge merge (
      .clk,
      .en,
      .clear   (start),
      .come    (kept.valid),
      .gene    (added),
      .split,
      .into,
      .out_of,
      .joins   (kept.joins),
      .flush   (phase == FLUSH),
      .insert  (phase == INSERT),
      .tail_valid,
      .tail_head,
      .tail_ended,
      .tail_take,
      .load    ({load_place || insert, load_place}),
      .nodes,
      .conns   (insert ? answer.at : conns),
      .room,
      .push,
      .holds,
      .flushed,
      .inserts,
      .inserted,
      .request,
      .at,
      .written,
      .granted,
      .node_at,
      .conn_at
  );
endmodule
