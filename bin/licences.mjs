import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Packages that bring no text of the licence that they name (MIT), and the notice in the repository of exactly that version. */
const NOTICES = { 'standardwebhooks@1.1.1': 'Copyright (c) 2023 Svix (https://www.svix.com)' };

/** Files of ours that are made from the work of others, whose licence a package in the bundle has too. */
const DERIVED = {
  'src/clients/kubernetes/built-in-schemas.json': {
    title: 'kubernetes 1.34.4 (Apache-2.0)',
    notice: 'Copyright The Kubernetes Authors. Reduced from the OpenAPI documents that its API server publishes.',
    textOf: 'node_modules/@kubernetes/client-node',
  },
};

/**
 * The licence texts of everything that a bundle holds: a bundle is a copy, and a copy carries them. `inputs` are the paths
 * below `root` that esbuild's metafile names. Throws for a package that has no text.
 */
export function licences(root, inputs) {
  const packages = inputs.flatMap((path) => path.match(/^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/u)?.[0] ?? []);
  const entries = [...new Set(packages)].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const text = textOf(root, folder) || withNotice(root, `${name}@${version}`, license);
    if (text === '') throw new Error(`${name} ${version} has no licence text: find its notice and add it to bin/licences.mjs`);
    return `${name} ${version} (${license ?? 'see text'})\n\n${text}\n`;
  });
  const derived = inputs.flatMap((path) => {
    const { title, notice, textOf: folder } = DERIVED[path] ?? {};
    return title === undefined ? [] : [`${title}\n\n${notice}\n\n${textOf(root, folder)}\n`];
  });
  return [...entries, ...derived].join(`\n${'='.repeat(80)}\n\n`);
}

/** Every licence and notice in a package's folder; empty where there is none. */
function textOf(root, folder) {
  const names = readdirSync(join(root, folder)).filter((name) => /^(?:(?:un)?licen[cs]e|copying|notice)(?:[.-]|$)/iu.test(name));
  return names
    .sort()
    .map((name) => readFileSync(join(root, folder, name), 'utf8').trim())
    .filter((text) => text !== '')
    .join('\n\n');
}

/** The terms of MIT are the same everywhere; this project's own licence has them. */
function withNotice(root, id, license) {
  const notice = license === 'MIT' ? NOTICES[id] : undefined;
  if (notice === undefined) return '';
  const own = readFileSync(join(root, 'LICENSE'), 'utf8');
  return `${notice}\n\n${own.slice(own.indexOf('Permission is hereby granted')).trim()}`;
}
