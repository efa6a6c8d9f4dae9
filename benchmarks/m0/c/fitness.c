/* A genome's fitness: the mean of its episodes' returns, rounded to the nearest number with 12 fraction bits. */
#include "m0.h"

#define DROPPED 8 /* fraction bits that a return has more than a fitness */
#define SHORT (1 << 30) /* sums up to 2^18 need no division of 64 bits, which takes several times as long */

/* returns: sums of rewards, 20 fraction bits. A fitness reaches from -2^19 to 2^19 and saturates. */
int32_t mean_return(const int64_t *returns, int32_t episodes)
{
    int64_t sum = 0;
    for (int32_t k = 0; k < episodes; k++)
        sum += returns[k];
    sum = (sum + (1 << (DROPPED - 1))) >> DROPPED;
    int32_t half = sum < 0 ? -(episodes >> 1) : episodes >> 1;
    if (sum > -SHORT && sum < SHORT)
        return ((int32_t)sum + half) / episodes;
    int64_t mean = (sum + half) / episodes;
    if (mean != (int32_t)mean)
        return mean < 0 ? INT32_MIN : INT32_MAX;
    return (int32_t)mean;
}
