/* Events of EventBridge, as they come out of a queue; and what Lambda says of a function. */
#include <stdint.h>
#include <stdlib.h>

#include "monitor/aws_event.h"
#include "monitor/function.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct str text = {(const char *)data, size};
    struct lambda_facts facts;
    struct aws_event e;
    json_val *root;
    if (aws_event_read(a, text, &e) == 0)
        for (size_t i = 0; i < e.n_changes; i++)
            for (size_t k = 0; k < e.changes[i].what.n; k++) /* they become subjects of jobs */
                if (e.changes[i].what.p[k] < ' ')
                    abort();
    if (json_parse(a, text, &root) == 0 && lambda_facts_read(a, root, json_get(root, "Tags"), &facts) == 0)
        function_resource(a, 1, &facts.facts);
    arena_free(a);
    return 0;
}
