// Two bits that count, each in a module of its own, and what yosys has to keep apart.
module bit_of_counter (
    input  logic clk,
    input  logic carry_in,
    output logic carry_out,
    output logic value
);
  assign carry_out = carry_in && value;
  always_ff @(posedge clk) value <= value ^ carry_in;
endmodule

module counter (
    input  logic       clk,
    input  logic       en,
    output logic [1:0] value,
    output logic       copy
);
  logic carry, over;
  bit_of_counter low (.clk, .carry_in(en), .carry_out(carry), .value(value[0]));
  bit_of_counter high (.clk, .carry_in(carry), .carry_out(over), .value(value[1]));
  assign copy = en;
endmodule
