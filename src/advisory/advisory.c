#include "advisory/advisory.h"

const char *fix_state_name(enum fix_state state)
{
    static const char *const names[] = {
        [FIX_UNSTATED] = "unstated",       [FIX_FIXED] = "fixed",
        [FIX_UNFIXED] = "unfixed",         [FIX_NO_DSA] = "no-dsa",
        [FIX_POSTPONED] = "postponed",     [FIX_IGNORED] = "ignored",
        [FIX_END_OF_LIFE] = "end-of-life", [FIX_NOT_AFFECTED] = "not-affected",
    };
    return (unsigned)state < sizeof names / sizeof *names ? names[state] : "unstated";
}
