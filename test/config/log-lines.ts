import { parseArgs } from 'node:util';
import { createLogger } from '../../src/cli/log.ts';
import { Secret } from '../../src/domain/secret.ts';
import { SECRETS } from './secrets.ts';

// Run by log.test.ts as a process of its own: the log goes to standard error and nowhere else.

const { values } = parseArgs({ options: { format: { type: 'string' } } });
const format = values.format === 'pretty' ? 'pretty' : 'json';
const log = createLogger({ level: 'info', format, isTerminal: false, hasColor: false }, (text) => process.stderr.write(text));
for (const { text } of SECRETS) {
  log.info({ event: 'in-a-field', value: text, nested: { deep: [text] } }, 'a field');
  log.info({ event: 'in-the-sentence' }, `before ${text} after`);
}
const error = new Error(`refused: ${SECRETS.map(({ text }) => text).join(' ')}`, { cause: new Error(SECRETS[0]?.text) });
log.error({ event: 'in-an-error', err: error }, 'an error');
log.child({ token: new Secret('canary-wrapped') }).warn({ secret: new Secret({ key: 'canary-wrapped' }) }, 'wrapped');
log.debug({ event: 'too-quiet' }, 'not shown');
log.info({ event: 'last', image: 'registry.example/app:1.2@sha256:abc', address: 'https://hub.example/a' }, 'the last line');
