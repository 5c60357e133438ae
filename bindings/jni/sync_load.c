/* Loads libconsent_sync_jni, which Java does when the app first touches Sync. It is a library of its own, as libconsent-sync is: an app
 * that does not sync ships neither, and has no code that could open a socket. */
#include "crossing.h"

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *reserved)
{
    (void)reserved;
    JNIEnv *env = cj_load(vm);
    return env && cj_register_sync(env) ? JNI_VERSION_1_6 : JNI_ERR;
}
