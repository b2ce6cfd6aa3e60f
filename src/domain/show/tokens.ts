// Forms of credentials inside of a text, each found in one walk over it: every repetition is bounded or stops where the
// next one may begin.

/** Where messages are posted by whoever knows the address. */
const HOOKS =
  /hooks\.slack\.com\/|discord(?:app)?\.com\/api\/webhooks\/|\.webhook\.office\.com\/|outlook\.office(?:365)?\.com\/webhook|\.logic\.azure\.com|\.powerplatform\.com\/|hooks\.zapier\.com\/|api\.telegram\.org\/bot|chat\.googleapis\.com\/v1\/spaces\/|maker\.ifttt\.com\/trigger|events\.pagerduty\.com\/(?:integration|x-ere)|open\.(?:feishu\.cn|larksuite\.com)\/open-apis\/bot|oapi\.dingtalk\.com\/robot|qyapi\.weixin\.qq\.com\/cgi-bin\/webhook|webexapis\.com\/v1\/webhooks\/incoming|hooks\.(?:hipchat|mattermost|glip|jandi)|\.m\.pipedream\.net|webhook\.site\/|hc-ping\.com\/|(?:alert|api)\.victorops\.com\/integrations|api\.opsgenie\.com\/.{0,40}[?&]apiKey=/iu;

/** How tokens of services begin; what follows is theirs to choose. */
const PREFIXES =
  /(?<![A-Za-z0-9])(?:gh[pousr]_|github_pat_|gl(?:pat|dt|rt|rtr|cbt|ptt|ft|soat|agent|imt|ffct|oas)-|GR1348941|xox[abceoprs](?:\.xox[a-z])?-|xapp-|(?:sk|pk|rk)[-_](?:live|test|prod|ant|proj|svcacct|admin|or|lf|user)[-_]|sk-[A-Za-z0-9]{16}|whsec_|(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA|AGPA|ANPA|ANVA|A3T[A-Z0-9])[A-Z0-9]{8}|bedrock-api-key-|AIza[\w-]{16}|ya29\.|1\/\/0[\w-]{8}|GOCSPX-|npm_[A-Za-z0-9]{8}|pypi-[A-Za-z0-9]{8}|dckr_[a-z]{3}_|SG\.[\w-]{8}|key-[0-9a-f]{16}|hf_[A-Za-z0-9]{8}|api_org_|hv[sbr]\.[\w-]{8}|[A-Za-z0-9]{14}\.atlasv1\.|dapi[0-9a-f]{8}|do[oprs]_v1_|gl(?:c|sa)_|eyJ[\w-]{8}|NR(?:AK|JS|II|IQ|RA|SP)[-A-Z0-9]|lin_(?:api|oauth|wh)_|ntn_|secret_[A-Za-z0-9]{16}|shp(?:at|ca|pa|ss|it)_|sq0[a-z]{3}-|EAA[A-Z][A-Za-z0-9]{16}|rubygems_|fig[dou]_|ops_ey|pul-[0-9a-f]{8}|PMAK-|tfp_|tskey-|vc[aciprk]{1,2}_[A-Za-z0-9]{8}|sb(?:p|_secret|_publishable)_|AGE-(?:SECRET|PLUGIN)-|LTAI[A-Za-z0-9]{8}|AKID[A-Za-z0-9]{8}|oy2[a-z0-9]{16}|gsk_|xai-[A-Za-z0-9]{8}|r8_[A-Za-z0-9]{8}|pplx-|fo1_|fm[12]_|FlyV1|FLW(?:PUB|SEC)K|sntry[su]_|dp\.(?:pt|st|ct|sa|scim|audit)\.|ATATT3|ATCTT3|ATBB[A-Za-z0-9]{8}|BBDC-|AKC[A-Za-z0-9]{10}|cmVmd[A-Za-z0-9]{8}|EZ[AT]K[A-Za-z0-9]|duffel_|fio-u-|shippo_|pn[ua]_[A-Za-z0-9]{8}|ph[cx]_[A-Za-z0-9]{8}|rdme_|CLOJARS_|nf[pcoub]_[A-Za-z0-9]{8}|pscale_|ico-[A-Za-z0-9]{16}|[ps]k\.eyJ|apify_api_|plane_api_|pat[A-Za-z0-9]{14}\.[0-9a-f]|v1\.0-[0-9a-f]{8}|CCIPAT_|cio[a-zA-Z0-9]{24}|cf(?:k|ut|at)_|T3BlbkFJ|amzn\.mws\.|amzn1\.oa2-|access_token\$|live_[A-Za-z0-9]{20}|test_[A-Za-z0-9]{20}|sha256~|LA-[A-Za-z0-9]{16}|waka_|xkeysib-|mlsn\.|re_[A-Za-z0-9]{8}_|rnd_[A-Za-z0-9]{16}|tvly-|lsv2_|jina_|nvapi-|sgp_|co[lo]r?_live_|bkua_|buildkite_|SWMTKN-|SK[0-9a-f]{32}|AC[0-9a-f]{32})/u;

const JUST_CERTIFICATES =
  /-----BEGIN (CERTIFICATE|PUBLIC KEY|RSA PUBLIC KEY|X509 CRL)-----[A-Za-z0-9+/=\s]{0,16384}-----END \1-----/gu;

/** Each form, by what it is. */
const FORMS: readonly (readonly [string, RegExp])[] = [
  ['PEM, PGP and the like', /-----BEGIN |PuTTY-User-Key-File|-----END /u],
  ['a user with a password in an address', /:\/\/[^\s:/@]{0,64}:(?!\d{1,5}(?:[/?#\s]|$))[^\s@]{1,256}@/u],
  ['a token in an address', /:\/\/(?!(?:git|hg|svn|root|ubuntu|ec2-user)@)[^\s/@:?#]{0,16}[^\s/@:?#a-z_.-][^\s/@:?#]{0,256}@/u],
  [
    'a user alone where that is a token',
    /(?:https?|wss?|nats|tls|rediss?|mqtts?|tcp|grpcs?|socks5h?):\/\/(?!(?:git|hg|svn)@)[^\s/@:?#]{1,256}@/iu,
  ],
  ['a user with a long name in an address', /:\/\/[^\s/@:?#]{17,512}@/u],
  ['a user with a password before a host', /(?<![\w./:@-])[\w.+-]{1,64}:(?!\/)[^\s:@]{1,128}@(?!sha\d{3}:)[\w.([]/u],
  [
    'a user with a password before a host of Oracle',
    /(?:jdbc:oracle:|sqlplus\s)[^\s/]{1,64}\/[^\s@]{1,128}@|(?<!\S)[\w$#]{1,64}\/[^\s@/]{1,128}@\/\//iu,
  ],
  [
    'an authorization',
    /\b(?:bearer|basic|negotiate|apikey|digest|splunk|aws4-hmac-sha256)\s{1,4}["']?(?=[\w.~+/=:-]{0,256}[\d=+_])[\w.~+/=:-]{6}/iu,
  ],
  [
    'a signed address',
    /[?&;](?:sig|hmac|signature|x-(?:amz|goog|oss|cos)-(?:signature|credential|security-token)|__token__|hdne[as]|hdnts|key-pair-id|awsaccesskeyid|googleaccessid|ossaccesskeyid|sharedaccesssignature|st)=[^\s&]|[?&]code=(?!\d{1,5}(?:[&#]|$))[^\s&${]{6}/iu,
  ],
  ['an address to post to', HOOKS],
  ['the token of a service', PREFIXES],
  [
    'a hash of a password',
    /\$(?:2[abxy]?|5|6|7|1|y|gy|apr1|argon2(?:id|i|d)|scrypt|pbkdf2[\w-]{0,16}|bcrypt[\w-]{0,16}|sha1|md5|P|H|S)\$[^\s$]{1,64}|\{(?:SSHA\d{0,3}|(?:SHA|sha)-?\d{0,3}|S?MD5|CRYPT|PBKDF2[\w@-]{0,24}|[Pp]bkdf2[\w@-]{0,24}|BCRYPT|bcrypt|ARGON2|argon2|scrypt|noop|PLAIN|plain|CLEAR(?:TEXT)?|cipher)\}\S|(?:pbkdf2|scrypt|bcrypt)[_:][\w:]{0,24}\$|SCRAM-SHA-\d{1,3}\$|\bmd5[0-9a-f]{32}\b/u,
  ],
  ['a line of .netrc', /\bmachine\s{1,8}\S{1,128}\s{1,8}login\s/u],
  [
    'a line of .pgpass',
    /(?<![^\s])[^\s:/]{1,128}:(?:\d{1,5}|\*):[^\s:]{1,64}:[^\s:]{1,64}:(?!\d{1,4}(?!\S))[^\s:]{1,128}(?!\S)/u,
  ],
  [
    'a user and a password',
    /(?<![\w/.@:-])(?:admin|administrator|root|user|guest|test|postgres|elastic|sa|sys|sysdba):(?=[^\s:,;"'/]{0,64}[\dA-Z!@#$%^&*])(?!\d{1,5}\b)[^\s:,;"'/]{3}/u,
  ],
  [
    'an administrator and a word',
    /(?<![\w/.@:-])(?:admin|administrator|root|superuser|postgres|elastic|sa|sys|sysdba):(?!(?:read|write|all|any|org|repo_hook|org_hook|public_key|gpg_key|enterprise|create|update|delete|list|view|edit|manage|admin|users?|root|wheel|staff|postgres|true|false|x)(?![\w])|\d{1,5}(?!\w))[a-z][^\s:,;"'/]{3}/u,
  ],
  [
    'who may log in, with a password',
    /\b(?:auth|allow|login|users?|accounts?|userpwd)[\s=]{1,4}["']?[\w.-]{1,64}:(?!\d{1,5}\b|\/)[^\s:,;"'/]{4}/u,
  ],
  ['a user and a password in turn', /\b(?:login|user(?:name)?)\s{1,8}\S{1,64}\s{1,8}(?:pass(?:word|wd)?|pwd?)\s{1,8}\S/iu],
  ['two words in quotes, as a list of users has them', /(?<=^|\n)"[^"\s]{1,64}" "[^"\s]{1,256}"(?=$|\r?\n)/u],
  ['users of a login module', /LoginModule\s[^;]{0,512}\buser_\w{1,64}\s?=/u],
  [
    'a call that logs in',
    /\b\w{0,32}(?:login|auth|authenticate|connect|credentials?|PDO)\(\s{0,8}["'][^"'\n]{0,200}["'],\s{0,8}["'][^"'\n]{1,200}["']/iu,
  ],
  [
    'a user who is the password',
    /(?<![\w/.@:-])(?<!\bchown\s(?:-\w{1,8}\s){0,2})(admin|administrator|root|guest|postgres|elastic|sa|sys):\1(?![\w:])/u,
  ],
  ['a password in SQL', /\b(?:identified\s{1,4}(?:by|with)|password|passwd)\s{1,4}(?:\w{1,32}\s{1,4}){0,2}['"][^'"]/iu],
  ['words of an application password', /(?<![^\n"'])[a-z]{4} [a-z]{4} [a-z]{4} [a-z]{4}(?![^\n"'])/u],
  ['words of a wallet', /(?<![^\n"'])(?:[a-z]{3,8} ){11}[a-z]{3,8}(?: [a-z]{3,8}){0,12}(?![^\n"'])/u],
  ['the seed of one-time passwords', /otpauth:\/\//iu],
];

/** Without certificates and public keys, which are meant to be shown. */
export function withoutCertificates(text: string): string {
  return text.includes('-----BEGIN ') ? text.replaceAll(JUST_CERTIFICATES, '') : text;
}

/** Whether the text contains a credential of a known form; `text` is without certificates. */
export function hasCredential(text: string): boolean {
  return FORMS.some(([, form]) => form.test(text));
}
