module remembers (input logic en, input logic d, output logic q);
  always_latch if (en) q = d;
endmodule

module twice (input logic a, input logic b, output logic q);
  assign q = a;
  assign q = b;
endmodule

module circle (input logic a, output logic q);
  assign q = a ^ ~(q & a);
endmodule

module stores (input logic clk, input logic [3:0] at, output logic [7:0] word);
  memory_macro macro (.clk, .at, .word);
endmodule

module memory_macro (input logic clk, input logic [3:0] at, output logic [7:0] word);
  logic [7:0] words[16];
  always_ff @(posedge clk) word <= words[at];
endmodule

module falls (input logic clk, input logic d, output logic q);
  always_ff @(negedge clk) q <= d;
endmodule
