/**
 * libconsent for Java (8 and newer) and Android: every function of consent.h, rights.h and sync.h, but these.
 *
 * <ul>
 * <li>consent_form_next: Form.json says the same, all of it at once.
 * <li>The clock of consent_config: it is read at every check, which a call into Java would slow down a hundred times; the library's own
 * reads the system's.
 * <li>consent_set_crypto_lock: for C code in the same process that uses PSA itself; it says so to the C library before the first home is
 * opened.
 * </ul>
 *
 * Failures are ConsentExceptions. Handles are closed by who opened them; closing waits for calls under way on other threads. Callbacks
 * come on the thread of the call that makes them (poll, sync), never on a thread of the library's: it has none. They may call and
 * close anything. A RuntimeException or Error that the app's code throws out of one is thrown by that call when it returns; out of a
 * SecretStore it counts as Unavailable, out of a Log as nothing.
 *
 * Two native libraries are loaded: consent_jni, and consent_sync_jni when Sync is first used. The jar carries the rules that keep R8 and
 * ProGuard from renaming what C calls by name.
 */
package org.libconsent;
