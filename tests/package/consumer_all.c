/* A stranger who asks for requests and sync beside the core. */
#include <stdio.h>

#include <consent/consent.h>
#include <consent/rights.h>
#include <consent/sync.h>

int main(void)
{
    consent_sync_report report = CONSENT_INIT(consent_sync_report);
    if (consent_requests(NULL, NULL, NULL, NULL, NULL) != CONSENT_E_ARGUMENT ||
        consent_sync(NULL, 1000, &report, NULL) != CONSENT_E_ARGUMENT) {
        return 1;
    }
    printf("libconsent %s, headers %s\n", consent_version(), CONSENT_VERSION);
    return 0;
}
