// EvE's side of the banks: EvE, the crossbar through which its elements reach the banks, and its counters.
module eve_side (
    input  logic                                       clk,
    input  logic                                       rst,
    input  logic                                       write,
    input  logic [genesys_pkg::PE_W-1:0]               pe,
    input  logic [4:0]                                 line,
    input  logic [63:0]                                value,
    input  logic                                       start,
    output logic                                       running,
    output logic                                       asking,
    output logic [genesys_pkg::PE_W-1:0]               asking_pe,
    output logic [63:0]                                status,
    input  logic                                       clear_counts,
    input  logic [4:0]                                 counter,
    output logic [47:0]                                count,
    output logic                                       busy,        // it has the banks in this cycle
    output logic [genesys_pkg::BANKS-1:0]              bank_read,
    output logic [genesys_pkg::BANKS-1:0]              bank_write,
    output logic [genesys_pkg::BANKS-1:0][genesys_pkg::ROW_W-1:0] bank_row,
    output logic [genesys_pkg::BANKS-1:0][63:0]        bank_in,
    input  logic [genesys_pkg::BANKS-1:0][63:0]        bank_out
);
  logic en, restore;
  logic [genesys_pkg::REQUESTERS-1:0] request, granted;
  genesys_pkg::place_t [genesys_pkg::REQUESTERS-1:0] at;
  logic [genesys_pkg::PES-1:0][63:0] written;
  logic [genesys_pkg::READERS-1:0][63:0] read;
  genesys_pkg::events_t [genesys_pkg::PES-1:0] did;

  always_comb begin
    restore = write && line == 5'd10;
    busy    = en || restore;
  end

  eve evolves (
      .clk,
      .rst,
      .write,
      .pe,
      .line,
      .value,
      .start,
      .running,
      .en,
      .asking,
      .asking_pe,
      .status,
      .request,
      .at,
      .written,
      .granted,
      .read,
      .did
  );

  crossbar crosses (
      .clk,
      .clear(start),
      .en,
      .request,
      .at,
      .written,
      .granted,
      .read,
      .restore,
      .bank_read,
      .bank_write,
      .bank_row,
      .bank_in,
      .bank_out
  );

  eve_counters counters (
      .clk,
      .clear(clear_counts),
      .en,
      .did,
      .granted,
      .counter,
      .count
  );
endmodule
