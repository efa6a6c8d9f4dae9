/* Drawing parents: neat/kernels/parents.py choose_parents, with 16-bit draws of a xorshift generator.
 *
 * The generator is the 32-bit one of G. Marsaglia, "Xorshift RNGs", with shifts 13, 17, 5. A draw below n is the upper
 * half of its word times n, in one multiplication.
 */
#include "selection.h"

/* A child's parents. Elites have the same twice. */
typedef struct {
    uint16_t fitter, other;
} pair_t;

static uint32_t draw(uint32_t *state)
{
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    *state = x;
    return x >> 16;
}

static uint32_t below(uint32_t *state, uint32_t n) { return draw(state) * n >> 16; }

/* fitness, handicap: of genomes; elite: (children) 1 for a copy. Returns the generator's state. */
uint32_t draw_parents(const species_t *species, uint32_t n_species, const uint16_t *order, const int32_t *fitness,
                      const uint16_t *handicap, const settings_t *settings, uint32_t state, pair_t *pairs,
                      uint8_t *elite)
{
    for (uint32_t s = 0; s < n_species; s++) {
        const uint16_t *members = order + species[s].start;
        for (uint32_t k = 0; k < species[s].offspring; k++, pairs++) {
            if (k < species[s].elites) {
                pairs->fitter = pairs->other = members[k];
                *elite++ = 1;
                continue;
            }
            uint32_t a = members[below(&state, species[s].survivors)], b = a;
            if (draw(&state) < settings->crossover) {
                uint32_t mate = s;
                if (n_species > 1 && draw(&state) < settings->interspecies) {
                    mate = s + 1 + below(&state, n_species - 1);
                    mate = mate >= n_species ? mate - n_species : mate;
                }
                b = order[species[mate].start + below(&state, species[mate].survivors)];
                if (fitness[b] > fitness[a] || (fitness[b] == fitness[a] && handicap[b] < handicap[a])) {
                    uint32_t less = a;
                    a = b;
                    b = less;
                }
            }
            pairs->fitter = (uint16_t)a;
            pairs->other = (uint16_t)b;
            *elite++ = 0;
        }
    }
    return state;
}
