// The tables of all activations, end to end. A result comes from one of them, so that one port is enough.
// In silicon a ROM macro takes its place.
`ifndef GENESYS_ROMS
`define GENESYS_ROMS ""
`endif
module activation_rom
  import genesys_pkg::*;
(
    input  logic                     clk,
    input  logic                     read,
    input  logic [ROM_BITS-1:0]      address,
    output logic [REGISTER_BITS-1:0] entry
);

  logic [REGISTER_BITS-1:0] entries[ROM_ENTRIES];
  initial $readmemh({`GENESYS_ROMS, "activations.hex"}, entries);

  always_ff @(posedge clk) if (read) entry <= entries[address];

endmodule
