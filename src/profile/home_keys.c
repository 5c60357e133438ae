/* The newest key set, as it was signed: who signs the backend's receipts. */
#include "profile/policy_index.h"

#include "crypto/jws.h"

#include <string.h>

#define KEYS_NAME "keyset" /* file */
#define LINE_MAX_BYTES CS_JWS_MAX_BYTES(CS_KEY_SET_MAX_BYTES)

consent_status cs_home_check_newest(cs_home *home, const cs_signers *signers, consent_error *err)
{
    cs_policy_index *index = cs_alloc(&home->env.memory, sizeof *index);
    if (!index)
        return cs_no_memory(err, "the list of policies");
    consent_status status = cs_index_load(home, index, err);
    if (status == CONSENT_OK)
        status = cs_index_check_key_set(home, index, signers, err);
    cs_free(&home->env.memory, index, sizeof *index);
    return status;
}

bool cs_home_is_key_set(const cs_home *home, cs_span bytes, cs_str *line)
{
    *line = (cs_str){(const char *)bytes.data, bytes.size};
    if (line->size != 0 && line->data[line->size - 1] == '\n')
        line->size--;
    return line->size != 0 && !memchr(line->data, '\n', line->size) &&
           cs_jws_has_type(&home->env.memory, *line, CS_TYP_KEY_SET);
}

consent_status cs_home_keep_key_set(cs_home *home, cs_str line, const cs_signers *signers, consent_error *err)
{
    cs_buffer kept;
    if (cs_home_check_newest(home, signers, NULL) != CONSENT_OK)
        return CONSENT_OK;
    cs_buffer_init(&kept, &home->env.memory, LINE_MAX_BYTES);
    consent_status status = cs_home_unseal(home, KEYS_NAME, home->store_key, LINE_MAX_BYTES, &kept, NULL);
    bool same = status == CONSENT_OK && kept.size == line.size && memcmp(kept.data, line.data, line.size) == 0;
    cs_buffer_free(&kept);
    return same ? CONSENT_OK
                : cs_home_seal(home, KEYS_NAME, home->store_key, (cs_span){(const uint8_t *)line.data, line.size}, err);
}

consent_status cs_home_key_set(cs_home *home, cs_key_set *set, consent_error *err)
{
    cs_buffer line;
    cs_signers *signers = cs_alloc(&home->env.memory, sizeof *signers);
    if (!signers)
        return cs_no_memory(err, "the key set");
    memset(set, 0, sizeof *set);
    cs_buffer_init(&line, &home->env.memory, LINE_MAX_BYTES);
    consent_status status = cs_home_unseal(home, KEYS_NAME, home->store_key, LINE_MAX_BYTES, &line, err);
    if (status == CONSENT_OK)
        status = cs_key_set_verify(&home->env.memory, (cs_str){(const char *)line.data, line.size}, home->roots,
                                   home->root_count, set, signers, err);
    /* One that another root's newer set replaced, or that was put back, names nobody. */
    if (status == CONSENT_OK)
        status = cs_home_check_newest(home, signers, err);
    if (status == CONSENT_E_TAMPERED || status == CONSENT_E_REJECTED)
        status = CONSENT_E_NOT_FOUND;
    cs_buffer_free(&line);
    cs_free(&home->env.memory, signers, sizeof *signers);
    return status;
}
