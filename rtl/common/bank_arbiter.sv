// Chooses who has a single-ported bank in this cycle, the first request behind the one that was served last, and brings
// its place and its word to the bank.
module bank_arbiter (
    input  logic                                              clk,
    input  logic                                              clear,    // begin at the first requester again
    input  logic                                              en,
    input  logic                [genesys_pkg::REQUESTERS-1:0] request,
    input  genesys_pkg::place_t [genesys_pkg::REQUESTERS-1:0] at,
    input  logic                [genesys_pkg::PES-1:0][63:0]  written,
    output logic                [genesys_pkg::REQUESTERS-1:0] grant,    // of one requester, or of none
    output genesys_pkg::bank_access_t                         access
);
  /* verilator no_inline_module */
  localparam int unsigned N = genesys_pkg::REQUESTERS;
  localparam int unsigned W = $clog2(N);
  localparam int unsigned Readers = genesys_pkg::READERS;

  logic [N-1:0] behind;  // requesters behind the one served last
  logic [N-1:0] later, chosen;
  logic [W-1:0] number;
  genesys_pkg::place_t place;

  // Requesters whose number has a digit.
  function automatic logic [N-1:0] with_digit(input int unsigned k);
    logic [N-1:0] found;
    for (int unsigned r = 0; r < N; r++) found[r] = 1'(r >> k);
    return found;
  endfunction

  always_comb begin
    later  = request & behind;
    chosen = |later ? later : request;
    grant  = chosen & (~chosen + 1'b1);
    for (int unsigned k = 0; k < W; k++) number[k] = |(grant & with_digit(k));
    place        = at[number];
    access.valid = |request;
    access.write = |grant[N-1:Readers];
    access.row   = place.row;
    access.word  = written[number>=W'(Readers)?number-W'(Readers) : '0];
  end

  always_ff @(posedge clk) begin
    if (clear) behind <= '0;
    else if (en && access.valid) behind <= ~(grant | (grant - 1'b1));
  end

  wire unused = &{1'b0, place};
endmodule
