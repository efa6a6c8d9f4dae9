// ADAM with its banks, for ctypes: the processor's part is to write words and to start steps.
#include <cstdint>

#include "Vadam_banks.h"
#include "genesys_pkg.h"
#include "verilated.h"

namespace {

struct Model {
    VerilatedContext context;
    Vadam_banks top{&context};

    // The last model that was made is this thread's own to Verilator, and may be gone by now.
    ~Model() { Verilated::threadContextp(&context); }

    void tick() {
        top.clk = 0;
        top.eval();
        top.clk = 1;
        top.eval();
    }
};

}  // namespace

EXPORT Model *adam_new() {
    auto *model = new Model;
    model->top.rst = 1;
    for (int i = 0; i < ADAM_ROWS + ADAM_COLS; i++) model->tick();
    model->top.rst = 0;
    return model;
}

EXPORT void adam_delete(Model *model) { delete model; }

// Write words, one a cycle. lanes: which parts of a word, as wide as an operand each
EXPORT void adam_write(Model *model, int64_t count, const int32_t *bank, const int32_t *address, const uint64_t *word,
                       const int32_t *lanes) {
    auto &top = model->top;
    top.cpu_write = 1;
    for (int64_t i = 0; i < count; i++) {
        top.cpu_bank = bank[i];
        top.cpu_address = address[i];
        top.cpu_word = word[i];
        top.cpu_lanes = lanes[i];
        model->tick();
    }
    top.cpu_write = 0;
}

// Write operands of lines, one a cycle.
EXPORT void adam_observe(Model *model, int64_t count, const int32_t *line, const int32_t *row, const int32_t *operand) {
    auto &top = model->top;
    top.cpu_write = 1;
    for (int64_t i = 0; i < count; i++) {
        const int lane = row[i] % OPERANDS_A_WORD;
        top.cpu_bank = WEIGHT_WORDS + row[i] / OPERANDS_A_WORD;
        top.cpu_address = line[i];
        top.cpu_word = (uint64_t(operand[i]) & ((1ull << OPERAND_BITS) - 1)) << (OPERAND_BITS * lane);
        top.cpu_lanes = 1 << lane;
        model->tick();
    }
    top.cpu_write = 0;
}

// Run a step from the tile at a line on, and take down the registers that it writes, (as many as there are) int32.
// Returns the cycles from its start to the last result's write, or -1 if it takes more than `most`.
// counted: cycles in which the array runs; words that are read, and written
EXPORT int64_t adam_step(Model *model, int32_t line, int32_t *registers, int64_t most, int64_t *counted) {
    auto &top = model->top;
    top.start = 1;
    top.start_line = line;
    int64_t cycles = 0;
    for (top.eval(); top.busy; cycles++) {
        if (cycles > most) return -1;
        counted[0] += top.array_busy;
        counted[1] += top.words_read;
        counted[2] += top.words_written;
        if (top.register_write) {
            const uint32_t held = top.written_register;
            registers[top.register_number] = int32_t(held << (32 - REGISTER_BITS)) >> (32 - REGISTER_BITS);
        }
        model->tick();
        top.start = 0;
        top.eval();
    }
    // The array's last cycle may be that in which another step could start.
    counted[0] += top.array_busy;
    return cycles;
}
