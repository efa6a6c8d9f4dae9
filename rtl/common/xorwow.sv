// Marsaglia's xorwow (Journal of Statistical Software 8(14), 2003), four words a cycle out of one state.
//
// A step of the generator is a handful of XORs, and the fifth word that it looks back to is four steps old. So four
// steps in a row are XORs of the state alone, and the Weyl sequence beside them is the addition of a constant: no
// register more than the generator that gives one word has.
module xorwow (
    input  logic             clk,
    input  logic             load,   // of a third of the state, see `part`
    input  logic [1:0]       part,   // 0: x, y; 1: z, w; 2: v, d; the lower half is the former
    input  logic [63:0]      loaded,
    input  logic             step,   // the four words have been used
    output logic [3:0][31:0] words
);
  localparam logic [31:0] Stride = 32'd362437;

  logic [31:0] x, y, z, w, v, d;
  logic [31:0] n1, n2, n3, n4;

  function automatic logic [31:0] following(input logic [31:0] newest, input logic [31:0] oldest);
    logic [31:0] t;
    t = oldest ^ (oldest >> 2);
    return newest ^ (newest << 4) ^ t ^ (t << 1);
  endfunction

  always_comb begin
    n1 = following(v, x);
    n2 = following(n1, y);
    n3 = following(n2, z);
    n4 = following(n3, w);
    words[0] = n1 + d + Stride;
    words[1] = n2 + d + 2 * Stride;
    words[2] = n3 + d + 3 * Stride;
    words[3] = n4 + d + 4 * Stride;
  end

  always_ff @(posedge clk) begin
    if (load) begin
      case (part)
        2'd0: {y, x} <= loaded;
        2'd1: {w, z} <= loaded;
        default: {d, v} <= loaded;
      endcase
    end else if (step) begin
      x <= v;
      y <= n1;
      z <= n2;
      w <= n3;
      v <= n4;
      d <= d + 4 * Stride;
    end
  end
endmodule
