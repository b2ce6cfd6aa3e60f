import { allContainers, type Change, type Container, insert, type OneOf, podOf, removeOne, withOne } from './workload.ts';

const VOLUMES: readonly OneOf[] = [
  { emptyDir: {} },
  { emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
  { hostPath: { path: '/var/lib/other', type: '' } },
  { configMap: { name: 'other', items: [{ key: 'a', path: 'a&b' }] } },
  { secret: { secretName: 'other' } },
  { persistentVolumeClaim: { claimName: 'other' } },
  { projected: { sources: [{ configMap: { name: 'other' } }, { downwardAPI: { items: [] } }] } },
  { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
  { csi: { driver: 'csi.example.com', volumeAttributes: { a: '<b>' } } },
];

const added = (name: string): Container => ({
  name,
  image: 'registry.example/debug:1',
  command: ['sh', '-c', 'echo "<ok>" && sleep 1'],
  env: [{ name: 'A', value: 'a&b' }],
});

export const POD_CHANGES: readonly Change[] = [
  {
    name: 'volume source swapped',
    make: (draft, dice) =>
      withOne(podOf(draft).volumes, dice, (volume) => {
        const member = Object.keys(volume).find((field) => field !== 'name') ?? '';
        const next = dice.pick(VOLUMES.filter((source) => !(member in source)));
        delete volume[member];
        Object.assign(volume, structuredClone(next));
      }),
  },
  {
    name: 'volume renamed with its mounts',
    make: (draft, dice) =>
      withOne(podOf(draft).volumes, dice, (volume) => {
        for (const { volumeMounts = [] } of allContainers(draft))
          for (const mount of volumeMounts) if (mount.name === volume.name) mount.name = `${volume.name}-2`;
        volume.name = `${volume.name}-2`;
      }),
  },
  {
    name: 'volume removed with its mounts',
    make: (draft, dice) =>
      withOne(podOf(draft).volumes, dice, (volume) => {
        podOf(draft).volumes = podOf(draft).volumes?.filter((one) => one !== volume) ?? [];
        for (const container of allContainers(draft)) {
          if (!container.volumeMounts) continue;
          container.volumeMounts = container.volumeMounts.filter(({ name }) => name !== volume.name);
        }
      }),
  },
  {
    name: 'volume added with its mount',
    make: (draft, dice) =>
      withOne(podOf(draft).containers, dice, (container) => {
        const volumes = podOf(draft).volumes ?? [];
        const source = structuredClone(dice.pick(VOLUMES) ?? {});
        insert(volumes, { name: 'added', ...source }, dice);
        podOf(draft).volumes = volumes;
        container.volumeMounts = [...(container.volumeMounts ?? []), { name: 'added', mountPath: '/added' }];
      }),
  },
  {
    name: 'container renamed',
    make: (draft, dice) =>
      withOne(podOf(draft).containers, dice, (container) => {
        container.name = `${container.name}-2`;
      }),
  },
  {
    name: 'container added',
    make: (draft, dice) => {
      insert(podOf(draft).containers, added('debug'), dice);
      return true;
    },
  },
  {
    name: 'container removed',
    make: (draft, dice) => podOf(draft).containers.length > 1 && removeOne(podOf(draft).containers, dice),
  },
  {
    name: 'init containers reordered',
    make: (draft, dice) => {
      const list = podOf(draft).initContainers ?? [];
      if (list.length < 2) return false;
      if (dice.isLucky(0.5)) list.reverse();
      else list.push(...list.splice(0, 1));
      return true;
    },
  },
  {
    name: 'init container added',
    make: (draft, dice) => {
      const list = podOf(draft).initContainers ?? [];
      insert(list, added('init-debug'), dice);
      podOf(draft).initContainers = list;
      return true;
    },
  },
  { name: 'init container removed', make: (draft, dice) => removeOne(podOf(draft).initContainers, dice) },
  {
    name: 'service account set',
    make: (draft, dice) => {
      podOf(draft).serviceAccountName = 'other';
      // As a client of today leaves it, and as one that knows the twin.
      if (dice.isLucky(0.5)) podOf(draft).serviceAccount = 'other';
      else delete podOf(draft).serviceAccount;
      return true;
    },
  },
  {
    name: 'service account removed',
    make: (draft) => {
      if (podOf(draft).serviceAccountName === undefined) return false;
      delete podOf(draft).serviceAccountName;
      return delete podOf(draft).serviceAccount;
    },
  },
  {
    name: 'host network with host ports',
    make: (draft, dice) => {
      const pod = podOf(draft);
      pod.hostNetwork = pod.hostNetwork !== true;
      if (pod.hostNetwork) pod.dnsPolicy = dice.oneOf('ClusterFirstWithHostNet', 'Default');
      for (const { ports = [] } of allContainers(draft))
        for (const port of ports) {
          if (pod.hostNetwork) port.hostPort = port.containerPort;
          else delete port.hostPort;
        }
      return true;
    },
  },
  {
    name: 'topology spread key changed',
    make: (draft, dice) =>
      withOne(podOf(draft).topologySpreadConstraints, dice, (constraint) => {
        constraint['topologyKey'] = dice.oneOf('kubernetes.io/hostname', 'example.com/rack');
      }),
  },
  {
    name: 'topology spread added',
    make: (draft) => {
      const constraint = { maxSkew: 2, topologyKey: 'example.com/row', whenUnsatisfiable: 'DoNotSchedule' };
      podOf(draft).topologySpreadConstraints = [...(podOf(draft).topologySpreadConstraints ?? []), constraint];
      return true;
    },
  },
  {
    name: 'tolerations changed',
    make: (draft, dice) => {
      const toleration = { key: 'example.com/other', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 };
      podOf(draft).tolerations = dice.isLucky(0.5) ? [toleration] : [...(podOf(draft).tolerations ?? []), toleration];
      return true;
    },
  },
  {
    name: 'node selector changed',
    make: (draft, dice) => {
      const pod = podOf(draft);
      pod.nodeSelector = dice.isLucky(0.5) ? { 'example.com/else': 'yes' } : { ...pod.nodeSelector, 'example.com/disk': 'ssd' };
      return true;
    },
  },
  {
    name: 'affinity set',
    make: (draft) => {
      const values = ['a', 'b'];
      const terms = [{ matchExpressions: [{ key: 'example.com/zone', operator: 'In', values }] }];
      podOf(draft).affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } };
      return true;
    },
  },
  {
    name: 'host aliases changed',
    make: (draft, dice) => {
      const aliases = podOf(draft).hostAliases ?? [];
      const [first] = aliases;
      if (first && dice.isLucky(0.5)) first.hostnames.push('three.example');
      else insert(aliases, { ip: '10.0.0.9', hostnames: ['nine.example'] }, dice);
      podOf(draft).hostAliases = aliases;
      return true;
    },
  },
  {
    name: 'pull secrets changed',
    make: (draft, dice) => {
      const secrets = podOf(draft).imagePullSecrets ?? [];
      const [first] = secrets;
      if (first && dice.isLucky(0.5)) first.name = 'other';
      else secrets.push({ name: 'more' });
      podOf(draft).imagePullSecrets = secrets;
      return true;
    },
  },
  {
    name: 'pod settings changed',
    make: (draft, dice) => {
      const pod = podOf(draft);
      pod.terminationGracePeriodSeconds = 90 + dice.number(9);
      pod.automountServiceAccountToken = false;
      pod.securityContext = {
        ...pod.securityContext,
        runAsGroup: 3000,
        sysctls: [{ name: 'net.ipv4.ip_local_port_range', value: '1 2' }],
      };
      return true;
    },
  },
  {
    name: 'dns changed',
    make: (draft, dice) => {
      podOf(draft).dnsConfig = dice.oneOf(
        { searches: ['example.org'] },
        { options: [{ name: 'ndots', value: '5' }, { name: 'edns0' }] },
      );
      return true;
    },
  },
];
