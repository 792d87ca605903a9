#include "report/report.h"

const struct report_format *report_format_find(struct str name)
{
    for (const struct report_format *const *f = report_formats; *f; f++)
        if (str_is(name, (*f)->name))
            return *f;
    return NULL;
}
