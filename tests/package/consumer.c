/* The smallest stranger: includes, links and calls the library as installed. */
#include <stdio.h>
#include <string.h>

#include <consent/consent.h>

int main(void)
{
    printf("libconsent %s, headers %s\n", consent_version(), CONSENT_VERSION);
    /* A failure reads as "no", and says why in the caller's own memory. */
    consent_client *client = NULL;
    consent_error error;
    memset(&error, 0, sizeof(error));
    if (consent_open(NULL, &client, &error) == CONSENT_OK || client != NULL || error.message[0] == '\0') {
        return 1;
    }
    consent_close(client);
    return 0;
}
