// What the CPU writes: settings of a run, and for each element the child that it is to make. Lines of 64 bits; seeds,
// places and streams go straight to where they are used.
//
//  line  of an element                                        line  of all
//  0–2   seed: y, x; w, z; d, v                               16    weight: mean, spread, power
//  3     node_add, conn_delete, node_delete                   17    weight: replace, perturb, high, low
//  4     number, leads, elite, active, conn_add, ends         18–21 the same of bias, of response
//  5     where its connections and its nodes go               22    rates and flags
//  6, 8  where the genes of the fitter, of the other lie      23    what new genes have
//  7, 9  how many connections and nodes those are             24, 25 activations to choose from
//  10    which candidate is added, and where
module eve_registers (
    input  logic                                        clk,
    input  logic                                        rst,
    input  logic                                        write,
    input  logic                 [genesys_pkg::PE_W-1:0] pe,
    input  logic                 [4:0]                  line,
    input  logic                 [63:0]                 value,
    input  logic                                        start,       // nothing has been answered yet
    output genesys_pkg::common_t                        common,
    output genesys_pkg::child_t  [genesys_pkg::PES-1:0] child,
    output logic                 [genesys_pkg::PES-1:0] leads,
    output logic                 [genesys_pkg::PES-1:0] load_seed,
    output logic                 [1:0]                  seed_part,
    output logic                 [genesys_pkg::PES-1:0] load_place,
    output genesys_pkg::place_t                         nodes,       // both halves of the value, as places
    output genesys_pkg::place_t                         conns,
    output logic                 [genesys_pkg::PES-1:0][1:0] load_stream,
    output genesys_pkg::stream_t                        stream,
    output logic                 [genesys_pkg::PES-1:0] answered,
    output genesys_pkg::answer_t [genesys_pkg::PES-1:0] answer
);
  localparam int unsigned N = genesys_pkg::PES;
  localparam int unsigned CountW = genesys_pkg::COUNT_W;

  genesys_pkg::place_t nodes_before, conns_before;

  /* verilator lint_off UNUSEDSIGNAL */  // the upper bits of both halves
  function automatic genesys_pkg::place_t place_of(input logic [31:0] bits);
    genesys_pkg::place_t place;
    place.row  = bits[12+:genesys_pkg::ROW_W];
    place.bank = bits[0+:genesys_pkg::BANK_W];
    return place;
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */

  always_comb begin
    nodes = place_of(value[31:0]);
    conns = place_of(value[63:32]);
    stream.nodes   = nodes_before;
    stream.conns   = conns_before;
    stream.n_nodes = value[CountW-1:0];
    stream.n_conns = value[32+:CountW];
    seed_part = line[1:0];
    for (int unsigned p = 0; p < N; p++) begin
      load_seed[p]      = write && pe == genesys_pkg::PE_W'(p) && line <= 5'd2;
      load_place[p]     = write && pe == genesys_pkg::PE_W'(p) && line == 5'd5;
      load_stream[p][0] = write && pe == genesys_pkg::PE_W'(p) && line == 5'd7;
      load_stream[p][1] = write && pe == genesys_pkg::PE_W'(p) && line == 5'd9;
    end
  end

  always_ff @(posedge clk) begin
    if (write && (line == 5'd6 || line == 5'd8)) begin
      nodes_before <= nodes;
      conns_before <= conns;
    end
    for (int unsigned p = 0; p < N; p++) begin
      if (write && pe == genesys_pkg::PE_W'(p)) begin
        case (line)
          5'd3: begin
            child[p].node_delete <= value[17:0];
            child[p].conn_delete <= value[35:18];
            child[p].node_add    <= value[53:36];
          end
          5'd4: begin
            child[p].ends     <= value[17:0];
            child[p].conn_add <= value[35:18];
            child[p].active   <= value[36];
            child[p].elite    <= value[37];
            leads[p]          <= value[38];
            child[p].number   <= value[63:40];
          end
          5'd10: begin
            answer[p].at        <= nodes;
            answer[p].moved     <= value[32+:CountW];
            answer[p].candidate <= value[61:60];
            answer[p].accept    <= value[62];
          end
          default: ;
        endcase
      end
      if (rst || start) answered[p] <= 1'b0;
      else if (write && pe == genesys_pkg::PE_W'(p) && line == 5'd10) answered[p] <= 1'b1;
    end
  end

  always_ff @(posedge clk) begin
    if (write) begin
      case (line)
        5'd16: {common.weight.mean, common.weight.spread, common.weight.power} <= value;
        5'd17: {common.weight.replace_below, common.weight.perturb_below, common.weight.high, common.weight.low} <= value[49:0];
        5'd18: {common.bias.mean, common.bias.spread, common.bias.power} <= value;
        5'd19: {common.bias.replace_below, common.bias.perturb_below, common.bias.high, common.bias.low} <= value[49:0];
        5'd20: {common.response.mean, common.response.spread, common.response.power} <= value;
        5'd21: {common.response.replace_below, common.response.perturb_below, common.response.high, common.response.low} <= value[49:0];
        5'd22: begin
          common.crossover    <= value[8:0];
          common.disabled     <= value[17:9];
          common.toggled      <= value[26:18];
          common.activation   <= value[35:27];
          common.attributes   <= value[53:36];
          common.uniform      <= value[54];
          common.output_fixed <= value[55];
          common.feed_forward <= value[56];
          common.n_options    <= value[61:57];
        end
        5'd23: begin
          common.response_new   <= value[15:0];
          common.weight_new     <= value[31:16];
          common.activation_new <= value[36:32];
        end
        5'd24: common.options[11:0] <= value[59:0];
        5'd25: common.options[genesys_pkg::MAX_OPTIONS-1:12] <= value[5*(genesys_pkg::MAX_OPTIONS-12)-1:0];
        default: ;
      endcase
    end
  end
endmodule
