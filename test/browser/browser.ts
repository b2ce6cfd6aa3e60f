import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** The browser of CHROMIUM_PATH, or of the PATH; `undefined` where there is none. */
function findChromium({ CHROMIUM_PATH, PATH = '' }: NodeJS.ProcessEnv): string | undefined {
  if (CHROMIUM_PATH) return CHROMIUM_PATH;
  return PATH.split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Chromium; where the machine has none the tests of `context` are skipped, but never in CI, where .ci/run installs it. */
export async function startBrowser(context?: Mocha.Context, args: readonly string[] = []): Promise<Browser> {
  const executablePath = findChromium(process.env);
  if (executablePath !== undefined) return chromium.launch({ executablePath, args: ['--no-sandbox', ...args], headless: true });
  const reason = 'no Chromium was found: install it, or set CHROMIUM_PATH';
  if (context === undefined || process.env['CI']) throw new Error(reason);
  process.stdout.write(`    skipped: ${reason}\n`);
  return context.skip();
}
