// Reads tiles from the buffer and gives them to the array, one behind the other, layer after layer of a step.
//
// A tile is a header, a line of the buffer, and behind it the lines that stream through the array. Each header says where
// the next one lies, and is read while the tile before drains, so that tiles of a layer follow one another without a gap.
// A tile begins when all results that it will have find room in the queue, and, if it reads results of this step, when
// all have been written.
module tile_loader
  import genesys_pkg::*;
(
    input  logic                    clk,
    input  logic                    rst,
    input  logic                    start,
    input  logic [ADDRESS_BITS-1:0] start_line,
    output logic                    line_read,
    output logic [  LINE_WORDS-1:0] line_words,   // which words of the line are wanted
    output logic [ADDRESS_BITS-1:0] line_address,
    input  tile_header_t            header_in,
    input  logic                    written,      // a result has reached all its destinations
    input  logic                    kept,         // a sum is kept for another tile
    output logic                    valid,        // a line is at the array's edge in this cycle
    output logic                    first,
    output logic                    last,
    output logic                    inject,       // read the next sum that a column of the array begins with
    output logic                    collect,      // the first column's result is there in the next cycle
    output tile_header_t            tile,
    output logic                    busy,         // from `start` on; no longer in the array's last cycle
    output logic                    array_busy
);

  localparam int Overhead = (WEIGHTS_STAY != 0 ? 2 * ADAM_ROWS : ADAM_ROWS) + ADAM_COLS - 2;
  localparam int Down = WEIGHTS_STAY != 0 ? 2 * ADAM_ROWS - 1 : ADAM_ROWS - 2;  // to the bottom of the first column

  typedef logic [STREAM_BITS:0] cycle_t;

  typedef enum logic [1:0] {
    IDLE,
    ASK,
    DECODE,
    READY
  } fetch_t;

  fetch_t fetch;
  tile_header_t held, next;
  logic [ADDRESS_BITS-1:0] header_line, line;
  logic [OUTSTANDING_BITS-1:0] outstanding;
  assign next = fetch == DECODE ? header_in : held;

  // The tile that runs. Stationary weights take a cycle for each row of the array; only rows with weights have lines,
  // which come last.
  logic running, ending, slot, begin_tile, room;
  cycle_t n, lines, length;
  assign lines = WEIGHTS_STAY != 0 ? cycle_t'(ADAM_ROWS) : {1'b0, tile.stream};
  always_comb begin
    if (tile.direct) length = cycle_t'(tile.results) + 1;
    else if (WEIGHTS_STAY != 0) length = cycle_t'(Overhead + 1) - cycle_t'(tile.begins);
    else length = {1'b0, tile.stream} + cycle_t'(Overhead) - cycle_t'(tile.begins);
  end
  assign ending = running && n + 1 == length;
  assign slot = !running || ending;
  assign room = outstanding + OUTSTANDING_BITS'(next.results) <= OUTSTANDING_BITS'(QUEUE);
  assign begin_tile = slot && (fetch == DECODE || fetch == READY) && room && !(next.waits && outstanding != '0);

  logic streams, more;
  assign streams = running && !tile.direct && n < lines;
  assign more = running && !tile.direct && n + 1 < lines;
  assign valid = streams && (WEIGHTS_STAY == 0 || n + cycle_t'(tile.rows) >= cycle_t'(ADAM_ROWS));
  assign first = n == '0;
  assign last = n + 1 == lines;
  assign inject = WEIGHTS_STAY != 0 && running && !tile.direct && n + 1 >= cycle_t'(ADAM_ROWS)
      && n + 1 < cycle_t'(ADAM_ROWS) + cycle_t'(tile.injected);
  assign collect = running && (tile.direct ? n == 1 :
      n == (WEIGHTS_STAY != 0 ? cycle_t'(Down) : {1'b0, tile.stream} + cycle_t'(Down)));

  // What is read: the first line of a tile as it begins, the others behind it, and then the next header.
  logic ask, first_line, next_line, last_line;
  assign ask = start || fetch == ASK && !more;
  assign first_line = begin_tile && !next.direct && (WEIGHTS_STAY == 0 || next.rows == ROW_COUNT_BITS'(ADAM_ROWS));
  assign next_line = more && (WEIGHTS_STAY == 0 || n + 1 + cycle_t'(tile.rows) >= cycle_t'(ADAM_ROWS));
  assign last_line = more && n + 2 == lines;
  assign line_read = ask || first_line || next_line;
  assign line_address = start ? start_line : next_line ? line : first_line ? header_line + 1 : header_line;

  logic [ROW_COUNT_BITS-1:0] rows;
  logic [COUNT_BITS-1:0] cols;
  assign rows = more ? tile.rows : next.rows;
  assign cols = more ? tile.results : next.results;
  always_comb begin
    for (int w = 0; w < LINE_WORDS; w++) begin
      if (ask) line_words[w] = w < HEADER_WORDS;
      else if (w < WEIGHT_WORDS) line_words[w] = 32'(cols) > w * WEIGHTS_A_WORD;
      else line_words[w] = 32'(rows) > (w - WEIGHT_WORDS) * OPERANDS_A_WORD && (WEIGHTS_STAY == 0 || last_line);
    end
  end

  always_ff @(posedge clk) begin
    if (begin_tile) begin
      tile <= next;
      n <= '0;
    end else if (running) n <= n + 1;
    if (fetch == DECODE) held <= header_in;
    if (start) header_line <= start_line;
    else if (begin_tile) header_line <= next.next;
    if (begin_tile) line <= header_line + (first_line ? 2 : 1);
    else if (next_line) line <= line + 1;

    if (rst) begin
      fetch <= IDLE;
      running <= 1'b0;
      outstanding <= '0;
    end else begin
      if (ask) fetch <= DECODE;
      else if (begin_tile) fetch <= next.ends_step ? IDLE : ASK;
      else if (fetch == DECODE) fetch <= READY;
      if (begin_tile) running <= 1'b1;
      else if (ending) running <= 1'b0;
      outstanding <= outstanding + (begin_tile ? OUTSTANDING_BITS'(next.results) : '0)
          - OUTSTANDING_BITS'(written) - OUTSTANDING_BITS'(kept);
    end
  end

  assign busy = start || fetch != IDLE || running && !ending || outstanding != '0;
  assign array_busy = running && !tile.direct;

endmodule
