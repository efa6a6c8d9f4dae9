/* What the CPU does in each environment step: operands of observations, the action of outputs, the sum of rewards.
 *
 * Observations and rewards arrive as float32 words over a bus, and a continuous action leaves as such. The CPU has no
 * unit for them, so the words are taken apart with integer instructions.
 */
#include "m0.h"

#define EXPONENT_ONE 127 /* of 1.0 */
#define MANTISSA_BITS 23
#define REGISTER_FRACTION 26
#define REGISTER_HALF (1 << 15) /* kept added to ADAM's registers, see accelerator/adam/fixed.py */
#define REWARD_FRACTION 20
#define REWARD_LARGEST 34 /* rewards from 2^34 on saturate, so that sums of 2^8 of them do not overflow */

static uint32_t exponent_of(uint32_t word) { return word << 1 >> 24; }

static uint32_t mantissa_of(uint32_t word) { return (word & 0x7fffffu) | 0x800000u; }

static int is_nan(uint32_t word) { return word << 1 > 0xff000000u; }

/* Returns `value / 2^shift`, 1 <= shift <= 24, to the nearest whole number, ties to even. */
static uint32_t rounded(uint32_t value, uint32_t shift)
{
    uint32_t half_less = (1u << (shift - 1)) - 1;
    return (value + half_less + (value >> shift & 1)) >> shift;
}

static int32_t limited(int32_t value, int32_t limit)
{
    if (value > limit)
        return limit;
    return value < -limit ? -limit : value;
}

/* Returns a float32 word as operand: nearest, ties to even, saturated; what is no number becomes the lowest. */
static int32_t operand(uint32_t word)
{
    uint32_t exponent = exponent_of(word);
    int32_t sign = (int32_t)word >> 31;
    if (exponent >= EXPONENT_ONE + 5) /* 32 and more */
        return sign || is_nan(word) ? OPERAND_LOW : OPERAND_HIGH;
    if (exponent < EXPONENT_ONE - FRACTION - 1) /* below half a unit */
        return 0;
    uint32_t whole = rounded(mantissa_of(word), EXPONENT_ONE + MANTISSA_BITS - FRACTION - exponent);
    int32_t value = ((int32_t)whole ^ sign) - sign;
    return value > OPERAND_HIGH ? OPERAND_HIGH : value;
}

void sense(const uint32_t *observations, uint32_t count, int16_t *operands)
{
    for (; count; count--)
        *operands++ = (int16_t)operand(*observations++);
}

/* What makes an input of an observation: (x - mean) * scale. The host chooses the units of x and mean such that a
 * standard deviation has 2^14 to 2^15 of them, or fewer where the mean would not fit, and `scale` is 2^31 over that.
 *
 * exponent: of a float32 word whose mantissa is its value in these units; mean: below 2^30
 * limit: of x - mean, in these units, above what `clip` needs
 */
typedef struct {
    int32_t mean, limit;
    uint16_t exponent, unused;
    uint32_t scale;
} scaling_t;

#define LARGEST (1 << 30)

static int32_t in_units(uint32_t word, uint32_t unit)
{
    int32_t shift = (int32_t)exponent_of(word) - (int32_t)unit;
    uint32_t whole;
    if (shift >= 0)
        whole = shift > 6 ? LARGEST : mantissa_of(word) << shift;
    else
        whole = shift < -24 ? 0 : rounded(mantissa_of(word), (uint32_t)-shift);
    return word >> 31 ? -(int32_t)whole : (int32_t)whole;
}

void sense_normalised(const uint32_t *observations, uint32_t count, int16_t *operands, const scaling_t *scaling,
                      int32_t clip)
{
    for (; count; count--, scaling++) {
        uint32_t word = *observations++;
        int32_t apart = limited(in_units(word, scaling->exponent) - scaling->mean, scaling->limit);
        /* 20 bits and sign times 16 bits, less the lowest eight: two multiplications, since the CPU's keep 32 bits */
        int32_t high = (apart >> 8) * (int32_t)scaling->scale;
        int32_t low = (int32_t)((uint32_t)(apart & 255) * scaling->scale >> 8);
        int32_t value = (high + low + (1 << 12)) >> 13;
        *operands++ = (int16_t)(is_nan(word) ? OPERAND_LOW : limited(value, clip));
    }
}

/* The same as software does it, in float32 with libgcc's functions, to the same bits; to see what that would cost. */
void sense_float(const float *observations, uint32_t count, int16_t *operands, const float *offset_scale, float clip)
{
    for (; count; count--, offset_scale += 2) {
        union {
            float value;
            uint32_t word;
        } x = {(*observations++ - offset_scale[0]) * offset_scale[1]};
        if (x.value < -clip)
            x.value = -clip;
        if (x.value > clip)
            x.value = clip;
        *operands++ = (int16_t)operand(x.word);
    }
}

/* Returns which register is the largest, the first of equals. */
uint32_t choose(const int32_t *registers, uint32_t count)
{
    int32_t best = registers[0];
    uint32_t choice = 0;
    for (uint32_t k = 1; k < count; k++) {
        if (registers[k] > best) {
            best = registers[k];
            choice = k;
        }
    }
    return choice;
}

/* Writes outputs, limited to -1 .. 1, as float32 words. The environment stretches them over its action's range. */
void act(const int32_t *registers, uint32_t count, uint32_t *words)
{
    for (; count; count--) {
        int32_t value = limited(*registers++ - REGISTER_HALF, 1 << REGISTER_FRACTION);
        uint32_t sign = (uint32_t)value & 0x80000000u, size = (uint32_t)(value < 0 ? -value : value), word = 0;
        if (size) {
            int32_t shift = 31 - __builtin_clz(size) - MANTISSA_BITS;
            uint32_t mantissa = shift > 0 ? rounded(size, (uint32_t)shift) : size << -shift;
            /* the mantissa's leading bit, and the carry of its rounding, add to the exponent */
            word = sign | (((uint32_t)(EXPONENT_ONE + MANTISSA_BITS - REGISTER_FRACTION + shift - 1) << MANTISSA_BITS)
                           + mantissa);
        }
        *words++ = word;
    }
}

/* Adds a reward, a float32 word, to a sum with 20 fraction bits: nearest, ties to even; no number is the lowest. */
void add_reward(uint32_t word, int64_t *sum)
{
    int32_t shift = (int32_t)exponent_of(word) - (EXPONENT_ONE + MANTISSA_BITS - REWARD_FRACTION);
    int negative = word >> 31 || is_nan(word);
    uint64_t whole;
    if (shift > REWARD_LARGEST - MANTISSA_BITS + REWARD_FRACTION - 1)
        whole = 1ull << (REWARD_LARGEST + REWARD_FRACTION);
    else if (shift >= 0)
        whole = (uint64_t)mantissa_of(word) << shift;
    else
        whole = shift < -24 ? 0 : rounded(mantissa_of(word), (uint32_t)-shift);
    *sum += negative ? -(int64_t)whole : (int64_t)whole;
}
