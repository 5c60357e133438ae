/* config: where the backend stands and what it allows, from consentd.json in its folder. Everything has a default but what names
 * secrets. Paths are relative to the folder. */
#ifndef CD_CONFIG_H
#define CD_CONFIG_H

#include "crypto/crypto.h"

#define CD_CONFIG_FILE "consentd.json"
#define CD_DATABASE_FILE "consentd.db"
#define CD_SECRET_FILE "secret"
#define CD_KEYS_FOLDER "keys"
#define CD_MAX_ROOTS 8u

typedef struct cd_config {
    cs_arena arena;
    const char *folder;
    const char *listen; /* an address; "127.0.0.1" */
    uint16_t port;      /* 0: any free one */
    const char *public_url;
    const char *certificate, *private_key; /* PEM */
    uint8_t secret[CS_KEY_SIZE];           /* tokens and links are made with it */
    uint8_t roots[CD_MAX_ROOTS * CS_P256_PUBLIC_SIZE];
    size_t root_count;
    /* limits */
    uint32_t connections, connections_per_address;
    uint32_t queue;                       /* requests that wait for the database */
    uint32_t receive_seconds;             /* for a request to arrive whole */
    uint32_t idle_seconds;                /* between two requests of a connection */
    uint32_t address_rate, address_burst; /* requests a second; 0: no limit */
    uint32_t profile_rate, profile_burst;
    uint32_t link_hours; /* how long a guardian's link lives */
} cd_config;

/* Reads the folder's file, secret and roots. E_ARGUMENT naming the member, E_NOT_FOUND, E_IO. Free it either way. */
consent_status cd_config_load(const char *folder, cd_config *config, consent_error *err);
void cd_config_free(cd_config *config);

/* folder/name in the config's memory; names that begin with '/' stay. NULL: no memory. */
const char *cd_config_path(cd_config *config, const char *name);

#endif
