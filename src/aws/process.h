/* credential_process: a program that prints a key ("Sourcing credentials with an external process in the AWS
 * CLI").
 */
#ifndef ASSAY_AWS_PROCESS_H
#define ASSAY_AWS_PROCESS_H

#include "aws/credentials.h"

/* No shell reads the command; what the program says on its errors' stream is told to nobody. */
int process_credentials(struct arena *a, struct str command, struct credentials *ret_credentials);

/* A command's words, as a shell takes quotes and backslashes; ended by NULL. ERR_INVALID when one is not
 * closed, or when there are none. */
int process_words(struct arena *a, struct str command, const char ***ret_words);

#endif
