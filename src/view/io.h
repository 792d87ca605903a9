/* Open files of the operating system as files of a view. */
#ifndef ASSAY_VIEW_IO_H
#define ASSAY_VIEW_IO_H

#include <sys/stat.h>

#include "base/hash.h"
#include "view/view.h"

/* Reads up to `n` bytes at `offset`; fewer only at the end. ERR_IO. */
int io_read_at(int fd, uint64_t offset, void *to, size_t n, size_t *ret_read);

/* Writes all of it at the descriptor's offset. ERR_IO. */
int io_write(int fd, const void *data, size_t n);

/* SHA-256 of the whole file. ERR_IO. */
int io_digest(int fd, unsigned char ret_digest[SHA256_SIZE]);

/* An open regular file; zero but for `fd`, which stays the caller's. The buffer serves one file after the
 * other. */
struct io_file {
    int fd;
    char *content;
    size_t size; /* of the buffer */
    bool read;
};

/* The view's file over `io`, which must stay where it is. */
struct view_file io_file_view(struct io_file *io, struct str path, const struct stat *st);
/* Ready for the next file: a large buffer is given back. */
void io_file_reset(struct io_file *io);
void io_file_free(struct io_file *io);

/* Opens a regular file by the path the user gave. ERR_MISSING, ERR_IO, ERR_UNSUPPORTED for anything but a
 * file. */
int io_open(const char *path, int *ret_fd, struct stat *ret_st);

#endif
