// The multiply-accumulate unit, for ctypes.
#include "Vmac.h"
#include "genesys_pkg.h"
#include "verilated.h"

EXPORT void mac_run(long long count, const int *weight, const int *operand, const int *sum_in, int *sum_out) {
    VerilatedContext context;
    Vmac unit(&context);
    for (long long i = 0; i < count; i++) {
        unit.weight = weight[i];
        unit.operand = operand[i];
        unit.sum_in = sum_in[i];
        unit.eval();
        sum_out[i] = unit.sum_out;
    }
}
