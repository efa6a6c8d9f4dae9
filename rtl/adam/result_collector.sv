// Takes a tile's sums from the bottom of the array, a column a cycle, and gives them to the function unit together with
// their nodes' words; or, where the sources of a block continue on another tile, keeps them until that tile's turn.
module result_collector
  import genesys_pkg::*;
(
    input  logic                                clk,
    input  logic                                rst,
    input  logic                                collect,
    input  tile_header_t                        tile,
    input  logic [ADAM_COLS-1:0][SUM_BITS-1:0]  bottom,
    input  logic                                inject,
    output logic signed [SUM_BITS-1:0]          sum_top,
    output logic                                node_read,
    output logic [ADDRESS_BITS-1:0]             node_address,
    output logic                                kept,      // a sum was put aside
    output logic                                valid_out,
    output logic                                first_out,
    output logic [ADDRESS_BITS-1:0]             destination_out,
    output logic signed [SUM_BITS-1:0]          sum_out
);

  logic taking, direct, partial, taking_first;
  logic [COUNT_BITS-1:0] col, left;
  logic [ADDRESS_BITS-1:0] node, destination;
  logic signed [SUM_BITS-1:0] sum;

  assign sum = direct ? '0 : bottom[COLUMN_BITS'(col)];
  assign node_read = taking && !partial;
  assign node_address = node;

  always_ff @(posedge clk) begin
    if (rst) taking <= 1'b0;
    else if (collect) taking <= 1'b1;
    else if (left == 1) taking <= 1'b0;
    if (collect) begin
      direct <= tile.direct;
      partial <= tile.partial;
      col <= '0;
      left <= tile.results;
      node <= tile.nodes;
      destination <= tile.destinations;
      taking_first <= 1'b1;
    end else if (taking) begin
      col <= col + 1;
      left <= left - 1;
      node <= node + 1;
      taking_first <= 1'b0;
    end
    valid_out <= !rst && node_read;
    if (node_read) begin
      sum_out <= sum;
      first_out <= taking_first;
      destination_out <= destination;
    end
  end

  if (WEIGHTS_STAY != 0) begin : gen_partial_sums
    logic signed [SUM_BITS-1:0] sums[PARTIAL_SUMS];
    logic [PARTIAL_BITS-1:0] write_at, read_at;
    logic injects, injecting;
    logic signed [SUM_BITS-1:0] read_sum;

    assign kept = taking && partial;
    assign injects = inject;
    always_ff @(posedge clk) begin
      if (collect) write_at <= tile.sums;
      else if (kept) write_at <= write_at + 1;
      if (kept) sums[write_at] <= sum;
      if (injects) begin
        read_sum <= sums[injecting?read_at : tile.sums];
        read_at  <= (injecting ? read_at : tile.sums) + 1;
      end
      injecting <= !rst && injects;
    end
    assign sum_top = injecting ? read_sum : '0;
  end else begin : gen_none
    assign kept = 1'b0;
    assign sum_top = '0;
    logic unused;
    assign unused = &{1'b0, inject, tile.sums};
  end

  logic unused_fields;
  assign unused_fields = &{1'b0, tile.ends_step, tile.waits, tile.begins, tile.next, tile.stream, tile.rows,
                           tile.injected, tile.starts, partial, col};

endmodule
