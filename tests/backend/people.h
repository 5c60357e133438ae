/* people: what the tests of operators and guardians share: a server, two devices of one account, and what support reads and writes. Included
 * by one test program at a time. */
#ifndef BACKEND_PEOPLE_H
#define BACKEND_PEOPLE_H

#include "backend/peer.h"

#include "platform/platform.h"

/* The last event of a profile's feed. */
typedef struct last_event {
    cs_receipt receipt;
    uint32_t type, actor, method, age_band, rules_version;
    char purpose[64], reference[64], detail[200], rules[64], policy[64];
    bool has_policy_hash, has_notice;
    uint8_t notice[CS_HASH_SIZE];
    cs_date birth;
    uint64_t cursor, seen;
    size_t data_count, count;
} last_event;

extern peer_server server;
extern peer_device a, b;

int people_set_up(void **state);
int people_tear_down(void **state);
void make_two(uint8_t seed, const char *account);
void free_two(void);
/* "/v1" or "" and then /admin/profiles/{a's}/rest; valid until the next call. */
const char *admin(const char *root, const char *rest);
void ask(const char *method, const char *path, const char *token, const char *body, long status);
last_event read_last(const peer_device *device);
/* a opens a request and sends it. */
void open_request(const char *id, const char *detail);
/* Of the newest entry of a list that operators see. */
void hash_of_newest(uint8_t hash[CS_HASH_SIZE], const char *list);

#endif
