/** What may turn up in a text by mistake; `canary` is the part that must never be seen. */
export const SECRETS: readonly { readonly what: string; readonly text: string }[] = [
  { what: 'a bearer token', text: 'authorization: Bearer canary-0123456789abcdef==' },
  { what: 'a JSON web token', text: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.canary-signature' },
  { what: 'a key for Claude', text: 'sk-ant-api03-canary0123456789' },
  { what: 'a GitHub token', text: 'ghp_canary0123456789abcdef' },
  { what: 'a fine-grained GitHub token', text: 'github_pat_canary0123456789_abc' },
  { what: 'a GitLab token', text: 'glpat-canary0123456789' },
  { what: 'a Slack token', text: 'xoxb-canary-0123456789' },
  { what: 'a password in an address', text: 'https://user:canary@git.example/reports.git' },
  { what: 'a private key', text: '-----BEGIN RSA PRIVATE KEY-----\ncanaryMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----\n' },
  { what: 'a private key that was cut', text: '-----BEGIN PRIVATE KEY-----\ncanaryMIIEow' },
];
