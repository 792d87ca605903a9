/* The parts of an http or https URL. */
#ifndef ASSAY_NET_URL_H
#define ASSAY_NET_URL_H

#include "base/arena.h"

struct url {
    bool tls;
    struct str host; /* with its port unless that is the scheme's own: as the Host header has it */
    struct str path; /* "/" if there is none; still percent-encoded */
    struct str query;
};
/* ERR_INVALID for other schemes, user names, and what is no URL. Slices of `text` or in the arena. */
int url_parse(struct arena *a, struct str text, struct url *ret_url);
/* 127.0.0.0/8, ::1, localhost. */
bool url_is_loopback(const struct url *u);
/* Scheme, host and port are alike. */
bool url_same_host(const struct url *a, const struct url *b);

#endif
