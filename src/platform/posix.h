/* posix: the two halves of the real world, private to the platform module. */
#ifndef CS_PLATFORM_POSIX_H
#define CS_PLATFORM_POSIX_H

#include "platform/platform.h"

/* Sets the directory and file functions of *env and nothing else. */
void cs_posix_add_files(cs_env *env);

#endif
