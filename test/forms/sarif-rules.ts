// What SARIF 2.1.0's schema asks of the objects that are written here (OASIS, errata 01): names, types, required and
// closed properties, and what its prose adds. JSON Schema, draft 7 as the original.

const text = { type: 'string', minLength: 1 };
const guid = { type: 'string', pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' };
const message = closed({ text }, ['text']);
const relativeUri = { type: 'string', format: 'uri-reference', pattern: '^[A-Za-z0-9._-]+(/[A-Za-z0-9._%-]+)*$' };

function closed(properties: object, required: readonly string[] = []): object {
  return { type: 'object', additionalProperties: false, properties, required };
}

/** GitHub wants more of a rule than the schema does (GH2012 of Microsoft's validator). */
const rule = closed(
  {
    id: text,
    name: { type: 'string', pattern: '^[A-Z][A-Za-z]+$' },
    shortDescription: message,
    fullDescription: message,
    help: message,
  },
  ['id', 'fullDescription', 'help'],
);
const location = closed({
  physicalLocation: closed({
    artifactLocation: closed({ uri: relativeUri }),
    region: closed({ startLine: { type: 'integer', minimum: 1 } }),
  }),
  logicalLocations: {
    type: 'array',
    uniqueItems: true,
    items: closed({ fullyQualifiedName: text, kind: { const: 'resource' } }),
  },
});
const result = closed(
  {
    ruleId: text,
    ruleIndex: { type: 'integer', minimum: 0 },
    level: { enum: ['none', 'note', 'warning', 'error'] },
    baselineState: { enum: ['new', 'unchanged', 'updated', 'absent'] },
    message,
    locations: { type: 'array', items: location },
    partialFingerprints: { type: 'object', additionalProperties: { type: 'string' } },
    rank: { type: 'number', minimum: 0, maximum: 100 },
    properties: { type: 'object' },
  },
  ['message'],
);
const notification = closed({ level: { enum: ['none', 'note', 'warning', 'error'] }, message }, ['message']);
const run = closed(
  {
    tool: closed(
      { driver: closed({ name: text, version: text, rules: { type: 'array', uniqueItems: true, items: rule } }, ['name']) },
      ['driver'],
    ),
    automationDetails: closed({ id: text, guid }),
    baselineGuid: guid,
    invocations: {
      type: 'array',
      items: closed(
        { executionSuccessful: { type: 'boolean' }, toolExecutionNotifications: { type: 'array', items: notification } },
        ['executionSuccessful'],
      ),
    },
    versionControlProvenance: {
      type: 'array',
      items: closed({ repositoryUri: { type: 'string', format: 'uri' }, revisionId: text, branch: text }, ['repositoryUri']),
    },
    columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
    results: { type: 'array', items: result },
  },
  ['tool'],
);

export const SARIF_RULES: object = closed(
  { $schema: { type: 'string', format: 'uri' }, version: { const: '2.1.0' }, runs: { type: 'array', items: run } },
  ['version', 'runs'],
);
