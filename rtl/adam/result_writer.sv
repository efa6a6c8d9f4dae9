// Writes results to where they are read. A list of destinations in the buffer names, for each result in turn, operands
// of lines, in which the array will read it, and the register in which the processor does.
module result_writer
  import genesys_pkg::*;
(
    input  logic                            clk,
    input  logic                            rst,
    input  logic                            valid,
    input  logic                            first,               // of a tile: its list begins at
    input  logic [ADDRESS_BITS-1:0]         list,
    input  logic signed [REGISTER_BITS-1:0] result,
    input  logic                            line_port_taken,
    output logic                            destination_read,
    output logic [ADDRESS_BITS-1:0]         destination_address,
    input  destination_t                    destination,
    output logic                            operand_write,
    output logic                            register_write,
    output destination_t                    write_to,
    output logic signed [REGISTER_BITS-1:0] written_register,
    output logic                            written              // to all destinations
);

  typedef struct packed {
    logic                     first;
    logic [ADDRESS_BITS-1:0]  list;
    logic [REGISTER_BITS-1:0] result;
  } entry_t;

  entry_t entries[QUEUE];
  logic [QUEUE_BITS:0] put, got;  // one bit more than an address: full and empty differ
  entry_t arrived, oldest;
  logic empty;
  assign empty = put == got;
  assign arrived = '{first: first, list: list, result: result};
  assign oldest = empty ? arrived : entries[got[QUEUE_BITS-1:0]];  // an empty queue takes no cycle

  logic held;  // a result, whose destination has been read
  logic [REGISTER_BITS-1:0] head;
  logic [ADDRESS_BITS-1:0] following;
  logic fire, load;
  assign fire = held && (destination.is_register || !line_port_taken);
  assign written = fire && destination.is_last;
  assign load = (!empty || valid) && (!held || written);

  assign destination_read = load || fire && !destination.is_last;
  assign destination_address = load && oldest.first ? oldest.list : following;
  assign operand_write = fire && !destination.is_register;
  assign register_write = fire && destination.is_register;
  assign write_to = destination;
  assign written_register = head;

  always_ff @(posedge clk) begin
    if (valid) entries[put[QUEUE_BITS-1:0]] <= arrived;
    if (load) head <= oldest.result;
    if (destination_read) following <= destination_address + 1;
    if (rst) begin
      put <= '0;
      got <= '0;
      held <= 1'b0;
    end else begin
      put <= put + (QUEUE_BITS + 1)'(valid);
      got <= got + (QUEUE_BITS + 1)'(load);
      held <= load || held && !written;
    end
  end

endmodule
