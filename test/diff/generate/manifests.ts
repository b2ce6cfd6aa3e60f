import fc from 'fast-check';
import type { JsonObject } from '../../../src/domain/json.ts';

// Manifests as people write them: many optional fields, each present or not, in spellings that the API server stores
// otherwise. Everything that comes out is accepted by Kubernetes 1.24 and later.

type Doc = fc.Arbitrary<JsonObject>;

/** Any subset of these fields. */
function some<T extends Record<string, unknown>>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<Partial<T>> {
  return fc.record<T>(fields, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;
}

const cpu = fc.constantFrom<string | number>('100m', '0.1', 0.1, '1', 1, '1000m', '250m', '1E-1', '100000u', '1.50');
const memory = fc.constantFrom<string | number>('64Mi', '65536Ki', 67108864, '67108864', '0.5Gi', '512M', '129e6', '1G', '1000M');
const amounts = some({ cpu, memory, 'ephemeral-storage': fc.constantFrom('1Gi', '1024Mi', '2G') });
/** Requests at most the limits, so that validation agrees: one of both, or both the same. */
const resources = fc.oneof(
  fc.constant({}),
  amounts.map((requests) => ({ requests })),
  amounts.map((limits) => ({ limits })),
  amounts.map((both) => ({ requests: both, limits: both })),
);

const word = fc.constantFrom('alpha', 'beta', 'gamma', 'delta', 'omega');
const text = fc.constantFrom(
  '',
  'x',
  'yes',
  '1',
  'true',
  'null',
  '0x1',
  'a: b',
  'größer',
  '{"a": 1}',
  ' padded ',
  'line\nbreak\n',
  '~',
);
const labels = fc.dictionary(
  fc.constantFrom('team', 'tier', 'example.com/part', 'constructor'),
  fc.constantFrom('store', '', 'v1.2', 'on', '1'),
  { maxKeys: 3 },
);
const annotations = fc.dictionary(fc.constantFrom('example.com/note', 'owner', 'prometheus.io/scrape', 'toString'), text, {
  maxKeys: 3,
});

const env = fc.uniqueArray(
  fc.oneof(
    fc.record({ name: word.map((name) => name.toUpperCase()), value: text }),
    fc.record({ name: word.map((name) => `REF_${name.toUpperCase()}`) }),
    fc.record({ name: fc.constant('NODE'), valueFrom: fc.constant({ fieldRef: { fieldPath: 'spec.nodeName' } }) }),
    fc.record({
      name: fc.constant('LIMIT'),
      valueFrom: fc.constantFrom(
        { resourceFieldRef: { resource: 'limits.cpu' } },
        { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } },
      ),
    }),
    fc.record({
      name: fc.constant('KEY'),
      valueFrom: fc.constantFrom(
        { configMapKeyRef: { name: 'settings', key: 'a' } },
        { secretKeyRef: { name: 'login', key: 'b', optional: true } },
      ),
    }),
  ),
  { selector: ({ name }) => name, maxLength: 5 },
);
const ports = fc.uniqueArray(
  fc.record(
    { containerPort: fc.constantFrom(53, 80, 8080), protocol: fc.constantFrom('TCP', 'UDP') },
    { requiredKeys: ['containerPort'] },
  ),
  { selector: (port) => `${port.containerPort} ${port.protocol ?? 'TCP'}`, maxLength: 4 },
);
const port = fc.constantFrom<string | number>(8080, 'web');
const handler = fc.oneof(
  fc.record({
    httpGet: fc.record(
      { port, path: fc.constantFrom('/', '/ready'), scheme: fc.constantFrom('HTTP', 'HTTPS') },
      { requiredKeys: ['port'] },
    ),
  }),
  fc.record({ tcpSocket: fc.record({ port }) }),
  fc.record({ exec: fc.constant({ command: ['true'] }) }),
  fc.record({ grpc: fc.constantFrom({ port: 9000 }, { port: 9000, service: 'x' }) }),
);
const probe = fc
  .tuple(
    handler,
    some({
      initialDelaySeconds: fc.constantFrom(0, 5),
      timeoutSeconds: fc.constantFrom(0, 1, 3),
      periodSeconds: fc.constantFrom(0, 10, 30),
      successThreshold: fc.constantFrom(0, 1),
      failureThreshold: fc.constantFrom(0, 3, 5),
    }),
  )
  .map(([how, when]) => ({ ...how, ...when }));
const lifecycle = some({
  preStop: fc.constantFrom(
    { exec: { command: ['sleep', '1'] } },
    { httpGet: { port: 80, path: '/stop' } },
    { httpGet: { port: 80 } },
  ),
  postStart: fc.constant({ exec: { command: ['true'] } }),
});
const capabilities = fc.constantFrom({ drop: ['ALL'] }, { drop: ['ALL'], add: ['NET_BIND_SERVICE'] }, {});
const containerSecurity = some({
  privileged: fc.constant(false),
  runAsNonRoot: fc.boolean(),
  runAsUser: fc.constantFrom(0, 1000),
  readOnlyRootFilesystem: fc.boolean(),
  allowPrivilegeEscalation: fc.constant(false),
  capabilities,
  seccompProfile: fc.constant({ type: 'RuntimeDefault' }),
});

function container(name: string, volumes: readonly string[]): fc.Arbitrary<JsonObject> {
  const mounts = fc.uniqueArray(
    volumes.length === 0
      ? fc.constant(undefined)
      : fc.record(
          {
            name: fc.constantFrom(...volumes),
            mountPath: fc.constantFrom('/a', '/b', '/var/x'),
            readOnly: fc.boolean(),
            subPath: fc.constantFrom('', 'x'),
          },
          { requiredKeys: ['name', 'mountPath'] },
        ),
    { selector: (mount) => mount?.mountPath, maxLength: volumes.length === 0 ? 0 : 3 },
  );
  return fc
    .tuple(
      fc.constantFrom(
        'registry.example/app:1.2',
        'registry.example/app',
        'registry.example/app:latest',
        `registry.example/app@sha256:${'a'.repeat(64)}`,
        'localhost:5000/app',
      ),
      some({
        command: fc.constantFrom([], ['run'], ['sh', '-c', 'echo "$HOME"\n']),
        args: fc.constantFrom([], ['--a', ''], ['--n=1']),
        env,
        envFrom: fc.constantFrom(
          [],
          [{ configMapRef: { name: 'settings' } }],
          [{ prefix: 'X_', secretRef: { name: 'login', optional: false } }],
        ),
        ports,
        resources,
        livenessProbe: probe,
        readinessProbe: probe,
        startupProbe: probe,
        lifecycle,
        securityContext: containerSecurity,
        imagePullPolicy: fc.constantFrom('Always', 'IfNotPresent', 'Never'),
        terminationMessagePath: fc.constantFrom('', '/dev/termination-log', '/tmp/log'),
        terminationMessagePolicy: fc.constantFrom('File', 'FallbackToLogsOnError'),
        workingDir: fc.constantFrom('', '/work'),
        stdin: fc.boolean(),
        tty: fc.boolean(),
        volumeMounts: mounts,
      }),
    )
    .map(([image, rest]) => ({ name, image, ...rest }) as unknown as JsonObject);
}

const volumeSource = fc.constantFrom<JsonObject>(
  { emptyDir: {} },
  {},
  { emptyDir: { medium: 'Memory', sizeLimit: '0.5Gi' } },
  { configMap: { name: 'settings' } },
  { configMap: { name: 'settings', defaultMode: 420, items: [{ key: 'a', path: 'a.txt' }] } },
  { secret: { secretName: 'login', defaultMode: 0o400, optional: true } },
  { hostPath: { path: '/var/log' } },
  { hostPath: { path: '/var/log', type: 'Directory' } },
  { persistentVolumeClaim: { claimName: 'data' } },
  { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
  { projected: { sources: [{ serviceAccountToken: { path: 'token' } }, { configMap: { name: 'settings' } }] } },
  { csi: { driver: 'secrets.example.com', readOnly: true, volumeAttributes: { a: 'b' } } },
  { nfs: { server: 'nfs.example', path: '/' } },
);

const podFields = some({
  terminationGracePeriodSeconds: fc.constantFrom(0, 30, 60),
  serviceAccountName: fc.constantFrom('', 'default', 'builder'),
  automountServiceAccountToken: fc.boolean(),
  hostNetwork: fc.constant(false),
  dnsPolicy: fc.constantFrom('ClusterFirst', 'Default'),
  dnsConfig: fc.constantFrom({ options: [{ name: 'ndots', value: '2' }] }, { nameservers: ['10.0.0.1'] }),
  enableServiceLinks: fc.boolean(),
  schedulerName: fc.constantFrom('', 'default-scheduler'),
  priorityClassName: fc.constant(''),
  nodeSelector: fc.constantFrom({}, { disk: 'ssd' }),
  tolerations: fc.constantFrom<readonly JsonObject[]>(
    [],
    [{ key: 'a', operator: 'Exists' }],
    [{ key: 'a', value: 'b', effect: 'NoExecute', tolerationSeconds: 0 }],
    [{ key: 'a', operator: '', value: 'b' }],
  ),
  securityContext: some({
    fsGroup: fc.constantFrom(0, 1000),
    runAsUser: fc.constantFrom(0, 1000),
    sysctls: fc.constant([]),
    supplementalGroups: fc.constantFrom([], [1, 2]),
  }),
  imagePullSecrets: fc.constantFrom([], [{ name: 'registry' }]),
  hostAliases: fc.constantFrom([], [{ ip: '10.0.0.1', hostnames: ['a', 'b'] }]),
  topologySpreadConstraints: fc.constantFrom(
    [],
    [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: { app: 'x' } } }],
  ),
  affinity: fc.constantFrom<JsonObject>(
    {},
    {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 1, podAffinityTerm: { topologyKey: 'zone', labelSelector: {} } },
        ],
      },
    },
    {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }],
        },
      },
    },
  ),
  shareProcessNamespace: fc.boolean(),
  hostname: fc.constantFrom('', 'fixed'),
  preemptionPolicy: fc.constant('PreemptLowerPriority'),
});

function template(app: string, restartPolicy: readonly string[]): fc.Arbitrary<JsonObject> {
  return fc.uniqueArray(fc.tuple(word, volumeSource), { selector: ([name]) => name, maxLength: 4 }).chain((volumes) => {
    const names = volumes.map(([name]) => name);
    return fc
      .record({
        spec: podFields,
        main: container('app', names),
        side: fc.option(container('side', names), { nil: undefined }),
        init: fc.option(container('init', names), { nil: undefined }),
        policy: fc.constantFrom(...restartPolicy),
        labels,
        annotations,
      })
      .map(({ spec, main, side, init, policy, ...metadata }) => {
        const initContainers = init ? [withoutProbes(init)] : undefined;
        return {
          metadata: {
            labels: { ...metadata.labels, app },
            ...(Object.keys(metadata.annotations).length > 0 ? { annotations: metadata.annotations } : {}),
          },
          spec: {
            ...spec,
            ...(policy === '' ? {} : { restartPolicy: policy }),
            containers: side ? [main, side] : [main],
            ...(initContainers ? { initContainers } : {}),
            ...(volumes.length > 0 ? { volumes: volumes.map(([name, source]) => ({ name, ...source })) } : {}),
          },
        } as unknown as JsonObject;
      });
  });
}

/** Init containers have neither probes nor hooks. */
function withoutProbes(init: JsonObject): JsonObject {
  const { livenessProbe: _live, readinessProbe: _ready, startupProbe: _start, lifecycle: _hooks, ...rest } = init;
  return rest;
}

function metadata(name: string): fc.Arbitrary<JsonObject> {
  return fc
    .record({
      labels,
      annotations,
      finalizers: fc.constantFrom(undefined, []),
      creationTimestamp: fc.constantFrom(undefined, null),
    })
    .map(({ finalizers, creationTimestamp, ...maps }) => ({
      name,
      ...maps,
      ...(finalizers ? { finalizers } : {}),
      ...(creationTimestamp === null ? { creationTimestamp } : {}),
    }));
}

const ALWAYS = ['', 'Always'];
const selector = (app: string): JsonObject => ({ matchLabels: { app } });

function deployment(name: string): Doc {
  const strategy = fc.constantFrom<JsonObject>(
    { type: 'Recreate' },
    {},
    { type: 'RollingUpdate' },
    { rollingUpdate: { maxSurge: 1 } },
    { type: 'RollingUpdate', rollingUpdate: { maxSurge: '50%', maxUnavailable: 0 } },
  );
  const fields = some({
    replicas: fc.constantFrom(0, 1, 3),
    revisionHistoryLimit: fc.constantFrom(0, 10),
    minReadySeconds: fc.constantFrom(0, 5),
    paused: fc.boolean(),
    progressDeadlineSeconds: fc.constant(600),
    strategy,
  });
  return fc
    .record({ metadata: metadata(name), fields, template: template(name, ALWAYS) })
    .map(({ metadata: meta, fields: spec, template: pod }) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: meta,
      spec: { ...spec, selector: selector(name), template: pod } as unknown as JsonObject,
    }));
}

function statefulSet(name: string): Doc {
  const claim = fc.constantFrom<JsonObject>(
    { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } } },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', labels: { a: 'b' } },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: '',
        volumeMode: 'Block',
        resources: { requests: { storage: 1073741824 } },
      },
    },
  );
  const fields = some({
    replicas: fc.constantFrom(0, 1, 3),
    podManagementPolicy: fc.constantFrom('OrderedReady', 'Parallel'),
    revisionHistoryLimit: fc.constantFrom(5, 10),
    updateStrategy: fc.constantFrom<JsonObject>(
      { type: 'OnDelete' },
      {},
      { type: 'RollingUpdate' },
      { rollingUpdate: { partition: 0 } },
      { rollingUpdate: { partition: 2 } },
    ),
    volumeClaimTemplates: claim.map((entry) => [entry]),
  });
  return fc
    .record({ metadata: metadata(name), fields, service: fc.constantFrom('', name), template: template(name, ALWAYS) })
    .map(({ metadata: meta, fields: spec, service, template: pod }) => ({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: meta,
      spec: { ...spec, serviceName: service, selector: selector(name), template: pod } as unknown as JsonObject,
    }));
}

function daemonSet(name: string): Doc {
  const fields = some({
    minReadySeconds: fc.constantFrom(0, 3),
    revisionHistoryLimit: fc.constantFrom(2, 10),
    updateStrategy: fc.constantFrom<JsonObject>(
      { type: 'OnDelete' },
      {},
      { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } },
      { rollingUpdate: { maxUnavailable: 2 } },
    ),
  });
  return fc
    .record({ metadata: metadata(name), fields, template: template(name, ALWAYS) })
    .map(({ metadata: meta, fields: spec, template: pod }) => ({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: meta,
      spec: { ...spec, selector: selector(name), template: pod } as unknown as JsonObject,
    }));
}

function cronJob(name: string): Doc {
  const fields = some({
    concurrencyPolicy: fc.constantFrom('', 'Allow', 'Forbid'),
    suspend: fc.boolean(),
    successfulJobsHistoryLimit: fc.constantFrom(0, 3),
    failedJobsHistoryLimit: fc.constantFrom(0, 1),
    startingDeadlineSeconds: fc.constant(60),
  });
  const job = some({
    backoffLimit: fc.constantFrom(0, 6),
    completions: fc.constantFrom(1, 2),
    parallelism: fc.constantFrom(0, 1),
    ttlSecondsAfterFinished: fc.constantFrom(0, 60),
  });
  return fc
    .record({ metadata: metadata(name), fields, job, template: template(name, ['Never', 'OnFailure']) })
    .map(({ metadata: meta, fields: spec, job: jobSpec, template: pod }) => ({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: meta,
      // In the far future: nothing runs while it is looked at.
      spec: { ...spec, schedule: '0 0 31 2 *', jobTemplate: { spec: { ...jobSpec, template: pod } } } as unknown as JsonObject,
    }));
}

function service(name: string): Doc {
  const entry = fc.record(
    {
      port: fc.constantFrom(53, 80, 443),
      protocol: fc.constantFrom('TCP', 'UDP'),
      targetPort: fc.constantFrom<string | number>(80, 'web', 8080),
    },
    { requiredKeys: ['port'] },
  );
  const list = fc
    .uniqueArray(entry, { selector: (item) => `${item.port} ${item.protocol ?? 'TCP'}`, minLength: 1, maxLength: 4 })
    .map((items) => items.map((item, index) => ({ ...item, name: `p${index}` })));
  const fields = some({
    type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer'),
    sessionAffinity: fc.constantFrom('None', 'ClientIP'),
    selector: fc.constantFrom({}, { app: name }),
    publishNotReadyAddresses: fc.boolean(),
    internalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
  });
  return fc
    .record({ metadata: metadata(name), ports: list, fields, isHeadless: fc.boolean() })
    .map(({ metadata: meta, ports: listed, fields: spec, isHeadless }) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: meta,
      spec: {
        ...spec,
        ports: listed,
        ...(isHeadless && (spec.type ?? 'ClusterIP') === 'ClusterIP' ? { clusterIP: 'None' } : {}),
      } as unknown as JsonObject,
    }));
}

function configMap(name: string): Doc {
  const key = fc.constantFrom('a', 'app.properties', 'no', '1', 'toString');
  return fc
    .record({
      metadata: metadata(name),
      data: fc.dictionary(key, text, { maxKeys: 4 }),
      binary: fc.constantFrom(undefined, { blob: 'AAEC' }),
      immutable: fc.constantFrom(undefined, false),
    })
    .map(({ metadata: meta, data, binary, immutable }) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: meta,
      data,
      ...(binary ? { binaryData: binary } : {}),
      ...(immutable === undefined ? {} : { immutable }),
    }));
}

const MAKERS = [deployment, deployment, statefulSet, daemonSet, cronJob, service, configMap];
/** Kinds that may come out, as `apiVersion/kind`. */
export const GENERATED_KINDS = [
  'apps/v1/Deployment',
  'apps/v1/StatefulSet',
  'apps/v1/DaemonSet',
  'batch/v1/CronJob',
  'v1/Service',
  'v1/ConfigMap',
] as const;

/** So many manifests of all kinds from a seed, with names of their own and without a namespace. */
export function generateManifests(seed: number, count: number): readonly JsonObject[] {
  return Array.from({ length: count }, (_, index) => {
    const make = MAKERS[index % MAKERS.length] ?? deployment;
    const [document] = fc.sample(make(`g${index}`), { seed: seed + index, numRuns: 1 });
    if (!document) throw new Error('nothing was generated');
    return document;
  });
}
