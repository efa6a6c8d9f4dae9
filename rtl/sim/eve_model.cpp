// The Verilated EvE and the work of the chip's CPU beside it, as a library in C.
//
// The CPU lays parents out in the genome buffer, writes what each element needs, starts a wave, says which new
// connections may be, and fetches the children. What does not fit the buffer lies in memory outside, as it would in
// DRAM: a wave needs no more than its own parents and children. Words go to and from the banks without the buffer's
// port, which would take most of the clock cycles that are simulated; `tb_genesys.sv` goes through it.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "Veve_system.h"
#include "genesys_pkg.h"
#include "verilated.h"
#include "verilated_syms.h"

namespace {

enum Line { kSeed = 0, kRare = 3, kFlags = 4, kPlaces = 5, kFitterAt = 6, kFitter = 7, kOtherAt = 8, kOther = 9, kAnswer = 10, kCommon = 16 };
enum Counted { kRefused = COUNTERS, kChecks, kChecked, kMoves, kWaves, kStreams, kElementBound, kBankBound, kCounts };

constexpr uint32_t kNoAnswer = 0;
constexpr int64_t kNeverEnds = 1 << 26;  // cycles of a wave
constexpr int kReads = 21, kWrites = 22;  // among the counters of the hardware

struct Place {
  uint32_t row, bank;
  Place after(uint64_t words) const {
    const uint64_t at = bank + words;
    return {static_cast<uint32_t>(row + at / BANKS), static_cast<uint32_t>(at % BANKS)};
  }
  uint32_t bits() const { return row << 12 | bank; }
};

uint64_t words_between(Place from, uint32_t bits) {
  return uint64_t{bits >> 12} * BANKS + (bits & 0xFFF) - (uint64_t{from.row} * BANKS + from.bank);
}

struct Region {
  Place nodes, conns;
  uint64_t n_nodes, n_conns;
};

uint64_t field(uint64_t word, int at, int width) { return word >> at & ((uint64_t{1} << width) - 1); }
bool is_connection(uint64_t word) { return word >> TYPE_AT & 1; }
uint64_t source_of(uint64_t word) { return field(word, ID_AT, ID_W); }
uint64_t destination_of(uint64_t word) { return field(word, DESTINATION_AT, DESTINATION_W); }
uint64_t key_of(uint64_t word) {
  return uint64_t{is_connection(word)} << 63 | source_of(word) << DESTINATION_W | (is_connection(word) ? destination_of(word) : 0);
}
uint64_t ends_of(uint64_t word) { return source_of(word) << DESTINATION_W | destination_of(word); }

}  // namespace

struct EveTask {
  int64_t children;
  const uint64_t* words;       // of all parents
  const int64_t* offsets;      // (parents + 1,)
  const int32_t* fitter;       // (children,)
  const int32_t* other;        // the same as the fitter: one parent
  const uint8_t* elite;
  const int64_t* order;        // the order in which children are made
  const uint8_t* leads;        // (children,) in that order: begins a segment of the network
  const uint32_t* seeds;       // (children, 6): x, y, z, w, v, d
  const int16_t* events;       // (children, 5, 2): node_delete, conn_delete, node_add, ends, conn_add
  uint64_t* made;              // room for the children
  const int64_t* room;         // (children + 1,): where each child's room is
  int64_t* lengths;            // (children,)
  int64_t* counts;             // (kCounts,), added to
  int64_t* wave_cycles;        // (waves,) of each
  int64_t feed_forward;
};

class EveModel {
 public:
  EveModel() : context_(new VerilatedContext), top_(new Veve_system(context_.get(), "eve")) {
    top_->rst = 1;
    tick();
    tick();
    top_->rst = 0;
    for (int b = 0; b < BANKS; b++) {
      const std::string bank = "eve.eve_system.buffer.bank[" + std::to_string(b) + "].memory";
      banks_.push_back(static_cast<uint64_t*>(context_->scopeFind(bank.c_str())->varFind("words")->datap()));
    }
  }

  // The last model that was made is this thread's own to Verilator, and may be gone by now.
  ~EveModel() { Verilated::threadContextp(context_.get()); }

  // Clock cycles since it was made, those in which the CPU writes registers among them.
  int64_t clocks() const { return clocks_; }

  void common(const uint64_t* lines, int n) {
    for (int k = 0; k < n; k++) set(0, kCommon + k, lines[k]);
  }

  // Returns 0, or 1 where a wave does not fit the buffer, or 2 where it never ends.
  int generation(const EveTask& task) {
    Verilated::threadContextp(context_.get());
    task_ = &task;
    for (int64_t at = 0; at < task.children; at += PES) {
      if (const int failed = wave(at, std::min<int64_t>(PES, task.children - at), task.wave_cycles + at / PES)) return failed;
    }
    return 0;
  }

 private:
  void tick() {
    clocks_++;
    top_->clk = 0;
    top_->eval();
    top_->clk = 1;
    top_->eval();
  }

  void set(int pe, int line, uint64_t value) {
    top_->write = 1;
    top_->pe = pe;
    top_->line = line;
    top_->value = value;
    tick();
    top_->write = 0;
  }

  uint64_t status(int pe, int line) {
    top_->pe = pe;
    top_->line = line;
    top_->eval();
    return top_->status;
  }

  uint64_t& word(Place at) { return banks_[at.bank][at.row]; }

  // Genome g's regions begin in bank g mod banks, so that neighbours do not meet.
  Place allot(int64_t genome, uint64_t words) {
    const Place at{row_, static_cast<uint32_t>(genome % BANKS)};
    row_ = at.after(words + BANKS - 1).row;
    return at;
  }

  Region allot_genome(int64_t genome, uint64_t nodes, uint64_t conns) {
    const Place first = allot(genome, nodes);
    return {first, allot(genome, conns), nodes, conns};
  }

  const Region& parent(int64_t genome) {
    for (const auto& [number, region] : parents_)
      if (number == genome) return region;
    const uint64_t* lo = task_->words + task_->offsets[genome];
    const uint64_t* hi = task_->words + task_->offsets[genome + 1];
    const uint64_t* conns = std::find_if(lo, hi, is_connection);
    parents_.emplace_back(genome, allot_genome(genome, conns - lo, hi - conns));
    const Region& region = parents_.back().second;
    if (row_ > WORDS_PER_BANK) return region;
    for (const uint64_t* w = lo; w < hi; w++) word(w < conns ? region.nodes.after(w - lo) : region.conns.after(w - conns)) = *w;
    return region;
  }

  void stream(int pe, int line, const Region* region) {
    if (region) set(pe, line, uint64_t{region->conns.bits()} << 32 | region->nodes.bits());
    set(pe, line + 1, region ? region->n_conns << 32 | region->n_nodes : 0);
  }

  int wave(int64_t at, int64_t n, int64_t* cycles) {
    const EveTask& t = *task_;
    row_ = 0;
    parents_.clear();
    std::vector<Region> child(n);
    for (int64_t p = 0; p < PES; p++) {
      if (p >= n) {
        set(p, kFlags, uint64_t{1} << 38);
        stream(p, kFitterAt, nullptr);
        stream(p, kOtherAt, nullptr);
        continue;
      }
      const int64_t c = t.order[at + p];
      const bool leads = t.leads[at + p];
      const bool two = !t.elite[c] && t.fitter[c] != t.other[c];
      const Region fitter = parent(t.fitter[c]);
      stream(p, kFitterAt, leads ? &fitter : nullptr);
      if (two) {
        const Region other = parent(t.other[c]);
        stream(p, kOtherAt, leads ? &other : nullptr);
      } else {
        stream(p, kOtherAt, nullptr);
      }
      child[p] = allot_genome(c, fitter.n_nodes + 1, fitter.n_conns + 2);
      if (row_ > WORDS_PER_BANK) return 1;
      load(p, c, leads, child[p]);
      counts(kStreams) += leads;
    }
    const int64_t before = counted(0), reads = counted(kReads), writes = counted(kWrites);
    inserts_.assign(n, 0);
    top_->start = 1;
    tick();
    top_->start = 0;
    for (int64_t waited = 0; top_->running; waited++) {
      top_->eval();
      if (top_->asking) {
        const int p = top_->asking_pe;
        answer(p, child[p]);
      } else {
        tick();
      }
      if (waited > kNeverEnds) return 2;
    }
    int64_t least = 0;
    for (int64_t p = 0; p < n; p++) {
      collect(p, t.order[at + p], child[p]);
      least = std::max(least, least_cycles(p, t.order[at + p]));
    }
    *cycles = counted(0) - before;
    counts(kElementBound) += least;
    counts(kBankBound) += (counted(kReads) - reads + counted(kWrites) - writes + BANKS - 1) / BANKS;
    counts(kWaves)++;
    return 0;
  }

  void load(int p, int64_t c, bool leads, const Region& region) {
    const uint32_t* seed = task_->seeds + 6 * c;
    for (int k = 0; k < 3; k++) set(p, kSeed + k, uint64_t{seed[2 * k + 1]} << 32 | seed[2 * k]);
    const int16_t* e = task_->events + 10 * c;
    const bool elite = task_->elite[c];
    auto event = [&](int k) -> uint64_t { return elite ? 0 : uint64_t(e[2 * k]) << 9 | uint64_t(e[2 * k + 1]); };
    set(p, kRare, event(2) << 36 | event(1) << 18 | event(0));
    set(p, kFlags, uint64_t(c & 0xFFFFFF) << 40 | uint64_t{leads} << 38 | uint64_t{elite} << 37 | uint64_t{1} << 36 | event(4) << 18 | event(3));
    set(p, kPlaces, uint64_t{region.conns.bits()} << 32 | region.nodes.bits());
  }

  // The CPU's search: the first candidate that does not exist and closes no cycle.
  void answer(int p, const Region& region) {
    const uint64_t first = status(p, 0);
    const uint64_t here = status(p, 4);
    const int n = static_cast<int>(first >> (2 * ID_W) & 7);
    std::vector<uint64_t> conns(words_between(region.conns, here >> 32));
    for (size_t k = 0; k < conns.size(); k++) conns[k] = word(region.conns.after(k));
    for (int k = 0; k < n; k++) {
      const uint64_t pair = status(p, k);
      const uint64_t source = field(pair, ID_W, ID_W), destination = field(pair, 0, ID_W);
      const uint64_t wanted = source << DESTINATION_W | destination;
      const auto place = std::lower_bound(conns.begin(), conns.end(), wanted, [](uint64_t word, uint64_t ends) { return ends_of(word) < ends; });
      const bool exists = place != conns.end() && ends_of(*place) == wanted;
      if (exists || (task_->feed_forward && closes_cycle(conns, source, destination))) {
        counts(kRefused)++;
        continue;
      }
      const uint64_t before = place - conns.begin(), behind = conns.end() - place;
      counts(kMoves) += behind;
      inserts_[p] = behind + 1;
      set(p, kAnswer, uint64_t{1} << 62 | uint64_t(k) << 60 | behind << 32 | region.conns.after(before).bits());
      return;
    }
    set(p, kAnswer, kNoAnswer);
  }

  bool closes_cycle(const std::vector<uint64_t>& conns, uint64_t source, uint64_t destination) {
    counts(kChecks)++;
    if (source == destination) return true;
    std::vector<uint64_t> reached{destination};
    std::vector<bool> seen(size_t{1} << ID_W);
    seen[destination] = true;
    for (size_t k = 0; k < reached.size(); k++) {
      auto at = std::lower_bound(conns.begin(), conns.end(), reached[k], [](uint64_t word, uint64_t id) { return source_of(word) < id; });
      for (; at != conns.end() && source_of(*at) == reached[k]; at++) {
        counts(kChecked)++;
        const uint64_t to = destination_of(*at);
        if (to == source) return true;
        if (!seen[to]) reached.push_back(to);
        seen[to] = true;
      }
    }
    return false;
  }

  void collect(int p, int64_t c, const Region& region) {
    const uint64_t here = status(p, 4);
    const uint64_t nodes = words_between(region.nodes, static_cast<uint32_t>(here));
    const uint64_t conns = words_between(region.conns, here >> 32);
    uint64_t* out = task_->made + task_->room[c];
    for (uint64_t k = 0; k < nodes; k++) *out++ = word(region.nodes.after(k));
    for (uint64_t k = 0; k < conns; k++) *out++ = word(region.conns.after(k));
    task_->lengths[c] = static_cast<int64_t>(nodes + conns);
  }

  // The cycles of a child that never waits for a bank.
  int64_t least_cycles(int p, int64_t c) const {
    const EveTask& t = *task_;
    const uint64_t *a = t.words + t.offsets[t.fitter[c]], *a_end = t.words + t.offsets[t.fitter[c] + 1];
    const uint64_t *b = t.words + t.offsets[t.other[c]], *b_end = t.words + t.offsets[t.other[c] + 1];
    if (t.elite[c] || t.fitter[c] == t.other[c]) b = b_end;
    uint64_t largest = 0;
    for (const uint64_t* w = a; w < a_end && !is_connection(*w); w++) largest = std::max(largest, source_of(*w));
    int64_t slots = 0;
    for (; a < a_end || b < b_end; slots++) {
      const uint64_t ka = a < a_end ? key_of(*a) : UINT64_MAX, kb = b < b_end ? key_of(*b) : UINT64_MAX;
      a += ka <= kb;
      b += kb <= ka;
    }
    bool split = false;
    const uint64_t* made = t.made + t.room[c];
    for (int64_t k = 0; k < t.lengths[c] && !is_connection(made[k]); k++) split |= source_of(made[k]) > largest;
    return 2 + slots + 4 + 2 * split + 1 + (inserts_[p] > 0 ? 3 + inserts_[p] + 2 : 0);
  }

  int64_t& counts(int k) { return task_->counts[k]; }

  int64_t counted(int k) {
    top_->counter = k;
    top_->eval();
    return static_cast<int64_t>(top_->count);
  }

 public:
  void totals(int64_t* into) {
    for (int k = 0; k < COUNTERS; k++) into[k] = counted(k);
  }

  void clear() {
    top_->clear_counts = 1;
    tick();
    top_->clear_counts = 0;
  }

 private:
  std::unique_ptr<VerilatedContext> context_;
  std::unique_ptr<Veve_system> top_;
  std::vector<uint64_t*> banks_;
  int64_t clocks_ = 0;
  const EveTask* task_ = nullptr;
  std::vector<std::pair<int64_t, Region>> parents_;
  std::vector<int64_t> inserts_;
  uint32_t row_ = 0;
};

EXPORT EveModel* eve_new() { return new EveModel; }
EXPORT void eve_free(EveModel* model) { delete model; }
EXPORT void eve_common(EveModel* model, const uint64_t* lines, int n) { model->common(lines, n); }
EXPORT int64_t eve_clocks(const EveModel* model) { return model->clocks(); }
EXPORT int eve_counts() { return kCounts; }
EXPORT int eve_generation(EveModel* model, const EveTask* task) {
  model->clear();
  const int failed = model->generation(*task);
  model->totals(task->counts);
  return failed;
}
