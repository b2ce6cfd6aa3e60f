import { canonicalJson } from '../finding.ts';
import { type Json, numberAt, stringAt } from '../json.ts';
import { type DefaultRule, is, isOneOf } from './default-rules.ts';
import { daemonSetHealth, deploymentHealth, jobHealth, podHealth, statefulSetHealth, whenSeen } from './health.ts';
import type { Kinds } from './kind.ts';
import { podAsStored, withLabelsOfTemplate } from './stored-forms.ts';

/** A selector that the API server creates for one object, by a label that only it writes. */
const generatedBy =
  (label: string): DefaultRule =>
  (value) =>
    canonicalJson(value)?.includes(label) === true;

/** With OnDelete the controller replaces no pod: a person deletes them. */
const unlessOnDelete = (object: Json | undefined): boolean => stringAt(object, 'spec', 'updateStrategy', 'type') !== 'OnDelete';

/** What runs pods, and what scales them. */
export const WORKLOADS: Kinds = {
  'apps/Deployment': {
    comparedAs: 'apps/v1',
    immutable: /^\/spec\/selector/u,
    defaults: {
      DeploymentSpec: { replicas: is(1), revisionHistoryLimit: is(10), progressDeadlineSeconds: is(600) },
      DeploymentStrategy: { type: is('RollingUpdate') },
      RollingUpdateDeployment: { maxSurge: is('25%'), maxUnavailable: is('25%') },
    },
    health: whenSeen(deploymentHealth),
    replacesPods: () => true,
    isSentToModel: true,
  },
  'apps/StatefulSet': {
    comparedAs: 'apps/v1',
    immutable:
      /^\/spec\/(?!replicas|ordinals|template|updateStrategy|revisionHistoryLimit|persistentVolumeClaimRetentionPolicy|minReadySeconds)/u,
    defaults: {
      StatefulSetSpec: {
        replicas: is(1),
        revisionHistoryLimit: is(10),
        podManagementPolicy: is('OrderedReady'),
      },
      StatefulSetUpdateStrategy: { type: is('RollingUpdate') },
      RollingUpdateStatefulSetStrategy: { partition: is(0), maxUnavailable: is(1) },
      StatefulSetPersistentVolumeClaimRetentionPolicy: { whenDeleted: is('Retain'), whenScaled: is('Retain') },
    },
    health: whenSeen(statefulSetHealth),
    replacesPods: unlessOnDelete,
    isSentToModel: true,
    // The pods stay and are adopted again by the one that is applied next.
    deleteFlags: '--cascade=orphan',
  },
  'apps/DaemonSet': {
    comparedAs: 'apps/v1',
    immutable: /^\/spec\/selector/u,
    defaults: {
      DaemonSetSpec: { revisionHistoryLimit: is(10) },
      DaemonSetUpdateStrategy: { type: is('RollingUpdate') },
      RollingUpdateDaemonSet: { maxSurge: is(0), maxUnavailable: is(1) },
    },
    health: whenSeen(daemonSetHealth),
    replacesPods: unlessOnDelete,
    podsOfNodes: (status) => numberAt(status, 'desiredNumberScheduled'),
    isSentToModel: true,
  },
  'apps/ReplicaSet': {
    immutable: /^\/spec\/selector/u,
    defaults: {
      ReplicaSetSpec: { replicas: is(1) },
    },
  },
  'apps/ControllerRevision': {
    immutable: /^\/data/u,
    madeByCluster: /./u,
  },
  'batch/CronJob': {
    defaults: {
      CronJobSpec: {
        concurrencyPolicy: is('Allow'),
        suspend: is(false),
        successfulJobsHistoryLimit: is(3),
        failedJobsHistoryLimit: is(1),
      },
    },
    isSentToModel: true,
  },
  'batch/Job': {
    immutable:
      /^\/spec\/(selector|template|completions|completionMode|podFailurePolicy|backoffLimitPerIndex|managedBy|successPolicy)/u,
    defaults: {
      JobSpec: {
        completions: is(1),
        parallelism: is(1),
        backoffLimit: (value, job) => value === (job['backoffLimitPerIndex'] === undefined ? 6 : 2_147_483_647),
        completionMode: is('NonIndexed'),
        suspend: is(false),
        manualSelector: is(false),
        podReplacementPolicy: (value, job) =>
          value === (job['podFailurePolicy'] === undefined ? 'TerminatingOrFailed' : 'Failed'),
        // By the uid of the very Job.
        selector: generatedBy('controller-uid'),
      },
      PodFailurePolicyOnPodConditionsPattern: { status: is('True') },
    },
    health: jobHealth,
    isSentToModel: true,
  },
  '/Pod': {
    immutable: /^\/spec\/(?!(containers|initContainers)\[[^/]*\]\/image$|activeDeadlineSeconds)/u,
    storedForm: podAsStored,
    health: podHealth,
  },
  '/ReplicationController': {
    storedForm: withLabelsOfTemplate,
  },
  'autoscaling/HorizontalPodAutoscaler': {
    defaults: {
      HorizontalPodAutoscalerSpec: {
        minReplicas: is(1),
        // Of autoscaling/v1.
        targetCPUUtilizationPercentage: is(80),
        metrics: isOneOf([
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
        ]),
      },
      HPAScalingRules: {
        selectPolicy: is('Max'),
        stabilizationWindowSeconds: is(0),
        policies: isOneOf(
          [{ type: 'Percent', value: 100, periodSeconds: 15 }],
          [
            { type: 'Pods', value: 4, periodSeconds: 15 },
            { type: 'Percent', value: 100, periodSeconds: 15 },
          ],
        ),
      },
    },
  },
};
