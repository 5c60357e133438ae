/* skeleton: the first files of a policy folder. They build, and say in their texts what to replace. */
#ifndef CS_SKELETON_H
#define CS_SKELETON_H

#include "base/base.h"

typedef struct cs_skeleton {
    const char *id;
    const char *locale;
    const char *section; /* id of the document section that tells of the first purpose */
    int64_t now_ms;
} cs_skeleton;

void cs_skeleton_policy(const cs_skeleton *skeleton, cs_buffer *out);
void cs_skeleton_document(const cs_skeleton *skeleton, cs_buffer *out);
void cs_skeleton_child_rules(const cs_skeleton *skeleton, cs_buffer *out);
void cs_skeleton_readme(const cs_skeleton *skeleton, cs_buffer *out);

#endif
