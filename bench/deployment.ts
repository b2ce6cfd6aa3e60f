export interface DeploymentOptions {
  readonly namespaces: number;
  readonly image: string;
  /** Paused: no controller makes pods of it. */
  readonly paused?: boolean;
}

/** A Deployment of 2 kB, as real ones are: probes, resources, labels. */
export function deployment(index: number, { namespaces, image, paused = false }: DeploymentOptions): string {
  const env = Array.from(
    { length: 12 },
    (_, n) => `        - {name: SETTING_${n}, value: "value of setting ${n} of service ${index}"}`,
  );
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: service-${index}
  namespace: shop-${index % namespaces}
  labels: {app.kubernetes.io/name: service-${index}, app.kubernetes.io/part-of: shop, team: checkout}
spec:
  replicas: 3 # enough for nights${paused ? '\n  paused: true' : ''}
  selector: {matchLabels: {app.kubernetes.io/name: service-${index}}}
  strategy: {rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}}
  template:
    metadata:
      labels: {app.kubernetes.io/name: service-${index}, app.kubernetes.io/part-of: shop, team: checkout}
    spec:
      serviceAccountName: service-${index}
      containers:
      - name: app
        image: registry.example/shop/service-${index}:${image}
        ports: [{name: http, containerPort: 8080}, {name: metrics, containerPort: 9090}]
        env:
${env.join('\n')}
        readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 5, failureThreshold: 6}
        livenessProbe: {httpGet: {path: /live, port: http}, periodSeconds: 10, timeoutSeconds: 3}
        resources: {requests: {cpu: 250m, memory: 256Mi}, limits: {memory: 512Mi}}
        volumeMounts: [{name: config, mountPath: /etc/service}, {name: tmp, mountPath: /tmp}]
      volumes: [{name: config, configMap: {name: service-${index}}}, {name: tmp, emptyDir: {}}]
`;
}
