/* The small policy of the journey: structure, document, throw-away keys, signed bundle. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/journey.h"

#define TEXT(zh, en) "{\"zh-CN\":\"" zh "\",\"en\":\"" en "\"}"
#define RETENTION "\"retention\":{\"criterion\":" TEXT("服务所需的期间", "as long as the service needs") "}"

static const char policy_before_version[] =
    "{\"schema\":1,\"id\":\"platform\",\"scope\":\"platform\",\"revision\":0,"
    "\"name\":" TEXT("示例隐私政策", "Example privacy policy") ",\"summary\":" TEXT("要点", "Key points") ","
    "\"consequence\":" TEXT("不同意则只能以访客方式浏览", "Without it you can only look around as a visitor") ","
    "\"controller\":{\"id\":\"example\",\"name\":" TEXT("示例公司", "Example Ltd") ",\"bound\":true,"
    "\"contacts\":[{\"kind\":\"hotline\",\"value\":" TEXT("400-000-0000", "400-000-0000") ",\"hours\":" TEXT("9-18", "9-18")
    "}]},\"region\":\"CN\",\"published\":\"2026-01-01T00:00:00+08:00\",\"effective\":\"2026-01-15T00:00:00+08:00\","
    "\"locales\":[\"zh-CN\",\"en\"],"
    "\"labels\":{\"accept\":" TEXT("同意", "Agree") ",\"refuse\":" TEXT("不同意", "Decline") ",\"tick\":"
    TEXT("我已阅读并同意", "I have read and agree") "},"
    "\"functions\":[{\"id\":\"browse\",\"kind\":\"basic\",\"name\":" TEXT("浏览", "Browse") ",\"refusal\":" TEXT("不能浏览", "No browsing")
    "},{\"id\":\"order\",\"kind\":\"basic\",\"name\":" TEXT("下单", "Order") ",\"refusal\":" TEXT("不能下单", "No orders")
    "},{\"id\":\"locate\",\"kind\":\"additional\",\"name\":" TEXT("定位", "Locate") ",\"refusal\":" TEXT("需手动选择", "Choose by hand")
    "},{\"id\":\"recommend\",\"kind\":\"additional\",\"name\":" TEXT("推荐", "Recommend") ",\"refusal\":" TEXT("没有推荐", "No recommendations")
    "}],\"data\":[{\"id\":\"keyword\",\"name\":" TEXT("搜索词", "Search words") "},{\"id\":\"name\",\"identity\":true,\"name\":"
    TEXT("姓名", "Name") "},{\"id\":\"phone\",\"identity\":true,\"name\":" TEXT("手机号", "Phone")
    "},{\"id\":\"account\",\"sensitive\":\"financial\",\"name\":" TEXT("支付账号", "Payment account")
    "},{\"id\":\"position\",\"name\":" TEXT("所在城市", "City") "},{\"id\":\"log\",\"name\":" TEXT("浏览记录", "Log")
    "},{\"id\":\"device\",\"name\":" TEXT("设备标识", "Device id") "}],"
    "\"recipients\":[{\"id\":\"pay-a\",\"role\":\"payment\",\"country\":\"CN\",\"name\":" TEXT("支付甲", "Pay A") ",\"contact\":"
    TEXT("a@example.com", "a@example.com") "},{\"id\":\"pay-b\",\"role\":\"payment\",\"country\":\"CN\",\"name\":" TEXT("支付乙", "Pay B")
    ",\"contact\":" TEXT("b@example.com", "b@example.com") "}],"
    "\"purposes\":[{\"id\":\"browse.search\",\"function\":\"browse\",\"kind\":\"collect\",\"form\":\"policy\",\"name\":"
    TEXT("搜索", "Search") ",\"text\":" TEXT("返回结果", "Return results") ",\"method\":" TEXT("记录", "Record")
    ",\"data\":[\"keyword\"]," RETENTION "},"
    "{\"id\":\"order.base\",\"function\":\"order\",\"kind\":\"collect\",\"ground\":\"contract\",\"form\":\"policy\",\"name\":"
    TEXT("下单", "Order") ",\"text\":" TEXT("完成订单", "Fulfil the order") ",\"method\":" TEXT("记录", "Record")
    ",\"data\":[\"name\",\"phone\"]," RETENTION "},"
    "{\"id\":\"share.payment\",\"function\":\"order\",\"kind\":\"share\",\"form\":\"separate\",\"name\":" TEXT("支付", "Pay")
    ",\"text\":" TEXT("完成支付", "Complete the payment") ",\"method\":" TEXT("加密传输", "Encrypted transfer") ",\"necessity\":"
    TEXT("支付机构要求", "The institution needs it") ",\"impact\":" TEXT("泄露会危及财产", "A leak endangers money")
    ",\"consequence\":" TEXT("不能用它支付", "No payment with it") ",\"data\":[\"account\"],\"recipients\":[\"pay-a\",\"pay-b\"],"
    RETENTION "},"
    "{\"id\":\"locate.city\",\"function\":\"locate\",\"kind\":\"collect\",\"form\":\"own\",\"name\":" TEXT("选城市", "Choose city")
    ",\"text\":" TEXT("自动选择城市", "Choose the city for you") ",\"method\":" TEXT("读取", "Read") ",\"consequence\":"
    TEXT("需手动选择", "Choose by hand") ",\"data\":[\"position\"],\"permissions\":[\"location\"]," RETENTION "},"
    "{\"id\":\"recommend.feed\",\"function\":\"recommend\",\"kind\":\"automate\",\"form\":\"own\",\"automated\":true,\"name\":"
    TEXT("推荐", "Recommend") ",\"text\":" TEXT("个性化推荐", "Personal recommendations") ",\"method\":" TEXT("分析", "Analyse")
    ",\"consequence\":" TEXT("没有推荐", "No recommendations") ",\"data\":[\"log\"";

static const char policy_after_data[] =
    "]," RETENTION "}],\"permissions\":[{\"id\":\"location\",\"name\":" TEXT("位置", "Location") ",\"consequence\":"
    TEXT("需手动选择", "Choose by hand") ",\"settings\":" TEXT("在系统设置中更改", "Change it in the system settings")
    ",\"platforms\":{\"android\":[\"android.permission.ACCESS_COARSE_LOCATION\"]},\"call_sites\":[{\"id\":\"choose-city\","
    "\"purpose\":\"locate.city\",\"text\":" TEXT("用于选择城市", "To choose your city") "}]}],"
    "\"minors\":{\"child_under\":14,\"guardian_under\":18},\"cooldown\":\"48h\",\"visitor\":{\"allowed\":true,\"text\":"
    TEXT("访客", "Visitor") "},";

static const char document_format[] =
    "{\"schema\":1,\"locale\":\"%s\",\"title\":\"%s\",\"blocks\":[{\"t\":\"h\",\"level\":1,\"id\":\"scope\",\"spans\":[{\"s\":\"%s\"}]},"
    "{\"t\":\"p\",\"spans\":[{\"s\":\"%s\"},{\"s\":\"%s\",\"e\":2}]}]}";

static const cs_memory *memory(void)
{
    return cs_memory_system();
}

static void must(consent_status status, const consent_error *err)
{
    if (status == CONSENT_OK)
        return;
    fprintf(stderr, "the journey's policy: %s\n", err->message);
    abort();
}

typedef struct keys {
    uint8_t root[CS_P256_PRIVATE_SIZE], root_public[CS_P256_PUBLIC_SIZE];
    uint8_t publisher[CS_P256_PRIVATE_SIZE], publisher_public[CS_P256_PUBLIC_SIZE];
} keys;

static const keys *throw_away_keys(void)
{
    static keys made;
    static bool ready;
    consent_error err = {0};
    uint8_t random[32];
    if (!ready) {
        memset(random, 0x11, sizeof random);
        must(cs_p256_from_random(random, made.root, made.root_public, &err), &err);
        memset(random, 0x22, sizeof random);
        must(cs_p256_from_random(random, made.publisher, made.publisher_public, &err), &err);
        ready = true;
    }
    return &made;
}

const uint8_t *journey_root(void)
{
    return throw_away_keys()->root_public;
}

static void add_key_set(cs_buffer *out)
{
    cs_buffer payload;
    char kid[17];
    consent_error err = {0};
    const keys *k = throw_away_keys();
    cs_buffer_init(&payload, memory(), 4096);
    must(cs_key_id(k->publisher_public, kid, &err), &err);
    cs_buffer_printf(&payload, "{\"schema\":1,\"version\":1,\"publishers\":[{\"kid\":\"%s\",\"key\":\"", kid);
    cs_base64url_encode(&payload, (cs_span){k->publisher_public, CS_P256_PUBLIC_SIZE});
    cs_buffer_text(&payload, "\",\"not_before\":\"2025-01-01T00:00:00Z\",\"not_after\":\"2035-01-01T00:00:00Z\"}]}");
    must(cs_jws_sign(cs_str_of(CS_TYP_KEY_SET), (cs_str){(const char *)payload.data, payload.size}, k->root, out, &err), &err);
    cs_buffer_text(out, "\n");
    cs_buffer_free(&payload);
}

static void make_document(const char *locale, const char *title, const char *plain, const char *emphasised, cs_buffer *out,
                          char hash[65])
{
    uint8_t digest[CS_HASH_SIZE];
    consent_error err = {0};
    cs_buffer_init(out, memory(), 65536);
    cs_buffer_printf(out, document_format, locale, title, title, plain, emphasised);
    cs_span span = cs_buffer_span(out);
    must(cs_sha256(&span, 1, digest, &err), &err);
    cs_hex_encode(digest, CS_HASH_SIZE, hash);
}

static void make_bundle(uint32_t version, cs_buffer *out)
{
    cs_buffer payload, zh, en;
    char zh_hash[65], en_hash[65];
    consent_error err = {0};
    make_document("zh-CN", "示例隐私政策", "本政策说明。", "敏感信息另行征得同意。", &zh, zh_hash);
    make_document("en", "Example privacy policy", "This policy explains. ", "Sensitive data need a separate consent.", &en,
                  en_hash);
    cs_buffer_init(&payload, memory(), 1u << 20);
    cs_buffer_text(&payload, policy_before_version);
    if (version > 1)
        cs_buffer_text(&payload, "\",\"device\"" + 1);
    cs_buffer_text(&payload, policy_after_data);
    if (version > 2)
        cs_buffer_text(&payload, "\"import\":true,");
    cs_buffer_printf(&payload, "\"version\":%u,\"documents\":{\"zh-CN\":\"%s\",\"en\":\"%s\"}}", version, zh_hash, en_hash);
    cs_buffer_init(out, memory(), 1u << 20);
    add_key_set(out);
    must(cs_jws_sign(cs_str_of(CS_TYP_POLICY), (cs_str){(const char *)payload.data, payload.size},
                     throw_away_keys()->publisher, out, &err), &err);
    cs_buffer_printf(out, "\n%.*s\n%.*s\n", (int)zh.size, (const char *)zh.data, (int)en.size, (const char *)en.data);
    if (out->failed)
        abort();
    cs_buffer_free(&payload);
    cs_buffer_free(&zh);
    cs_buffer_free(&en);
}

cs_span journey_bundle(uint32_t version)
{
    static cs_buffer made[4];
    if (version >= CS_COUNT_OF(made))
        abort();
    if (!made[version].data)
        make_bundle(version, &made[version]);
    return cs_buffer_span(&made[version]);
}
