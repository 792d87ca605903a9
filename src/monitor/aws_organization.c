/* The members of an organization. */
#include "base/err.h"
#include "monitor/aws_place.h"

int aws_look_organization(struct aws_place *p)
{
    (void)p;
    return err_set(ERR_UNSUPPORTED, "organizations are not read yet");
}
