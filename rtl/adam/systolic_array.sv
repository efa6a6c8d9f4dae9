// Rows by columns of units, with what skews operands and weights at its edges. A line holds a weight for each column
// and an operand for each row.
//
// Stationary output: lines stream in one a cycle; line 0 meets unit (0, 0) in the cycle in which it is given. `starts`
// marks the columns in which another piece begins, whose row is one further down.
// Stationary weights: lines are the rows of weights, the lowest first; the operands are those of the last line, and
// enter a cycle later. `sum_top` is what a column's sum begins with, given when its first operand arrives.
module systolic_array
  import genesys_pkg::*;
(
    input  logic                                            clk,
    input  logic                                            rst,
    input  logic                                            valid,
    input  logic                                            first,
    input  logic                                            last,
    input  logic                [ADAM_COLS-1:0]             starts,
    input  logic                [ADAM_COLS-1:0][ WEIGHT_BITS-1:0] weights,
    input  logic                [ADAM_ROWS-1:0][OPERAND_BITS-1:0] operands,
    input  logic signed         [SUM_BITS-1:0]              sum_top,
    output logic                [ADAM_COLS-1:0][    SUM_BITS-1:0] bottom
);

  logic [ADAM_COLS-1:0][WEIGHT_BITS-1:0] weight_top;
  logic [ADAM_ROWS-1:0][OPERAND_BITS-1:0] operand_left;

  skew #(
      .LANES(ADAM_COLS),
      .WIDTH(WEIGHT_BITS)
  ) skew_weights (
      .clk(clk),
      .in (weights),
      .out(weight_top)
  );

  skew #(
      .LANES(ADAM_ROWS),
      .WIDTH(OPERAND_BITS),
      .FIRST(WEIGHTS_STAY)
  ) skew_operands (
      .clk(clk),
      .in (operands),
      .out(operand_left)
  );

  // What a unit gives to the one on its right, and to the one below.
  logic [ADAM_ROWS-1:0][ADAM_COLS-1:0][OPERAND_BITS-1:0] operand;
  logic [ADAM_ROWS-1:0][ADAM_COLS-1:0][WEIGHT_BITS-1:0] weight;
  logic [ADAM_ROWS-1:0][ADAM_COLS-1:0][SUM_BITS-1:0] sum;

  assign bottom = sum[ADAM_ROWS-1];

  if (WEIGHTS_STAY == 0) begin : gen_output_stationary
    stream_token_t [ADAM_COLS-1:0] token_top;
    stream_token_t [ADAM_ROWS-1:0][ADAM_COLS-1:0] token;

    assign token_top[0] = '{valid: valid, first: first, last: last, row: '0};
    for (genvar c = 1; c < ADAM_COLS; c++) begin : gen_token
      always_ff @(posedge clk) begin
        if (rst) token_top[c] <= '0;
        else begin
          token_top[c] <= token_top[c-1];
          token_top[c].row <= token_top[c-1].row + ROW_BITS'(starts[c]);
        end
      end
    end

    for (genvar r = 0; r < ADAM_ROWS; r++) begin : gen_row
      for (genvar c = 0; c < ADAM_COLS; c++) begin : gen_col
        unit_output_stationary #(
            .ROW(r)
        ) unit_i (
            .clk        (clk),
            .rst        (rst),
            .token_in   (r == 0 ? token_top[c] : token[r==0?0 : r-1][c]),
            .operand_in (c == 0 ? operand_left[r] : operand[r][c==0?0 : c-1]),
            .weight_in  (r == 0 ? weight_top[c] : weight[r==0?0 : r-1][c]),
            .above      (r == 0 ? '0 : sum[r==0?0 : r-1][c]),
            .token_out  (token[r][c]),
            .operand_out(operand[r][c]),
            .weight_out (weight[r][c]),
            .sum        (sum[r][c])
        );
      end
    end

    logic unused;
    assign unused = &{1'b0, sum_top, starts[0], token[ADAM_ROWS-1], weight[ADAM_ROWS-1]};
  end else begin : gen_weight_stationary
    logic [ADAM_COLS-1:0] load;  // of a column
    logic [ADAM_ROWS-1:0] enter;  // an operand at the left of a row
    logic [ADAM_ROWS-1:0][ADAM_COLS-1:0] there;

    assign load[0] = valid;
    for (genvar c = 1; c < ADAM_COLS; c++) begin : gen_load
      always_ff @(posedge clk) load[c] <= !rst && load[c-1];
    end
    always_ff @(posedge clk) enter[0] <= !rst && valid && last;
    for (genvar r = 1; r < ADAM_ROWS; r++) begin : gen_enter
      always_ff @(posedge clk) enter[r] <= !rst && enter[r-1];
    end

    for (genvar r = 0; r < ADAM_ROWS; r++) begin : gen_row
      for (genvar c = 0; c < ADAM_COLS; c++) begin : gen_col
        unit_weight_stationary unit_i (
            .clk        (clk),
            .rst        (rst),
            .load       (load[c]),
            .valid_in   (c == 0 ? enter[r] : there[r][c==0?0 : c-1]),
            .operand_in (c == 0 ? operand_left[r] : operand[r][c==0?0 : c-1]),
            .weight_in  (r == 0 ? weight_top[c] : weight[r==0?0 : r-1][c]),
            .above      (r == 0 ? sum_top : sum[r==0?0 : r-1][c]),
            .valid_out  (there[r][c]),
            .operand_out(operand[r][c]),
            .weight     (weight[r][c]),
            .sum        (sum[r][c])
        );
      end
    end

    logic unused;
    assign unused = &{1'b0, first, starts, weight[ADAM_ROWS-1]};
    for (genvar r = 0; r < ADAM_ROWS; r++) begin : gen_unused
      logic unused_there;
      assign unused_there = there[r][ADAM_COLS-1];
    end
  end

  for (genvar r = 0; r < ADAM_ROWS; r++) begin : gen_edge
    logic unused;
    assign unused = &{1'b0, operand[r][ADAM_COLS-1]};
  end

endmodule
