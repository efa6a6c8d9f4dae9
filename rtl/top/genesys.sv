// The chip without its processor: EvE and ADAM around one genome buffer.
//
// A generation has two phases, which never overlap. In the first, ADAM infers: the processor has laid out the networks
// as lines, nodes' words and lists of destinations in the first ADAM_BANKS banks. In the second, EvE breeds: genomes go
// through all banks. Each has the banks while it is busy, and the processor between the two; it starts one of them at
// a time.
module genesys (
    input  logic                                       clk,
    input  logic                                       rst,
    // The processor's port to the buffer.
    input  logic                                       buffer_enable,
    input  logic [genesys_pkg::OPERAND_LANES-1:0]      buffer_write,  // lanes of the word; none: it is read
    input  logic [31:0]                                buffer_at,     // row and bank, in 20 and 12 bits
    input  logic [63:0]                                buffer_in,
    output logic [63:0]                                buffer_out,
    // EvE.
    input  logic                                       eve_start,
    output logic                                       eve_running,
    input  logic                                       write,
    input  logic [genesys_pkg::PE_W-1:0]               pe,
    input  logic [4:0]                                 line,
    input  logic [63:0]                                value,
    output logic                                       asking,
    output logic [genesys_pkg::PE_W-1:0]               asking_pe,
    output logic [63:0]                                status,
    input  logic                                       clear_counts,
    input  logic [4:0]                                 counter,
    output logic [47:0]                                count,
    // ADAM.
    input  logic                                       adam_start,
    input  logic [genesys_pkg::ADDRESS_BITS-1:0]       start_line,
    output logic                                       adam_busy,
    output logic                                       array_busy,
    output logic                                       register_write,
    output logic [genesys_pkg::ADDRESS_BITS-1:0]       register_number,
    output logic signed [genesys_pkg::REGISTER_BITS-1:0] written_register
);
  localparam int unsigned Banks = genesys_pkg::BANKS;
  localparam int unsigned Shared = genesys_pkg::ADAM_BANKS;
  localparam int unsigned Lanes = genesys_pkg::OPERAND_LANES;
  localparam int unsigned RowW = genesys_pkg::ROW_W;

  logic eve_busy;
  logic [Banks-1:0] eve_read, eve_write;
  logic [Banks-1:0][RowW-1:0] eve_row;
  logic [Banks-1:0][63:0] eve_in;
  logic [Shared-1:0] adam_read;
  logic [Shared-1:0][Lanes-1:0] adam_write;
  logic [Shared-1:0][RowW-1:0] adam_row;
  logic [Shared-1:0][63:0] adam_in;
  logic [Banks-1:0] bank_read;
  logic [Banks-1:0][Lanes-1:0] bank_write;
  logic [Banks-1:0][RowW-1:0] bank_row;
  logic [Banks-1:0][63:0] bank_in, bank_out;

  eve_side evolves (
      .clk,
      .rst,
      .write,
      .pe,
      .line,
      .value,
      .start     (eve_start),
      .running   (eve_running),
      .asking,
      .asking_pe,
      .status,
      .clear_counts,
      .counter,
      .count,
      .busy      (eve_busy),
      .bank_read (eve_read),
      .bank_write(eve_write),
      .bank_row  (eve_row),
      .bank_in   (eve_in),
      .bank_out
  );

  adam_side infers (
      .clk,
      .rst,
      .start     (adam_start),
      .start_line,
      .busy      (adam_busy),
      .array_busy,
      .register_write,
      .register_number,
      .written_register,
      .bank_read (adam_read),
      .bank_write(adam_write),
      .bank_row  (adam_row),
      .bank_in   (adam_in),
      .bank_out  (bank_out[Shared-1:0])
  );

  for (genvar b = 0; b < int'(Banks); b++) begin : choice
    if (b < int'(Shared)) begin : of_both
      assign bank_read[b]  = adam_busy ? adam_read[b] : eve_read[b];
      assign bank_write[b] = adam_busy ? adam_write[b] : {Lanes{eve_write[b]}};
      assign bank_row[b]   = adam_busy ? adam_row[b] : eve_row[b];
      assign bank_in[b]    = adam_busy ? adam_in[b] : eve_in[b];
    end else begin : of_eve
      assign bank_read[b]  = eve_read[b];
      assign bank_write[b] = {Lanes{eve_write[b]}};
      assign bank_row[b]   = eve_row[b];
      assign bank_in[b]    = eve_in[b];
    end
  end

  genome_buffer #(
      .BANKS(Banks),
      .ROWS (genesys_pkg::WORDS_PER_BANK),
      .LANE (genesys_pkg::OPERAND_BITS)
  ) buffer (
      .clk,
      .busy      (eve_busy || adam_busy),
      .read      (bank_read),
      .write     (bank_write),
      .row       (bank_row),
      .in        (bank_in),
      .out       (bank_out),
      .cpu_enable(buffer_enable),
      .cpu_write (buffer_write),
      .cpu_bank  (buffer_at[0+:genesys_pkg::BANK_W]),
      .cpu_row   (buffer_at[12+:RowW]),
      .cpu_in    (buffer_in),
      .cpu_out   (buffer_out)
  );

  wire unused = &{1'b0, buffer_at};  // upper bits of its row and its bank are
endmodule
