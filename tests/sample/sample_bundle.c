/* Writes a signed policy bundle and the root key that an app would pin, both made up on the spot.
 *
 *   sample_bundle DIR [PURPOSES]     writes DIR/bundle and DIR/root.key (65 bytes)
 *
 * The purposes take turns: purpose-000 is covered by accepting the policy, purpose-001 needs its own consent,
 * purpose-002 shares with one recipient by separate consent, and so on; purpose-001 also has a permission. */
#include "crypto/jws.h"
#include "platform/platform.h"
#include "policy/bundle.h"
#include "json/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DATA_ITEMS = 20,
    RECIPIENTS = 10,
    MIN_PURPOSES = 3,
    MAX_PURPOSES = 400,
    LOCALES = 2
};

static const char *const locales[LOCALES] = {"zh-CN", "en"};

typedef struct key_pair {
    uint8_t secret[CS_P256_PRIVATE_SIZE];
    uint8_t point[CS_P256_PUBLIC_SIZE];
} key_pair;

static void stop_unless(consent_status status, const consent_error *err)
{
    if (status == CONSENT_OK)
        return;
    (void)fprintf(stderr, "sample_bundle: %s: %s\n", consent_status_name(status), err->message);
    exit(1);
}

/* ---- the policy ------------------------------------------------------------------------------ */

static void put_text(cs_json_out *out, const char *name, const char *zh, const char *en)
{
    cs_json_put_name(out, name);
    cs_json_open_object(out);
    cs_json_member_text(out, locales[0], zh);
    cs_json_member_text(out, locales[1], en);
    cs_json_close_object(out);
}

static void put_numbered(cs_json_out *out, const char *name, const char *zh, const char *en, int number)
{
    char zh_text[256];
    char en_text[256];
    (void)snprintf(zh_text, sizeof zh_text, "%s（第 %d 项）", zh, number);
    (void)snprintf(en_text, sizeof en_text, "%s (number %d)", en, number);
    put_text(out, name, zh_text, en_text);
}

static void put_id(cs_json_out *out, const char *name, const char *prefix, int number)
{
    char id[32];
    (void)snprintf(id, sizeof id, "%s-%03d", prefix, number);
    if (name)
        cs_json_member_text(out, name, id);
    else
        cs_json_put_text(out, id);
}

static void put_heading(cs_json_out *out, const uint8_t hashes[LOCALES][CS_HASH_SIZE])
{
    cs_json_member_int(out, "schema", 1);
    cs_json_member_text(out, "id", "platform");
    cs_json_member_int(out, "version", 1);
    cs_json_member_int(out, "revision", 0);
    cs_json_member_text(out, "scope", "platform");
    put_text(out, "name", "样例隐私政策", "Sample privacy policy");
    put_text(out, "summary", "这份政策只供测量和试验，各项说明都是样例。",
             "This policy serves measuring and trying out; every text in it is a sample.");
    put_text(out, "consequence", "不接受时仅能使用访客页面。", "Without acceptance only the visitor pages are open.");
    cs_json_member_text(out, "region", "CN");
    cs_json_member_text(out, "published", "2025-01-01T00:00:00+08:00");
    cs_json_member_text(out, "effective", "2025-02-01T00:00:00+08:00");
    cs_json_member_text(out, "valid_until", "2099-01-01T00:00:00+08:00");
    cs_json_put_name(out, "locales");
    cs_json_open_array(out);
    for (size_t i = 0; i < LOCALES; i++)
        cs_json_put_text(out, locales[i]);
    cs_json_close_array(out);
    cs_json_put_name(out, "documents");
    cs_json_open_object(out);
    for (size_t i = 0; i < LOCALES; i++) {
        char hex[2 * CS_HASH_SIZE + 1];
        cs_hex_encode(hashes[i], CS_HASH_SIZE, hex);
        cs_json_member_text(out, locales[i], hex);
    }
    cs_json_close_object(out);
    cs_json_put_name(out, "labels");
    cs_json_open_object(out);
    put_text(out, "accept", "同意并继续", "Agree and continue");
    put_text(out, "refuse", "不同意", "Do not agree");
    put_text(out, "tick", "我读过并同意这份政策", "I have read this policy and agree");
    cs_json_close_object(out);
}

static void put_controller(cs_json_out *out)
{
    cs_json_put_name(out, "controller");
    cs_json_open_object(out);
    cs_json_member_text(out, "id", "sample-operator");
    put_text(out, "name", "样例运营者", "Sample operator");
    cs_json_member_bool(out, "bound", true);
    cs_json_put_name(out, "contacts");
    cs_json_open_array(out);
    cs_json_open_object(out);
    cs_json_member_text(out, "kind", "email");
    cs_json_member_text(out, "value", "privacy@example.com");
    cs_json_close_object(out);
    cs_json_close_array(out);
    cs_json_close_object(out);
}

static void put_function(cs_json_out *out, const char *id, const char *kind, const char *zh, const char *en)
{
    cs_json_open_object(out);
    cs_json_member_text(out, "id", id);
    cs_json_member_text(out, "kind", kind);
    put_text(out, "name", zh, en);
    put_text(out, "refusal", "拒绝后该功能停用。", "Refusing switches this function off.");
    cs_json_close_object(out);
}

static void put_lists(cs_json_out *out)
{
    cs_json_put_name(out, "functions");
    cs_json_open_array(out);
    put_function(out, "browse", "basic", "浏览", "Browsing");
    put_function(out, "extras", "additional", "附加功能", "Additional functions");
    cs_json_close_array(out);
    cs_json_put_name(out, "data");
    cs_json_open_array(out);
    for (int i = 0; i < DATA_ITEMS; i++) {
        cs_json_open_object(out);
        put_id(out, "id", "data", i);
        put_numbered(out, "name", "样例信息", "Sample information", i);
        cs_json_close_object(out);
    }
    cs_json_close_array(out);
    cs_json_put_name(out, "recipients");
    cs_json_open_array(out);
    for (int i = 0; i < RECIPIENTS; i++) {
        cs_json_open_object(out);
        put_id(out, "id", "recipient", i);
        cs_json_member_text(out, "role", "payment");
        put_numbered(out, "name", "样例支付机构", "Sample payment institution", i);
        put_numbered(out, "contact", "样例联系地址", "Sample contact address", i);
        cs_json_close_object(out);
    }
    cs_json_close_array(out);
    cs_json_put_name(out, "permissions");
    cs_json_open_array(out);
    cs_json_open_object(out);
    cs_json_member_text(out, "id", "location");
    put_text(out, "name", "位置", "Location");
    put_text(out, "consequence", "拒绝后请手动选择城市。", "Without it choose the city by hand.");
    cs_json_put_name(out, "platforms");
    cs_json_open_object(out);
    cs_json_put_name(out, "android");
    cs_json_open_array(out);
    cs_json_put_text(out, "android.permission.ACCESS_FINE_LOCATION");
    cs_json_close_array(out);
    cs_json_close_object(out);
    cs_json_put_name(out, "call_sites");
    cs_json_open_array(out);
    cs_json_open_object(out);
    cs_json_member_text(out, "id", "near-me");
    put_id(out, "purpose", "purpose", 1);
    put_text(out, "text", "为您列出附近的结果。", "To list results near you.");
    cs_json_close_object(out);
    cs_json_close_array(out);
    cs_json_close_object(out);
    cs_json_close_array(out);
}

static void put_purpose_texts(cs_json_out *out, int number)
{
    put_numbered(out, "name", "样例目的", "Sample purpose", number);
    put_numbered(out, "text", "为完成您发起的操作而使用上述信息，用完即止，不作其他用途",
                 "The information is used to complete what you started, no longer than that and for nothing else",
                 number);
    put_text(out, "method", "在服务器上自动读取和保存。", "Read and kept automatically on a server.");
    put_text(out, "necessity", "缺少它就做不成这件事。", "It cannot be done without.");
    put_text(out, "impact", "泄露会打扰到您，我们为此加密保存。", "A leak could disturb you; it is kept encrypted.");
    put_text(out, "consequence", "不同意只影响这一项。", "Refusing affects this one thing only.");
}

static void put_purpose(cs_json_out *out, int number)
{
    static const char *const forms[] = {"policy", "own", "separate"};
    static const char *const kinds[] = {"collect", "collect", "share"};
    int turn = number % 3;
    cs_json_open_object(out);
    put_id(out, "id", "purpose", number);
    cs_json_member_text(out, "function", turn == 0 ? "browse" : "extras");
    cs_json_member_text(out, "kind", kinds[turn]);
    cs_json_member_text(out, "form", forms[turn]);
    put_purpose_texts(out, number);
    cs_json_put_name(out, "data");
    cs_json_open_array(out);
    put_id(out, NULL, "data", number % DATA_ITEMS);
    cs_json_close_array(out);
    if (turn == 2) {
        cs_json_put_name(out, "recipients");
        cs_json_open_array(out);
        for (int i = 0; i < 2; i++)
            put_id(out, NULL, "recipient", (number + i) % RECIPIENTS);
        cs_json_close_array(out);
    }
    if (number == 1) {
        cs_json_put_name(out, "permissions");
        cs_json_open_array(out);
        cs_json_put_text(out, "location");
        cs_json_close_array(out);
    }
    cs_json_put_name(out, "retention");
    cs_json_open_object(out);
    cs_json_member_text(out, "period", "365d");
    cs_json_close_object(out);
    cs_json_member_text(out, "section", "sample");
    cs_json_close_object(out);
}

static void make_policy(int purposes, const uint8_t hashes[LOCALES][CS_HASH_SIZE], cs_buffer *text)
{
    cs_json_out out;
    cs_json_out_init(&out, text);
    cs_json_open_object(&out);
    put_heading(&out, hashes);
    put_controller(&out);
    put_lists(&out);
    cs_json_member_bool(&out, "import", true);
    cs_json_member_bool(&out, "fetch_before_consent", true);
    cs_json_put_name(&out, "minors");
    cs_json_open_object(&out);
    cs_json_member_int(&out, "child_under", 14);
    cs_json_member_int(&out, "guardian_under", 14);
    cs_json_close_object(&out);
    cs_json_put_name(&out, "purposes");
    cs_json_open_array(&out);
    for (int i = 0; i < purposes; i++)
        put_purpose(&out, i);
    cs_json_close_array(&out);
    cs_json_close_object(&out);
}

/* ---- the documents --------------------------------------------------------------------------- */

static void put_block(cs_json_out *out, const char *kind, const char *id, const char *text, int emphasis)
{
    cs_json_open_object(out);
    cs_json_member_text(out, "t", kind);
    if (id) {
        cs_json_member_int(out, "level", 1);
        cs_json_member_text(out, "id", id);
    }
    cs_json_put_name(out, "spans");
    cs_json_open_array(out);
    cs_json_open_object(out);
    cs_json_member_text(out, "s", text);
    if (emphasis)
        cs_json_member_int(out, "e", emphasis);
    cs_json_close_object(out);
    cs_json_close_array(out);
    cs_json_close_object(out);
}

/* A real policy explains each purpose once more in prose; so does this one. */
static void make_document(size_t locale, int purposes, cs_buffer *text)
{
    static const char *const titles[LOCALES] = {"样例隐私政策", "Sample privacy policy"};
    static const char *const prose[LOCALES] = {
        "这一段说明第 %d 个目的用到哪些信息、交给谁、保存多久，以及怎样收回同意。",
        "This paragraph says which information purpose %d uses, who receives it, for how long, and how to withdraw."};
    cs_json_out out;
    cs_json_out_init(&out, text);
    cs_json_open_object(&out);
    cs_json_member_int(&out, "schema", 1);
    cs_json_member_text(&out, "locale", locales[locale]);
    cs_json_member_text(&out, "title", titles[locale]);
    cs_json_put_name(&out, "blocks");
    cs_json_open_array(&out);
    put_block(&out, "h", "sample", titles[locale], 0);
    for (int i = 0; i < purposes; i++) {
        char line[256];
        (void)snprintf(line, sizeof line, prose[locale], i);
        put_block(&out, "p", NULL, line, i % 10 == 0 ? 2 : 0);
    }
    cs_json_close_array(&out);
    cs_json_close_object(&out);
}

/* ---- keys and signatures --------------------------------------------------------------------- */

static key_pair new_key(const cs_env *env)
{
    key_pair key;
    consent_error err = {0};
    uint8_t random[32];
    for (int tries = 0; tries < 8; tries++) {
        if (env->random(env->ctx, random, sizeof random) != 0)
            break;
        if (cs_p256_from_random(random, key.secret, key.point, &err) == CONSENT_OK)
            return key;
    }
    stop_unless(CONSENT_E_IO, &err);
    return key;
}

static void put_key(cs_json_out *out, const char *list, const key_pair *key)
{
    char kid[17];
    consent_error err = {0};
    cs_buffer point;
    cs_buffer_init(&point, cs_memory_system(), 128);
    cs_base64url_encode(&point, (cs_span){key->point, CS_P256_PUBLIC_SIZE});
    stop_unless(cs_key_id(key->point, kid, &err), &err);
    cs_json_put_name(out, list);
    cs_json_open_array(out);
    cs_json_open_object(out);
    cs_json_member_text(out, "kid", kid);
    cs_json_member_str(out, "key", (cs_str){(const char *)point.data, point.size});
    cs_json_member_text(out, "not_before", "2025-01-01T00:00:00Z");
    cs_json_member_text(out, "not_after", "2099-01-01T00:00:00Z");
    cs_json_close_object(out);
    cs_json_close_array(out);
    cs_buffer_free(&point);
}

/* Who signs receipts is named, though nobody does: a sync gets as far as asking. */
static void make_key_set(const key_pair *publisher, const key_pair *receipts, cs_buffer *text)
{
    cs_json_out out;
    cs_json_out_init(&out, text);
    cs_json_open_object(&out);
    cs_json_member_int(&out, "schema", 1);
    cs_json_member_int(&out, "version", 1);
    put_key(&out, "publishers", publisher);
    put_key(&out, "receipts", receipts);
    cs_json_close_object(&out);
}

static void sign(const char *typ, const cs_buffer *payload, const key_pair *key, cs_buffer *bundle)
{
    consent_error err = {0};
    cs_buffer jws;
    cs_buffer_init(&jws, cs_memory_system(), CS_BUNDLE_MAX_BYTES);
    stop_unless(cs_buffer_status(payload, "a payload", &err), &err);
    stop_unless(
        cs_jws_sign(cs_str_of(typ), (cs_str){(const char *)payload->data, payload->size}, key->secret, &jws, &err),
        &err);
    cs_buffer_append(bundle, jws.data, jws.size);
    cs_buffer_u8(bundle, '\n');
    cs_buffer_free(&jws);
}

static void write_file(const char *dir, const char *name, const void *data, size_t size)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "wb");
    bool ok = file && fwrite(data, 1, size, file) == size;
    if (file)
        ok = fclose(file) == 0 && ok;
    if (ok)
        return;
    perror(path);
    exit(1);
}

int main(int argc, char **argv)
{
    int purposes = argc > 2 ? atoi(argv[2]) : 6;
    if (argc < 2 || argc > 3 || purposes < MIN_PURPOSES || purposes > MAX_PURPOSES) {
        (void)fprintf(stderr, "usage: sample_bundle DIR [PURPOSES]   (%d to %d purposes)\n", MIN_PURPOSES,
                      MAX_PURPOSES);
        return 2;
    }
    cs_env env;
    consent_error err = {0};
    cs_buffer documents[LOCALES];
    cs_buffer policy;
    cs_buffer key_set;
    cs_buffer bundle;
    uint8_t hashes[LOCALES][CS_HASH_SIZE];
    cs_env_posix(&env);
    key_pair root = new_key(&env);
    key_pair publisher = new_key(&env);
    key_pair receipts = new_key(&env);
    for (size_t i = 0; i < LOCALES; i++) {
        cs_buffer_init(&documents[i], cs_memory_system(), CS_DOCUMENT_MAX_BYTES);
        make_document(i, purposes, &documents[i]);
        cs_span part = cs_buffer_span(&documents[i]);
        stop_unless(cs_sha256(&part, 1, hashes[i], &err), &err);
    }
    cs_buffer_init(&policy, cs_memory_system(), CS_BUNDLE_MAX_BYTES);
    cs_buffer_init(&key_set, cs_memory_system(), CS_BUNDLE_MAX_BYTES);
    cs_buffer_init(&bundle, cs_memory_system(), CS_BUNDLE_MAX_BYTES);
    make_policy(purposes, (const uint8_t(*)[CS_HASH_SIZE])hashes, &policy);
    make_key_set(&publisher, &receipts, &key_set);
    sign(CS_TYP_KEY_SET, &key_set, &root, &bundle);
    sign(CS_TYP_POLICY, &policy, &publisher, &bundle);
    for (size_t i = 0; i < LOCALES; i++) {
        cs_buffer_append(&bundle, documents[i].data, documents[i].size);
        cs_buffer_u8(&bundle, '\n');
        cs_buffer_free(&documents[i]);
    }
    stop_unless(cs_buffer_status(&bundle, "the bundle", &err), &err);
    write_file(argv[1], "bundle", bundle.data, bundle.size);
    write_file(argv[1], "root.key", root.point, sizeof root.point);
    cs_buffer_free(&bundle);
    cs_buffer_free(&key_set);
    cs_buffer_free(&policy);
    return 0;
}
