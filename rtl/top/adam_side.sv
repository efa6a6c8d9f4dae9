// ADAM's side of the banks: ADAM, and which banks its reads and its results go to.
//
// Banks 0 to LINE_WORDS - 1 hold lines, a word of each a bank; the next holds nodes' words, the last one destinations.
module adam_side
  import genesys_pkg::*;
(
    input  logic                            clk,
    input  logic                            rst,
    input  logic                            start,
    input  logic [ADDRESS_BITS-1:0]         start_line,
    output logic                            busy,
    output logic                            array_busy,
    output logic                            register_write,
    output logic [ADDRESS_BITS-1:0]         register_number,
    output logic signed [REGISTER_BITS-1:0] written_register,
    output logic [ADAM_BANKS-1:0]                    bank_read,
    output logic [ADAM_BANKS-1:0][OPERAND_LANES-1:0] bank_write,
    output logic [ADAM_BANKS-1:0][ADDRESS_BITS-1:0]  bank_row,
    output logic [ADAM_BANKS-1:0][63:0]              bank_in,
    input  logic [ADAM_BANKS-1:0][63:0]              bank_out
);

  logic [LINE_WORDS-1:0] line_words;
  logic line_read, node_read, destination_read, operand_write;
  logic [ADDRESS_BITS-1:0] line_address, node_address, destination_address;
  logic [LINE_BITS-1:0] line;
  logic [63:0] node, destination;
  destination_t write_to;

  adam adam_i (
      .clk                (clk),
      .rst                (rst),
      .start              (start),
      .start_line         (start_line),
      .busy               (busy),
      .array_busy         (array_busy),
      .line_read          (line_read),
      .line_words         (line_words),
      .line_address       (line_address),
      .line               (line),
      .node_read          (node_read),
      .node_address       (node_address),
      .node               (node[NODE_WORD_BITS-1:0]),
      .destination_read   (destination_read),
      .destination_address(destination_address),
      .destination        (destination[DESTINATION_BITS-1:0]),
      .operand_write      (operand_write),
      .register_write     (register_write),
      .write_to           (write_to),
      .written_register   (written_register)
  );

  assign register_number = write_to.line;

  // A result as an operand, in the lane of its row.
  logic [63:0] result_word;
  logic [OPERAND_LANES-1:0] result_lanes;
  logic [BANK_BITS-1:0] result_bank;
  always_comb begin
    result_bank = BANK_BITS'(WEIGHT_WORDS);
    result_lanes = '0;
    for (int r = 0; r < ADAM_ROWS; r++) begin
      if (write_to.row == ROW_BITS'(r)) begin
        result_bank = BANK_BITS'(WEIGHT_WORDS + r / OPERANDS_A_WORD);
        result_lanes[r%OPERANDS_A_WORD] = 1'b1;
      end
    end
  end
  always_comb begin
    result_word = '0;
    for (int l = 0; l < OPERANDS_A_WORD; l++) begin
      result_word[OPERAND_BITS*l+:OPERAND_BITS] = written_register[GUARD_BITS+:OPERAND_BITS];
    end
  end

  for (genvar b = 0; b < LINE_WORDS; b++) begin : gen_line
    logic written;
    assign written = operand_write && result_bank == BANK_BITS'(b);
    assign bank_read[b] = line_read && line_words[b];
    assign bank_write[b] = written ? result_lanes : '0;
    assign bank_row[b] = written ? write_to.line : line_address;
    assign line[64*b+:64] = bank_out[b];
  end
  assign bank_read[ADAM_BANKS-1-:2] = {destination_read, node_read};
  assign bank_write[ADAM_BANKS-1-:2] = '0;
  assign bank_row[ADAM_BANKS-1-:2] = {destination_address, node_address};
  assign {destination, node} = bank_out[ADAM_BANKS-1-:2];
  assign bank_in = {ADAM_BANKS{result_word}};

  logic unused;
  assign unused = &{1'b0, node, destination, write_to.is_last, write_to.is_register, written_register};

endmodule
