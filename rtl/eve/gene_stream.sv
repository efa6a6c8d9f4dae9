// A parent's genes on their way from the genome buffer: its nodes, then its connections, a few words ahead of gene
// split. Loaded with the rest of a child, it also brings the words that an insertion moves.
module gene_stream (
    input  logic                 clk,
    input  logic                 en,
    input  logic                 load,
    input  genesys_pkg::stream_t loaded,
    output logic                 request,
    output genesys_pkg::place_t  at,
    input  logic                 granted,
    input  genesys_pkg::word_t   read,     // the word that was granted a cycle before
    output logic                 valid,
    output genesys_pkg::word_t   head,
    output logic                 ended,    // every word has been taken
    input  logic                 take
);
  localparam int unsigned Depth = genesys_pkg::PREFETCH;
  localparam int unsigned W = $clog2(Depth);

  genesys_pkg::stream_t left;  // what has not been granted yet
  logic [63:0] words[Depth];
  logic [W-1:0] first, last;
  logic [W:0] held, claimed;  // words here; and those on their way, too
  logic arriving, in_nodes;

  always_comb begin
    in_nodes = |left.n_nodes;
    request  = (in_nodes || |left.n_conns) && claimed < (W + 1)'(Depth);
    at       = in_nodes ? left.nodes : left.conns;
    valid    = |held;
    head     = words[first];
    ended    = !in_nodes && !(|left.n_conns) && claimed == '0;
  end

  always_ff @(posedge clk) begin
    if (load) begin
      left     <= loaded;
      first    <= '0;
      last     <= '0;
      held     <= '0;
      claimed  <= '0;
      arriving <= 1'b0;
    end else if (en) begin
      if (granted) begin
        if (in_nodes) begin
          left.nodes   <= genesys_pkg::behind(left.nodes);
          left.n_nodes <= left.n_nodes - 1'b1;
        end else begin
          left.conns   <= genesys_pkg::behind(left.conns);
          left.n_conns <= left.n_conns - 1'b1;
        end
      end
      arriving <= granted;
      if (arriving) begin
        words[last] <= read;
        last <= last + 1'b1;
      end
      if (take) first <= first + 1'b1;
      held    <= held + (W + 1)'(arriving) - (W + 1)'(take);
      claimed <= claimed + (W + 1)'(granted) - (W + 1)'(take);
    end
  end
endmodule
