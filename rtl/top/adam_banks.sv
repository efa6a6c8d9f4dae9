// ADAM with banks of its own: what is simulated where software evolves.
module adam_banks
  import genesys_pkg::*;
(
    input  logic                            clk,
    input  logic                            rst,
    input  logic                            start,
    input  logic [ADDRESS_BITS-1:0]         start_line,
    output logic                            busy,
    output logic                            array_busy,
    output logic [     WORD_COUNT_BITS-1:0] words_read,       // in this cycle
    output logic                            words_written,
    input  logic                            cpu_write,
    input  logic [BANK_BITS-1:0]            cpu_bank,
    input  logic [ADDRESS_BITS-1:0]         cpu_address,
    input  logic [63:0]                     cpu_word,
    input  logic [OPERAND_LANES-1:0]        cpu_lanes,
    output logic                            register_write,
    output logic [ADDRESS_BITS-1:0]         register_number,
    output logic signed [REGISTER_BITS-1:0] written_register
);

  logic [ADAM_BANKS-1:0] bank_read;
  logic [ADAM_BANKS-1:0][OPERAND_LANES-1:0] bank_write;
  logic [ADAM_BANKS-1:0][ADDRESS_BITS-1:0] bank_row;
  logic [ADAM_BANKS-1:0][63:0] bank_in, bank_out;
  logic [63:0] read_back;

  adam_side side (
      .clk,
      .rst,
      .start,
      .start_line,
      .busy,
      .array_busy,
      .register_write,
      .register_number,
      .written_register,
      .bank_read,
      .bank_write,
      .bank_row,
      .bank_in,
      .bank_out
  );

  always_comb begin
    words_read = '0;
    words_written = 1'b0;
    for (int b = 0; b < ADAM_BANKS; b++) begin
      words_read += WORD_COUNT_BITS'(bank_read[b] && bank_write[b] == '0);
      words_written |= bank_write[b] != '0;
    end
  end

  genome_buffer #(
      .BANKS(ADAM_BANKS),
      .ROWS (BANK_WORDS),
      .LANE (OPERAND_BITS)
  ) buffer (
      .clk,
      .busy,
      .read      (bank_read),
      .write     (bank_write),
      .row       (bank_row),
      .in        (bank_in),
      .out       (bank_out),
      .cpu_enable(cpu_write),
      .cpu_write (cpu_lanes),
      .cpu_bank  (cpu_bank),
      .cpu_row   (cpu_address),
      .cpu_in    (cpu_word),
      .cpu_out   (read_back)
  );

  wire unused = &{1'b0, read_back};  // registers hold all that is asked for

endmodule
