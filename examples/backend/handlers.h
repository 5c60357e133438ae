/* handlers: one function a route; routes.c names them. Each fills the request's answer. */
#ifndef CD_HANDLERS_H
#define CD_HANDLERS_H

#include "http.h"

/* devices: api.c */
void cd_post_device(cd_request *request);
void cd_post_events(cd_request *request);
void cd_get_events(cd_request *request);
void cd_post_sealed(cd_request *request);
/* what is published: public.c */
void cd_get_head(cd_request *request);
void cd_get_policy(cd_request *request);
void cd_get_keys(cd_request *request);
void cd_get_notice(cd_request *request);
void cd_get_health(cd_request *request);
void cd_get_ready(cd_request *request);
void cd_get_metrics(cd_request *request);
/* guardians: guardian.c */
void cd_post_link(cd_request *request);
void cd_get_guardian(cd_request *request);
void cd_post_guardian(cd_request *request);
/* operators: admin_api.c, admin_read.c */
void cd_admin_find(cd_request *request);
void cd_admin_profile(cd_request *request);
void cd_admin_events(cd_request *request);
void cd_admin_requests(cd_request *request);
void cd_admin_due(cd_request *request);
void cd_admin_audit(cd_request *request);
void cd_admin_policies(cd_request *request);
void cd_admin_act(cd_request *request);
void cd_admin_age(cd_request *request);
void cd_admin_change(cd_request *request);
void cd_admin_notify(cd_request *request);
void cd_admin_notify_all(cd_request *request);
void cd_admin_publish_policy(cd_request *request);
void cd_admin_publish_head(cd_request *request);
void cd_admin_publish_keys(cd_request *request);
void cd_admin_publish_notice(cd_request *request);
/* the web page: page.c, page_person.c */
void cd_page_root(cd_request *request);
void cd_page_login(cd_request *request);
void cd_page_do_login(cd_request *request);
void cd_page_logout(cd_request *request);
void cd_page_home(cd_request *request);
void cd_page_find(cd_request *request);
void cd_page_person(cd_request *request);
void cd_page_do_act(cd_request *request);
void cd_page_do_age(cd_request *request);
void cd_page_do_change(cd_request *request);
void cd_page_do_notify(cd_request *request);
void cd_page_do_notify_all(cd_request *request);
void cd_page_requests(cd_request *request);
void cd_page_policies(cd_request *request);
void cd_page_health(cd_request *request);

#endif
