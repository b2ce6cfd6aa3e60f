/** What a name says about the value beside it. */
export interface NameVerdict {
  /** `password`: it names a secret, whatever the value looks like. `key`: it may name one. `none`: it says nothing. */
  readonly says: 'password' | 'key' | 'none';
  /** A word that takes it back holds for values of this form alone. */
  readonly unless: 'path' | 'address' | 'number' | 'switch' | 'object' | 'plain' | undefined;
}

const words = (text: string): ReadonlySet<string> => new Set(folded(text).trim().split(/\s+/u));

/** Whole words that name a secret; none of their values is shown but a switch or a number with a unit. */
const PASSWORDS = words(`
  pass passwd passw password passwords passphrase passphrases passcode passcodes passkey passkeys pwd pwds pw pws pswd psw passwort
  kennwort senha contrasena motdepasse mdp parola haslo wachtwoord salasana pin pins
  secret secrets token tokens tok credential credentials cred creds otp totp mfa jwt jwts jwe hmac salt salts pepper dsn bearer
  apikey apikeys psk privkey mnemonic htpasswd netrc pgpass dockerconfigjson dockercfg dockerconfig keytab pem pfx pkcs sas pat unseal csrf xsrf
  sessionid connectionstring connstring connstr requirepass masterauth userinfo userpass basicauth sk pword pwords puk authtok
  heslo hasło geslo lozinka zaporka jelszo parol parole passord losenord adgangskode slaptazodis salasõna sifre fjalekalim
  secreto segreto segredo sekret geheim geheimnis hemlighet hemmelighet credenziali credenciales credenciais identifiants
  zugangsdaten anmeldedaten jeton пароль пароли секрет токен κωδικος`);
/** Whole words that may name one; numbers, switches, addresses and the names of methods are shown. */
const KEYS = words(`
  auth authn authz oauth authorization authentication proxyauth key keys cookie cookies signature signatures sig signing seed nonce
  encrypt kubeconfig keystore truststore certificate community clave claves chave chaves chiave cle clef schluessel schlussel nyckel sleutel
  nøgle avain kulcs anahtar klic klucz ключ`);
/** Parts of a word that is written in one, as `dbpassword` and `clientsecret`. */
const GLUED =
  /password|passwd|passwrd|pasword|psswd|pswrd|passphrase|passcode|passwort|kennwort|contrase[nñ]|wachtwoord|geheim|zugangsdaten|secret|token|credential|apikey|privatekey|accesskey|authkey|sharedkey|masterkey|schluessel|connectionstring|connstr|bearer|authorization|keytab|парол/u;
/** The same in scripts that put no space between words. */
const UNSPACED = new RegExp(
  ['密码', '密碼', '口令', '密钥', '密鑰', '令牌', 'パスワード', '暗証', '秘密', '비밀', '암호'].map(folded).join('|'),
  'u',
);
const GLUED_END = /(?:pass|passw|pwd|pswd|pw|creds?|dsn|salt|hmac|jwt|otp|key|auth|community)$/u;
const GLUED_KEY = new Set(['key', 'auth', 'community']);
/** Ordinary words with such a part. */
const ORDINARY =
  /tokeni[sz]|^(?:secretar.*|secretion.*|(?:by|com|encom|tres|sur|over|under)pass|basalt|(?:mon|tur|hot|don|whis|hoc|joc|turn|lac|mickey|sub|jer|dis)key)$/u;
/** A key of these kinds opens nothing. */
const OPEN_KEYS = words(`
  partition sort primary foreign routing cache topology index row map object group shard label message event config configmap feature
  hot i translation locale lookup dictionary metadata field column public hash range join dedup deduplication idempotency registry
  property attribute resource annotation taint queue binding bucket order record item`);

/** Marks in the texts of models, and the settings of an injector. */
const HARMLESS_WORDS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['token', words('stop eos bos pad sep cls mask unk special')],
  ['secret', words('inject')],
]);
/** Directives of web servers that pass a request on. */
const PASSES_ON = words('proxy fastcgi uwsgi scgi grpc memcached by through sampling');

/** Words behind the secret one that say that the value is something else about it, by the form that it then must have. */
const BEHIND: readonly (readonly [NonNullable<NameVerdict['unless']>, ReadonlySet<string>])[] = [
  ['path', words('file files filename path paths dir directory folder location mount mountpath volume filepath')],
  [
    'address',
    words(`url urls uri uris endpoint endpoints host hosts hostname server servers addr address domain domains origin origins upstream upstreams
      site issuer link`),
  ],
  [
    'number',
    words(`port ttl expiry expires expiration expire lifetime timeout duration interval age maxage period days hours minutes seconds day hour minute second
      sec secs ms millis length len size bits bytes count limit limits max min minimum maximum num number total budget rate quota
      rounds cost iterations retries attempts threshold window skew leeway delay`),
  ],
  ['switch', words('enabled enable disabled disable required require allowed allow optional secure httponly encryption')],
  [
    'plain',
    words(`name names namespace ref refs reference type types kind mode method methods provider providers scheme strategy algorithm
      algorithms alg algo policy audience audiences realm scope scopes claim claims header headers prefix suffix format id ids class
      group groups role roles user users username bucket region cluster service store storage manager backend source rotation
      refresh cache check validate validation validator verifier verify complexity label column field fields param parameter
      parameters placeholder template description title message page encoding charset separator delimiter samesite reset forgot
      expired invalid inject injection reload reloader watch sync selector generator rules usage usages review reviewer revision rev
      version status state stdin prompt flow grant response exchange introspection revoke revocation error serializer
      deserializer encoder decoder hasher arn arns converter resolver factory handler mapper filter interceptor engine plugin regex regexp pattern snippet`),
  ],
];
/** Words before it of what is made of a secret and shows nothing of it. */
const MADE_OF = words('checksum digest');
/** Secrets of Kubernetes, which stand there by their name. */
const OBJECTS = words('existing pull tls cert ca');
/** Words before the secret one that say so; then the value is a switch or a number. */
const BEFORE =
  words(`max min minimum maximum is has num number enable enabled disable disabled use allow require required skip show
  prompt completion input output context total`);
/** Behind all of these it is the secret again; and so is the id of a Vault role's secret. */
const ITSELF = /(?:^|-)secret-ids?(?:-|$)|-(?:value|val|string|text|data|content|contents|plain|plaintext|raw|current|old|new)$/u;
/** Words that name a secret together only. */
const PHRASES =
  /(?:^|-)(?:conn(?:ection)?-(?:string|str)|(?:recovery|backup|scratch|verification|security|pairing|unlock|activation|access|alarm|door|gate|entry)-(?:codes?|answers?)|(?:recovery|backup|seed|secret|wallet|unlock|pass)-(?:phrases?|words?)|snmp-community|(?:ssh|rsa|dkim|gpg|pgp|vapid|wg)-private|pass-word|mots?-de-passe|palavra-(?:passe|chave)|secure-link-md)(?:-|$)/u;

const MOST_NAME = 256;

/** In lower case and without accents. */
function folded(text: string): string {
  return text.toLowerCase().normalize('NFD').replaceAll(/\p{M}/gu, '');
}

/** The words of a name in any spelling: camel, snake, kebab, dots; lower case, without digits. */
export function wordsOf(name: string): readonly string[] {
  return folded(name.slice(0, MOST_NAME).replaceAll(/(?<=[\p{Ll}\d])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu, ' '))
    .split(/[^\p{L}]+/u)
    .filter((word) => word !== '');
}

function verdictOfWord(word: string, before: string | undefined): NameVerdict['says'] {
  if (word === 'pass' && before !== undefined && PASSES_ON.has(before)) return 'none';
  if (before !== undefined && HARMLESS_WORDS.get(word)?.has(before)) return 'none';
  if (PASSWORDS.has(word)) return 'password';
  if (word === 'key' || word === 'keys') return before !== undefined && OPEN_KEYS.has(before) ? 'none' : 'key';
  if (KEYS.has(word)) return before === 'by' ? 'none' : 'key';
  if (ORDINARY.test(word)) return 'none';
  if (GLUED.test(word) || UNSPACED.test(word)) return 'password';
  const end = GLUED_END.exec(word)?.[0];
  if (end === undefined || end === word) return 'none';
  return GLUED_KEY.has(end) ? 'key' : 'password';
}

const NOTHING: NameVerdict = { says: 'none', unless: undefined };

/** What a name says; the last secret word in it counts, and the words after that. */
export function verdictOf(name: string): NameVerdict {
  const all = wordsOf(name);
  const found = all.map((word, index) => verdictOfWord(word, all[index - 1]));
  const joined = all.join('-');
  const isPhrase = PHRASES.test(joined);
  const last = found.findLastIndex((says) => says !== 'none');
  if (last < 0) return isPhrase ? { says: 'password', unless: undefined } : NOTHING;
  const says = found.includes('password') || isPhrase ? 'password' : 'key';
  // `passphrase`, `access token secret`: of several the strongest counts, in any position.
  if (ITSELF.test(joined)) return { says, unless: undefined };
  const behind = all.slice(last + 1);
  for (const word of behind.toReversed())
    for (const [unless, set] of BEHIND) if (set.has(word) || set.has(word.replace(/s$/u, ''))) return { says, unless };
  if (/^secrets?$/u.test(all[last] ?? '') && OBJECTS.has(all[last - 1] ?? '')) return { says, unless: 'object' };
  const isBefore = all.slice(0, last).some((word) => BEFORE.has(word));
  const isMadeOf = all.slice(0, last).some((word) => MADE_OF.has(word));
  return { says, unless: isBefore ? 'number' : isMadeOf ? 'plain' : undefined };
}

/** Whether a name says that its value is a secret, and nothing takes that back. */
export function namesPassword(name: string): boolean {
  const { says, unless } = verdictOf(name);
  return says === 'password' && unless === undefined;
}

/** Whether the value beside such a name is people, and maybe their passwords. */
export function namesUsers(name: string): boolean {
  return wordsOf(name).some((word) => USERS.has(word));
}
const USERS = words('user users login logins account accounts basic member members');

/** Whether the value beside such a name is usually a digest or a commit, written in hex. */
export function namesDigest(name: string): boolean {
  return wordsOf(name).some((word) => DIGESTS.has(word));
}
const DIGESTS = words(`
  checksum checksums sha digest digests hash hashes commit commits revision rev git md etag fingerprint version tag tags build
  release image images ref sum trace span`);

/** Whether it is usually an identifier, which may be a UUID. */
export function namesId(name: string): boolean {
  return wordsOf(name).some((word) => IDS.has(word) || IDS.has(word.replace(/s$/u, '')));
}
const IDS = words(`
  id uid uuid guid identifier handle instance trace correlation request tenant subscription client cluster node machine project account
  org organization workspace volume disk pool run job build deployment release arn resource`);
