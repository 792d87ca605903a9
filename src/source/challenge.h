/* WWW-Authenticate: which proof of identity a server asks for (RFC 9110, section 11.6.1). */
#ifndef ASSAY_SOURCE_CHALLENGE_H
#define ASSAY_SOURCE_CHALLENGE_H

#include "base/arena.h"

enum challenge_scheme { CHALLENGE_NONE, CHALLENGE_BASIC, CHALLENGE_BEARER };
struct challenge {
    enum challenge_scheme scheme;
    struct str realm, service, scope; /* unquoted, in the arena; or empty */
};
/* The first challenge in the header's value that we can answer, Bearer before Basic; CHALLENGE_NONE when
 * there is none. Never fails: what does not parse is not answered. */
struct challenge challenge_parse(struct arena *a, struct str value);

#endif
