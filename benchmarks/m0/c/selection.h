/* What the parts of selection hand on to one another. */
#ifndef SELECTION_H
#define SELECTION_H

#include "m0.h"

/* A genome to be ranked. fitness: 12 fraction bits; handicap: its connections, of equals the one with fewer is first */
typedef struct {
    int32_t fitness;
    uint16_t handicap, index;
} entry_t;

typedef struct {
    uint32_t survival; /* share of a species that may be parents, 16 fraction bits, rounded down */
    uint32_t share_step; /* part of the way to its share that a species moves, 8 fraction bits */
    uint16_t least, elitism;
    uint16_t crossover, interspecies; /* chances as thresholds of 16-bit draws */
} settings_t;

/* A species. */
typedef struct {
    uint64_t above; /* sum of its members' fitness above the worst, 12 fraction bits */
    uint32_t mean;
    uint16_t start, size; /* its members in the order of genomes */
    uint16_t survivors, elites, offspring;
    uint8_t breeding, raised;
} species_t;

/* Writes entries by falling fitness, then rising handicap, then index; returns where they are, one of both arrays. */
entry_t *rank(entry_t *entries, entry_t *spare, uint32_t count);

/* Fills the order of genomes, by species and best first, and moves species with offspring to the front of `species`, of
 * which `breeding` is given; returns how many these are. member_of: of each genome; scratch: (count) */
uint32_t share(const entry_t *ranked, uint32_t count, const uint8_t *member_of, species_t *species, uint32_t n_species,
               const settings_t *settings, uint16_t *order, int32_t *scratch);

#endif
