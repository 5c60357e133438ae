/* A copy of the record, proved by the backend's receipts without backend or network: consentctl receipt verify. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "consentctl/keys.h"
#include "consentctl/tool.h"
#include "profile/internal.h"
#include "support/device.h"

typedef struct fixture {
    world w;
    backend b;
    device d;
    cs_buffer copy;
    char dir[64], path[96], keys[96], root[96];
} fixture;

static void save(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void save_root(fixture *f)
{
    cs_key_pair pair = {0};
    cs_buffer text;
    memcpy(pair.public_key, journey_root(), sizeof pair.public_key);
    assert_int_equal(cs_key_id(pair.public_key, pair.kid, NULL), CONSENT_OK);
    cs_buffer_init(&text, cs_memory_system(), 4096);
    assert_int_equal(cs_keys_write(cs_memory_system(), &pair, false, &text, NULL), CONSENT_OK);
    save(f->root, text.data, text.size);
    cs_buffer_free(&text);
}

static int setup(void **state)
{
    fixture *f = test_calloc(1, sizeof *f);
    world_init(&f->w);
    f->w.wall_ms = JOURNEY_START_MS;
    backend_init(&f->b, &f->w);
    f->b.expected_token = "account-token";
    assert_int_equal(device_open(&f->d, &f->w, &f->b, "home", "lin"), CONSENT_OK);
    assert_int_equal(device_accept(&f->d), CONSENT_OK);
    assert_int_equal(device_grant(&f->d), CONSENT_OK);
    assert_int_equal(device_sync(&f->d), CONSENT_OK);
    assert_int_equal(device_withdraw(&f->d), CONSENT_OK);
    assert_int_equal(device_sync(&f->d), CONSENT_OK);
    (void)snprintf(f->dir, sizeof f->dir, "/tmp/consent-receipts-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->path, sizeof f->path, "%s/copy.json", f->dir);
    (void)snprintf(f->keys, sizeof f->keys, "%s/keys.jws", f->dir);
    (void)snprintf(f->root, sizeof f->root, "%s/root.pub", f->dir);
    save(f->keys, f->b.keys.data, f->b.keys.size);
    save_root(f);
    cs_buffer_init(&f->copy, cs_memory_system(), 1u << 24);
    assert_int_equal(cs_profile_export(f->d.j.profile, &f->copy, NULL), CONSENT_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    (void)remove(f->path);
    (void)remove(f->keys);
    (void)remove(f->root);
    (void)rmdir(f->dir);
    device_free(&f->d);
    cs_buffer_free(&f->copy);
    world_free(&f->w);
    backend_free(&f->b);
    test_free(f);
    return 0;
}

static int verify(fixture *f, char *said, size_t size)
{
    char *argv[] = {"consentctl", "receipt", "verify", f->path, "--keys", f->keys, "--root", f->root, NULL};
    FILE *out = tmpfile();
    assert_non_null(out);
    int code = cs_tool_main(8, argv, out, out);
    rewind(out);
    said[fread(said, 1, size - 1, out)] = '\0';
    (void)fclose(out);
    return code;
}

static void change(fixture *f, const char *find, size_t offset)
{
    char *at = strstr((char *)f->copy.data, find);
    assert_non_null(at);
    at += strlen(find) + offset;
    *at = *at == 'A' ? 'B' : 'A';
}

/* C149 */
static void a_copy_is_proved_by_its_receipts(void **state)
{
    fixture *f = *state;
    char said[512];
    save(f->path, f->copy.data, f->copy.size);
    assert_int_equal(verify(f, said, sizeof said), 0);
    assert_non_null(strstr(said, "2 receipts cover"));
}

static void a_copy_that_was_changed_is_not(void **state)
{
    fixture *f = *state;
    char said[512];
    cs_buffer_u8(&f->copy, 0);
    change(f, "\"bytes\":\"", 30);
    save(f->path, f->copy.data, f->copy.size - 1);
    assert_int_not_equal(verify(f, said, sizeof said), 0);
    change(f, "\"bytes\":\"", 30);
}

/* What people read, not the bytes beside it; and a text that they were shown. */
static void a_copy_that_reads_otherwise_is_not(void **state)
{
    fixture *f = *state;
    char said[512];
    cs_buffer_u8(&f->copy, 0);
    change(f, "\"event\":\"withdraw", 0); /* withdrawA */
    save(f->path, f->copy.data, f->copy.size - 1);
    assert_int_not_equal(verify(f, said, sizeof said), 0);
    assert_non_null(strstr(said, "reads otherwise"));
    *(strstr((char *)f->copy.data, "\"event\":\"withdrawA") + strlen("\"event\":\"withdraw")) = 'n';
    save(f->path, f->copy.data, f->copy.size - 1);
    assert_int_equal(verify(f, said, sizeof said), 0);
    change(f, "\"blocks\":[{\"t\":\"", 0);
    save(f->path, f->copy.data, f->copy.size - 1);
    assert_int_not_equal(verify(f, said, sizeof said), 0);
    assert_non_null(strstr(said, "notice "));
}

static void a_receipt_that_was_changed_proves_nothing(void **state)
{
    fixture *f = *state;
    char said[512];
    cs_buffer_u8(&f->copy, 0);
    change(f, "\"receipt\":\"", 150);
    save(f->path, f->copy.data, f->copy.size - 1);
    assert_int_not_equal(verify(f, said, sizeof said), 0);
}

static void a_copy_without_receipts_says_so(void **state)
{
    fixture *f = *state;
    char said[512];
    static const char none[] = "{\"v\":1,\"events\":[],\"receipts\":[]}";
    save(f->path, none, sizeof none - 1);
    assert_int_not_equal(verify(f, said, sizeof said), 0);
    assert_non_null(strstr(said, "nothing was acknowledged"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_copy_is_proved_by_its_receipts, setup, teardown),
        cmocka_unit_test_setup_teardown(a_copy_that_was_changed_is_not, setup, teardown),
        cmocka_unit_test_setup_teardown(a_copy_that_reads_otherwise_is_not, setup, teardown),
        cmocka_unit_test_setup_teardown(a_receipt_that_was_changed_proves_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_copy_without_receipts_says_so, setup, teardown),
    };
    return cmocka_run_group_tests_name("receipts", tests, NULL, NULL);
}
