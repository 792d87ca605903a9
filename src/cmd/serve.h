/* assay serve: what its parts share. */
#ifndef ASSAY_CMD_SERVE_H
#define ASSAY_CMD_SERVE_H

#include "api/api.h"
#include "cmd/command.h"
#include "monitor/monitor.h"

/* All that an option or the configuration file says. Strings live as long as the program. */
struct serve_config {
    const char *file; /* of the configuration; or NULL */
    const char *data, *listen, *public_url;
    const char *account, *region;
    const char *tls_certificate, *tls_key;
    bool insecure;  /* without TLS on other than loopback addresses */
    const char *db; /* the advisory database to begin with */
    const char *mirror;
    int64_t update_hours;
    bool no_self;
    int64_t workers;
    const char *log_level, *log_format;
    int64_t requests_per_second, connections;
    struct monitor_days days;
    struct usage_prices prices;
    const char *reports;
    const char *s3_endpoint, *s3_region, *s3_access_key, *s3_secret_key;
};

/* The defaults. */
void serve_config_init(struct serve_config *c);
/* From the command line, and the file that --config names, where an option of the command line wins.
 * EXIT_OK, or another code after saying why. */
int serve_config_read(struct arena *a, int argc, char **argv, const struct command *command,
                      struct serve_config *c);

/* This machine as a host of the account: read at once, and again every few hours, until it is stopped. */
struct self;
struct self_options {
    struct monitor *monitor;
    struct store *store;
    account_id account;
    const char *program;
    const char *directory; /* of the state */
};
int self_start(const struct self_options *options, struct self **ret_self);
void self_stop(struct self *s);

#endif
