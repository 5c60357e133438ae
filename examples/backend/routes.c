/* The table of routes: docs/openapi.yaml describes the same. */
#include "handlers.h"
#include "policy/bundle.h"

#define FORM_BYTES 32768u
#define SMALL_BYTES 16384u
#define SIGNED_BYTES (256u * 1024u)
#define PERSON "/v1/admin/profiles/{profile}"
#define PAGE_PERSON "/admin/profiles/{profile}"

const cd_route cd_routes[] = {
    {"POST", "/v1/profiles/{profile}/devices", CD_OPEN, 4096, cd_post_device},
    {"POST", "/v1/profiles/{profile}/events", CD_PROFILE, CD_BODY_JSON_BYTES, cd_post_events},
    {"GET", "/v1/profiles/{profile}/events", CD_PROFILE, 0, cd_get_events},
    {"POST", "/v1/sealed", CD_OPEN, CS_SEALED_MAX_BYTES, cd_post_sealed},
    {"GET", "/v1/policies/head", CD_OPEN, 0, cd_get_head},
    {"GET", "/v1/policies/{hash}", CD_OPEN, 0, cd_get_policy},
    {"GET", "/v1/keys", CD_OPEN, 0, cd_get_keys},
    {"GET", "/v1/notices/{hash}", CD_OPEN, 0, cd_get_notice},
    {"GET", "/healthz", CD_OPEN, 0, cd_get_health},
    {"GET", "/readyz", CD_OPEN, 0, cd_get_ready},
    {"GET", "/metrics", CD_OPEN, 0, cd_get_metrics},
    {"POST", "/v1/admin/find", CD_READ_PERSONS, SMALL_BYTES, cd_admin_find},
    {"GET", PERSON, CD_READ_PERSONS, 0, cd_admin_profile},
    {"GET", PERSON "/events", CD_READ_PERSONS, 0, cd_admin_events},
    {"GET", PERSON "/requests", CD_READ_PERSONS, 0, cd_admin_requests},
    {"POST", PERSON "/requests/{request}", CD_ACT, SMALL_BYTES, cd_admin_change},
    {"POST", PERSON "/acts", CD_ACT, SMALL_BYTES, cd_admin_act},
    {"POST", PERSON "/age", CD_ACT, SMALL_BYTES, cd_admin_age},
    {"POST", PERSON "/notices", CD_ACT, SMALL_BYTES, cd_admin_notify},
    {"GET", "/v1/admin/requests", CD_READ_PERSONS, 0, cd_admin_due},
    {"POST", "/v1/admin/broadcasts", CD_PUBLISH, SMALL_BYTES, cd_admin_notify_all},
    {"GET", "/v1/admin/policies", CD_ANY_OPERATOR, 0, cd_admin_policies},
    {"POST", "/v1/admin/policies", CD_PUBLISH, CS_BUNDLE_MAX_BYTES, cd_admin_publish_policy},
    {"POST", "/v1/admin/heads", CD_PUBLISH, SIGNED_BYTES, cd_admin_publish_head},
    {"POST", "/v1/admin/keys", CD_PUBLISH, SIGNED_BYTES, cd_admin_publish_keys},
    {"POST", "/v1/admin/notices", CD_PUBLISH, SIGNED_BYTES, cd_admin_publish_notice},
    {"GET", "/v1/admin/audit", CD_ANY_OPERATOR, 0, cd_admin_audit},
    {"POST", "/v1/profiles/{profile}/guardian-links", CD_PROFILE, SMALL_BYTES, cd_post_link},
    {"GET", "/g/{link}", CD_PAGE_OPEN, 0, cd_get_guardian},
    {"POST", "/g/{link}", CD_PAGE_OPEN, FORM_BYTES, cd_post_guardian},
    {"GET", "/admin", CD_PAGE_OPEN, 0, cd_page_root},
    {"GET", "/admin/login", CD_PAGE_OPEN, 0, cd_page_login},
    {"POST", "/admin/login", CD_PAGE_OPEN, FORM_BYTES, cd_page_do_login},
    {"POST", "/admin/logout", CD_PAGE_OPEN, FORM_BYTES, cd_page_logout},
    {"GET", "/admin/", CD_PAGE, 0, cd_page_home},
    {"POST", "/admin/find", CD_PAGE, FORM_BYTES, cd_page_find},
    {"GET", "/admin/requests", CD_PAGE, 0, cd_page_requests},
    {"GET", "/admin/policies", CD_PAGE, 0, cd_page_policies},
    {"POST", "/admin/notify", CD_PAGE, FORM_BYTES, cd_page_do_notify_all},
    {"GET", "/admin/health", CD_PAGE, 0, cd_page_health},
    {"GET", PAGE_PERSON, CD_PAGE, 0, cd_page_person},
    {"POST", PAGE_PERSON "/acts", CD_PAGE, FORM_BYTES, cd_page_do_act},
    {"POST", PAGE_PERSON "/age", CD_PAGE, FORM_BYTES, cd_page_do_age},
    {"POST", PAGE_PERSON "/requests", CD_PAGE, FORM_BYTES, cd_page_do_change},
    {"POST", PAGE_PERSON "/notices", CD_PAGE, FORM_BYTES, cd_page_do_notify},
};
const size_t cd_route_count = sizeof cd_routes / sizeof cd_routes[0];
