// The interface travels: open, form, submit, check and withdraw from Swift, through the module map alone.
// Usage: smoke DIR, where sample_bundle wrote DIR/bundle and DIR/root.key.

import CConsent
import CConsentSync

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

func stop(_ what: String) -> Never {
    fputs("smoke: \(what)\n", stderr)
    exit(1)
}

func expect(_ ok: Bool, _ what: String) {
    if !ok { stop("expected: " + what) }
}

func message(_ error: consent_error) -> String {
    withUnsafeBytes(of: error.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}

/// Runs a call that fills an error, and stops when it fails.
func require(_ what: String, _ call: (UnsafeMutablePointer<consent_error>) -> consent_status) {
    var error = consent_error()
    let status = call(&error)
    if status != CONSENT_OK {
        stop("\(what): \(String(cString: consent_status_name(status))): \(message(error))")
    }
}

func expectStatus(_ expected: consent_status, _ what: String,
                  _ call: (UnsafeMutablePointer<consent_error>) -> consent_status) {
    var error = consent_error()
    let status = call(&error)
    expect(status == expected, "\(what), found \(String(cString: consent_status_name(status))): \(message(error))")
    expect(!message(error).isEmpty, "\(what): a message")
}

func readFile(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "rb") else { stop("cannot read \(path)") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = fread(&block, 1, block.count, file)
        if count == 0 { return bytes }
        bytes.append(contentsOf: block[..<count])
    }
}

final class Output {
    var bytes: [UInt8] = []
}

/// The text that a call writes.
func written(_ what: String,
             _ call: (consent_write_fn, UnsafeMutableRawPointer, UnsafeMutablePointer<consent_error>) -> consent_status)
    -> String {
    let output = Output()
    let collect: consent_write_fn = { context, text, size in
        let into = Unmanaged<Output>.fromOpaque(context!).takeUnretainedValue()
        into.bytes.append(contentsOf: UnsafeRawBufferPointer(start: text, count: size))
        return 0
    }
    withExtendedLifetime(output) {
        require(what) { call(collect, Unmanaged.passUnretained(output).toOpaque(), $0) }
    }
    return String(decoding: output.bytes, as: UTF8.self)
}

/// The question about purpose-001 of the sample policy, while `body` runs.
func withQuestion<Result>(_ body: (UnsafePointer<consent_query>) -> Result) -> Result {
    "purpose-001".withCString { purpose in
        "data-001".withCString { data in
            withUnsafePointer(to: Optional(data)) { list in
                var query = consent_query()
                query.struct_size = MemoryLayout<consent_query>.size
                query.purpose = purpose
                query.data = list
                query.data_count = 1
                return body(&query)
            }
        }
    }
}

func checked(_ profile: OpaquePointer?) -> consent_verdict {
    var verdict = consent_verdict()
    verdict.struct_size = MemoryLayout<consent_verdict>.size
    withQuestion { query in
        require("checking") { consent_check(profile, query, &verdict, $0) }
    }
    return verdict
}

func decision(_ verdict: consent_verdict) -> consent_decision {
    consent_decision(rawValue: UInt32(bitPattern: verdict.decision))
}

/// Builds a form; `query` is for the occasions that need one.
func form(_ profile: OpaquePointer?, _ occasion: consent_occasion, _ query: UnsafePointer<consent_query>?) -> OpaquePointer? {
    var request = consent_form_request()
    request.struct_size = MemoryLayout<consent_form_request>.size
    request.occasion = Int32(bitPattern: occasion.rawValue)
    request.query = query
    var form: OpaquePointer?
    require("building a form") { consent_form_build(profile, &request, &form, $0) }
    return form
}

/// Submits with every required box ticked, or with none.
func submit(_ form: OpaquePointer?, ticked: Bool, _ error: UnsafeMutablePointer<consent_error>) -> consent_status {
    var answers: [consent_answer] = []
    var part = consent_form_part()
    part.struct_size = MemoryLayout<consent_form_part>.size
    while consent_form_next(form, &part) {
        if part.kind == Int32(bitPattern: CONSENT_PART_CHOICE.rawValue) && part.required && ticked {
            answers.append(consent_answer(control: part.control, on: true, initially_on: false, at_ms: 0))
        }
    }
    return answers.withUnsafeBufferPointer { list in
        "首页😀".withCString { surface in
            var submission = consent_submission()
            submission.struct_size = MemoryLayout<consent_submission>.size
            submission.action = Int32(bitPattern: CONSENT_ACTION_ACCEPT.rawValue)
            submission.answers = list.baseAddress
            submission.answer_count = list.count
            submission.reached_end = true
            submission.emphasis_rendered = true
            submission.surface = surface
            return consent_form_submit(form, &submission, error)
        }
    }
}

func acceptPolicy(_ profile: OpaquePointer?) {
    let firstRun = form(profile, CONSENT_OCCASION_FIRST_RUN, nil)
    defer { consent_form_close(firstRun) }
    let json = written("the form as JSON") { consent_form_json(firstRun, $0, $1, $2) }
    expect(json.hasPrefix("{") && json.contains("样例隐私政策"), "the form's Chinese text: \(json)")
    require("showing") { consent_form_shown(firstRun, $0) }
    expectStatus(CONSENT_E_REJECTED, "accepting without the tick is refused") { submit(firstRun, ticked: false, $0) }
    require("accepting") { submit(firstRun, ticked: true, $0) }
}

func grant(_ profile: OpaquePointer?) {
    withQuestion { query in
        let own = form(profile, CONSENT_OCCASION_OWN, query)
        require("showing") { consent_form_shown(own, $0) }
        require("granting") { submit(own, ticked: true, $0) }
        consent_form_close(own)
    }
}

/// The app's own network stack: this one makes a note of the request, and is offline.
final class Offline {
    var asked: [String] = []
}

func sync(_ client: OpaquePointer?, _ profile: OpaquePointer?) {
    let offline = Offline()
    var transport = consent_transport()
    transport.struct_size = MemoryLayout<consent_transport>.size
    transport.ctx = Unmanaged.passUnretained(offline).toOpaque()
    transport.perform = { context, request, answer, error in
        let mine = Unmanaged<Offline>.fromOpaque(context!).takeUnretainedValue()
        mine.asked.append(String(cString: request!.pointee.method) + " " + String(cString: request!.pointee.url))
        return CONSENT_E_NETWORK
    }
    var report = consent_sync_report()
    report.struct_size = MemoryLayout<consent_sync_report>.size
    withExtendedLifetime(offline) {
        withUnsafePointer(to: &transport) { way in
            "https://consent.example.cn".withCString { endpoint in
                "CN".withCString { region in
                    var config = consent_sync_config()
                    config.struct_size = MemoryLayout<consent_sync_config>.size
                    config.endpoint = endpoint
                    expectStatus(CONSENT_E_ARGUMENT, "a region is needed") { consent_sync_configure(client, &config, $0) }
                    config.region = region
                    config.transport = way
                    require("configuring") { consent_sync_configure(client, &config, $0) }
                }
            }
            expect(consent_sync(profile, 1000, &report, nil) == CONSENT_E_NETWORK, "offline")
        }
    }
    expect(offline.asked.count == 1 && offline.asked[0].hasPrefix("POST https://consent.example.cn/v1/profiles/"),
           "the request: \(offline.asked)")
    expect(report.requests == 1 && report.waiting > 0 && report.retry_ms > 0, "the report says what waits, and until when")
    let status = written("the standing") { consent_sync_status(profile, $0, $1, $2) }
    expect(status.contains("NETWORK"), "the standing: \(status)")
}

func run(_ directory: String) {
    let bundle = readFile(directory + "/bundle")
    let root = readFile(directory + "/root.key")
    var client: OpaquePointer?
    root.withUnsafeBufferPointer { keys in
        (directory + "/home").withCString { home in
            var config = consent_config()
            config.struct_size = MemoryLayout<consent_config>.size
            config.home = home
            config.root_keys = keys.baseAddress
            config.root_key_count = 1
            require("opening") { consent_open(&config, &client, $0) }
        }
    }
    defer { consent_close(client) }
    require("installing") { error in
        bundle.withUnsafeBytes { consent_policy_install(client, $0.baseAddress, $0.count, error) }
    }
    var profile: OpaquePointer?
    var anonymous = consent_profile_config()
    anonymous.struct_size = MemoryLayout<consent_profile_config>.size
    require("opening a profile") { consent_profile_open(client, &anonymous, &profile, $0) }
    defer { consent_profile_close(profile) }

    expect(decision(checked(profile)) == CONSENT_ASK, "ask before the policy is accepted")
    acceptPolicy(profile)
    expect(decision(checked(profile)) == CONSENT_ASK, "ask before the grant")
    grant(profile)
    expect(decision(checked(profile)) == CONSENT_ALLOW, "allow after the grant")
    withQuestion { query in
        require("withdrawing") { consent_withdraw(profile, query, $0) }
    }
    sync(client, profile)
    let verdict = checked(profile)
    expect(decision(verdict) == CONSENT_DENY && verdict.ask_after_ms > 0, "deny after the withdrawal, and until when")
    let history = written("the history") { consent_history(profile, $0, $1, $2) }
    expect(history.contains("withdrawn") && history.contains("首页😀"), "the record: \(history)")
}

expect(CommandLine.arguments.count == 2, "usage: smoke DIR")
run(CommandLine.arguments[1])
print("swift module: ok")
