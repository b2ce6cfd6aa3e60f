import { expect } from 'chai';
import { linkTemplate } from '../../src/cli/options/values.ts';
import { createFinding } from '../../src/stages/diff/create-finding.ts';
import { type LinkTemplates, NO_LINKS, renderReport } from '../../src/stages/report/report.ts';
import { finding, ref, unit } from '../types/builders.ts';
import { outcome, ranked, reportOf } from './build.ts';
import { hostileStrings } from './hostile-report.ts';

const LINKS: LinkTemplates = {
  commit: 'https://git.example/commit/{commit}',
  unit: 'https://hub.example/{space}/{unit}',
  revision: 'https://hub.example/{space}/{unit}?revision={revision}',
};
const pagesOf = (report: Parameters<typeof renderReport>[0], links = LINKS): string =>
  [...renderReport(report, 'reports', links)].flatMap(([path, text]) => (path.endsWith('.md') ? [text] : [])).join('\n');
const withoutFences = (text: string): string => text.replaceAll(/^(`{3,})\w+\n[\s\S]*?\n\1$/gmu, '');

describe('links of the pages', () => {
  it('lead to the unit, the revision and the commit of a decision', () => {
    const [web, cart] = [finding(), finding({ ref: ref('cart') })];
    const report = reportOf([ranked(web), ranked(cart)], {
      outcomes: [outcome(web.id), outcome(cart.id, { result: 'staged', changeSet: 'prod/c', revision: 12 })],
      promotions: [{ unit: 'prod/a', upstream: 'base/a', refusal: '' }],
      decisions: [
        {
          id: 'x',
          kind: 'fix',
          what: 'web',
          by: 'Ann',
          decidedAt: '2026-11-20T10:00:00Z',
          commit: 'c0ffee',
          reason: '',
          effect: 'spent',
          detail: '',
        },
      ],
    });
    const text = pagesOf(report);
    expect(text).to.contain('Desired: unit [prod/cart](https://hub.example/prod/cart)');
    expect(text).to.contain('State: staged, [revision 12](https://hub.example/prod/cart?revision=12).');
    expect(text).to.contain(
      'fixed, [revision 17](https://hub.example/prod/web?revision=17) of [prod/web](https://hub.example/prod/web)<br>',
    );
    expect(text).to.contain('[20\u00a0Nov\u00a02026](https://git.example/commit/c0ffee)');
    expect(text).to.contain('| [prod/a](https://hub.example/prod/a) | [base/a](https://hub.example/base/a) |');
    expect(pagesOf(report, NO_LINKS)).to.not.contain('https:');
  });

  it('are percent-encoded, whatever things are called', () => {
    for (const { text } of hostileStrings()) {
      const entry = finding({ unit: `${text}/${text}` });
      const report = reportOf([ranked(entry)], { outcomes: [outcome(entry.id, { result: 'staged', revision: 3 })] });
      for (const [, address = ''] of withoutFences(pagesOf(report)).matchAll(/(?<!\\)\]\((https:[^\n]*?)\)/gu)) {
        expect(address, JSON.stringify(text)).to.match(/^https:\/\/hub\.example\/[\w.~%-]+\/[\w.~%-]+(\?revision=3)?$/u);
        expect(new URL(address).hostname).to.equal('hub.example');
        expect(new URL(address).pathname.split('/'), 'no folder above').to.have.lengthOf(3);
      }
    }
  });

  for (const [template, isTaken] of [
    ['https://hub.example/{space}/{unit}', true],
    ['https://hub.example:8443/?space={space}&unit={unit}', true],
    ['http://hub.example/{space}/{unit}', false],
    ['javascript:alert({space},{unit})', false],
    ['https://me:pw@hub.example/{space}/{unit}', false],
    ['https://{space}.example/{unit}', false],
    ['https://hub.example/{space}', false],
    ['https://hub.example/{space}/{unit}/{other}', false],
    ['https://hub.example/{space}/{unit})[x](', false],
  ] as const)
    it(`${isTaken ? 'may' : 'may not'} be ${template}`, () => {
      expect(linkTemplate('space', 'unit').safeParse(template).success).to.equal(isTaken);
    });
});

describe('the owner of a workload', () => {
  const DRIFTED = { class: 'changed', note: '' } as const;
  const ownerIn = (
    labels: Readonly<Record<string, string>>,
    ofUnit: Readonly<Record<string, string>> = {},
  ): string | undefined => {
    const object = {
      ref: ref('web'),
      body: { metadata: { labels } },
      owners: [],
      uid: 'u',
      resourceVersion: '1',
      generation: 1,
      isControlled: false,
    };
    const subject = { ref: ref('web'), path: [], object, unit: { ...unit('web'), labels: ofUnit } };
    const options = { cluster: 'prod-eu', desiredManagers: [], ownerLabel: 'team' };
    return createFinding(DRIFTED, subject, options).owner;
  };

  it('is the value of the label, by the unit before the object, and nothing that must not be shown', () => {
    expect(ownerIn({ team: 'payments' })).to.equal('payments');
    expect(ownerIn({ team: 'payments' }, { team: 'checkout' })).to.equal('checkout');
    expect(ownerIn({ other: 'payments' })).to.equal('');
    const token = `ghp_${'aB3dE5gH7j'.repeat(4).slice(0, 36)}`;
    expect(ownerIn({ team: token })).to.match(/^\*\*\*/u);
  });

  it('is on the pages and in the data', () => {
    const report = reportOf([
      ranked({ ...finding(), owner: 'pay|ments' }),
      ranked({ ...finding({ ref: ref('cart') }), owner: 'shop' }),
    ]);
    const text = pagesOf(report);
    expect(text).to.contain('| severity | workload | owner | what |').and.contain('Owner: pay\\|ments.');
    expect(report.findings.map(({ owner }) => owner)).to.deep.equal(['pay|ments', 'shop']);
    expect(pagesOf(reportOf([ranked(finding()), ranked(finding({ ref: ref('cart') }))]))).to.not.contain('owner');
  });
});
