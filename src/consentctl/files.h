/* files: whole files, read at once and replaced at once. A writer leaves either the old content or the new. */
#ifndef CS_FILES_H
#define CS_FILES_H

#include "base/base.h"

/* "-" reads standard input. E_NOT_FOUND, E_IO, E_ARGUMENT (larger than the buffer's max_size, a directory). */
consent_status cs_files_read(const char *path, cs_buffer *out, consent_error *err);

typedef enum cs_files_mode {
    CS_FILES_PUBLIC = 0644,
    CS_FILES_SECRET = 0600
} cs_files_mode;

/* Temporary file beside it, write, sync, rename. With `keep`, an existing file is left alone and is an error. */
consent_status cs_files_write(const char *path, cs_span content, cs_files_mode mode, bool keep, consent_error *err);

/* Makes one directory; an empty existing one is fine, any other existing thing is an error. */
consent_status cs_files_make_dir(const char *path, consent_error *err);
bool cs_files_is_dir(const char *path);
/* E_ARGUMENT for a file where a policy folder is wanted; what is not there is left to whoever reads it. */
consent_status cs_files_refuse_file(const char *path, consent_error *err);
/* dir/name; `out` has `size` bytes. E_ARGUMENT when it does not fit. */
consent_status cs_files_join(const char *dir, const char *name, char *out, size_t size, consent_error *err);

#endif
