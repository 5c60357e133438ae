/* Servers that lie about who said what: receipts and pages that are forged, replayed or out of place, over real sockets. Nothing is
 * acknowledged, nothing granted, nothing lost; and when the honest one answers again, all arrives. */
#include "sync/forge.h"
#include "sync/victim.h"

#include "crypto/jws.h"
#include "profile/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(CONSENT_HAVE_ZLIB)
#include <zlib.h>
#endif

#define JWS_MAX_BYTES (1u << 20)

static void no_receipt_is_believed_that_its_key_did_not_sign_as_it_must(void **state)
{
    victim *v = *state;
    for (forge_index = 0; forge_index < forge_count; forge_index++) {
        victim_scene(v, forge_receipts, "POST", "/events");
        assert_int_equal(victim_sync(v, 20000), CONSENT_E_NETWORK);
        assert_int_equal(v->s.scenes, 1);
        victim_has_nothing_acknowledged(v);
        victim_is_unharmed(v);
    }
    victim_recovers(v);
}

/* ---- receipts of others and of another time ------------------------------------------------------------------------ */

static cs_buffer replayed; /* an answer that was given once */

static void says_it_again(loopback *s, const loopback_request *r)
{
    cs_buffer body;
    consent_http_answer answer;
    cs_buffer_init(&body, cs_memory_system(), JWS_MAX_BYTES);
    (void)loopback_work(s, r, &body, &answer);
    loopback_answer(s, 200, "", cs_buffer_span(&replayed));
    cs_buffer_free(&body);
}

static void listens(loopback *s, const loopback_request *r)
{
    consent_http_answer answer;
    cs_buffer_clear(&replayed);
    int32_t status = loopback_work(s, r, &replayed, &answer);
    loopback_answer(s, status, "", cs_buffer_span(&replayed));
}

static void open_other(victim *v, device *other, const char *home, const char *account)
{
    assert_int_equal(device_open(other, &v->w, &v->b, home, account), CONSENT_OK);
    loopback_connect(&v->s, other);
    assert_int_equal(device_accept(other), CONSENT_OK);
}

static void sync_other(device *other)
{
    consent_status status = device_sync(other);
    if (status != CONSENT_OK)
        fail_msg("%s: %s", consent_status_name(status), other->j.err.message);
}

/* Receipts that were given in earnest: to another stream, to another person, and of this stream's own past. */
static void a_receipt_counts_for_what_it_was_given_for_and_once(void **state)
{
    victim *v = *state;
    static const char *const accounts[] = {"lin", "zhao"};
    cs_buffer_init(&replayed, cs_memory_system(), JWS_MAX_BYTES);
    for (size_t i = 0; i < CS_COUNT_OF(accounts); i++) {
        device other = {0};
        open_other(v, &other, i == 0 ? "home-2" : "home-3", accounts[i]);
        victim_scene(v, listens, "POST", "/events");
        sync_other(&other);
        victim_scene(v, says_it_again, "POST", "/events");
        assert_int_equal(victim_sync(v, 20000), CONSENT_E_NETWORK);
        victim_has_nothing_acknowledged(v);
        victim_is_unharmed(v);
        device_free(&other);
    }
    victim_scene(v, listens, "POST", "/events");
    assert_int_equal(victim_sync(v, 20000), CONSENT_OK);
    uint64_t acked = victim_standing(v).lanes[0].acked;
    assert_int_equal(device_withdraw(&v->d), CONSENT_OK);
    assert_int_equal(device_fill(&v->d, 3), CONSENT_OK);
    v->acts = cs_ledger_next_seq(v->d.j.profile->ledger) - 1;
    victim_scene(v, says_it_again, "POST", "/events");
    assert_int_equal(victim_sync(v, 20000), CONSENT_E_NETWORK);
    assert_int_equal(victim_standing(v).lanes[0].acked, acked);
    assert_int_equal(victim_standing(v).waiting, v->acts - acked);
    cs_buffer_free(&replayed);
    victim_recovers(v);
}

static void before_the_key(backend *b, cs_receipt *r)
{
    (void)b;
    r->time_ms = INT64_C(1735689599999); /* its time begins a millisecond later */
}
static void after_the_key(backend *b, cs_receipt *r)
{
    (void)b;
    r->time_ms = INT64_C(2051222400000); /* its time ends here */
}
static void of_another_profile(backend *b, cs_receipt *r)
{
    (void)b;
    r->profile[15] ^= 1;
}
static void of_another_stream(backend *b, cs_receipt *r)
{
    (void)b;
    r->stream[15] ^= 1;
}
static void of_another_head(backend *b, cs_receipt *r)
{
    (void)b;
    r->head[31] ^= 1;
}
static void of_more_than_there_is(backend *b, cs_receipt *r)
{
    (void)b;
    r->last = INT64_MAX / 2;
}
static void of_another_device(backend *b, cs_receipt *r)
{
    (void)b;
    r->key[31] ^= 1;
}

static void a_receipt_signed_well_counts_only_if_it_is_of_what_was_sent(void **state)
{
    victim *v = *state;
    void (*const changes[])(backend *, cs_receipt *) = {before_the_key,    after_the_key,   of_another_profile,
                                                        of_another_stream, of_another_head, of_more_than_there_is,
                                                        of_another_device};
    for (size_t i = 0; i < CS_COUNT_OF(changes); i++) {
        loopback_hold(&v->s);
        v->b.forge = changes[i];
        loopback_release(&v->s);
        assert_int_equal(victim_sync(v, 20000), CONSENT_E_NETWORK);
        victim_has_nothing_acknowledged(v);
        victim_is_unharmed(v);
    }
    loopback_hold(&v->s);
    v->b.forge = NULL;
    v->b.receipt_typ = CS_TYP_SEALED;
    loopback_release(&v->s);
    assert_int_equal(victim_sync(v, 20000), CONSENT_E_NETWORK);
    victim_has_nothing_acknowledged(v);
    victim_recovers(v);
}

static const char *body_to_say;

static void says_this(loopback *s, const loopback_request *r)
{
    cs_buffer body;
    consent_http_answer answer;
    cs_buffer_init(&body, cs_memory_system(), JWS_MAX_BYTES);
    (void)loopback_work(s, r, &body, &answer);
    loopback_answer(s, 200, "Content-Type: application/json\r\n",
                    (cs_span){(const uint8_t *)body_to_say, strlen(body_to_say)});
    cs_buffer_free(&body);
}

static void a_yes_without_a_receipt_is_none(void **state)
{
    victim *v = *state;
    static char deep[200001], many[200001];
    static const char *const bodies[] = {"",
                                         "{}",
                                         "[]",
                                         "null",
                                         "true",
                                         "{\"receipts\":[]}",
                                         "{\"receipts\":null}",
                                         "{\"receipts\":[null]}",
                                         "{\"receipts\":[\"\"]}",
                                         "{\"receipts\":[\"..\"]}",
                                         "{\"receipts\":[\"a.b.c\"],\"receipts\":[]}",
                                         "{\"receipt\":\"a.b.c\"}",
                                         "\xFF\xFE{\"receipts\":[]}",
                                         "{\"receipts\":[\"\\u0000\"]}",
                                         deep,
                                         many};
    memset(deep, '[', sizeof deep - 1);
    size_t used = (size_t)snprintf(many, sizeof many, "{\"receipts\":[\"\"");
    while (used < sizeof many - 10)
        used += (size_t)snprintf(many + used, sizeof many - used, ",\"\"");
    (void)snprintf(many + used, sizeof many - used, "]}");
    for (size_t i = 0; i < CS_COUNT_OF(bodies); i++) {
        body_to_say = bodies[i];
        victim_scene(v, says_this, "POST", "/events");
        assert_int_equal(victim_sync(v, 20000), CONSENT_E_NETWORK);
        victim_has_nothing_acknowledged(v);
        victim_is_unharmed(v);
    }
    victim_recovers(v);
}

/* ---- pages ------------------------------------------------------------------------------------------------------------ */

/* Somebody's device grants what the victim took back, and the server passes it on under forged receipts. */
static void no_page_is_believed_under_a_forged_receipt(void **state)
{
    victim *v = *state;
    device other = {0};
    assert_int_equal(victim_sync(v, 20000), CONSENT_OK);
    uint64_t events = cs_ledger_event_count(v->d.j.profile->ledger), merged = victim_standing(v).merged;
    open_other(v, &other, "home-2", "lin");
    assert_int_equal(device_grant(&other), CONSENT_OK);
    sync_other(&other);
    for (forge_index = 0; forge_index < forge_count; forge_index++) {
        victim_scene(v, forge_receipts, "GET", "/events");
        assert_int_equal(victim_sync(v, 20000), CONSENT_E_NETWORK);
        assert_int_equal(v->s.scenes, 1);
        assert_int_equal(cs_ledger_event_count(v->d.j.profile->ledger), events);
        assert_int_equal(victim_standing(v).merged, merged);
        victim_is_unharmed(v);
    }
    device_free(&other);
    victim_recovers(v);
    assert_true(cs_ledger_event_count(v->d.j.profile->ledger) > events);
}

/* The worst case: the server holds the true receipt key and has a device of its own. What it grants there, this device asks about. */
static void not_even_who_signs_receipts_can_grant(void **state)
{
    victim *v = *state;
    device other = {0};
    uint8_t profile[CS_PROFILE_ID_SIZE];
    assert_int_equal(victim_sync(v, 20000), CONSENT_OK);
    open_other(v, &other, "home-2", "lin");
    sync_other(&other); /* it has seen the withdrawal, and grants behind it */
    assert_int_equal(device_grant(&other), CONSENT_OK);
    sync_other(&other);
    device_profile_id(&v->d, profile);
    backend_support(&v->b, profile,
                    (cs_event){.type = CS_EVENT_GRANTED,
                               .purpose = CS_STR("share.payment"),
                               .recipient = CS_STR("pay-a"),
                               .data = {CS_STR("account")},
                               .data_count = 1,
                               .user_initiated = true});
    (void)victim_sync(v, 20000);
    victim_is_unharmed(v);
    device_free(&other);
}

static cs_buffer bomb_page;

static void gives_the_bomb(loopback *s, const loopback_request *r)
{
    (void)r;
    loopback_answer(s, 200, "", cs_buffer_span(&bomb_page));
}

/* A page with one item of a device of the server's own, signed well, whose events are these. */
static void make_page(victim *v, const char *compression, cs_span events)
{
    uint8_t random[32], private_key[CS_P256_PRIVATE_SIZE], key[CS_P256_PUBLIC_SIZE], message[CS_RANGE_SIGNED_SIZE];
    cs_range range = {.first = 1, .last = 7};
    cs_receipt receipt = {.first = 1, .last = 7, .time_ms = v->w.wall_ms};
    cs_buffer payload;
    const cs_span part = {key, sizeof key};
    memset(random, 0x77, sizeof random);
    assert_int_equal(cs_p256_from_random(random, private_key, key, NULL), CONSENT_OK);
    assert_int_equal(cs_sha256(&part, 1, receipt.key, NULL), CONSENT_OK);
    device_profile_id(&v->d, range.profile);
    memset(range.stream, 0x99, sizeof range.stream);
    memcpy(receipt.profile, range.profile, sizeof receipt.profile);
    memcpy(receipt.stream, range.stream, sizeof receipt.stream);
    receipt.first_cursor = victim_standing(v).merged + 1;
    cs_range_signed(&range, message);
    assert_int_equal(cs_es256_sign(private_key, (cs_span){message, sizeof message}, range.signature, NULL), CONSENT_OK);
    cs_buffer_init(&payload, cs_memory_system(), 4096);
    cs_receipt_payload(&receipt, &payload);
    cs_buffer_clear(&bomb_page);
    cs_buffer_text(&bomb_page, "{\"items\":[{\"receipt\":\"");
    assert_int_equal(cs_jws_sign(CS_STR(CS_TYP_RECEIPT), (cs_str){(const char *)payload.data, payload.size},
                                 journey_backend(), &bomb_page, NULL),
                     CONSENT_OK);
    cs_buffer_text(&bomb_page, "\",\"key\":\"");
    cs_base64url_encode(&bomb_page, (cs_span){key, sizeof key});
    cs_buffer_text(&bomb_page, "\",\"signature\":\"");
    cs_base64url_encode(&bomb_page, (cs_span){range.signature, sizeof range.signature});
    cs_buffer_printf(&bomb_page, "\",\"compression\":\"%s\",\"events\":\"", compression);
    cs_base64url_encode(&bomb_page, events);
    cs_buffer_printf(&bomb_page, "\"}],\"next\":%llu,\"more\":false}", (unsigned long long)receipt.first_cursor + 6);
    assert_false(bomb_page.failed);
    cs_buffer_free(&payload);
}

static void takes_nothing_of(victim *v, const char *compression, cs_span events)
{
    uint64_t count = cs_ledger_event_count(v->d.j.profile->ledger);
    make_page(v, compression, events);
    victim_scene(v, gives_the_bomb, "GET", "/events");
    assert_int_equal(victim_sync(v, 20000), CONSENT_E_NETWORK);
    assert_int_equal(v->s.scenes, 1);
    assert_int_equal(cs_ledger_event_count(v->d.j.profile->ledger), count);
    victim_is_unharmed(v);
}

static void events_that_unpack_without_end_are_not_unpacked(void **state)
{
    victim *v = *state;
    static uint8_t noise[300000], small[700000];
    cs_buffer_init(&bomb_page, cs_memory_system(), 2u << 20);
    assert_int_equal(victim_sync(v, 20000), CONSENT_OK);
    memset(noise, 0x81, sizeof noise);
    takes_nothing_of(v, "none", (cs_span){noise, sizeof noise});
    takes_nothing_of(v, "deflate", (cs_span){noise, sizeof noise});
    takes_nothing_of(v, "brotli", (cs_span){noise, sizeof noise});
#if defined(CONSENT_HAVE_ZLIB)
    static uint8_t zeros[1u << 20];
    z_stream z = {.next_out = small, .avail_out = sizeof small};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
    for (int i = 0; i < 512; i++) { /* half a gibibyte */
        z.next_in = zeros;
        z.avail_in = sizeof zeros;
        assert_int_equal(deflate(&z, i < 511 ? Z_NO_FLUSH : Z_FINISH), i < 511 ? Z_OK : Z_STREAM_END);
    }
    takes_nothing_of(v, "deflate", (cs_span){small, sizeof small - z.avail_out});
    takes_nothing_of(v, "deflate", (cs_span){small, 1000}); /* and one that breaks off */
    (void)deflateEnd(&z);
#else
    (void)small;
#endif
    cs_buffer_free(&bomb_page);
    victim_recovers(v);
}

/* Else a refusal that the server withholds would count as seen, and what is granted next would beat it. */
static void a_range_without_its_events_is_not_passed_over(void **state)
{
    victim *v = *state;
    static const uint8_t nothing_deflated[] = {3, 0};
    cs_buffer_init(&bomb_page, cs_memory_system(), 2u << 20);
    assert_int_equal(victim_sync(v, 20000), CONSENT_OK);
    uint64_t merged = victim_standing(v).merged;
    takes_nothing_of(v, "none", (cs_span){NULL, 0});
    takes_nothing_of(v, "deflate", (cs_span){NULL, 0});
    takes_nothing_of(v, "deflate", (cs_span){nothing_deflated, sizeof nothing_deflated});
    assert_int_equal(victim_standing(v).merged, merged);
    cs_buffer_free(&bomb_page);
    victim_recovers(v);
}

static void a_page_that_is_none_moves_nothing(void **state)
{
    victim *v = *state;
    static const char *const bodies[] = {"",
                                         "{}",
                                         "[]",
                                         "{\"items\":[],\"next\":999,\"more\":false}",
                                         "{\"items\":[],\"next\":9007199254740993,\"more\":true}",
                                         "{\"items\":[],\"next\":-1,\"more\":true}",
                                         "{\"items\":[{}],\"next\":1,\"more\":false}",
                                         "{\"items\":[7],\"next\":1,\"more\":false}",
                                         "{\"items\":[],\"next\":1e300,\"more\":false}"};
    assert_int_equal(victim_sync(v, 20000), CONSENT_OK);
    uint64_t merged = victim_standing(v).merged;
    for (size_t i = 0; i < CS_COUNT_OF(bodies); i++) {
        body_to_say = bodies[i];
        victim_scene(v, says_this, "GET", "/events");
        assert_int_equal(victim_sync(v, 20000), CONSENT_E_NETWORK);
        assert_int_equal(victim_standing(v).merged, merged);
        victim_is_unharmed(v);
    }
    victim_recovers(v);
}

/* ---- policies ----------------------------------------------------------------------------------------------------------- */

static void gives_keys_of_its_own(loopback *s, const loopback_request *r)
{
    cs_buffer keys;
    (void)r;
    cs_buffer_init(&keys, cs_memory_system(), 65536);
    (void)cs_jws_sign(cs_str_of(CS_TYP_KEY_SET), CS_STR("{\"schema\":1,\"version\":9,\"publishers\":[]}"),
                      journey_backend(), &keys, NULL);
    cs_buffer_text(&keys, "\n");
    loopback_answer(s, 200, "", cs_buffer_span(&keys));
    cs_buffer_free(&keys);
}

/* Receipts by a key that nobody names, and a key set to go with them that no root signed. */
static void a_key_set_that_no_root_signed_names_nobody(void **state)
{
    victim *v = *state;
    loopback_hold(&v->s);
    memset(v->b.receipt_key, 0x55, sizeof v->b.receipt_key);
    loopback_release(&v->s);
    victim_scene(v, gives_keys_of_its_own, "GET", "/v1/keys");
    assert_int_equal(victim_sync(v, 20000), CONSENT_E_NETWORK);
    assert_true(v->s.scenes >= 1);
    victim_has_nothing_acknowledged(v);
    victim_is_unharmed(v);
    memcpy(v->b.receipt_key, journey_backend(), sizeof v->b.receipt_key);
    victim_recovers(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_receipt_is_believed_that_its_key_did_not_sign_as_it_must, victim_setup,
                                        victim_teardown),
        cmocka_unit_test_setup_teardown(a_receipt_counts_for_what_it_was_given_for_and_once, victim_setup,
                                        victim_teardown),
        cmocka_unit_test_setup_teardown(a_receipt_signed_well_counts_only_if_it_is_of_what_was_sent, victim_setup,
                                        victim_teardown),
        cmocka_unit_test_setup_teardown(a_yes_without_a_receipt_is_none, victim_setup, victim_teardown),
        cmocka_unit_test_setup_teardown(no_page_is_believed_under_a_forged_receipt, victim_setup, victim_teardown),
        cmocka_unit_test_setup_teardown(not_even_who_signs_receipts_can_grant, victim_setup, victim_teardown),
        cmocka_unit_test_setup_teardown(events_that_unpack_without_end_are_not_unpacked, victim_setup, victim_teardown),
        cmocka_unit_test_setup_teardown(a_range_without_its_events_is_not_passed_over, victim_setup, victim_teardown),
        cmocka_unit_test_setup_teardown(a_page_that_is_none_moves_nothing, victim_setup, victim_teardown),
        cmocka_unit_test_setup_teardown(a_key_set_that_no_root_signed_names_nobody, victim_setup, victim_teardown),
    };
    return cmocka_run_group_tests_name("hostile signatures", tests, NULL, NULL);
}
