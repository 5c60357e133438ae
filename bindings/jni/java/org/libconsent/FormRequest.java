package org.libconsent;

/** Which form to build. For one thread. */
public final class FormRequest {
    private final int occasion;
    private Query query;
    private String scope;
    private String locale;
    private String notice;
    private boolean userInitiated;
    private int actor;

    private FormRequest(int occasion) {
        this.occasion = occasion;
    }

    /** @param occasion one of Form's constants; 0: the one that check's reason calls for */
    public static FormRequest of(int occasion) {
        return new FormRequest(occasion);
    }

    /** What for; not needed by forms about a policy as a whole. */
    public FormRequest about(Query query) {
        this.query = query;
        return this;
    }

    /** The product, where there is no query; left out: the platform. */
    public FormRequest scope(String product) {
        scope = product;
        return this;
    }

    /** Left out: the policy's first. */
    public FormRequest locale(String locale) {
        this.locale = locale;
        return this;
    }

    /** The person opened it: allowed inside a cool-down. */
    public FormRequest userInitiated() {
        userInitiated = true;
        return this;
    }

    /** A verified guardian of a minor acts on it. */
    public FormRequest byGuardian() {
        actor = 1;
        return this;
    }

    /** Of AD_HOC and NOTICE: what to show, as JSON (docs/json.md). */
    public FormRequest notice(String json) {
        notice = json;
        return this;
    }

    long build(long profile) throws ConsentException {
        return Native.formBuild(profile, query == null ? null : query.names(),
                userInitiated || (query != null && query.isUserInitiated()), Native.bytes(scope, locale, notice),
                occasion, actor);
    }
}
