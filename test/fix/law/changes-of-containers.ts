import type { Json } from '../../../src/domain/json.ts';
import type { Dice } from './dice.ts';
import {
  allContainers,
  type Change,
  type Container,
  insert,
  type OneOf,
  podOf,
  removeOne,
  type Variable,
  type Workload,
  withOne,
} from './workload.ts';

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;
const HANDLERS: readonly OneOf[] = [
  { exec: { command: ['true'] } },
  { httpGet: { path: '/health?a=1&b=2', port: 8081 } },
  { httpGet: { path: '/', port: 8081, scheme: 'HTTPS', httpHeaders: [{ name: 'X-One', value: '<1>' }] } },
  { tcpSocket: { port: 8082 } },
  { grpc: { port: 8083, service: 'health' } },
];
const HOOKS: readonly OneOf[] = [
  { exec: { command: ['sleep', '1'] } },
  { httpGet: { path: '/hook', port: 8081 } },
  { tcpSocket: { port: 8082 } },
];
const SOURCES: readonly OneOf[] = [
  { fieldRef: { fieldPath: 'metadata.namespace' } },
  { configMapKeyRef: { name: 'other', key: 'a' } },
  { secretKeyRef: { name: 'other', key: 'b', optional: true } },
  { resourceFieldRef: { resource: 'requests.cpu', divisor: '1m' } },
];
const MEMBERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'];

/** Another member in place of the one that is set. */
function swap(union: OneOf, members: readonly string[], others: readonly OneOf[], dice: Dice): boolean {
  const now = members.find((member) => member in union);
  const next = dice.pick(others.filter((other) => now === undefined || !(now in other)));
  if (!next) return false;
  for (const member of members) delete union[member];
  Object.assign(union, next);
  return true;
}

function probesOf(container: Container): readonly OneOf[] {
  return PROBES.map((name) => container[name]).filter((probe) => probe !== undefined);
}

function hooksOf({ lifecycle }: Container): readonly OneOf[] {
  return [lifecycle?.postStart, lifecycle?.preStop].filter((hook) => hook !== undefined);
}

const inContainer =
  (change: (container: Container, dice: Dice, draft: Workload) => unknown): Change['make'] =>
  (draft, dice) =>
    withOne(podOf(draft).containers, dice, (container) => change(container, dice, draft));

const ofVariable =
  (isMeant: (variable: Variable) => boolean, change: (variable: Variable, dice: Dice) => unknown): Change['make'] =>
  (draft, dice) =>
    withOne(
      allContainers(draft)
        .flatMap(({ env }) => env ?? [])
        .filter(isMeant),
      dice,
      (variable) => change(variable, dice),
    );

function amounts(dice: Dice): { readonly cpu: string; readonly memory: string } {
  return { cpu: dice.oneOf('2', '1500m', '3000m'), memory: dice.oneOf('4Gi', '4096Mi', '5G') };
}

export const CONTAINER_CHANGES: readonly Change[] = [
  {
    name: 'probe handler swapped',
    make: inContainer((container, dice) => {
      const probe = dice.pick(probesOf(container));
      return probe !== undefined && swap(probe, MEMBERS, HANDLERS, dice);
    }),
  },
  {
    name: 'probe added or replaced',
    make: inContainer((container, dice) => {
      const handler = dice.pick(HANDLERS) ?? {};
      container[dice.pick(PROBES) ?? 'livenessProbe'] = { ...structuredClone(handler), timeoutSeconds: 3 };
    }),
  },
  {
    name: 'probe removed',
    make: inContainer((container, dice) => {
      const name = dice.pick(PROBES.filter((probe) => container[probe]));
      return name !== undefined && delete container[name];
    }),
  },
  {
    name: 'probe numbers changed',
    make: inContainer((container, dice) => {
      const probe = dice.pick(probesOf(container));
      return probe !== undefined && Object.assign(probe, { periodSeconds: 7, initialDelaySeconds: 1 + dice.number(9) });
    }),
  },
  {
    name: 'lifecycle handler swapped',
    make: inContainer((container, dice) => {
      const hook = dice.pick(hooksOf(container));
      return hook !== undefined && swap(hook, MEMBERS, HOOKS, dice);
    }),
  },
  {
    name: 'lifecycle handler added or removed',
    make: inContainer((container, dice) => {
      if (container.lifecycle) delete container.lifecycle;
      else container.lifecycle = { preStop: structuredClone(dice.pick(HOOKS) ?? {}) };
    }),
  },
  {
    name: 'env value turned into a source',
    make: ofVariable(
      ({ valueFrom }) => valueFrom === undefined,
      (variable, dice) => {
        delete variable.value;
        variable.valueFrom = structuredClone(dice.pick(SOURCES) ?? {});
      },
    ),
  },
  {
    name: 'env source turned into a value',
    make: ofVariable(
      ({ valueFrom }) => valueFrom !== undefined,
      (variable, dice) => {
        delete variable.valueFrom;
        variable.value = dice.text();
      },
    ),
  },
  {
    name: 'env source swapped',
    make: ofVariable(
      ({ valueFrom }) => valueFrom !== undefined,
      ({ valueFrom }, dice) => swap(valueFrom ?? {}, Object.keys(valueFrom ?? {}), SOURCES, dice),
    ),
  },
  {
    name: 'env value changed',
    make: ofVariable(
      ({ valueFrom }) => valueFrom === undefined,
      (variable, dice) => {
        variable.value = dice.text();
      },
    ),
  },
  {
    name: 'env renamed',
    make: ofVariable(
      () => true,
      (variable) => {
        variable.name = `${variable.name}_2`;
      },
    ),
  },
  {
    name: 'env added',
    make: inContainer((container, dice) => {
      const count = 1 + dice.number(3);
      container.env ??= [];
      for (let number = 0; number < count; number++) insert(container.env, { name: `ADDED_${number}`, value: dice.text() }, dice);
    }),
  },
  { name: 'env removed', make: inContainer((container, dice) => removeOne(container.env, dice)) },
  {
    name: 'env emptied',
    make: inContainer((container) => container.env !== undefined && delete container.env),
  },
  {
    name: 'env declared twice',
    make: inContainer((container, dice) =>
      withOne(container.env, dice, ({ name }) => container.env?.push({ name, value: dice.text() })),
    ),
  },
  {
    name: 'envFrom changed',
    make: inContainer((container, dice) => {
      container.envFrom = dice.oneOf<OneOf[]>(
        [{ secretRef: { name: 'other' } }],
        [{ configMapRef: { name: 'settings' } }, { prefix: 'B_', secretRef: { name: 'db' } }],
      );
    }),
  },
  {
    name: 'container port renumbered',
    make: inContainer((container, dice) =>
      withOne(container.ports, dice, (port) => {
        port.containerPort = 20_000 + dice.number(1_000);
        if (port.hostPort) port.hostPort = port.containerPort;
      }),
    ),
  },
  {
    name: 'container port renamed',
    make: inContainer((container, dice) =>
      withOne(container.ports, dice, (port) => {
        port.name = `other-${dice.number(9)}`;
      }),
    ),
  },
  {
    name: 'port name moved to another number',
    make: inContainer((container, dice) => {
      const named = container.ports?.find(({ name }) => name);
      if (!named || !container.ports) return false;
      insert(container.ports, { name: named.name ?? '', containerPort: 21_000 }, dice);
      delete named.name;
      return true;
    }),
  },
  {
    name: 'container port added',
    make: inContainer((container, dice) => {
      container.ports ??= [];
      const [first] = container.ports;
      // The same number in another protocol is another element.
      insert(container.ports, { containerPort: dice.oneOf(first?.containerPort ?? 7, 7), protocol: 'SCTP' }, dice);
    }),
  },
  { name: 'container port removed', make: inContainer((container, dice) => removeOne(container.ports, dice)) },
  {
    name: 'image changed',
    make: (draft, dice) =>
      withOne(allContainers(draft), dice, (container) => {
        container.image = `registry.example/hot-fix:${dice.number(9)}`;
      }),
  },
  {
    name: 'command and arguments changed',
    make: inContainer((container, dice) => {
      if (container.args && dice.isLucky(0.5)) container.args.push(`--more=${dice.text()}`);
      else container.command = ['/bin/sh', '-c', `echo ${dice.text()}`];
    }),
  },
  {
    name: 'command or arguments removed',
    make: inContainer((container) => {
      const name = (['args', 'command'] as const).find((field) => container[field]);
      return name !== undefined && delete container[name];
    }),
  },
  {
    name: 'request raised together with its limit',
    make: inContainer((container, dice) => {
      const both = amounts(dice);
      container.resources = { requests: { ...both }, limits: { ...both } };
    }),
  },
  {
    name: 'limits removed and requests raised',
    make: inContainer((container, dice) => {
      container.resources = { requests: { ...amounts(dice) } };
    }),
  },
  {
    name: 'resources removed',
    make: inContainer((container) => Object.keys(container.resources ?? {}).length > 0 && delete container.resources),
  },
  {
    name: 'security context changed',
    make: inContainer((container, dice) => {
      const added = dice.oneOf<Record<string, Json>>(
        { privileged: true },
        { runAsUser: 1234 },
        { capabilities: { add: ['NET_ADMIN'] } },
        { seccompProfile: { type: 'RuntimeDefault' } },
      );
      container.securityContext = { ...container.securityContext, ...added };
    }),
  },
  {
    name: 'mountPath moved',
    make: inContainer((container, dice) =>
      withOne(container.volumeMounts, dice, (mount) => {
        mount.mountPath = `/moved${mount.mountPath}`;
      }),
    ),
  },
  {
    name: 'mount made other',
    make: inContainer((container, dice) =>
      withOne(container.volumeMounts, dice, (mount) => {
        if (mount.readOnly) delete mount.readOnly;
        else Object.assign(mount, { readOnly: true, subPath: 'sub' });
      }),
    ),
  },
];
