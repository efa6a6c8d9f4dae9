/* Fitness sharing and what each species is due: neat/selection.py with fitness_sharing = "above_worst".
 *
 * Fitness counts from the worst one, but no lower than the fence of a box plot. Software also divides by the range,
 * which cancels in a species' share of all.
 */
#include "selection.h"

/* Returns the fitness that counts as the worst among breeding species. scratch: receives these, best first */
static int32_t lower_fence(const entry_t *ranked, uint32_t count, const uint8_t *member_of, const species_t *species,
                           int32_t *scratch)
{
    uint32_t among = 0;
    for (uint32_t k = 0; k < count; k++)
        if (species[member_of[ranked[k].index]].breeding)
            scratch[among++] = ranked[k].fitness;
    int64_t lower = scratch[among - 1 - among / 4], upper = scratch[among - 1 - 3 * among / 4];
    int64_t fence = lower - ((3 * (upper - lower)) >> 1);
    int32_t worst = scratch[among - 1];
    return fence > worst ? (int32_t)fence : worst;
}

/* Returns a / b to the nearest whole number, ties to even. */
static uint32_t quotient(uint32_t a, uint32_t b)
{
    uint32_t whole = a / b, twice = 2 * (a - whole * b);
    return whole + (twice > b || (twice == b && (whole & 1)));
}

/* Gives or takes children until there are `total`: to the smallest species, or from the largest, once each in a turn. */
static void settle(species_t *species, uint32_t n_species, int32_t missing, uint32_t least)
{
    while (missing) {
        species_t *found = 0;
        for (species_t *s = species; s < species + n_species; s++) {
            if (!s->breeding || s->raised || (missing < 0 && s->offspring <= least))
                continue;
            if (!found || (missing > 0 ? s->offspring < found->offspring : s->offspring > found->offspring))
                found = s;
        }
        if (found) {
            found->raised = 1;
            found->offspring = (uint16_t)(missing > 0 ? found->offspring + 1 : found->offspring - 1);
            missing += missing > 0 ? -1 : 1;
        } else { /* next turn */
            for (uint32_t s = 0; s < n_species; s++)
                species[s].raised = 0;
        }
    }
}

static void count_offspring(species_t *species, uint32_t n_species, uint32_t total, const settings_t *settings)
{
    uint64_t all = 0;
    uint32_t alive = 0, moved_sum = 0;
    for (uint32_t s = 0; s < n_species; s++) {
        if (species[s].breeding) {
            species[s].mean = (uint32_t)(species[s].above / species[s].size);
            all += species[s].mean;
            alive++;
        }
    }
    uint32_t least = total / alive < settings->least ? total / alive : settings->least;
    if (least == 0)
        least = 1;
    for (species_t *s = species; s < species + n_species; s++) {
        if (!s->breeding)
            continue;
        uint64_t wanted = (uint64_t)least << 16;
        if (all) {
            uint64_t due = (((uint64_t)s->mean * total) << 16) / all;
            wanted = due > wanted ? due : wanted;
        }
        int64_t way = (int64_t)wanted - ((int64_t)s->size << 16);
        int64_t step = (way * settings->share_step) >> 8; /* 16 fraction bits */
        int32_t whole = (int32_t)((step + 0x7fff + (step >> 16 & 1)) >> 16);
        if (whole == 0 && settings->share_step < 256) /* however small the step, it leads somewhere */
            whole = step > 0 ? 1 : step < 0 ? -1 : 0;
        s->offspring = (uint16_t)(s->size + whole);
        moved_sum += s->offspring;
    }
    int32_t missing = (int32_t)total;
    for (species_t *s = species; s < species + n_species; s++) {
        if (!s->breeding)
            continue;
        uint32_t scaled = quotient(s->offspring * total, moved_sum);
        s->offspring = (uint16_t)(scaled > least ? scaled : least);
        missing -= s->offspring;
    }
    settle(species, n_species, missing, least);
}

uint32_t share(const entry_t *ranked, uint32_t count, const uint8_t *member_of, species_t *species, uint32_t n_species,
               const settings_t *settings, uint16_t *order, int32_t *scratch)
{
    int32_t worst = lower_fence(ranked, count, member_of, species, scratch);
    for (uint32_t s = 0; s < n_species; s++) {
        species[s].above = 0;
        species[s].size = 0;
        species[s].raised = 0;
    }
    for (uint32_t k = 0; k < count; k++) {
        species_t *s = &species[member_of[ranked[k].index]];
        s->size++;
        if (ranked[k].fitness > worst)
            s->above += (uint32_t)ranked[k].fitness - (uint32_t)worst;
    }
    count_offspring(species, n_species, count, settings);

    uint32_t start = 0;
    for (species_t *s = species; s < species + n_species; s++) {
        s->start = (uint16_t)start;
        start += s->size;
    }
    for (uint32_t k = 0; k < count; k++) { /* by species, and best first since they come ranked */
        species_t *s = &species[member_of[ranked[k].index]];
        order[s->start++] = ranked[k].index;
    }
    species_t *kept = species; /* parents are drawn from these alone */
    for (species_t *s = species; s < species + n_species; s++) {
        if (!s->breeding)
            continue;
        uint32_t size = s->size, half = s->offspring / 2u;
        uint32_t survivors = (size * settings->survival + 0xffff) >> 16;
        survivors = survivors < 2 ? 2 : survivors;
        uint32_t elites = settings->elitism < size ? settings->elitism : size;
        kept->start = (uint16_t)(s->start - size);
        kept->survivors = (uint16_t)(survivors < size ? survivors : size);
        kept->elites = (uint16_t)(elites < half ? elites : half);
        kept->offspring = s->offspring;
        kept++;
    }
    return (uint32_t)(kept - species);
}
