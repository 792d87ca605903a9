/* assay collect: what its files share. */
#ifndef ASSAY_CMD_COLLECT_H
#define ASSAY_CMD_COLLECT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"

enum { COLLECT_TAGS_MAX = 50 };

struct collect {
    const char *server; /* URL without a slash at its end */
    const char *token, *token_file;
    const char *state; /* directory */
    const char *root;
    struct str tags[COLLECT_TAGS_MAX]; /* "key=value" */
    size_t n_tags;
    unsigned interval; /* seconds */
    bool once, quick, insecure;
};

/* ---- collect_state.c: what is kept in the state directory, readable by its owner alone ---- */

struct collect_key {
    struct str server, resource, region, id, secret;
    struct str tags; /* of the token that the host enrolled with; JSON object text */
};
int state_open(const struct collect *c);
/* In the arena. ERR_MISSING: not enrolled yet (with this server). */
int state_key(const struct collect *c, struct arena *a, struct collect_key *ret_key);
/* `answer` is that of the server. */
int state_set_key(const struct collect *c, struct arena *a, struct str answer);
/* The report that the server had last, and its digest. ERR_MISSING. */
int state_report(const struct collect *c, struct arena *a, struct buf *text, char ret_digest[65]);
int state_set_report(const struct collect *c, struct arena *a, struct str packed);
/* A small text kept under a name; empty when there is none. */
struct str state_text(const struct collect *c, struct arena *a, const char *name);
int state_set_text(const struct collect *c, struct arena *a, const char *name, struct str text);

/* ---- collect_facts.c ---- */

/* Members of an object that is open: name, architecture, addresses, ... */
void facts_write(const struct collect *c, struct arena *a, const struct collect_key *key,
                 struct json_out *out);
/* What names the machine for good, without telling its machine id; in the arena. */
int facts_machine(const struct collect *c, struct arena *a, struct str *ret_machine);
/* The instance of EC2 that this is; empty elsewhere. */
struct str facts_instance(const struct collect *c, struct arena *a);

/* ---- collect_report.c ---- */

/* The report as text: facts, and the inventory of the root. */
int report_make(const struct collect *c, struct arena *a, const struct collect_key *key, struct buf *text);
/* The distribution's packages are read, the others taken from `last`, the report before. */
int report_make_quick(const struct collect *c, struct arena *a, const struct collect_key *key,
                      struct str last, struct buf *text);

/* ---- collect_send.c ---- */

/* What was given to enrol with; ERR_DENIED when nothing was. */
int enrolment_token(const struct collect *c, struct arena *a, struct str *ret_token);
/* Enrols the host and keeps its key. */
int send_enrolment(const struct collect *c, struct arena *a);
/* Whether the server wants a whole report. */
int send_heartbeat(const struct collect *c, struct arena *a, const struct collect_key *key,
                   const char *digest, bool *ret_wanted);
int send_report(const struct collect *c, struct arena *a, const struct collect_key *key, struct str packed,
                const char *digest);

/* ---- collect_watch.c: package databases, by inotify ---- */

struct watch;
int watch_new(const char *root, struct watch **ret_watch);
void watch_free(struct watch *w);
int watch_fd(const struct watch *w);
/* Reads what happened; whether a package database may have changed. */
bool watch_read(struct watch *w);

/* ---- collect_resident.c ---- */

/* Reports for ever, each time by a process of its own, so that this one stays small. Returns an exit code. */
int collect_for_ever(const struct collect *c, char **argv);

#endif
