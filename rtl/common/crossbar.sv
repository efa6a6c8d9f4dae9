// The crossbar between EvE and the banks of the genome buffer, with an arbiter for each bank.
//
// A requester shows where its next word lies and holds that until it is granted. A word that is read is at its reader a
// cycle later. While EvE's clock stands still, others may have the banks; `restore` then reads once more what streams
// wait for. Requesters are numbered: the streams of the fitter parents, those of the others, the elements' queues.
module crossbar (
    input  logic                                              clk,
    input  logic                                              clear,
    input  logic                                              en,
    input  logic                [genesys_pkg::REQUESTERS-1:0] request,
    input  genesys_pkg::place_t [genesys_pkg::REQUESTERS-1:0] at,
    input  logic                [genesys_pkg::PES-1:0][63:0]  written,    // by queues
    output logic                [genesys_pkg::REQUESTERS-1:0] granted,
    output logic                [genesys_pkg::READERS-1:0][63:0] read,    // what was granted a cycle before
    input  logic                                              restore,
    output logic                [genesys_pkg::BANKS-1:0]      bank_read,
    output logic                [genesys_pkg::BANKS-1:0]      bank_write,
    output logic                [genesys_pkg::BANKS-1:0][genesys_pkg::ROW_W-1:0] bank_row,
    output logic                [genesys_pkg::BANKS-1:0][63:0] bank_in,
    input  logic                [genesys_pkg::BANKS-1:0][63:0] bank_out
);
  localparam int unsigned N = genesys_pkg::REQUESTERS;
  localparam int unsigned Readers = genesys_pkg::READERS;
  localparam int unsigned Banks = genesys_pkg::BANKS;
  localparam int unsigned BankW = genesys_pkg::BANK_W;

  logic [BankW-1:0][N-1:0] digit;  // binary digits of the banks that requesters want
  logic [N-1:0] given[Banks];
  logic [Readers-1:0][BankW-1:0] source;  // the bank that a reader's word comes from
  genesys_pkg::place_t one;

  always_comb begin
    for (int unsigned r = 0; r < N; r++) begin
      one = at[r];
      for (int unsigned k = 0; k < BankW; k++) digit[k][r] = one.bank[k];
    end
  end
  wire unused = &{1'b0, one};

  always_comb begin
    granted = '0;
    for (int unsigned b = 0; b < Banks; b++) granted |= given[b];
    if (!en) granted = '0;
    for (int unsigned r = 0; r < Readers; r++) read[r] = bank_out[source[r]];
  end

  always_ff @(posedge clk) begin
    for (int unsigned r = 0; r < Readers; r++) begin
      if (granted[r]) for (int unsigned k = 0; k < BankW; k++) source[r][k] <= digit[k][r];
    end
  end

  for (genvar b = 0; b < int'(Banks); b++) begin : bank
    logic [N-1:0] wanted;
    genesys_pkg::bank_access_t access;
    logic [genesys_pkg::ROW_W-1:0] last_read;

    always_comb begin
      wanted = request;
      for (int unsigned k = 0; k < BankW; k++) wanted &= ((b >> k) & 1) != 0 ? digit[k] : ~digit[k];
    end

    bank_arbiter arbiter (
        .clk,
        .clear,
        .en,
        .request(wanted),
        .at,
        .written,
        .grant  (given[b]),
        .access
    );

    always_ff @(posedge clk) if (en && access.valid && !access.write) last_read <= access.row;

    always_comb begin
      bank_read[b]  = en ? access.valid && !access.write : restore;
      bank_write[b] = en && access.valid && access.write;
      bank_row[b]   = en ? access.row : last_read;
      bank_in[b]    = access.word;
    end
  end
endmodule
