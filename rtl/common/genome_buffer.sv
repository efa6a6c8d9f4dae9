// The genome buffer: single-ported banks of 64-bit words, and the processor's port to all of them.
//
// EvE or ADAM, whose turn it is, has a port to each bank while it is `busy`; else the processor has the banks, a word a
// cycle. A word that is read is there a cycle later, and stays until the bank's next read. A write names the lanes of
// the word that it goes to.
module genome_buffer #(
    parameter int BANKS  = 8,
    parameter int ROWS   = 2048,
    parameter int LANE   = 16,  // bits of a lane
    parameter int LANES  = (64 + LANE - 1) / LANE,
    parameter int BANK_W = BANKS > 1 ? $clog2(BANKS) : 1,
    parameter int ROW_W  = ROWS > 1 ? $clog2(ROWS) : 1
) (
    input  logic                         clk,
    input  logic                         busy,
    input  logic [BANKS-1:0]             read,
    input  logic [BANKS-1:0][LANES-1:0]  write,
    input  logic [BANKS-1:0][ROW_W-1:0]  row,
    input  logic [BANKS-1:0][63:0]       in,
    output logic [BANKS-1:0][63:0]       out,
    input  logic                         cpu_enable,
    input  logic [LANES-1:0]             cpu_write,   // none: the word is read
    input  logic [BANK_W-1:0]            cpu_bank,
    input  logic [ROW_W-1:0]             cpu_row,
    input  logic [63:0]                  cpu_in,
    output logic [63:0]                  cpu_out
);
  logic [BANK_W-1:0] source;  // the bank that the processor's word comes from

  always_ff @(posedge clk) if (cpu_enable) source <= cpu_bank;
  assign cpu_out = out[source];

  for (genvar b = 0; b < BANKS; b++) begin : bank
    logic mine;
    assign mine = cpu_enable && cpu_bank == BANK_W'(b);

    sram #(
        .WIDTH(64),
        .LANE (LANE),
        .DEPTH(ROWS)
    ) memory (
        .clk,
        .read    (busy ? read[b] : mine),
        .write   (busy ? write[b] : mine ? cpu_write : '0),
        .address (busy ? row[b] : cpu_row),
        .data_in (busy ? in[b] : cpu_in),
        .data_out(out[b])
    );
  end
endmodule
