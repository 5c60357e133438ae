/* commands: what consentd does from its command line. */
#ifndef CD_COMMANDS_H
#define CD_COMMANDS_H

#include "config.h"

#define CD_MAX_ARGUMENTS 32

typedef struct cd_arguments {
    const char *values[CD_MAX_ARGUMENTS];
    int count;
    const char *host, *port, *listen, *root, *role, *account, *days, *profile;
} cd_arguments;

consent_status cd_cmd_init(const cd_arguments *arguments, consent_error *err);
consent_status cd_cmd_serve(const cd_arguments *arguments, consent_error *err);
consent_status cd_cmd_keys_rotate(const cd_arguments *arguments, consent_error *err);
consent_status cd_cmd_keys_list(const cd_arguments *arguments, consent_error *err);
consent_status cd_cmd_publish(const cd_arguments *arguments, consent_error *err);
consent_status cd_cmd_operator_add(const cd_arguments *arguments, consent_error *err);
consent_status cd_cmd_operator_list(const cd_arguments *arguments, consent_error *err);
consent_status cd_cmd_operator_remove(const cd_arguments *arguments, consent_error *err);
consent_status cd_cmd_token(const cd_arguments *arguments, consent_error *err);
consent_status cd_cmd_profile(const cd_arguments *arguments, consent_error *err);
consent_status cd_cmd_outbox(const cd_arguments *arguments, consent_error *err);
consent_status cd_cmd_sealed(const cd_arguments *arguments, consent_error *err);
consent_status cd_cmd_forget(const cd_arguments *arguments, consent_error *err);

#endif
