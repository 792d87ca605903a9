/* libmicrohttpd, loaded when a server starts: it brings GnuTLS and a dozen libraries with it, which a scan
 * need not pay for. */
#ifndef ASSAY_NET_MICROHTTPD_H
#define ASSAY_NET_MICROHTTPD_H

#include <microhttpd.h>

#define MHD_SYMBOLS(X)                                                                                       \
    X(start_daemon)                                                                                          \
    X(stop_daemon)                                                                                           \
    X(is_feature_supported)                                                                                  \
    X(get_connection_info)                                                                                   \
    X(get_connection_values_n)                                                                               \
    X(suspend_connection)                                                                                    \
    X(resume_connection)                                                                                     \
    X(create_response_from_buffer)                                                                           \
    X(create_response_from_callback)                                                                         \
    X(add_response_header)                                                                                   \
    X(queue_response)                                                                                        \
    X(destroy_response)

/* The functions MHD_NAME. */
struct mhd_functions {
#define MHD_MEMBER(name) __typeof__(MHD_##name) *name;
    MHD_SYMBOLS(MHD_MEMBER)
#undef MHD_MEMBER
};

extern struct mhd_functions mhd;

/* Loads the library, once for all threads; it stays. ERR_UNSUPPORTED when there is none that will do. */
int mhd_load(void);

#endif
