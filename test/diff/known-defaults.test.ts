import { expect } from 'chai';
import { readBuiltInSchemas } from '../../src/clients/kubernetes/built-in-schemas.ts';
import { readManifest } from '../../src/clients/kubernetes/manifest.ts';
import { isJsonArray, isJsonObject, type Json, own, stringAt } from '../../src/domain/json.ts';
import { KNOWN_DEFAULTS } from '../../src/stages/diff/known-defaults.ts';
import { compileSchema, type SchemaNode } from '../../src/stages/diff/schema.ts';
import { MANIFEST_KINDS, manifestSet } from './generate/manifest-set.ts';
import { liveScene } from './live-scene.ts';

// That every default of the server is in the table is shown by nothing-after-apply.test.ts, where creators own them.

/** Rows that came with a version of Kubernetes, or after the last proven one without them; the table serves all of them. */
const SINCE: Readonly<Record<string, number>> = {
  'JobSpec.manualSelector': 34,
  'JobSpec.podReplacementPolicy': 29,
  ...Object.fromEntries(
    Object.entries({
      DeviceSubRequest: ['allocationMode', 'count'],
      DeviceToleration: ['operator'],
      ExactDeviceRequest: ['allocationMode', 'count'],
      FlowSchemaSpec: ['matchingPrecedence'],
      LimitedPriorityLevelConfiguration: ['nominalConcurrencyShares', 'lendablePercent'],
      MatchResources: ['matchPolicy', 'namespaceSelector', 'objectSelector'],
      NamedRuleWithOperations: ['scope'],
      PodFailurePolicyOnPodConditionsPattern: ['status'],
      QueuingConfiguration: ['queues', 'handSize', 'queueLengthLimit'],
      ValidatingAdmissionPolicySpec: ['failurePolicy'],
    }).flatMap(([type, fields]) => fields.map((field) => [`${type}.${field}`, 34])),
  ),
  'RollingUpdateStatefulSetStrategy.maxUnavailable': 35,
  'StatefulSetPersistentVolumeClaimRetentionPolicy.whenDeleted': 27,
  'StatefulSetPersistentVolumeClaimRetentionPolicy.whenScaled': 27,
};

describe('table of known defaults', function () {
  this.timeout(120_000);
  it('has no row that the API server does not write', async () => {
    const scene = await liveScene(MANIFEST_KINDS);
    const text = manifestSet(4, 120, scene.cluster.version).replaceAll('NAMESPACE', scene.namespace);
    await scene.kubectl(['create', '-f', '-'], text);
    const schemas = await readBuiltInSchemas();
    const met = new Set<string>();

    function collect(desired: Json | undefined, live: Json, node: SchemaNode): void {
      if (isJsonArray(live)) {
        for (const [index, entry] of live.entries())
          collect(isJsonArray(desired) ? desired[index] : undefined, entry, node.item());
        return;
      }
      if (!isJsonObject(live)) return;
      for (const [field, value] of Object.entries(live)) {
        const rules = KNOWN_DEFAULTS[node.name];
        const rule = rules && Object.hasOwn(rules, field) ? rules[field] : undefined;
        if (own(desired, field) === undefined && rule?.(value, live)) met.add(`${node.name}.${field}`);
        collect(own(desired, field), value, node.field(field));
      }
    }

    const { items } = JSON.parse(await scene.kubectl(['get', '-f', '-', '-o', 'json'], text)) as { items: readonly Json[] };
    for (const [index, { document }] of readManifest(text).documents.entries()) {
      const [apiVersion = '', kind = ''] = [['apiVersion'], ['kind']].map((path) => stringAt(document, ...path));
      const schema = compileSchema(schemas, apiVersion, kind);
      if (!schema) throw new Error(`no schema of ${kind}`);
      const live = items[index] ?? null;
      expect(stringAt(live, 'metadata', 'name')).to.equal(stringAt(document, 'metadata', 'name'));
      collect(document, live, schema);
    }
    const rows = Object.entries(KNOWN_DEFAULTS).flatMap(([type, fields]) =>
      Object.keys(fields).map((field) => `${type}.${field}`),
    );
    const minor = Number(scene.cluster.version.split('.')[1]);
    const unmet = rows.filter((row) => !met.has(row) && minor >= (SINCE[row] ?? 0));
    expect(unmet).to.deep.equal([]);
  });
});
