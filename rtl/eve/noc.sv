// The network between gene splits and elements: a bus that is cut into segments. A segment's first element brings its
// gene split, whose slots all elements of the segment take in the same cycle; each must have room for it. Unicast is a
// segment for each element.
module noc (
    input  logic               [genesys_pkg::PES-1:0] leads,   // a segment begins
    input  genesys_pkg::slot_t [genesys_pkg::PES-1:0] split,
    input  logic               [genesys_pkg::PES-1:0] starved,
    input  logic               [genesys_pkg::PES-1:0] room,    // of elements
    output genesys_pkg::slot_t [genesys_pkg::PES-1:0] slot,
    output logic               [genesys_pkg::PES-1:0] starving,
    output logic               [genesys_pkg::PES-1:0] allowed  // for the gene split of a segment
);
  genesys_pkg::slot_t bus;
  logic bus_starved, all_room;

  always_comb begin
    bus = '0;
    bus_starved = 1'b0;
    for (int unsigned p = 0; p < genesys_pkg::PES; p++) begin
      if (leads[p]) begin
        bus = split[p];
        bus_starved = starved[p];
      end
      slot[p] = bus;
      starving[p] = bus_starved;
    end
  end

  always_comb begin
    all_room = 1'b1;
    for (int p = int'(genesys_pkg::PES) - 1; p >= 0; p--) begin
      all_room = all_room && room[p];
      allowed[p] = all_room;
      if (leads[p]) all_room = 1'b1;
    end
  end
endmodule
