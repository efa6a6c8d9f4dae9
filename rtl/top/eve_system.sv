// EvE with a buffer of its own: what is simulated where the emulator does inference.
module eve_system (
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
    input  logic                                       buffer_enable,
    input  logic                                       buffer_write,
    input  logic [31:0]                                buffer_at,     // row and bank, in 20 and 12 bits
    input  logic [63:0]                                buffer_in,
    output logic [63:0]                                buffer_out,
    input  logic                                       clear_counts,
    input  logic [4:0]                                 counter,
    output logic [47:0]                                count
);
  logic busy;
  logic [genesys_pkg::BANKS-1:0] bank_read, bank_write;
  logic [genesys_pkg::BANKS-1:0][genesys_pkg::ROW_W-1:0] bank_row;
  logic [genesys_pkg::BANKS-1:0][63:0] bank_in, bank_out;

  eve_side side (
      .clk,
      .rst,
      .write,
      .pe,
      .line,
      .value,
      .start,
      .running,
      .asking,
      .asking_pe,
      .status,
      .clear_counts,
      .counter,
      .count,
      .busy,
      .bank_read,
      .bank_write,
      .bank_row,
      .bank_in,
      .bank_out
  );

  genome_buffer #(
      .BANKS(genesys_pkg::BANKS),
      .ROWS (genesys_pkg::WORDS_PER_BANK),
      .LANE (64)
  ) buffer (
      .clk,
      .busy,
      .read      (bank_read),
      .write     (bank_write),
      .row       (bank_row),
      .in        (bank_in),
      .out       (bank_out),
      .cpu_enable(buffer_enable),
      .cpu_write (buffer_write),
      .cpu_bank  (buffer_at[0+:genesys_pkg::BANK_W]),
      .cpu_row   (buffer_at[12+:genesys_pkg::ROW_W]),
      .cpu_in    (buffer_in),
      .cpu_out   (buffer_out)
  );

  wire unused = &{1'b0, buffer_at};  // upper bits of its row and its bank are
endmodule
