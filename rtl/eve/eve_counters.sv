// Counts what elements do, for performance counters of a chip and for those who compare with the emulator.
module eve_counters (
    input  logic                                          clk,
    input  logic                                          clear,
    input  logic                                          en,
    input  genesys_pkg::events_t [genesys_pkg::PES-1:0]   did,
    input  logic                 [genesys_pkg::REQUESTERS-1:0] granted,
    input  logic                 [4:0]                    counter,
    output logic                 [47:0]                   count
);
  localparam int unsigned N = genesys_pkg::PES;
  localparam int unsigned Counters = genesys_pkg::COUNTERS;
  localparam int unsigned W = $clog2(3 * N + 1);

  logic [47:0] total[Counters];
  logic [W-1:0] more[Counters];
  genesys_pkg::events_t one;

  always_comb begin
    for (int unsigned k = 0; k < Counters; k++) more[k] = '0;
    for (int unsigned p = 0; p < N; p++) begin
      one = did[p];
      more[1]  += W'(one.slot);
      more[2]  += W'(one.stall_read);
      more[3]  += W'(one.stall_write);
      more[4]  += W'(one.fill);
      more[5]  += W'(one.flush);
      more[6]  += W'(one.drain);
      more[7]  += W'(one.insert);
      more[8]  += W'(one.idle);
      more[9]  += W'(one.fitter);
      more[10] += W'(one.other);
      more[11] += W'(one.fitter && one.other);
      more[12] += W'(one.perturbed);
      more[13] += W'(one.saturated);
      more[14] += W'(one.deleted_node);
      more[15] += W'(one.kept_node);
      more[16] += W'(one.deleted_conn);
      more[17] += W'(one.dangling);
      more[18] += W'(one.split);
      more[19] += W'(one.refused_node);
      more[20] += W'(one.joined);
      more[22] += W'(one.emitted);
      more[23] += W'(one.draws);
    end
    more[0] = W'(1);
    for (int unsigned r = 0; r < genesys_pkg::READERS; r++) more[21] += W'(granted[r]);
    count = counter < 5'(Counters) ? total[counter] : '0;
  end

  always_ff @(posedge clk) begin
    for (int unsigned k = 0; k < Counters; k++) begin
      if (clear) total[k] <= '0;
      else if (en) total[k] <= total[k] + 48'(more[k]);
    end
  end
endmodule
