/* runtime: the commands that are clients of the engine: everything but authoring. */
#ifndef CS_RUNTIME_H
#define CS_RUNTIME_H

#include "consentctl/tool.h"

extern const cs_option_spec cs_options_policy_install[];
extern const cs_option_spec cs_options_policy_list[];
extern const cs_option_spec cs_options_policy_text[];
consent_status cs_cmd_policy_install(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_policy_list(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_policy_text(cs_tool *tool, const cs_options *options, consent_error *err);

extern const cs_option_spec cs_options_form[];
consent_status cs_cmd_form(cs_tool *tool, const cs_options *options, consent_error *err);

extern const cs_option_spec cs_options_check[];
extern const cs_option_spec cs_options_explain[];
extern const cs_option_spec cs_options_use[];
extern const cs_option_spec cs_options_withdraw[];
extern const cs_option_spec cs_options_watch[];
consent_status cs_cmd_check(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_explain(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_use(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_withdraw(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_watch(cs_tool *tool, const cs_options *options, consent_error *err);

extern const cs_option_spec cs_options_import[];
extern const cs_option_spec cs_options_age[];
extern const cs_option_spec cs_options_changes[];
consent_status cs_cmd_import(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_age(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_changes(cs_tool *tool, const cs_options *options, consent_error *err);

extern const cs_option_spec cs_options_permission_ask[];
extern const cs_option_spec cs_options_permission_observe[];
consent_status cs_cmd_permission_ask(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_permission_observe(cs_tool *tool, const cs_options *options, consent_error *err);

extern const cs_option_spec cs_options_ledger[];
extern const cs_option_spec cs_options_ledger_export[];
consent_status cs_cmd_ledger_show(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_ledger_verify(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_ledger_export(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_health(cs_tool *tool, const cs_options *options, consent_error *err);

extern const cs_option_spec cs_options_request_open[];
extern const cs_option_spec cs_options_request_update[];
extern const cs_option_spec cs_options_request_list[];
extern const cs_option_spec cs_options_notice_receive[];
extern const cs_option_spec cs_options_list[];
consent_status cs_cmd_request_open(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_request_update(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_request_list(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_notice_list(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_notice_receive(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_list(cs_tool *tool, const cs_options *options, consent_error *err);

extern const cs_option_spec cs_options_sync[];
extern const cs_option_spec cs_options_receipt_verify[];
consent_status cs_cmd_sync(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_sync_status(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_receipt_verify(cs_tool *tool, const cs_options *options, consent_error *err);

extern const cs_option_spec cs_options_run[];
consent_status cs_cmd_run(cs_tool *tool, const cs_options *options, consent_error *err);

#endif
